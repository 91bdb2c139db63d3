//! The log of sign-ins and changes. Entries are added in the transaction of what they tell of, and never changed.

use db::{Conn, Row, query};
use domain::PersonId;
use world::{Instant, Random};

use crate::{Listing, Page, Result, listing::SortKey};

pub struct NewEntry<'a> {
    /// The thing it is about, such as `view` or `session`.
    pub kind: &'a str,
    pub person: Option<&'a PersonId>,
    pub person_name: &'a str,
    /// What was done, in a few words.
    pub what: &'a str,
    /// What it was done to.
    pub detail: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub id: String,
    pub at: Instant,
    pub kind: String,
    pub person: Option<PersonId>,
    pub person_name: String,
    pub what: String,
    pub detail: String,
}

/// What the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::number("at", "l.at_us"),
    SortKey::text("kind", "l.kind"),
    SortKey::text("person", "lower(l.person_name)"),
    SortKey::text("what", "l.what"),
];

pub async fn insert(conn: &mut Conn, random: &(dyn Random + '_), new: &NewEntry<'_>, now: Instant) -> Result<()> {
    query("insert into log_entry (id, at_us, kind, person_id, person_name, what, detail) values ($1, $2, $3, $4, $5, $6, $7)")
        .bind(format!("log_{}", random.base62(20)))
        .bind(now)
        .bind(new.kind)
        .bind(new.person.map(PersonId::as_str))
        .bind(new.person_name)
        .bind(new.what)
        .bind(new.detail)
        .execute(conn)
        .await?;
    Ok(())
}

/// Entries: every one, or those of one person.
pub async fn list(conn: &mut Conn, person: Option<&PersonId>, listing: &Listing) -> Result<Page<LogEntry>> {
    let listed = listing.read(SORTS, "-at")?;
    let mut statement = query(format!(
        "select l.id, l.at_us, l.kind, l.person_id, l.person_name, l.what, l.detail, {} from log_entry l where 1 = 1",
        listed.sort_column()
    ));
    if let Some(person) = person {
        statement = statement.push(" and l.person_id = $1").bind(person.as_str());
    }
    let statement = listed.search(statement, &["l.kind", "l.person_name", "l.what", "l.detail"]);
    listed.page(statement, "l.id", conn, read).await
}

fn read(row: &Row) -> Result<LogEntry> {
    Ok(LogEntry {
        id: row.get("id")?,
        at: row.get("at_us")?,
        kind: row.get("kind")?,
        person: row.get::<Option<String>>("person_id")?.map(PersonId::from),
        person_name: row.get("person_name")?,
        what: row.get("what")?,
        detail: row.get("detail")?,
    })
}
