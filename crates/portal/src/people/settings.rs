//! The settings of the bridge, by name. Domain and client id are plain; client secret and API token are sealed.

use std::collections::BTreeMap;

use db::Conn;
use okta::OrgAddress;
use store::setting::Setting;
use world::Instant;

use crate::{Error, Portal, Result};

pub(crate) const DOMAIN: &str = "okta.domain";
pub(crate) const CLIENT_ID: &str = "okta.client_id";
pub(crate) const CLIENT_SECRET: &str = "okta.client_secret";
pub(crate) const API_TOKEN: &str = "okta.api_token";
pub(crate) const ALLOW_LOOPBACK_HTTP: &str = "okta.allow_loopback_http";
pub(crate) const ENABLED: &str = "okta.enabled";
/// Counts changes of the five above, so that every node sees that its connection is out of date.
pub(crate) const REVISION: &str = "okta.revision";
/// What was last learnt of the token, as JSON.
pub(crate) const TOKEN_FACTS: &str = "okta.token_facts";
/// When the last whole sync began, by our clock, in µs.
pub(crate) const SYNCED: &str = "sync.synced_us";
/// Up to when changes of people were read, by the org's clock, in µs.
pub(crate) const PEOPLE_READ: &str = "sync.people_read_us";
/// What set-up made at the org, as JSON, newest last.
pub(crate) const MADE: &str = "set_up.made";

/// All settings as they stand.
pub(crate) struct Settings(BTreeMap<String, Setting>);

impl Settings {
    pub(crate) async fn load(conn: &mut Conn) -> Result<Settings> {
        Ok(Settings(store::setting::all(conn).await?))
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(|setting| setting.value.as_deref()).unwrap_or_default()
    }

    pub(crate) fn instant(&self, name: &str) -> Option<Instant> {
        self.text(name).parse().ok().map(Instant::from_us)
    }

    pub(crate) fn domain(&self) -> &str {
        self.text(DOMAIN)
    }

    pub(crate) fn client_id(&self) -> &str {
        self.text(CLIENT_ID)
    }

    pub(crate) fn allows_loopback_http(&self) -> bool {
        self.text(ALLOW_LOOPBACK_HTTP) == "1"
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.text(ENABLED) == "1"
    }

    pub(crate) fn revision(&self) -> i64 {
        self.text(REVISION).parse().unwrap_or(0)
    }

    pub(crate) fn has_secret(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|setting| setting.is_sealed)
    }

    pub(crate) fn changed_at(&self, name: &str) -> Option<Instant> {
        self.0.get(name).map(|setting| setting.changed_at)
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.text(name)).ok()
    }

    /// The org, once its domain was given.
    pub(crate) fn org(&self) -> Option<OrgAddress> {
        OrgAddress::parse(self.domain(), self.allows_loopback_http()).ok()
    }
}

impl Portal {
    /// Counts a change of the connection: from the next use on it is made anew, and the checks wait again. The new revision.
    pub(crate) async fn next_revision(&self, conn: &mut Conn) -> Result<i64> {
        let seen = Settings::load(conn).await?.revision();
        self.next_revision_after(conn, seen).await
    }

    /// The same for a change that was made up from the settings of revision `seen`: they may have been changed since, and what was
    /// true of them then is not true of what is there now.
    pub(crate) async fn next_revision_after(&self, conn: &mut Conn, seen: i64) -> Result<i64> {
        let (from, next) = (seen.to_string(), seen + 1);
        let from = (seen > 0).then_some(from.as_str());
        if store::setting::change(conn, REVISION, from, &next.to_string(), self.now()).await? {
            Ok(next)
        } else {
            Err(Error::Conflict("the connection to the org was changed meanwhile; look at it again".to_owned()))
        }
    }
}
