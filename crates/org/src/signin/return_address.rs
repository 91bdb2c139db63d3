//! Where a sign-in goes on: a path of this org, read by a parser.
//!
//! Invariant: a [`ReturnAddress`] begins with exactly one slash and holds no character that a browser would read as another host.

use url::Url;

/// A local path with its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnAddress(String);

/// Longer ones are not followed: an authorize request with every parameter stays far below.
const LEN_MAX: usize = 16_384;

impl ReturnAddress {
    /// The end-user page.
    pub fn home() -> ReturnAddress {
        ReturnAddress("/".to_owned())
    }

    /// Reads `fromURI`. An absolute address is taken when it is on `own`, the address that the browser called.
    pub fn parse(text: &str, own: &Url) -> Option<ReturnAddress> {
        if text.len() > LEN_MAX || text.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\' || byte == b' ') {
            return None;
        }
        if !text.starts_with('/') && !text.contains("://") {
            return None;
        }
        let url = own.join(text).ok()?;
        if url.origin() != own.origin() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let mut local = url.path().to_owned();
        if local.starts_with("//") {
            return None;
        }
        if let Some(query) = url.query() {
            local.push('?');
            local.push_str(query);
        }
        Some(ReturnAddress(local))
    }

    pub fn parse_or_home(text: Option<&str>, own: &Url) -> ReturnAddress {
        text.and_then(|text| ReturnAddress::parse(text, own)).unwrap_or_else(ReturnAddress::home)
    }

    /// A path that this program put together itself.
    pub(crate) fn of(path: &str, query: &str) -> ReturnAddress {
        ReturnAddress(format!("{path}?{query}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn path(&self) -> &str {
        self.0.split('?').next().unwrap_or_default()
    }

    pub fn query(&self) -> &str {
        self.0.split_once('?').map_or("", |(_, query)| query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_org_are_followed() {
        let own: Url = "http://localhost:8081".parse().unwrap();
        for good in [
            "/",
            "/admin/",
            "/oauth2/v1/authorize?client_id=x&redirect_uri=http%3A%2F%2Fother%2F",
            "http://localhost:8081/admin/",
        ] {
            assert!(ReturnAddress::parse(good, &own).is_some(), "{good}");
        }
        let hostile = [
            "//evil.test/",
            "/\\evil.test",
            "\\\\evil.test",
            "https://evil.test/",
            "http://localhost:8080/",
            "http://localhost:8081@evil.test/",
            "javascript:alert(1)",
            "/\t/evil.test",
            "admin",
            "",
            "https:evil.test",
            "/.//evil.test/",
            "/a/..//evil.test",
        ];
        for text in hostile {
            assert_eq!(ReturnAddress::parse(text, &own), None, "{text}");
        }
    }
}
