//! Set-up: a one-time code from the terminal makes the emergency administrator, and closes set-up to everybody else for good.

use std::net::IpAddr;

use domain::{Actor, DEFAULT_ROLES, Permission, PersonId, actor::Use, role::ADMIN_GROUP};
use store::person::Source;
use vault::Secret;

use super::{
    checks::Check,
    local::NewAdministrator,
    log::By,
    settings::{API_TOKEN, CLIENT_SECRET, Settings},
};
use crate::{Error, Portal, Result};

const CODE_CHARS: usize = 43;
const CODE_HASH: &str = "set-up code";

/// Default roles whose group set-up asks for. The external API's is made when somebody wants it.
pub(crate) fn groups_wanted() -> impl Iterator<Item = &'static str> {
    DEFAULT_ROLES.iter().map(|role| role.group).filter(|group| *group != "WRAPI")
}

/// What set-up knows. Secrets say only whether they are there.
#[derive(Clone, Debug)]
pub struct SetUp {
    pub domain: String,
    pub client_id: String,
    pub client_secret_set: bool,
    pub api_token_set: bool,
    pub allow_loopback_http: bool,
    pub okta_enabled: bool,
    pub redirect_uris: Vec<String>,
    pub sign_out_uri: String,
    pub groups: Vec<String>,
    pub checks: Vec<Check>,
}

impl Portal {
    /// The code for the terminal: a new one at each start, as long as nobody used one.
    pub async fn offer_set_up_code(&self) -> Result<Option<Secret>> {
        let code = Secret::new(self.world.random.base64url(CODE_CHARS));
        let mut tx = self.db.begin().await?;
        let is_open = store::set_up::offer(&mut tx, &self.code_hash(&code), self.now()).await?;
        tx.commit().await?;
        Ok(is_open.then_some(code))
    }

    /// Whether nobody claimed set-up yet.
    pub(crate) async fn is_set_up_open(&self) -> Result<bool> {
        Ok(store::set_up::is_open(&mut *self.db.read().await?).await?)
    }

    /// Makes the emergency administrator and signs in. Once done, this is not found any more, whatever the code.
    pub async fn claim_set_up(&self, code: &Secret, new: NewAdministrator, from: IpAddr) -> Result<Secret> {
        if !self.is_set_up_open().await? {
            return Err(Error::NotFound);
        }
        let wrong =
            || Error::invalid("code", "this is not the code that the terminal shows; a restart shows a new one");
        let code_hash = self.code_hash(code);
        if !store::set_up::is_offered(&mut *self.db.read().await?, &code_hash).await? {
            return Err(wrong());
        }
        let new = new.checked()?;
        let password_hash = self.passwords.hash(&new.password).await?;
        let id = PersonId::new(self.world.random.as_ref());
        let mut tx = self.db.begin().await?;
        if !store::set_up::claim(&mut tx, &code_hash, &id, self.now()).await? {
            return Err(if store::set_up::is_open(&mut tx).await? { wrong() } else { Error::NotFound });
        }
        store::person::insert_local(&mut tx, &id, &new.name, &new.login, &new.email, &password_hash, self.now())
            .await?;
        let admin = store::role::by_group(&mut tx, ADMIN_GROUP).await?.ok_or(Error::NotFound)?;
        store::membership::add(&mut tx, &id, &admin.id, Source::Local, self.now()).await?;
        self.note(&mut tx, By::Person(&id, &new.name), "set-up", "claimed set-up", &format!("from {from}")).await?;
        let session = self.begin_session(&mut tx, &id, None, from).await?;
        tx.commit().await?;
        Ok(session)
    }

    /// What set-up knows.
    pub async fn set_up(&self, actor: &Actor) -> Result<SetUp> {
        actor.may(Use(Permission::Configure))?;
        self.set_up_now().await
    }

    pub(crate) async fn set_up_now(&self) -> Result<SetUp> {
        let settings = Settings::load(&mut *self.db.read().await?).await?;
        Ok(SetUp {
            domain: settings.domain().to_owned(),
            client_id: settings.client_id().to_owned(),
            client_secret_set: settings.has_secret(CLIENT_SECRET),
            api_token_set: settings.has_secret(API_TOKEN),
            allow_loopback_http: settings.allows_loopback_http(),
            okta_enabled: settings.is_enabled(),
            redirect_uris: self.redirect_uris(),
            sign_out_uri: self.address("/"),
            groups: groups_wanted().map(str::to_owned).collect(),
            checks: self.check_results(settings.revision()),
        })
    }

    /// Both paths under which the org may send people back, under every public address.
    pub(crate) fn redirect_uris(&self) -> Vec<String> {
        let addresses = self.config.public_addresses.iter();
        addresses
            .flat_map(|address| ["OIDCCallback", "authorization-code/callback"].map(|path| address.join(path)))
            .filter_map(|url| url.ok().map(String::from))
            .collect()
    }

    /// A path under the first public address.
    pub(crate) fn address(&self, path: &str) -> String {
        let first = self.config.public_addresses.first();
        first.and_then(|address| address.join(path).ok()).map(String::from).unwrap_or_default()
    }

    /// Start-up: the default roles are there.
    pub(crate) async fn make_default_roles(&self) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::role::make_defaults(&mut tx, self.world.random.as_ref(), self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    fn code_hash(&self, code: &Secret) -> String {
        self.vault.keyed_hash(CODE_HASH, code.expose_bytes())
    }
}
