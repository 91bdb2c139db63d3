//! Cells: one reading of Arrow for the grid and for every file.

use arrow::{
    array::{
        Array, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float32Array,
        Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeBinaryArray, LargeStringArray, StringArray,
        UInt8Array, UInt16Array, UInt32Array, UInt64Array,
    },
    datatypes::{
        DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
        Int64Type, Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
        UInt64Type, i256,
    },
};

const NANOSECONDS: i64 = 1_000_000_000;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    /// A single-precision number is the double nearest to its shortest decimal, which is what people know it as.
    Double(f64),
    /// `digits` over ten to the power of `scale`.
    Decimal {
        digits: i128,
        scale: u8,
    },
    WideDecimal {
        digits: i256,
        scale: u8,
    },
    Text(&'a str),
    Bytes(&'a [u8]),
    /// Days since 1970-01-01.
    Date(i32),
    Time {
        nanoseconds: u64,
    },
    /// Since 1970-01-01T00:00:00; `zoned` is an instant in UTC, otherwise it is local time of no said zone.
    DateTime {
        seconds: i64,
        nanoseconds: u32,
        zoned: bool,
    },
}

/// The cells of one column of a batch.
pub(crate) struct Cells<'a> {
    array: &'a dyn Array,
    values: Values<'a>,
}

enum Values<'a> {
    Boolean(&'a BooleanArray),
    Int8(&'a Int8Array),
    Int16(&'a Int16Array),
    Int32(&'a Int32Array),
    Int64(&'a Int64Array),
    UInt8(&'a UInt8Array),
    UInt16(&'a UInt16Array),
    UInt32(&'a UInt32Array),
    UInt64(&'a UInt64Array),
    Float32(&'a Float32Array),
    Float64(&'a Float64Array),
    Decimal(&'a Decimal128Array, u8),
    WideDecimal(&'a Decimal256Array, u8),
    Text(&'a StringArray),
    LargeText(&'a LargeStringArray),
    Bytes(&'a BinaryArray),
    LargeBytes(&'a LargeBinaryArray),
    Date(&'a Date32Array),
    Time { values: &'a [i64], per_second: i64 },
    DateTime { values: &'a [i64], per_second: i64, zoned: bool },
}

/// Whether [`Cells::new`] knows the type.
pub(crate) fn is_readable(data_type: &DataType) -> bool {
    Cells::new(&*arrow::array::new_empty_array(data_type)).is_some()
}

impl<'a> Cells<'a> {
    /// None for types that no result has.
    pub(crate) fn new(array: &'a dyn Array) -> Option<Cells<'a>> {
        let values = match array.data_type() {
            DataType::Boolean => Values::Boolean(array.as_boolean()),
            DataType::Int8 => Values::Int8(array.as_primitive::<Int8Type>()),
            DataType::Int16 => Values::Int16(array.as_primitive::<Int16Type>()),
            DataType::Int32 => Values::Int32(array.as_primitive::<Int32Type>()),
            DataType::Int64 => Values::Int64(array.as_primitive::<Int64Type>()),
            DataType::UInt8 => Values::UInt8(array.as_primitive::<UInt8Type>()),
            DataType::UInt16 => Values::UInt16(array.as_primitive::<UInt16Type>()),
            DataType::UInt32 => Values::UInt32(array.as_primitive::<UInt32Type>()),
            DataType::UInt64 => Values::UInt64(array.as_primitive::<UInt64Type>()),
            DataType::Float32 => Values::Float32(array.as_primitive::<Float32Type>()),
            DataType::Float64 => Values::Float64(array.as_primitive::<Float64Type>()),
            DataType::Decimal128(_, scale) => {
                Values::Decimal(array.as_primitive::<Decimal128Type>(), u8::try_from(*scale).ok()?)
            }
            DataType::Decimal256(_, scale) => {
                Values::WideDecimal(array.as_primitive::<Decimal256Type>(), u8::try_from(*scale).ok()?)
            }
            DataType::Utf8 => Values::Text(array.as_string::<i32>()),
            DataType::LargeUtf8 => Values::LargeText(array.as_string::<i64>()),
            DataType::Binary => Values::Bytes(array.as_binary::<i32>()),
            DataType::LargeBinary => Values::LargeBytes(array.as_binary::<i64>()),
            DataType::Date32 => Values::Date(array.as_primitive::<Date32Type>()),
            DataType::Time64(unit) => {
                let values: &[i64] = match unit {
                    TimeUnit::Nanosecond => array.as_primitive::<Time64NanosecondType>().values(),
                    _ => array.as_primitive::<Time64MicrosecondType>().values(),
                };
                Values::Time { values, per_second: per_second(*unit) }
            }
            DataType::Timestamp(unit, zone) => {
                let values: &[i64] = match unit {
                    TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
                    TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
                    TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
                    TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
                };
                Values::DateTime { values, per_second: per_second(*unit), zoned: zone.is_some() }
            }
            _ => return None,
        };
        Some(Cells { array, values })
    }

    pub(crate) fn get(&self, row: usize) -> Cell<'a> {
        if self.array.is_null(row) {
            return Cell::Null;
        }
        match &self.values {
            Values::Boolean(values) => Cell::Boolean(values.value(row)),
            Values::Int8(values) => Cell::Integer(values.value(row).into()),
            Values::Int16(values) => Cell::Integer(values.value(row).into()),
            Values::Int32(values) => Cell::Integer(values.value(row).into()),
            Values::Int64(values) => Cell::Integer(values.value(row)),
            Values::UInt8(values) => Cell::Integer(values.value(row).into()),
            Values::UInt16(values) => Cell::Integer(values.value(row).into()),
            Values::UInt32(values) => Cell::Integer(values.value(row).into()),
            Values::UInt64(values) => Cell::Unsigned(values.value(row)),
            Values::Float32(values) => Cell::Double(widened(values.value(row))),
            Values::Float64(values) => Cell::Double(values.value(row)),
            Values::Decimal(values, scale) => Cell::Decimal { digits: values.value(row), scale: *scale },
            Values::WideDecimal(values, scale) => Cell::WideDecimal { digits: values.value(row), scale: *scale },
            Values::Text(values) => Cell::Text(values.value(row)),
            Values::LargeText(values) => Cell::Text(values.value(row)),
            Values::Bytes(values) => Cell::Bytes(values.value(row)),
            Values::LargeBytes(values) => Cell::Bytes(values.value(row)),
            Values::Date(values) => Cell::Date(values.value(row)),
            Values::Time { values, per_second } => {
                let nanoseconds = values[row].saturating_mul(NANOSECONDS / per_second);
                Cell::Time { nanoseconds: u64::try_from(nanoseconds).unwrap_or(0) }
            }
            Values::DateTime { values, per_second, zoned } => {
                let fraction = values[row].rem_euclid(*per_second) * (NANOSECONDS / per_second);
                Cell::DateTime {
                    seconds: values[row].div_euclid(*per_second),
                    nanoseconds: u32::try_from(fraction).unwrap_or(0),
                    zoned: *zoned,
                }
            }
        }
    }
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => NANOSECONDS,
    }
}

fn widened(single: f32) -> f64 {
    single.to_string().parse().unwrap_or(f64::from(single))
}
