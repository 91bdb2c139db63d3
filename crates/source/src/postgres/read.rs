//! Running one query in a read-only transaction, row by row.

use arrow::{array::StringArray, record_batch::RecordBatch};
use domain::BoundQuery;
use futures::TryStreamExt;
use tokio_postgres::{Client, Row, Statement, Transaction, error::SqlState, types::Type};

use super::{
    bind::{adapt, natural},
    numeric::narrowed,
    types::{Form, Raw},
    words,
};
use crate::{
    Error, Result,
    cells::{Draft, batch},
    column::{Described, distinct},
    feed::Feed,
    profile::CELL_BYTES_MAX,
    stop::Stop,
};

/// Places whose type PostgreSQL is told after it could not find one, each by an attempt of its own. With more of them all
/// places of the query get the types of their values.
pub(crate) const TYPED_ONE_BY_ONE_MAX: usize = 8;
/// Rows of one result: the protocol counts them in 31 bits, and one more is asked for.
pub(crate) const ROWS_MAX: i32 = i32::MAX - 1;

pub(crate) async fn run(client: &mut Client, query: &BoundQuery, feed: &mut Feed, stop: &Stop) -> Result<()> {
    let transaction = begin(client, stop).await?;
    let prepared = Prepared::of(&transaction, query, stop).await?;
    let failed = |error: tokio_postgres::Error| words::running(&error, &prepared.sql, stop);
    let values = adapt(query.binds(), prepared.statement.params())?;

    // The server itself stops after one row more than is wanted, which tells whether there are more.
    let rows_max = i32::try_from(feed.limits.rows_max).unwrap_or(ROWS_MAX).min(ROWS_MAX);
    let portal = transaction.bind_raw(&prepared.statement, values).await.map_err(failed)?;
    let rows = transaction.query_portal_raw(&portal, rows_max + 1).await.map_err(failed)?;
    let mut rows = std::pin::pin!(rows);

    let mut draft = Draft::of(prepared.columns.iter().map(|column| &column.arrow))?;
    let mut schema = None;
    let mut count = 0;
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        if count == rows_max {
            feed.cut();
            break;
        }
        count += 1;
        prepared.append(&mut draft, &row)?;
        if draft.is_full(&feed.limits) {
            let schema = schema.get_or_insert_with(|| feed.begin(prepared.columns.clone()));
            let full = draft.batch(schema)?;
            feed.send(full).await?;
        }
    }
    let last = match schema {
        Some(schema) => draft.batch(&schema)?,
        None => prepared.only_batch(&mut draft, feed)?,
    };
    feed.send(last).await
}

pub(crate) async fn describe(client: &mut Client, query: &BoundQuery, stop: &Stop) -> Result<Vec<Described>> {
    let transaction = begin(client, stop).await?;
    Ok(Prepared::of(&transaction, query, stop).await?.columns)
}

/// A transaction that can only read, and ends each of its statements at the run's limit.
pub(crate) async fn begin<'a>(client: &'a mut Client, stop: &Stop) -> Result<Transaction<'a>> {
    let failed = |error: tokio_postgres::Error| words::running(&error, "", stop);
    let transaction = client.build_transaction().read_only(true).start().await.map_err(failed)?;
    let timeout_ms = i32::try_from(stop.timeout().as_millis()).unwrap_or(i32::MAX).max(1);
    let settings = format!("set local statement_timeout = {timeout_ms}; savepoint before_the_query");
    transaction.batch_execute(&settings).await.map_err(failed)?;
    Ok(transaction)
}

struct Prepared {
    statement: Statement,
    /// The text that positions in errors count in.
    sql: String,
    columns: Vec<Described>,
    forms: Vec<Form>,
}

impl Prepared {
    async fn of(transaction: &Transaction<'_>, query: &BoundQuery, stop: &Stop) -> Result<Prepared> {
        let sql = query.render(|number| format!("${number}"));
        let (mut statement, types) = infer(transaction, query, &sql, stop).await?;
        if statement.columns().is_empty() {
            return Err(Error::NoColumns);
        }
        let forms_of = |statement: &Statement| -> Vec<Form> {
            statement.columns().iter().map(|column| Form::of(column.type_(), column.type_modifier())).collect()
        };
        let asked = forms_of(&statement);
        let names = distinct(statement.columns().iter().map(|column| column.name().to_owned()));
        let mut forms = asked.clone();
        if asked.iter().any(|form| matches!(form, Form::Cast(_))) {
            let wrapped = with_casts(&sql, &asked);
            statement =
                transaction.prepare_typed(&wrapped, &types).await.map_err(|error| words::running(&error, "", stop))?;
            forms = forms_of(&statement);
        }
        let columns = names.into_iter().zip(forms.iter().zip(&asked));
        let columns = columns
            .map(|(name, (form, asked))| Described { name, data_type: asked.data_type(), arrow: form.arrow() })
            .collect();
        Ok(Prepared { statement, sql, columns, forms })
    }

