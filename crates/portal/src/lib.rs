//! What people do: sign in, publish, assign, execute, download. Permissions are asked here.
//!
//! Each function that acts for somebody takes their [`domain::Actor`] and asks it for a permit before it touches what the permit
//! is about. Invariant: what a person may not know of is answered as if it did not exist.

mod assignments;
mod available;
mod catalog;
mod config;
mod connections;
mod error;
mod fields;
mod files;
mod interruption;
pub mod limits;
mod node;
mod open;
mod pages;
pub mod people;
mod preview;
mod record;
mod retention;
mod runner;
mod runs;
mod views;

#[cfg(test)]
mod tests;

pub use assignments::{ASSIGNED_AT_ONCE_MAX, ASSIGNMENT_ACTIONS, NewAssignments};
pub use available::AVAILABLE_ACTIONS;
pub use config::PortalConfig;
pub use connections::{CONNECTION_ACTIONS, ConnectionProfile, NewConnection, SOURCES_FOLDER};
pub use error::{Error, Result};
pub use fields::NewField;
pub use files::ExportFile;
pub use interruption::SHUTDOWN_GRACE;
pub use people::{
    Applied, BegunSignIn, Bridge, Check, CheckName, CheckState, ClientSecretState, FinishedSignIn, Lamp, ListedPerson,
    ListedRole, LogEntry, NewAdministrator, NewBridge, PersonDetails, PlanStep, SetUp, SignInOptions, SignedIn, Source,
    StepDone, StepState, SyncState, Synced, TokenFacts, TokenOwner, TokenState, Wish,
};
pub use preview::{Inspection, NewPreview, PREVIEW_ROWS_MAX, Preview, QueryProblem};
pub use retention::EXECUTE_RESULT_AGE;
pub use runs::{NewRun, RUN_ACTIONS, RunStatus};
pub use views::{NewView, VIEW_ACTIONS, ViewDetails};

// The shapes in which the parts below answer, for who stands above.
pub use export::{FileFormat, cells};
pub use okta::Error as OrgError;
pub use results::{Arrangement, Filter, Op, Page as ResultPage, SortKey};
pub use source::{Catalog, TestStep};
pub use store::{
    Listing, Page,
    assignment::{AvailableReport, ListedAssignment},
    connection::Publishers,
    field::SetValue,
    view::{ListedView, PublishedVersion},
};

use std::{ops::Deref, sync::Arc};

use db::Db;
use tokio::sync::Semaphore;
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
    pub results: results::Results,
    pub(crate) runner: runner::Runner,
    /// The node that this process is, and its hold on the data folder.
    pub(crate) node: String,
    pub(crate) hold: node::Hold,
    pub(crate) file_places: Arc<Semaphore>,
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

    pub fn world(&self) -> &World {
        &self.world
    }
}
