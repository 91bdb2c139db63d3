//! Configuration: a file, the environment and flags, in rising order of precedence.
//!
//! [`KEYS`] is the whole of it: what `webreports help` prints, what a file may hold, which environment variable sets it. A key that
//! is not there is refused by name, and every error names the key and the fix.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use url::Url;
use vault::{KeySource, Secret};

/// One configuration key.
pub struct Key {
    pub name: &'static str,
    pub environment: &'static str,
    pub default: &'static str,
    pub says: &'static str,
}

macro_rules! keys {
    ($($name:literal $environment:literal $default:literal $says:literal;)*) => {
        pub const KEYS: &[Key] = &[
            $(Key { name: $name, environment: $environment, default: $default, says: $says },)*
        ];
    };
}

keys! {
    "home" "WEBREPORTS_HOME" "webreports" "folder of this installation: `data` (database, results) and `keys` (master keys) lie in it";
    "listen" "WEBREPORTS_LISTEN" "127.0.0.1:8080" "address and port that the portal listens on";
    "addresses" "WEBREPORTS_ADDRESSES" "http://localhost:8080" "public addresses of the portal, comma between; the first is used in mails; requests to any other host get 421";
    "database" "WEBREPORTS_DATABASE" "" "metadata database: empty for SQLite in the data folder, or postgres://user:password@host/database";
    "master-key" "WEBREPORTS_MASTER_KEY" "" "master key as base64 of 32 bytes; empty reads the systemd credential `webreports-master-key`, else keys/portal.key (environment only)";
    "rights-max-age-s" "WEBREPORTS_RIGHTS_MAX_AGE_S" "900" "seconds that rights last after the last reading from the org; past that every request is denied";
    "session-idle-min" "WEBREPORTS_SESSION_IDLE_MIN" "120" "minutes without a request after which a session ends";
    "session-max-h" "WEBREPORTS_SESSION_MAX_H" "12" "hours after which a session ends in any case";
    "results-keep-days" "WEBREPORTS_RESULTS_KEEP_DAYS" "30" "days that completed results are kept";
    "okta-ca-file" "WEBREPORTS_OKTA_CA_FILE" "" "PEM file of a certificate authority to believe for the Okta domain, beside the usual ones";
    "trusted-proxies" "WEBREPORTS_TRUSTED_PROXIES" "" "networks whose X-Forwarded-For is believed, comma between, such as 10.0.0.0/8";
    "metrics-key" "WEBREPORTS_METRICS_KEY" "" "bearer key that /metrics asks from callers that are not on this machine; empty refuses them (environment only)";
    "log-format" "WEBREPORTS_LOG_FORMAT" "text" "`text` or `json`";
    "log-level" "WEBREPORTS_LOG_LEVEL" "info" "`error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,portal=debug`";
    "org-listen" "WEBREPORTS_ORG_LISTEN" "127.0.0.1:8081" "address and port that the built-in org listens on";
    "org-tls-listen" "WEBREPORTS_ORG_TLS_LISTEN" "127.0.0.1:8443" "address and port of the built-in org's https; empty for none";
    "org-addresses" "WEBREPORTS_ORG_ADDRESSES" "http://localhost:8081,https://localhost:8443" "public addresses of the built-in org, comma between; each is an issuer";
    "org-database" "WEBREPORTS_ORG_DATABASE" "" "database of the built-in org: empty for SQLite in the data folder, or a postgres:// address";
    "org-name" "WEBREPORTS_ORG_NAME" "WebReports" "company name shown by the built-in org";
    "org-mail-host" "WEBREPORTS_ORG_MAIL_HOST" "" "mail server (SMTP) of the built-in org; empty keeps mails in its outbox";
    "org-mail-port" "WEBREPORTS_ORG_MAIL_PORT" "587" "port of that mail server";
    "org-mail-security" "WEBREPORTS_ORG_MAIL_SECURITY" "starttls" "`tls`, `starttls`, or `none` for a mail server on this machine";
    "org-mail-username" "WEBREPORTS_ORG_MAIL_USERNAME" "" "name for that mail server; empty for none";
    "org-mail-password" "WEBREPORTS_ORG_MAIL_PASSWORD" "" "password for that mail server (environment only)";
    "org-mail-from" "WEBREPORTS_ORG_MAIL_FROM" "" "who the org's mails are from, such as Sign-in <org@example.com>";
    "org-hook-origins" "WEBREPORTS_ORG_HOOK_ORIGINS" "" "origins inside a private network that hooks of the built-in org may call, comma between, such as http://10.0.0.5:9000; others are called by https at public addresses alone";
}

