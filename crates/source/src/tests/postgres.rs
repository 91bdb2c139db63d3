//! PostgreSQL: types, parameters, limits, descriptions, catalog, test.

use domain::DataType;
use futures::TryStreamExt;

use super::*;
use crate::{DATA_TYPE_KEY, Error};

#[tokio::test]
async fn types_are_mapped_without_loss() {
    let (profile, name) = database();
    Postgres::shared().execute(
        &name,
        "create type mood as enum ('calm', 'loud');
         create domain amount as numeric(12, 2);",
    );
    let sql = "select true as b, 1::int2 as i2, 2::int4 as i4, 9223372036854775807::int8 as i8, 1.5::float4 as f4,
        0.1::float8 as f8, 12.30::numeric(15, 2) as n, 7.1::amount as d, 'x'::text as t, 'ab'::char(4) as c,
        date '0001-01-01' as day, timestamp '1995-02-28 10:00:00.123456' as at,
        timestamptz '1995-02-28 10:00:00+02' as instant, '\\x00ff'::bytea as bytes,
        '12345678-1234-1234-1234-123456789abc'::uuid as u, '{\"a\": 1}'::jsonb as j, 'calm'::mood as m,
        null::int4 as nothing";
    assert_eq!(
        shown(&profile, &query(sql)).await.unwrap(),
        "b Boolean | i2 Integer | i4 Integer | i8 Integer | f4 Decimal | f8 Decimal | n Decimal | d Decimal | t Text | \
         c Text | day Date | at DateTime | instant DateTime | bytes Text | u Text | j Text | m Text | nothing Integer\n\
         Boolean | Int64 | Int64 | Int64 | Float32 | Float64 | Decimal128(15, 2) | Decimal128(12, 2) | Utf8 | Utf8 | \
         Date32 | Timestamp(µs) | Timestamp(µs, \"+00:00\") | Binary | Utf8 | Utf8 | Utf8 | Int64\n\
         true | 1 | 2 | 9223372036854775807 | 1.5 | 0.1 | 12.30 | 7.10 | x | ab   | 0001-01-01 | \
         1995-02-28T10:00:00.123456 | 1995-02-28T08:00:00Z | 00ff | 12345678-1234-1234-1234-123456789abc | \
         {\"a\": 1} | calm | NULL"
    );
}

#[tokio::test]
async fn what_has_no_arrow_type_is_text_in_postgresqls_own_form_and_in_the_querys_order() {
    let (profile, _) = database();
    let sql = "select i as id, array[i, null] as id, interval '1 day' * i as span, '10.0.0.1'::inet as a,
                      (i * 1.5)::money as m, int4range(1, i) as r, time '10:00' as t -- the last column
               from generate_series(1, 3) as i order by i desc -- the end";
    let text = shown(&profile, &query(sql)).await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "id Integer | id_2 Text | span Text | a Text | m Decimal | r Text | t Text");
    assert_eq!(lines[2], "3 | {3,NULL} | 3 days | 10.0.0.1/32 | 4.50 | [1,3) | 10:00:00");
    assert_eq!(lines.len(), 5);
    assert!(lines[4].starts_with("1 | "), "{text}");
}

#[tokio::test]
async fn a_sum_is_an_exact_decimal_and_in_a_longer_result_a_text_marked_as_one() {
    let (profile, _) = database();
    let sum = query("select sum(x) as total, avg(x) as mean from (values (0.10), (0.25), (1e20::numeric)) as t(x)");
    let text = shown(&profile, &sum).await.unwrap();
    assert_eq!(
        text,
        "total Decimal | mean Decimal\nDecimal128(38, 2) | Decimal128(38, 2)\n\
         100000000000000000000.35 | 33333333333333333333.45"
    );

    let many = query("select i::numeric / 8 as part from generate_series(1, 100) as i");
    let small = Limits { batch_rows: 10, ..limits() };
    let rows = run(&profile, &many, small).await.unwrap();
    let field = rows.schema.field(0).clone();
    assert_eq!(field.data_type(), &arrow::datatypes::DataType::Utf8);
    assert_eq!(field.metadata().get(DATA_TYPE_KEY).map(String::as_str), Some("decimal"));
    assert_eq!(rows.columns[0].1, DataType::Decimal);
    let batches: Vec<RecordBatch> = rows.stream.try_collect().await.unwrap();
    assert_eq!(lines_of(&batches[0])[0], "0.12500000000000000000");
    assert!(batches.iter().all(|batch| batch.num_rows() == 10));
}

#[tokio::test]
async fn what_a_column_cannot_hold_is_an_error_with_its_name() {
    let (profile, _) = database();
    let error = refusal(&profile, &query("select 1 as a, 'infinity'::date as until")).await;
    assert_eq!(error.to_string(), "column `until`: it holds a date of `infinity`; cast it to text");
    let error = refusal(&profile, &query("select 'NaN'::numeric(5, 2) as share")).await;
    assert_eq!(error.to_string(), "column `share`: it holds NaN, which a decimal(5, 2) cannot hold");
}

