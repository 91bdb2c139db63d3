//! Connecting: what the administrator types for the org, and the switch that turns sign-in on and off.

use std::collections::BTreeMap;

use db::Conn;
use domain::{Actor, Permission, actor::Use};
use okta::OrgAddress;
use vault::Secret;

use super::{
    checks::{CheckName, CheckState},
    log::By,
    set_up::SetUp,
    settings::{
        ALLOW_LOOPBACK_HTTP, API_TOKEN, CLIENT_ID, CLIENT_SECRET, DOMAIN, ENABLED, PEOPLE_READ, SYNCED, Settings,
        TOKEN_FACTS,
    },
};
use crate::{Error, Portal, Result};

pub const CLIENT_ID_CHARS_MAX: usize = 100;
const SECRET_BYTES_MAX: usize = 1_000;

/// Where the org is, and what to sign in with there. A secret that is not given stays as it is.
#[derive(Clone, Debug)]
pub struct NewBridge {
    pub domain: String,
    pub client_id: String,
    pub client_secret: Option<Secret>,
    pub api_token: Option<Secret>,
    /// A plain http issuer on this machine is accepted: the built-in org, and trying things.
    pub allow_loopback_http: bool,
}

/// [`NewBridge`], looked at.
struct Checked {
    org: OrgAddress,
    client_id: String,
    client_secret: Option<Secret>,
    api_token: Option<Secret>,
    allow_loopback_http: bool,
}

impl Portal {
    /// Keeps what set-up asks for.
    ///
    /// While sign-in is on, a new secret or token is tried first and refused when the org does not take it, so that a slip does
    /// not sign everybody out; domain and client id can be changed only while it is off.
    pub async fn connect(&self, actor: &Actor, new: NewBridge) -> Result<SetUp> {
        actor.may(Use(Permission::Configure))?;
        self.connect_by(By::Actor(actor), new).await
    }

    /// The same at the command line of this machine.
    pub async fn connect_as_operator(&self, new: NewBridge) -> Result<SetUp> {
        self.connect_by(By::Operator, new).await
    }

    async fn connect_by(&self, by: By<'_>, new: NewBridge) -> Result<SetUp> {
        let new = checked(new)?;
        let settings = Settings::load(&mut *self.db.read().await?).await?;
        if settings.is_enabled() {
            let same = settings.domain() == new.org.issuer() && settings.client_id() == new.client_id;
            if !same {
                return Err(Error::Conflict(
                    "turn sign-in with Okta off before you change domain or client id".to_owned(),
                ));
            }
            self.try_first(&new, &settings).await?;
        }
        let mut tx = self.db.begin().await?;
        self.keep(&mut tx, &new, &settings).await?;
        let secrets = match (&new.client_secret, &new.api_token) {
            (Some(_), Some(_)) => ", with a new client secret and API token",
            (Some(_), None) => ", with a new client secret",
            (None, Some(_)) => ", with a new API token",
            (None, None) => "",
        };
        self.note(
            &mut tx,
            by,
            "set-up",
            "changed the connection to the org",
            &format!("{}{secrets}", new.org.issuer()),
        )
        .await?;
        tx.commit().await?;
        self.set_up_now().await
    }

    async fn keep(&self, conn: &mut Conn, new: &Checked, old: &Settings) -> Result<()> {
        self.next_revision_after(conn, old.revision()).await?;
        let now = self.now();
        if old.domain() != new.org.issuer() {
            // Secrets belong to the org that they were given for; another address never gets them.
            for name in [CLIENT_SECRET, API_TOKEN, TOKEN_FACTS, SYNCED, PEOPLE_READ] {
                store::setting::clear(conn, name).await?;
            }
            store::org_group::clear(conn).await?;
        }
        store::setting::put(conn, DOMAIN, new.org.issuer(), now).await?;
        store::setting::put(conn, CLIENT_ID, &new.client_id, now).await?;
        store::setting::put(conn, ALLOW_LOOPBACK_HTTP, if new.allow_loopback_http { "1" } else { "0" }, now).await?;
        if let Some(secret) = &new.client_secret {
            store::setting::put_secret(conn, &self.vault, CLIENT_SECRET, secret, now).await?;
        }
        if let Some(token) = &new.api_token {
            store::setting::put_secret(conn, &self.vault, API_TOKEN, token, now).await?;
            store::setting::clear(conn, TOKEN_FACTS).await?;
        }
        Ok(())
    }

