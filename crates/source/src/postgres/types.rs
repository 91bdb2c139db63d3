//! PostgreSQL's types as columns: how each is asked for, and how its binary form is read.
//!
//! The rule, without loss:
//!
//! - whole numbers, floating-point, boolean, bytea, date, timestamp (no zone) and timestamptz (UTC) are themselves
//! - `numeric(p, s)` is a decimal of that precision and scale, up to 38 digits
//! - any other `numeric` (a sum, an average) has no scale of its own: it is text that is marked as decimal. When the whole
//!   result is one batch, all of its values are known, and it becomes a decimal that holds each of them exactly
//! - text of any kind, uuid, json and enums are text; money is a decimal
//! - everything else (arrays, intervals, ranges, addresses, ...) is text, written by PostgreSQL itself
//!
//! What a column cannot hold (`NaN` in a decimal, `infinity` in a date) ends the run with the column's name.

use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType as ArrowType, TimeUnit};
use domain::DataType;
use tokio_postgres::types::{FromSql, Kind, Type};

use super::numeric::Numeric;
use crate::cells::{Cells, UTC};

/// PostgreSQL counts days and microseconds from 2000-01-01.
const DAYS_TO_2000: i32 = 10_957;
const MICROSECONDS_TO_2000: i64 = DAYS_TO_2000 as i64 * 86_400 * 1_000_000;

/// How a column arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Boolean,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Decimal {
        precision: u8,
        scale: i8,
    },
    /// A numeric without a scale, or with more digits than a decimal column has.
    Numeric,
    Text,
    Jsonb,
    Uuid,
    Date,
    Timestamp,
    TimestampUtc,
    Bytes,
    /// Asked for as another type, by a cast around the query.
    Cast(&'static str),
}

impl Form {
    pub(crate) fn of(place: &Type, modifier: i32) -> Form {
        match *place {
            Type::BOOL => Form::Boolean,
            Type::INT2 => Form::Int2,
            Type::INT4 => Form::Int4,
            Type::INT8 => Form::Int8,
            Type::OID => Form::Oid,
            Type::FLOAT4 => Form::Float4,
            Type::FLOAT8 => Form::Float8,
            Type::NUMERIC => numeric(modifier),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON | Type::XML => {
                Form::Text
            }
            Type::JSONB => Form::Jsonb,
            Type::UUID => Form::Uuid,
            Type::DATE => Form::Date,
            Type::TIMESTAMP => Form::Timestamp,
            Type::TIMESTAMPTZ => Form::TimestampUtc,
            Type::BYTEA => Form::Bytes,
            // A function without a value.
            Type::VOID => Form::Text,
            Type::MONEY => Form::Cast("numeric"),
            _ => match place.kind() {
                Kind::Domain(inner) => Form::of(inner, modifier),
                Kind::Enum(_) => Form::Text,
                _ => Form::Cast("text"),
            },
        }
    }

