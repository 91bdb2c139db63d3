//! Policies as the people meet them who they are about.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site, id},
    browser::Browser,
    relying_party::{LOGIN, RelyingParty},
};

async fn authn(site: &Site, login: &str, password: &str) -> super::super::site::Reply {
    let body = json!({ "username": login, "password": password });
    site.send(site.request(Method::POST, "/api/v1/authn").json(&body)).await
}

/// A policy for the members of a group of its own, with one rule.
async fn policy_for(site: &Site, user: &Value, policy: Value, rule: Value) -> Value {
    let group = site.new_group(policy["name"].as_str().unwrap()).await;
    site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(user)), json!({})).await.is(204);
    let mut policy = policy;
    policy["conditions"] = json!({ "people": { "groups": { "include": [id(&group)] } } });
    let policy = site.post("/api/v1/policies", policy).await.ok();
    site.post(&format!("/api/v1/policies/{}/rules", id(&policy)), rule).await.is(200);
    policy
}

#[tokio::test]
async fn a_group_has_passwords_and_a_lockout_of_its_own() {
    let site = Site::start().await;
    let (strict, free) = (site.new_user("ada@example.com").await, site.new_user("bob@example.com").await);
    let settings = json!({ "password": {
        "complexity": { "minLength": 20 }, "lockout": { "maxAttempts": 2, "autoUnlockMinutes": 0 },
    } });
    policy_for(
        &site,
        &strict,
        json!({ "type": "PASSWORD", "name": "Strict", "settings": settings }),
        json!({ "type": "PASSWORD", "name": "R", "actions": {} }),
    )
    .await;
    let set = |password: &str| json!({ "credentials": { "password": { "value": password } } });
    let path = |user: &Value| format!("/api/v1/users/{}", id(user));
    site.post(&path(&strict), set("Short-Horse-7")).await.refused(400, "E0000001");
    site.post(&path(&free), set("Short-Horse-7")).await.is(200);
    for login in ["ada@example.com", "bob@example.com"] {
        for _ in 0..2 {
            authn(&site, login, "wrong").await.refused(401, "E0000004");
        }
    }
    assert_eq!(site.get(&path(&strict)).await.ok()["status"], "LOCKED_OUT");
    assert_eq!(site.get(&path(&free)).await.ok()["status"], "ACTIVE");
}

#[tokio::test]
async fn a_sign_on_policy_keeps_people_out_and_ends_their_sessions() {
    let site = Site::start().await;
    let (denied, brief) = (site.new_user("ada@example.com").await, site.new_user("bob@example.com").await);
    let rule = |signon: Value| json!({ "type": "SIGN_ON", "name": "R", "actions": { "signon": signon } });
    let policy =
        policy_for(&site, &denied, json!({ "type": "OKTA_SIGN_ON", "name": "Out" }), rule(json!({ "access": "DENY" })))
            .await;
    authn(&site, "ada@example.com", PASSWORD).await.refused(401, "E0000004");
    assert_eq!(site.events("policy.evaluate_sign_on").await[0]["outcome"]["result"], "DENY");
    site.act(&format!("/api/v1/policies/{}/lifecycle/deactivate", id(&policy))).await.is(204);
    authn(&site, "ada@example.com", PASSWORD).await.is(200);
    let session = json!({ "maxSessionIdleMinutes": 5, "maxSessionLifetimeMinutes": 0, "usePersistentCookie": true });
    let signon = json!({ "access": "ALLOW", "session": session });
    policy_for(&site, &brief, json!({ "type": "OKTA_SIGN_ON", "name": "Brief" }), rule(signon)).await;
    let browser = Browser::new(&site);
    let page = browser.submit_sign_in("/", "bob@example.com", PASSWORD).await;
    assert!(page.cookies.iter().any(|cookie| cookie.starts_with("sid=") && cookie.contains("Max-Age=300")));
    assert_eq!(browser.get("/api/v1/sessions/me").await.status, 200);
    site.advance(Duration::from_secs(301));
    assert_eq!(browser.get("/api/v1/sessions/me").await.status, 404);
}

#[tokio::test]
async fn an_app_s_policy_decides_who_gets_in_and_when_the_password_is_asked_again() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let policy = site.post("/api/v1/policies", json!({ "type": "ACCESS_POLICY", "name": "App" })).await.ok();
    site.put(&format!("/api/v1/apps/{}/policies/{}", party.app, id(&policy)), json!({})).await.is(204);
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    let page = browser.get(&party.authorize(&[])).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    let rules = format!("/api/v1/policies/{}/rules", id(&policy));
    let method = json!({ "type": "ASSURANCE", "factorMode": "1FA", "reauthenticateIn": "PT2H" });
    let rule = json!({ "type": "ACCESS_POLICY", "name": "In", "conditions": { "people": { "users": { "include": [id(&party.user)] } } },
        "actions": { "appSignOn": { "access": "ALLOW", "verificationMethod": method } } });
    site.post(&rules, rule).await.is(200);
    let page = browser.get(&party.authorize(&[])).await;
    assert!(page.parameter("code").is_some(), "{}", page.to());
    site.advance(Duration::from_secs(7_000));
    assert!(browser.get(&party.authorize(&[])).await.parameter("code").is_some());
    site.advance(Duration::from_secs(200));
    let silent = browser.get(&party.authorize(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("login_required"));
    let page = browser.get(&party.authorize(&[])).await;
    assert!(page.to().starts_with("/login/login.htm"));
    let page = browser.submit_sign_in(page.to(), LOGIN, PASSWORD).await;
    assert!(browser.get(page.to()).await.parameter("code").is_some());
}
