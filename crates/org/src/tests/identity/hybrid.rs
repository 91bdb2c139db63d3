//! Implicit and hybrid answers, where the app asks for them, and every way in which an answer comes back.

use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site},
    browser::Browser,
    relying_party::{LOGIN, REDIRECT, RelyingParty, verified},
};

async fn implicit(site: &Site) -> RelyingParty {
    RelyingParty::with(site, |app| {
        app["settings"]["oauthClient"]["grant_types"] = json!(["authorization_code", "implicit"]);
        app["settings"]["oauthClient"]["response_types"] = json!(["code", "token", "id_token"]);
    })
    .await
}

#[tokio::test]
async fn tokens_come_in_the_fragment_and_fit_together() {
    let site = Site::start().await;
    let party = implicit(&site).await;
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    let keys = browser.get("/oauth2/v1/keys").await.json();
    let ask = async |kind: &str| browser.get(&party.authorize(&[("response_type", kind)])).await.is(302);
    let both = ask("id_token token").await;
    assert!(both.to().starts_with(&format!("{REDIRECT}#id_token=")));
    let token = both.parameter("access_token").unwrap();
    let identity = verified(&both.parameter("id_token").unwrap().into(), &keys);
    assert_eq!(identity["at_hash"], crate::oauth::claims::half_hash(&token));
    assert_eq!((&identity["nonce"], identity.get("email")), (&json!("nonce-1"), None));
    assert_eq!(both.parameter("token_type").as_deref(), Some("Bearer"));
    assert_eq!(both.parameter("state").as_deref(), Some("state-1"));
    assert!(party.is_active(&browser, &token.into()).await);
    let alone = verified(&ask("id_token").await.parameter("id_token").unwrap().into(), &keys);
    assert_eq!((&alone["email"], alone.get("at_hash")), (&json!(LOGIN), None));
    let hybrid = ask("code id_token token").await;
    let code = hybrid.parameter("code").unwrap();
    let identity = verified(&hybrid.parameter("id_token").unwrap().into(), &keys);
    assert_eq!(identity["c_hash"], crate::oauth::claims::half_hash(&code));
    let tokens = party.redeem(&browser, &code).await.is(200).json();
    assert!(tokens["access_token"].is_string());
}

#[tokio::test]
async fn tokens_never_come_in_a_query_or_without_a_nonce_or_unasked() {
    let site = Site::start().await;
    let party = implicit(&site).await;
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    for (changed, description) in [
        (
            [("response_type", "id_token"), ("response_mode", "query")],
            "'query' response mode cannot be used with either the 'id_token' or 'token' response types.",
        ),
        (
            [("response_type", "token"), ("nonce", "")],
            "The 'nonce' parameter is required for authorize requests with either the 'id_token' or 'token' response types..",
        ),
        (
            [("response_type", "code code"), ("nonce", "n")],
            "The response type is not supported by the authorization server. Configured response types: [code, token, id_token].",
        ),
    ] {
        let refused = browser.get(&party.authorize(&changed)).await.is(302);
        assert_eq!(refused.parameter("error_description").as_deref(), Some(description));
    }
    let page = browser.get(&party.authorize(&[("response_type", "id_token"), ("response_mode", "form_post")])).await;
    assert!(page.is(200).hidden("id_token").is_some());
}

#[tokio::test]
async fn a_message_goes_to_the_window_of_the_application_and_to_no_other() {
    let site = Site::start().await;
    let party = implicit(&site).await;
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    for kind in ["code", "id_token token"] {
        let asked = [("response_type", kind), ("response_mode", "okta_post_message"), ("prompt", "none")];
        let page = browser.get(&party.authorize(&asked)).await.is(200);
        let policy = page.header("content-security-policy").to_owned();
        assert!(policy.contains("frame-ancestors http://127.0.0.1:8080;") && policy.contains("script-src 'sha256-"));
        assert!(page.text.contains("data-origin=\"http://127.0.0.1:8080\""));
        let content = page.text.split("data-content=\"").nth(1).unwrap().split('"').next().unwrap();
        let content: Value = serde_json::from_str(&content.replace("&quot;", "\"")).unwrap();
        assert_eq!(content["state"], "state-1");
        assert!(content[kind.split(' ').next().unwrap()].is_string(), "{content}");
    }
    browser.get("/login/signout").await;
    let asked = [("response_mode", "okta_post_message"), ("prompt", "none")];
    let refused = browser.get(&party.authorize(&asked)).await.is(200);
    assert!(refused.text.contains("login_required"));
}

#[tokio::test]
async fn an_assurance_that_is_not_met_is_an_error_and_one_that_is_met_is_told() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let keys = browser.get("/oauth2/v1/keys").await.json();
    let tokens = party.tokens(&browser, &[("acr_values", "urn:okta:loa:1fa:any")]).await;
    assert_eq!(verified(&tokens["id_token"], &keys)["acr"], "urn:okta:loa:1fa:any");
    let refused = browser.get(&party.authorize(&[("acr_values", "urn:okta:loa:2fa:any")])).await.is(302);
    assert_eq!(refused.parameter("error").as_deref(), Some("unmet_authentication_requirements"));
}
