//! What a column's type is, in a database where every cell has its own.
//!
//! The rule, decided once from what the column is declared as and from the cells of the first batch:
//!
//! - whole numbers are integers; declared as boolean and all 0 or 1: booleans; declared as real or decimal: floating-point
//! - floating-point numbers, alone or with whole numbers that a double holds exactly, are floating-point
//! - text is text; declared as date (or date and time) and all of it written `2026-01-31` (or `2026-01-31 14:30:00`): dates
//! - blobs are binary
//! - text beside numbers is text, and the numbers are written out
//! - nothing but nulls: what the column is declared as; of an expression, text
//!
//! A later cell that does not fit is an error that names the column and the row, except in a text column, which also takes
//! numbers. Nothing is rounded, cut or guessed.

use arrow::datatypes::{DataType as ArrowType, TimeUnit};
use domain::DataType;
use jiff::civil::{Date, DateTime};
use rusqlite::types::ValueRef;

use crate::cells::Cells;

/// A double holds every whole number up to here.
const EXACT_MAX: i64 = 1 << 53;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Integer,
    Real,
    Text,
    Date,
    DateTime,
    Binary,
}

impl Kind {
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Kind::Boolean => DataType::Boolean,
            Kind::Integer => DataType::Integer,
            Kind::Real => DataType::Decimal,
            Kind::Text | Kind::Binary => DataType::Text,
            Kind::Date => DataType::Date,
            Kind::DateTime => DataType::DateTime,
        }
    }

    pub(crate) fn arrow(self) -> ArrowType {
        match self {
            Kind::Boolean => ArrowType::Boolean,
            Kind::Integer => ArrowType::Int64,
            Kind::Real => ArrowType::Float64,
            Kind::Text => ArrowType::Utf8,
            Kind::Date => ArrowType::Date32,
            Kind::DateTime => ArrowType::Timestamp(TimeUnit::Microsecond, None),
            Kind::Binary => ArrowType::Binary,
        }
    }
}

/// What a declaration asks for. The first four are SQLite's affinities; the others are names that people use.
fn declared(declaration: &str) -> Kind {
    let upper = declaration.to_ascii_uppercase();
    let has = |part: &str| upper.contains(part);
    if has("BOOL") {
        Kind::Boolean
    } else if has("DATETIME") || has("TIMESTAMP") {
        Kind::DateTime
    } else if upper.trim() == "DATE" {
        Kind::Date
    } else if has("INT") {
        Kind::Integer
    } else if has("CHAR") || has("CLOB") || has("TEXT") {
        Kind::Text
    } else if has("BLOB") {
        Kind::Binary
    } else if ["REAL", "FLOA", "DOUB", "DEC", "NUM", "MONEY"].iter().any(|part| has(part)) {
        Kind::Real
    } else {
        Kind::Text
    }
}

/// The cells of one column, looked at one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    integers: bool,
    reals: bool,
    texts: bool,
    blobs: bool,
    all_flags: bool,
    all_exact: bool,
    all_dates: bool,
    all_date_times: bool,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen {
            integers: false,
            reals: false,
            texts: false,
            blobs: false,
            all_flags: true,
            all_exact: true,
            all_dates: true,
            all_date_times: true,
        }
    }
}

impl Seen {
    pub(crate) fn look(&mut self, cell: ValueRef<'_>) {
        match cell {
            ValueRef::Null => {}
            ValueRef::Integer(number) => {
                self.integers = true;
                self.all_flags &= matches!(number, 0 | 1);
                self.all_exact &= is_exact(number);
            }
            ValueRef::Real(_) => self.reals = true,
            ValueRef::Text(bytes) => {
                self.texts = true;
                self.all_dates &= date(bytes).is_some();
                self.all_date_times &= date_time(bytes).is_some();
            }
            ValueRef::Blob(_) => self.blobs = true,
        }
    }

