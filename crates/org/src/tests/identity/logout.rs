//! `logout`: an application ends the session at the org.

use serde_json::json;

use super::{
    super::site::{PASSWORD, Site},
    browser::Browser,
    relying_party::{AFTER_LOGOUT, LOGIN, RelyingParty, part},
};

fn query(fields: &[(&str, &str)]) -> String {
    format!("/oauth2/v1/logout?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
}

#[tokio::test]
async fn a_session_ends_and_the_application_has_its_person_back() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &[]).await;
    let hint = tokens["id_token"].as_str().unwrap();
    site.advance(std::time::Duration::from_secs(3_700));
    let out = browser
        .get(&query(&[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER_LOGOUT), ("state", "s-1")]))
        .await
        .is(302);
    assert_eq!(out.to(), format!("{AFTER_LOGOUT}?state=s-1"));
    assert!(out.cookies.iter().any(|line| line.starts_with("sid=; Max-Age=0")));
    browser.get("/api/v1/sessions/me").await.is(404);
    let again =
        browser.get(&query(&[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER_LOGOUT)])).await.is(302);
    assert_eq!(again.to(), AFTER_LOGOUT, "without a session it just leads back");
    assert_eq!(site.events("user.session.end").await.len(), 1);
}

#[tokio::test]
async fn the_way_back_and_the_hint_are_checked() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &[]).await;
    let (hint, access) = (tokens["id_token"].as_str().unwrap(), tokens["access_token"].as_str().unwrap());
    let middle = hint.len() - 40;
    let altered =
        format!("{}{}{}", &hint[..middle], if &hint[middle..=middle] == "A" { "B" } else { "A" }, &hint[middle + 1..]);
    for fields in [
        vec![("id_token_hint", hint), ("post_logout_redirect_uri", "http://127.0.0.1:8080")],
        vec![("id_token_hint", hint), ("post_logout_redirect_uri", "http://evil.test/")],
        vec![("id_token_hint", altered.as_str())],
        vec![("id_token_hint", access)],
        vec![("id_token_hint", hint), ("client_id", "0oaOther")],
        vec![("post_logout_redirect_uri", AFTER_LOGOUT)],
        vec![("id_token_hint", hint), ("id_token_hint", hint)],
    ] {
        let page = browser.get(&query(&fields)).await.is(400);
        assert!(page.location.is_none(), "{fields:?}");
    }
    browser.get("/api/v1/sessions/me").await.is(200);
    let posted = browser
        .post("/oauth2/v1/logout", &[("client_id", &party.client_id), ("post_logout_redirect_uri", AFTER_LOGOUT)])
        .await
        .is(302);
    assert_eq!(posted.to(), AFTER_LOGOUT);
    browser.get("/api/v1/sessions/me").await.is(404);
}

#[tokio::test]
async fn somebody_else_s_session_is_left_alone() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let hint = party.tokens(&Browser::new(&site), &[]).await["id_token"].as_str().unwrap().to_owned();
    site.new_user("bob@example.com").await;
    let bob = Browser::new(&site);
    bob.sign_in("bob@example.com", PASSWORD).await;
    bob.get(&query(&[("id_token_hint", &hint)])).await.is(302);
    bob.get("/api/v1/sessions/me").await.is(200);
    assert_ne!(LOGIN, "bob@example.com");
}

#[tokio::test]
async fn an_application_with_a_front_channel_address_is_told_which_session_ended() {
    let site = Site::start().await;
    let party = RelyingParty::with(&site, |app| {
        let client = &mut app["settings"]["oauthClient"];
        client["frontchannel_logout_uri"] = json!("http://127.0.0.1:8080/out?app=1");
        client["frontchannel_logout_session_required"] = json!(true);
    })
    .await;
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &[]).await;
    let session = part(&tokens["id_token"], 1)["sid"].as_str().unwrap().to_owned();
    let hint = tokens["id_token"].as_str().unwrap();
    let target = "http%3A%2F%2F127.0.0.1%3A8080%2F";
    let path = format!("/oauth2/v1/logout?id_token_hint={hint}&post_logout_redirect_uri={target}&state=s");
    let page = browser.get(&path).await.is(200);
    assert!(page.text.contains(&format!("&amp;sid={session}")) && page.text.contains("/out?app=1&amp;iss="));
    assert!(page.header("content-security-policy").contains("frame-src http://127.0.0.1:8080"));
    assert_eq!(page.header("refresh"), "3; url=http://127.0.0.1:8080/?state=s");
    assert!(browser.cookie("sid").is_none());
    assert_eq!(browser.get(&path).await.is(302).to(), "http://127.0.0.1:8080/?state=s");
}
