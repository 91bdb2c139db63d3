//! The System Log: shape, polling, bounded readings, questions.

use std::time::Duration;

use serde_json::json;

use super::site::{Site, id};

#[tokio::test]
async fn an_event_has_every_key_of_okta_s() {
    let site = Site::start().await;
    let group = site.new_group("WRUser").await;
    let event = site.events("group.lifecycle.create").await.remove(0);
    let keys: Vec<_> = event.as_object().unwrap().keys().cloned().collect();
    let expected = [
        "actor",
        "client",
        "device",
        "authenticationContext",
        "displayMessage",
        "eventType",
        "outcome",
        "published",
        "securityContext",
        "severity",
        "debugContext",
        "legacyEventType",
        "transaction",
        "uuid",
        "version",
        "request",
        "target",
    ];
    assert_eq!(keys, expected);
    assert_eq!(event["actor"]["alternateId"], "root@example.com");
    assert_eq!((&event["target"][0]["id"], &event["target"][0]["type"]), (&group["id"], &json!("UserGroup")));
    assert_eq!(event["client"]["ipAddress"], "127.0.0.1");
    assert_eq!(event["request"]["ipChain"][0]["version"], "V4");
    assert_eq!(event["debugContext"]["debugData"]["requestUri"], "/api/v1/groups");
    assert_eq!((&event["outcome"]["result"], &event["version"]), (&json!("SUCCESS"), &json!("0")));
}

#[tokio::test]
async fn polling_never_ends_and_misses_nothing() {
    let site = Site::start().await;
    for name in ["One", "Two", "Three"] {
        site.new_group(name).await;
    }
    let first = site.get("/api/v1/logs?limit=2").await.is(200);
    assert_eq!(first.body.as_array().unwrap().len(), 2);
    let second = site.get(&first.links["next"]).await.is(200);
    assert_eq!(second.body[0]["target"][0]["displayName"], "Three");
    let empty = site.get(&second.links["next"]).await.is(200);
    assert_eq!(empty.body, json!([]));
    site.new_group("Four").await;
    site.advance(Duration::from_secs(20 * 24 * 3_600));
    site.new_group("Five").await;
    let later = site.get(&empty.links["next"]).await.is(200);
    let names: Vec<_> = later
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["target"][0]["displayName"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Four", "Five"]);
}

#[tokio::test]
async fn a_bounded_reading_ends_in_both_orders() {
    let site = Site::start().await;
    for name in ["One", "Two", "Three"] {
        site.new_group(name).await;
        site.advance(Duration::from_millis(1_500));
    }
    let bounds = "since=2027-01-15T08:00:00.000Z&until=2027-01-15T08:00:03.000Z";
    for (order, names) in [("ASCENDING", ["One", "Two"]), ("DESCENDING", ["Two", "One"])] {
        let first = site.get(&format!("/api/v1/logs?{bounds}&sortOrder={order}&limit=1")).await.is(200);
        assert_eq!(first.body[0]["target"][0]["displayName"], names[0], "{order}");
        let second = site.get(&first.links["next"]).await.is(200);
        assert_eq!(second.body[0]["target"][0]["displayName"], names[1], "{order}");
        assert!(!second.links.contains_key("next"), "{order}");
    }
    assert_eq!(site.get("/api/v1/logs?limit=0").await.ok(), json!([]));
}

#[tokio::test]
async fn the_log_is_asked_by_filter_and_keywords() {
    let site = Site::start().await;
    let group = site.new_group("WR User").await;
    site.new_user("ada@example.com").await;
    let count = async |query: &str| site.get(&format!("/api/v1/logs?{query}")).await.ok().as_array().unwrap().len();
    assert_eq!(count(&format!("filter=target.id+eq+%22{}%22", id(&group))).await, 1);
    assert_eq!(count("filter=eventType+sw+%22user.lifecycle%22").await, 2);
    assert_eq!(count("filter=not+(eventType+sw+%22user.%22)").await, 1);
    assert_eq!(count("q=ada%40example.com+create").await, 1);
    assert_eq!(count("q=nobody").await, 0);
    site.get("/api/v1/logs?filter=published+gt+%222027-01-15T08:00:00.000Z%22").await.refused(400, "E0000031");
    site.get("/api/v1/logs?filter=eventType+eq").await.refused(400, "E0000031");
    site.get("/api/v1/logs?since=yesterday").await.refused(400, "E0000001");
    site.get("/api/v1/logs?limit=1001").await.refused(400, "E0000001");
    site.get("/api/v1/logs?after=nonsense").await.refused(400, "E0000029");
}
