//! The edge: which public address was called, from where, under which request id.
//!
//! Invariant: the request's host selects one of the configured addresses or the answer is 421; a header of a proxy counts only when
//! the connection comes from a configured one.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use ipnet::IpNet;
use url::Url;

use crate::{Org, error::Fault, model::log::CallOrigin};

/// Set by the listener: how the connection came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

/// The public address that a request called. Links and issuers are made of it.
#[derive(Clone, Debug)]
pub struct Address(pub Url);

impl Address {
    /// The address with `path` behind it.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }

    /// Without its final slash: also the issuer of the org server.
    pub fn base(&self) -> &str {
        crate::state::base(&self.0)
    }

    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Address, Fault> {
        parts.extensions.get::<Address>().cloned().ok_or_else(|| missing("address"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CallOrigin {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<CallOrigin, Fault> {
        parts.extensions.get::<CallOrigin>().cloned().ok_or_else(|| missing("origin"))
    }
}

fn missing(what: &str) -> Fault {
    Fault {
        internal: Some(format!("the request has no {what}: it did not pass the edge")),
        ..Fault::new(&crate::error::codes::E0000009)
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-okta-request-id");
const USER_AGENT_MAX: usize = 512;
const PATH_MAX: usize = 1_024;

/// The outermost layer.
pub async fn enter(State(org): State<Org>, mut request: Request, next: Next) -> Response {
    let id: [u8; 16] = org.world.random.bytes();
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    let scheme = request.extensions().get::<Scheme>().copied().unwrap_or(Scheme::Http);
    let trusted = peer.is_some_and(|peer| org.config.trusted_proxies.iter().any(|network| network.contains(&peer)));
    let origin = CallOrigin {
        request_id: id.clone(),
        address: if trusted { forwarded_for(&org.config.trusted_proxies, request.headers()).or(peer) } else { peer },
        user_agent: text(request.headers(), &header::USER_AGENT)
            .map(|agent| agent.chars().take(USER_AGENT_MAX).collect()),
        path: request.uri().path().chars().take(PATH_MAX).collect(),
        token: None,
    };
    let mut response = match select(&org, &request, scheme, trusted) {
        Some(address) => {
            request.extensions_mut().insert(Address(address));
            request.extensions_mut().insert(origin);
            request.extensions_mut().insert(org);
            next.run(request).await
        }
        None => {
            (StatusCode::MISDIRECTED_REQUEST, "This host name is not one of the org's addresses.\n").into_response()
        }
    };
    if let Ok(id) = id.parse() {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The configured address that the request's host names.
fn select(org: &Org, request: &Request, scheme: Scheme, trusted: bool) -> Option<Url> {
    let headers = request.headers();
    let forwarded = |name: &'static str| {
        let value = text(headers, &HeaderName::from_static(name)).filter(|_| trusted)?;
        value.split(',').next().map(|value| value.trim().to_owned())
    };
    let host = forwarded("x-forwarded-host");
    let host = host.or_else(|| request.uri().authority().map(|authority| authority.as_str().to_owned()));
    let host = host.or_else(|| text(headers, &header::HOST))?;
    let https = forwarded("x-forwarded-proto").map_or(scheme == Scheme::Https, |proto| proto == "https");
    let mut found: Vec<&Url> = org.addresses.iter().filter(|address| names(&host, address)).collect();
    found.sort_by_key(|address| (address.scheme() == "https") != https);
    found.first().map(|address| (*address).clone())
}

/// Whether a `Host` header means this address. A missing port means the scheme's own.
fn names(host: &str, address: &Url) -> bool {
    let Ok(given) = Url::parse(&format!("{}://{host}/", address.scheme())) else { return false };
    let bare = given.username().is_empty() && given.password().is_none() && given.path() == "/";
    bare && given.host() == address.host() && given.port_or_known_default() == address.port_or_known_default()
}

/// The last address of the chain that is no proxy of ours: what stands further left was written by whoever wanted to. An entry that
/// is no address ends the search.
fn forwarded_for(proxies: &[IpNet], headers: &HeaderMap) -> Option<IpAddr> {
    let chain = headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default());
    let entries: Vec<&str> = chain.flat_map(|value| value.split(',')).collect();
    let addresses = entries.iter().rev().map_while(|entry| entry.trim().parse::<IpAddr>().ok());
    let mut addresses = addresses.map(|address| address.to_canonical());
    addresses.find(|address| !proxies.iter().any(|network| network.contains(address)))
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_selects_its_address_and_no_other() {
        let address = Url::parse("http://localhost:8081").unwrap();
        assert!(names("localhost:8081", &address) && names("LOCALHOST:8081", &address));
        for wrong in ["localhost", "localhost:8082", "evil.test:8081", "me@localhost:8081", "localhost:8081/x", ""] {
            assert!(!names(wrong, &address), "{wrong}");
        }
        assert!(names("org.example.test", &Url::parse("https://org.example.test").unwrap()));
        assert!(names("[::1]:80", &Url::parse("http://[::1]").unwrap()));
    }

    #[test]
    fn only_what_our_own_proxies_wrote_counts() {
        let proxies: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let found = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            forwarded_for(&proxies, &headers).map(|address| address.to_string())
        };
        assert_eq!(found(&["203.0.113.9, 192.0.2.7, 10.0.0.2"]).as_deref(), Some("192.0.2.7"));
        assert_eq!(found(&["nonsense, 192.0.2.7"]).as_deref(), Some("192.0.2.7"));
        assert_eq!(found(&["192.0.2.7", "::ffff:198.51.100.1"]).as_deref(), Some("198.51.100.1"));
        assert_eq!(found(&["192.0.2.7, nonsense"]), None);
        assert_eq!(found(&[]), None);
    }
}