    pub(crate) fn decide(&self, declaration: Option<&str>) -> Kind {
        let declared = declaration.map(declared);
        match (self.integers, self.reals, self.texts, self.blobs) {
            (false, false, false, false) => declared.unwrap_or(Kind::Text),
            (true, false, false, false) => match declared {
                Some(Kind::Boolean) if self.all_flags => Kind::Boolean,
                Some(Kind::Real) if self.all_exact => Kind::Real,
                _ => Kind::Integer,
            },
            (integers, true, false, false) if !integers || self.all_exact => Kind::Real,
            (false, false, true, false) => match declared {
                Some(Kind::Date) if self.all_dates => Kind::Date,
                Some(Kind::DateTime) if self.all_date_times => Kind::DateTime,
                _ => Kind::Text,
            },
            (false, false, false, true) => Kind::Binary,
            _ => Kind::Text,
        }
    }
}

/// Appends one cell; the error says what it is and why it has no place in the column.
pub(crate) fn append(cells: &mut Cells, cell: ValueRef<'_>) -> Result<(), String> {
    match (cells, cell) {
        (cells, ValueRef::Null) => cells.append_null(),
        (Cells::Boolean(cells), ValueRef::Integer(number @ (0 | 1))) => cells.append_value(number == 1),
        (Cells::Integer(cells), ValueRef::Integer(number)) => cells.append_value(number),
        (Cells::Integer(cells), ValueRef::Real(number)) if whole(number).is_some() => {
            cells.append_option(whole(number));
        }
        (Cells::Float64(cells), ValueRef::Real(number)) => cells.append_value(number),
        #[expect(clippy::cast_precision_loss, reason = "checked to be exact")]
        (Cells::Float64(cells), ValueRef::Integer(number)) if is_exact(number) => cells.append_value(number as f64),
        (Cells::Text(cells), ValueRef::Text(bytes)) => cells.append_value(text(bytes)?),
        (Cells::Text(cells), ValueRef::Integer(number)) => cells.append_value(number.to_string()),
        (Cells::Text(cells), ValueRef::Real(number)) => cells.append_value(format!("{number:?}")),
        (Cells::Date(cells), ValueRef::Text(bytes)) => {
            let date = date(bytes).ok_or_else(|| unfit(cell, "dates"))?;
            cells.append_value(days(date));
        }
        (Cells::Timestamp(cells), ValueRef::Text(bytes)) => {
            let instant = date_time(bytes).ok_or_else(|| unfit(cell, "dates with times"))?;
            cells.append_value(microseconds(instant));
        }
        (Cells::Binary(cells), ValueRef::Blob(bytes)) => cells.append_value(bytes),
        (cells, cell) => return Err(unfit(cell, held(cells))),
    }
    Ok(())
}

fn held(cells: &Cells) -> &'static str {
    match cells {
        Cells::Boolean(_) => "0 and 1",
        Cells::Integer(_) => "whole numbers",
        Cells::Float32(_) | Cells::Float64(_) | Cells::Decimal(_) => "numbers",
        Cells::Text(_) => "text",
        Cells::Binary(_) => "binary values",
        Cells::Date(_) => "dates",
        Cells::Timestamp(_) => "dates with times",
    }
}

fn unfit(cell: ValueRef<'_>, held: &str) -> String {
    let shown = match cell {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(bytes) => {
            format!("`{}`", String::from_utf8_lossy(bytes).chars().take(40).collect::<String>())
        }
        ValueRef::Blob(bytes) => format!("a binary value of {} bytes", bytes.len()),
    };
    format!("it holds {shown} where the rows before held {held}")
}

pub(crate) fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "it holds text that is not UTF-8".to_owned())
}

fn is_exact(number: i64) -> bool {
    (-EXACT_MAX..=EXACT_MAX).contains(&number)
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "checked to be exact")]
fn whole(number: f64) -> Option<i64> {
    (number.trunc() == number && number.abs() <= EXACT_MAX as f64).then_some(number as i64)
}

/// `2026-01-31` and nothing else.
fn date(bytes: &[u8]) -> Option<Date> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() == 10 && is_iso(text))?;
    text.parse().ok()
}

