//! Who sent this request: our own page, or another site in somebody's browser.
//!
//! Invariant: a form of ours passes only with both: an `Origin`/`Sec-Fetch-Site` that is our own, and a token that a foreign page
//! cannot read, bound to a cookie that exists before anybody has signed in. Calls of the API by session are checked by `api::caller`.

use axum::http::{HeaderMap, HeaderName, header};
use db::Conn;
use url::Url;
use vault::{Secret, Vault, same};
use world::World;

use super::cookie;
use crate::{Org, Result, model::trusted_origin};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORM_SECRET_LEN: usize = 43;

/// Whether a browser says that the request comes from a page of ours. Programs that are no browsers send neither header.
pub fn is_from_own_page(headers: &HeaderMap, own: &Url) -> bool {
    let site_is_own = headers.get(FETCH_SITE).is_none_or(|site| site == "same-origin" || site == "none");
    let origin_is_own = headers
        .get(header::ORIGIN)
        .is_none_or(|origin| origin.as_bytes() == own.origin().ascii_serialization().as_bytes());
    site_is_own && origin_is_own
}

/// Whether the request comes from our own page, or from one whose origin is trusted for CORS.
pub async fn is_from_trusted_page(conn: &mut Conn, headers: &HeaderMap, own: &Url) -> Result<bool> {
    if is_from_own_page(headers, own) {
        return Ok(true);
    }
    match headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()) {
        Some(origin) => trusted_origin::is_trusted(conn, origin, "CORS").await,
        None => Ok(false),
    }
}

/// The secret behind a page's forms: that of the cookie, or a new one that the answer must set.
pub struct FormSecret {
    pub value: Secret,
    pub is_new: bool,
}

impl FormSecret {
    pub fn of(headers: &HeaderMap, world: &World) -> FormSecret {
        match cookie::read(headers, cookie::FORM).filter(|value| value.len() == FORM_SECRET_LEN) {
            Some(value) => FormSecret { value, is_new: false },
            None => FormSecret { value: Secret::new(world.random.base64url(FORM_SECRET_LEN)), is_new: true },
        }
    }

    /// What the hidden field `_token` holds.
    pub fn token(&self, vault: &Vault) -> String {
        vault.keyed_hash("form token", self.value.expose_bytes())
    }
}

/// Whether a form came from a page that we gave to this browser.
pub fn form_is_ours(org: &Org, headers: &HeaderMap, own: &Url, token: &str) -> bool {
    let Some(value) = cookie::read(headers, cookie::FORM) else { return false };
    let expected = org.vault.keyed_hash("form token", value.expose_bytes());
    is_from_own_page(headers, own) && same(expected.as_bytes(), token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&str>, site: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        if let Some(site) = site {
            headers.insert(FETCH_SITE, site.parse().unwrap());
        }
        headers
    }

    #[test]
    fn another_origin_or_site_is_foreign() {
        let own: Url = "http://localhost:8081/".parse().unwrap();
        assert!(is_from_own_page(&headers(None, None), &own));
        assert!(is_from_own_page(&headers(Some("http://localhost:8081"), Some("same-origin")), &own));
        for (origin, site) in [
            (Some("http://localhost:8080"), Some("same-site")),
            (Some("http://localhost:8080"), None),
            (Some("null"), None),
            (None, Some("cross-site")),
            (Some("https://localhost:8081"), None),
        ] {
            assert!(!is_from_own_page(&headers(origin, site), &own), "{origin:?} {site:?}");
        }
    }
}
