//! The bridge: what changes at the org is in force here, and what cannot be confirmed is denied.

use std::time::Duration;

use serde_json::json;
use testkit::Site;

/// Longer than the sync waits between two readings.
const SYNC: Duration = Duration::from_secs(61);

#[tokio::test]
async fn a_person_who_leaves_a_group_loses_its_role_and_one_who_is_suspended_everything() {
    let site = Site::start().await;
    let mut rosa = site.sign_in("rosa").await;
    let mut pia = site.sign_in("pia").await;
    let mut api = site.org_api();
    let group = api.get("/api/v1/groups?q=WRRoleAdmin").await.expect(200).json[0]["id"].as_str().unwrap().to_owned();
    let user = api.get("/api/v1/users/rosa@demo.example").await.expect(200).id();
    site.advance(Duration::from_secs(1));
    api.delete(&format!("/api/v1/groups/{group}/users/{user}")).await.expect(204);
    api.post("/api/v1/users/pia@demo.example/lifecycle/suspend", json!({})).await.expect(200);
    site.advance(SYNC);
    site.portal.portal.sync().await.unwrap();
    let session = rosa.get("/api/v1/session").await;
    // A lost role ends the session; signing in again gives what is left.
    if session.status == 200 {
        assert_eq!(session.json["roles"].as_array().unwrap().len(), 1, "{}", session.text);
    } else {
        session.expect(401);
        let mut again = site.sign_in("rosa").await;
        assert_eq!(again.get("/api/v1/session").await.expect(200).json["roles"].as_array().unwrap().len(), 1);
    }
    pia.get("/api/v1/session").await.expect(401);
}

#[tokio::test]
async fn rights_that_nobody_confirms_are_denied_past_their_age() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    let mut api = site.org_api();
    api.delete("/api/v1/api-tokens/current").await.expect(204);
    site.advance(Duration::from_secs(14 * 60));
    pia.get("/api/v1/available").await.expect(200);
    site.advance(Duration::from_secs(2 * 60));
    let denied = pia.get("/api/v1/available").await;
    assert_eq!(denied.expect(503).problem(), "rights-too-old", "{}", denied.text);
}

#[tokio::test]
async fn the_bridge_says_whose_token_it_is_and_when_it_lapses() {
    let site = Site::start().await;
    let mut ada = site.sign_in("ada").await;
    let bridge = ada.get("/api/v1/bridge").await;
    let bridge = &bridge.expect(200).json;
    assert_eq!(bridge["token"]["owner"]["login"], "olga@demo.example", "{bridge}");
    assert_eq!(bridge["token"]["lapse_known"], true);
    assert!(bridge["token"]["lapses_at"].as_str().unwrap().starts_with("2026-04-01"));
    assert_eq!(bridge["token"]["state"], "ok");
    assert!(bridge["sync"]["people"].as_i64().unwrap() >= 7);
}
