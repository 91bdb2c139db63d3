//! Generated rows: page, CSV, XLSX, Parquet and JSON show the same values, read back by other code than ours.

use std::{collections::BTreeMap, sync::Arc};

use arrow::array::{
    BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float32Array, Float64Array, Int64Array,
    StringArray, Time64MicrosecondArray, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::i256;
use proptest::{collection::vec, option, prelude::*};
use serde_json::value::RawValue;

use super::*;
use crate::guard::is_like_a_formula;

/// A row, said without Arrow.
#[derive(Clone, Debug)]
struct Row {
    integer: Option<i64>,
    unsigned: Option<u64>,
    double: Option<f64>,
    single: Option<f32>,
    amount: Option<i128>,
    wide: Option<i128>,
    text: Option<String>,
    flag: Option<bool>,
    day: Option<i32>,
    local: Option<i64>,
    instant: Option<i64>,
    time: Option<i64>,
    bytes: Option<Vec<u8>>,
}

fn batch_of(rows: &[Row]) -> RecordBatch {
    batch(vec![
        ("integer", Arc::new(rows.iter().map(|row| row.integer).collect::<Int64Array>())),
        ("unsigned", Arc::new(rows.iter().map(|row| row.unsigned).collect::<UInt64Array>())),
        ("double", Arc::new(rows.iter().map(|row| row.double).collect::<Float64Array>())),
        ("single", Arc::new(rows.iter().map(|row| row.single).collect::<Float32Array>())),
        (
            "amount",
            Arc::new(
                rows.iter().map(|row| row.amount).collect::<Decimal128Array>().with_precision_and_scale(38, 2).unwrap(),
            ),
        ),
        (
            "wide",
            Arc::new(
                rows.iter()
                    .map(|row| {
                        row.wide.map(|wide| i256::from_i128(wide).wrapping_mul(i256::from_i128(10_i128.pow(30))))
                    })
                    .collect::<Decimal256Array>()
                    .with_precision_and_scale(76, 35)
                    .unwrap(),
            ),
        ),
        ("text", Arc::new(rows.iter().map(|row| row.text.clone()).collect::<StringArray>())),
        ("flag", Arc::new(rows.iter().map(|row| row.flag).collect::<BooleanArray>())),
        ("day", Arc::new(rows.iter().map(|row| row.day).collect::<Date32Array>())),
        ("local", Arc::new(rows.iter().map(|row| row.local).collect::<TimestampMicrosecondArray>())),
        (
            "instant",
            Arc::new(rows.iter().map(|row| row.instant).collect::<TimestampMicrosecondArray>().with_timezone("+00:00")),
        ),
        ("time", Arc::new(rows.iter().map(|row| row.time).collect::<Time64MicrosecondArray>())),
        ("bytes", Arc::new(rows.iter().map(|row| row.bytes.as_deref()).collect::<BinaryArray>())),
        // Readers of workbooks leave out blank rows at the end, so none is all blank.
        ("row", Arc::new(Int64Array::from_iter_values(0..rows.len() as i64))),
    ])
}

/// The value as people know it, worked out by other means than the crate's: numbers in their exact digits.
fn expected(row: &Row) -> [Option<String>; 13] {
    let at = |us: i64| jiff::Timestamp::from_microsecond(us).unwrap();
    let fraction = |us: i64| match us.rem_euclid(1_000_000) {
        0 => "",
        us if us % 1_000 == 0 => "%.3f",
        _ => "%.6f",
    };
    [
        row.integer.map(|value| value.to_string()),
        row.unsigned.map(|value| value.to_string()),
        row.double.map(|value| if value.is_finite() { format!("{value:?}") } else { not_finite(value) }),
        row.single.map(|value| format!("{:?}", value.to_string().parse::<f64>().unwrap())),
        row.amount.map(|value| pointed(&value.unsigned_abs().to_string(), value < 0, 2)),
        row.wide.map(|value| {
            let digits = format!("{}{}", value.unsigned_abs(), "0".repeat(30));
            let digits = if value == 0 { "0" } else { &digits };
            pointed(digits, value < 0, 35)
        }),
        row.text.clone(),
        row.flag.map(|value| value.to_string()),
        row.day
            .map(|days| jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap().to_string()),
        row.local.map(|us| at(us).strftime(&format!("%Y-%m-%dT%H:%M:%S{}", fraction(us))).to_string()),
        row.instant.map(|us| at(us).strftime(&format!("%Y-%m-%dT%H:%M:%S{}Z", fraction(us))).to_string()),
        row.time.map(|us| at(us).strftime(&format!("%H:%M:%S{}", fraction(us))).to_string()),
        row.bytes.as_ref().map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
    ]
}

fn pointed(digits: &str, is_negative: bool, scale: usize) -> String {
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{}{whole}.{fraction}", if is_negative { "-" } else { "" })
}

fn not_finite(value: f64) -> String {
    if value.is_nan() { "NaN".to_owned() } else { format!("{}Infinity", if value < 0.0 { "-" } else { "" }) }
}

/// A value of JSON as it stands in the text: numbers by their digits, and doubles by the shortest that mean them.
fn said(json: &str) -> Option<String> {
    match json {
        "null" => None,
        text if text.starts_with('"') => Some(serde_json::from_str(text).unwrap()),
        double if double.contains(['.', 'e']) && double != "true" && double != "false" => {
            Some(format!("{:?}", double.parse::<f64>().unwrap()))
        }
        other => Some(other.to_owned()),
    }
}

const NAMES: [&str; 13] = [
    "integer", "unsigned", "double", "single", "amount", "wide", "text", "flag", "day", "local", "instant", "time",
    "bytes",
];

fn check(rows: &[Row]) {
    let batch = batch_of(rows);
    let columns = columns_of(&batch);
    let page = crate::cells(&batch).unwrap();
    assert_eq!(page.len(), rows.len());
    let file = |format| written(format, &columns, &batch, &options()).0;
    let csv = read_csv(&file(FileFormat::Csv));
    assert_eq!(csv.len(), rows.len() + 1);
    let json: Vec<BTreeMap<String, Box<RawValue>>> = serde_json::from_slice(&file(FileFormat::Json)).unwrap();
    assert_eq!(json.len(), rows.len());
    let sheet = sheets(&file(FileFormat::Xlsx)).remove(0).1;
    assert_eq!(sheet.height(), rows.len() + 1);
    assert_eq!(format!("{:?}", parquet::read(file(FileFormat::Parquet)).1), format!("{batch:?}"));

    for (index, row) in rows.iter().enumerate() {
        for (column, expected) in expected(row).into_iter().enumerate() {
            let name = NAMES[column];
            assert_eq!(said(&page[index][column].to_string()), expected, "page, {name}");
            assert_eq!(said(json[index][name].get()), expected, "JSON, {name}");
            let in_csv = expected.clone().map(|text| match name {
                "local" | "instant" => text.replace('T', " "),
                "text" if is_like_a_formula(&text) => format!("'{text}"),
                _ => text,
            });
            assert_eq!(csv[index + 1][column], in_csv, "CSV, {name}");
            check_workbook(sheet.get((index + 1, column)).unwrap_or(&Data::Empty), name, row, expected);
        }
    }
}

/// A number cell has the value to 15 digits, a date cell to the microsecond; other cells have the text.
fn check_workbook(cell: &Data, name: &str, row: &Row, expected: Option<String>) {
    let expected = expected.filter(|text| !text.is_empty());
    let us = match name {
        "day" => row.day.map(|days| i64::from(days) * 86_400_000_000),
        "local" => row.local,
        "instant" => row.instant,
        "time" => row.time,
        _ => None,
    };
    match cell {
        Data::Empty => assert_eq!(expected, None, "XLSX, {name}"),
        Data::Bool(value) => assert_eq!(Some(value.to_string()), expected),
        Data::Float(value) => {
            let exact: f64 = expected.clone().unwrap().parse().unwrap();
            assert_eq!(*value, exact, "XLSX, {name}");
            if !matches!(name, "double" | "single") {
                let digits = expected.unwrap().replace(['-', '.'], "");
                let digits = if name == "amount" || name == "wide" { digits.trim_end_matches('0') } else { &digits };
                assert!(digits.trim_start_matches('0').len() <= 15, "XLSX, {name}: {digits}");
            }
        }
        Data::DateTime(value) => {
            let days = value.as_f64() - if name == "time" { 0.0 } else { 25_569.0 };
            let found = days * 86_400_000_000.0;
            assert!((found - us.unwrap() as f64).abs() < 64.0, "XLSX, {name}: {found} for {us:?}");
        }
        Data::String(text) => {
            let expected = match name {
                "local" | "instant" => expected.unwrap().replace('T', " "),
                _ => expected.unwrap(),
            };
            assert_eq!(*text, expected, "XLSX, {name}");
        }
        other => panic!("XLSX, {name}: {other:?}"),
    }
}

fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[=+@,;\"'\t\r\n<>&-]{0,6}",
        "\\PC{0,12}",
        "_x00[0-9A-F]{2}_",
        "[\u{0}-\u{20}\u{7f}\u{FFFE}\u{1F600}e\u{301}]{0,4}",
        Just(String::new()),
        Just("NULL".to_owned()),
    ]
}

