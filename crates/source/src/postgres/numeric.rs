//! PostgreSQL's `numeric` in its binary form: groups of four decimal digits, of any length.
//!
//! Source: PostgreSQL, `src/backend/utils/adt/numeric.c`, `numeric_send`.

use std::fmt::{self, Write};

use arrow::{
    array::{Array, ArrayRef, Decimal128Array, StringArray},
    datatypes::{DECIMAL128_MAX_PRECISION, DataType as ArrowType},
};

const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;
const NOT_A_NUMBER: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

pub(crate) enum Numeric<'a> {
    /// As it is written: `NaN`, `Infinity`, `-Infinity`.
    Special(&'static str),
    Finite {
        negative: bool,
        /// The first group counts 10000 to this power.
        weight: i16,
        /// Digits after the point, as shown.
        scale: u16,
        /// Big-endian pairs of bytes, 0 to 9999 each.
        groups: &'a [u8],
    },
}

impl<'a> Numeric<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Numeric<'a>> {
        let head = |index: usize| Some(u16::from_be_bytes([*bytes.get(index)?, *bytes.get(index + 1)?]));
        let (count, weight, sign, scale) = (head(0)?, head(2)?, head(4)?, head(6)?);
        let groups = bytes.get(8..).filter(|groups| groups.len() == usize::from(count) * 2)?;
        Some(match sign {
            POSITIVE | NEGATIVE => {
                Numeric::Finite { negative: sign == NEGATIVE, weight: weight.cast_signed(), scale, groups }
            }
            NOT_A_NUMBER => Numeric::Special("NaN"),
            INFINITY => Numeric::Special("Infinity"),
            MINUS_INFINITY => Numeric::Special("-Infinity"),
            _ => return None,
        })
    }

    /// The number times 10 to the power of `scale`, when that is a whole number of up to `precision` digits.
    pub(crate) fn scaled(&self, precision: u8, scale: i8) -> Option<i128> {
        let Numeric::Finite { negative, weight, groups, .. } = self else {
            return None;
        };
        let mut total: i128 = 0;
        for (index, group) in groups_of(groups).enumerate() {
            let power = (i32::from(*weight) - i32::try_from(index).ok()?) * 4 + i32::from(scale);
            let group = i128::from(group);
            let part = if power >= 0 {
                group.checked_mul(10_i128.checked_pow(power.unsigned_abs())?)
            } else {
                let divisor = 10_i128.checked_pow(power.unsigned_abs())?;
                (group % divisor == 0).then(|| group / divisor)
            };
            total = total.checked_add(part?)?;
        }
        let fits = total < 10_i128.checked_pow(u32::from(precision))?;
        fits.then(|| if *negative { -total } else { total })
    }
}

fn groups_of(groups: &[u8]) -> impl Iterator<Item = u16> + '_ {
    groups.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
}

impl fmt::Display for Numeric<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (negative, weight, scale, groups) = match self {
            Numeric::Special(text) => return f.write_str(text),
            Numeric::Finite { negative, weight, scale, groups } => (negative, *weight, usize::from(*scale), groups),
        };
        if *negative {
            f.write_char('-')?;
        }
        let groups: Vec<u16> = groups_of(groups).collect();
        let at = |power: i32| {
            let index = usize::try_from(i32::from(weight) - power).ok();
            index.and_then(|index| groups.get(index)).copied().unwrap_or(0)
        };
        if weight < 0 {
            f.write_char('0')?;
        } else {
            write!(f, "{}", at(i32::from(weight)))?;
            (0..i32::from(weight)).rev().try_for_each(|power| write!(f, "{:04}", at(power)))?;
        }
        if scale > 0 {
            let mut fraction = String::with_capacity(scale + 4);
            let mut power = -1;
            while fraction.len() < scale {
                write!(fraction, "{:04}", at(power))?;
                power -= 1;
            }
            write!(f, ".{}", &fraction[..scale])?;
        }
        Ok(())
    }
}

/// Numbers written as text, as one decimal column that holds each of them exactly; `None` when there is no such column.
pub(crate) fn narrowed(texts: &StringArray) -> Option<ArrayRef> {
    let scale_of = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let scale = texts.iter().flatten().map(scale_of).max().unwrap_or(0);
    let scale = i8::try_from(scale).ok().filter(|scale| scale.unsigned_abs() <= DECIMAL128_MAX_PRECISION)?;
    let limit = 10_i128.pow(u32::from(DECIMAL128_MAX_PRECISION));
    let number = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let padded = format!("{whole}{fraction:0<width$}", width = usize::from(scale.unsigned_abs()));
        padded.parse::<i128>().ok().filter(|number| number.abs() < limit)
    };
    let mut numbers = Vec::with_capacity(texts.len());
    for text in texts {
        numbers.push(match text {
            None => None,
            Some(text) => Some(number(text)?),
        });
    }
    let column = Decimal128Array::from(numbers).with_data_type(ArrowType::Decimal128(DECIMAL128_MAX_PRECISION, scale));
    Some(std::sync::Arc::new(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(weight: i16, sign: u16, scale: u16, groups: &[u16]) -> Vec<u8> {
        let head = [u16::try_from(groups.len()).unwrap(), weight.cast_unsigned(), sign, scale];
        head.iter().chain(groups).flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn a_numeric_is_read_in_all_its_digits() {
        let cases = [
            (binary(0, POSITIVE, 0, &[]), "0", Some(0)),
            (binary(1, POSITIVE, 2, &[1, 2345, 6700]), "12345.67", Some(1_234_567)),
            (binary(-1, NEGATIVE, 4, &[100]), "-0.0100", Some(-1)),
            (binary(1, POSITIVE, 0, &[5]), "50000", Some(5_000_000)),
            (binary(0, POSITIVE, 3, &[1, 1250]), "1.125", None),
            (binary(0, NOT_A_NUMBER, 0, &[]), "NaN", None),
        ];
        for (bytes, text, scaled) in cases {
            let numeric = Numeric::read(&bytes).unwrap();
            assert_eq!(numeric.to_string(), text);
            assert_eq!(numeric.scaled(38, 2), scaled, "{text}");
        }
    }

    #[test]
    fn texts_become_a_decimal_column_only_when_it_holds_each_of_them() {
        let column = narrowed(&StringArray::from(vec![Some("1.5"), None, Some("-0.125")])).unwrap();
        let column = column.as_any().downcast_ref::<Decimal128Array>().unwrap();
        assert_eq!((column.value(0), column.value(2), column.scale()), (1_500, -125, 3));
        assert!(narrowed(&StringArray::from(vec!["NaN"])).is_none());
        assert!(narrowed(&StringArray::from(vec!["9".repeat(39)])).is_none());
        assert!(narrowed(&StringArray::from(vec!["9".repeat(30), format!("0.{}", "1".repeat(20))])).is_none());
    }
}
