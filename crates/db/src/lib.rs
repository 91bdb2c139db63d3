//! Ground floor: SQLite or PostgreSQL behind one pool and one SQL text.
//!
//! Statements keep to what both understand: `$1` placeholders, `text`, `bigint`, `double precision`, `bytea`, `on conflict`,
//! `returning`; instants are `bigint` microseconds, flags are 0 or 1, nothing asks the database for the time.
//!
//! Invariant: SQLite has one writer. [`Db::begin`] waits for it and takes the write lock at once, so a transaction never fails
//! half-way because another one was writing.

pub mod migrate;
mod query;
mod row;

pub use migrate::Migration;
pub use query::{Query, query};
pub use row::{FromColumn, Row};

use std::{
    ops::{Deref, DerefMut},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use sqlx::{
    Connection, Postgres, Sqlite,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique or foreign key said no. `constraint` is the database's own name or text for it.
    #[error("a row like this is already there, or what it refers to is not")]
    Conflict { constraint: String, source: sqlx::Error },
    #[error("the metadata database could not be reached")]
    Unreachable(#[source] sqlx::Error),
    #[error("`{0}` is neither sqlite: nor postgres:")]
    UnknownAddress(String),
    #[error("column `{column}` is missing or of another type")]
    Column { column: String },
    #[error("migration {number} `{name}` was edited after it ran")]
    MigrationEdited { number: i64, name: String },
    #[error("the database is at migration {found}, newer than this program, which knows {known}")]
    Newer { found: i64, known: i64 },
    #[error("migration {number} `{name}` failed")]
    Migration { number: i64, name: String, source: Box<Error> },
    #[error("the metadata database failed")]
    Failed(#[source] sqlx::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How long a statement waits for SQLite's lock, and a request for a connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const READERS_MAX: u32 = 8;
const POSTGRES_CONNECTIONS_MAX: u32 = 16;

/// Where the metadata live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Sqlite(PathBuf),
    /// `postgres://user:password@host/database`. Never printed: the password is in it.
    Postgres(PostgresUrl),
}

/// Keeps the password of the address out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl std::fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PostgresUrl")
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Address> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Ok(Address::Sqlite(path.trim_start_matches("//").into()));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Address::Postgres(PostgresUrl(text.to_owned())));
        }
        // Only a scheme is repeated: what has none may be a password that stands where the address belongs.
        let scheme = text.split_once("://").map_or("an address without scheme", |(scheme, _)| scheme);
        Err(Error::UnknownAddress(scheme.to_owned()))
    }
}

/// The metadata database. Cheap to clone.
#[derive(Clone)]
pub struct Db(Pools);

#[derive(Clone)]
enum Pools {
    Sqlite { writer: sqlx::Pool<Sqlite>, readers: sqlx::Pool<Sqlite>, path: PathBuf },
    Postgres(sqlx::Pool<Postgres>),
}