fn a_row() -> impl Strategy<Value = Row> {
    let integers = (
        option::of(prop_oneof![
            any::<i64>(),
            -1_000..1_000_i64,
            Just(1 << 53),
            Just(-(1 << 53) + 1),
            Just(999_999_999_999_999)
        ]),
        option::of(prop_oneof![any::<u64>(), 0..10_u64]),
    );
    let reals = (
        option::of(prop_oneof![
            any::<f64>(),
            -1e6..1e6_f64,
            Just(f64::NAN),
            Just(f64::NEG_INFINITY),
            Just(-0.0),
            Just(1e16)
        ]),
        option::of(prop_oneof![-1e6..1e6_f32, Just(0.1_f32), Just(16_777_217.0_f32)]),
    );
    let widest = 10_i128.pow(38) - 1;
    let decimals = (
        option::of(prop_oneof![-widest..widest, -100_000..100_000_i128, Just(0)]),
        option::of(prop_oneof![-widest..widest, -100_000..100_000_i128, Just(0)]),
    );
    let others = (option::of(hostile_text()), option::of(any::<bool>()), option::of(vec(any::<u8>(), 0..5)));
    // Years 1 to 9999, and often around where Excel's calendar begins.
    let second = prop_oneof![-62_000_000_000..253_000_000_000_i64, -2_210_000_000..-2_200_000_000_i64];
    let us = (second, prop_oneof![Just(0), Just(500_000), 0..1_000_000_i64])
        .prop_map(|(second, us)| second * 1_000_000 + us);
    let times = (
        option::of(prop_oneof![-719_000..2_932_000_i32, -25_520..-25_500_i32]),
        option::of(us.clone()),
        option::of(us),
        option::of(0..86_400_000_000_i64),
    );
    (integers, reals, decimals, others, times).prop_map(
        |((integer, unsigned), (double, single), (amount, wide), (text, flag, bytes), (day, local, instant, time))| {
            Row { integer, unsigned, double, single, amount, wide, text, flag, day, local, instant, time, bytes }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn page_and_every_file_show_the_same_values(rows in vec(a_row(), 0..25)) {
        check(&rows);
    }
}