    pub(crate) fn arrow(self) -> ArrowType {
        match self {
            Form::Boolean => ArrowType::Boolean,
            Form::Int2 | Form::Int4 | Form::Int8 | Form::Oid => ArrowType::Int64,
            Form::Float4 => ArrowType::Float32,
            Form::Float8 => ArrowType::Float64,
            Form::Decimal { precision, scale } => ArrowType::Decimal128(precision, scale),
            Form::Numeric | Form::Text | Form::Jsonb | Form::Uuid | Form::Cast(_) => ArrowType::Utf8,
            Form::Date => ArrowType::Date32,
            Form::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, None),
            Form::TimestampUtc => ArrowType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            Form::Bytes => ArrowType::Binary,
        }
    }

    pub(crate) fn data_type(self) -> DataType {
        match self {
            Form::Boolean => DataType::Boolean,
            Form::Int2 | Form::Int4 | Form::Int8 | Form::Oid => DataType::Integer,
            Form::Float4 | Form::Float8 | Form::Decimal { .. } | Form::Numeric | Form::Cast("numeric") => {
                DataType::Decimal
            }
            Form::Text | Form::Jsonb | Form::Uuid | Form::Bytes | Form::Cast(_) => DataType::Text,
            Form::Date => DataType::Date,
            Form::Timestamp | Form::TimestampUtc => DataType::DateTime,
        }
    }

    /// Reads one cell that is not null; the error says why it has no place in its column.
    pub(crate) fn append(self, cells: &mut Cells, bytes: &[u8]) -> Result<(), String> {
        match (self, cells) {
            (Form::Boolean, Cells::Boolean(cells)) => cells.append_value(fixed::<1>(bytes)? != [0]),
            (Form::Int2, Cells::Integer(cells)) => cells.append_value(i16::from_be_bytes(fixed(bytes)?).into()),
            (Form::Int4, Cells::Integer(cells)) => cells.append_value(i32::from_be_bytes(fixed(bytes)?).into()),
            (Form::Int8, Cells::Integer(cells)) => cells.append_value(i64::from_be_bytes(fixed(bytes)?)),
            (Form::Oid, Cells::Integer(cells)) => cells.append_value(u32::from_be_bytes(fixed(bytes)?).into()),
            (Form::Float4, Cells::Float32(cells)) => cells.append_value(f32::from_be_bytes(fixed(bytes)?)),
            (Form::Float8, Cells::Float64(cells)) => cells.append_value(f64::from_be_bytes(fixed(bytes)?)),
            (Form::Decimal { precision, scale }, Cells::Decimal(cells)) => {
                let numeric = Numeric::read(bytes).ok_or_else(malformed)?;
                let scaled = numeric.scaled(precision, scale);
                cells.append_value(
                    scaled.ok_or_else(|| {
                        format!("it holds {numeric}, which a decimal({precision}, {scale}) cannot hold")
                    })?,
                );
            }
            (Form::Numeric, Cells::Text(cells)) => {
                cells.append_value(Numeric::read(bytes).ok_or_else(malformed)?.to_string());
            }
            (Form::Text, Cells::Text(cells)) => cells.append_value(text(bytes)?),
            (Form::Jsonb, Cells::Text(cells)) => match bytes.split_first() {
                Some((1, json)) => cells.append_value(text(json)?),
                _ => return Err(malformed()),
            },
            (Form::Uuid, Cells::Text(cells)) => cells.append_value(uuid(fixed(bytes)?)),
            (Form::Date, Cells::Date(cells)) => match i32::from_be_bytes(fixed(bytes)?) {
                i32::MIN | i32::MAX => return Err(endless("a date")),
                days => cells.append_value(days.checked_add(DAYS_TO_2000).ok_or_else(malformed)?),
            },
            (Form::Timestamp | Form::TimestampUtc, Cells::Timestamp(cells)) => {
                match i64::from_be_bytes(fixed(bytes)?) {
                    i64::MIN | i64::MAX => return Err(endless("a timestamp")),
                    since => cells.append_value(since.checked_add(MICROSECONDS_TO_2000).ok_or_else(malformed)?),
                }
            }
            (Form::Bytes, Cells::Binary(cells)) => cells.append_value(bytes),
            _ => return Err(malformed()),
        }
        Ok(())
    }
}

/// `numeric(p, s)`: the modifier holds both, the scale signed in eleven bits. -1 is none.
fn numeric(modifier: i32) -> Form {
    const HEADER: i32 = 4;
    if modifier < HEADER {
        return Form::Numeric;
    }
    let precision = ((modifier - HEADER) >> 16) & 0xFFFF;
    let scale = (((modifier - HEADER) & 0x7FF) ^ 1_024) - 1_024;
    // numeric(3, 5) has five digits after the point; numeric(3, -2) has five before it.
    let (precision, scale) = (precision.max(scale).max(precision - scale.min(0)), scale.max(0));
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(precision), Ok(scale)) if precision <= DECIMAL128_MAX_PRECISION => Form::Decimal { precision, scale },
        _ => Form::Numeric,
    }
}

/// A cell's bytes, whatever its type.
pub(crate) struct Raw<'a>(pub(crate) &'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Raw<'a>, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| malformed())
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "it holds text that is not UTF-8".to_owned())
}

fn uuid(bytes: [u8; 16]) -> String {
    let number = u128::from_be_bytes(bytes);
    let hex = format!("{number:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn endless(what: &str) -> String {
    format!("it holds {what} of `infinity`; cast it to text")
}

fn malformed() -> String {
    "the server sent a value in an unknown form".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_is_a_decimal_when_its_declaration_fits() {
        let modifier = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7FF)) + 4;
        assert_eq!(Form::of(&Type::NUMERIC, modifier(15, 2)), Form::Decimal { precision: 15, scale: 2 });
        assert_eq!(Form::of(&Type::NUMERIC, modifier(38, 38)), Form::Decimal { precision: 38, scale: 38 });
        assert_eq!(Form::of(&Type::NUMERIC, modifier(39, 2)), Form::Numeric);
        assert_eq!(Form::of(&Type::NUMERIC, modifier(3, 5)), Form::Decimal { precision: 5, scale: 5 });
        assert_eq!(Form::of(&Type::NUMERIC, modifier(3, -2)), Form::Decimal { precision: 5, scale: 0 });
        assert_eq!(Form::of(&Type::NUMERIC, -1), Form::Numeric);
    }

    #[test]
    fn a_uuid_is_written_in_its_usual_form() {
        assert_eq!(uuid([0xAB; 16]), "abababab-abab-abab-abab-abababababab");
    }
}
