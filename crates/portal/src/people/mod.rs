//! People: set-up, the bridge to the org, sign-in, sessions, rights, roles, the log.
//!
//! Always holds: a person is (issuer, subject); roles of people from the org follow its groups as read through the token, and count
//! for `rights_max_age` after the last reading; what works once is used up by one conditional update.

mod bridge;
mod checks;
mod connect;
mod connected;
mod directory;
mod local;
mod log;
mod plan;
mod return_to;
mod rights;
mod roles;
mod session;
mod set_up;
mod settings;
mod sign_in;
mod sync;
mod token_facts;

#[cfg(test)]
mod tests;

pub use bridge::{Bridge, ClientSecretState, Lamp, SyncState, TokenState};
pub use checks::{Check, CheckName, CheckState};
pub use connect::NewBridge;
pub use directory::{ListedPerson, PersonDetails};
pub use local::NewAdministrator;
pub use log::LogEntry;
pub use plan::{Applied, PlanStep, StepDone, StepState, Wish};
pub use session::SignedIn;
pub use set_up::SetUp;
pub use sign_in::{BegunSignIn, FinishedSignIn, SignInOptions};
pub use store::person::Source;
pub use store::role::ListedRole;
pub use sync::Synced;
pub use token_facts::{TokenFacts, TokenOwner};

/// What [`crate::limits`] tells of people.
pub mod limits {
    pub use super::{
        connect::CLIENT_ID_CHARS_MAX, local::NAME_CHARS_MAX as ACCOUNT_NAME_CHARS_MAX,
        roles::NAME_CHARS_MAX as ROLE_NAME_CHARS_MAX,
    };
}

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connected::Connected;

/// What the people part keeps while the portal runs. All of it can be made again from the database and the org.
#[derive(Default)]
pub struct People {
    connected: Mutex<Option<Arc<Connected>>>,
    checks: Mutex<checks::Results>,
    delays: local::Delays,
    /// One sync at a time.
    syncing: tokio::sync::Mutex<()>,
    sync_status: Mutex<sync::Status>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
