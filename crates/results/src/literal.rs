//! Reading a filter's text into the type of its column.
//!
//! Invariant: a number is read exactly. What the column's own type cannot hold is compared in a wider one, never
//! rounded: `1.239` equals no amount with two digits, and `gt 1.239` finds 1.24.

use std::sync::Arc;

use arrow::datatypes::{DataType, TimeUnit, i256};
use datafusion::scalar::ScalarValue;
use jiff::civil::{Date, DateTime, Time};

/// A decimal of arrow has at most 76 digits.
const DIGITS_MAX: usize = 76;

/// A value to compare a column with; `widen` is the type into which the column goes first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Literal {
    pub(crate) value: ScalarValue,
    pub(crate) widen: Option<DataType>,
}

impl From<ScalarValue> for Literal {
    fn from(value: ScalarValue) -> Literal {
        Literal { value, widen: None }
    }
}

/// Reads `text` for a column of `data_type`; the error says what would fit.
pub(crate) fn read(data_type: &DataType, text: &str) -> Result<Literal, String> {
    let trimmed = text.trim();
    match data_type {
        DataType::Utf8 => Ok(ScalarValue::Utf8(Some(text.to_owned())).into()),
        DataType::LargeUtf8 => Ok(ScalarValue::LargeUtf8(Some(text.to_owned())).into()),
        DataType::Boolean => boolean(trimmed),
        DataType::Float64 => float(trimmed).map(|value| ScalarValue::Float64(Some(value)).into()),
        DataType::Float32 => float(trimmed).map(|value| ScalarValue::Float32(Some(value as f32)).into()),
        DataType::Decimal128(precision, scale) => decimal(trimmed, *precision, *scale, |digits| {
            digits.to_i128().map(|digits| ScalarValue::Decimal128(Some(digits), *precision, *scale))
        }),
        DataType::Decimal256(precision, scale) => decimal(trimmed, *precision, *scale, |digits| {
            Some(ScalarValue::Decimal256(Some(digits), *precision, *scale))
        }),
        DataType::Date32 => date(trimmed).map(|days| ScalarValue::Date32(Some(days)).into()),
        DataType::Time64(unit) => time(trimmed, *unit),
        DataType::Timestamp(unit, zone) => timestamp(trimmed, *unit, zone.as_ref()),
        DataType::Binary => bytes(trimmed).map(|bytes| ScalarValue::Binary(Some(bytes)).into()),
        DataType::LargeBinary => bytes(trimmed).map(|bytes| ScalarValue::LargeBinary(Some(bytes)).into()),
        integer => whole_number(trimmed, integer),
    }
}

fn boolean(text: &str) -> Result<Literal, String> {
    let value = match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => true,
        "false" | "no" | "0" => false,
        _ => return Err("it holds true or false".to_owned()),
    };
    Ok(ScalarValue::Boolean(Some(value)).into())
}

fn float(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| "it holds numbers like 1234.5".to_owned())
}

fn whole_number(text: &str, data_type: &DataType) -> Result<Literal, String> {
    let wrong = || "it holds whole numbers like 1234".to_owned();
    let value: i128 = text.parse().map_err(|_| wrong())?;
    let narrow = match data_type {
        DataType::Int8 => i8::try_from(value).ok().map(|value| ScalarValue::Int8(Some(value))),
        DataType::Int16 => i16::try_from(value).ok().map(|value| ScalarValue::Int16(Some(value))),
        DataType::Int32 => i32::try_from(value).ok().map(|value| ScalarValue::Int32(Some(value))),
        DataType::Int64 => i64::try_from(value).ok().map(|value| ScalarValue::Int64(Some(value))),
        DataType::UInt8 => u8::try_from(value).ok().map(|value| ScalarValue::UInt8(Some(value))),
        DataType::UInt16 => u16::try_from(value).ok().map(|value| ScalarValue::UInt16(Some(value))),
        DataType::UInt32 => u32::try_from(value).ok().map(|value| ScalarValue::UInt32(Some(value))),
        DataType::UInt64 => u64::try_from(value).ok().map(|value| ScalarValue::UInt64(Some(value))),
        other => return Err(format!("filters do not know the type {other}")),
    };
    if let Some(value) = narrow {
        return Ok(value.into());
    }
    // 38 digits hold every 64-bit number; beyond them nothing in such a column differs from the edge.
    let edge = 10_i128.pow(38) - 1;
    let value = ScalarValue::Decimal128(Some(value.clamp(-edge, edge)), 38, 0);
    Ok(Literal { value, widen: Some(DataType::Decimal128(38, 0)) })
}

fn decimal(
    text: &str,
    precision: u8,
    scale: i8,
    narrow: impl Fn(i256) -> Option<ScalarValue>,
) -> Result<Literal, String> {
    let (digits, fraction) = decimal_digits(text).ok_or_else(|| "it holds numbers like 1234.50".to_owned())?;
    let column_scale = usize::from(scale.unsigned_abs());
    let wide_scale = column_scale.max(fraction);
    let whole_digits = digits.trim_start_matches('0').len().saturating_sub(fraction);
    let column_whole = usize::from(precision).saturating_sub(column_scale);
    if column_whole.max(whole_digits) + wide_scale > DIGITS_MAX {
        return Err("the number has too many digits".to_owned());
    }
    let negative = text.starts_with('-');
    let number = format!("{}{digits}{}", if negative { "-" } else { "" }, "0".repeat(wide_scale - fraction));
    let number = i256::from_string(&number).ok_or_else(|| "the number has too many digits".to_owned())?;
    if wide_scale == column_scale
        && whole_digits <= column_whole
        && let Some(value) = narrow(number)
    {
        return Ok(value.into());
    }
    let (precision, scale) = (DIGITS_MAX as u8, wide_scale as i8);
    let value = ScalarValue::Decimal256(Some(number), precision, scale);
    Ok(Literal { value, widen: Some(DataType::Decimal256(precision, scale)) })
}

