//! Reports over HTTP: execute, look, take away, delete.

use serde_json::{Value, json};
use testkit::{Person, Site};

#[tokio::test]
async fn a_report_runs_with_its_parameters_and_its_rows_can_be_sorted_and_filtered() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    let run = pia.run("pricing_summary", json!({"ShippedUntil": "1998-09-02"})).await;
    assert_eq!(run["state"], "completed", "{run}");
    assert_eq!(run["rows"], 4);
    assert_eq!(run["parameters"][0]["value"], "1998-09-02");
    let id = run["id"].as_str().unwrap();
    let all = pia.rows(id, json!([]), json!([])).await;
    assert_eq!(all.expect(200).json["total"], 4);
    let flags: Vec<&str> = column(&all.json, 0);
    assert_eq!(flags, ["A", "N", "N", "R"]);
    let sorted = pia.rows(id, json!([{"column": "return_flag", "descending": true}]), json!([])).await;
    assert_eq!(column(&sorted.expect(200).json, 0), ["R", "N", "N", "A"]);
    let filtered = pia.rows(id, json!([]), json!([{"column": "return_flag", "op": "eq", "value": "N"}])).await;
    assert_eq!(filtered.expect(200).json["total"], 2);
    let wrong = pia.rows(id, json!([{"column": "no_such"}]), json!([])).await;
    assert_eq!(wrong.expect(422).problem(), "invalid");
}

fn column(page: &Value, idx: usize) -> Vec<&str> {
    page["rows"].as_array().unwrap().iter().map(|row| row[idx].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_missing_and_a_wrong_value_are_said_by_name() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    let assignment = pia.assignment("revenue_by_nation").await;
    let path = format!("/api/v1/assignments/{assignment}/runs");
    let wrong = pia.post(&path, json!({"parameters": {"Year": "MCMXCV", "Region": "ASIA"}})).await;
    let message = wrong.expect(422).json["errors"]["Year"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("whole number"), "{}", wrong.text);
    let unknown = pia.post(&path, json!({"parameters": {"Yaer": 1995}})).await;
    assert!(unknown.expect(422).json["errors"]["Yaer"].is_string());
}

#[tokio::test]
async fn a_completed_report_outlives_its_database() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    let run = pia.run("open_orders", json!({"Day": "1995-06-17"})).await;
    let id = run["id"].as_str().unwrap();
    std::fs::remove_file(server::demo::seed::sample_path(&site.config)).unwrap();
    let rows = pia.rows(id, json!([]), json!([])).await;
    assert_eq!(rows.expect(200).json["total"], run["rows"]);
    let csv = pia.get(&format!("/api/v1/runs/{id}/export?format=csv")).await;
    assert_eq!(csv.expect(200).text.lines().count() as u64, 1 + run["rows"].as_u64().unwrap());
    let failed = pia.run("open_orders", json!({"Day": "1995-06-17"})).await;
    assert_eq!(failed["state"], "failed");
    assert_eq!(failed["problem"]["type"], "/problems/source-failed", "{failed}");
}

#[tokio::test]
async fn screen_and_every_file_have_the_same_rows() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    let run = pia.run("order_detail", json!({"From": "1995-01-01", "Until": "1995-01-31"})).await;
    let (id, rows) = (run["id"].as_str().unwrap(), run["rows"].as_u64().unwrap());
    assert!(rows > 20, "{run}");
    let screen = pia.rows(id, json!([{"column": "price", "descending": true}]), json!([])).await;
    let shown = screen.expect(200).json["rows"].as_array().unwrap().len() as u64;
    assert_eq!(shown, rows);
    let sort = "%5B%7B%22column%22%3A%22price%22%2C%22descending%22%3Atrue%7D%5D";

    let json_file = export(&mut pia, id, "json", sort).await;
    let json_rows: Vec<Value> = serde_json::from_slice(&json_file).unwrap();
    assert_eq!(json_rows.len() as u64, rows);

    let csv = String::from_utf8(export(&mut pia, id, "csv", sort).await).unwrap();
    assert_eq!(csv.lines().count() as u64, rows + 1);
    let first_customer = screen.json["rows"][0][3].as_str().unwrap();
    assert!(csv.lines().nth(1).unwrap().contains(first_customer), "{}", csv.lines().nth(1).unwrap());

    let xlsx = export(&mut pia, id, "xlsx", sort).await;
    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(xlsx)).unwrap();
    let sheet = calamine::Reader::worksheet_range_at(&mut workbook, 0).unwrap().unwrap();
    assert_eq!(sheet.height() as u64, rows + 1);
    assert_eq!(sheet.get_value((1, 3)).unwrap().to_string(), first_customer);

    let parquet = bytes::Bytes::from(export(&mut pia, id, "parquet", sort).await);
    let reader =
        parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(parquet).unwrap().build().unwrap();
    let count: usize = reader.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(count as u64, rows);
}