#[tokio::test]
async fn values_are_adapted_to_the_types_of_their_places() {
    let (profile, name) = database();
    Postgres::shared().execute(
        &name,
        "create table sales (id int2, region uuid, amount numeric(10, 2), sold date, at timestamptz, rate float4);
         insert into sales values (1, '12345678-1234-1234-1234-123456789abc', 7, '1996-01-01', '1996-01-01 12:00Z', 0.5);",
    );
    let sql = "select id from sales where id = ?Id? and region = ?Region? and amount <= ?Amount? and sold > ?From?
               and at > ?From? and rate < ?Rate? and id in (?Ids?)";
    let values = [
        ("Id", Value::Integer(1)),
        ("Region", Value::Text("12345678-1234-1234-1234-123456789ABC".into())),
        ("Amount", Value::Integer(7)),
        ("From", Value::parse(DataType::Date, "1995-06-01").unwrap()),
        ("Rate", Value::parse(DataType::Decimal, "0.75").unwrap()),
        ("Ids", Value::Integer(1)),
        ("Ids", Value::Integer(2)),
    ];
    assert_eq!(shown(&profile, &query_with(sql, &values)).await.unwrap(), "id Integer\nInt64\n1");

    let unfit = query_with("select id from sales where id = ?Id?", &[("Id", Value::Text("1".into()))]);
    let error = refusal(&profile, &unfit).await;
    assert_eq!(error.to_string(), "value 1 of the query is the text `1`, which cannot be used as int2 there");
    assert!(matches!(error, Error::Value { position: 1, .. }));
}

#[tokio::test]
async fn a_place_without_a_type_takes_the_values_own() {
    let (profile, _) = database();
    let sql = "select i from generate_series(1, 4) as i
               where (?A? is null or i > 2) and (?B? is null or i > ?B?) and (?C? is null or i < 4)";
    let values = [("A", Value::Null(DataType::Date)), ("B", Value::Integer(2)), ("C", Value::Boolean(true))];
    assert_eq!(shown(&profile, &query_with(sql, &values)).await.unwrap(), "i Integer\nInt64\n3");

    let names: Vec<String> = (0..20).map(|number| format!("A{number}")).collect();
    let many: Vec<String> = names.iter().map(|name| format!("?{name}? is null")).collect();
    let sql = format!("select 1 as one where {}", many.join(" and "));
    let values: Vec<_> = names.iter().map(|name| (name.as_str(), Value::Null(DataType::Text))).collect();
    assert_eq!(shown(&profile, &query_with(&sql, &values)).await.unwrap(), "one Integer\nInt64\n1");
}

#[tokio::test]
async fn a_value_in_several_places_is_one_value_to_the_database() {
    let (profile, _) = database();
    let sql = "select i % ?A? as rest, count(*) as n from generate_series(1, 4) as i group by i % ?A? order by 1";
    let grouped = query_with(sql, &[("A", Value::Integer(2))]);
    assert_eq!(shown(&profile, &grouped).await.unwrap(), "rest Integer | n Integer\nInt64 | Int64\n0 | 2\n1 | 2");

    // Wanted as a date in one place and as a timestamp in the other, and as two sizes of integer.
    let sql = "select 1 as one where date '2026-02-01' > ?From? and timestamp '2026-02-01 10:00' > ?From?
                 and 7::int4 = ?N? and 7::int8 = ?N?";
    let from = Value::parse(DataType::Date, "2026-01-31").unwrap();
    let mixed = query_with(sql, &[("From", from), ("N", Value::Integer(7))]);
    assert_eq!(shown(&profile, &mixed).await.unwrap(), "one Integer\nInt64\n1");
}

#[tokio::test]
async fn a_longer_result_is_cut_where_the_limit_says() {
    let (profile, _) = database();
    let endless = query("select generate_series(1, 1000000000) as i");
    let small = Limits { batch_rows: 100, rows_max: 250, ..limits() };
    let mut rows = run(&profile, &endless, small).await.unwrap();
    let mut sizes = Vec::new();
    while let Some(batch) = rows.stream.try_next().await.unwrap() {
        sizes.push(batch.num_rows());
    }
    assert_eq!(sizes, [100, 100, 50]);
    assert!(rows.was_cut());
    let exact = query("select i from generate_series(1, 250) as i");
    let mut rows = run(&profile, &exact, small).await.unwrap();
    while rows.stream.try_next().await.unwrap().is_some() {}
    assert!(!rows.was_cut());
}

#[tokio::test]
async fn a_withheld_query_has_columns_and_is_not_run() {
    let (profile, _) = database();
    let sql = "select 1 / 0 as boom, 'x' as t where 'North' = @RegionID";
    let withheld = Template::parse(sql).unwrap().bind(reader(&[]), &BTreeMap::new()).unwrap();
    assert_eq!(shown(&profile, &withheld).await.unwrap(), "boom Integer | t Text\nInt64 | Utf8");
}

