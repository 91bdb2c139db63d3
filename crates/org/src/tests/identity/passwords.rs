//! Passwords that are set by a link, or because they have expired.

use reqwest::Method;
use serde_json::json;

use super::{
    super::site::{PASSWORD, Site, id},
    browser::Browser,
    console::at_console,
};
use crate::{model::role::RoleType, signin::password_policy::PasswordPolicy};

const NEW: &str = "Another-Horse-8-Battery";

async fn set(browser: &Browser, path: &str, password: &str, repeated: &str) -> super::browser::Page {
    let token = browser.get(path).await.hidden("_token").unwrap_or_default();
    browser.post(path, &[("password", password), ("repeated", repeated), ("_token", &token)]).await
}

fn path_of(url: &serde_json::Value) -> String {
    let url: url::Url = url.as_str().unwrap().parse().unwrap();
    url.path().to_owned()
}

#[tokio::test]
async fn a_welcome_link_sets_the_first_password_once() {
    let site = Site::start().await;
    let profile =
        json!({ "firstName": "Ada", "lastName": "Byron", "login": "ada@example.com", "email": "ada@example.com" });
    let user = site.post("/api/v1/users?activate=false", json!({ "profile": profile })).await.ok();
    let link = site.act(&format!("/api/v1/users/{}/lifecycle/activate?sendEmail=false", id(&user))).await.ok();
    let path = path_of(&link["activationUrl"]);
    let browser = Browser::new(&site);
    let page = browser.get(&path).await.is(200);
    assert!(page.text.contains("At least 8 characters") && !page.text.contains(path.rsplit('/').next().unwrap()));
    let weak = set(&browser, &path, "short", "short").await.is(400);
    assert!(weak.text.contains("Use at least 8 characters"));
    assert!(set(&browser, &path, NEW, "Another-Horse-9").await.is(400).text.contains("differ"));
    let done = set(&browser, &path, NEW, NEW).await.is(303);
    assert!(done.cookies.iter().any(|line| line.starts_with("sid=")));
    assert_eq!(site.get(&format!("/api/v1/users/{}", id(&user))).await.ok()["status"], "ACTIVE");
    assert!(browser.get(&path).await.is(403).text.contains("used before or has expired"));
    Browser::new(&site).sign_in("ada@example.com", NEW).await;
}

#[tokio::test]
async fn a_reset_link_has_one_winner_and_ends_what_was_signed_in() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let before = Browser::new(&site);
    before.sign_in("ada@example.com", PASSWORD).await;
    let link = site.act(&format!("/api/v1/users/{}/lifecycle/reset_password?sendEmail=false", id(&user))).await.ok();
    let path = path_of(&link["resetPasswordUrl"]);
    let racers: Vec<Browser> = (0..8).map(|_| Browser::new(&site)).collect();
    let results = futures::future::join_all(racers.iter().map(|racer| set(racer, &path, NEW, NEW))).await;
    assert_eq!(results.iter().filter(|page| page.status == 303).count(), 1);
    assert!(results.iter().all(|page| matches!(page.status, 303 | 403)));
    assert!(before.get("/").await.text.contains("<h1>Sign in</h1>"));
    Browser::new(&site).submit_sign_in("/", "ada@example.com", PASSWORD).await.is(401);
    Browser::new(&site).sign_in("ada@example.com", NEW).await;
}

#[tokio::test]
async fn an_expired_password_is_changed_on_the_way_in() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    site.act(&format!("/api/v1/users/{}/lifecycle/expire_password", id(&user))).await.ok();
    let browser = Browser::new(&site);
    let page =
        browser.submit_sign_in("/login/login.htm?fromURI=%2Fadmin%2F", "ada@example.com", PASSWORD).await.is(200);
    assert!(page.text.contains("Your password has expired") && browser.cookie("sid").is_none());
    let (state, token) = (page.hidden("stateToken").unwrap(), page.hidden("_token").unwrap());
    let change = async |old: &str, new: &str| {
        browser
            .post(
                "/login/password_expired",
                &[
                    ("stateToken", &state),
                    ("old_password", old),
                    ("password", new),
                    ("repeated", new),
                    ("fromURI", "/admin/"),
                    ("_token", &token),
                ],
            )
            .await
    };
    assert!(change(PASSWORD, PASSWORD).await.is(400).text.contains("differs from the old one"));
    assert!(change(PASSWORD, "weak").await.is(400).text.contains("at least 8"));
    let done = change(PASSWORD, NEW).await.is(303);
    assert_eq!(done.to(), "/admin/");
    assert!(browser.get("/").await.text.contains("Your applications"));
    change(PASSWORD, NEW).await.is(401);
    assert_eq!(site.events("user.account.update_password").await.len(), 1);
}

#[tokio::test]
async fn a_stored_policy_holds_for_new_passwords_and_for_old_ones() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let policy = PasswordPolicy { min_length: 16, min_symbol: 2, max_age_days: 30, ..PasswordPolicy::default() };
    site.password_policy(&policy).await;
    let profile = json!({ "firstName": "B", "lastName": "B", "login": "b@example.com", "email": "b@example.com" });
    let new = json!({ "profile": profile, "credentials": { "password": { "value": "Short-Horse-7" } } });
    let causes = site.post("/api/v1/users?activate=true", new).await.refused(400, "E0000001");
    assert!(causes.iter().all(|cause| cause.starts_with("password: ")) && !causes.is_empty(), "{causes:?}");
    let rules = Browser::new(&site).get("/admin/api/password-policy").await.json()["rules"].to_string();
    assert!(rules.contains("At least 16 characters") && rules.contains("At least 2 symbols"));
    Browser::new(&site).sign_in("ada@example.com", PASSWORD).await;
    site.advance(std::time::Duration::from_secs(30 * 24 * 3_600));
    let page = Browser::new(&site).submit_sign_in("/", "ada@example.com", PASSWORD).await.is(200);
    assert!(page.text.contains("Your password has expired"));
}

#[tokio::test]
async fn whoever_changes_their_own_password_stays_signed_in_where_they_do_it() {
    let site = Site::start().await;
    let (browser, csrf) = at_console(&site, "root@example.org", RoleType::OrgAdmin).await;
    let other = Browser::new(&site);
    other.sign_in("root@example.org", PASSWORD).await;
    let body = json!({ "oldPassword": { "value": PASSWORD }, "newPassword": { "value": NEW }, "revokeSessions": true });
    let path = "/api/v1/users/me/credentials/change_password";
    browser.json(Method::POST, path, Some(&csrf), Some(body)).await.is(200);
    browser.get("/api/v1/sessions/me").await.is(200);
    other.get("/api/v1/sessions/me").await.is(404);
}
