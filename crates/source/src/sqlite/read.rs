//! Running one query on a guarded connection, row by row.

use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use domain::{BoundQuery, DataType, Value};
use rusqlite::{
    ErrorCode, Row, Rows, Statement,
    types::{Value as Cell, ValueRef},
};
use tokio::sync::mpsc;

use super::{
    bind::bind,
    guard::Guarded,
    typing::{self, Kind, Seen},
};
use crate::{
    Error, Limits, Result,
    cells::Draft,
    column::{Described, distinct, schema},
};

/// Rows that a description looks at, for the types of expressions.
pub(crate) const DESCRIBE_ROWS: usize = 100;
/// A description does not wait longer for them.
pub(crate) const DESCRIBE_WAIT: Duration = Duration::from_secs(5);
/// Machine steps between two looks at that wait.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;

/// What the reading thread tells.
pub(crate) enum Part {
    Columns(Vec<Described>),
    Batch(RecordBatch),
    Cut,
}

pub(crate) fn run(guarded: &Guarded, query: &BoundQuery, limits: &Limits, tell: &mpsc::Sender<Part>) -> Result<()> {
    // Nobody listens any more once the run was stopped.
    let told = |part| tell.blocking_send(part).map_err(|_| Error::Cancelled);
    let mut statement = prepare(guarded, query)?;
    bind(guarded, &mut statement, query.binds())?;
    let heads = Heads::of(&statement);
    let rows = statement.raw_query();
    let mut cursor = Cursor { rows, guarded, rows_max: limits.rows_max, count: 0, cut: false };

    let mut first: Vec<Vec<Cell>> = Vec::new();
    let mut bytes = 0;
    while first.len() < limits.batch_rows && bytes < limits.batch_bytes {
        let Some((_, row)) = cursor.next()? else {
            break;
        };
        let cells = heads.cells(row)?;
        bytes += cells.iter().map(|cell| weight(cell.into())).sum::<usize>();
        first.push(cells);
    }

    let described = heads.decide(&first);
    let schema = schema(&described);
    let mut draft = Draft::of(described.iter().map(|column| &column.arrow))?;
    told(Part::Columns(described))?;
    for (index, cells) in first.into_iter().enumerate() {
        heads.append(&mut draft, cells.iter().map(ValueRef::from), index as u64 + 1)?;
    }
    told(Part::Batch(draft.batch(&schema)?))?;

    while let Some((number, row)) = cursor.next()? {
        let cells = (0..heads.names.len()).map(|index| row.get_ref_unwrap(index));
        heads.append(&mut draft, cells, number)?;
        if draft.is_full(limits) {
            told(Part::Batch(draft.batch(&schema)?))?;
        }
    }
    told(Part::Batch(draft.batch(&schema)?))?;
    if cursor.cut {
        told(Part::Cut)?;
    }
    Ok(())
}

/// The rows up to the limit, and the knowledge whether there was one more.
struct Cursor<'a> {
    rows: Rows<'a>,
    guarded: &'a Guarded,
    rows_max: u64,
    count: u64,
    cut: bool,
}

impl<'a> Cursor<'a> {
    /// The next row, with its number from 1.
    fn next(&mut self) -> Result<Option<(u64, &Row<'a>)>> {
        if self.cut {
            return Ok(None);
        }
        let row = self.rows.next().map_err(|error| self.guarded.error(error))?;
        if row.is_some() && self.count == self.rows_max {
            self.cut = true;
            return Ok(None);
        }
        self.count += u64::from(row.is_some());
        Ok(row.map(|row| (self.count, row)))
    }
}

/// Columns by what they are declared as; where there is time, expressions by their first rows.
///
/// A `limit` takes no null, which a parameter without a value is: there the rows are looked at once more with a number.
pub(crate) fn describe(guarded: &Guarded, query: &BoundQuery) -> Result<Vec<Described>> {
    let mut statement = prepare(guarded, query)?;
    let heads = Heads::of(&statement);
    let mut first = Vec::new();
    if query.withheld().is_empty() {
        let until = Instant::now() + DESCRIBE_WAIT;
        guarded
            .connection
            .progress_handler(STEPS_BETWEEN_LOOKS, Some(move || Instant::now() > until))
            .map_err(|error| guarded.error(error))?;
        bind(guarded, &mut statement, query.binds())?;
        let mut looked = first_rows(&mut statement, &heads, until);
        if let Err(Look::Database(rusqlite::Error::SqliteFailure(error, _))) = &looked
            && error.code == ErrorCode::TypeMismatch
        {
            let with_numbers: Vec<Value> = query.binds().iter().map(number_for_null).collect();
            bind(guarded, &mut statement, &with_numbers)?;
            looked = first_rows(&mut statement, &heads, until);
        }
        first = looked.map_err(|error| match error {
            Look::Database(error) => guarded.error(error),
            Look::Cell(error) => error,
        })?;
    }
    Ok(heads.decide(&first))
}

