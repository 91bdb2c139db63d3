//! The page on which people look after their own account.

use super::{
    super::site::{PASSWORD, Site, id},
    browser::Browser,
};
use serde_json::{Value, json};

const PATH: &str = "/enduser/settings";

async fn signed_in(site: &Site) -> (Browser, Value) {
    let user = site.new_user("ada@example.com").await;
    let browser = Browser::new(site);
    browser.submit_sign_in(PATH, "ada@example.com", PASSWORD).await.is(303);
    (browser, user)
}

#[tokio::test]
async fn people_change_what_the_schema_lets_them_write_and_nothing_else() {
    let site = Site::start().await;
    let (browser, user) = signed_in(&site).await;
    let page = browser.get(PATH).await.is(200);
    assert!(page.text.contains("name=\"profile.nickName\"") && !page.text.contains("name=\"profile.department\""));
    assert!(!page.text.contains("name=\"profile.email\"") && page.text.contains("<dd>ada@example.com</dd>"));
    let token = page.hidden("_token").unwrap();
    let profile = format!("{PATH}/profile");
    let sent = [("_token", token.as_str()), ("profile.nickName", " Countess "), ("profile.department", "Royalty")];
    let to = browser.post(&profile, &sent).await.is(303).to().to_owned();
    assert!(browser.get(&to).await.is(200).text.contains("Your profile is saved."));
    let now = site.get(&format!("/api/v1/users/{}", id(&user))).await.ok();
    assert_eq!((&now["profile"]["nickName"], &now["profile"]["department"]), (&json!("Countess"), &Value::Null));
    assert_eq!(site.events("user.account.update_profile").await.len(), 1);

    let long = "<".repeat(60);
    let sent = [("_token", token.as_str()), ("profile.firstName", long.as_str()), ("profile.city", "Turin")];
    let refused = browser.post(&profile, &sent).await.is(400);
    assert!(refused.text.contains("id=\"profile.firstName-wrong\"") && refused.text.contains("value=\"Turin\""));
    assert!(refused.text.contains("&lt;&lt;") && !refused.text.contains("<<"));
    let foreign = browser.post(&profile, &[("_token", "wrong"), ("profile.nickName", "Mallory")]).await.is(400);
    assert!(foreign.text.contains("role=\"alert\""));
    let now = site.get(&format!("/api/v1/users/{}", id(&user))).await.ok();
    assert_eq!(now["profile"]["nickName"], "Countess");
}

#[tokio::test]
async fn people_sign_out_everywhere_but_here() {
    let site = Site::start().await;
    let (browser, _) = signed_in(&site).await;
    let other = Browser::new(&site);
    other.sign_in("ada@example.com", PASSWORD).await;
    let page = browser.get(PATH).await.is(200);
    assert_eq!(page.text.matches("Signed in ").count(), 2);
    assert_eq!(page.text.matches("This browser.").count(), 1);
    let token = page.hidden("_token").unwrap();
    browser.post(&format!("{PATH}/sessions"), &[("_token", &token)]).await.is(303);
    assert!(other.get("/").await.text.contains("name=\"username\""));
    let page = browser.get(PATH).await.is(200);
    assert_eq!(page.text.matches("Signed in ").count(), 1);
    assert!(!page.text.contains("Sign out everywhere"));
    assert_eq!(site.events("user.session.clear").await.len(), 1);
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to_and_comes_back() {
    let site = Site::start().await;
    let stranger = Browser::new(&site);
    assert_eq!(stranger.get(PATH).await.is(200).hidden("fromURI").as_deref(), Some(PATH));
    stranger.post(&format!("{PATH}/sessions"), &[("_token", "x")]).await.is(200);
    let (browser, _) = signed_in(&site).await;
    assert!(browser.get("/app/UserHome").await.is(200).text.contains(PATH));
}
