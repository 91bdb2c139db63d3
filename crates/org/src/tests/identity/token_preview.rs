//! What a custom server would put into its tokens, asked at the console.

use reqwest::Method;
use serde_json::{Value, json};

use super::{super::site::Site, console::at_console, custom_servers::open_server, relying_party::RelyingParty};
use crate::model::role::RoleType;

#[tokio::test]
async fn the_console_shows_the_claims_of_tokens_that_nobody_is_given() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let server = open_server(&site, |_| ()).await;
    let claim = json!({
        "name": "shop", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": "\"Shop of \" + user.firstName",
        "conditions": { "scopes": ["profile"] },
    });
    site.post(&format!("/api/v1/authorizationServers/{server}/claims"), claim).await.is(201);
    let (browser, csrf) = at_console(&site, "root@example.org", RoleType::SuperAdmin).await;
    let path = format!("/admin/api/authorization-servers/{server}/token-preview");
    let ask = async |scopes: Value, grant: &str| {
        let body =
            json!({ "clientId": party.client_id, "grantType": grant, "user": party.user["id"], "scopes": scopes });
        browser.json(Method::POST, &path, Some(&csrf), Some(body)).await.is(200).json()
    };
    let shown = ask(json!(["openid", "profile"]), "authorization_code").await;
    assert_eq!((&shown["policy"]["name"], &shown["rule"]["name"]), (&json!("All"), &json!("All")));
    let access = &shown["tokens"]["accessToken"];
    let first_name = party.user["profile"]["firstName"].as_str().unwrap();
    assert_eq!((&access["aud"], &access["shop"]), (&json!("api://orders"), &json!(format!("Shop of {first_name}"))));
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 1_800);
    assert_eq!(shown["tokens"]["idToken"]["sub"], party.user["id"]);
    assert_eq!(shown["tokens"]["userInfo"]["given_name"], first_name);
    let bare = ask(json!(["openid"]), "authorization_code").await;
    assert!(bare["tokens"]["accessToken"]["shop"].is_null());
    assert_eq!(ask(json!(["nothing"]), "authorization_code").await["refused"]["error"], "invalid_scope");
    assert_eq!(ask(json!(["openid"]), "implicit").await["refused"]["error"], "unauthorized_client");
    let grants = site.get(&format!("/api/v1/users/{}/grants", party.user["id"].as_str().unwrap())).await.ok();
    assert_eq!(grants, json!([]));
    let (reporter, csrf) = at_console(&site, "rep@example.org", RoleType::ReportAdmin).await;
    reporter.json(Method::POST, &path, Some(&csrf), Some(json!({}))).await.is(403);
}
