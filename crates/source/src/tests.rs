//! The drivers against real databases: SQLite files, and a private PostgreSQL.

mod hostile;
mod postgres;
mod round_trip;
mod sqlite;
mod stops;
mod tls;

use std::{collections::BTreeMap, path::Path, time::Duration};

use arrow::{
    array::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use domain::{
    BoundQuery, Budget, Connection, ConnectionId, ConnectionKind, FieldValue, PersonId, PostgresTls, SecurityContext,
    Template, Value,
};
use futures::TryStreamExt;
use testkit_postgres::Postgres;
use tokio_util::sync::CancellationToken;
use vault::Secret;

use crate::{Limits, Profile, Result, Rows, Sources};

fn sources() -> Sources {
    Sources::new(Vec::new())
}

fn profile(kind: ConnectionKind, password: Option<&str>) -> Profile {
    let connection =
        Connection { id: ConnectionId::from("con_test"), name: "test".to_owned(), kind, budget: Budget::default() };
    Profile { connection, password: password.map(Secret::new) }
}

fn file(path: &Path) -> Profile {
    profile(ConnectionKind::Sqlite { path: path.display().to_string() }, None)
}

/// A SQLite file that holds what `sql` makes.
struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    fn by(sql: &str) -> Made {
        let folder = tempfile::tempdir().unwrap();
        rusqlite::Connection::open(folder.path().join("data.db")).unwrap().execute_batch(sql).unwrap();
        Made { folder }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("data.db")
    }

    fn profile(&self) -> Profile {
        file(&self.path())
    }
}

/// A database of the private server, and its name for `psql`.
fn database() -> (Profile, String) {
    let url = Postgres::shared().fresh_database();
    let name = url.rsplit('/').next().unwrap().to_owned();
    (server(Postgres::shared().port(), &name, "postgres", None, PostgresTls::Disable), name)
}

fn server(port: u16, database: &str, user: &str, password: Option<&str>, tls: PostgresTls) -> Profile {
    let kind = ConnectionKind::PostgreSql {
        host: "127.0.0.1".to_owned(),
        port,
        database: database.to_owned(),
        user: user.to_owned(),
        tls,
    };
    profile(kind, password)
}

fn query(sql: &str) -> BoundQuery {
    query_with(sql, &[])
}

fn query_with(sql: &str, values: &[(&str, Value)]) -> BoundQuery {
    let mut given: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, value) in values {
        given.entry((*name).to_owned()).or_default().push(value.clone());
    }
    Template::parse(sql).unwrap().bind(reader(&[]), &given).unwrap()
}

fn reader(fields: &[FieldValue]) -> SecurityContext {
    SecurityContext::new(PersonId::from("per_pia"), fields.to_vec())
}

fn limits() -> Limits {
    Limits::of(&Budget { timeout_ms: 60_000, ..Budget::default() })
}

async fn run(profile: &Profile, query: &BoundQuery, limits: Limits) -> Result<Rows> {
    sources().run(profile, query, limits, CancellationToken::new()).await
}

/// Columns with their types, then rows, a line each.
async fn shown(profile: &Profile, query: &BoundQuery) -> Result<String> {
    let rows = run(profile, query, limits()).await?;
    let head: Vec<String> = rows.columns.iter().map(|(name, data_type)| format!("{name} {data_type:?}")).collect();
    let arrow: Vec<String> = rows.schema.fields().iter().map(|field| field.data_type().to_string()).collect();
    let batches: Vec<RecordBatch> = rows.stream.try_collect().await?;
    let mut lines = vec![head.join(" | "), arrow.join(" | ")];
    lines.extend(batches.iter().flat_map(lines_of));
    Ok(lines.join("\n"))
}

fn lines_of(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<ArrayFormatter<'_>> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
    let line = |row: usize| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join(" | ");
    (0..batch.num_rows()).map(line).collect()
}

/// The error that a query ends with, at its columns or at its rows.
async fn refusal(profile: &Profile, query: &BoundQuery) -> crate::Error {
    match run(profile, query, limits()).await {
        Err(error) => error,
        Ok(rows) => match rows.stream.try_collect::<Vec<_>>().await {
            Err(error) => error,
            Ok(batches) => panic!("it was answered: {:?}", batches.iter().flat_map(lines_of).collect::<Vec<_>>()),
        },
    }
}

const MOMENT: Duration = Duration::from_millis(200);
