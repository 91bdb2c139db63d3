//! Cells as text: what CSV has between its commas, and what JSON and XLSX have where a number would not be exact.

use std::io::Write;

use arrow::datatypes::i256;

use crate::cell::Cell;

/// What stands between a date and its time.
#[derive(Clone, Copy)]
pub(crate) enum Between {
    /// `2026-01-31T14:30:00`, as in RFC 3339.
    T,
    /// `2026-01-31 14:30:00`, which spreadsheets read.
    Blank,
}

/// Appends a cell; nothing for NULL. Texts are appended as they are.
pub(crate) fn push(cell: Cell<'_>, between: Between, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => {}
        Cell::Boolean(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        Cell::Integer(value) => push_integer(value.unsigned_abs(), value < 0, out),
        Cell::Unsigned(value) => push_integer(value, false, out),
        Cell::Double(value) => push_double(value, out),
        Cell::Decimal { digits, scale } => push_decimal(digits, scale, out),
        Cell::WideDecimal { digits, scale } => push_wide_decimal(digits, scale, out),
        Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Bytes(bytes) => {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            out.extend(bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]));
        }
        Cell::Date(days) => push_date(days.into(), out),
        Cell::Time { nanoseconds } => push_time(nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000, out),
        Cell::DateTime { seconds, nanoseconds, zoned } => {
            push_date(seconds.div_euclid(86_400), out);
            out.push(match between {
                Between::T => b'T',
                Between::Blank => b' ',
            });
            push_time(seconds.rem_euclid(86_400).unsigned_abs(), nanoseconds.into(), out);
            if zoned {
                out.push(b'Z');
            }
        }
    }
}

/// The shortest digits that are this double again.
fn push_double(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        // Writing to memory does not fail, here and below.
        let _ = write!(out, "{value:?}");
    } else {
        out.extend_from_slice(not_finite(value).as_bytes());
    }
}

pub(crate) fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

fn push_integer(value: u64, is_negative: bool, out: &mut Vec<u8>) {
    if is_negative {
        out.push(b'-');
    }
    let mut digits = [0; 20];
    let start = digits_of(value, &mut digits);
    out.extend_from_slice(&digits[start..]);
}

/// Fills `digits` from its end and says where they begin.
fn digits_of(mut value: u64, digits: &mut [u8; 20]) -> usize {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            return start;
        }
    }
}

fn push_decimal(digits: i128, scale: u8, out: &mut Vec<u8>) {
    if digits < 0 {
        out.push(b'-');
    }
    match u64::try_from(digits.unsigned_abs()) {
        Ok(small) => {
            let mut buffer = [0; 20];
            let start = digits_of(small, &mut buffer);
            push_pointed(&buffer[start..], scale, out);
        }
        Err(_) => push_pointed(digits.unsigned_abs().to_string().as_bytes(), scale, out),
    }
}

fn push_wide_decimal(digits: i256, scale: u8, out: &mut Vec<u8>) {
    let text = digits.to_string();
    match text.strip_prefix('-') {
        Some(unsigned) => {
            out.push(b'-');
            push_pointed(unsigned.as_bytes(), scale, out);
        }
        None => push_pointed(text.as_bytes(), scale, out),
    }
}

/// Digits with a point before the last `scale` of them; always one digit before the point.
fn push_pointed(digits: &[u8], scale: u8, out: &mut Vec<u8>) {
    let scale = usize::from(scale);
    if scale == 0 {
        out.extend_from_slice(digits);
    } else if digits.len() > scale {
        out.extend_from_slice(&digits[..digits.len() - scale]);
        out.push(b'.');
        out.extend_from_slice(&digits[digits.len() - scale..]);
    } else {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + scale - digits.len(), b'0');
        out.extend_from_slice(digits);
    }
}

/// Years have four digits, and a sign where four do not do.
fn push_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(days);
    if !(0..=9_999).contains(&year) {
        out.push(if year < 0 { b'-' } else { b'+' });
    }
    push_padded(year.unsigned_abs(), 4, out);
    out.push(b'-');
    push_padded(month, 2, out);
    out.push(b'-');
    push_padded(day, 2, out);
}

