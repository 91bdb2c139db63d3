//! Row security: each reader's rows are those of their Defined Field, by every way that rows take.

use serde_json::json;
use testkit::Site;

#[tokio::test]
async fn each_reader_sees_the_rows_of_their_own_region() {
    let site = Site::start().await;
    let mut nations = Vec::new();
    for name in ["pia", "sunil", "ivo"] {
        let mut person = site.sign_in(name).await;
        let run = person.run("top_customers", json!({"Top": 1000})).await;
        assert_eq!(run["state"], "completed", "{run}");
        let rows = person.rows(run["id"].as_str().unwrap(), json!([]), json!([])).await;
        let seen: std::collections::BTreeSet<String> = rows.expect(200).json["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row[1].as_str().unwrap().to_owned())
            .collect();
        assert!(!seen.is_empty(), "{name}");
        nations.push(seen);
    }
    assert!(
        nations[0].contains("GERMANY") && nations[1].contains("CHINA") && nations[2].contains("KENYA"),
        "{nations:?}"
    );
    assert!(
        nations[0].is_disjoint(&nations[1])
            && nations[1].is_disjoint(&nations[2])
            && nations[0].is_disjoint(&nations[2])
    );
}

#[tokio::test]
async fn a_reader_without_a_value_sees_no_rows_and_why() {
    let site = Site::start().await;
    let mut quinn = site.sign_in("quinn").await;
    let run = quinn.run("top_customers", json!({"Top": 10})).await;
    assert_eq!((run["state"].as_str(), run["rows"].as_i64()), (Some("completed"), Some(0)), "{run}");
    assert!(run["withheld"].as_str().unwrap().contains("@RegionID"));
    let rows = quinn.rows(run["id"].as_str().unwrap(), json!([]), json!([])).await;
    assert_eq!(rows.expect(200).json["total"], 0);
}

#[tokio::test]
async fn a_value_is_in_force_on_the_next_request() {
    let site = Site::start().await;
    let mut quinn = site.sign_in("quinn").await;
    let mut ada = site.sign_in("ada").await;
    let field = ada.get("/api/v1/defined-fields").await.expect(200).items()[0]["id"].as_str().unwrap().to_owned();
    let person = ada.get("/api/v1/people?q=quinn").await.expect(200).items()[0]["id"].as_str().unwrap().to_owned();
    ada.put(&format!("/api/v1/people/{person}/fields/{field}"), json!({"value": "4"})).await.expect(204);
    let run = quinn.run("top_customers", json!({"Top": 1000})).await;
    let rows = quinn.rows(run["id"].as_str().unwrap(), json!([]), json!([])).await;
    let nations = rows.expect(200).json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[1].as_str().unwrap())
        .collect::<Vec<_>>();
    assert!(!nations.is_empty());
    assert!(
        nations.iter().all(|nation| ["EGYPT", "IRAN", "IRAQ", "JORDAN", "SAUDI ARABIA"].contains(nation)),
        "{nations:?}"
    );
    ada.put(&format!("/api/v1/people/{person}/fields/{field}"), json!({"value": "'; drop table customer; --"}))
        .await
        .expect(422);
}

#[tokio::test]
async fn a_hidden_column_is_in_no_answer() {
    let site = Site::start().await;
    let mut paul = site.sign_in("paul").await;
    let connection = paul.get("/api/v1/connections").await.expect(200).items()[0]["id"].clone();
    let view = json!({"name": "regions", "title": "Regions", "sql": "select r_comment, r_name from region order by r_name",
        "columns": [{"name": "r_comment", "label": "Comment", "visible": false}], "connection_id": connection});
    let view = paul.post("/api/v1/views", view).await.expect(201).id();
    let role = paul.get("/api/v1/roles?q=publisher").await.expect(200).items()[0]["id"].clone();
    let new = json!({"view_ids": [view], "connection_id": connection, "role_ids": [role], "types": ["Details"]});
    paul.post("/api/v1/assignments", new).await.expect(201);
    let run = paul.run("regions", json!({})).await;
    assert_eq!(run["columns"].as_array().unwrap().len(), 1, "{run}");
    let id = run["id"].as_str().unwrap();
    let page = paul.rows(id, json!([]), json!([])).await;
    assert_eq!(page.expect(200).json["rows"][0], json!(["AFRICA"]));
    let searched = paul.rows(id, json!([]), json!([{"column": "r_comment", "op": "contains", "value": "a"}])).await;
    assert_eq!(searched.expect(422).problem(), "invalid");
    let sorted = paul.rows(id, json!([{"column": "r_comment"}]), json!([])).await;
    assert_eq!(sorted.expect(422).problem(), "invalid");
}
