//! Clients that are registered under OAuth's own names.

use reqwest::Method;
use serde_json::json;

use super::{super::site::Site, browser::Browser, relying_party::REDIRECT};
use crate::model::role::RoleType;

#[tokio::test]
async fn a_client_is_registered_changed_given_a_new_secret_and_removed() {
    life(Site::start().await).await;
}

pub(super) async fn life(site: Site) {
    let body = json!({
        "client_name": "Registered", "application_type": "web", "redirect_uris": [REDIRECT],
        "response_types": ["code"], "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_post", "frontchannel_logout_uri": "https://p.test/out",
    });
    let made = site.post("/oauth2/v1/clients", body.clone()).await.is(201).ok();
    let client_id = made["client_id"].as_str().unwrap();
    let secret = made["client_secret"].as_str().unwrap();
    assert_eq!((&made["client_name"], &made["client_secret_expires_at"]), (&json!("Registered"), &json!(0)));
    assert!(made["client_id_issued_at"].is_i64() && made["client_uri"].is_null());
    let own = format!("/oauth2/v1/clients/{client_id}");
    assert_eq!(site.get(&own).await.ok(), made);
    let browser = Browser::new(&site);
    let known = async |secret: &str| {
        let fields = [("token", "x"), ("client_id", client_id), ("client_secret", secret)];
        browser.send(browser.request(Method::POST, "/oauth2/v1/introspect").form(&fields)).await.status
    };
    assert_eq!(known(secret).await, 200);
    let renewed = site.act(&format!("{own}/lifecycle/newSecret")).await.is(200).ok();
    assert_eq!(known(secret).await, 401);
    assert_eq!(known(renewed["client_secret"].as_str().unwrap()).await, 200);
    let mut changed = body;
    changed["client_name"] = json!("Renamed");
    changed["client_id"] = json!(client_id);
    assert_eq!(site.put(&own, changed.clone()).await.is(200).ok()["client_name"], "Renamed");
    let listed = site.get("/oauth2/v1/clients?q=ren").await.ok();
    assert_eq!((listed.as_array().unwrap().len(), listed[0].get("client_secret")), (1, None));
    site.delete(&own).await.is(204);
    site.get(&own).await.refused(404, "E0000007");
    assert_eq!(site.get("/api/v1/apps").await.ok(), json!([]));
}

#[tokio::test]
async fn wrong_metadata_is_refused_in_the_words_of_the_specification() {
    let site = Site::start().await;
    for (body, error) in [
        (json!({ "client_name": "x", "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (json!({ "client_name": "x" }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [REDIRECT] }), "invalid_client_metadata"),
        (
            json!({ "client_name": "x", "redirect_uris": [REDIRECT], "grant_types": ["magic"] }),
            "invalid_client_metadata",
        ),
    ] {
        let browser = Browser::new(&site);
        let request = browser.request(Method::POST, "/oauth2/v1/clients");
        let request = request.header("Authorization", format!("SSWS {}", site.token)).json(&body);
        let refused = browser.send(request).await.is(400).json();
        assert_eq!(refused["error"], error, "{body} {refused}");
        assert!(!refused["error_description"].as_str().unwrap().is_empty());
    }
    let (_, token) = site.administrator(RoleType::ReadOnlyAdmin).await;
    let body = json!({ "client_name": "x", "redirect_uris": [REDIRECT] });
    site.call_as(&token, Method::POST, "/oauth2/v1/clients", Some(body)).await.refused(403, "E0000006");
}
