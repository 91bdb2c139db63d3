//! Sort and filter: their order, their meaning, what they refuse, and a plain model that they must agree with.

use std::cmp::Ordering;

use arrow::array::{Date32Array, Decimal128Array, Float64Array};
use futures::TryStreamExt;
use proptest::prelude::*;

use super::*;
use crate::{Error, FILTERS_MAX, SORT_KEYS_MAX};

#[tokio::test]
async fn equal_rows_keep_the_database_s_order() {
    let (_folder, results) = results();
    store_sample(&results, 20_000);
    let page = results.page(&run(), 0..1_000, &sorted(&[("bucket", true)])).await.unwrap();
    let rows: Vec<(i64, i64)> = integers(&page.rows, "bucket").into_iter().zip(integers(&page.rows, "id")).collect();
    assert!(rows.windows(2).all(|pair| pair[0].0 > pair[1].0 || (pair[0].0 == pair[1].0 && pair[0].1 < pair[1].1)));
    assert_eq!(rows[0].0, 999);
}

#[tokio::test]
async fn text_is_found_whatever_its_case_and_its_signs_mean_themselves() {
    let (_folder, results) = results();
    let texts = ["100% wool", "100 wool", "a_b", "aXb", "Ärger", "ÄRGER", "c:\\x", "", "' or 1=1 --"];
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, true)]));
    let column: ArrayRef = Arc::new(texts.iter().map(|text| Some(*text)).chain([None]).collect::<StringArray>());
    let mut writer = results.create(&run(), &schema).unwrap();
    writer.write(&RecordBatch::try_new(schema, vec![column]).unwrap()).unwrap();
    writer.finish().unwrap();
    for (op, values, expected) in [
        (Op::Contains, vec!["100%"], vec!["100% wool"]),
        (Op::Contains, vec!["A_B"], vec!["a_b"]),
        (Op::Contains, vec!["ärg"], vec!["Ärger", "ÄRGER"]),
        (Op::Contains, vec!["\\"], vec!["c:\\x"]),
        (Op::Contains, vec!["or 1=1"], vec!["' or 1=1 --"]),
        (Op::Starts, vec!["WOOL"], vec![]),
        (Op::Starts, vec!["100"], vec!["100% wool", "100 wool"]),
        (Op::Eq, vec![""], vec![""]),
        (Op::In, vec!["aXb", "a_b", "nowhere"], vec!["a_b", "aXb"]),
        (Op::Gt, vec!["c"], vec!["Ärger", "ÄRGER", "c:\\x"]),
    ] {
        let page = results.page(&run(), 0..100, &filtered("text", op, &values)).await.unwrap();
        let found: Vec<&str> = page.rows.column(0).as_string::<i32>().iter().map(Option::unwrap).collect();
        assert_eq!(found, expected, "{op} {values:?}");
        assert_eq!(page.total, expected.len() as u64);
    }
    for (op, total) in [(Op::Null, 1), (Op::NotNull, 9)] {
        assert_eq!(results.page(&run(), 0..0, &filtered("text", op, &[])).await.unwrap().total, total);
    }
}

#[tokio::test]
async fn a_filter_that_does_not_fit_says_why() {
    let (_folder, results) = results();
    store_sample(&results, 100);
    for (arrangement, message) in [
        (filtered("id", Op::Eq, &["seven"]), "`seven` does not fit column `id`: it holds whole numbers like 1234"),
        (filtered("id", Op::Eq, &[]), "`eq` on column `id` takes one value"),
        (filtered("id", Op::Null, &["1"]), "`null` on column `id` takes no value"),
        (filtered("id", Op::In, &[]), "`in` on column `id` takes at least one value"),
        (filtered("id", Op::Contains, &["1"]), "`contains` works on text, and column `id` holds numbers"),
        (filtered("pay", Op::Eq, &["1"]), "the result has no column `pay`"),
    ] {
        let refused = results.page(&run(), 0..1, &arrangement).await.unwrap_err();
        assert_eq!(refused.to_string(), message);
        assert_eq!(results.rows(&run(), &arrangement).await.unwrap_err().to_string(), message);
    }
    let many_filters =
        Arrangement { filter: vec![filtered("id", Op::Null, &[]).filter.remove(0); FILTERS_MAX + 1], ..sorted(&[]) };
    assert!(matches!(results.page(&run(), 0..1, &many_filters).await, Err(Error::TooManyFilters)));
    let many_keys = sorted(&vec![("id", true); SORT_KEYS_MAX + 1]);
    assert!(matches!(results.page(&run(), 0..1, &many_keys).await, Err(Error::TooManySortKeys)));
    let many_values = vec!["1"; crate::IN_VALUES_MAX + 1];
    assert!(matches!(
        results.page(&run(), 0..1, &filtered("id", Op::In, &many_values)).await,
        Err(Error::TooManyValues)
    ));
}

