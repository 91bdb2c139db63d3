//! Runs. Invariant: a state moves forward alone. Each change names the states that it may begin from in its `where`, so of two
//! who end a run at once one wins and the other is told.

use std::collections::HashSet;

use db::{Conn, Row, query};
use domain::{Asked, Column, PersonId, ReportType, Run, RunId, RunState, run::Failure};
use serde::{Serialize, de::DeserializeOwned};
use world::Instant;

use crate::{Error, Listing, Page, Result, listing::SortKey};

/// When retention removes a run that has ended. Whether it is kept is read in the very statement that ends it, since its owner may
/// keep it at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    pub if_kept: Instant,
    pub if_not: Instant,
}

/// What a run that reached its end leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    pub rows: i64,
    pub bytes: i64,
    pub sha256: String,
    pub cut_at_rows_max: bool,
    pub database_us: i64,
    pub finished_at: Instant,
    pub expires_at: Expiry,
}

/// How a run ended otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Failed, cancelled or interrupted.
    pub state: RunState,
    pub rows: i64,
    pub database_us: i64,
    pub failure: Option<Failure>,
    pub finished_at: Instant,
    pub expires_at: Expiry,
}

const COLUMNS: &str = "n.id, n.assignment_id, n.view_id, n.view_version, n.title, n.report_type, n.connection_name, n.role_id, \
     n.role_name, n.person_id, n.person_name, n.asked, n.kept, n.state, n.parameters, n.columns, n.query_identity, n.withheld, n.row_count, \
     n.size_bytes, n.cut_at_rows_max, n.database_us, n.failure, n.created_us, n.started_us, n.finished_us, n.expires_us";

/// What the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::number("created", "n.created_us"),
    SortKey::number("started_at", "coalesce(n.started_us, n.created_us)"),
    SortKey::number("finished", "coalesce(n.finished_us, 9223372036854775807)"),
    SortKey::number("expires_at", "coalesce(n.expires_us, 9223372036854775807)"),
    SortKey::number("took_ms", "coalesce(n.finished_us - n.started_us, 9223372036854775807)"),
    SortKey::text("title", "lower(n.title)"),
    SortKey::text("state", "n.state"),
    SortKey::text("person", "lower(n.person_name)"),
    SortKey::text("connection", "lower(n.connection_name)"),
    SortKey::number("rows", "n.row_count"),
    SortKey::number("bytes", "n.size_bytes"),
];

/// Records a queued run that `node` will carry out. `false`: this person has used the idempotency key, and nothing was recorded.
pub async fn insert(conn: &mut Conn, run: &Run, node: &str, idempotency_key: Option<&str>) -> Result<bool> {
    let inserted = query(
        "insert into run (id, assignment_id, view_id, view_version, title, report_type, connection_name, role_id, role_name,
             person_id, person_name, asked, kept, state, parameters, columns, query_identity, withheld, row_count, size_bytes,
             cut_at_rows_max, database_us, idempotency_key, created_us, node)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'queued', $14, $15, $16, $17, 0, 0, 0, 0, $18, $19, $20)
         on conflict (person_id, idempotency_key) do nothing",
    )
    .bind(run.id.as_str())
    .bind(run.assignment.as_ref().map(|assignment| assignment.as_str().to_owned()))
    .bind(run.view.as_str())
    .bind(run.view_version)
    .bind(&run.title)
    .bind(run.report_type.as_str())
    .bind(&run.connection_name)
    .bind(run.role.as_ref().map(|role| role.as_str().to_owned()))
    .bind(&run.role_name)
    .bind(run.person.as_str())
    .bind(&run.person_name)
    .bind(run.asked.as_str())
    .bind(run.kept)
    .bind(json("run.parameters", &run.parameters)?)
    .bind(json("run.columns", &run.columns)?)
    .bind(&run.query_identity)
    .bind(json("run.withheld", &run.withheld)?)
    .bind(idempotency_key)
    .bind(run.created_at)
    .bind(node)
    .execute(conn)
    .await?;
    Ok(inserted == 1)
}