#[tokio::test]
async fn columns_are_described_without_running_the_query() {
    let (profile, _) = database();
    let columns =
        sources().columns(&profile, &query("select 1 / 0 as boom, now() as at, sum(1.5) as s")).await.unwrap();
    let types: Vec<DataType> = columns.iter().map(|(_, data_type)| *data_type).collect();
    assert_eq!(types, [DataType::Integer, DataType::DateTime, DataType::Decimal]);
}

#[tokio::test]
async fn the_databases_own_words_come_with_line_and_hint() {
    let (profile, name) = database();
    Postgres::shared().execute(&name, "create table sales (id int)");
    let error = refusal(&profile, &query("select ids\nfrom\n  sales_of_today")).await;
    assert_eq!(error.to_string(), "relation \"sales_of_today\" does not exist (line 3)");
    let error = refusal(&profile, &query("select\n  idd from sales")).await;
    let said = error.said().unwrap();
    assert_eq!((said.line, said.code.as_deref()), (Some(2), Some("42703")));
    assert!(error.fix().unwrap().contains("sales.id"));
    let error = refusal(&profile, &query("select 1 / (i - 3) from generate_series(1, 5) as i")).await;
    assert_eq!(error.to_string(), "division by zero");
}

#[tokio::test]
async fn the_catalog_holds_what_the_user_may_read() {
    let (mut profile, name) = database();
    Postgres::shared().execute(
        &name,
        "create schema shop;
         create table shop.sales (id int, sold date, tags text[]);
         create table shop.salaries (id int);
         create view shop.latest as select sold from shop.sales;",
    );
    let role = Postgres::shared().fresh_role_with_password("only for sales");
    Postgres::shared().execute(
        &name,
        &format!("grant usage on schema shop to {role}; grant select on shop.sales, shop.latest to {role}"),
    );
    if let ConnectionKind::PostgreSql { user, .. } = &mut profile.connection.kind {
        *user = role;
    }
    profile.password = Some(Secret::new("only for sales"));
    let catalog = sources().catalog(&profile).await.unwrap();
    let names: Vec<String> = catalog.tables.iter().map(|table| format!("{}.{}", table.schema, table.name)).collect();
    assert_eq!(names, ["shop.latest", "shop.sales"]);
    let types: Vec<DataType> = catalog.tables[1].columns.iter().map(|column| column.data_type).collect();
    assert_eq!(types, [DataType::Integer, DataType::Date, DataType::Text]);

    let steps = sources().test(&profile).await;
    let rights = steps.iter().find(|step| step.name == "rights").unwrap();
    assert_eq!((rights.ok, rights.found.as_deref(), &rights.why), (true, Some("reads 2 tables and views"), &None));
}

#[tokio::test]
async fn a_test_goes_step_by_step_to_the_first_that_fails() {
    let (good, name) = database();
    let steps = sources().test(&good).await;
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    assert_eq!(names, ["name", "port", "encryption", "password", "rights", "version"]);
    assert!(steps[5].found.as_deref().unwrap().starts_with("PostgreSQL "));
    assert!(steps[4].why.as_deref().unwrap().contains("superuser"));

    let port = Postgres::shared().port();
    let role = Postgres::shared().fresh_role_with_password("the right one");
    let wrong = server(port, &name, &role, Some("s3cret-but-wrong"), PostgresTls::Disable);
    let steps = sources().test(&wrong).await;
    let last = steps.last().unwrap();
    assert_eq!((last.name, last.ok), ("password", false));
    assert!(!format!("{steps:?}").contains("s3cret"));

    let steps = sources().test(&server(port, "no_such_database", "postgres", None, PostgresTls::Disable)).await;
    assert_eq!(steps.last().unwrap().fix.as_deref(), Some("check the name of the database"));

    let steps = sources().test(&server(port, &name, "postgres", None, PostgresTls::Verify)).await;
    assert_eq!((steps.last().unwrap().name, steps.last().unwrap().ok), ("encryption", false));

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let steps = sources().test(&server(closed, &name, "postgres", None, PostgresTls::Disable)).await;
    assert_eq!((steps.last().unwrap().name, steps.last().unwrap().ok), ("port", false));
}

#[tokio::test]
async fn no_error_holds_the_password() {
    let (_, name) = database();
    let role = Postgres::shared().fresh_role_with_password("the right one");
    let port = Postgres::shared().port();
    let wrong = server(port, &name, &role, Some("s3cret-but-wrong"), PostgresTls::Disable);
    let error = refusal(&wrong, &query("select 1")).await;
    assert!(matches!(error, Error::SignIn(_)), "{error}");
    let told = format!("{error} {error:?} {wrong:?}");
    assert!(told.contains("password authentication failed") && !told.contains("s3cret"), "{told}");
    let missing = server(port, &name, &role, None, PostgresTls::Disable);
    assert!(matches!(refusal(&missing, &query("select 1")).await, Error::SignIn(_)));
}