#[tokio::test]
async fn readers_who_ask_for_one_order_at_once_share_its_making() {
    let (folder, results) = results();
    store_sample(&results, 50_000);
    let arrangement = sorted(&[("bucket", false), ("name", true)]);
    let pages = (0..20).map(|i| {
        let (results, arrangement) = (results.clone(), arrangement.clone());
        tokio::spawn(async move { results.page(&run(), i * 100..i * 100 + 100, &arrangement).await.unwrap() })
    });
    let pages = futures::future::join_all(pages).await;
    let mut ids = Vec::new();
    for page in pages {
        ids.extend(integers(&page.unwrap().rows, "id"));
    }
    let whole = results.page(&run(), 0..1_000, &arrangement).await.unwrap();
    assert_eq!(ids[..1_000], integers(&whole.rows, "id"));
    let orders = std::fs::read_dir(folder.path()).unwrap();
    let orders = orders.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "order"));
    assert_eq!(orders.count(), 1);
}

#[derive(Clone, Debug)]
struct Row {
    integer: Option<i64>,
    text: Option<String>,
    amount: Option<i128>,
    day: Option<i32>,
    double: Option<f64>,
}

const COLUMNS: [&str; 5] = ["integer", "text", "amount", "day", "double"];

fn rows_of(rows: &[Row]) -> RecordBatch {
    let columns: [ArrayRef; 5] = [
        Arc::new(rows.iter().map(|row| row.integer).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.text.clone()).collect::<StringArray>()),
        Arc::new(
            rows.iter().map(|row| row.amount).collect::<Decimal128Array>().with_precision_and_scale(38, 4).unwrap(),
        ),
        Arc::new(rows.iter().map(|row| row.day).collect::<Date32Array>()),
        Arc::new(rows.iter().map(|row| row.double).collect::<Float64Array>()),
    ];
    RecordBatch::try_from_iter_with_nullable(COLUMNS.into_iter().zip(columns).map(|(name, array)| (name, array, true)))
        .unwrap()
}

/// NULL last in both directions, as people are promised.
fn compared(one: &Row, other: &Row, column: &str, descending: bool) -> Ordering {
    fn nulls_last<T>(
        one: Option<T>,
        other: Option<T>,
        descending: bool,
        compare: impl Fn(&T, &T) -> Ordering,
    ) -> Ordering {
        match (one, other) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) if descending => compare(&other, &one),
            (Some(one), Some(other)) => compare(&one, &other),
        }
    }
    match column {
        "integer" => nulls_last(one.integer, other.integer, descending, Ord::cmp),
        "text" => nulls_last(one.text.as_ref(), other.text.as_ref(), descending, Ord::cmp),
        "amount" => nulls_last(one.amount, other.amount, descending, Ord::cmp),
        "day" => nulls_last(one.day, other.day, descending, Ord::cmp),
        _ => nulls_last(one.double, other.double, descending, f64::total_cmp),
    }
}

/// `null` and `not_null` have no value, and then what stands in for it decides nothing.
fn meets(row: &Row, filter: &Filter) -> bool {
    let value = filter.values.first().map_or("", String::as_str);
    let ordering = match filter.column.as_str() {
        "integer" => row.integer.map(|integer| integer.cmp(&value.parse().unwrap_or(0))),
        "text" => row.text.as_deref().map(|text| text.cmp(value)),
        "amount" => row.amount.map(|amount| amount.cmp(&(value.parse::<i128>().unwrap_or(0) * 10_000))),
        _ => return true,
    };
    let is_null = ordering.is_none();
    match filter.op {
        Op::Eq | Op::In => ordering == Some(Ordering::Equal),
        Op::Ne => ordering.is_some_and(Ordering::is_ne),
        Op::Lt => ordering.is_some_and(Ordering::is_lt),
        Op::Le => ordering.is_some_and(Ordering::is_le),
        Op::Gt => ordering.is_some_and(Ordering::is_gt),
        Op::Ge => ordering.is_some_and(Ordering::is_ge),
        Op::Contains => row.text.as_ref().is_some_and(|text| text.contains(value)),
        Op::Starts => row.text.as_ref().is_some_and(|text| text.starts_with(value)),
        Op::Null => is_null,
        Op::NotNull => !is_null,
    }
}

