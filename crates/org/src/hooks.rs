//! Calls to services of the org's administrators: what goes out, how long an answer may take, what its absence means.
//!
//! Invariant: a hook is called by https at a public address, or at an origin of the configuration; a call is tried once more after a
//! failure that may pass, and never after a refusal.

pub mod delivery;

use std::time::Duration;

use net::{Answer, Limits, Outbound, Request};
use url::Url;
use vault::Secret;

use crate::{OrgConfig, Result, model::endpoint::Endpoint};

/// A service has so long to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// A call and the one after it.
pub const ATTEMPTS_MAX: i64 = 2;
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The client of all hooks.
pub fn client(config: &OrgConfig) -> Result<Outbound> {
    let limits = Limits { connect: ANSWER_WITHIN, answer: ANSWER_WITHIN, body_bytes: ANSWER_BYTES_MAX };
    Ok(Outbound::with_authorities(config.hook_origins.iter().cloned(), None, limits)?)
}

/// Whether a hook may have this address.
pub fn may_have(config: &OrgConfig, uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let configured = config.hook_origins.iter().any(|known| known.origin() == url.origin());
    let bare =
        url.host().is_some() && url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    bare && (url.scheme() == "https" || (configured && url.scheme() == "http"))
}

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The service said no, or may not be called: another attempt would end in the same way.
    Refused(String),
    /// It answered with an error of its own, or could not be reached.
    Failed(String),
    Slow,
}

impl Failure {
    pub fn reason(&self) -> String {
        match self {
            Failure::Refused(reason) | Failure::Failed(reason) => reason.clone(),
            Failure::Slow => format!("The service did not answer within {} s", ANSWER_WITHIN.as_secs()),
        }
    }

    pub fn may_pass(&self) -> bool {
        !matches!(self, Failure::Refused(_))
    }
}

/// A call of an endpoint with its headers and the secret that proves who calls.
pub fn request(method: &str, endpoint: &Endpoint, secret: Option<&Secret>) -> Result<Request, Failure> {
    let url =
        Url::parse(&endpoint.uri).map_err(|_| Failure::Refused("The address of the service is wrong".to_owned()))?;
    let mut request = Request::new(method, url).header("accept", "application/json");
    for (key, value) in &endpoint.headers {
        request = request.header(key, value);
    }
    if let (Some(key), Some(secret)) = (&endpoint.auth_key, secret) {
        request = request.header(key, secret.expose());
    }
    Ok(request)
}

/// Calls once; what comes back is an answer of 2xx.
pub async fn call(outbound: &Outbound, request: Request) -> Result<Answer, Failure> {
    match outbound.send(request.within(ANSWER_WITHIN)).await {
        Ok(answer) if answer.is_success() => Ok(answer),
        Ok(answer) if (400..500).contains(&answer.status) => {
            Err(Failure::Refused(format!("The service answered with status {}", answer.status)))
        }
        Ok(answer) => Err(Failure::Failed(format!("The service answered with status {}", answer.status))),
        Err(net::Error::Slow { .. }) => Err(Failure::Slow),
        Err(
            error @ (net::Error::SchemeRefused { .. }
            | net::Error::AddressRefused { .. }
            | net::Error::Malformed { .. }
            | net::Error::AuthorityUnreadable { .. }),
        ) => Err(Failure::Refused(error.to_string())),
        Err(
            error @ (net::Error::Unreachable { .. }
            | net::Error::BrokeOff { .. }
            | net::Error::TooLarge { .. }
            | net::Error::Tls { .. }),
        ) => Err(Failure::Failed(error.to_string())),
    }
}

/// Calls, and once more after a failure that may pass.
pub async fn call_twice(outbound: &Outbound, request: Request) -> Result<Answer, Failure> {
    match call(outbound, request.clone()).await {
        Err(failure) if failure.may_pass() => call(outbound, request).await,
        answered => answered,
    }
}
