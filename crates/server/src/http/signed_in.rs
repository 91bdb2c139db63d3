//! Who sends a request: the session's cookie, and for what changes something the session's token beside it.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};

use super::{App, cookie, host::Address, origin, problem::Problem};

/// Header of the session's token.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// A signed-in person, with the rights of this moment.
pub struct SignedIn(pub portal::SignedIn);

impl std::ops::Deref for SignedIn {
    type Target = portal::SignedIn;
    fn deref(&self) -> &portal::SignedIn {
        &self.0
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<SignedIn, Problem> {
        let address = parts.extensions.get::<Address>().ok_or_else(Problem::not_found)?;
        let cookie = cookie::read(&parts.headers, address, cookie::SESSION);
        let cookie = cookie.ok_or_else(|| Problem::new(401, "not-signed-in", "nobody is signed in here"))?;
        let signed_in = app.portal.signed_in(&vault::Secret::new(cookie)).await?;
        if !origin::is_safe(&parts.method) {
            let token = parts.headers.get(CSRF_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
            if !vault::same(token, signed_in.csrf_token.as_bytes()) {
                return Err(Problem::new(
                    403,
                    "csrf",
                    format!("the header {CSRF_HEADER} does not hold this session's token"),
                )
                .hint("read it from GET /api/v1/session"));
            }
        }
        Ok(SignedIn(signed_in))
    }
}

/// The client's address: that of the connection, or what a configured proxy says of it.
pub struct From(pub IpAddr);

impl FromRequestParts<App> for From {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<From, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let peer = peer.ok_or_else(|| Problem::new(500, "internal", "the connection has no address"))?;
        Ok(From(client(&parts.headers, peer, |ip| {
            app.site.trusted_proxies.iter().any(|network| network.contains(&ip))
        })))
    }
}

/// The last address in `X-Forwarded-For` that is not itself a configured proxy.
fn client(headers: &HeaderMap, peer: IpAddr, is_proxy: impl Fn(IpAddr) -> bool) -> IpAddr {
    if !is_proxy(peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<IpAddr> =
        lines.flat_map(|line| line.split(',')).filter_map(|part| part.trim().parse().ok()).collect();
    chain.into_iter().rev().find(|ip| !is_proxy(*ip)).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_address_is_believed_from_configured_proxies_alone() {
        let headers =
            HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), "1.1.1.1, 9.9.9.9, 10.0.0.7".parse().unwrap())]);
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let is_proxy = |ip: IpAddr| ip.to_string().starts_with("10.");
        assert_eq!(client(&headers, proxy, is_proxy).to_string(), "9.9.9.9");
        assert_eq!(client(&headers, "8.8.8.8".parse().unwrap(), is_proxy).to_string(), "8.8.8.8");
    }
}
