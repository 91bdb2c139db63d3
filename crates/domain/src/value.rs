//! Typed values: what a reader types for a parameter, and what a Defined Field holds.
//!
//! Invariant: a value is read into its type before it goes anywhere, and from there it is only ever bound.

use std::{fmt, str::FromStr};

use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    Text,
    Integer,
    Decimal,
    Date,
    DateTime,
    Boolean,
}

impl DataType {
    pub const ALL: [DataType; 6] =
        [DataType::Text, DataType::Integer, DataType::Decimal, DataType::Date, DataType::DateTime, DataType::Boolean];
}

/// Longer texts are refused as values.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Values of one list.
pub const LIST_MAX: usize = 1_000;

/// One value, or nothing of a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "lowercase")]
pub enum Value {
    Null(DataType),
    Text(String),
    Integer(i64),
    Decimal(Decimal),
    Date(Date),
    DateTime(DateTime),
    Boolean(bool),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("`{given}` is not a whole number between -9223372036854775808 and 9223372036854775807")]
    NotInteger { given: String },
    #[error("`{given}` is not a number like 1234.50")]
    NotDecimal { given: String },
    #[error("`{given}` is not a date like 2026-01-31")]
    NotDate { given: String },
    #[error("`{given}` is not a date and time like 2026-01-31 14:30")]
    NotDateTime { given: String },
    #[error("`{given}` is neither true nor false")]
    NotBoolean { given: String },
    #[error("the text is longer than {TEXT_CHARS_MAX} characters")]
    TooLong,
    #[error("the text has a NUL character, which databases refuse")]
    HasNul,
}

impl Value {
    /// Reads text into a type. Blanks around it are dropped, except from text.
    pub fn parse(data_type: DataType, text: &str) -> Result<Value, ValueError> {
        let trimmed = text.trim();
        let given = || trimmed.chars().take(60).collect::<String>();
        Ok(match data_type {
            DataType::Text if text.chars().count() > TEXT_CHARS_MAX => return Err(ValueError::TooLong),
            DataType::Text if text.contains('\0') => return Err(ValueError::HasNul),
            DataType::Text => Value::Text(text.to_owned()),
            DataType::Integer => {
                Value::Integer(trimmed.parse().map_err(|_| ValueError::NotInteger { given: given() })?)
            }
            DataType::Decimal => {
                Value::Decimal(Decimal::from_str(trimmed).map_err(|_| ValueError::NotDecimal { given: given() })?)
            }
            DataType::Date => Value::Date(trimmed.parse().map_err(|_| ValueError::NotDate { given: given() })?),
            DataType::DateTime => {
                Value::DateTime(trimmed.parse().map_err(|_| ValueError::NotDateTime { given: given() })?)
            }
            DataType::Boolean => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Value::Boolean(true),
                "false" | "no" | "0" => Value::Boolean(false),
                _ => return Err(ValueError::NotBoolean { given: given() }),
            },
        })
    }

    pub fn data_type(&self) -> DataType {
        match self {
            Value::Null(data_type) => *data_type,
            Value::Text(_) => DataType::Text,
            Value::Integer(_) => DataType::Integer,
            Value::Decimal(_) => DataType::Decimal,
            Value::Date(_) => DataType::Date,
            Value::DateTime(_) => DataType::DateTime,
            Value::Boolean(_) => DataType::Boolean,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null(_) => Ok(()),
            Value::Text(value) => f.write_str(value),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Decimal(value) => write!(f, "{value}"),
            Value::Date(value) => write!(f, "{value}"),
            Value::DateTime(value) => write!(f, "{value}"),
            Value::Boolean(value) => write!(f, "{value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_into_their_type() {
        assert_eq!(Value::parse(DataType::Integer, " 42 "), Ok(Value::Integer(42)));
        assert_eq!(Value::parse(DataType::Decimal, "1.50").unwrap().to_string(), "1.50");
        assert_eq!(Value::parse(DataType::Date, "2026-02-28").unwrap().to_string(), "2026-02-28");
        assert_eq!(Value::parse(DataType::Boolean, "Yes"), Ok(Value::Boolean(true)));
        assert_eq!(Value::parse(DataType::Text, " as it is "), Ok(Value::Text(" as it is ".to_owned())));
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        let message = Value::parse(DataType::Date, "31.01.2026").unwrap_err().to_string();
        assert_eq!(message, "`31.01.2026` is not a date like 2026-01-31");
        assert!(Value::parse(DataType::Integer, "1; drop table x").is_err());
        assert!(Value::parse(DataType::Date, "2026-02-30").is_err());
        assert_eq!(Value::parse(DataType::Text, "a\0b"), Err(ValueError::HasNul));
    }
}