/// What is wrong with a key, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("configuration key `{key}` (environment {environment}): {problem}; {fix}")]
pub struct ConfigError {
    pub key: String,
    pub environment: String,
    pub problem: String,
    pub fix: String,
}

/// The whole configuration, read and checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub home: PathBuf,
    pub listen: SocketAddr,
    pub addresses: Vec<Url>,
    pub database: db::Address,
    pub master_key: KeySource,
    pub rights_max_age: Duration,
    pub session_idle: Duration,
    pub session_max: Duration,
    pub results_keep: Duration,
    pub okta_ca_pem: Option<Vec<u8>>,
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub metrics_key: Option<Secret>,
    pub log_json: bool,
    pub log_level: String,
    pub org_listen: SocketAddr,
    pub org_tls_listen: Option<SocketAddr>,
    pub org_addresses: Vec<Url>,
    pub org_database: db::Address,
    pub org_key: KeySource,
    pub org_name: String,
    pub org_hook_origins: Vec<Url>,
    pub org_mail: Option<org::config::MailProfile>,
}

impl Config {
    pub fn data_folder(&self) -> PathBuf {
        self.home.join("data")
    }

    pub fn keys_folder(&self) -> PathBuf {
        self.home.join("keys")
    }

    /// Reads `file` if given (TOML), then the environment, then `flags` (key, value).
    pub fn load(
        file: Option<&Path>,
        environment: &dyn Fn(&str) -> Option<String>,
        flags: &[(&str, String)],
    ) -> Result<Config, ConfigError> {
        Settings::read(file, environment, flags)?.check(environment)
    }
}

/// The texts by key, not looked at yet.
struct Settings(config::Config);

impl Settings {
    fn read(
        file: Option<&Path>,
        environment: &dyn Fn(&str) -> Option<String>,
        flags: &[(&str, String)],
    ) -> Result<Settings, ConfigError> {
        let mut builder = config::Config::builder();
        for key in KEYS {
            builder = builder.set_default(key.name, key.default).expect("a default is text");
        }
        if let Some(file) = file {
            let unreadable = |error: &dyn std::fmt::Display| ConfigError {
                key: "(file)".to_owned(),
                environment: "WEBREPORTS_CONFIG".to_owned(),
                problem: format!("{}: {error}", file.display()),
                fix: "give a TOML file of the keys that `webreports help` lists".to_owned(),
            };
            let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
            let source = config::File::from_str(&text, config::FileFormat::Toml);
            let alone =
                config::Config::builder().add_source(source.clone()).build().map_err(|error| unreadable(&error))?;
            let table = alone.cache.into_table().map_err(|error| unreadable(&error))?;
            if let Some(unknown) = table.keys().find(|name| !KEYS.iter().any(|key| key.name == name.as_str())) {
                return Err(ConfigError {
                    key: unknown.clone(),
                    environment: "none".to_owned(),
                    problem: format!("is in {} but is no key of ours", file.display()),
                    fix: format!("did you mean `{}`? `webreports help` lists them all", nearest(unknown)),
                });
            }
            if let Some(secret) = ["master-key", "metrics-key", "org-mail-password"]
                .into_iter()
                .find(|secret| table.contains_key(*secret))
            {
                return Err(wrong(
                    secret,
                    "a secret does not belong into a configuration file",
                    "set it by environment",
                ));
            }
            builder = builder.add_source(source);
        }
        for key in KEYS {
            if let Some(value) = environment(key.environment) {
                builder = builder.set_override(key.name, value).expect("a value is text");
            }
        }
        for (name, value) in flags {
            builder = builder.set_override(*name, value.clone()).expect("a value is text");
        }
        Ok(Settings(builder.build().expect("every source was read above")))
    }

    fn text(&self, key: &str) -> Result<String, ConfigError> {
        if let Ok(list) = self.0.get_array(key) {
            let texts: Result<Vec<_>, _> = list.into_iter().map(config::Value::into_string).collect();
            return texts
                .map(|texts| texts.join(","))
                .map_err(|_| wrong(key, "is a list of other than texts", "quote each"));
        }
        self.0.get_string(key).map_err(|_| wrong(key, "is not text", "give text, a number, or a list of texts"))
    }

