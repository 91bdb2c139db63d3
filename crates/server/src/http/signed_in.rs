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

/// The last address in `X-Forwarded-For` that is not itself a configured proxy. What cannot be read ends the search: the entries
/// before it are the word of nobody who is believed.
fn client(headers: &HeaderMap, peer: IpAddr, is_proxy: impl Fn(IpAddr) -> bool) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for").iter().map(|value| value.to_str().unwrap_or_default());
    let mut chain: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let mut nearest = peer;
    while is_proxy(nearest)
        && let Some(before) = chain.pop().and_then(address)
    {
        nearest = before;
    }
    nearest
}

/// An entry of the header: an address, which some proxies write with its port.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()))
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

    #[test]
    fn what_stands_before_an_entry_that_cannot_be_read_is_not_believed() {
        let is_proxy = |ip: IpAddr| ip.to_string().starts_with("10.");
        for (sent, found) in [
            ("1.1.1.1, 9.9.9.9:4711", "9.9.9.9"),
            ("1.1.1.1, [2001:db8::9]:4711, 10.0.0.7", "2001:db8::9"),
            ("1.1.1.1, [2001:db8::9]", "2001:db8::9"),
            ("1.1.1.1, unknown", "10.0.0.1"),
            ("1.1.1.1, , 10.0.0.7", "10.0.0.7"),
            ("", "10.0.0.1"),
        ] {
            let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), sent.parse().unwrap())]);
            assert_eq!(client(&headers, "10.0.0.1".parse().unwrap(), is_proxy).to_string(), found, "{sent}");
        }
    }
}
