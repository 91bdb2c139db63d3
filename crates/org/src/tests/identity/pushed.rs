//! Requests that are pushed before, or signed by the client.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site, id},
    browser::{Browser, Page},
    relying_party::{CHALLENGE, LOGIN, REDIRECT, RelyingParty},
};

async fn push(party: &RelyingParty, browser: &Browser, changed: &[(&str, &str)]) -> Page {
    let mut fields = vec![
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "pushed-state"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    party.post(browser, "par", &fields).await
}

fn address(party: &RelyingParty, uri: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &party.client_id)
        .append_pair("request_uri", uri)
        .append_pair("scope", "openid profile")
        .finish();
    format!("{}/authorize?{query}", party.server)
}

#[tokio::test]
async fn a_pushed_request_counts_as_it_was_pushed_and_leads_to_one_answer() {
    one_answer(Site::start().await).await;
}

pub(super) async fn one_answer(site: Site) {
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let pushed = push(&party, &browser, &[]).await.is(200).json();
    assert_eq!(pushed["expires_in"], 3_600);
    let uri = pushed["request_uri"].as_str().unwrap();
    assert!(uri.starts_with("urn:okta:"));
    let start = browser.get(&address(&party, uri)).await.is(302);
    let back = browser.submit_sign_in(start.to(), LOGIN, PASSWORD).await.is(303);
    let raced = futures::future::join_all((0..10).map(|_| browser.get(back.to()))).await;
    let codes: Vec<String> = raced.iter().filter_map(|page| page.parameter_or_none("code")).collect();
    assert_eq!(codes.len(), 1, "of many one gets the code");
    let tokens = party.redeem(&browser, &codes[0]).await.is(200).json();
    assert_eq!(tokens["scope"], "openid", "what the browser adds does not count");
    assert!(browser.get(&address(&party, uri)).await.is(400).text.contains("invalid_request_uri"));
    let late = push(&party, &browser, &[]).await.json();
    site.advance(Duration::from_secs(3_601));
    browser.get(&address(&party, late["request_uri"].as_str().unwrap())).await.is(400);
}

#[tokio::test]
async fn a_push_is_checked_like_a_request_and_belongs_to_its_client_and_server() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    for (changed, error) in [
        (("redirect_uri", "https://evil.test/"), "invalid_request"),
        (("scope", "openid unicorns"), "invalid_scope"),
        (("response_type", "token"), "unsupported_response_type"),
        (("request_uri", "urn:okta:x"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
    ] {
        assert_eq!(push(&party, &browser, &[changed]).await.is(400).json()["error"], error, "{changed:?}");
    }
    let uri = push(&party, &browser, &[]).await.json()["request_uri"].as_str().unwrap().to_owned();
    let stranger = site
        .post(
            "/api/v1/apps",
            json!({
                "label": "Other", "signOnMode": "OPENID_CONNECT",
                "settings": { "oauthClient": { "redirect_uris": [REDIRECT] } },
            }),
        )
        .await
        .ok();
    let stolen = address(&party, &uri).replace(&party.client_id, id(&stranger));
    assert!(browser.get(&stolen).await.is(400).text.contains("invalid_client"));
    let elsewhere = address(&party, &uri).replace("/oauth2/v1/", "/oauth2/default/v1/");
    assert!(browser.get(&elsewhere).await.is(400).text.contains("invalid_request_uri"));
    let wrong = RelyingParty { secret: "wrong".to_owned(), ..party };
    push(&wrong, &browser, &[]).await.is(401);
}

fn object(party: &RelyingParty, site: &Site, changed: Value) -> String {
    let now = site.running.org.now().as_seconds();
    let mut claims = json!({
        "iss": party.client_id, "aud": site.base(), "iat": now, "exp": now + 300, "jti": "object-1",
        "redirect_uri": REDIRECT, "response_type": "code", "scope": "openid", "state": "signed-state",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    });
    claims.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    let key = EncodingKey::from_secret(party.secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

#[tokio::test]
async fn a_request_that_the_client_signed_counts_once_and_nothing_beside_it() {
    signed(Site::start().await).await;
}

pub(super) async fn signed(site: Site) {
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    let ask = async |object: &str| {
        browser.get(&party.authorize(&[("request", object), ("scope", "openid profile email")])).await.is(302)
    };
    let signed = object(&party, &site, json!({}));
    let answered = ask(&signed).await;
    assert_eq!(answered.parameter("state").as_deref(), Some("signed-state"));
    let tokens = party.redeem(&browser, &answered.parameter("code").unwrap()).await.is(200).json();
    assert_eq!(tokens["scope"], "openid");
    let replayed = ask(&signed).await;
    assert_eq!(replayed.parameter("error_description").as_deref(), Some("The request object has already been used."));
    let now = site.running.org.now().as_seconds();
    for (changed, description) in [
        (json!({ "jti": "2", "aud": "https://other.test" }), "The audience of the request object is invalid."),
        (json!({ "jti": "3", "iss": "other" }), "The issuer of the request object is invalid."),
        (json!({ "jti": "4", "exp": now - 600 }), "The request object is expired."),
        (json!({ "jti": "5", "exp": now + 7_200 }), "The request object expires too far in the future."),
        (json!({ "jti": "6", "nbf": now + 900 }), "The request object is issued too early."),
    ] {
        let refused = ask(&object(&party, &site, changed)).await;
        assert_eq!(refused.parameter("error_description").as_deref(), Some(description));
    }
    let forged = RelyingParty { secret: "another secret, long enough for the hash of it".to_owned(), ..party.clone() };
    let refused = ask(&object(&forged, &site, json!({ "jti": "7" }))).await;
    assert_eq!(
        refused.parameter("error_description").as_deref(),
        Some("The signature of the request object is invalid.")
    );
}

#[tokio::test]
async fn a_request_is_pushed_to_a_custom_server_and_a_page_may_ask_whether_it_can() {
    let site = Site::start().await;
    let mut party = RelyingParty::new(&site).await;
    party.server = format!("{}/oauth2/default/v1", site.base());
    let browser = Browser::new(&site);
    let pushed = push(&party, &browser, &[]).await.is(200).json();
    assert!(pushed["request_uri"].as_str().unwrap().starts_with("urn:okta:"));
    for path in ["/oauth2/v1/par", "/oauth2/default/v1/par"] {
        let preflight = site.request(reqwest::Method::OPTIONS, path).header("Origin", "https://app.example.test");
        site.send(preflight.header("Access-Control-Request-Method", "POST")).await.is(204);
    }
}
