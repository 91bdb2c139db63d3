//! Ground floor: the one outbound HTTP client.
//!
//! Invariant: a request goes to an origin that was configured, or to a public address; the address that was looked at is the one
//! that is dialled; nothing follows a redirect; size and time of every answer are bounded. Errors name the origin, never the
//! rest of an address, since that may carry a secret.

mod address;
mod error;
mod message;
mod outbound;
mod resolver;

pub use address::is_public;
pub use error::{Error, Result};
pub use message::{Answer, Request};
pub use outbound::{Limits, Outbound};
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Makes aws-lc the TLS provider of this process. Two providers are compiled in, so one has to be named; the first call counts.
pub fn install_tls_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

#[cfg(test)]
mod tests;
