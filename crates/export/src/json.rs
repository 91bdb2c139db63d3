//! JSON: the cells of the grid, and a file that is an array of objects, one a line.
//!
//! A number of JSON is used where it is exact in every reader: whole numbers below 2^53 and finite doubles. Other
//! numbers are text: decimals with all their digits ("12.30"), larger whole numbers, `NaN` and infinities. Dates and
//! times are text as in RFC 3339, without a zone where the column has none; bytes are hexadecimal digits.

use std::io::Write;

use arrow::array::RecordBatch;
use serde_json::{Number, Value};

use crate::{
    Error, Result, Written,
    cell::{Cell, Cells},
    shown::Shown,
    text::{self, Between},
};

/// Whole numbers from here on are not exact in a reader that has doubles alone, as JavaScript does.
const EXACT_BELOW: u64 = 1 << 53;

/// The rows of a page as JSON cells, in the order of the batch's columns. NULL is `null`, and empty text is `""`.
pub fn cells(batch: &RecordBatch) -> Result<Vec<Vec<Value>>> {
    let mut columns = Vec::with_capacity(batch.num_columns());
    for (array, field) in batch.columns().iter().zip(batch.schema_ref().fields()) {
        let unknown = || Error::ColumnType { column: field.name().clone(), data_type: field.data_type().clone() };
        columns.push(Cells::new(array).ok_or_else(unknown)?);
    }
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|cells| value(cells.get(row))).collect()).collect())
}

fn value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Boolean(value) => Value::Bool(value),
        Cell::Integer(value) if value.unsigned_abs() < EXACT_BELOW => Value::Number(value.into()),
        Cell::Unsigned(value) if value < EXACT_BELOW => Value::Number(value.into()),
        Cell::Double(value) if value.is_finite() => Number::from_f64(value).map_or(Value::Null, Value::Number),
        Cell::Text(text) => Value::String(text.to_owned()),
        other => {
            let mut bytes = Vec::new();
            text::push(other, Between::T, &mut bytes);
            Value::String(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

const PIECE_BYTES: usize = 64 << 10;

pub(crate) fn write(
    shown: &Shown<'_>,
    batches: impl Iterator<Item = Result<RecordBatch>>,
    out: &mut impl Write,
) -> Result<Written> {
    let mut keys = Vec::new();
    for (index, field) in shown.schema.fields().iter().enumerate() {
        let mut key = if index == 0 { b"{".to_vec() } else { b",".to_vec() };
        push_text(field.name(), &mut key);
        key.push(b':');
        keys.push(key);
    }
    let mut written = Written::default();
    let mut piece = Vec::with_capacity(PIECE_BYTES + (PIECE_BYTES >> 2));
    piece.push(b'[');
    for batch in batches {
        let batch = batch?;
        let columns: Vec<Cells<'_>> = batch.columns().iter().filter_map(|array| Cells::new(array)).collect();
        for row in 0..batch.num_rows() {
            piece.extend_from_slice(if written.rows == 0 { b"\n" } else { b",\n" });
            for (key, cells) in keys.iter().zip(&columns) {
                piece.extend_from_slice(key);
                push(cells.get(row), &mut piece);
            }
            piece.push(b'}');
            written.rows += 1;
            if piece.len() >= PIECE_BYTES {
                out.write_all(&piece).map_err(Error::Write)?;
                piece.clear();
            }
        }
    }
    piece.extend_from_slice(b"\n]\n");
    out.write_all(&piece).map_err(Error::Write)?;
    Ok(written)
}

/// The same as [`value`], straight into bytes.
fn push(cell: Cell<'_>, piece: &mut Vec<u8>) {
    match cell {
        Cell::Null => piece.extend_from_slice(b"null"),
        Cell::Text(text) => push_text(text, piece),
        Cell::Integer(value) if value.unsigned_abs() >= EXACT_BELOW => push_quoted(cell, piece),
        Cell::Unsigned(value) if value >= EXACT_BELOW => push_quoted(cell, piece),
        Cell::Double(value) if !value.is_finite() => push_quoted(cell, piece),
        Cell::Boolean(_) | Cell::Integer(_) | Cell::Unsigned(_) | Cell::Double(_) => {
            text::push(cell, Between::T, piece)
        }
        other => push_quoted(other, piece),
    }
}

/// For cells whose text has nothing to escape.
fn push_quoted(cell: Cell<'_>, piece: &mut Vec<u8>) {
    piece.push(b'"');
    text::push(cell, Between::T, piece);
    piece.push(b'"');
}

fn push_text(text: &str, piece: &mut Vec<u8>) {
    // Text into memory does not fail.
    let _ = serde_json::to_writer(piece, text);
}
