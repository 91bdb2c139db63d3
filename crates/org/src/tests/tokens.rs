//! API tokens: life, rights, zones, and that the value is nowhere.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::site::{Site, id};
use crate::model::{role::RoleType, token::Network};

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test]
async fn every_use_begins_the_thirty_days_again() {
    let site = Site::start().await;
    let (row, value) = site.token_of(&site.administrator.clone(), Network::Anywhere).await;
    let path = format!("/api/v1/api-tokens/{}", row.id);
    let seen = site.get(&path).await.ok();
    assert_eq!(seen["expiresAt"], "2027-02-14T08:00:00.000Z");
    assert_eq!((seen["tokenWindow"].as_str(), seen["clientName"].as_str()), (Some("P30D"), Some("Okta API")));
    site.advance(DAY * 29);
    site.call_as(&value, Method::GET, "/api/v1/users/me", None).await.is(200);
    let seen = site.call_as(&value, Method::GET, &path, None).await.ok();
    assert_eq!(seen["lastUpdated"], "2027-02-13T08:00:00.000Z");
    assert_eq!(seen["expiresAt"], "2027-03-15T08:00:00.000Z");
    site.advance(DAY * 30);
    site.call_as(&value, Method::GET, "/api/v1/users/me", None).await.refused(401, "E0000011");
}

#[tokio::test]
async fn a_token_follows_its_creator() {
    let site = Site::start().await;
    let (owner, value) = site.administrator(RoleType::ReadOnlyAdmin).await;
    let call = |path: &'static str| site.call_as(&value, Method::GET, path, None);
    call("/api/v1/users").await.is(200);
    let roles = site.get(&format!("/api/v1/users/{}/roles", owner.id)).await.ok();
    site.delete(&format!("/api/v1/users/{}/roles/{}", owner.id, id(&roles[0]))).await.is(204);
    call("/api/v1/users").await.refused(403, "E0000006");
    call("/api/v1/users/me").await.is(200);
    site.act(&format!("/api/v1/users/{}/lifecycle/suspend", owner.id)).await.is(200);
    call("/api/v1/users/me").await.refused(401, "E0000011");
    site.act(&format!("/api/v1/users/{}/lifecycle/unsuspend", owner.id)).await.is(200);
    call("/api/v1/users/me").await.is(200);
    site.act(&format!("/api/v1/users/{}/lifecycle/deactivate", owner.id)).await.is(200);
    site.act(&format!("/api/v1/users/{}/lifecycle/activate?sendEmail=false", owner.id)).await.is(200);
    call("/api/v1/users/me").await.refused(401, "E0000011");
    assert_eq!(site.events("system.api_token.revoke").await.len(), 1);
}

#[tokio::test]
async fn a_call_from_outside_the_zone_is_refused_and_logged() {
    let site = Site::start().await;
    let zone = |name: &str, range: &str| json!({ "type": "IP", "name": name, "gateways": [{ "type": "CIDR", "value": range }] });
    let here = site.post("/api/v1/zones", zone("Here", "127.0.0.0/8")).await.ok();
    let there = site.post("/api/v1/zones", zone("There", "192.0.2.0/24")).await.ok();
    let network = |include: &[&serde_json::Value], exclude: &[&serde_json::Value]| Network::Zone {
        include: include.iter().map(|zone| id(zone).into()).collect(),
        exclude: exclude.iter().map(|zone| id(zone).into()).collect(),
    };
    let owner = site.administrator.clone();
    for (condition, allowed) in [
        (network(&[&here], &[]), true),
        (network(&[&there], &[]), false),
        (network(&[&there, &here], &[]), true),
        (network(&[], &[&here]), false),
        (network(&[], &[&there]), true),
        (network(&[], &[]), true),
        (network(&[&here], &[&here]), false),
    ] {
        let (_, value) = site.token_of(&owner, condition.clone()).await;
        let status = site.call_as(&value, Method::GET, "/api/v1/users/me", None).await.status;
        assert_eq!(status, if allowed { 200 } else { 403 }, "{condition:?}");
    }
    assert_eq!(site.events("system.api_token.request_outside_allowed_range").await.len(), 3);
    site.act(&format!("/api/v1/zones/{}/lifecycle/deactivate", id(&here))).await.refused(400, "E0000001");
}