async fn export(person: &mut Person, id: &str, format: &str, sort: &str) -> Vec<u8> {
    let reply = person.get(&format!("/api/v1/runs/{id}/export?format={format}&sort={sort}")).await;
    reply.expect(200);
    reply.bytes
}

#[tokio::test]
async fn the_same_key_gives_the_same_run_and_a_deleted_run_is_gone() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    let assignment = pia.assignment("pricing_summary").await;
    let path = format!("/api/v1/assignments/{assignment}/runs");
    pia.browser.always("idempotency-key", "once".to_owned());
    let first = pia.post(&path, json!({"parameters": {}})).await.expect(201).id();
    let second = pia.post(&path, json!({"parameters": {}})).await.expect(201).id();
    assert_eq!(first, second);
    pia.finished(&first).await;
    pia.delete(&format!("/api/v1/runs/{first}")).await.expect(204);
    pia.get(&format!("/api/v1/runs/{first}")).await.expect(404);
    pia.rows(&first, json!([]), json!([])).await.expect(404);
}

#[tokio::test]
async fn a_publisher_publishes_a_view_and_its_next_version_runs() {
    let site = Site::start().await;
    let mut paul = site.sign_in("paul").await;
    let connection = paul.get("/api/v1/connections").await.expect(200).items()[0]["id"].clone();
    let view = |sql: &str| json!({"name": "regions", "title": "Regions", "sql": sql, "parameters": [], "connection_id": connection, "note": "n"});
    let bad = paul.post("/api/v1/views", view("select r_name from region; drop table region")).await;
    assert!(bad.expect(422).json["errors"]["sql"].is_string(), "{}", bad.text);
    let first = paul.post("/api/v1/views", view("select r_name as region from region")).await;
    let id = first.expect(201).id();
    assert_eq!(first.json["columns"][0]["name"], "region");
    let path = format!("/api/v1/views/{id}");
    let next = |sql: &str, expected: i64| {
        let mut next = view(sql);
        next["expected_version"] = json!(expected);
        next
    };
    let second = paul.put(&path, next("select r_regionkey as key, r_name as region from region", 1)).await;
    assert_eq!(second.expect(200).json["version"], 2);
    let late = paul.put(&path, next("select r_comment from region", 1)).await;
    assert_eq!(late.expect(409).problem(), "view-changed");
    assert!(late.json["hint"].as_str().unwrap().contains("publish yours"), "{}", late.text);
    assert_eq!(paul.put(&path, view("select r_comment from region")).await.expect(422).problem(), "invalid");
    assert_eq!(paul.put(&path, next("select r_comment from region", 2)).await.expect(200).json["version"], 3);
    let old = paul.get(&format!("/api/v1/views/{id}/versions/1")).await;
    assert_eq!(old.expect(200).json["sql"], "select r_name as region from region");
}

#[tokio::test]
async fn the_whole_walk_works_on_postgresql_too() {
    let site = Site::start_on_postgresql().await;
    let mut pia = site.sign_in("pia").await;
    let run = pia.run("top_customers", json!({"Top": 5})).await;
    assert_eq!(run["state"], "completed", "{run}");
    pia.post(&format!("/api/v1/runs/{}/keep", run["id"].as_str().unwrap()), json!({})).await.expect(200);
    assert_eq!(pia.get("/api/v1/runs").await.expect(200).items().len(), 1);
}

#[tokio::test]
async fn execute_shows_and_download_leaves_a_completed_entry() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    let shown = pia.run("pricing_summary", json!({"ShippedUntil": "1998-09-02"})).await;
    assert_eq!((shown["asked"].as_str(), shown["kept"].as_bool()), (Some("execute"), Some(false)), "{shown}");
    assert!(shown["expires_at"].is_string(), "{shown}");
    assert!(pia.get("/api/v1/runs").await.expect(200).items().is_empty());

    let path = format!("/api/v1/assignments/{}/runs", pia.assignment("pricing_summary").await);
    let download = json!({"parameters": {"ShippedUntil": "1998-09-02"}, "asked": "download"});
    let downloaded = pia.post(&path, download).await.expect(201).id();
    assert_eq!(pia.finished(&downloaded).await["kept"], true);
    let keep = format!("/api/v1/runs/{}/keep", shown["id"].as_str().unwrap());
    assert!(!pia.get("/api/v1/runs").await.expect(200).text.contains(shown["id"].as_str().unwrap()));
    assert_eq!(pia.post(&keep, json!({})).await.expect(200).json["kept"], true);
    assert_eq!(pia.get("/api/v1/runs").await.expect(200).items().len(), 2);
    site.sign_in("quinn").await.post(&keep, json!({})).await.expect(404);
}
