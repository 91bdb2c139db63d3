//! Connection profiles. The password is sealed for `connection/<id>`: nothing but that row opens it.

use db::{Conn, Row, query};
use domain::{Budget, Connection, ConnectionId, ConnectionKind, PersonId};
use vault::{Secret, Vault};
use world::Instant;

use crate::{
    Error, Listing, Page, Result,
    listing::{Listed, SortKey},
};

/// Who may publish against a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publishers {
    /// Whoever may publish.
    All,
    Only(Vec<PersonId>),
}

/// A profile with what the list shows beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConnection {
    pub connection: Connection,
    pub password_set: bool,
    pub open_to_publishers: bool,
}

const COLUMNS: &str = "c.id, c.name, c.kind, c.settings, c.timeout_ms, c.rows_max, c.concurrent_max, c.open_to_publishers, \
     cast(case when c.password_sealed is null then 0 else 1 end as bigint) as password_set";

/// What the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::text("name", "lower(c.name)"),
    SortKey::text("kind", "c.kind"),
    SortKey::number("created", "c.created_us"),
];

pub async fn insert(conn: &mut Conn, connection: &Connection, publishers: &Publishers, now: Instant) -> Result<()> {
    query(
        "insert into connection (id, name, kind, settings, timeout_ms, rows_max, concurrent_max, open_to_publishers, created_us, changed_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(connection.id.as_str())
    .bind(&connection.name)
    .bind(kind(&connection.kind))
    .bind(settings(&connection.kind)?)
    .bind(count(connection.budget.timeout_ms))
    .bind(count(connection.budget.rows_max))
    .bind(connection.budget.concurrent_max)
    .bind(*publishers == Publishers::All)
    .bind(now)
    .execute(conn)
    .await?;
    allow(conn, &connection.id, publishers).await
}

/// Replaces everything but the password. `false`: there is no such profile.
pub async fn update(conn: &mut Conn, connection: &Connection, publishers: &Publishers, now: Instant) -> Result<bool> {
    let changed = query(
        "update connection set name = $2, kind = $3, settings = $4, timeout_ms = $5, rows_max = $6, concurrent_max = $7,
         open_to_publishers = $8, changed_us = $9 where id = $1",
    )
    .bind(connection.id.as_str())
    .bind(&connection.name)
    .bind(kind(&connection.kind))
    .bind(settings(&connection.kind)?)
    .bind(count(connection.budget.timeout_ms))
    .bind(count(connection.budget.rows_max))
    .bind(connection.budget.concurrent_max)
    .bind(*publishers == Publishers::All)
    .bind(now)
    .execute(conn)
    .await?;
    query("delete from connection_publisher where connection_id = $1")
        .bind(connection.id.as_str())
        .execute(conn)
        .await?;
    if changed == 1 {
        allow(conn, &connection.id, publishers).await?;
    }
    Ok(changed == 1)
}

async fn allow(conn: &mut Conn, id: &ConnectionId, publishers: &Publishers) -> Result<()> {
    let Publishers::Only(people) = publishers else { return Ok(()) };
    for person in people {
        query("insert into connection_publisher (connection_id, person_id) values ($1, $2) on conflict do nothing")
            .bind(id.as_str())
            .bind(person.as_str())
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Who may publish against a profile that is there.
pub async fn publishers(conn: &mut Conn, stored: &StoredConnection) -> Result<Publishers> {
    if stored.open_to_publishers {
        return Ok(Publishers::All);
    }
    let rows = query("select person_id from connection_publisher where connection_id = $1 order by person_id")
        .bind(stored.connection.id.as_str())
        .all(conn)
        .await?;
    let people = rows.iter().map(|row| Ok(PersonId::from(row.get::<String>("person_id")?)));
    Ok(Publishers::Only(people.collect::<Result<_>>()?))
}

/// Seals and keeps a password; none removes it.
pub async fn set_password(conn: &mut Conn, vault: &Vault, id: &ConnectionId, password: Option<&Secret>) -> Result<()> {
    let sealed = password.map(|password| vault.seal(&identity(id), password));
    query("update connection set password_sealed = $2 where id = $1")
        .bind(id.as_str())
        .bind(sealed)
        .execute(conn)
        .await?;
    Ok(())
}

/// The password of a profile, opened.
pub async fn password(conn: &mut Conn, vault: &Vault, id: &ConnectionId) -> Result<Option<Secret>> {
    let row = query("select password_sealed from connection where id = $1").bind(id.as_str()).optional(conn).await?;
    let Some(sealed) = row.map(|row| row.get::<Option<Vec<u8>>>("password_sealed")).transpose()?.flatten() else {
        return Ok(None);
    };
    Ok(Some(vault.open(&identity(id), &sealed)?))
}

pub async fn find(conn: &mut Conn, id: &ConnectionId) -> Result<Option<StoredConnection>> {
    let row =
        query(format!("select {COLUMNS} from connection c where c.id = $1")).bind(id.as_str()).optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Every profile.
pub async fn list(conn: &mut Conn, listing: &Listing) -> Result<Page<StoredConnection>> {
    let listed = listing.read(SORTS, "name")?;
    let statement = query(format!("select {COLUMNS}, {} from connection c where 1 = 1", listed.sort_column()));
    page(conn, &listed, statement).await
}

/// The profiles that this publisher may publish against.
pub async fn list_of_publisher(
    conn: &mut Conn,
    person: &PersonId,
    listing: &Listing,
) -> Result<Page<StoredConnection>> {
    let listed = listing.read(SORTS, "name")?;
    let statement = query(format!(
        "select {COLUMNS}, {} from connection c where (c.open_to_publishers = 1 or exists (
             select 1 from connection_publisher p where p.connection_id = c.id and p.person_id = $1))",
        listed.sort_column()
    ));
    page(conn, &listed, statement.bind(person.as_str())).await
}

async fn page(conn: &mut Conn, listed: &Listed, statement: db::Query) -> Result<Page<StoredConnection>> {
    let statement = listed.search(statement, &["c.name", "c.kind"]);
    listed.page(statement, "c.id", conn, read).await
}

/// Removes a profile. A conflict: assignments still use it.
pub async fn delete(conn: &mut Conn, id: &ConnectionId) -> Result<bool> {
    Ok(query("delete from connection where id = $1").bind(id.as_str()).execute(conn).await? == 1)
}

fn read(row: &Row) -> Result<StoredConnection> {
    let settings: String = row.get("settings")?;
    let kind = serde_json::from_str::<ConnectionKind>(&settings)
        .map_err(|source| Error::Malformed { column: "connection.settings", source })?;
    let budget = Budget {
        timeout_ms: row.get::<i64>("timeout_ms")?.max(0).unsigned_abs(),
        rows_max: row.get::<i64>("rows_max")?.max(0).unsigned_abs(),
        concurrent_max: u32::try_from(row.get::<i64>("concurrent_max")?).unwrap_or(1),
    };
    Ok(StoredConnection {
        connection: Connection { id: row.get::<String>("id")?.into(), name: row.get("name")?, kind, budget },
        password_set: row.get("password_set")?,
        open_to_publishers: row.get("open_to_publishers")?,
    })
}

fn kind(kind: &ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::Sqlite { .. } => "sqlite",
        ConnectionKind::PostgreSql { .. } => "postgresql",
    }
}

fn settings(kind: &ConnectionKind) -> Result<String> {
    serde_json::to_string(kind).map_err(|source| Error::Malformed { column: "connection.settings", source })
}

fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn identity(id: &ConnectionId) -> String {
    format!("connection/{id}")
}