/// The digits of a plain decimal number without sign and point, and how many of them are its fraction; noughts at
/// the end of the fraction do not count.
fn decimal_digits(text: &str) -> Option<(String, usize)> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    if whole.len() + fraction.len() == 0 || !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    Some((format!("{whole}{fraction}"), fraction.len()))
}

fn date(text: &str) -> Result<i32, String> {
    let date: Date = text.parse().map_err(|_| "it holds dates like 2026-01-31".to_owned())?;
    let hours = date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours();
    i32::try_from(hours / 24).map_err(|_| "the date is out of range".to_owned())
}

fn time(text: &str, unit: TimeUnit) -> Result<Literal, String> {
    let time: Time = text.parse().map_err(|_| "it holds times of day like 14:30".to_owned())?;
    let nanoseconds = time.duration_since(Time::midnight()).as_nanos();
    let value = i64::try_from(nanoseconds).map_err(|_| "the time is out of range".to_owned())?;
    Ok(match unit {
        TimeUnit::Nanosecond => ScalarValue::Time64Nanosecond(Some(value)),
        _ => ScalarValue::Time64Microsecond(Some(value / 1_000)),
    }
    .into())
}

fn timestamp(text: &str, unit: TimeUnit, zone: Option<&Arc<str>>) -> Result<Literal, String> {
    let example = if zone.is_some() { "2026-01-31T14:30:00Z" } else { "2026-01-31 14:30" };
    let wrong = || format!("it holds date-times like {example}");
    let since_epoch = match text.parse::<jiff::Timestamp>() {
        Ok(instant) if zone.is_some() => instant.duration_since(jiff::Timestamp::UNIX_EPOCH),
        Ok(_) => return Err(wrong()),
        Err(_) => {
            let civil: DateTime = text.parse().map_err(|_| wrong())?;
            civil.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0))
        }
    };
    let per_second = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let nanoseconds = since_epoch.as_nanos();
    let value = nanoseconds.div_euclid(1_000_000_000 / per_second);
    let value = Some(i64::try_from(value).map_err(|_| "the date-time is out of range".to_owned())?);
    let zone = zone.cloned();
    Ok(match unit {
        TimeUnit::Second => ScalarValue::TimestampSecond(value, zone),
        TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(value, zone),
        TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(value, zone),
        TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(value, zone),
    }
    .into())
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let wrong = || "it holds bytes, written as hexadecimal digits like 00ff".to_owned();
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return Err(wrong());
    }
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).map_err(|_| wrong())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_the_column_cannot_hold_are_compared_in_a_wider_type() {
        let narrow = read(&DataType::Decimal128(10, 2), "-12.5").unwrap();
        assert_eq!(narrow, ScalarValue::Decimal128(Some(-1_250), 10, 2).into());
        let wide = read(&DataType::Decimal128(10, 2), "1.239").unwrap();
        assert_eq!(wide.value, ScalarValue::Decimal256(Some(i256::from(1_239)), 76, 3));
        assert_eq!(wide.widen, Some(DataType::Decimal256(76, 3)));
        let wide = read(&DataType::Int16, "40000").unwrap();
        assert_eq!(wide.value, ScalarValue::Decimal128(Some(40_000), 38, 0));
        assert_eq!(read(&DataType::Int16, "4000").unwrap(), ScalarValue::Int16(Some(4_000)).into());
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        for (data_type, text, message) in [
            (DataType::Int64, "1.5", "it holds whole numbers like 1234"),
            (DataType::Float64, "inf", "it holds numbers like 1234.5"),
            (DataType::Decimal128(10, 2), "1e3", "it holds numbers like 1234.50"),
            (DataType::Decimal128(10, 2), "--1", "it holds numbers like 1234.50"),
            (DataType::Decimal128(10, 2), "", "it holds numbers like 1234.50"),
            (DataType::Date32, "31.01.2026", "it holds dates like 2026-01-31"),
            (DataType::Boolean, "maybe", "it holds true or false"),
            (DataType::Binary, "0g", "it holds bytes, written as hexadecimal digits like 00ff"),
            (DataType::Timestamp(TimeUnit::Microsecond, None), "x", "it holds date-times like 2026-01-31 14:30"),
        ] {
            assert_eq!(read(&data_type, text).unwrap_err(), message, "{data_type} {text}");
        }
        assert!(read(&DataType::Decimal256(76, 2), &"9".repeat(77)).is_err());
    }

    #[test]
    fn dates_and_times_are_read_into_the_column_s_unit() {
        assert_eq!(read(&DataType::Date32, "1969-12-31").unwrap(), ScalarValue::Date32(Some(-1)).into());
        assert_eq!(read(&DataType::Date32, "2026-01-31").unwrap(), ScalarValue::Date32(Some(20_484)).into());
        let local = DataType::Timestamp(TimeUnit::Microsecond, None);
        let expected = ScalarValue::TimestampMicrosecond(Some(1_500_000), None);
        assert_eq!(read(&local, "1970-01-01 00:00:01.5").unwrap(), expected.into());
        let zoned = DataType::Timestamp(TimeUnit::Millisecond, Some("+00:00".into()));
        let expected = ScalarValue::TimestampMillisecond(Some(-3_600_000), Some("+00:00".into()));
        assert_eq!(read(&zoned, "1970-01-01T00:00:00+01:00").unwrap(), expected.clone().into());
        assert_eq!(read(&zoned, "1969-12-31 23:00").unwrap(), expected.into());
    }
}
