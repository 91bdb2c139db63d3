//! Cells: rows of Arrow batches as the API gives them.
//!
//! Invariant: nothing is rounded on the way. A number is a JSON number only where every reader of JSON holds it exactly; what is
//! larger, and every decimal, is text with all of its digits.

use arrow::{
    array::{Array, AsArray},
    datatypes::{
        DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
    error::ArrowError,
    record_batch::RecordBatch,
    util::display::{ArrayFormatter, FormatOptions},
};
use serde_json::Value;

/// Integers from here on, and below its negative, are not exact in a double.
const EXACT_BELOW: i128 = 1 << 53;

/// The rows of a batch, each with a cell for every column: null, true or false, a number, or text (decimals, large integers,
/// dates `2026-01-02`, date-times in RFC 3339 or local without zone, bytes in hexadecimal).
pub fn cells(batch: &RecordBatch) -> Result<Vec<Vec<Value>>, ArrowError> {
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for column in batch.columns() {
        let cell = reader(column)?;
        for (row_idx, row) in rows.iter_mut().enumerate() {
            row.push(if column.is_null(row_idx) { Value::Null } else { cell(row_idx) });
        }
    }
    Ok(rows)
}

type Cell<'a> = Box<dyn Fn(usize) -> Value + 'a>;

fn reader(column: &dyn Array) -> Result<Cell<'_>, ArrowError> {
    macro_rules! integers {
        ($type:ty) => {{
            let array = column.as_primitive::<$type>();
            Box::new(move |row_idx| integer(array.value(row_idx).into()))
        }};
    }
    Ok(match column.data_type() {
        DataType::Boolean => {
            let array = column.as_boolean();
            Box::new(move |row_idx| Value::Bool(array.value(row_idx)))
        }
        DataType::Int8 => integers!(Int8Type),
        DataType::Int16 => integers!(Int16Type),
        DataType::Int32 => integers!(Int32Type),
        DataType::Int64 => integers!(Int64Type),
        DataType::UInt8 => integers!(UInt8Type),
        DataType::UInt16 => integers!(UInt16Type),
        DataType::UInt32 => integers!(UInt32Type),
        DataType::UInt64 => integers!(UInt64Type),
        DataType::Float32 => {
            let array = column.as_primitive::<Float32Type>();
            // By way of its shortest text: 0.1 stays 0.1 and does not become 0.10000000149.
            Box::new(move |row_idx| {
                let text = array.value(row_idx).to_string();
                text.parse().map_or(Value::String(text), double)
            })
        }
        DataType::Float64 => {
            let array = column.as_primitive::<Float64Type>();
            Box::new(move |row_idx| double(array.value(row_idx)))
        }
        DataType::Utf8 => {
            let array = column.as_string::<i32>();
            Box::new(move |row_idx| array.value(row_idx).into())
        }
        DataType::LargeUtf8 => {
            let array = column.as_string::<i64>();
            Box::new(move |row_idx| array.value(row_idx).into())
        }
        DataType::Binary => {
            let array = column.as_binary::<i32>();
            Box::new(move |row_idx| hexadecimal(array.value(row_idx)))
        }
        DataType::LargeBinary => {
            let array = column.as_binary::<i64>();
            Box::new(move |row_idx| hexadecimal(array.value(row_idx)))
        }
        _ => {
            let formatter = ArrayFormatter::try_new(column, &FormatOptions::new())?;
            Box::new(move |row_idx| Value::String(formatter.value(row_idx).to_string()))
        }
    })
}

fn integer(value: i128) -> Value {
    match i64::try_from(value) {
        Ok(exact) if value.abs() < EXACT_BELOW => exact.into(),
        _ => Value::String(value.to_string()),
    }
}

/// JSON has no word for infinity and for what is not a number.
fn double(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)
}

fn hexadecimal(bytes: &[u8]) -> Value {
    Value::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int64Array, StringArray,
        TimestampMicrosecondArray,
    };
    use serde_json::json;

    use super::*;

    fn cell(array: impl Array + 'static) -> Value {
        let batch = RecordBatch::try_from_iter([("x", Arc::new(array) as ArrayRef)]).unwrap();
        cells(&batch).unwrap().remove(0).remove(0)
    }

    #[test]
    fn integers_are_numbers_only_where_they_are_exact() {
        assert_eq!(cell(Int64Array::from(vec![(1_i64 << 53) - 1])), json!(9_007_199_254_740_991_i64));
        assert_eq!(cell(Int64Array::from(vec![1_i64 << 53])), json!("9007199254740992"));
        assert_eq!(cell(Int64Array::from(vec![i64::MIN])), json!("-9223372036854775808"));
        assert_eq!(cell(Int64Array::from(vec![None::<i64>])), json!(null));
    }

    #[test]
    fn decimals_keep_their_digits() {
        let array = Decimal128Array::from(vec![1_230]).with_precision_and_scale(20, 2).unwrap();
        assert_eq!(cell(array), json!("12.30"));
    }

    #[test]
    fn doubles_are_numbers_where_json_has_them() {
        assert_eq!(cell(Float64Array::from(vec![0.5])), json!(0.5));
        assert_eq!(cell(Float32Array::from(vec![0.1])), json!(0.1));
        assert_eq!(cell(Float64Array::from(vec![f64::NAN])), json!("NaN"));
        assert_eq!(cell(Float64Array::from(vec![f64::INFINITY])), json!("inf"));
    }

    #[test]
    fn dates_texts_and_bytes_are_text() {
        assert_eq!(cell(Date32Array::from(vec![20_484])), json!("2026-01-31"));
        assert_eq!(cell(TimestampMicrosecondArray::from(vec![1_500_000])), json!("1970-01-01T00:00:01.500"));
        let zoned = TimestampMicrosecondArray::from(vec![0]).with_timezone("+00:00");
        assert_eq!(cell(zoned), json!("1970-01-01T00:00:00Z"));
        assert_eq!(cell(StringArray::from(vec!["=1+1"])), json!("=1+1"));
        assert_eq!(cell(BinaryArray::from_vec(vec![&[0, 255]])), json!("00ff"));
    }
}
