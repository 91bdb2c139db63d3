//! Pages: what they read of the file, how they end, which columns and types they have.

use arrow::array::{BinaryArray, BooleanArray, Decimal128Array, Float64Array, TimestampMicrosecondArray};
use futures::TryStreamExt;

use super::*;
use crate::{Error, PAGE_BYTES_MAX, PAGE_ROWS_MAX};

#[tokio::test]
async fn a_page_reads_only_the_pages_that_hold_its_rows() {
    let (folder, results) = results();
    store_sample(&results, 300_000);
    let size = std::fs::metadata(folder.path().join("run_1.parquet")).unwrap().len();
    let (snapshot, _) = results.snapshot(&run()).await.unwrap();
    let read = |rows: std::ops::Range<u64>| {
        let before = snapshot.bytes_read();
        let batch = snapshot.range(rows, &[0, 1, 2]).unwrap();
        (integers(&batch, "id"), snapshot.bytes_read() - before)
    };
    let (ids, bytes) = read(200_000..200_100);
    assert_eq!(ids, (200_000..200_100).collect::<Vec<_>>());
    assert!(bytes * 50 < size, "{bytes} of {size}");
    // Rows on both sides of a row group's end cost both, and no third.
    let end = snapshot.group(5).end;
    let (ids, bytes) = read(end - 50..end + 50);
    assert_eq!(ids.len(), 100);
    assert!(bytes * 25 < size, "{bytes} of {size}");
    // One column costs less than three.
    let before = snapshot.bytes_read();
    snapshot.range(200_000..200_100, &[0]).unwrap();
    assert!((snapshot.bytes_read() - before) * 150 < size);
}

#[tokio::test]
async fn a_page_ends_where_the_result_ends_and_has_a_largest_size() {
    let (_folder, results) = results();
    store_sample(&results, 5_000);
    let page = results.page(&run(), 4_990..5_500, &Arrangement::default()).await.unwrap();
    assert_eq!(integers(&page.rows, "id"), (4_990..5_000).collect::<Vec<_>>());
    let page = results.page(&run(), 9_000..9_100, &Arrangement::default()).await.unwrap();
    assert_eq!((page.total, page.rows.num_rows()), (5_000, 0));
    let page = results.page(&run(), 0..u64::MAX, &Arrangement::default()).await.unwrap();
    assert_eq!(page.rows.num_rows() as u64, PAGE_ROWS_MAX);
    #[expect(clippy::reversed_empty_ranges, reason = "a caller's mistake is an empty page")]
    let page = results.page(&run(), 10..5, &Arrangement::default()).await.unwrap();
    assert_eq!(page.rows.num_rows(), 0);
}

#[tokio::test]
async fn wide_rows_make_shorter_pages_and_none_is_lost() {
    let (_folder, results) = results();
    let schema = Schema::new(vec![Field::new("text", DataType::Utf8, true)]);
    let mut writer = results.create(&run(), &schema).unwrap();
    let wide = 1 << 20;
    for row in 0..100 {
        let text: ArrayRef = Arc::new(StringArray::from(vec![format!("{row:03}{}", "x".repeat(wide))]));
        writer.write(&RecordBatch::try_new(Arc::new(schema.clone()), vec![text]).unwrap()).unwrap();
    }
    writer.finish().unwrap();
    let mut seen = 0;
    while seen < 100 {
        let page = results.page(&run(), seen..seen + 1_000, &Arrangement::default()).await.unwrap();
        assert!(page.rows.num_rows() > 0);
        assert!(page.rows.get_array_memory_size() <= PAGE_BYTES_MAX);
        for text in page.rows.column(0).as_string::<i32>().iter() {
            assert!(text.unwrap().starts_with(&format!("{seen:03}x")));
            seen += 1;
        }
    }
}

