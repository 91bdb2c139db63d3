//! The client half of the bridge: sign-in, people and groups through the API token.
