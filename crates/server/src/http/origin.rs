//! The first half of the defence against requests that another site makes a browser send: what changes something must say that it
//! comes from a page of ours. The second half is the session's token, which [`super::signed_in`] asks for.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{host::Address, problem::Problem};

pub async fn check(request: Request, next: Next) -> Response {
    let safe = is_safe(request.method());
    let address = request.extensions().get::<Address>();
    if safe || address.is_some_and(|address| is_ours(request.headers(), &address.origin())) {
        next.run(request).await
    } else {
        Problem::new(403, "csrf", "the request names another site as its origin").into_response()
    }
}

/// Methods that change nothing.
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A browser says where a request comes from; a client that says nothing is no browser, and has no cookie that it did not put there.
fn is_ours(headers: &HeaderMap, origin: &str) -> bool {
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    let from = headers.get(header::ORIGIN).map(|value| value.as_bytes());
    site.is_none_or(|site| site == b"same-origin") && from.is_none_or(|from| from == origin.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(headers: &[(&'static str, &str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_ours(&headers, "http://localhost:8080")
    }

    #[test]
    fn another_port_scheme_or_site_is_another_origin() {
        assert!(ours(&[("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(ours(&[]));
        for origin in
            ["http://localhost:8081", "https://localhost:8080", "http://localhost:8080.evil.example", "null", ""]
        {
            assert!(!ours(&[("origin", origin)]), "{origin}");
        }
        for site in ["cross-site", "same-site", "none"] {
            assert!(!ours(&[("sec-fetch-site", site)]), "{site}");
        }
    }
}
