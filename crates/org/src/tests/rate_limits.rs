//! Settings of the rate limits, and that the limits follow them.

use std::time::Duration;

use serde_json::json;

use super::site::{Site, id};
use crate::{mail::notice::TOLD_EVERY, model::token::Network};

const PRINCIPALS: &str = "/api/v1/principal-rate-limits";
const SETTINGS: &str = "/api/v1/rate-limit-settings";

fn limit(reply: &super::site::Reply) -> i64 {
    reply.headers["x-rate-limit-limit"].parse().unwrap()
}

#[tokio::test]
async fn a_token_may_take_the_share_that_was_set_for_it_and_no_more() {
    let site = Site::with_limits().await;
    let (row, value) = site.token_of(&site.administrator, Network::Anywhere).await;
    let call = || site.call_as(&value, reqwest::Method::GET, "/api/v1/api-tokens", None);
    assert_eq!(limit(&call().await.is(200)), 150, "half of the bucket");
    let body = json!({ "principalId": row.id.as_str(), "principalType": "SSWS_TOKEN", "defaultPercentage": 1, "defaultConcurrencyPercentage": 20 });
    let made = site.post(PRINCIPALS, body.clone()).await.is(201).ok();
    assert_eq!((&made["defaultPercentage"], &made["orgId"]), (&json!(1), &json!(site.running.org.id.as_str())));
    assert_eq!(limit(&call().await.is(200)), 3, "a hundredth of the bucket");
    call().await.is(200);
    call().await.refused(429, "E0000047");
    let path = format!("{PRINCIPALS}/{}", id(&made));
    let mut more = body.clone();
    more["defaultPercentage"] = 100.into();
    assert_eq!(site.put(&path, more).await.ok()["defaultPercentage"], 100);
    assert_eq!(site.get(&path).await.ok()["defaultConcurrencyPercentage"], 20);
    call().await.is(200);
    site.post(PRINCIPALS, body.clone()).await.refused(400, "E0000001");
    let mut other = body;
    other["principalId"] = "00T1".into();
    site.post(PRINCIPALS, other.clone()).await.refused(400, "E0000001");
    site.put(&path, other).await.refused(400, "E0000001");
    site.get(&format!("{PRINCIPALS}/prl1")).await.refused(404, "E0000007");
    assert_eq!(site.events("system.rate_limit.configuration.update").await.len(), 2);
}

#[tokio::test]
async fn shares_are_listed_by_the_type_of_whom_they_are_for() {
    let site = Site::start().await;
    let list = |filter: &str| format!("{PRINCIPALS}?filter={filter}");
    let app = json!({ "label": "Portal", "signOnMode": "OPENID_CONNECT", "settings": { "oauthClient": { "redirect_uris": ["https://p.test/cb"] } } });
    let client = site.post("/api/v1/apps", app).await.ok()["credentials"]["oauthClient"]["client_id"].clone();
    let (row, _) = site.token_of(&site.administrator, Network::Anywhere).await;
    for (kind, principal) in [("OAUTH_CLIENT", client.clone()), ("SSWS_TOKEN", json!(row.id.as_str()))] {
        site.post(PRINCIPALS, json!({ "principalId": principal, "principalType": kind })).await.is(201);
        let found = site.get(&list(&format!("principalType+eq+%22{kind}%22"))).await.ok();
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!((&found[0]["principalId"], &found[0]["defaultPercentage"]), (&principal, &json!(50)));
    }
    let none = list("principalType+eq+%22SSWS_TOKEN%22+and+principalId+eq+%2200T1%22");
    assert_eq!(site.get(&none).await.ok(), json!([]));
    site.get(PRINCIPALS).await.refused(400, "E0000028");
    site.get(&list("principalId+eq+%2200T1%22")).await.refused(400, "E0000031");
    let wrong = json!({ "principalId": client, "principalType": "OAUTH_CLIENT", "defaultPercentage": 101 });
    site.post(PRINCIPALS, wrong).await.refused(400, "E0000001");
}

#[tokio::test]
async fn a_bucket_that_is_nearly_empty_is_warned_about_at_the_threshold_that_was_set() {
    let site = Site::with_limits().await;
    let path = format!("{SETTINGS}/warning-threshold");
    assert_eq!(site.get(&path).await.ok(), json!({ "warningThreshold": 60 }));
    assert_eq!(site.put(&path, json!({ "warningThreshold": 30 })).await.ok(), json!({ "warningThreshold": 30 }));
    site.put(&path, json!({ "warningThreshold": 29 })).await.refused(400, "E0000001");
    site.put(&path, json!({ "warningThreshold": 91 })).await.refused(400, "E0000001");
    assert_eq!(site.get(&path).await.ok(), json!({ "warningThreshold": 30 }));
    for _ in 0..29 {
        site.get("/api/v1/apps").await.is(200);
    }
    assert!(site.events("system.org.rate_limit.warning").await.is_empty());
    site.get("/api/v1/apps").await.is(200);
    let warned = site.events("system.org.rate_limit.warning").await;
    assert_eq!((warned.len(), &warned[0]["actor"]["id"]), (1, &json!(site.administrator.id.as_str())));
    site.get("/api/v1/apps").await.is(200);
    assert_eq!(site.events("system.org.rate_limit.warning").await.len(), 1, "once a window");
}

async fn notices(site: &Site) -> i64 {
    let count = db::query("select count(*) as n from outbox where template = 'RateLimitNotification'");
    count.one(&mut site.running.org.db.read().await.unwrap()).await.unwrap().get("n").unwrap()
}

#[tokio::test]
async fn subscribed_administrators_are_told_once_an_hour_that_a_limit_is_near() {
    let site = Site::with_limits().await;
    let near = async || {
        for _ in 0..50 {
            site.get("/api/v1/apps").await.is(200);
        }
        site.get("/api/v1/apps").await.refused(429, "E0000047");
    };
    near().await;
    assert_eq!(notices(&site).await, 1);
    site.advance(Duration::from_secs(60));
    near().await;
    assert_eq!(notices(&site).await, 1);
    site.advance(TOLD_EVERY);
    let off = json!({ "notificationsEnabled": false });
    site.put(&format!("{SETTINGS}/admin-notifications"), off).await.is(200);
    near().await;
    assert_eq!(notices(&site).await, 1, "nobody is told");
    site.put(&format!("{SETTINGS}/admin-notifications"), json!({ "notificationsEnabled": true })).await.is(200);
    site.act("/api/v1/users/me/subscriptions/RATELIMIT_NOTIFICATION/unsubscribe").await.is(200);
    site.advance(TOLD_EVERY);
    near().await;
    assert_eq!(notices(&site).await, 1, "nobody wants to be told");
}

#[tokio::test]
async fn notifications_of_administrators_are_turned_off_and_on() {
    let site = Site::start().await;
    let path = format!("{SETTINGS}/admin-notifications");
    assert_eq!(site.get(&path).await.ok(), json!({ "notificationsEnabled": true }));
    let off = json!({ "notificationsEnabled": false });
    assert_eq!(site.put(&path, off.clone()).await.ok(), off);
    assert_eq!(site.get(&path).await.ok(), off);
    site.put(&path, json!({})).await.refused(400, "E0000001");
}
