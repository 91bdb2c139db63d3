//! Files of stored results.

use super::*;
use crate::{ExportFile, FileFormat};

async fn bytes(file: ExportFile) -> crate::Result<Vec<u8>> {
    let mut stream = file.stream;
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

#[tokio::test]
async fn every_format_is_made_from_the_stored_result_alone() {
    let site = Site::start().await;
    let report = site.report("select id, amount, customer from sale order by id", vec![]).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    std::fs::remove_file(site.sales()).unwrap();
    for format in FileFormat::ALL {
        let file = site.portal.export(&user(), &run, format, Arrangement::default()).await.unwrap();
        assert_eq!(file.name, format!("Sales by region.{}", format.as_str()));
        assert_eq!(file.content_type, format.media_type());
        assert!(bytes(file).await.unwrap().len() > 50);
    }
    let csv = site.portal.export(&user(), &run, FileFormat::Csv, Arrangement::default()).await.unwrap();
    let csv = String::from_utf8(bytes(csv).await.unwrap()).unwrap();
    assert_eq!(csv.lines().collect::<Vec<_>>()[..3], ["Id,Amount,Customer", "1,10.5,Ann", "2,20.0,'=1+1"]);
}

#[tokio::test]
async fn a_file_has_the_order_filter_and_columns_of_the_grid() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let hidden = domain::Column { visible: false, ..domain::Column::found("region_id", DataType::Integer) };
    let sql = "select id, region_id, year from sale";
    let new = NewView { columns: vec![hidden], ..new_view("sales", sql, &connection) };
    let view = site.portal.publish(&publisher(), new).await.unwrap().view.id;
    let report = site.assign(&view, &connection).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    let arrangement: Arrangement = serde_json::from_value(json!({
        "sort": [{ "column": "id", "descending": true }],
        "filter": [{ "column": "id", "op": "ge", "values": ["3"] }],
    }))
    .unwrap();
    let file = site.portal.export(&user(), &run, FileFormat::Json, arrangement).await.unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&bytes(file).await.unwrap()).unwrap();
    assert_eq!(rows, json!([{ "id": 5, "year": 2026 }, { "id": 4, "year": 2026 }, { "id": 3, "year": 2026 }]));
}

#[tokio::test]
async fn a_cut_result_says_so_beside_or_in_the_file() {
    let site = Site::start().await;
    let connection = site.connection_with("Small", Budget { rows_max: 2, ..Budget::default() }).await;
    let report = site.report_on(&connection, "select id from sale order by id", vec![]).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    let csv = site.portal.export(&user(), &run, FileFormat::Csv, Arrangement::default()).await.unwrap();
    assert_eq!(csv.note.as_deref(), Some("first 2 rows; the query has more"));
    let xlsx = site.portal.export(&user(), &run, FileFormat::Xlsx, Arrangement::default()).await.unwrap();
    assert_eq!(xlsx.note, None);
}

#[tokio::test]
async fn a_withheld_result_is_a_file_without_rows() {
    let site = Site::start().await;
    site.portal.add_defined_field(&admin(), region_field()).await.unwrap();
    let report = site.report("select id from sale where region_id = @RegionID", vec![]).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    let file = site.portal.export(&user(), &run, FileFormat::Csv, Arrangement::default()).await.unwrap();
    assert_eq!(String::from_utf8(bytes(file).await.unwrap()).unwrap().trim_end(), "Id");
}

#[tokio::test]
async fn a_large_file_comes_in_pieces_and_a_reader_who_leaves_ends_it() {
    let site = Site::start().await;
    let sql = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000) select i, 'a text of some length' as t from n";
    let report = site.report(sql, vec![]).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    let mut file = site.portal.export(&user(), &run, FileFormat::Json, Arrangement::default()).await.unwrap();
    let first = file.stream.next().await.unwrap().unwrap();
    assert!(first.len() <= 64 * 1024);
    drop(file);
    // The place of the file comes back once its writer has seen that nobody reads on.
    let all = u32::try_from(crate::files::FILES_AT_ONCE_MAX).unwrap();
    drop(site.portal.file_places.acquire_many(all).await.unwrap());
    let file = site.portal.export(&user(), &run, FileFormat::Json, Arrangement::default()).await.unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&bytes(file).await.unwrap()).unwrap();
    assert_eq!(rows.len(), 200_000);
}

#[tokio::test]
async fn a_hidden_column_is_neither_shown_nor_searched() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let hidden = domain::Column { visible: false, ..domain::Column::found("customer", DataType::Text) };
    let new = NewView {
        columns: vec![hidden],
        ..new_view("sales", "select customer, id from sale order by id", &connection)
    };
    let view = site.portal.publish(&publisher(), new).await.unwrap().view.id;
    let report = site.assign(&view, &connection).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    assert_eq!(site.rows(&user(), &run).await, json!([[1], [2], [3], [4], [5]]));
    for asked in [
        json!({ "sort": [{ "column": "customer" }] }),
        json!({ "filter": [{ "column": "customer", "op": "starts", "values": ["A"] }] }),
        json!({ "columns": ["customer", "id"], "filter": [{ "column": "customer", "op": "not_null" }] }),
    ] {
        let asked: Arrangement = serde_json::from_value(asked).unwrap();
        let page = site.portal.page(&user(), &run, 0, 10, &asked).await.unwrap_err();
        assert!(refusal(page, "sort").contains("no column"));
        let Err(file) = site.portal.export(&user(), &run, FileFormat::Csv, asked).await else { panic!("a file") };
        assert!(refusal(file, "sort").contains("no column"));
    }
    let alone: Arrangement = serde_json::from_value(json!({ "columns": ["customer"] })).unwrap();
    assert!(matches!(site.portal.page(&user(), &run, 0, 10, &alone).await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn a_result_that_has_hidden_columns_alone_says_so() {
    let site = Site::start().await;
    let sales = rusqlite::Connection::open(site.sales()).unwrap();
    sales.execute_batch("create table odd (secret text, shown text); insert into odd values ('s', 'o')").unwrap();
    let connection = site.connection().await;
    let hidden = domain::Column { visible: false, ..domain::Column::found("secret", DataType::Text) };
    let new = NewView { columns: vec![hidden], ..new_view("odd", "select * from odd", &connection) };
    let view = site.portal.publish(&publisher(), new).await.unwrap().view.id;
    let report = site.assign(&view, &connection).await;
    sales.execute_batch("alter table odd drop column shown").unwrap();
    let run = site.run_to_end(&user(), &report).await.run.id;
    let page = site.portal.page(&user(), &run, 0, 10, &Arrangement::default()).await;
    assert!(matches!(page, Err(Error::Conflict(words)) if words.contains("hidden")));
    let file = site.portal.export(&user(), &run, FileFormat::Parquet, Arrangement::default()).await;
    assert!(matches!(file, Err(Error::Conflict(_))));
}
