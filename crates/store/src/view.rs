//! Views and their versions. A version is inserted once and never changed.

use db::{Conn, Row, query};
use domain::{PersonId, View, ViewId, ViewVersion, view::Definition};
use world::Instant;

use crate::{Error, Listing, Page, Result, listing::SortKey};

/// A View as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedView {
    pub view: View,
    pub published_at: Instant,
    pub published_by: PersonId,
    pub publisher_name: String,
    pub assignments_count: i64,
}

/// A version without its definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedVersion {
    pub version: i64,
    pub note: String,
    pub published_at: Instant,
    pub published_by: PersonId,
    pub publisher_name: String,
}

const COLUMNS: &str = "v.id, v.name, v.title, v.description, v.category, v.version, v.publisher";

/// What the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::text("name", "lower(v.name)"),
    SortKey::text("title", "lower(v.title)"),
    SortKey::text("category", "lower(v.category)"),
    SortKey::number("published", "w.published_us"),
    SortKey::number("created", "v.created_us"),
];

/// Adds a View. A conflict: the name is taken.
pub async fn insert(conn: &mut Conn, view: &View, now: Instant) -> Result<()> {
    query("insert into view (id, name, title, description, category, version, publisher, created_us) values ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(view.id.as_str())
        .bind(&view.name)
        .bind(&view.title)
        .bind(&view.description)
        .bind(&view.category)
        .bind(view.version)
        .bind(view.publisher.as_str())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves a View to its next version. `false`: somebody else published `view.version` meanwhile. A conflict: the name is taken.
pub async fn advance(conn: &mut Conn, view: &View) -> Result<bool> {
    let changed = query(
        "update view set name = $2, title = $3, description = $4, category = $5, version = $6 where id = $1 and version = $6 - 1",
    )
    .bind(view.id.as_str())
    .bind(&view.name)
    .bind(&view.title)
    .bind(&view.description)
    .bind(&view.category)
    .bind(view.version)
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

pub async fn insert_version(conn: &mut Conn, version: &ViewVersion, publisher_name: &str) -> Result<()> {
    let definition = serde_json::to_string(&version.definition)
        .map_err(|source| Error::Malformed { column: "view_version.definition", source })?;
    query(
        "insert into view_version (view_id, version, definition, note, published_by, publisher_name, published_us)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(version.view.as_str())
    .bind(version.version)
    .bind(definition)
    .bind(&version.note)
    .bind(version.published_by.as_str())
    .bind(publisher_name)
    .bind(version.published_at)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn find(conn: &mut Conn, id: &ViewId) -> Result<Option<View>> {
    let row = query(format!("select {COLUMNS} from view v where v.id = $1")).bind(id.as_str()).optional(conn).await?;
    row.as_ref().map(read).transpose()
}

/// Links and the external API know Views by name.
pub async fn find_by_name(conn: &mut Conn, name: &str) -> Result<Option<View>> {
    let row = query(format!("select {COLUMNS} from view v where lower(v.name) = lower($1)"))
        .bind(name)
        .optional(conn)
        .await?;
    row.as_ref().map(read).transpose()
}

pub async fn version(conn: &mut Conn, id: &ViewId, version: i64) -> Result<Option<ViewVersion>> {
    let row = query(
        "select view_id, version, definition, note, published_by, published_us from view_version where view_id = $1 and version = $2",
    )
    .bind(id.as_str())
    .bind(version)
    .optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let definition: String = row.get("definition")?;
    let definition = serde_json::from_str::<Definition>(&definition)
        .map_err(|source| Error::Malformed { column: "view_version.definition", source })?;
    Ok(Some(ViewVersion {
        view: row.get::<String>("view_id")?.into(),
        version: row.get("version")?,
        definition,
        note: row.get("note")?,
        published_by: row.get::<String>("published_by")?.into(),
        published_at: row.get("published_us")?,
    }))
}

/// Versions shown of one View.
pub const VERSIONS_MAX: i64 = 1_000;

/// The versions of a View, newest first.
pub async fn versions(conn: &mut Conn, id: &ViewId) -> Result<Vec<PublishedVersion>> {
    let rows = query(
        "select version, note, published_by, publisher_name, published_us from view_version
         where view_id = $1 order by version desc limit $2",
    )
    .bind(id.as_str())
    .bind(VERSIONS_MAX)
    .all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(PublishedVersion {
                version: row.get("version")?,
                note: row.get("note")?,
                published_at: row.get("published_us")?,
                published_by: row.get::<String>("published_by")?.into(),
                publisher_name: row.get("publisher_name")?,
            })
        })
        .collect()
}

/// Views: every one, or those of one publisher.
pub async fn list(conn: &mut Conn, publisher: Option<&PersonId>, listing: &Listing) -> Result<Page<ListedView>> {
    let listed = listing.read(SORTS, "name")?;
    let mut statement = query(format!(
        "select {COLUMNS}, w.published_us, w.published_by, w.publisher_name, {},
             (select count(*) from assignment a where a.view_id = v.id) as assignments_count
         from view v join view_version w on w.view_id = v.id and w.version = v.version where 1 = 1",
        listed.sort_column()
    ));
    if let Some(publisher) = publisher {
        statement = statement.push(" and v.publisher = $1").bind(publisher.as_str());
    }
    let statement = listed.search(statement, &["v.name", "v.title", "v.description", "v.category"]);
    let read_listed = |row: &Row| {
        Ok(ListedView {
            view: read(row)?,
            published_at: row.get("published_us")?,
            published_by: row.get::<String>("published_by")?.into(),
            publisher_name: row.get("publisher_name")?,
            assignments_count: row.get("assignments_count")?,
        })
    };
    listed.page(statement, "v.id", conn, read_listed).await
}

/// Removes a View with its versions and assignments. Runs of it stay.
pub async fn delete(conn: &mut Conn, id: &ViewId) -> Result<bool> {
    Ok(query("delete from view where id = $1").bind(id.as_str()).execute(conn).await? == 1)
}

fn read(row: &Row) -> Result<View> {
    Ok(View {
        id: row.get::<String>("id")?.into(),
        name: row.get("name")?,
        title: row.get("title")?,
        description: row.get("description")?,
        category: row.get("category")?,
        version: row.get("version")?,
        publisher: row.get::<String>("publisher")?.into(),
    })
}
