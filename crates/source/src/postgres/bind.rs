//! Bound values, adapted to the types that PostgreSQL found for their places.
//!
//! Each value travels in its text form, which the server reads by the place's own type. What is checked here is whether that
//! keeps the value: a decimal is never cut to an integer, a text is never taken for a number.

use bytes::BytesMut;
use domain::{DataType, Value};
use tokio_postgres::types::{Format, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::{Error, Result};

/// A value as PostgreSQL reads it; `None` is null.
pub(crate) struct Bound(Option<String>);

/// The database client writes what it binds into its debug log; a reader's values do not belong there.
impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bound")
    }
}

impl ToSql for Bound {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0 {
            None => Ok(IsNull::Yes),
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// The type for a place of which the query itself does not tell one, such as `?Name? is null`.
pub(crate) fn natural(data_type: DataType) -> Type {
    match data_type {
        DataType::Text => Type::TEXT,
        DataType::Integer => Type::INT8,
        DataType::Decimal => Type::NUMERIC,
        DataType::Date => Type::DATE,
        DataType::DateTime => Type::TIMESTAMP,
        DataType::Boolean => Type::BOOL,
    }
}

/// Adapts the values, which stand in the order of `types`.
pub(crate) fn adapt(values: &[Value], types: &[Type]) -> Result<Vec<Bound>> {
    if values.len() != types.len() {
        return Err(Error::OwnPlaceholder);
    }
    let adapted = values.iter().zip(types).enumerate().map(|(index, (value, place))| {
        let why = match fit(value, base(place)) {
            Ok(bound) => return Ok(bound),
            Err(why) => why,
        };
        Err(Error::Value {
            position: index + 1,
            given: value.data_type(),
            value: value.to_string().chars().take(60).collect(),
            expected: place.name().to_owned(),
            why,
        })
    });
    adapted.collect()
}

fn base(place: &Type) -> &Type {
    match place.kind() {
        Kind::Domain(inner) => base(inner),
        _ => place,
    }
}

fn fit(value: &Value, place: &Type) -> std::result::Result<Bound, Option<String>> {
    let text = |text: String| Ok(Bound(Some(text)));
    let is_text = matches!(*place, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN);
    match value {
        Value::Null(_) => Ok(Bound(None)),
        Value::Text(given) if is_text || !is_typed(place) => text(given.clone()),
        Value::Integer(number) => match *place {
            Type::INT2 if i16::try_from(*number).is_err() => Err(Some("it is out of its range".to_owned())),
            Type::INT4 if i32::try_from(*number).is_err() => {
                Err(Some("it is out of its range; write `?Name?::bigint`".to_owned()))
            }
            Type::OID if u32::try_from(*number).is_err() => Err(Some("it is out of its range".to_owned())),
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID | Type::NUMERIC => text(number.to_string()),
            Type::FLOAT4 | Type::FLOAT8 => text(number.to_string()),
            _ if is_text => text(number.to_string()),
            _ => Err(None),
        },
        Value::Decimal(number) => match *place {
            Type::NUMERIC | Type::FLOAT4 | Type::FLOAT8 => text(number.to_string()),
            Type::INT2 | Type::INT4 | Type::INT8 if number.fract().is_zero() => text(number.trunc().to_string()),
            Type::INT2 | Type::INT4 | Type::INT8 => Err(Some("it is not whole; write `?Name?::numeric`".to_owned())),
            _ if is_text => text(number.to_string()),
            _ => Err(None),
        },
        Value::Date(date) => match *place {
            Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ => text(date.to_string()),
            _ if is_text => text(date.to_string()),
            _ => Err(None),
        },
        Value::DateTime(instant) => match *place {
            Type::TIMESTAMP | Type::TIMESTAMPTZ => text(instant.to_string()),
            Type::DATE if instant.time() == jiff::civil::Time::midnight() => text(instant.date().to_string()),
            Type::DATE => Err(Some("it has a time of day; write `?Name?::timestamp`".to_owned())),
            _ if is_text => text(instant.to_string()),
            _ => Err(None),
        },
        Value::Boolean(flag) if *place == Type::BOOL || is_text => text(flag.to_string()),
        Value::Text(_) | Value::Boolean(_) => Err(None),
    }
}

/// Types that have a data type of ours: text is not read as one of them, the parameter should be of that type instead.
fn is_typed(place: &Type) -> bool {
    matches!(
        *place,
        Type::BOOL
            | Type::INT2
            | Type::INT4
            | Type::INT8
            | Type::OID
            | Type::NUMERIC
            | Type::FLOAT4
            | Type::FLOAT8
            | Type::MONEY
            | Type::DATE
            | Type::TIMESTAMP
            | Type::TIMESTAMPTZ
            | Type::BYTEA
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapted(value: Value, place: Type) -> Result<Option<String>> {
        adapt(&[value], &[place]).map(|mut bound| bound.remove(0).0)
    }

    #[test]
    fn a_value_that_keeps_its_meaning_is_adapted() {
        assert_eq!(adapted(Value::Integer(7), Type::NUMERIC).unwrap().as_deref(), Some("7"));
        assert_eq!(adapted(Value::Decimal("7.00".parse().unwrap()), Type::INT4).unwrap().as_deref(), Some("7"));
        assert_eq!(adapted(Value::Text("x".into()), Type::UUID).unwrap().as_deref(), Some("x"));
        assert_eq!(adapted(Value::Null(DataType::Text), Type::INT4).unwrap(), None);
        let date = Value::parse(DataType::Date, "2026-01-31").unwrap();
        assert_eq!(adapted(date, Type::TIMESTAMPTZ).unwrap().as_deref(), Some("2026-01-31"));
    }

    #[test]
    fn a_value_that_would_change_is_refused_by_position_and_type() {
        let error = adapt(&[Value::Integer(1), Value::Text("x".into())], &[Type::INT4, Type::INT4]).unwrap_err();
        assert_eq!(error.to_string(), "value 2 of the query is the text `x`, which cannot be used as int4 there");
        let error = adapted(Value::Integer(5_000_000_000), Type::INT4).unwrap_err().to_string();
        assert!(error.ends_with("cannot be used as int4 there: it is out of its range; write `?Name?::bigint`"));
        assert!(adapted(Value::Decimal("7.5".parse().unwrap()), Type::INT8).is_err());
        assert!(adapted(Value::Boolean(true), Type::INT4).is_err());
    }
}
