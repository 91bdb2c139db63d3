//! SQLite files: types, limits, descriptions, catalog, test.

use domain::DataType;
use futures::TryStreamExt;

use super::*;
use crate::Error;

const SALES: &str = "
    create table sales (
        id integer primary key, region text, amount decimal(15, 2), sold date, at timestamp, paid boolean, note blob
    );
    insert into sales values
        (1, 'North', 12.5, '1995-02-28', '1995-02-28 10:00:00', 1, null),
        (2, 'Süd', 7, '1996-01-01', '1996-01-01 23:59:59.5', 0, x'00ff'),
        (3, null, null, null, null, null, null);
    create view by_region as select region, sum(amount) as total from sales group by region;
";

#[tokio::test]
async fn columns_are_what_they_are_declared_as() {
    let made = Made::by(SALES);
    assert_eq!(
        shown(&made.profile(), &query("select * from sales order by id")).await.unwrap(),
        "id Integer | region Text | amount Decimal | sold Date | at DateTime | paid Boolean | note Text\n\
         Int64 | Utf8 | Float64 | Date32 | Timestamp(µs) | Boolean | Binary\n\
         1 | North | 12.5 | 1995-02-28 | 1995-02-28T10:00:00 | true | NULL\n\
         2 | Süd | 7.0 | 1996-01-01 | 1996-01-01T23:59:59.500 | false | 00ff\n\
         3 | NULL | NULL | NULL | NULL | NULL | NULL"
    );
}

#[tokio::test]
async fn values_are_bound_by_their_type() {
    let made = Made::by(SALES);
    let sql =
        "select id from sales where sold >= ?From? and amount < ?Below? and paid = ?Paid? and region in (?Regions?)";
    let values = [
        ("From", Value::parse(DataType::Date, "1995-06-01").unwrap()),
        ("Below", Value::parse(DataType::Decimal, "7.01").unwrap()),
        ("Paid", Value::Boolean(false)),
        ("Regions", Value::Text("North".into())),
        ("Regions", Value::Text("Süd".into())),
    ];
    assert_eq!(shown(&made.profile(), &query_with(sql, &values)).await.unwrap(), "id Integer\nInt64\n2");
}

#[tokio::test]
async fn a_value_is_never_part_of_the_text() {
    let made = Made::by(SALES);
    let value = Value::Text("x' or 1 = 1 --".into());
    let found = shown(&made.profile(), &query_with("select id from sales where region = ?R?", &[("R", value)])).await;
    assert_eq!(found.unwrap(), "id Integer\nInt64");
}

#[tokio::test]
async fn a_longer_result_comes_in_bounded_batches_and_is_cut_where_the_limit_says() {
    let made = Made::by("");
    let counting =
        query("with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) select i from n");
    let small = Limits { batch_rows: 64, rows_max: 200, ..limits() };
    let mut rows = run(&made.profile(), &counting, small).await.unwrap();
    let mut sizes = Vec::new();
    while let Some(batch) = rows.stream.try_next().await.unwrap() {
        sizes.push(batch.num_rows());
    }
    assert_eq!(sizes, [64, 64, 64, 8]);
    assert!(rows.was_cut());

    let exact = Limits { rows_max: 1_000, batch_bytes: 100, ..limits() };
    let mut rows = run(&made.profile(), &counting, exact).await.unwrap();
    let mut total = 0;
    while let Some(batch) = rows.stream.try_next().await.unwrap() {
        assert!(batch.num_rows() <= 13);
        total += batch.num_rows();
    }
    assert_eq!((total, rows.was_cut()), (1_000, false));

    let none = run(&made.profile(), &counting, Limits { rows_max: 0, ..limits() }).await.unwrap();
    assert_eq!(none.columns, [("i".to_owned(), DataType::Text)]);
}

#[tokio::test]
async fn a_withheld_query_has_columns_and_no_rows() {
    let made = Made::by(SALES);
    let template = Template::parse("select region, amount from sales where region = @RegionID").unwrap();
    let withheld = template.bind(reader(&[]), &BTreeMap::new()).unwrap();
    let text = shown(&made.profile(), &withheld).await.unwrap();
    assert_eq!(text, "region Text | amount Decimal\nUtf8 | Float64");
    let fields = [FieldValue::of("@RegionID", vec![Value::Text("North".into())])];
    let bound = template.bind(reader(&fields), &BTreeMap::new()).unwrap();
    let text = shown(&made.profile(), &bound).await.unwrap();
    assert_eq!(text, "region Text | amount Decimal\nUtf8 | Float64\nNorth | 12.5");
}

#[tokio::test]
async fn expressions_are_described_by_their_first_rows() {
    let made = Made::by(SALES);
    let sql = "select region, sum(amount) as total, count(*) as n, sold from sales group by region";
    let columns = sources().columns(&made.profile(), &query(sql)).await.unwrap();
    let names: Vec<(&str, DataType)> = columns.iter().map(|(name, data_type)| (name.as_str(), *data_type)).collect();
    assert_eq!(
        names,
        [("region", DataType::Text), ("total", DataType::Decimal), ("n", DataType::Integer), ("sold", DataType::Date)]
    );
}