#[tokio::test]
async fn tokens_are_listed_changed_and_revoked() {
    let site = Site::start().await;
    let (row, value) = site.token_of(&site.administrator.clone(), Network::Anywhere).await;
    let listed = site.get("/api/v1/api-tokens").await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let keys: Vec<_> = listed[1].as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "id",
            "name",
            "userId",
            "clientName",
            "tokenWindow",
            "network",
            "expiresAt",
            "created",
            "lastUpdated",
            "_links"
        ]
    );
    assert!(listed[1]["tokenWindow"].is_null());
    let path = format!("/api/v1/api-tokens/{}", row.id);
    let changed = site.put(&path, json!({ "name": "renamed", "network": { "connection": "ANYWHERE" } })).await.ok();
    assert_eq!(changed["name"], "renamed");
    site.put(&path, json!({ "name": "x", "network": { "connection": "ZONE", "include": ["nzo000"] } }))
        .await
        .refused(400, "E0000001");
    site.put(&path, json!({ "name": " " })).await.refused(400, "E0000001");
    site.delete(&path).await.is(204);
    site.delete(&path).await.refused(404, "E0000007");
    site.get(&path).await.refused(404, "E0000007");
    site.call_as(&value, Method::GET, "/api/v1/users/me", None).await.refused(401, "E0000011");
    site.call_as(&site.token, Method::POST, "/api/v1/api-tokens", Some(json!({ "name": "x" })))
        .await
        .refused(405, "E0000022");
}

#[tokio::test]
async fn others_see_their_own_tokens_alone() {
    let site = Site::start().await;
    let (_, value) = site.administrator(RoleType::UserAdmin).await;
    let own = site.call_as(&value, Method::GET, "/api/v1/api-tokens", None).await.ok();
    assert_eq!(own.as_array().unwrap().len(), 1);
    let all = site.get("/api/v1/api-tokens").await.ok();
    let foreign =
        all.as_array().unwrap().iter().find(|token| token["userId"] == site.administrator.id.as_str()).unwrap();
    let path = format!("/api/v1/api-tokens/{}", id(foreign));
    site.call_as(&value, Method::GET, &path, None).await.refused(404, "E0000007");
    site.call_as(&value, Method::DELETE, &path, None).await.refused(404, "E0000007");
}

#[tokio::test]
async fn a_token_can_end_itself_without_any_right() {
    let site = Site::start().await;
    let person = site.person("plain@example.com").await;
    let (_, value) = site.token_of(&person, Network::Anywhere).await;
    site.call_as(&value, Method::DELETE, "/api/v1/api-tokens/current", None).await.is(204);
    site.call_as(&value, Method::DELETE, "/api/v1/api-tokens/current", None).await.refused(401, "E0000011");
}

#[tokio::test]
async fn the_database_files_hold_no_token() {
    let site = Site::start().await;
    site.get("/api/v1/users/me").await.is(200);
    let Site { running, folder, token, .. } = site;
    running.stop().await;
    for entry in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let content = std::fs::read(&path).unwrap();
            assert!(!content.windows(token.len()).any(|window| window == token.as_bytes()), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn the_log_names_the_token_that_a_call_was_made_with() {
    let site = Site::start().await;
    let token_id = id(&site.get("/api/v1/api-tokens").await.ok()[0]).to_owned();
    let reply = site.post("/api/v1/groups", json!({ "profile": { "name": "Logged" } })).await;
    let request_id = reply.headers["x-okta-request-id"].clone();
    let filter = format!("/api/v1/logs?filter=transaction.detail.requestApiTokenId+eq+%22{token_id}%22");
    let events = site.get(&filter).await.ok();
    assert_eq!(events[0]["eventType"], "group.lifecycle.create");
    assert_eq!(events[0]["transaction"]["id"], request_id.as_str());
    assert_eq!(events[0]["actor"]["id"], site.administrator.id.as_str());
}
