//! Any value that is bound comes back as it went.

use domain::DataType;
use proptest::{prelude::*, test_runner::TestRunner};

use super::*;

/// Values of every type, in the ranges that both databases have.
fn values() -> impl Strategy<Value = Value> {
    let date = (1_i16..=9_999, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| jiff::civil::date(y, m, d));
    let time = (0_i8..24, 0_i8..60, 0_i8..60, 0_i32..1_000_000)
        .prop_map(|(h, m, s, us)| jiff::civil::time(h, m, s, us * 1_000));
    prop_oneof![
        "[^\0]{0,40}".prop_map(Value::Text),
        any::<i64>().prop_map(Value::Integer),
        (-999_999_999_999_999_i64..=999_999_999_999_999, 0_u32..15)
            .prop_map(|(number, scale)| Value::Decimal(rust_decimal::Decimal::new(number, scale))),
        date.clone().prop_map(Value::Date),
        (date, time).prop_map(|(date, time)| Value::DateTime(date.to_datetime(time))),
        any::<bool>().prop_map(Value::Boolean),
        prop_oneof![Just(DataType::Text), Just(DataType::Integer), Just(DataType::Date), Just(DataType::Decimal)]
            .prop_map(Value::Null),
    ]
}

/// How a value's text is in the one column that comes back.
fn expected(value: &Value) -> String {
    match value {
        Value::Null(_) => "NULL".to_owned(),
        other => other.to_string(),
    }
}

async fn came_back(profile: &Profile, cast: &str, value: &Value) -> String {
    let bound = query_with(&format!("select ?Value?{cast} as back"), &[("Value", value.clone())]);
    let rows = run(profile, &bound, limits()).await.unwrap();
    let batches: Vec<RecordBatch> = rows.stream.try_collect().await.unwrap();
    let options = FormatOptions::new().with_null("NULL");
    ArrayFormatter::try_new(batches[0].column(0), &options).unwrap().value(0).to_string()
}

#[test]
fn postgresql_gives_back_what_was_bound() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (profile, _) = database();
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() });
    let held = runner.run(&values(), |value| {
        let cast = match value.data_type() {
            DataType::Text => "::text",
            DataType::Integer => "::bigint",
            DataType::Decimal => "::numeric",
            DataType::Date => "::date",
            DataType::DateTime => "::timestamp",
            DataType::Boolean => "::boolean",
        };
        let back = runtime.block_on(came_back(&profile, cast, &value));
        let same = match &value {
            Value::DateTime(at) => back.parse::<jiff::civil::DateTime>().ok() == Some(*at),
            other => back == expected(other),
        };
        prop_assert!(same, "{value:?} came back as {back}");
        Ok(())
    });
    held.unwrap();
}

#[test]
fn sqlite_gives_back_what_was_bound() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let made = Made::by("");
    let profile = made.profile();
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() });
    let held = runner.run(&values(), |value| {
        let back = runtime.block_on(came_back(&profile, "", &value));
        let same = match &value {
            Value::DateTime(at) => back.parse::<jiff::civil::DateTime>().ok() == Some(*at),
            Value::Decimal(number) => back.parse::<f64>().ok() == number.to_string().parse::<f64>().ok(),
            Value::Boolean(flag) => back == i64::from(*flag).to_string(),
            other => back == expected(other),
        };
        prop_assert!(same, "{value:?} came back as {back}");
        Ok(())
    });
    held.unwrap();
}
