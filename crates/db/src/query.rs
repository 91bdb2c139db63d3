//! A statement with its bound values. The text is a constant of ours, or is put together from constants: values are bound.

use futures::StreamExt;
use sqlx::{Postgres, Sqlite, postgres::PgArguments, query::Query as SqlxQuery, sqlite::SqliteArguments};
use vault::Secret;
use world::Instant;

use crate::{Conn, Result, Row, failed};

#[derive(Clone, Debug)]
enum Value {
    Text(Option<String>),
    Int(Option<i64>),
    Float(Option<f64>),
    Bytes(Option<Vec<u8>>),
}

/// What can be bound to a placeholder.
pub trait Bind {
    fn bind_to(self, query: &mut Query);
}

/// A statement being put together: `query("select … where id = $1").bind(id).optional(conn)`.
#[derive(Clone)]
pub struct Query {
    sql: String,
    values: Vec<Value>,
}

/// Begins a statement.
pub fn query(sql: impl Into<String>) -> Query {
    Query { sql: sql.into(), values: Vec::new() }
}

macro_rules! binds {
    ($($type:ty => $variant:ident, $value:ident => $expr:expr;)*) => {$(
        impl Bind for $type {
            fn bind_to(self, query: &mut Query) {
                let $value = self;
                query.values.push(Value::$variant(Some($expr)));
            }
        }
        impl Bind for Option<$type> {
            fn bind_to(self, query: &mut Query) {
                query.values.push(Value::$variant(self.map(|$value| $expr)));
            }
        }
    )*};
}

binds! {
    &str => Text, value => value.to_owned();
    String => Text, value => value;
    &String => Text, value => value.clone();
    i64 => Int, value => value;
    i32 => Int, value => i64::from(value);
    u32 => Int, value => i64::from(value);
    bool => Int, value => i64::from(value);
    Instant => Int, value => value.as_us();
    f64 => Float, value => value;
    Vec<u8> => Bytes, value => value;
    &[u8] => Bytes, value => value.to_vec();
    &Secret => Text, value => value.expose().to_owned();
}

impl Query {
    pub fn bind(mut self, value: impl Bind) -> Query {
        value.bind_to(&mut self);
        self
    }

    /// The number that the next bound value will have, for a text that is put together piece by piece.
    pub fn next_placeholder(&self) -> usize {
        self.values.len() + 1
    }

    /// Goes on with the text.
    pub fn push(mut self, sql: &str) -> Query {
        self.sql.push_str(sql);
        self
    }

    /// Runs the statement; the number of rows that it changed.
    pub async fn execute(self, conn: &mut Conn) -> Result<u64> {
        let sql = sqlx::AssertSqlSafe(self.sql);
        match conn {
            Conn::Sqlite(conn) => {
                let query = sqlite(sqlx::query(sql), self.values);
                Ok(query.execute(&mut **conn).await.map_err(failed)?.rows_affected())
            }
            Conn::Postgres(conn) => {
                let query = postgres(sqlx::query(sql), self.values);
                Ok(query.execute(&mut **conn).await.map_err(failed)?.rows_affected())
            }
        }
    }

    /// Every row. The caller's text carries a `limit` wherever the table can grow.
    pub async fn all(self, conn: &mut Conn) -> Result<Vec<Row>> {
        let sql = sqlx::AssertSqlSafe(self.sql);
        match conn {
            Conn::Sqlite(conn) => {
                let mut stream = sqlite(sqlx::query(sql), self.values).fetch(&mut **conn);
                let mut rows = Vec::new();
                while let Some(row) = stream.next().await {
                    rows.push(Row::Sqlite(row.map_err(failed)?));
                }
                Ok(rows)
            }
            Conn::Postgres(conn) => {
                let mut stream = postgres(sqlx::query(sql), self.values).fetch(&mut **conn);
                let mut rows = Vec::new();
                while let Some(row) = stream.next().await {
                    rows.push(Row::Postgres(row.map_err(failed)?));
                }
                Ok(rows)
            }
        }
    }

    /// The first row, if there is one.
    pub async fn optional(self, conn: &mut Conn) -> Result<Option<Row>> {
        let sql = sqlx::AssertSqlSafe(self.sql);
        Ok(match conn {
            Conn::Sqlite(conn) => {
                let row = sqlite(sqlx::query(sql), self.values).fetch_optional(&mut **conn).await;
                row.map_err(failed)?.map(Row::Sqlite)
            }
            Conn::Postgres(conn) => {
                let row = postgres(sqlx::query(sql), self.values).fetch_optional(&mut **conn).await;
                row.map_err(failed)?.map(Row::Postgres)
            }
        })
    }

    /// The one row that is always there, such as that of a count.
    pub async fn one(self, conn: &mut Conn) -> Result<Row> {
        self.optional(conn).await?.ok_or(crate::Error::Failed(sqlx::Error::RowNotFound))
    }
}

type SqliteQuery<'q> = SqlxQuery<'q, Sqlite, SqliteArguments>;
type PostgresQuery<'q> = SqlxQuery<'q, Postgres, PgArguments>;

fn sqlite(mut query: SqliteQuery<'_>, values: Vec<Value>) -> SqliteQuery<'_> {
    for value in values {
        query = match value {
            Value::Text(value) => query.bind(value),
            Value::Int(value) => query.bind(value),
            Value::Float(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        };
    }
    query
}

fn postgres(mut query: PostgresQuery<'_>, values: Vec<Value>) -> PostgresQuery<'_> {
    for value in values {
        query = match value {
            Value::Text(value) => query.bind(value),
            Value::Int(value) => query.bind(value),
            Value::Float(value) => query.bind(value),
            Value::Bytes(value) => query.bind(value),
        };
    }
    query
}