/// Why the first rows could not be looked at.
enum Look {
    Database(rusqlite::Error),
    Cell(Error),
}

fn first_rows(
    statement: &mut Statement<'_>,
    heads: &Heads,
    until: Instant,
) -> std::result::Result<Vec<Vec<Cell>>, Look> {
    let mut first = Vec::new();
    let mut rows = statement.raw_query();
    while first.len() < DESCRIBE_ROWS {
        match rows.next() {
            Ok(Some(row)) => first.push(heads.cells(row).map_err(Look::Cell)?),
            Ok(None) => break,
            Err(_) if Instant::now() > until => break,
            Err(error) => return Err(Look::Database(error)),
        }
    }
    Ok(first)
}

fn number_for_null(value: &Value) -> Value {
    match value {
        Value::Null(DataType::Integer) => Value::Integer(1),
        other => other.clone(),
    }
}

fn prepare<'a>(guarded: &'a Guarded, query: &BoundQuery) -> Result<Statement<'a>> {
    let sql = query.render(|number| format!("?{number}"));
    let statement = guarded.connection.prepare(&sql).map_err(|error| guarded.error(error))?;
    if statement.column_count() == 0 {
        return Err(Error::NoColumns);
    }
    // The authorizer has refused every writing statement by now; this says the same in another way.
    if !statement.readonly() {
        return Err(Error::NotReading { action: "change the database".to_owned() });
    }
    Ok(statement)
}

/// Names and declarations of the columns, taken before the rows are borrowed.
struct Heads {
    names: Vec<String>,
    declarations: Vec<Option<String>>,
}

impl Heads {
    fn of(statement: &Statement<'_>) -> Heads {
        let columns = statement.columns();
        Heads {
            names: distinct(columns.iter().map(|column| column.name().to_owned())),
            declarations: columns.iter().map(|column| column.decl_type().map(str::to_owned)).collect(),
        }
    }

    fn cells(&self, row: &Row<'_>) -> Result<Vec<Cell>> {
        let cell = |index: usize| match row.get_ref_unwrap(index) {
            ValueRef::Text(bytes) => {
                let text = typing::text(bytes).map_err(|why| Error::column(&self.names[index], why))?;
                Ok(Cell::Text(text.to_owned()))
            }
            other => Ok(Cell::try_from(other).map_err(Error::driver)?),
        };
        (0..self.names.len()).map(cell).collect()
    }

    fn decide(&self, rows: &[Vec<Cell>]) -> Vec<Described> {
        let kind = |index: usize| {
            let mut seen = Seen::default();
            rows.iter().for_each(|row| seen.look(ValueRef::from(&row[index])));
            seen.decide(self.declarations[index].as_deref())
        };
        self.names.iter().enumerate().map(|(index, name)| described(name, kind(index))).collect()
    }

    fn append<'a>(&self, draft: &mut Draft, cells: impl Iterator<Item = ValueRef<'a>>, row_number: u64) -> Result<()> {
        let mut bytes = 0;
        for (index, cell) in cells.enumerate() {
            bytes += weight(cell);
            typing::append(&mut draft.columns[index], cell)
                .map_err(|why| Error::column(&self.names[index], format!("in row {row_number} {why}")))?;
        }
        draft.row_done(bytes);
        Ok(())
    }
}

fn described(name: &str, kind: Kind) -> Described {
    Described { name: name.to_owned(), data_type: kind.data_type(), arrow: kind.arrow() }
}

/// Bytes that a cell takes in a batch, about.
fn weight(cell: ValueRef<'_>) -> usize {
    size_of::<u64>()
        + match cell {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.len(),
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => 0,
        }
}