    fn check(&self, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let home = PathBuf::from(self.text("home")?);
        let okta_ca_file = self.text("okta-ca-file")?;
        let okta_ca_pem = match okta_ca_file.as_str() {
            "" => None,
            path => Some(std::fs::read(path).map_err(|error| {
                wrong("okta-ca-file", &format!("{path}: {error}"), "give the path of a readable PEM file")
            })?),
        };
        let org_tls_listen = match self.text("org-tls-listen")?.as_str() {
            "" => None,
            _ => Some(self.socket("org-tls-listen")?),
        };
        let log_format = self.text("log-format")?;
        if !["text", "json"].contains(&log_format.as_str()) {
            return Err(wrong("log-format", &format!("`{log_format}` is not known"), "say `text` or `json`"));
        }
        Ok(Config {
            listen: self.socket("listen")?,
            addresses: self.addresses("addresses")?,
            database: self.database("database", &home.join("data/portal.db"))?,
            master_key: self.key_source(
                "master-key",
                "WEBREPORTS_MASTER_KEY",
                &home.join("keys/portal.key"),
                environment,
            )?,
            rights_max_age: Duration::from_secs(self.number("rights-max-age-s", 30, 86_400)?),
            session_idle: Duration::from_secs(60 * self.number("session-idle-min", 1, 10_080)?),
            session_max: Duration::from_secs(3_600 * self.number("session-max-h", 1, 720)?),
            results_keep: Duration::from_secs(86_400 * self.number("results-keep-days", 1, 36_500)?),
            okta_ca_pem,
            trusted_proxies: self.networks("trusted-proxies")?,
            metrics_key: Some(self.text("metrics-key")?).filter(|key| !key.is_empty()).map(Secret::new),
            log_json: log_format == "json",
            log_level: self.text("log-level")?,
            org_listen: self.socket("org-listen")?,
            org_tls_listen,
            org_addresses: self.addresses("org-addresses")?,
            org_database: self.database("org-database", &home.join("data/org.db"))?,
            org_key: KeySource::File(home.join("keys/org.key")),
            org_name: self.text("org-name")?,
            org_hook_origins: self.origins("org-hook-origins")?,
            org_mail: self.org_mail()?,
            home,
        })
    }

    fn org_mail(&self) -> Result<Option<org::config::MailProfile>, ConfigError> {
        let host = self.text("org-mail-host")?;
        if host.is_empty() {
            return Ok(None);
        }
        let security = self.text("org-mail-security")?;
        let known = org::config::MailSecurity::parse(&security);
        let known = known.ok_or_else(|| {
            wrong("org-mail-security", &format!("`{security}` is not known"), "say `tls`, `starttls` or `none`")
        })?;
        let from = self.text("org-mail-from")?;
        if from.is_empty() {
            return Err(wrong("org-mail-from", "is empty", "name an address that the mail server sends for"));
        }
        let password = self.text("org-mail-password")?;
        Ok(Some(org::config::MailProfile {
            host,
            port: u16::try_from(self.number("org-mail-port", 1, u64::from(u16::MAX))?).unwrap_or(u16::MAX),
            security: known,
            username: Some(self.text("org-mail-username")?).filter(|name| !name.is_empty()),
            password: (!password.is_empty()).then(|| Secret::new(password)),
            from,
        }))
    }

    fn socket(&self, key: &str) -> Result<SocketAddr, ConfigError> {
        let text = self.text(key)?;
        text.parse().map_err(|_| {
            wrong(key, &format!("`{text}` is not an address with a port"), "write it like 127.0.0.1:8080 or [::1]:8080")
        })
    }

    fn number(&self, key: &str, min: u64, max: u64) -> Result<u64, ConfigError> {
        let text = self.text(key)?;
        text.parse().ok().filter(|number| (min..=max).contains(number)).ok_or_else(|| {
            wrong(key, &format!("`{text}` is not a whole number from {min} to {max}"), "give one within these bounds")
        })
    }

    fn addresses(&self, key: &str) -> Result<Vec<Url>, ConfigError> {
        let addresses = self.origins(key)?;
        if addresses.is_empty() {
            return Err(wrong(key, "has no address", "name at least one, like http://localhost:8080"));
        }
        Ok(addresses)
    }

