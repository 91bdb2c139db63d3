//! One row of an answer, read by column name.

use sqlx::Row as _;
use sqlx::{postgres::PgRow, sqlite::SqliteRow};
use world::Instant;

use crate::{Error, Result};

pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The column's value; `Option` for what may be null.
    pub fn get<T: FromColumn>(&self, column: &str) -> Result<T> {
        T::from_column(self, column).ok_or_else(|| Error::Column { column: column.to_owned() })
    }
}

pub trait FromColumn: Sized {
    fn from_column(row: &Row, column: &str) -> Option<Self>;
}

macro_rules! columns {
    ($($type:ty),*) => {$(
        impl FromColumn for $type {
            /// Read as an `Option`: SQLite's driver would otherwise take a null for 0.
            fn from_column(row: &Row, column: &str) -> Option<$type> {
                Option::<$type>::from_column(row, column).flatten()
            }
        }
        impl FromColumn for Option<$type> {
            fn from_column(row: &Row, column: &str) -> Option<Option<$type>> {
                match row {
                    Row::Sqlite(row) => row.try_get(column).ok(),
                    Row::Postgres(row) => row.try_get(column).ok(),
                }
            }
        }
    )*};
}

columns!(String, f64, Vec<u8>);

impl FromColumn for i64 {
    fn from_column(row: &Row, column: &str) -> Option<i64> {
        Option::<i64>::from_column(row, column).flatten()
    }
}

impl FromColumn for Option<i64> {
    /// A literal in a statement, as in `case … then 0`, is a smaller integer on PostgreSQL.
    fn from_column(row: &Row, column: &str) -> Option<Option<i64>> {
        match row {
            Row::Sqlite(row) => row.try_get(column).ok(),
            Row::Postgres(row) => {
                let small = |_| row.try_get::<Option<i32>, _>(column).map(|value| value.map(i64::from));
                row.try_get(column).or_else(small).ok()
            }
        }
    }
}

macro_rules! mapped {
    ($($type:ty, $from:ty, $value:ident => $expr:expr;)*) => {$(
        impl FromColumn for $type {
            fn from_column(row: &Row, column: &str) -> Option<$type> {
                <$from>::from_column(row, column).map(|$value| $expr)
            }
        }
        impl FromColumn for Option<$type> {
            fn from_column(row: &Row, column: &str) -> Option<Option<$type>> {
                Option::<$from>::from_column(row, column).map(|value| value.map(|$value| $expr))
            }
        }
    )*};
}

mapped! {
    bool, i64, value => value != 0;
    Instant, i64, value => Instant::from_us(value);
}