    fn append(&self, draft: &mut Draft, row: &Row) -> Result<()> {
        for (index, form) in self.forms.iter().enumerate() {
            let cells = &mut draft.columns[index];
            let refused = |why| Error::column(&self.columns[index].name, why);
            match row.try_get::<_, Option<Raw<'_>>>(index).map_err(Error::driver)? {
                None => cells.append_null(),
                Some(Raw(bytes)) if bytes.len() > CELL_BYTES_MAX => {
                    return Err(refused(format!("it holds a value of {} bytes, over {CELL_BYTES_MAX}", bytes.len())));
                }
                Some(Raw(bytes)) => form.append(cells, bytes).map_err(refused)?,
            }
        }
        draft.row_done(row.raw_size_bytes());
        Ok(())
    }

    /// The one batch of a result that fits into one: its numerics are all known, so their columns can be decimals.
    fn only_batch(&self, draft: &mut Draft, feed: &mut Feed) -> Result<RecordBatch> {
        let rows = draft.rows();
        let mut arrays = draft.arrays();
        let mut columns = self.columns.clone();
        for (index, form) in self.forms.iter().enumerate() {
            if *form == Form::Numeric
                && let Some(texts) = arrays[index].as_any().downcast_ref::<StringArray>()
                && let Some(decimals) = narrowed(texts)
            {
                columns[index].arrow = decimals.data_type().clone();
                arrays[index] = decimals;
            }
        }
        let schema = feed.begin(columns);
        batch(&schema, arrays, rows)
    }
}

/// Prepares the query; PostgreSQL finds the types of its places. Where it finds none or several, it is told the value's own.
async fn infer(
    transaction: &Transaction<'_>,
    query: &BoundQuery,
    sql: &str,
    stop: &Stop,
) -> Result<(Statement, Vec<Type>)> {
    let naturals: Vec<Type> = query.binds().iter().map(|value| natural(value.data_type())).collect();
    // "unknown" leaves a place for PostgreSQL to find.
    let mut types = Vec::new();
    let mut attempts = 0;
    loop {
        let error = match transaction.prepare_typed(sql, &types).await {
            Ok(statement) => return Ok((statement, types)),
            Err(error) => error,
        };
        // A value that stands in several places may be wanted there as several types; its own then converts to each.
        let is_of_type =
            |code: &SqlState| [SqlState::INDETERMINATE_DATATYPE, SqlState::AMBIGUOUS_PARAMETER].contains(code);
        let place = error.as_db_error().filter(|said| is_of_type(said.code()));
        let Some(position) = place.and_then(|said| place_named(said.message(), naturals.len())) else {
            return Err(words::running(&error, sql, stop));
        };
        let failed = |error: tokio_postgres::Error| words::running(&error, sql, stop);
        transaction.batch_execute("rollback to savepoint before_the_query").await.map_err(failed)?;
        types.resize(naturals.len(), Type::UNKNOWN);
        if types[position] != Type::UNKNOWN {
            return Err(words::running(&error, sql, stop));
        }
        attempts += 1;
        if attempts > TYPED_ONE_BY_ONE_MAX {
            types.clone_from(&naturals);
        } else {
            types[position] = naturals[position].clone();
        }
    }
}

/// The place that a message names as `$3`, from 0.
fn place_named(message: &str, places: usize) -> Option<usize> {
    let digits: String = message.split('$').nth(1)?.chars().take_while(char::is_ascii_digit).collect();
    let position: usize = digits.parse().ok()?;
    (1..=places).contains(&position).then(|| position - 1)
}

/// The same rows, with casts around the columns whose binary form is not read here. The order stays: a scan over a sorted
/// sub-query without anything else to do keeps it, and PostgreSQL never flattens a sub-query that sorts.
fn with_casts(sql: &str, forms: &[Form]) -> String {
    let names: Vec<String> = (1..=forms.len()).map(|number| format!("c{number}")).collect();
    let columns = names.iter().zip(forms).map(|(name, form)| match form {
        Form::Cast(target) => format!("q.{name}::{target}"),
        _ => format!("q.{name}"),
    });
    // The line break ends a comment in the query's last line.
    format!("select {} from ({sql}\n) as q ({})", columns.collect::<Vec<_>>().join(", "), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_in_a_message_of_any_language() {
        assert_eq!(place_named("could not determine data type of parameter $2", 2), Some(1));
        assert_eq!(place_named("konnte Datentyp von Parameter $12 nicht ermitteln", 12), Some(11));
        assert_eq!(place_named("could not determine data type of parameter $2", 1), None);
    }
}