/// `2026-01-31 14:30`, with seconds and up to six digits behind them, `T` for the blank, or the date alone. No zone.
fn date_time(bytes: &[u8]) -> Option<DateTime> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| is_iso(text))?;
    match text.as_bytes().get(10) {
        None => date(bytes).map(|date| date.at(0, 0, 0, 0)),
        Some(b' ' | b'T') if text.len() >= 16 && text.split('.').nth(1).is_none_or(|rest| rest.len() <= 6) => {
            text.parse().ok()
        }
        Some(_) => None,
    }
}

fn is_iso(text: &str) -> bool {
    text.len() >= 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            10 => matches!(byte, b' ' | b'T'),
            13 | 16 => byte == b':',
            19 => byte == b'.',
            _ => byte.is_ascii_digit(),
        })
}

fn days(date: Date) -> i32 {
    let hours = date.duration_since(Date::constant(1970, 1, 1)).as_hours();
    i32::try_from(hours / 24).expect("a civil date is within ten thousand years")
}

fn microseconds(instant: DateTime) -> i64 {
    let since = instant.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    i64::try_from(since.as_micros()).expect("a civil date is within ten thousand years")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(declaration: Option<&str>, cells: &[ValueRef<'_>]) -> Kind {
        let mut seen = Seen::default();
        cells.iter().for_each(|cell| seen.look(*cell));
        seen.decide(declaration)
    }

    #[test]
    fn a_column_is_what_it_is_declared_as_when_its_cells_agree() {
        let date = ValueRef::Text(b"1995-02-28");
        assert_eq!(decided(Some("DATE"), &[date, ValueRef::Null]), Kind::Date);
        assert_eq!(decided(Some("DATE"), &[date, ValueRef::Text(b"soon")]), Kind::Text);
        assert_eq!(decided(Some("TEXT"), &[date]), Kind::Text);
        assert_eq!(decided(Some("DATETIME"), &[ValueRef::Text(b"1995-02-28 10:00:00.5"), date]), Kind::DateTime);
        assert_eq!(decided(Some("timestamp"), &[ValueRef::Text(b"1995-02-28 10:00:00+02")]), Kind::Text);
        assert_eq!(decided(Some("BOOLEAN"), &[ValueRef::Integer(1), ValueRef::Integer(0)]), Kind::Boolean);
        assert_eq!(decided(Some("BOOLEAN"), &[ValueRef::Integer(2)]), Kind::Integer);
        assert_eq!(decided(Some("DECIMAL(15,2)"), &[ValueRef::Integer(2)]), Kind::Real);
        assert_eq!(decided(Some("DECIMAL(15,2)"), &[]), Kind::Real);
    }

    #[test]
    fn an_expression_is_what_its_cells_are() {
        assert_eq!(decided(None, &[]), Kind::Text);
        assert_eq!(decided(None, &[ValueRef::Integer(3), ValueRef::Real(0.5)]), Kind::Real);
        assert_eq!(decided(None, &[ValueRef::Integer(i64::MAX), ValueRef::Real(0.5)]), Kind::Text);
        assert_eq!(decided(None, &[ValueRef::Integer(3), ValueRef::Text(b"x")]), Kind::Text);
        assert_eq!(decided(None, &[ValueRef::Blob(b"x")]), Kind::Binary);
    }

    #[test]
    fn a_later_cell_that_does_not_fit_is_an_error_and_not_a_guess() {
        let mut cells = Cells::of(&Kind::Integer.arrow()).unwrap();
        append(&mut cells, ValueRef::Real(2.0)).unwrap();
        let error = append(&mut cells, ValueRef::Real(2.5)).unwrap_err();
        assert_eq!(error, "it holds 2.5 where the rows before held whole numbers");
        let mut dates = Cells::of(&Kind::Date.arrow()).unwrap();
        append(&mut dates, ValueRef::Text(b"0001-01-01")).unwrap();
        assert!(append(&mut dates, ValueRef::Text(b"2026-02-30")).is_err());
    }
}
