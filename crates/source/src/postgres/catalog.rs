//! Tables and views that the connection's user may read.

use std::pin::pin;

use futures::TryStreamExt;
use tokio_postgres::{Client, types::Type};

use super::{read::begin, types::Form, words};
use crate::{
    Catalog, CatalogColumn, Result,
    catalog::{CATALOG_COLUMNS_MAX, Reading},
    stop::Stop,
};

pub(crate) async fn read(client: &mut Client, stop: &Stop) -> Result<Catalog> {
    let failed = |error: tokio_postgres::Error| words::running(&error, "", stop);
    let transaction = begin(client, stop).await?;
    let columns_max = i64::try_from(CATALOG_COLUMNS_MAX).unwrap_or(i64::MAX) + 1;
    // A domain is read as the type below it.
    let rows = transaction
        .query_raw(
            "select n.nspname::text, c.relname::text, a.attname::text,
                    case when t.typtype = 'd' then t.typbasetype else t.oid end
             from pg_catalog.pg_class c
             join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             join pg_catalog.pg_attribute a on a.attrelid = c.oid
             join pg_catalog.pg_type t on t.oid = a.atttypid
             where c.relkind in ('r', 'p', 'v', 'm', 'f')
               and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
               and a.attnum > 0 and not a.attisdropped
               and pg_catalog.has_schema_privilege(n.oid, 'usage')
               and pg_catalog.has_column_privilege(c.oid, a.attnum, 'select')
             order by 1, 2, a.attnum
             limit $1",
            [columns_max],
        )
        .await
        .map_err(failed)?;
    let mut rows = pin!(rows);
    let mut reading = Reading::default();
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let (schema, table, name): (&str, &str, String) =
            (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?, row.try_get(2).map_err(failed)?);
        let data_type = match Type::from_oid(row.try_get(3).map_err(failed)?) {
            Some(known) => Form::of(&known, -1).data_type(),
            None => domain::DataType::Text,
        };
        if !reading.add(schema, table, CatalogColumn { name, data_type }) {
            break;
        }
    }
    Ok(reading.done())
}