fn push_time(seconds: u64, nanoseconds: u64, out: &mut Vec<u8>) {
    push_padded(seconds / 3_600, 2, out);
    out.push(b':');
    push_padded(seconds / 60 % 60, 2, out);
    out.push(b':');
    push_padded(seconds % 60, 2, out);
    if nanoseconds != 0 {
        out.push(b'.');
        // Three, six or nine digits, whichever is exact.
        let (value, width) = match nanoseconds {
            whole if whole % 1_000_000 == 0 => (whole / 1_000_000, 3),
            whole if whole % 1_000 == 0 => (whole / 1_000, 6),
            whole => (whole, 9),
        };
        push_padded(value, width, out);
    }
}

fn push_padded(value: u64, width: usize, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let start = digits_of(value, &mut digits);
    let length = digits.len() - start;
    out.resize(out.len() + width.saturating_sub(length), b'0');
    out.extend_from_slice(&digits[start..]);
}

/// Year, month and day of a day since 1970-01-01 in the proleptic Gregorian calendar, over the whole range of dates
/// that Arrow has (no date type of a library covers it). Years are counted from March in cycles of 400, so that the
/// leap day is the last of its year.
fn civil(days: i64) -> (i64, u64, u64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    const FROM_MARCH_OF_YEAR_0: i64 = 719_468;
    let days = days + FROM_MARCH_OF_YEAR_0;
    let cycle = days.div_euclid(DAYS_OF_400_YEARS);
    let day_of_cycle = days.rem_euclid(DAYS_OF_400_YEARS);
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
    (year, month.unsigned_abs(), day.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(cell: Cell<'_>) -> String {
        let mut out = Vec::new();
        push(cell, Between::T, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_are_right_over_their_whole_range() {
        let epoch = jiff::civil::date(1970, 1, 1);
        for days in (-4_371_222..2_932_896).step_by(97).chain([-4_371_222, 2_932_895, -1, 0, 11_016, 11_017]) {
            let date = epoch.checked_add(jiff::Span::new().days(days)).unwrap();
            let expected =
                (i64::from(date.year()), date.month().unsigned_abs().into(), date.day().unsigned_abs().into());
            assert_eq!(civil(i64::from(days)), expected);
        }
        assert_eq!(text(Cell::Date(i32::MAX)), "+5881580-07-11");
        assert_eq!(text(Cell::Date(i32::MIN)), "-5877641-06-23");
    }

    #[test]
    fn cells_are_written_exactly() {
        for (cell, expected) in [
            (Cell::Null, ""),
            (Cell::Integer(i64::MIN), "-9223372036854775808"),
            (Cell::Unsigned(u64::MAX), "18446744073709551615"),
            (Cell::Decimal { digits: 1_230, scale: 2 }, "12.30"),
            (Cell::Decimal { digits: -5, scale: 3 }, "-0.005"),
            (Cell::Decimal { digits: 0, scale: 2 }, "0.00"),
            (Cell::Decimal { digits: 10_i128.pow(37), scale: 0 }, "10000000000000000000000000000000000000"),
            (Cell::WideDecimal { digits: i256::MINUS_ONE, scale: 1 }, "-0.1"),
            (Cell::Double(0.1), "0.1"),
            (Cell::Double(1e300), "1e300"),
            (Cell::Double(f64::NEG_INFINITY), "-Infinity"),
            (Cell::Bytes(b"\x00\xff"), "00ff"),
            (Cell::Date(-719_468 - 366), "-0001-03-01"),
            (Cell::Time { nanoseconds: 86_399_999_999_000 }, "23:59:59.999999"),
            (Cell::DateTime { seconds: -1, nanoseconds: 500_000_000, zoned: true }, "1969-12-31T23:59:59.500Z"),
            (Cell::DateTime { seconds: 0, nanoseconds: 1, zoned: false }, "1970-01-01T00:00:00.000000001"),
        ] {
            assert_eq!(text(cell), expected);
        }
    }
}
