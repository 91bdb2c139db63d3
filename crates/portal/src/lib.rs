//! What people do: sign in, publish, assign, execute, download. Permissions are asked here.
//!
//! Each function that acts for somebody takes their [`domain::Actor`] and asks it for a permit before it touches what the permit
//! is about. Invariant: what a person may not know of is answered as if it did not exist.

mod config;
mod error;
mod open;
pub mod people;

pub use config::PortalConfig;
pub use error::{Error, Result};

use std::{ops::Deref, sync::Arc};

use db::Db;
use vault::{Passwords, Vault};
use world::{Instant, World};

/// The portal as a running thing. Cheap to clone: it is one shared value.
#[derive(Clone)]
pub struct Portal(Arc<State>);

/// The fields of [`Portal`], reached through it.
pub struct State {
    pub db: Db,
    pub vault: Vault,
    pub passwords: Passwords,
    pub world: World,
    pub config: PortalConfig,
    pub sources: source::Sources,
    pub(crate) people: people::People,
}

impl Deref for Portal {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl Portal {
    pub fn now(&self) -> Instant {
        self.world.now()
    }
}