    /// Tries new secrets beside the old ones.
    async fn try_first(&self, new: &Checked, settings: &Settings) -> Result<()> {
        let connected = {
            let mut conn = self.db.read().await?;
            let client_secret = match &new.client_secret {
                Some(secret) => Some(secret.clone()),
                None => store::setting::secret(&mut conn, &self.vault, CLIENT_SECRET).await?,
            };
            let api_token = match &new.api_token {
                Some(token) => Some(token.clone()),
                None => store::setting::secret(&mut conn, &self.vault, API_TOKEN).await?,
            };
            self.connected_with(new.org.clone(), &new.client_id, client_secret, api_token, settings.revision(), true)?
        };
        let mut errors = BTreeMap::new();
        let tried = [
            ("client_secret", new.client_secret.is_some(), vec![CheckName::Client]),
            ("api_token", new.api_token.is_some(), vec![CheckName::Token, CheckName::TokenRights]),
        ];
        for (field, is_new, names) in tried {
            for name in names.into_iter().filter(|_| is_new) {
                let check = self.run_check(Some(&connected), name).await;
                if check.state != CheckState::Passed {
                    let why = check.why.unwrap_or_else(|| "the org did not take it".to_owned());
                    errors.entry(field.to_owned()).or_insert(format!("not taken over, the old one stays: {why}"));
                }
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
    }

    /// Turns sign-in with Okta on, once every check passes now and the people of the groups are read.
    pub async fn enable(&self, actor: &Actor) -> Result<SetUp> {
        actor.may(Use(Permission::Configure))?;
        self.enable_by(By::Actor(actor)).await
    }

    pub async fn enable_as_operator(&self) -> Result<SetUp> {
        self.enable_by(By::Operator).await
    }

    async fn enable_by(&self, by: By<'_>) -> Result<SetUp> {
        // What is looked at from here on is this connection or a later one, and a later one is not switched on below.
        let connected = self.connected().await?;
        let mut not_passed = Vec::new();
        for name in CheckName::ALL {
            let check = self.check_now(*name).await?;
            if check.state != CheckState::Passed {
                not_passed.push(name.as_str().to_owned());
            }
        }
        if !not_passed.is_empty() {
            return Err(Error::ChecksNotPassed(not_passed));
        }
        let connected = connected.ok_or_else(|| Error::ChecksNotPassed(vec!["domain".to_owned()]))?;
        let mut tx = self.db.begin().await?;
        store::membership::remove_of_other_issuers(&mut tx, connected.org.issuer()).await?;
        store::org_group::clear(&mut tx).await?;
        tx.commit().await?;
        self.read_org(&connected).await?;
        let mut tx = self.db.begin().await?;
        let revision = self.next_revision_after(&mut tx, connected.revision).await?;
        store::setting::put(&mut tx, ENABLED, "1", self.now()).await?;
        self.note(&mut tx, by, "set-up", "turned sign-in with Okta on", connected.org.issuer()).await?;
        tx.commit().await?;
        self.keep_check_results(revision);
        self.set_up_now().await
    }

    /// Turns sign-in with Okta off. Everybody from the org is signed out, and what they have under way
    /// ends: their rights can no longer be read.
    pub async fn disable(&self, actor: &Actor) -> Result<SetUp> {
        actor.may(Use(Permission::Configure))?;
        let mut tx = self.db.begin().await?;
        let revision = self.next_revision(&mut tx).await?;
        store::setting::put(&mut tx, ENABLED, "0", self.now()).await?;
        store::person::end_sessions_of_org(&mut tx).await?;
        self.note(&mut tx, By::Actor(actor), "set-up", "turned sign-in with Okta off", "").await?;
        let readers = store::run::unfinished_readers_of_org(&mut tx).await?;
        tx.commit().await?;
        self.keep_check_results(revision);
        self.end_runs_of_each(&readers).await?;
        self.set_up_now().await
    }
}

fn checked(new: NewBridge) -> Result<Checked> {
    let mut errors = BTreeMap::new();
    let org = OrgAddress::parse(&new.domain, new.allow_loopback_http);
    if let Err(problem) = &org {
        errors.insert("domain".to_owned(), problem.to_string());
    }
    let client_id = new.client_id.trim().to_owned();
    let is_id = !client_id.is_empty()
        && client_id.len() <= CLIENT_ID_CHARS_MAX
        && client_id.chars().all(|c| c.is_ascii_graphic());
    // The client may be made by the wizard after the token is given, so it may be missing at first.
    if !client_id.is_empty() && !is_id {
        errors.insert("client_id".to_owned(), "copy the client id from the application's General tab".to_owned());
    }
    let mut secret = |field: &str, given: Option<Secret>, says: &str| {
        let given = given.map(|secret| Secret::new(secret.expose().trim())).filter(|secret| !secret.is_empty());
        let fits = given.as_ref().is_none_or(|secret| {
            secret.len() <= SECRET_BYTES_MAX && secret.expose().chars().all(|c| c.is_ascii_graphic())
        });
        if !fits {
            errors.insert(field.to_owned(), says.to_owned());
        }
        given
    };
    let client_secret =
        secret("client_secret", new.client_secret, "copy the client secret from the application's General tab");
    let api_token = secret("api_token", new.api_token, "copy the token's value as the Admin Console shows it once");
    match org {
        Ok(org) if errors.is_empty() => {
            Ok(Checked { org, client_id, client_secret, api_token, allow_loopback_http: new.allow_loopback_http })
        }
        _ => Err(Error::Invalid(errors)),
    }
}