#[tokio::test]
async fn a_limit_without_a_value_is_described_all_the_same() {
    let made = Made::by(SALES);
    let nothing = [("Most", Value::Null(DataType::Integer))];
    let query = query_with("select region, 1 + 1 as two from sales order by id limit ?Most?", &nothing);
    let columns = sources().columns(&made.profile(), &query).await.unwrap();
    assert_eq!(columns, [("region".to_owned(), DataType::Text), ("two".to_owned(), DataType::Integer)]);
}

#[tokio::test]
async fn a_cell_that_does_not_fit_its_column_names_column_and_row() {
    let made = Made::by("create table t (a integer); insert into t values (1), (2), (2.5);");
    let small = Limits { batch_rows: 2, ..limits() };
    let rows = run(&made.profile(), &query("select a from t"), small).await.unwrap();
    let error = rows.stream.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.to_string(), "column `a`: in row 3 it holds 2.5 where the rows before held whole numbers");
}

#[tokio::test]
async fn the_databases_own_words_come_with_the_line() {
    let made = Made::by(SALES);
    let error = refusal(&made.profile(), &query("select id,\n  wrong\nfrom sales")).await;
    assert_eq!(error.to_string(), "no such column: wrong (line 2)");
    assert_eq!(error.line(), Some(2));
    assert!(!error.ours());
    let error = refusal(&made.profile(), &query("select abs(-9223372036854775808)")).await;
    assert_eq!(error.to_string(), "integer overflow");
}

#[tokio::test]
async fn the_catalog_holds_tables_and_views_with_types() {
    let made = Made::by(SALES);
    let catalog = sources().catalog(&made.profile()).await.unwrap();
    let names: Vec<&str> = catalog.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["by_region", "sales"]);
    let sales = &catalog.tables[1];
    assert_eq!((sales.schema.as_str(), sales.columns.len()), ("main", 7));
    assert_eq!((sales.columns[3].name.as_str(), sales.columns[3].data_type), ("sold", DataType::Date));
}

#[tokio::test]
async fn a_test_goes_step_by_step_to_the_first_that_fails() {
    let made = Made::by(SALES);
    let steps = sources().test(&made.profile()).await;
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    assert_eq!(names, ["file", "database", "rights", "version"]);
    assert!(steps.iter().all(|step| step.ok), "{steps:?}");

    let missing = sources().test(&file(&made.folder.path().join("other.db"))).await;
    assert_eq!((missing.len(), missing[0].ok), (1, false));
    assert!(missing[0].why.as_deref().unwrap().ends_with("there is no such file"));
    assert!(missing[0].fix.is_some());

    let text = made.folder.path().join("notes.txt");
    std::fs::write(&text, "not a database, but a text that is long enough to have a header of its own".repeat(20))
        .unwrap();
    let steps = sources().test(&file(&text)).await;
    assert_eq!(steps[1].why.as_deref(), Some("file is not a database"));
}

#[tokio::test]
async fn a_decimal_that_sqlite_would_round_is_refused() {
    let made = Made::by("");
    let value = Value::parse(DataType::Decimal, "12345678901234567.89").unwrap();
    let error = refusal(&made.profile(), &query_with("select ?D?", &[("D", value)])).await;
    assert!(matches!(error, Error::Value { position: 1, given: DataType::Decimal, .. }), "{error}");
}

#[tokio::test]
async fn a_file_with_a_write_ahead_log_is_read_while_it_is_written_and_after() {
    let made = Made::by("pragma journal_mode = wal; create table t (a integer)");
    let writer = rusqlite::Connection::open(made.path()).unwrap();
    writer.execute_batch("insert into t values (1); begin; insert into t values (2)").unwrap();
    let counted = query("select count(*) as n from t");
    assert_eq!(shown(&made.profile(), &counted).await.unwrap(), "n Integer\nInt64\n1");
    writer.execute_batch("commit").unwrap();
    drop(writer);
    assert_eq!(shown(&made.profile(), &counted).await.unwrap(), "n Integer\nInt64\n2");
}

#[tokio::test]
async fn full_text_and_json_can_be_read() {
    let made = Made::by(
        "create virtual table note using fts5(body);
         insert into note values ('rows stream'), ('nothing else'); create table j (v text); insert into j values ('[3, 4]');",
    );
    let found = shown(&made.profile(), &query("select body from note where note match 'stream'")).await.unwrap();
    assert_eq!(found, "body Text\nUtf8\nrows stream");
    let found = shown(&made.profile(), &query("select e.value as v from j, json_each(j.v) as e")).await.unwrap();
    assert_eq!(found, "v Integer\nInt64\n3\n4");
}
