//! Cookies of the portal. On https they carry `Secure` and the `__Host-` prefix, which ties them to this very host.

use axum::http::{HeaderMap, HeaderValue, header};

use super::host::Address;

/// The session.
pub const SESSION: &str = "wr_session";
/// Ties a sign-in that is under way to the browser that began it.
pub const ATTEMPT: &str = "wr_attempt";

/// Longer cookie values are not looked at.
const VALUE_BYTES_MAX: usize = 256;

fn name(address: &Address, name: &str) -> String {
    if address.is_https() { format!("__Host-{name}") } else { name.to_owned() }
}

/// The value of a cookie of ours. Two cookies of one name are an attack or a mistake: neither counts.
pub fn read(headers: &HeaderMap, address: &Address, cookie: &str) -> Option<String> {
    let name = name(address, cookie);
    let mut found = None;
    for part in
        headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'))
    {
        let Some((key, value)) = part.trim().split_once('=') else { continue };
        if key == name {
            if found.is_some() || value.len() > VALUE_BYTES_MAX {
                return None;
            }
            found = Some(value.to_owned());
        }
    }
    found
}

/// `Set-Cookie` for a value that lasts as long as the browser runs; the server ends it earlier.
pub fn set(address: &Address, cookie: &str, value: &str) -> HeaderValue {
    let secure = if address.is_https() { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}", name(address, cookie));
    HeaderValue::from_str(&text).expect("ids are base64url")
}

/// `Set-Cookie` that removes one.
pub fn clear(address: &Address, cookie: &str) -> HeaderValue {
    let secure = if address.is_https() { "; Secure" } else { "" };
    let text = format!("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}", name(address, cookie));
    HeaderValue::from_str(&text).expect("the names are constants")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address(text.parse().unwrap())
    }

    #[test]
    fn a_cookie_on_https_is_secure_and_bound_to_its_host() {
        let set = set(&address("https://reports.example"), SESSION, "abc");
        assert_eq!(set, "__Host-wr_session=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn two_cookies_of_one_name_count_as_none() {
        let local = address("http://localhost:8080");
        let one = HeaderMap::from_iter([(header::COOKIE, "a=b; wr_session=x".parse().unwrap())]);
        assert_eq!(read(&one, &local, SESSION).as_deref(), Some("x"));
        let two = HeaderMap::from_iter([(header::COOKIE, "wr_session=x; wr_session=y".parse().unwrap())]);
        assert_eq!(read(&two, &local, SESSION), None);
    }
}
