//! The request's host selects one of the configured addresses, or gets 421. No header makes an address by itself.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use url::Url;

use super::{App, problem::Problem};

/// The configured address that this request came to. Links of the answer begin with it.
#[derive(Clone, Debug)]
pub struct Address(pub Url);

impl Address {
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// `scheme://host[:port]`, as a browser writes it in `Origin`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

/// Puts the [`Address`] into the request's extensions.
pub async fn select(State(app): State<App>, mut request: Request, next: Next) -> Response {
    // Probes come by number, from a machine that knows no name.
    if matches!(request.uri().path(), "/healthz" | "/readyz" | "/metrics") {
        return next.run(request).await;
    }
    let asked = asked(request.uri(), request.headers()).unwrap_or_default();
    match app.site.addresses.iter().find(|address| answers_to(address, &asked)) {
        Some(address) => {
            let address = Address(address.clone());
            request.extensions_mut().insert(address);
            next.run(request).await
        }
        None => Problem::new(421, "misdirected", "this server does not answer under that name")
            .hint("add the address to `addresses` of the configuration, or use one of those that are there")
            .into_response(),
    }
}

/// Whether a client that reaches `address` would send `host`: without a port where it is the scheme's usual one.
fn answers_to(address: &Url, host: &str) -> bool {
    let name = address.host_str().unwrap_or_default();
    match address.port() {
        Some(port) => host.eq_ignore_ascii_case(&format!("{name}:{port}")),
        None => {
            let usual = address.port_or_known_default().unwrap_or_default();
            host.eq_ignore_ascii_case(name) || host.eq_ignore_ascii_case(&format!("{name}:{usual}"))
        }
    }
}

fn asked(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str().to_owned()),
        None => headers.get(header::HOST)?.to_str().ok().map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_port_may_be_left_out_and_no_other_may() {
        let https = Url::parse("https://reports.example").unwrap();
        assert!(answers_to(&https, "Reports.example"));
        assert!(answers_to(&https, "reports.example:443"));
        assert!(!answers_to(&https, "reports.example:80"));
        let local = Url::parse("http://localhost:8080").unwrap();
        assert!(answers_to(&local, "localhost:8080"));
        assert!(!answers_to(&local, "localhost"));
        assert!(!answers_to(&local, "localhost:8080.evil.example"));
        assert!(!answers_to(&local, ""));
    }
}
