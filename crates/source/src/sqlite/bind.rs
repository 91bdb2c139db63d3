//! Values as SQLite keeps them: dates as ISO text, booleans as 0 and 1, decimals as floating-point numbers.
//!
//! SQLite has no decimals. One of up to 15 digits is the same number in both forms for SQLite's comparisons and for people; a
//! longer one is refused rather than changed.

use domain::Value;
use rusqlite::{Statement, types::Value as Cell};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use super::guard::Guarded;
use crate::{Error, Result};

/// A double keeps every decimal number of so many digits.
const DIGITS_MAX: usize = 15;

pub(crate) fn bind(guarded: &Guarded, statement: &mut Statement<'_>, values: &[Value]) -> Result<()> {
    if statement.parameter_count() != values.len() {
        return Err(Error::OwnPlaceholder);
    }
    for (index, value) in values.iter().enumerate() {
        let position = index + 1;
        statement.raw_bind_parameter(position, cell(position, value)?).map_err(|error| guarded.error(error))?;
    }
    Ok(())
}

fn cell(position: usize, value: &Value) -> Result<Cell> {
    Ok(match value {
        Value::Null(_) => Cell::Null,
        Value::Text(text) => Cell::Text(text.clone()),
        Value::Integer(number) => Cell::Integer(*number),
        Value::Decimal(number) => Cell::Real(real(number).ok_or_else(|| Error::Value {
            position,
            given: value.data_type(),
            value: number.to_string(),
            expected: "a number".to_owned(),
            why: Some(format!("SQLite keeps {DIGITS_MAX} digits")),
        })?),
        Value::Date(date) => Cell::Text(date.to_string()),
        Value::DateTime(instant) => Cell::Text(instant.to_string().replacen('T', " ", 1)),
        Value::Boolean(flag) => Cell::Integer(i64::from(*flag)),
    })
}

fn real(number: &Decimal) -> Option<f64> {
    let number = number.normalize();
    let digits = number.mantissa().unsigned_abs().to_string().len();
    // The text is parsed, since the shortest way through the parts of a decimal is off by one in the last bit at times.
    (digits <= DIGITS_MAX).then(|| number.to_string().parse().ok().or_else(|| number.to_f64())).flatten()
}
