//! Consent: who is asked, what is stored, and what taking it back does.

use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site, id},
    browser::{Browser, Page},
    relying_party::{LOGIN, RelyingParty},
};

/// An app that needs consent at the default server, and scopes that ask for it.
async fn asking(site: &Site) -> RelyingParty {
    let own = "/api/v1/authorizationServers/default/scopes";
    for (name, more) in [
        ("car:drive", json!({ "consent": "REQUIRED", "displayName": "Drive your car" })),
        ("car:paint", json!({ "consent": "FLEXIBLE", "optional": true })),
        ("car:see", json!({})),
    ] {
        let mut scope = json!({ "name": name });
        scope.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        site.post(own, scope).await.is(201);
    }
    let party = RelyingParty::with(site, |app| {
        app["settings"]["oauthClient"]["consent_method"] = json!("REQUIRED");
        app["settings"]["oauthClient"]["grant_types"] =
            json!(["authorization_code", "refresh_token", "password", "client_credentials"]);
    })
    .await;
    party.at("/oauth2/default/v1")
}

const ALL: [(&str, &str); 1] = [("scope", "openid car:drive car:paint car:see offline_access")];

async fn decide(browser: &Browser, page: &Page, more: &[(&str, &str)]) -> Page {
    let (token, from) = (page.hidden("_token").unwrap(), page.hidden("fromURI").unwrap());
    let mut fields = vec![("_token", token.as_str()), ("fromURI", from.as_str())];
    fields.extend_from_slice(more);
    let answered = browser.post("/login/consent", &fields).await.is(303);
    browser.get(answered.to()).await
}

#[tokio::test]
async fn a_person_is_asked_once_and_what_is_optional_may_be_left_out() {
    asked(Site::start().await).await;
}

pub(super) async fn asked(site: Site) {
    let party = asking(&site).await;
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    let silent = [ALL[0], ("prompt", "none")];
    let refused = browser.get(&party.authorize(&silent)).await.is(302);
    assert_eq!(refused.parameter("error").as_deref(), Some("consent_required"));
    assert_eq!(
        refused.parameter("error_description").as_deref(),
        Some("The following scopes require user consent: [car:drive, car:paint].")
    );
    let page = browser.get(&party.authorize(&ALL)).await.is(200);
    assert!(page.text.contains("Drive your car") && !page.text.contains("car:see"));
    let denied = decide(&browser, &page, &[("decision", "deny")]).await.is(302);
    assert_eq!(denied.parameter("error").as_deref(), Some("access_denied"));
    let page = browser.get(&party.authorize(&ALL)).await.is(200);
    let allowed = decide(&browser, &page, &[("decision", "allow")]).await.is(302);
    let tokens = party.redeem(&browser, &allowed.parameter("code").unwrap()).await.is(200).json();
    assert_eq!(tokens["scope"], "openid car:drive car:see offline_access", "the optional one was not ticked");
    let page = browser.get(&party.authorize(&ALL)).await.is(200);
    let allowed = decide(&browser, &page, &[("decision", "allow"), ("scope", "car:paint")]).await.is(302);
    assert!(allowed.parameter("code").is_some());
    browser.get(&party.authorize(&silent)).await.is(302).parameter("code").expect("nobody is asked again");
    let asked = browser.get(&party.authorize(&[ALL[0], ("prompt", "consent")])).await.is(200);
    assert!(asked.text.contains("Drive your car"), "unless the application wants it");
    let forged = [("_token", "forged"), ("fromURI", "/oauth2/default/v1/authorize"), ("decision", "allow")];
    browser.post("/login/consent", &forged).await.is(400);
    assert_eq!(site.events("app.oauth2.as.consent.grant").await.len(), 2);
}

#[tokio::test]
async fn an_answer_is_good_for_the_request_and_the_person_that_it_was_given_for() {
    let site = Site::start().await;
    let party = asking(&site).await;
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    let page = browser.get(&party.authorize(&ALL)).await.is(200);
    let (token, from) = (page.hidden("_token").unwrap(), page.hidden("fromURI").unwrap());
    let fields = [("_token", token.as_str()), ("fromURI", from.as_str()), ("decision", "deny")];
    let denied = browser.post("/login/consent", &fields).await.is(303);
    let other = denied.to().replace("nonce-1", "nonce-2");
    browser.get(&other).await.is(200);
    let mark = denied.to().split_once("&_denied=").unwrap().1;
    browser.get(&format!("{from}&_consented={mark}")).await.is(200);
}

#[tokio::test]
async fn what_a_person_granted_is_listed_and_taken_back_with_its_tokens() {
    taken_back(Site::start().await).await;
}

pub(super) async fn taken_back(site: Site) {
    let party = asking(&site).await;
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    let page = browser.get(&party.authorize(&ALL)).await.is(200);
    let allowed = decide(&browser, &page, &[("decision", "allow"), ("scope", "car:paint")]).await.is(302);
    let tokens = party.redeem(&browser, &allowed.parameter("code").unwrap()).await.is(200).json();
    let user = format!("/api/v1/users/{}", id(&party.user));
    let grants = site.get(&format!("{user}/grants")).await.ok();
    let scopes: Vec<&Value> = grants.as_array().unwrap().iter().map(|grant| &grant["scopeId"]).collect();
    assert_eq!((scopes.len(), &grants[0]["source"]), (2, &json!("END_USER")));
    let found = site.get(&format!("{user}/grants?scopeId=car:drive&expand=scope")).await.ok();
    assert_eq!(found[0]["_embedded"]["scope"]["id"], "car:drive");
    let one = format!("{user}/grants/{}", id(&found[0]));
    assert_eq!(site.get(&one).await.ok()["scopeId"], "car:drive");
    let at_client = format!("{user}/clients/{}/grants", party.client_id);
    assert_eq!(site.get(&at_client).await.ok().as_array().unwrap().len(), 2);
    let clients = site.get(&format!("{user}/clients")).await.ok();
    assert_eq!(clients[0]["client_id"], party.client_id);
    site.delete(&one).await.is(204);
    party.refresh(&browser, &tokens["refresh_token"]).await.is(400);
    site.delete(&at_client).await.is(204);
    assert_eq!(site.get(&format!("{user}/grants")).await.ok(), json!([]));
    site.delete(&one).await.refused(404, "E0000007");
    browser.get(&party.authorize(&ALL)).await.is(200);
    site.delete(&format!("{user}/grants")).await.is(204);
}

#[tokio::test]
async fn where_nobody_can_be_asked_a_scope_that_needs_consent_is_refused() {
    let site = Site::start().await;
    let party = asking(&site).await;
    let browser = Browser::new(&site);
    let own = async |scope: &str| {
        party.post(&browser, "token", &[("grant_type", "client_credentials"), ("scope", scope)]).await
    };
    let refused = own("car:drive").await.is(400).json();
    assert_eq!(refused["error"], "consent_required");
    assert_eq!(
        refused["error_description"],
        "The following scopes require user consent and cannot be granted for the client credentials grant type: [car:drive]."
    );
    own("car:paint car:see").await.is(200);
    let password =
        [("grant_type", "password"), ("username", LOGIN), ("password", PASSWORD), ("scope", "openid car:drive")];
    assert_eq!(party.post(&browser, "token", &password).await.is(400).json()["error"], "consent_required");
}