fn a_row() -> impl Strategy<Value = Row> {
    let text = prop_oneof!["[ab%_\\\\']{0,3}", "[äöß\u{1F600}\n\"=+@-]{0,3}"];
    (
        proptest::option::of(-3..3_i64),
        proptest::option::of(text),
        proptest::option::of(prop_oneof![-30_000..30_000_i128, Just(10_i128.pow(37)), Just(-(10_i128.pow(37)))]),
        proptest::option::of(-2..2_i32),
        proptest::option::of(prop_oneof![-1.0..1.0_f64, Just(f64::INFINITY)]),
    )
        .prop_map(|(integer, text, amount, day, double)| Row { integer, text, amount, day, double })
}

fn a_filter() -> impl Strategy<Value = Filter> {
    let comparison = proptest::sample::select(vec![Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::In]);
    let valued = (comparison, prop_oneof![Just("integer"), Just("amount")], -3..3_i64)
        .prop_map(|(op, column, value)| (op, column, vec![value.to_string()]));
    let text_op = proptest::sample::select(vec![Op::Eq, Op::Ne, Op::Lt, Op::Ge, Op::In, Op::Contains, Op::Starts]);
    let text = (text_op, "[ab%_\\\\']{0,2}").prop_map(|(op, value)| (op, "text", vec![value]));
    let null = (
        proptest::sample::select(vec![Op::Null, Op::NotNull]),
        proptest::sample::select(vec!["integer", "text", "amount"]),
    )
        .prop_map(|(op, column)| (op, column, vec![]));
    prop_oneof![valued, text, null].prop_map(|(op, column, values)| Filter { column: column.to_owned(), op, values })
}

fn an_arrangement() -> impl Strategy<Value = Arrangement> {
    let key = (proptest::sample::select(COLUMNS.to_vec()), any::<bool>())
        .prop_map(|(column, descending)| SortKey { column: column.to_owned(), descending });
    (proptest::collection::vec(key, 0..3), proptest::collection::vec(a_filter(), 0..3))
        .prop_map(|(sort, filter)| Arrangement { columns: None, sort, filter })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_and_streams_agree_with_a_plain_sort_and_filter(
        rows in proptest::collection::vec(a_row(), 0..60),
        arrangements in proptest::collection::vec(an_arrangement(), 1..6),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, results) = results();
            let batch = rows_of(&rows);
            let mut writer = results.create(&run(), batch.schema_ref()).unwrap();
            for row in 0..rows.len() {
                writer.write(&batch.slice(row, 1)).unwrap();
                if row % 7 == 3 {
                    writer.flush().unwrap();
                }
            }
            writer.finish().unwrap();
            for arrangement in &arrangements {
                let mut expected: Vec<&Row> =
                    rows.iter().filter(|row| arrangement.filter.iter().all(|filter| meets(row, filter))).collect();
                expected.sort_by(|one, other| {
                    let keys = arrangement.sort.iter();
                    keys.map(|key| compared(one, other, &key.column, key.descending)).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
                });
                let expected = rows_of(&expected.into_iter().cloned().collect::<Vec<_>>());
                let page = results.page(&run(), 0..1_000, arrangement).await.unwrap();
                assert_eq!(page.total, expected.num_rows() as u64, "{arrangement:?}");
                assert_eq!(page.rows, expected, "{arrangement:?}");
                let batches: Vec<RecordBatch> =
                    results.rows(&run(), arrangement).await.unwrap().try_collect().await.unwrap();
                let streamed = arrow::compute::concat_batches(&page.rows.schema(), &batches).unwrap();
                assert_eq!(streamed, expected, "{arrangement:?}");
            }
        });
    }
}

#[tokio::test]
async fn whoever_waits_for_a_sort_keeps_nobody_from_a_page() {
    let (_folder, results) = results();
    store_sample(&results, 2_000);
    let held = results.hold_orders().await;
    let sorting: Vec<_> = (0..40)
        .map(|_| {
            let results = results.clone();
            tokio::spawn(async move { results.page(&run(), 0..10, &sorted(&[("bucket", false)])).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let id = run();
    let as_stored = Arrangement::default();
    let page = tokio::time::timeout(std::time::Duration::from_secs(20), results.page(&id, 0..10, &as_stored));
    assert_eq!(page.await.expect("the page comes while sorts wait").unwrap().rows.num_rows(), 10);
    drop(held);
    for page in sorting {
        assert_eq!(page.await.unwrap().unwrap().rows.num_rows(), 10);
    }
}
