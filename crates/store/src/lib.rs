//! Our metadata: every SQL statement of the portal, every migration.
//!
//! One file a table family, one function a statement, each over a `&mut db::Conn`. Invariant: values are bound, never pasted, and
//! one text serves SQLite and PostgreSQL. Nothing here asks who may do what: `portal` does, before it calls.

pub mod assignment;
pub mod connection;
pub mod field;
pub mod listing;
pub mod log_entry;
pub mod membership;
pub mod org_group;
pub mod person;
pub mod role;
pub mod run;
pub mod session;
pub mod set_up;
pub mod setting;
pub mod sign_in_attempt;
pub mod view;

pub use listing::{Listing, Page};

use db::{Conn, Migration, query};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] db::Error),
    /// A secret of a row could not be opened.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// What a column holds is not what this program writes there.
    #[error("column `{column}` holds something that this program cannot read")]
    Malformed { column: &'static str, source: serde_json::Error },
    #[error("column `{column}` holds `{found}`, which this program does not know")]
    Unknown { column: &'static str, found: String },
    #[error("this list cannot be sorted by `{0}`")]
    UnknownSort(String),
    #[error("the cursor of this list is not one of ours; begin at its first page")]
    UnknownCursor,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether a unique or foreign key said no.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Db(db::Error::Conflict { .. }))
    }
}

/// The portal's migrations, in order. Once merged, none is edited.
pub const MIGRATIONS: &[Migration] = &[
    Migration::new(1, "people", include_str!("../migrations/0001_people.sql")),
    Migration::new(2, "reports", include_str!("../migrations/0002_reports.sql")),
    Migration::new(3, "kept", include_str!("../migrations/0003_kept.sql")),
    Migration::new(4, "run_node", include_str!("../migrations/0004_run_node.sql")),
];

/// Whether no migration has run on this database yet.
pub async fn is_new(conn: &mut Conn) -> Result<bool> {
    let tables = if conn.is_sqlite() {
        "select count(*) as n from sqlite_master where type = 'table' and name = 'migration'"
    } else {
        "select count(*) as n from information_schema.tables where table_schema = current_schema() and table_name = 'migration'"
    };
    if query(tables).one(conn).await?.get::<i64>("n")? == 0 {
        return Ok(true);
    }
    Ok(query("select count(*) as n from migration").one(conn).await?.get::<i64>("n")? == 0)
}

#[cfg(test)]
mod tests;
