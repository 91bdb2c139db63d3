//! Cookies of the org: `sid` for the session, `signin` for the forms of its own pages.
//!
//! Invariant: every cookie is HttpOnly with Path=/. On https it is SameSite=None and Secure, as Okta's is, so that a page of another
//! site can use it through CORS; on http, where a browser refuses that, it is SameSite=Lax.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use url::Url;
use vault::Secret;

pub const SESSION: &str = "sid";
pub const FORM: &str = "signin";

/// The value of a cookie that came with a request. Of two with one name the first counts.
pub fn read(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| Secret::new(value))
}

/// The `Set-Cookie` line that sets a cookie; without `life` it ends with the browser.
pub fn set(name: &str, value: &Secret, life: Option<Duration>, address: &Url) -> HeaderValue {
    let life = life.map(|life| format!("; Max-Age={}", life.as_secs())).unwrap_or_default();
    line(&format!("{name}={}{life}{}", value.expose(), attributes(address)))
}

pub fn remove(name: &str, address: &Url) -> HeaderValue {
    line(&format!("{name}=; Max-Age=0{}", attributes(address)))
}

fn attributes(address: &Url) -> &'static str {
    if address.scheme() == "https" {
        "; Path=/; HttpOnly; SameSite=None; Secure"
    } else {
        "; Path=/; HttpOnly; SameSite=Lax"
    }
}

fn line(text: &str) -> HeaderValue {
    let mut line = HeaderValue::from_str(text).expect("a cookie of ours is plain ASCII");
    line.set_sensitive(true);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_follow_the_scheme() {
        let value = Secret::new("x");
        let http = set(SESSION, &value, None, &"http://localhost:8081".parse().unwrap());
        assert_eq!(http, "sid=x; Path=/; HttpOnly; SameSite=Lax");
        let https = set(SESSION, &value, Some(Duration::from_secs(60)), &"https://localhost:8443".parse().unwrap());
        assert_eq!(https, "sid=x; Max-Age=60; Path=/; HttpOnly; SameSite=None; Secure");
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "xsid=no; sid=yes; sid=second".parse().unwrap());
        assert_eq!(read(&headers, SESSION).unwrap().expose(), "yes");
        assert!(read(&headers, "id").is_none());
    }
}
