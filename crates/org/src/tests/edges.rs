//! What all calls have in common: paths, methods, media types, hosts, limits, panics of the unknown.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::site::{BEGINNING, Site};
use crate::{
    OrgConfig,
    model::{log, role::RoleType},
    operations,
};

#[tokio::test]
async fn unknown_paths_wrong_methods_and_missing_features_answer_as_okta_does() {
    let site = Site::start().await;
    site.get("/api/v1/nothing").await.refused(404, "E0000008");
    site.get("/nothing").await.refused(404, "E0000008");
    site.call_as(&site.token, Method::PATCH, "/api/v1/users", Some(json!([]))).await.refused(405, "E0000022");
    site.get("/api/v1/captchas").await.refused(401, "E0000015");
    site.call_as("wrong", Method::GET, "/api/v1/captchas", None).await.refused(401, "E0000011");
    site.get("//api//v1/users/me").await.is(200);
}

#[tokio::test]
async fn every_known_operation_answers_and_none_fails() {
    let site = Site::start().await;
    let mut walked = 0;
    for operation in operations::all()
        .iter()
        .filter(|operation| operation.path.starts_with("/api/v1/") && operation.method != Method::OPTIONS)
    {
        let path: String = operation
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "x0000000000000000000" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        if path.ends_with("/api-tokens/current") {
            continue;
        }
        let reply = site.call_as(&site.token, operation.method.clone(), &path, None).await;
        assert!(
            reply.status < 500 || reply.body["errorCode"] == "E0000060",
            "{} {path}: {} {}",
            operation.method,
            reply.status,
            reply.body
        );
        walked += 1;
    }
    assert!(walked > 600);
}

#[tokio::test]
async fn nobody_and_somebody_without_a_role_get_through_no_operation_that_needs_a_right() {
    let site = Site::start().await;
    let nobody = site.person("nobody@example.com").await;
    let (_, token) = site.token_of(&nobody, crate::model::token::Network::Anywhere).await;
    for id in crate::api::operations().ids() {
        let operation = operations::by_id(id).unwrap();
        let operations::Needs::Right { .. } = operation.needs else { continue };
        let path = operation
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "x0000000000000000000" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        // Not every operation answers with JSON.
        let bare = || {
            let request = site.request(operation.method.clone(), &path).header("Accept", "*/*");
            request.header("Content-Length", "0")
        };
        site.send(bare()).await.refused(401, "E0000011");
        let known = bare().header("Authorization", format!("SSWS {token}"));
        site.send(known).await.refused(403, "E0000006");
    }
}

