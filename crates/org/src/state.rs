//! What every handler has at hand.

use std::{ops::Deref, sync::Arc};

use db::Db;
use net::Outbound;
use tokio::sync::Notify;
use url::Url;
use vault::{Passwords, Vault};
use world::{Instant, World};

use crate::{OrgConfig, api::limits::Limits, model::id::OrgId};

/// The org as a running thing. Cheap to clone: it is one shared value.
#[derive(Clone)]
pub struct Org(pub(crate) Arc<State>);

/// The fields of [`Org`], reached through it.
pub struct State {
    pub id: OrgId,
    pub db: Db,
    pub vault: Vault,
    pub passwords: Passwords,
    pub world: World,
    pub config: OrgConfig,
    /// The public addresses, never empty: those of the configuration, or the listeners' own.
    pub addresses: Vec<Url>,
    pub limits: Limits,
    /// Goes to services of the administrators: hooks.
    pub outbound: Outbound,
    /// Rung after a change was kept: there may be something to deliver.
    pub doorbell: Notify,
}

impl Deref for Org {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl Org {
    pub fn now(&self) -> Instant {
        self.world.now()
    }

    /// What mails and printed links use.
    pub fn first_address(&self) -> &Url {
        &self.addresses[0]
    }
}

/// An address without its final slash: the issuer, and what paths are appended to.
pub fn base(address: &Url) -> &str {
    address.as_str().trim_end_matches('/')
}
