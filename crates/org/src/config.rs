//! What an operator decides about the org. Checked when it starts; nothing of it changes while it runs.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use ipnet::IpNet;
use url::Url;
use vault::{KeySource, Secret};

use crate::{Error, Result};

/// How an org is set up.
#[derive(Clone, Debug)]
pub struct OrgConfig {
    /// Where plain http listens; port 0 takes a free one.
    pub http_address: SocketAddr,
    /// Where https listens, with the certificate of `tls`.
    pub https_address: Option<SocketAddr>,
    /// The public addresses. A request's `Host` must select one of them, or it gets 421; issuers, links and cookies follow it.
    /// Empty: the listeners' own loopback addresses, which a test with port 0 wants.
    pub addresses: Vec<Url>,
    /// Holds `org.db`, the CA and its certificate.
    pub data_folder: PathBuf,
    /// The org's own database; `org.db` in the data folder by default.
    pub database: db::Address,
    /// The org's own master key.
    pub key: KeySource,
    pub company_name: String,
    pub rate_limits: RateLimitSettings,
    /// Proxies whose `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins that hooks may call although they lie inside a private network, and by plain http too. Any other is called by https alone,
    /// and only at a public address.
    pub hook_origins: Vec<Url>,
    /// The server that mails go out by; without one they stay in the outbox, where administrators read them.
    pub mail: Option<MailProfile>,
    /// A certificate of the operator's own for https; without one the org makes a CA and a certificate.
    pub certificate: Option<CertificateFiles>,
}

/// A mail server, and who writes.
#[derive(Clone, Debug)]
pub struct MailProfile {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// As `Org <org@example.com>`.
    pub from: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailSecurity {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything is said; without it nothing is sent.
    StartTls,
    /// For a server on this machine.
    None,
}

impl MailSecurity {
    pub fn parse(text: &str) -> Option<MailSecurity> {
        Some(match text {
            "tls" => MailSecurity::Tls,
            "starttls" => MailSecurity::StartTls,
            "none" => MailSecurity::None,
            _ => return None,
        })
    }
}

/// PEM files: the chain, the server's own certificate first, and its private key.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    pub chain: PathBuf,
    pub key: PathBuf,
}

/// Okta's limits, times a factor.
#[derive(Clone, Copy, Debug)]
pub struct RateLimitSettings {
    /// 100: as Okta's. 0: nothing is counted, and the headers show the full bucket.
    pub percent: u32,
    /// What one API token or OAuth client may take of each bucket.
    pub token_share_percent: u32,
}

impl Default for RateLimitSettings {
    fn default() -> RateLimitSettings {
        RateLimitSettings { percent: 100, token_share_percent: 50 }
    }
}

impl OrgConfig {
    /// An org on loopback whose files lie in `data_folder` and whose key lies in `keys_folder`.
    pub fn local(data_folder: PathBuf, keys_folder: PathBuf) -> OrgConfig {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        OrgConfig {
            http_address: loopback,
            https_address: None,
            addresses: Vec::new(),
            database: db::Address::Sqlite(data_folder.join("org.db")),
            key: KeySource::File(keys_folder.join("org.key")),
            data_folder,
            company_name: "Built-in org".to_owned(),
            rate_limits: RateLimitSettings::default(),
            trusted_proxies: Vec::new(),
            hook_origins: Vec::new(),
            mail: None,
            certificate: None,
        }
    }

    /// The same org with these public addresses.
    pub fn with_addresses(mut self, addresses: &[&str]) -> Result<OrgConfig> {
        self.addresses = addresses.iter().map(|address| parse_address(address)).collect::<Result<_>>()?;
        Ok(self)
    }

    /// Refuses what could only fail later.
    pub(crate) fn check(&self) -> Result<()> {
        for address in &self.addresses {
            check_address(address)?;
        }
        if let Some(profile) = &self.mail
            && profile.from.parse::<lettre::message::Mailbox>().is_err()
        {
            return Err(Error::Setting { name: "mail", reason: "`from` is not a mail address".to_owned() });
        }
        if self.company_name.trim().is_empty() {
            return Err(Error::Setting { name: "company_name", reason: "it is empty".to_owned() });
        }
        Ok(())
    }
}

fn parse_address(text: &str) -> Result<Url> {
    let address = Url::from_str(text)
        .map_err(|error| Error::Setting { name: "addresses", reason: format!("`{text}`: {error}") })?;
    check_address(&address)?;
    Ok(address)
}

fn check_address(address: &Url) -> Result<()> {
    let bare = address.path() == "/"
        && address.query().is_none()
        && address.fragment().is_none()
        && address.username().is_empty();
    if matches!(address.scheme(), "http" | "https") && address.host().is_some() && bare {
        return Ok(());
    }
    let reason = format!("`{address}` is not just scheme, host and port");
    Err(Error::Setting { name: "addresses", reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_host_and_port_alone() {
        let config = || OrgConfig::local("data".into(), "keys".into());
        assert!(config().with_addresses(&["http://localhost:8081", "https://org.example.test"]).is_ok());
        for wrong in
            ["localhost:8081", "http://localhost/org", "ftp://localhost", "http://me@localhost", "http://localhost/?x"]
        {
            assert!(config().with_addresses(&[wrong]).is_err(), "{wrong}");
        }
    }
}