#[tokio::test]
async fn bodies_must_be_json_and_say_so() {
    let site = Site::start().await;
    let post = |kind: Option<&'static str>, body: &'static str| {
        let request = site
            .request(Method::POST, "/api/v1/groups")
            .header("Authorization", format!("SSWS {}", site.token))
            .body(body);
        kind.map_or_else(
            || {
                site.request(Method::POST, "/api/v1/groups")
                    .header("Authorization", format!("SSWS {}", site.token))
                    .body(body)
            },
            |kind| request.header("Content-Type", kind),
        )
    };
    site.send(post(Some("application/json"), "{ not json")).await.refused(400, "E0000003");
    site.send(post(Some("application/json"), "[1]")).await.refused(400, "E0000003");
    site.send(post(Some("text/plain"), "{}")).await.refused(400, "E0000021");
    site.send(post(None, "{}")).await.refused(400, "E0000018");
    site.send(post(Some("application/json"), r#"{"profile":{"name":7}}"#)).await.refused(400, "E0000003");
    let accept = site.request(Method::GET, "/api/v1/groups").header("Authorization", format!("SSWS {}", site.token));
    let accept = accept.headers([(reqwest::header::ACCEPT, "text/html".parse().unwrap())].into_iter().collect());
    site.send(accept).await.refused(400, "E0000019");
    let long = site.request(Method::POST, "/api/v1/groups").header("Authorization", format!("SSWS {}", site.token));
    let long = long
        .header("Content-Type", "application/json")
        .body("x".repeat(crate::api::body::BODY_BYTES_MAX + 1))
        .send()
        .await
        .unwrap();
    assert_eq!(long.status(), 413);
}

#[tokio::test]
async fn the_host_selects_a_configured_address_or_nothing() {
    let site =
        Site::with(|config| OrgConfig { addresses: vec!["http://org.example.test".parse().unwrap()], ..config }).await;
    site.send(site.request(Method::GET, "/.well-known/okta-organization")).await.is(421);
    let named = site.request(Method::GET, "/.well-known/okta-organization").header("Host", "org.example.test");
    let document = site.send(named).await.ok();
    assert_eq!(document["_links"]["organization"]["href"], "http://org.example.test");
    assert_eq!(document["pipeline"], "v1");
    // A proxy that is not configured is not believed.
    let forged =
        site.request(Method::GET, "/.well-known/okta-organization").header("X-Forwarded-Host", "org.example.test");
    site.send(forged).await.is(421);
}

#[tokio::test]
async fn a_configured_proxy_says_who_called_and_how() {
    let proxied = |config: OrgConfig| OrgConfig {
        addresses: vec!["https://org.example.test".parse().unwrap()],
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..config
    };
    let site = Site::with(proxied).await;
    let call = |chain: &'static str| {
        let request =
            site.request(Method::POST, "/api/v1/groups").header("Authorization", format!("SSWS {}", site.token));
        let request = request.header("X-Forwarded-Host", "org.example.test").header("X-Forwarded-Proto", "https");
        request.header("X-Forwarded-For", chain).json(&json!({ "profile": { "name": chain } }))
    };
    let group = site.send(call("198.51.100.1, 192.0.2.7")).await;
    assert!(group.headers.contains_key("strict-transport-security"));
    assert!(group.body["_links"]["users"]["href"].as_str().unwrap().starts_with("https://org.example.test/api/v1/"));
    let mut reader = site.running.org.db.read().await.unwrap();
    let row = db::query("select body from log_event where event_type = 'group.lifecycle.create'")
        .one(&mut reader)
        .await
        .unwrap();
    let event: serde_json::Value = serde_json::from_str(&row.get::<String>("body").unwrap()).unwrap();
    assert_eq!(event["client"]["ipAddress"], "192.0.2.7", "the entry that the proxy wrote, not the one before it");
}

#[tokio::test]
async fn links_follow_the_address_that_was_called() {
    let site = Site::start().await;
    let other = format!("http://127.0.0.1:{}/api/v1/users/me", site.running.http_address.port());
    let me = site.get(&other).await.ok();
    assert!(me["_links"]["self"]["href"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    let me = site.get("/api/v1/users/me").await.ok();
    assert!(me["_links"]["self"]["href"].as_str().unwrap().starts_with("http://localhost:"));
}

#[tokio::test]
async fn limits_are_shown_counted_and_end_with_their_minute() {
    let site = Site::with_limits().await;
    let first = site.get("/api/v1/logs").await.is(200);
    assert_eq!(
        (first.headers["x-rate-limit-limit"].as_str(), first.headers["x-rate-limit-remaining"].as_str()),
        ("60", "59")
    );
    assert_eq!(first.headers["x-rate-limit-reset"], (BEGINNING.as_seconds() + 60).to_string());
    assert_eq!(first.headers["date"], "Fri, 15 Jan 2027 08:00:00 GMT");
    for _ in 0..59 {
        site.get("/api/v1/logs").await.is(200);
    }
    let refused = site.get("/api/v1/logs").await;
    assert_eq!(refused.headers["x-rate-limit-remaining"], "0");
    assert!(!refused.headers.contains_key("retry-after"));
    refused.refused(429, "E0000047");
    let (_, other) = site.administrator(RoleType::ReadOnlyAdmin).await;
    site.call_as(&other, Method::GET, "/api/v1/logs", None).await.is(200);
    site.advance(Duration::from_secs(60));
    site.get("/api/v1/logs").await.is(200);
    assert_eq!(site.events("system.org.rate_limit.violation").await.len(), 1);
}

#[tokio::test]
async fn no_secret_of_a_call_is_written_to_the_log() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let mut reader = site.running.org.db.read().await.unwrap();
    let rows = db::query("select body from log_event").all(&mut reader).await.unwrap();
    assert!(log::last_position(&mut reader).await.unwrap() > 0);
    for row in rows {
        let body: String = row.get("body").unwrap();
        assert!(!body.contains(&site.token) && !body.contains(super::site::PASSWORD));
    }
}

#[tokio::test]
async fn what_was_kept_is_there_after_a_restart() {
    let site = Site::start().await;
    let group = site.new_group("WRAdmin").await;
    let Site { running, clock, folder, token, .. } = site;
    let (id, config) = (running.org.id.clone(), running.org.config.clone());
    running.stop().await;
    let world = world::World { clock, random: std::sync::Arc::new(world::OsRandom) };
    let again = crate::start(config, world).await.unwrap();
    assert_eq!(again.org.id, id);
    let url = format!("http://localhost:{}/api/v1/groups/{}", again.http_address.port(), group["id"].as_str().unwrap());
    #[expect(clippy::disallowed_methods, reason = "a test is the org's client")]
    let client = reqwest::Client::new();
    let reply = client.get(url).header("Authorization", format!("SSWS {token}")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    again.stop().await;
    drop(folder);
}

#[tokio::test]
async fn a_database_without_its_key_refuses_to_start() {
    let site = Site::start().await;
    let Site { running, clock, folder, .. } = site;
    let config = running.org.config.clone();
    running.stop().await;
    std::fs::remove_file(folder.path().join("keys/org.key")).unwrap();
    let world = world::World { clock, random: std::sync::Arc::new(world::OsRandom) };
    let refused = crate::start(config, world).await;
    assert!(matches!(refused.err(), Some(crate::Error::Vault(vault::Error::KeyMissing { .. }))));
}