#[tokio::test]
async fn columns_come_as_asked_and_others_are_unknown() {
    let (_folder, results) = results();
    store_sample(&results, 3_000);
    let columns = |names: &[&str]| Arrangement {
        columns: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..sorted(&[])
    };
    let page = results.page(&run(), 10..12, &columns(&["name", "id"])).await.unwrap();
    assert_eq!(
        page.rows.schema().fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(),
        ["name", "id"]
    );
    assert_eq!(page.rows.column(0).as_string::<i32>().value(0), "name 00000010");
    assert_eq!(integers(&page.rows, "id"), [10, 11]);

    // What is not shown can be neither sorted nor filtered by, and the row number is nobody's column.
    let by_hidden = Arrangement { sort: sorted(&[("bucket", false)]).sort, ..columns(&["name"]) };
    let on_hidden = Arrangement { filter: filtered("bucket", Op::Eq, &["1"]).filter, ..columns(&["name"]) };
    for arrangement in
        [by_hidden, on_hidden, columns(&["salary"]), sorted(&[("__row", false)]), sorted(&[("c0", false)])]
    {
        let refused = results.page(&run(), 0..1, &arrangement).await.unwrap_err();
        assert!(matches!(refused, Error::NoSuchColumn(_)), "{arrangement:?}");
    }
    assert!(matches!(results.page(&run(), 0..1, &columns(&[])).await, Err(Error::NoColumns)));

    let shown = Arrangement { sort: sorted(&[("id", true)]).sort, ..columns(&["name", "id"]) };
    let batches: Vec<RecordBatch> = results.rows(&run(), &shown).await.unwrap().try_collect().await.unwrap();
    assert_eq!(batches[0].schema().field(0).name(), "name");
    assert_eq!(batches[0].column(0).as_string::<i32>().value(0), "name 00002999");
}

#[tokio::test]
async fn names_that_collide_or_look_like_ours_are_stored_as_they_are() {
    let (_folder, results) = results();
    let schema = Arc::new(Schema::new(vec![
        Field::new("", DataType::Int64, true),
        Field::new("c0", DataType::Int64, true),
        Field::new("__row", DataType::Int64, true),
        Field::new("a.b \"c\"", DataType::Int64, true),
        Field::new("c0", DataType::Int64, true),
    ]));
    let column = |value: i64| -> ArrayRef { Arc::new(Int64Array::from(vec![value, -value])) };
    let batch = RecordBatch::try_new(schema.clone(), (1..=5).map(column).collect()).unwrap();
    let mut writer = results.create(&run(), &schema).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let page = results.page(&run(), 0..10, &Arrangement::default()).await.unwrap();
    assert_eq!(page.rows, batch);
    let page = results.page(&run(), 0..10, &sorted(&[("__row", false)])).await.unwrap();
    assert_eq!(page.rows.column(4).as_primitive::<Int64Type>().values(), &[-5, 5]);
    let page = results.page(&run(), 0..10, &filtered("a.b \"c\"", Op::Gt, &["0"])).await.unwrap();
    assert_eq!((page.total, page.rows.num_rows()), (1, 1));
}

#[tokio::test]
async fn every_type_comes_back_as_it_went_in() {
    let (_folder, results) = results();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)]))),
        ("double", Arc::new(Float64Array::from(vec![Some(-0.0), Some(f64::NAN), None]))),
        (
            "amount",
            Arc::new(
                Decimal128Array::from(vec![Some(10_i128.pow(37)), None, Some(-5)])
                    .with_precision_and_scale(38, 10)
                    .unwrap(),
            ),
        ),
        ("bytes", Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\x00\xff"), None, Some(b"")]))),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None, Some(-1)]))),
        ("instant", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None, Some(-1)]).with_timezone("+00:00"))),
        ("text", Arc::new(StringArray::from(vec![Some(""), None, Some("Zoë\0\n")]))),
        ("small", Arc::new(arrow::array::Int16Array::from(vec![Some(-1), None, Some(7)]))),
        ("unsigned", Arc::new(arrow::array::UInt64Array::from(vec![Some(u64::MAX), None, Some(0)]))),
        ("single", Arc::new(arrow::array::Float32Array::from(vec![Some(0.1), None, Some(1e30)]))),
        ("day", Arc::new(arrow::array::Date32Array::from(vec![Some(-1), None, Some(20_000)]))),
        ("time", Arc::new(arrow::array::Time64MicrosecondArray::from(vec![Some(0), None, Some(86_399_999_999)]))),
        ("nothing", Arc::new(Int64Array::from(vec![None, None, None]))),
    ];
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let mut writer = results.create(&run(), batch.schema_ref()).unwrap();
    writer.write(&batch).unwrap();
    writer.flush().unwrap();
    let running = results.page(&run(), 0..10, &Arrangement::default()).await.unwrap();
    // NaN is not equal to itself, so what is compared is what people would see.
    assert_eq!(format!("{:?}", running.rows), format!("{batch:?}"));
    writer.finish().unwrap();
    let finished = results.page(&run(), 0..10, &Arrangement::default()).await.unwrap();
    assert_eq!(format!("{:?}", finished.rows), format!("{batch:?}"));
    for field in batch.schema().fields() {
        let page = results.page(&run(), 0..10, &sorted(&[(field.name(), true)])).await.unwrap();
        assert!(page.rows.column_by_name(field.name()).unwrap().is_null(2), "NULL comes last in {}", field.name());
    }
}
