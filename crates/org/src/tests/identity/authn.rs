//! `/api/v1/authn`.

use reqwest::Method;
use serde_json::{Value, json};

use super::super::site::{PASSWORD, Reply, Site, id};

async fn call(site: &Site, path: &str, body: Value) -> Reply {
    site.send(site.request(Method::POST, path).json(&body)).await
}

#[tokio::test]
async fn a_right_password_gives_a_session_token() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let answer = call(
        &site,
        "/api/v1/authn",
        json!({ "username": "ada@example.com", "password": PASSWORD, "relayState": "/x" }),
    )
    .await
    .ok();
    assert_eq!((&answer["status"], &answer["relayState"]), (&json!("SUCCESS"), &json!("/x")));
    let token = answer["sessionToken"].as_str().unwrap();
    assert!(token.starts_with("00") && token.len() == 42 && answer.get("stateToken").is_none());
    let embedded = &answer["_embedded"]["user"];
    assert_eq!((&embedded["id"], &embedded["profile"]["firstName"]), (&user["id"], &json!("Ada")));
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_said_in_okta_s_words() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let causes = call(&site, "/api/v1/authn", json!({ "username": "ada@example.com" })).await.refused(400, "E0000001");
    assert_eq!(causes, ["password: The field cannot be left blank"]);
    call(&site, "/api/v1/authn", json!({ "username": "ada@example.com", "password": "x" }))
        .await
        .refused(401, "E0000004");
    call(&site, "/api/v1/authn", json!({ "username": "bob@example.com", "password": "x" }))
        .await
        .refused(401, "E0000004");
    call(&site, "/api/v1/authn", json!({ "stateToken": "00nothing" })).await.refused(401, "E0000011");
}

#[tokio::test]
async fn an_expired_password_must_be_changed_first() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    site.act(&format!("/api/v1/users/{}/lifecycle/expire_password", id(&user))).await.ok();
    let credentials = json!({ "username": "ada@example.com", "password": PASSWORD, "relayState": "/x" });
    let answer = call(&site, "/api/v1/authn", credentials.clone()).await.ok();
    assert_eq!(answer["status"], "PASSWORD_EXPIRED");
    assert!(answer.get("sessionToken").is_none());
    let next = answer["_links"]["next"]["href"].as_str().unwrap().to_owned();
    let change =
        |state: &Value, old: &str, new: &str| json!({ "stateToken": state, "oldPassword": old, "newPassword": new });
    let state = &answer["stateToken"];
    assert_eq!(call(&site, "/api/v1/authn", json!({ "stateToken": state })).await.ok()["status"], "PASSWORD_EXPIRED");
    let causes = call(&site, &next, change(state, PASSWORD, "weak")).await.refused(403, "E0000080");
    assert!(!causes.is_empty());
    let changed = call(&site, &next, change(state, PASSWORD, "Another-Horse-8")).await.ok();
    assert_eq!((&changed["status"], &changed["relayState"]), (&json!("SUCCESS"), &json!("/x")));
    assert!(changed["sessionToken"].is_string());
    call(&site, &next, change(state, "Another-Horse-8", "Third-Horse-99")).await.refused(401, "E0000011");
    call(&site, "/api/v1/authn", credentials).await.refused(401, "E0000004");
}

#[tokio::test]
async fn a_wrong_old_password_costs_the_state_token() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    site.act(&format!("/api/v1/users/{}/lifecycle/expire_password", id(&user))).await.ok();
    let answer =
        call(&site, "/api/v1/authn", json!({ "username": "ada@example.com", "password": PASSWORD })).await.ok();
    let change =
        |old: &str| json!({ "stateToken": answer["stateToken"], "oldPassword": old, "newPassword": "Another-Horse-8" });
    call(&site, "/api/v1/authn/credentials/change_password", change("Wrong-Horse-7")).await.refused(403, "E0000014");
    call(&site, "/api/v1/authn/credentials/change_password", change(PASSWORD)).await.refused(401, "E0000011");
}

#[tokio::test]
async fn a_sign_in_can_be_cancelled() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    site.act(&format!("/api/v1/users/{}/lifecycle/expire_password", id(&user))).await.ok();
    let answer = call(
        &site,
        "/api/v1/authn",
        json!({ "username": "ada@example.com", "password": PASSWORD, "relayState": "/x" }),
    )
    .await
    .ok();
    let state = json!({ "stateToken": answer["stateToken"] });
    assert_eq!(call(&site, "/api/v1/authn/cancel", state.clone()).await.ok(), json!({ "relayState": "/x" }));
    call(&site, "/api/v1/authn/cancel", state).await.refused(401, "E0000011");
}
