//! The log: who did what, written in the transaction of what it tells of.

use db::Conn;
use domain::{Actor, Permission, PersonId};
use store::{Listing, Page, log_entry::NewEntry};
use world::Instant;

use crate::{Portal, Result};

/// Who did what a log entry tells of.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    Actor(&'a Actor),
    Person(&'a PersonId, &'a str),
    /// Somebody at the command line of this machine.
    Operator,
    /// The program itself, following the org.
    Program,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub id: String,
    pub at: Instant,
    pub kind: String,
    /// None for the program itself.
    pub person_name: Option<String>,
    pub what: String,
    pub detail: String,
}

impl Portal {
    pub(crate) async fn note(&self, conn: &mut Conn, by: By<'_>, kind: &str, what: &str, detail: &str) -> Result<()> {
        let (person, person_name) = match by {
            By::Actor(actor) => (Some(&actor.person), actor.name.as_str()),
            By::Person(person, name) => (Some(person), name),
            By::Operator => (None, "command line"),
            By::Program => (None, ""),
        };
        let entry = NewEntry { kind, person, person_name, what, detail };
        store::log_entry::insert(conn, self.world.random.as_ref(), &entry, self.now()).await?;
        Ok(())
    }

    /// What happened, newest first: everything for who may see all logs, else one's own.
    pub async fn log(&self, actor: &Actor, listing: &Listing) -> Result<Page<LogEntry>> {
        let own = (!actor.has(Permission::SeeAllLogs)).then_some(&actor.person);
        let page = store::log_entry::list(&mut *self.db.read().await?, own, listing).await?;
        Ok(page.map(|entry| LogEntry {
            id: entry.id,
            at: entry.at,
            kind: entry.kind,
            person_name: Some(entry.person_name).filter(|name| !name.is_empty()),
            what: entry.what,
            detail: entry.detail,
        }))
    }
}