pub async fn find(conn: &mut Conn, id: &RunId) -> Result<Option<Run>> {
    let row = query(format!("select {COLUMNS} from run n where n.id = $1")).bind(id.as_str()).optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// The run that a person began under an idempotency key.
pub async fn find_by_key(conn: &mut Conn, person: &PersonId, key: &str) -> Result<Option<Run>> {
    let statement = query(format!("select {COLUMNS} from run n where n.person_id = $1 and n.idempotency_key = $2"));
    statement.bind(person.as_str()).bind(key).optional(conn).await?.as_ref().map(read).transpose()
}

/// Queued becomes running. `false`: it was ended meanwhile.
pub async fn begin(conn: &mut Conn, id: &RunId, now: Instant) -> Result<bool> {
    let changed = query("update run set state = 'running', started_us = $2 where id = $1 and state = 'queued'")
        .bind(id.as_str())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// The columns that the database really answers with.
pub async fn set_columns(conn: &mut Conn, id: &RunId, columns: &[Column]) -> Result<bool> {
    let changed = query("update run set columns = $2 where id = $1 and state = 'running'")
        .bind(id.as_str())
        .bind(json("run.columns", &columns)?)
        .execute(conn)
        .await?;
    Ok(changed == 1)
}

/// Running becomes completed. `false`: it was ended meanwhile, and its data is nobody's.
pub async fn complete(conn: &mut Conn, id: &RunId, completed: &Completed) -> Result<bool> {
    let changed = query(
        "update run set state = 'completed', row_count = $2, size_bytes = $3, sha256 = $4, cut_at_rows_max = $5, database_us = $6,
             finished_us = $7, expires_us = case when kept = 1 then $8 else $9 end
         where id = $1 and state = 'running'",
    )
    .bind(id.as_str())
    .bind(completed.rows)
    .bind(completed.bytes)
    .bind(&completed.sha256)
    .bind(completed.cut_at_rows_max)
    .bind(completed.database_us)
    .bind(completed.finished_at)
    .bind(completed.expires_at.if_kept)
    .bind(completed.expires_at.if_not)
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Queued or running becomes failed, cancelled or interrupted. `false`: it was ended meanwhile.
pub async fn end(conn: &mut Conn, id: &RunId, ended: &Ended) -> Result<bool> {
    let failure = ended.failure.as_ref().map(|failure| json("run.failure", failure)).transpose()?;
    let changed = query(
        "update run set state = $2, row_count = $3, database_us = $4, failure = $5, finished_us = $6,
             expires_us = case when kept = 1 then $7 else $8 end
         where id = $1 and state in ('queued', 'running')",
    )
    .bind(id.as_str())
    .bind(ended.state.as_str())
    .bind(ended.rows)
    .bind(ended.database_us)
    .bind(failure)
    .bind(ended.finished_at)
    .bind(ended.expires_at.if_kept)
    .bind(ended.expires_at.if_not)
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Ids of a person's runs that are queued or running; at most `limit`.
pub async fn unfinished(conn: &mut Conn, person: &PersonId, limit: i64) -> Result<Vec<RunId>> {
    let statement = query(
        "select id from run where state in ('queued', 'running') and person_id = $1 order by created_us limit $2",
    );
    ids(statement.bind(person.as_str()).bind(limit).all(conn).await?)
}

/// People from the org who have runs that are queued or running.
pub async fn unfinished_readers_of_org(conn: &mut Conn) -> Result<Vec<PersonId>> {
    let rows = query(
        "select distinct n.person_id from run n join person p on p.id = n.person_id
         where n.state in ('queued', 'running') and p.source = 'okta'",
    );
    rows.all(conn).await?.iter().map(|row| Ok(row.get::<String>("person_id")?.into())).collect()
}

/// Ids of queued and running runs that a process of this node began, or one of a version that did not write its node down; at
/// most `limit`.
pub async fn unfinished_of_node(conn: &mut Conn, node: &str, limit: i64) -> Result<Vec<RunId>> {
    let statement = query(
        "select id from run where state in ('queued', 'running') and (node is null or node = $1) order by created_us limit $2",
    );
    ids(statement.bind(node).bind(limit).all(conn).await?)
}

/// Ids of ended runs that retention is through with; at most `limit`.
pub async fn expired(conn: &mut Conn, now: Instant, limit: i64) -> Result<Vec<RunId>> {
    let statement = query(
        "select id from run where expires_us is not null and expires_us <= $1 and state not in ('queued', 'running')
         order by expires_us limit $2",
    );
    ids(statement.bind(now).bind(limit).all(conn).await?)
}

/// Removes an ended run whose time is up. `false`: somebody has kept it or looked at it since it was found to be due.
pub async fn delete_expired(conn: &mut Conn, id: &RunId, now: Instant) -> Result<bool> {
    let removed = query("delete from run where id = $1 and expires_us <= $2 and state not in ('queued', 'running')");
    Ok(removed.bind(id.as_str()).bind(now).execute(conn).await? == 1)
}

/// Puts a run on Completed, for good or until `expires_at` when it has ended. `false`: it is there already, or it ended without
/// data.
pub async fn keep(conn: &mut Conn, id: &RunId, expires_at: Instant) -> Result<bool> {
    let changed = query(
        "update run set kept = 1, expires_us = case when expires_us is null then null else $2 end
         where id = $1 and kept = 0 and state in ('queued', 'running', 'completed')",
    )
    .bind(id.as_str())
    .bind(expires_at)
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// Somebody looks at a run that is not kept: it goes no sooner than `until`.
pub async fn put_off(conn: &mut Conn, id: &RunId, until: Instant) -> Result<()> {
    query("update run set expires_us = $2 where id = $1 and kept = 0 and expires_us < $2")
        .bind(id.as_str())
        .bind(until)
        .execute(conn)
        .await?;
    Ok(())
}

/// The runs whose data is there. As many as retention leaves: start-up alone asks for them all.
pub async fn completed(conn: &mut Conn) -> Result<HashSet<RunId>> {
    let rows = query("select id from run where state = 'completed'").all(conn).await?;
    rows.iter().map(|row| Ok(row.get::<String>("id")?.into())).collect()
}

/// Kept runs: every one, or those of one person.
pub async fn list(
    conn: &mut Conn,
    person: Option<&PersonId>,
    state: Option<RunState>,
    listing: &Listing,
) -> Result<Page<Run>> {
    let listed = listing.read(SORTS, "-created")?;
    let mut statement = query(format!("select {COLUMNS}, {} from run n where n.kept = 1", listed.sort_column()));
    if let Some(person) = person {
        let placeholder = statement.next_placeholder();
        statement = statement.push(&format!(" and n.person_id = ${placeholder}")).bind(person.as_str());
    }
    if let Some(state) = state {
        let placeholder = statement.next_placeholder();
        statement = statement.push(&format!(" and n.state = ${placeholder}")).bind(state.as_str());
    }
    let statement = listed.search(statement, &["n.title", "n.person_name", "n.connection_name", "n.role_name"]);
    listed.page(statement, "n.id", conn, read).await
}

/// Removes a run that has ended. `false`: there is none, or it has not ended.
pub async fn delete(conn: &mut Conn, id: &RunId) -> Result<bool> {
    let removed = query("delete from run where id = $1 and state not in ('queued', 'running')").bind(id.as_str());
    Ok(removed.execute(conn).await? == 1)
}

fn ids(rows: Vec<Row>) -> Result<Vec<RunId>> {
    rows.iter().map(|row| Ok(row.get::<String>("id")?.into())).collect()
}

fn read(row: &Row) -> Result<Run> {
    let text = |column: &str| row.get::<String>(column);
    let failure: Option<String> = row.get("failure")?;
    Ok(Run {
        id: text("id")?.into(),
        assignment: row.get::<Option<String>>("assignment_id")?.map(Into::into),
        view: text("view_id")?.into(),
        view_version: row.get("view_version")?,
        title: text("title")?,
        report_type: known("run.report_type", text("report_type")?, ReportType::parse)?,
        connection_name: text("connection_name")?,
        role: row.get::<Option<String>>("role_id")?.map(Into::into),
        role_name: text("role_name")?,
        person: text("person_id")?.into(),
        person_name: text("person_name")?,
        asked: known("run.asked", text("asked")?, Asked::parse)?,
        kept: row.get("kept")?,
        state: known("run.state", text("state")?, RunState::parse)?,
        parameters: parse("run.parameters", &text("parameters")?)?,
        columns: parse("run.columns", &text("columns")?)?,
        query_identity: text("query_identity")?,
        withheld: parse("run.withheld", &text("withheld")?)?,
        rows: row.get("row_count")?,
        bytes: row.get("size_bytes")?,
        cut_at_rows_max: row.get("cut_at_rows_max")?,
        database_us: row.get("database_us")?,
        created_at: row.get("created_us")?,
        started_at: row.get("started_us")?,
        finished_at: row.get("finished_us")?,
        expires_at: row.get("expires_us")?,
        failure: failure.map(|failure| parse("run.failure", &failure)).transpose()?,
    })
}

fn known<T>(column: &'static str, found: String, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    parse(&found).ok_or(Error::Unknown { column, found })
}

fn json<T: Serialize>(column: &'static str, value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|source| Error::Malformed { column, source })
}

fn parse<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|source| Error::Malformed { column, source })
}