impl Db {
    pub async fn open(address: &Address) -> Result<Db> {
        match address {
            Address::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(BUSY_TIMEOUT);
                let writer = SqlitePoolOptions::new()
                    .max_connections(1)
                    .min_connections(1)
                    .idle_timeout(None)
                    .max_lifetime(None)
                    .connect_with(options.clone());
                let writer = writer.await.map_err(Error::Unreachable)?;
                let readers = SqlitePoolOptions::new()
                    .max_connections(READERS_MAX)
                    .acquire_timeout(BUSY_TIMEOUT)
                    .connect_lazy_with(options.read_only(true).create_if_missing(false));
                Ok(Db(Pools::Sqlite { writer, readers, path: path.clone() }))
            }
            Address::Postgres(PostgresUrl(url)) => {
                let options = PgConnectOptions::from_str(url).map_err(Error::Unreachable)?;
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS_MAX)
                    .acquire_timeout(BUSY_TIMEOUT)
                    .connect_with(options);
                Ok(Db(Pools::Postgres(pool.await.map_err(Error::Unreachable)?)))
            }
        }
    }

    /// A connection for reading. On SQLite it cannot write.
    pub async fn read(&self) -> Result<Reader> {
        Ok(Reader(match &self.0 {
            Pools::Sqlite { readers, .. } => Conn::Sqlite(readers.acquire().await.map_err(Error::Unreachable)?),
            Pools::Postgres(pool) => Conn::Postgres(pool.acquire().await.map_err(Error::Unreachable)?),
        }))
    }

    /// A transaction for writing. Dropped without [`Tx::commit`] it is rolled back.
    pub async fn begin(&self) -> Result<Tx> {
        let mut conn = match &self.0 {
            Pools::Sqlite { writer, .. } => Conn::Sqlite(writer.acquire().await.map_err(Error::Unreachable)?),
            Pools::Postgres(pool) => Conn::Postgres(pool.acquire().await.map_err(Error::Unreachable)?),
        };
        conn.raw(if conn.is_sqlite() { "begin immediate" } else { "begin" }).await?;
        Ok(Tx { conn: Some(conn) })
    }

    /// What a PostgreSQL server says of itself and this database, whatever address leads there; none on SQLite. Copies of the
    /// server that follow it say the same.
    pub async fn identity(&self) -> Result<Option<String>> {
        if self.is_sqlite() {
            return Ok(None);
        }
        let statement = query(
            "select cast((pg_catalog.pg_control_system()).system_identifier as text) || '/' || current_database() as identity",
        );
        Ok(Some(statement.one(&mut *self.read().await?).await?.get("identity")?))
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.0, Pools::Sqlite { .. })
    }

    /// The SQLite file, where there is one.
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.0 {
            Pools::Sqlite { path, .. } => Some(path),
            Pools::Postgres(_) => None,
        }
    }

    /// Closes every connection, SQLite's after folding its write-ahead log into the file.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// One connection, of whichever database it is. Statements take `&mut Conn`; a [`Reader`] and a [`Tx`] both are one.
pub enum Conn {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Conn {
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Conn::Sqlite(_))
    }

    /// Runs text without parameters, several statements if need be: migrations and transaction control alone.
    pub(crate) async fn raw(&mut self, sql: &str) -> Result<()> {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        match self {
            Conn::Sqlite(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(|_| ()).map_err(failed),
            Conn::Postgres(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(|_| ()).map_err(failed),
        }
    }
}

/// A connection that reads.
pub struct Reader(Conn);

impl Deref for Reader {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// A transaction. What it did is kept by [`Tx::commit`] alone.
pub struct Tx {
    conn: Option<Conn>,
}

impl Tx {
    pub async fn commit(mut self) -> Result<()> {
        let conn = self.conn.as_mut().expect("a transaction has its connection until it ends");
        let done = conn.raw("commit").await;
        match done {
            Ok(()) => {
                self.conn = None;
                Ok(())
            }
            // The connection goes the way of a dropped transaction: what it holds is rolled back before anybody has it again.
            Err(error) => Err(error),
        }
    }

    pub async fn rollback(mut self) -> Result<()> {
        let conn = self.conn.as_mut().expect("a transaction has its connection until it ends");
        conn.raw("rollback").await?;
        self.conn = None;
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // No runtime is left to roll back in: closing the connection does it.
            if let Conn::Sqlite(conn) = conn {
                drop(conn.detach());
            }
            return;
        };
        let mut conn = conn;
        runtime.spawn(async move {
            if conn.raw("rollback").await.is_err() {
                match conn {
                    Conn::Sqlite(conn) => drop(conn.detach().close().await),
                    Conn::Postgres(conn) => drop(conn.detach().close().await),
                }
            }
        });
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        self.conn.as_ref().expect("a transaction has its connection until it ends")
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn.as_mut().expect("a transaction has its connection until it ends")
    }
}

pub(crate) fn failed(error: sqlx::Error) -> Error {
    use sqlx::error::ErrorKind;
    match &error {
        sqlx::Error::Database(database) => match database.kind() {
            ErrorKind::UniqueViolation | ErrorKind::ForeignKeyViolation => {
                let constraint = database.constraint().map_or_else(|| database.message().to_owned(), str::to_owned);
                Error::Conflict { constraint, source: error }
            }
            _ => Error::Failed(error),
        },
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
            Error::Unreachable(error)
        }
        _ => Error::Failed(error),
    }
}

#[cfg(test)]
mod tests;
