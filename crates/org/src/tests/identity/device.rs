//! Devices without a browser.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site, id},
    browser::{Browser, Page},
    relying_party::{LOGIN, RelyingParty},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn television(site: &Site) -> RelyingParty {
    RelyingParty::with(site, |app| {
        app["label"] = json!("Television");
        app["credentials"]["oauthClient"] = json!({ "token_endpoint_auth_method": "none" });
        app["settings"]["oauthClient"]["application_type"] = json!("native");
        app["settings"]["oauthClient"]["grant_types"] = json!(["authorization_code", "refresh_token", GRANT]);
    })
    .await
}

async fn begin(party: &RelyingParty, browser: &Browser, scope: &str) -> Page {
    let request = browser.request(Method::POST, &format!("{}/device/authorize", party.server));
    browser.send(request.form(&[("client_id", party.client_id.as_str()), ("scope", scope)])).await
}

async fn poll(party: &RelyingParty, browser: &Browser, device_code: &Value) -> Page {
    let fields = [
        ("client_id", party.client_id.as_str()),
        ("grant_type", GRANT),
        ("device_code", device_code.as_str().unwrap()),
    ];
    browser.send(browser.request(Method::POST, &format!("{}/token", party.server)).form(&fields)).await
}

/// What a person does with the code that they see.
async fn answer(person: &Browser, user_code: &str, decision: &str) -> Page {
    let page = person.get(&format!("/activate?user_code={user_code}")).await.is(200);
    let token = page.hidden("_token").unwrap();
    let asks = person.post("/activate", &[("_token", &token), ("user_code", user_code)]).await.is(200);
    assert!(asks.text.contains("Television"), "{}", asks.text);
    person.post("/activate", &[("_token", &token), ("user_code", user_code), ("decision", decision)]).await
}

#[tokio::test]
async fn a_device_gets_its_tokens_once_a_person_allows_it() {
    allowed(Site::start().await).await;
}

pub(super) async fn allowed(site: Site) {
    let party = television(&site).await;
    let device = Browser::new(&site);
    let codes = begin(&party, &device, "openid offline_access").await.is(200).json();
    assert_eq!((&codes["interval"], &codes["expires_in"]), (&json!(5), &json!(600)));
    let user_code = codes["user_code"].as_str().unwrap();
    assert!(user_code.len() == 8 && user_code.bytes().all(|byte| byte.is_ascii_uppercase()));
    assert_eq!(codes["verification_uri"], format!("{}/activate", site.base()));
    assert_eq!(poll(&party, &device, &codes["device_code"]).await.is(400).json()["error"], "authorization_pending");
    assert_eq!(poll(&party, &device, &codes["device_code"]).await.is(400).json()["error"], "slow_down");
    let person = Browser::new(&site);
    let to_sign_in = person.get(&format!("/activate?user_code={user_code}")).await.is(302);
    let back = person.submit_sign_in(to_sign_in.to(), LOGIN, PASSWORD).await.is(303);
    assert_eq!(back.to(), format!("/activate?user_code={user_code}"));
    let wrong = person.get("/activate").await.is(200).hidden("_token").unwrap();
    person.post("/activate", &[("_token", &wrong), ("user_code", "BBBBBBBB")]).await.is(400);
    person.post("/activate", &[("_token", "forged"), ("user_code", user_code), ("decision", "allow")]).await.is(403);
    site.advance(Duration::from_secs(11));
    assert_eq!(poll(&party, &device, &codes["device_code"]).await.json()["error"], "authorization_pending");
    let lower = format!("{}-{}", user_code[..4].to_lowercase(), &user_code[4..]);
    assert!(answer(&person, &lower, "allow").await.is(200).text.contains("Device activated"));
    let polls = futures::future::join_all((0..20).map(|_| poll(&party, &device, &codes["device_code"]))).await;
    let given: Vec<&Page> = polls.iter().filter(|page| page.status == 200).collect();
    assert_eq!(given.len(), 1, "of many who ask one gets the tokens");
    let tokens = given[0].json();
    assert!(tokens["refresh_token"].is_string() && tokens["id_token"].is_string());
    let again = poll(&party, &device, &codes["device_code"]).await.is(400).json();
    assert_eq!(again["error"], "invalid_grant");
}

#[tokio::test]
async fn a_device_learns_that_it_was_denied_or_that_it_waited_too_long() {
    let site = Site::start().await;
    let party = television(&site).await;
    let (device, person) = (Browser::new(&site), Browser::new(&site));
    person.sign_in(LOGIN, PASSWORD).await;
    let codes = begin(&party, &device, "openid").await.is(200).json();
    let user_code = codes["user_code"].as_str().unwrap().to_owned();
    answer(&person, &user_code, "deny").await.is(200);
    let denied = poll(&party, &device, &codes["device_code"]).await.is(403).json();
    assert_eq!(denied["error"], "access_denied");
    let codes = begin(&party, &device, "openid").await.is(200).json();
    site.advance(Duration::from_secs(601));
    assert_eq!(poll(&party, &device, &codes["device_code"]).await.is(400).json()["error"], "expired_token");
    assert_eq!(begin(&party, &device, "").await.is(400).json()["error"], "invalid_scope");
    site.delete(&format!("/api/v1/apps/{}/users/{}", party.app, id(&party.user))).await.is(204);
    let codes = begin(&party, &device, "openid").await.is(200).json();
    answer(&person, codes["user_code"].as_str().unwrap(), "allow").await.is(403);
    assert_eq!(poll(&party, &device, &codes["device_code"]).await.json()["error"], "authorization_pending");
    let other = RelyingParty { client_id: "0oaNobody".to_owned(), ..party };
    begin(&other, &device, "openid").await.is(401);
}
