//! The built-in org: an identity provider that speaks Okta's public API.