    /// Addresses without a path, maybe none.
    fn origins(&self, key: &str) -> Result<Vec<Url>, ConfigError> {
        let text = self.text(key)?;
        let mut addresses = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let address = Url::parse(part).ok().filter(|address| {
                matches!(address.scheme(), "http" | "https")
                    && address.has_host()
                    && address.path() == "/"
                    && address.query().is_none()
            });
            let problem = format!("`{part}` is not an http or https address without a path");
            addresses.push(address.ok_or_else(|| wrong(key, &problem, "write it like https://reports.example.com"))?);
        }
        Ok(addresses)
    }

    fn database(&self, key: &str, file: &Path) -> Result<db::Address, ConfigError> {
        match self.text(key)?.as_str() {
            "" => Ok(db::Address::Sqlite(file.to_owned())),
            text => text.parse().map_err(|error: db::Error| {
                wrong(
                    key,
                    &error.to_string(),
                    "leave it empty for SQLite, or write postgres://user:password@host/database",
                )
            }),
        }
    }

    fn networks(&self, key: &str) -> Result<Vec<ipnet::IpNet>, ConfigError> {
        let text = self.text(key)?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts
            .map(|part| {
                part.parse().map_err(|_| wrong(key, &format!("`{part}` is not a network"), "write it like 10.0.0.0/8"))
            })
            .collect()
    }

    fn key_source(
        &self,
        key: &str,
        name: &'static str,
        file: &Path,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<KeySource, ConfigError> {
        let text = self.text(key)?;
        if !text.is_empty() {
            return Ok(KeySource::Environment { name, value: Secret::new(text) });
        }
        let credential =
            environment("CREDENTIALS_DIRECTORY").map(|folder| Path::new(&folder).join("webreports-master-key"));
        Ok(match credential.filter(|path| path.exists()) {
            Some(path) => KeySource::Credential(path),
            None => KeySource::File(file.to_owned()),
        })
    }
}

fn wrong(key: &str, problem: &str, fix: &str) -> ConfigError {
    let environment = KEYS.iter().find(|known| known.name == key).map_or("none", |known| known.environment);
    ConfigError {
        key: key.to_owned(),
        environment: environment.to_owned(),
        problem: problem.to_owned(),
        fix: fix.to_owned(),
    }
}

/// The known key that begins most like what was written.
fn nearest(unknown: &str) -> &'static str {
    let unknown = unknown.replace('_', "-");
    let shared = |name: &str| name.chars().zip(unknown.chars()).take_while(|(one, other)| one == other).count();
    KEYS.iter().map(|key| key.name).max_by_key(|name| shared(name)).unwrap_or("listen")
}

/// The keys as `webreports help` shows them.
pub fn help() -> String {
    let mut text = String::from(
        "Configuration: flags over environment over the file named by --config or WEBREPORTS_CONFIG (TOML, `listen = \"127.0.0.1:8080\"`).\n\n",
    );
    for key in KEYS {
        let default = if key.default.is_empty() { "empty" } else { key.default };
        text.push_str(&format!(
            "  {:<20} {}\n{:22} {} (default: {default})\n",
            key.name, key.environment, "", key.says
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: Option<&str>, environment: &[(&str, &str)], flags: &[(&str, String)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("webreports.toml");
        if let Some(text) = file {
            std::fs::write(&path, text).unwrap();
        }
        let lookup =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Config::load(file.map(|_| path.as_path()), &lookup, flags)
    }

    #[test]
    fn a_flag_beats_the_environment_which_beats_the_file() {
        let file =
            "listen = \"127.0.0.1:1\"\naddresses = [\"http://a.example\", \"http://b.example\"]\nresults-keep-days = 7";
        let environment = [("WEBREPORTS_LISTEN", "127.0.0.1:2"), ("WEBREPORTS_SESSION_IDLE_MIN", "5")];
        let config = load(Some(file), &environment, &[("listen", "127.0.0.1:3".to_owned())]).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.addresses.len(), 2);
        assert_eq!(config.session_idle, Duration::from_secs(300));
        assert_eq!(config.results_keep, Duration::from_secs(7 * 86_400));
    }

    #[test]
    fn an_error_names_the_key_its_environment_and_the_fix() {
        let error = load(None, &[("WEBREPORTS_LISTEN", "8080")], &[]).unwrap_err().to_string();
        for part in ["`listen`", "WEBREPORTS_LISTEN", "`8080`", "127.0.0.1:8080"] {
            assert!(error.contains(part), "{error}");
        }
        let unknown = load(Some("listem = \"x\""), &[], &[]).unwrap_err().to_string();
        assert!(unknown.contains("did you mean `listen`"), "{unknown}");
        assert!(load(Some("master-key = \"x\""), &[], &[]).unwrap_err().to_string().contains("environment"));
        assert!(load(None, &[("WEBREPORTS_ADDRESSES", "http://host/path")], &[]).is_err());
    }

    #[test]
    fn every_key_is_in_the_help() {
        let help = help();
        assert!(KEYS.iter().all(|key| help.contains(key.name) && help.contains(key.environment)));
    }
}
