//! The org's address, as an administrator types it.
//!
//! Always https, except on loopback under a setting that says so: the demo's own org and tests.

use std::net::IpAddr;

use url::{Host, Url};

/// The address of an org, or of one of its custom authorization servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgAddress {
    origin: Url,
    issuer: String,
}

/// What does not fit, in words for the form's field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    #[error("type the Okta domain, such as https://acme.okta.com")]
    Empty,
    #[error("this is not an address such as https://acme.okta.com")]
    Malformed,
    #[error("the address begins with https://")]
    NotHttps,
    #[error("plain http is for an org on this very machine, and only with the setting that allows it")]
    HttpNotAllowed,
    #[error("this is the address of the Admin Console; leave out `-admin`")]
    AdminConsole,
    #[error("leave out the path, unless it names an authorization server such as /oauth2/default")]
    Path,
}

impl OrgAddress {
    /// Reads what was typed: `acme.okta.com`, `https://acme.okta.com/`, or an issuer such as `https://acme.okta.com/oauth2/default`.
    pub fn parse(text: &str, allow_loopback_http: bool) -> Result<OrgAddress, AddressProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AddressProblem::Empty);
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme).map_err(|_| AddressProblem::Malformed)?;
        let plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if !plain || url.host().is_none() {
            return Err(AddressProblem::Malformed);
        }
        match url.scheme() {
            "https" => {}
            "http" if !is_loopback(&url) || !allow_loopback_http => return Err(AddressProblem::HttpNotAllowed),
            "http" => {}
            _ => return Err(AddressProblem::NotHttps),
        }
        if url.host_str().and_then(|host| host.split('.').next()).is_some_and(|first| first.ends_with("-admin")) {
            return Err(AddressProblem::AdminConsole);
        }
        let path = url.path().trim_end_matches('/');
        let server = path.strip_prefix("/oauth2/");
        let names_server = server
            .is_some_and(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'));
        if !path.is_empty() && !names_server {
            return Err(AddressProblem::Path);
        }
        let issuer = format!("{}{path}", url.origin().ascii_serialization());
        let mut origin = url;
        origin.set_path("/");
        Ok(OrgAddress { origin, issuer })
    }

    /// `https://acme.okta.com/`, where the management API is.
    pub fn origin(&self) -> &Url {
        &self.origin
    }

    /// The issuer, without a slash at its end.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub fn is_same_origin(&self, url: &Url) -> bool {
        self.origin.origin() == url.origin()
    }

    /// An address of the management API.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        url.set_path(path);
        url
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_type_it() {
        for text in ["acme.okta.com", " https://acme.okta.com/ ", "https://ACME.okta.com", "https://acme.okta.com:443"]
        {
            assert_eq!(OrgAddress::parse(text, false).unwrap().issuer(), "https://acme.okta.com", "{text}");
        }
        let server = OrgAddress::parse("https://acme.okta.com/oauth2/default", false).unwrap();
        assert_eq!(server.issuer(), "https://acme.okta.com/oauth2/default");
        assert_eq!(server.origin().as_str(), "https://acme.okta.com/");
        assert_eq!(OrgAddress::parse("http://localhost:8081", true).unwrap().issuer(), "http://localhost:8081");
    }

    #[test]
    fn what_is_no_org_is_refused_with_its_reason() {
        let refused = |text: &str, allow: bool| OrgAddress::parse(text, allow).unwrap_err();
        assert_eq!(refused("  ", true), AddressProblem::Empty);
        assert_eq!(refused("http://localhost:8081", false), AddressProblem::HttpNotAllowed);
        assert_eq!(refused("http://acme.okta.com", true), AddressProblem::HttpNotAllowed);
        assert_eq!(refused("http://localhost.evil.example", true), AddressProblem::HttpNotAllowed);
        assert_eq!(refused("ftp://acme.okta.com", true), AddressProblem::NotHttps);
        assert_eq!(refused("https://acme-admin.okta.com", false), AddressProblem::AdminConsole);
        assert_eq!(refused("https://acme.okta.com/admin/dashboard", false), AddressProblem::Path);
        assert_eq!(refused("https://acme.okta.com/oauth2/a/b", false), AddressProblem::Path);
        assert_eq!(refused("https://user@acme.okta.com", false), AddressProblem::Malformed);
        assert_eq!(refused("https://acme.okta.com?x=1", false), AddressProblem::Malformed);
    }
}
