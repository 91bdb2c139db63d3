//! Assignments: report x connection x role x type. The same four again renew the row instead of adding one.

use db::{Conn, Row, query};
use domain::{
    Assignment, AssignmentId, ConnectionId, Parameter, PersonId, ReportType, RoleId, ViewId, view::Definition,
};
use world::Instant;

use crate::{Error, Listing, Page, Result, listing::SortKey};

/// An assignment with the names that lists show.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedAssignment {
    pub assignment: Assignment,
    pub view_name: String,
    pub view_title: String,
    pub connection_name: String,
    pub role_name: String,
}

/// A row of Available.
#[derive(Clone, Debug, PartialEq)]
pub struct AvailableReport {
    pub listed: ListedAssignment,
    pub parameters: Vec<Parameter>,
    /// When this person last began a run of it.
    pub last_run_at: Option<Instant>,
}

const COLUMNS: &str =
    "a.id, a.view_id, a.connection_id, a.role_id, a.report_type, a.category, a.description, a.expires_us";
const NAMES: &str = "v.name as view_name, v.title as view_title, c.name as connection_name, r.name as role_name";
const TABLES: &str = "assignment a join view v on v.id = a.view_id join connection c on c.id = a.connection_id \
     join role r on r.id = a.role_id";

/// What the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::text("title", "lower(v.title)"),
    SortKey::text("name", "lower(v.name)"),
    SortKey::text("category", "lower(a.category)"),
    SortKey::text("connection", "lower(c.name)"),
    SortKey::text("role", "lower(r.name)"),
    SortKey::text("type", "a.report_type"),
    SortKey::number("created", "a.created_us"),
    // Assignments that never lapse come last.
    SortKey::number("expires_at", "coalesce(a.expires_us, 9223372036854775807)"),
];

/// Reports that never ran come first. `$1` is the person, in the one statement that has this order.
const LAST_RUN: SortKey = SortKey::number(
    "last_run_at",
    "coalesce((select max(n.created_us) from run n where n.assignment_id = a.id and n.person_id = $1), 0)",
);

const SEARCHED: &[&str] = &["v.name", "v.title", "a.category", "a.description", "c.name", "r.name"];

/// Adds an assignment, or renews category, description and expiry of the one that is there. The id of the row that there now is.
pub async fn assign(conn: &mut Conn, assignment: &Assignment, now: Instant) -> Result<AssignmentId> {
    let row = query(
        "insert into assignment (id, view_id, connection_id, role_id, report_type, category, description, expires_us, created_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (view_id, connection_id, role_id, report_type)
         do update set category = excluded.category, description = excluded.description, expires_us = excluded.expires_us
         returning id",
    )
    .bind(assignment.id.as_str())
    .bind(assignment.view.as_str())
    .bind(assignment.connection.as_str())
    .bind(assignment.role.as_str())
    .bind(assignment.report_type.as_str())
    .bind(&assignment.category)
    .bind(&assignment.description)
    .bind(assignment.expires_at)
    .bind(now)
    .one(conn)
    .await?;
    Ok(row.get::<String>("id")?.into())
}

pub async fn find(conn: &mut Conn, id: &AssignmentId) -> Result<Option<ListedAssignment>> {
    let statement = query(format!("select {COLUMNS}, {NAMES} from {TABLES} where a.id = $1"));
    statement.bind(id.as_str()).optional(conn).await?.as_ref().map(read).transpose()
}

/// Assignments: every one, or those of one publisher's Views.
pub async fn list(conn: &mut Conn, publisher: Option<&PersonId>, listing: &Listing) -> Result<Page<ListedAssignment>> {
    let listed = listing.read(SORTS, "title")?;
    let mut statement = query(format!("select {COLUMNS}, {NAMES}, {} from {TABLES} where 1 = 1", listed.sort_column()));
    if let Some(publisher) = publisher {
        statement = statement.push(" and v.publisher = $1").bind(publisher.as_str());
    }
    listed.page(listed.search(statement, SEARCHED), "a.id", conn, read).await
}

/// What may be run now: assignments to these roles (none: to any role) that have not lapsed.
pub async fn available(
    conn: &mut Conn,
    person: &PersonId,
    roles: Option<&[RoleId]>,
    now: Instant,
    listing: &Listing,
) -> Result<Page<AvailableReport>> {
    let listed = listing.read(&[SORTS, &[LAST_RUN]].concat(), "title")?;
    let mut statement = query(format!(
        "select {COLUMNS}, {NAMES}, w.definition, {},
             (select max(n.created_us) from run n where n.assignment_id = a.id and n.person_id = $1) as last_run_us
         from {TABLES} join view_version w on w.view_id = v.id and w.version = v.version
         where (a.expires_us is null or a.expires_us > $2)",
        listed.sort_column()
    ))
    .bind(person.as_str())
    .bind(now);
    if let Some(roles) = roles {
        if roles.is_empty() {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let first = statement.next_placeholder();
        let placeholders =
            (first..first + roles.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
        statement = statement.push(&format!(" and a.role_id in ({placeholders})"));
        for role in roles {
            statement = statement.bind(role.as_str());
        }
    }
    let read_available = |row: &Row| {
        let definition: String = row.get("definition")?;
        let definition = serde_json::from_str::<Definition>(&definition)
            .map_err(|source| Error::Malformed { column: "view_version.definition", source })?;
        Ok(AvailableReport {
            listed: read(row)?,
            parameters: definition.parameters,
            last_run_at: row.get("last_run_us")?,
        })
    };
    listed.page(listed.search(statement, SEARCHED), "a.id", conn, read_available).await
}

pub async fn count_of_connection(conn: &mut Conn, id: &ConnectionId) -> Result<i64> {
    let row =
        query("select count(*) as n from assignment where connection_id = $1").bind(id.as_str()).one(conn).await?;
    Ok(row.get("n")?)
}

pub async fn count_of_view(conn: &mut Conn, id: &ViewId) -> Result<i64> {
    let row = query("select count(*) as n from assignment where view_id = $1").bind(id.as_str()).one(conn).await?;
    Ok(row.get("n")?)
}

/// Removes an assignment. Runs of it stay.
pub async fn delete(conn: &mut Conn, id: &AssignmentId) -> Result<bool> {
    Ok(query("delete from assignment where id = $1").bind(id.as_str()).execute(conn).await? == 1)
}

fn read(row: &Row) -> Result<ListedAssignment> {
    let report_type: String = row.get("report_type")?;
    let report_type = ReportType::parse(&report_type)
        .ok_or(Error::Unknown { column: "assignment.report_type", found: report_type })?;
    Ok(ListedAssignment {
        assignment: Assignment {
            id: row.get::<String>("id")?.into(),
            view: row.get::<String>("view_id")?.into(),
            connection: row.get::<String>("connection_id")?.into(),
            role: row.get::<String>("role_id")?.into(),
            report_type,
            category: row.get("category")?,
            description: row.get("description")?,
            expires_at: row.get("expires_us")?,
        },
        view_name: row.get("view_name")?,
        view_title: row.get("view_title")?,
        connection_name: row.get("connection_name")?,
        role_name: row.get("role_name")?,
    })
}
