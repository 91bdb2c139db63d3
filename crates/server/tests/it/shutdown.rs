//! The stop of the server: what runs gets its time, what is not through by then is marked interrupted, and people are told.

use std::time::Duration;

use serde_json::{Value, json};
use server::serve::GRACE;
use testkit::{Person, Site};

/// Ends once the table `gate` says where. Published while it does, run while it does not.
const COUNT: &str = "with recursive n(i) as (select 1 union all select i + 1 from n where i < coalesce((select max(last) from gate), 9000000000000000000)) select count(*) as counted from n";

/// A report that counts as far as the gate says, and the administrator who may run it.
async fn counting(site: &Site) -> (Person, String) {
    gate(site, "create table gate (last integer); insert into gate values (10)");
    let mut ada = site.sign_in("ada").await;
    let connections = ada.get("/api/v1/connections").await;
    let connection =
        connections.expect(200).items().iter().find(|known| known["name"] == "Sales").unwrap()["id"].clone();
    let view = json!({"name": "count", "title": "Count", "sql": COUNT, "parameters": [], "connection_id": connection});
    let view = ada.post("/api/v1/views", view).await.expect(201).id();
    let roles = ada.get("/api/v1/roles").await;
    let role = roles.expect(200).items().iter().find(|role| role["name"] == "Admin").unwrap()["id"].clone();
    let assign = json!({"view_ids": [view], "connection_id": connection, "role_ids": [role], "types": ["Details"]});
    ada.post("/api/v1/assignments", assign).await.expect(201);
    let assignment = ada.assignment("count").await;
    (ada, assignment)
}

fn gate(site: &Site, sql: &str) {
    let sample = rusqlite::Connection::open(server::demo::seed::sample_path(&site.config)).unwrap();
    sample.execute_batch(sql).unwrap();
}

/// Begins a run and waits until its database works.
async fn running(ada: &mut Person, assignment: &str) -> String {
    let run = ada.post(&format!("/api/v1/assignments/{assignment}/runs"), json!({"parameters": {}})).await;
    let id = run.expect(201).id();
    let begun = async {
        while ada.get(&format!("/api/v1/runs/{id}")).await.expect(200).json["state"] != "running" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), begun).await.expect("the run begins");
    id
}

#[tokio::test]
async fn what_is_not_through_in_its_time_is_interrupted_and_everybody_is_told() {
    assert_eq!(GRACE, Duration::from_secs(30));
    let site = Site::start().await;
    let (mut ada, assignment) = counting(&site).await;
    gate(&site, "delete from gate");
    let id = running(&mut ada, &assignment).await;
    // Somebody looks at the run while it goes on.
    let cookie = format!("wr_session={}", ada.browser.cookie(&site.portal_url, "wr_session").unwrap());
    let events = site.portal_url.join(&format!("/api/v1/runs/{id}/events")).unwrap();
    let watched = client().get(events).header("cookie", cookie).send().await.unwrap();
    assert_eq!(watched.status().as_u16(), 200);

    let site = site.restart_portal(Duration::ZERO).await;
    let told = watched.text().await.unwrap();
    let last = told.lines().rfind(|line| line.starts_with("data:")).unwrap().to_owned();
    let last: Value = serde_json::from_str(last.trim_start_matches("data:")).unwrap();
    let run = ada.get(&format!("/api/v1/runs/{id}")).await;
    for run in [&last, &run.expect(200).json] {
        assert_eq!(run["state"], "interrupted", "{run}");
        assert_eq!(run["problem"]["type"], "/problems/interrupted", "{run}");
        assert_eq!(run["problem"]["detail"], "the server stopped while it ran", "{run}");
        assert_eq!(run["problem"]["hint"], "run it again", "{run}");
    }
    ada.post(&format!("/api/v1/runs/{id}/page"), json!({"offset": 0, "limit": 10})).await.expect(410);
    // Run again it ends as if nothing had been.
    gate(&site, "insert into gate values (10)");
    assert_eq!(ada.run("count", json!({})).await["state"], "completed");
}

#[tokio::test]
async fn what_is_through_in_its_time_is_kept() {
    let site = Site::start().await;
    let (mut ada, assignment) = counting(&site).await;
    gate(&site, "update gate set last = 4000000");
    let id = running(&mut ada, &assignment).await;
    let site = site.restart_portal(GRACE).await;
    let run = ada.get(&format!("/api/v1/runs/{id}")).await;
    assert_eq!(run.expect(200).json["state"], "completed", "{}", run.text);
    let rows = ada.rows(&id, json!([]), json!([])).await;
    assert_eq!(rows.expect(200).json["rows"], json!([[4_000_000]]), "{}", rows.text);
    drop(site);
}

#[tokio::test]
async fn a_server_that_stops_takes_no_new_request() {
    let site = Site::start().await;
    let (mut ada, assignment) = counting(&site).await;
    gate(&site, "delete from gate");
    running(&mut ada, &assignment).await;
    let Site { portal, clock, folder, org, .. } = site;
    let handle = portal.portal.clone();
    let stopping = tokio::spawn(portal.stop_within(Duration::from_secs(2)));
    let refused = async {
        loop {
            // Ready no longer, and the port closes.
            if handle.ready().await.is_err() && ada.browser.get(&ada.base).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(2), refused).await.expect("new requests are refused while a run goes on");
    stopping.await.unwrap();
    drop((clock, folder, org));
}

/// A client that reads an answer while it comes.
#[expect(clippy::disallowed_methods, reason = "a test is a stranger and brings its own client")]
fn client() -> reqwest::Client {
    net::install_tls_provider();
    reqwest::Client::new()
}
