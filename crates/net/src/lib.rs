//! Ground floor: the one outbound HTTP client.
