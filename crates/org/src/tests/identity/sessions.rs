//! How long sessions last, and the API of sessions.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site, id},
    browser::Browser,
};

const MINUTE: Duration = Duration::from_secs(60);

async fn session_token(site: &Site) -> String {
    let request = site
        .request(Method::POST, "/api/v1/authn")
        .json(&json!({ "username": "ada@example.com", "password": PASSWORD }));
    site.send(request).await.ok()["sessionToken"].as_str().unwrap().to_owned()
}

async fn exchange(browser: &Browser, token: &str) -> super::browser::Page {
    browser.json(Method::POST, "/api/v1/sessions", None, Some(json!({ "sessionToken": token }))).await
}

#[tokio::test]
async fn a_session_ends_after_two_hours_without_a_request() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let browser = Browser::new(&site);
    browser.sign_in("ada@example.com", PASSWORD).await;
    for _ in 0..3 {
        site.advance(MINUTE * 119);
        assert!(browser.get("/").await.text.contains("Your applications"));
    }
    site.advance(MINUTE * 120);
    assert!(browser.get("/").await.text.contains("<h1>Sign in</h1>"));
}

#[tokio::test]
async fn a_session_ends_after_a_day_whatever_happens() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let browser = Browser::new(&site);
    browser.sign_in("ada@example.com", PASSWORD).await;
    for _ in 0..23 {
        site.advance(MINUTE * 60);
        assert!(browser.get("/").await.text.contains("Your applications"));
    }
    site.advance(MINUTE * 60);
    assert!(browser.get("/").await.text.contains("<h1>Sign in</h1>"));
}

#[tokio::test]
async fn a_session_ends_with_the_person() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    for lifecycle in ["suspend", "deactivate"] {
        let browser = Browser::new(&site);
        browser.sign_in("ada@example.com", PASSWORD).await;
        site.act(&format!("/api/v1/users/{}/lifecycle/{lifecycle}", id(&user))).await.ok();
        assert!(browser.get("/").await.text.contains("<h1>Sign in</h1>"), "{lifecycle}");
        if lifecycle == "suspend" {
            site.act(&format!("/api/v1/users/{}/lifecycle/unsuspend", id(&user))).await.ok();
        }
    }
    let other = site.new_user("bob@example.com").await;
    let browser = Browser::new(&site);
    browser.sign_in("bob@example.com", PASSWORD).await;
    site.delete(&format!("/api/v1/users/{}/sessions", id(&other))).await.is(204);
    assert!(browser.get("/").await.text.contains("<h1>Sign in</h1>"));
}

#[tokio::test]
async fn a_session_token_is_worth_one_session_within_five_minutes() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let token = session_token(&site).await;
    let racers: Vec<Browser> = (0..10).map(|_| Browser::new(&site)).collect();
    let results = futures::future::join_all(racers.iter().map(|racer| exchange(racer, &token))).await;
    let winners: Vec<_> = results.iter().filter(|page| page.status == 200).collect();
    assert_eq!(winners.len(), 1);
    assert!(
        results
            .iter()
            .filter(|page| page.status != 200)
            .all(|page| page.status == 401 && page.json()["errorCode"] == "E0000004")
    );
    let session = winners[0].json();
    assert_eq!(
        (&session["userId"], &session["login"], &session["status"]),
        (&user["id"], &json!("ada@example.com"), &json!("ACTIVE"))
    );
    assert_eq!((session["amr"].clone(), session["idp"]["type"].clone()), (json!(["pwd"]), json!("OKTA")));
    let session_id = session["id"].as_str().unwrap();
    assert!(session_id.starts_with("102") && session_id.len() == 25);

    let late = session_token(&site).await;
    site.advance(Duration::from_secs(300));
    exchange(&Browser::new(&site), &late).await.is(401);
}

#[tokio::test]
async fn a_browser_s_own_session_is_read_refreshed_and_ended() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let browser = Browser::new(&site);
    assert_eq!(browser.get("/api/v1/sessions/me").await.is(404).json()["errorCode"], "E0000007");
    browser.sign_in("ada@example.com", PASSWORD).await;
    let before = browser.get("/api/v1/sessions/me").await.is(200).json();
    assert!(before["_links"]["refresh"]["href"].as_str().unwrap().ends_with("/api/v1/sessions/me/lifecycle/refresh"));
    site.advance(MINUTE * 30);
    let after = browser.json(Method::POST, "/api/v1/sessions/me/lifecycle/refresh", None, None).await.is(200).json();
    let expires = |session: &Value| session["expiresAt"].as_str().unwrap().parse::<world::Instant>().unwrap();
    assert_eq!(expires(&after).since(expires(&before)), MINUTE * 30);
    let foreign = browser.request(Method::DELETE, "/api/v1/sessions/me").header("Origin", "http://evil.test");
    assert_eq!(browser.send(foreign).await.is(403).json()["errorCode"], "E0000212");
    let ended = browser.json(Method::DELETE, "/api/v1/sessions/me", None, None).await.is(204);
    assert!(ended.cookies[0].starts_with("sid=; Max-Age=0"));
    browser.get("/api/v1/sessions/me").await.is(404);
    assert_eq!(site.events("user.session.end").await.len(), 1);
}

#[tokio::test]
async fn an_administrator_reads_and_ends_a_session_by_its_id() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let browser = Browser::new(&site);
    browser.sign_in("ada@example.com", PASSWORD).await;
    let public = browser.get("/api/v1/sessions/me").await.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/sessions/{public}");
    assert_eq!(site.get(&path).await.ok()["userId"], user["id"]);
    site.act(&format!("{path}/lifecycle/refresh")).await.ok();
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    assert!(browser.get("/").await.text.contains("<h1>Sign in</h1>"));
    let as_cookie = Browser::new(&site);
    as_cookie.set_cookie("sid", &public);
    as_cookie.get("/api/v1/sessions/me").await.is(404);
}

#[tokio::test]
async fn a_cookie_redirect_leads_to_trusted_places_alone() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let target = "https://app.example.test/start";
    let path = |token: &str| {
        format!(
            "/login/sessionCookieRedirect?token={token}&redirectUrl={}",
            url::form_urlencoded::byte_serialize(target.as_bytes()).collect::<String>()
        )
    };
    let token = session_token(&site).await;
    Browser::new(&site).get(&path(&token)).await.is(400);
    let origin = json!({ "name": "app", "origin": "https://app.example.test", "scopes": [{ "type": "REDIRECT" }] });
    site.post("/api/v1/trustedOrigins", origin).await.ok();
    let browser = Browser::new(&site);
    let page = browser.get(&path(&token)).await.is(303);
    assert_eq!(page.to(), target);
    browser.get("/api/v1/sessions/me").await.is(200);
    assert_eq!(Browser::new(&site).get(&path(&token)).await.is(303).to(), "/login/login.htm");

    let out = browser.get("/login/signout?fromURI=https%3A%2F%2Fevil.test%2F").await.is(303);
    assert_eq!(out.to(), "/login/login.htm");
    browser.get("/api/v1/sessions/me").await.is(404);
}

#[tokio::test]
async fn sessions_are_kept_as_keyed_hashes() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let browser = Browser::new(&site);
    browser.sign_in("ada@example.com", PASSWORD).await;
    let token = session_token(&site).await;
    let dump = super::dump(&site).await;
    for secret in [browser.cookie("sid").unwrap(), token, PASSWORD.to_owned()] {
        assert!(!dump.contains(&secret));
    }
}
