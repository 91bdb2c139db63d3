//! Why a request got no usable answer. A variant exists when somebody would act differently on it.

use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{scheme}:` is not a scheme that requests go out by; https and http are")]
    SchemeRefused { scheme: String },
    /// The address lies inside a private network and its origin was not configured.
    #[error("{host} is an address inside a private network, and its origin is not configured")]
    AddressRefused { host: String },
    #[error("{origin} could not be reached")]
    Unreachable { origin: String, source: reqwest::Error },
    /// The connection stood, and ended before the answer did.
    #[error("{origin} broke off in the middle of its answer")]
    BrokeOff { origin: String, source: reqwest::Error },
    #[error("{origin} did not answer within {} s", .limit.as_secs_f64())]
    Slow { origin: String, limit: Duration },
    #[error("the answer of {origin} is larger than {limit_bytes} bytes")]
    TooLarge { origin: String, limit_bytes: usize },
    /// The certificate is not believed, or the two ends found no common protocol.
    #[error("no secure connection with {origin}: {reason}")]
    Tls { origin: String, reason: String },
    #[error("the request to {origin} could not be put together")]
    Malformed { origin: String },
    #[error("the certificate authority that was given cannot be read as PEM")]
    AuthorityUnreadable { source: reqwest::Error },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
