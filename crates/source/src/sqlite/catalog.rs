//! Tables and views of a SQLite file.

use super::{guard::Guarded, typing::Seen};
use crate::{Catalog, CatalogColumn, Result, catalog::Reading};

/// SQLite's name for the database of the opened file.
const SCHEMA: &str = "main";

pub(crate) fn read(guarded: &Guarded) -> Result<Catalog> {
    let connection = &guarded.connection;
    let tables = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare(
            "select name from sqlite_schema
             where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\'
             order by name",
        )?;
        statement.query_map([], |row| row.get(0))?.collect()
    };
    let mut reading = Reading::default();
    for table in tables().map_err(|error| guarded.error(error))? {
        // A view over a table that is gone has no columns, and must not hide the others.
        for column in columns(connection, &table).unwrap_or_default() {
            if !reading.add(SCHEMA, &table, column) {
                return Ok(reading.done());
            }
        }
    }
    Ok(reading.done())
}

fn columns(connection: &rusqlite::Connection, table: &str) -> rusqlite::Result<Vec<CatalogColumn>> {
    let mut statement =
        connection.prepare("select name, type from pragma_table_xinfo(?1) where hidden <> 1 order by cid")?;
    let column = |row: &rusqlite::Row<'_>| {
        let declaration: String = row.get(1)?;
        let data_type = Seen::default().decide(Some(declaration.as_str()).filter(|text| !text.is_empty())).data_type();
        Ok(CatalogColumn { name: row.get(0)?, data_type })
    };
    statement.query_map([table], column)?.collect()
}
