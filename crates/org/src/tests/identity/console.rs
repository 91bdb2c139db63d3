//! The console's own calls: the first administrator, the session, tokens, what only a page of the console may do.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use world::{ManualClock, OsRandom, World};

use super::{
    super::site::{BEGINNING, PASSWORD, Site, id},
    browser::{Browser, Page},
};
use crate::{OrgConfig, Running, model::role::RoleType, start};

/// A new org that nobody has signed in to.
async fn blank() -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = OrgConfig::local(folder.path().join("data"), folder.path().join("keys"));
    (start(config, world()).await.unwrap(), folder)
}

fn world() -> World {
    World { clock: Arc::new(ManualClock::at(BEGINNING)), random: Arc::new(OsRandom) }
}

fn browser_of(running: &Running) -> Browser {
    Browser::at(&format!("http://localhost:{}", running.http_address.port()))
}

fn code_of(running: &Running) -> String {
    let link = running.first_administrator_link.clone().unwrap();
    assert_eq!(link.path(), "/admin/first-administrator");
    link.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
}

fn first(code: &str) -> Value {
    json!({ "code": code, "firstName": "Root", "lastName": "One", "email": "root@example.com", "password": PASSWORD })
}

async fn redeem(browser: &Browser, body: Value) -> Page {
    browser.json(Method::POST, "/admin/api/first-administrator", None, Some(body)).await
}

/// Somebody with a role, signed in at the console, and their CSRF token.
pub(super) async fn at_console(site: &Site, login: &str, kind: RoleType) -> (Browser, String) {
    let user = site.new_user(login).await;
    site.post(&format!("/api/v1/users/{}/roles", id(&user)), json!({ "type": kind.as_str() })).await.is(201);
    let browser = Browser::new(site);
    browser.sign_in(login, PASSWORD).await;
    let session = browser.get("/admin/api/session").await.is(200).json();
    (browser, session["csrfToken"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_first_administrator_is_made_once_by_whoever_has_the_code() {
    let (running, _folder) = blank().await;
    let code = code_of(&running);
    let browser = browser_of(&running);
    assert_eq!(redeem(&browser, first("wrong")).await.is(404).json()["errorCode"], "E0000007");
    let mut weak = first(&code);
    weak["password"] = json!("weak");
    weak["email"] = json!("no-address");
    let causes = redeem(&browser, weak).await.is(400).json()["errorCauses"].to_string();
    assert!(
        causes.contains("email: Does not match required pattern")
            && causes.contains("password: Use at least 8 characters"),
        "{causes}"
    );
    let racers: Vec<Browser> = (0..10).map(|_| browser_of(&running)).collect();
    let results = futures::future::join_all(racers.iter().map(|racer| redeem(racer, first(&code)))).await;
    let winners: Vec<&Page> = results.iter().filter(|page| page.status == 200).collect();
    assert_eq!((winners.len(), results.iter().filter(|page| page.status == 404).count()), (1, 9));
    let session = winners[0].json();
    assert_eq!(
        (&session["user"]["login"], &session["roles"]),
        (&json!("root@example.com"), &json!([{ "type": "SUPER_ADMIN", "label": "Super Administrator" }]))
    );
    assert!(winners[0].cookies.iter().any(|line| line.starts_with("sid=")));
    redeem(&browser, first(&code)).await.is(404);
    running.stop().await;
}

#[tokio::test]
async fn each_start_makes_a_new_link_until_one_is_used_and_then_none() {
    let (running, folder) = blank().await;
    let old = code_of(&running);
    let config = running.org.config.clone();
    running.stop().await;
    let running = start(config.clone(), world()).await.unwrap();
    let new = code_of(&running);
    let browser = browser_of(&running);
    redeem(&browser, first(&old)).await.is(404);
    redeem(&browser, first(&new)).await.is(200);
    running.stop().await;
    let running = start(config, world()).await.unwrap();
    assert_eq!(running.first_administrator_link, None);
    redeem(&browser_of(&running), first(&new)).await.is(404);
    running.stop().await;
    for entry in std::fs::read_dir(folder.path().join("data")).unwrap() {
        let content = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [&old, &new, &PASSWORD.to_owned()] {
            assert!(!String::from_utf8_lossy(&content).contains(secret.as_str()));
        }
    }
}

#[tokio::test]
async fn the_first_administrator_s_call_is_for_a_page_of_ours() {
    let (running, _folder) = blank().await;
    let body = first(&code_of(&running)).to_string();
    let browser = browser_of(&running);
    let call = |kind: &'static str| {
        browser.request(Method::POST, "/admin/api/first-administrator").header("Content-Type", kind).body(body.clone())
    };
    browser.send(call("text/plain")).await.is(400);
    browser.send(call("application/json").header("Origin", "http://evil.test")).await.is(403);
    browser.send(call("application/json").header("Sec-Fetch-Site", "cross-site")).await.is(403);
    browser.send(call("application/json")).await.is(200);
    running.stop().await;
}

#[tokio::test]
async fn the_console_is_for_signed_in_administrators() {
    let site = Site::start().await;
    site.new_user("plain@example.com").await;
    let browser = Browser::new(&site);
    assert_eq!(browser.get("/admin/api/session").await.is(401).json()["errorCode"], "E0000011");
    browser.set_cookie("sid", "long-gone");
    assert_eq!(browser.get("/admin/api/session").await.is(401).json()["errorCode"], "E0000011");
    browser.sign_in("plain@example.com", PASSWORD).await;
    assert_eq!(browser.get("/admin/api/session").await.is(403).json()["errorCode"], "E0000006");
    let by_token =
        browser.request(Method::GET, "/admin/api/session").header("Authorization", format!("SSWS {}", site.token));
    assert_eq!(Browser::new(&site).send(by_token).await.is(401).json()["errorCode"], "E0000011");
    assert!(
        browser.get("/admin/api/password-policy").await.is(200).json()["rules"]
            .as_array()
            .unwrap()
            .contains(&json!("At least 8 characters"))
    );

    let (reader, _) = at_console(&site, "reader@example.com", RoleType::ReadOnlyAdmin).await;
    let session = reader.get("/admin/api/session").await.is(200).json();
    let read = ["people.read", "groups.read", "apps.read", "grants.read", "types.read", "schemas.read", "servers.read"];
    let read_on =
        ["tokens.read", "tokens.create", "network.read", "origins.read", "roles.read", "log.read", "org.read"];
    assert_eq!(
        (&session["rights"], &session["idleMinutes"], &session["org"]["issuer"]),
        (&json!([read.as_slice(), read_on.as_slice()].concat()), &json!(120), &json!(site.base()))
    );
    assert!(!site.events("user.session.access_admin_app").await.is_empty());
    assert_eq!(reader.get("/admin/api/nothing").await.is(404).json()["errorCode"], "E0000008");
}

#[tokio::test]
async fn a_token_is_made_at_the_console_and_its_value_is_nowhere_again() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let (browser, csrf) = at_console(&site, "root@example.org", RoleType::SuperAdmin).await;
    let body =
        json!({ "name": "WebReports Integration", "network": { "connection": "ZONE", "include": ["ALL_IP_ZONES"] } });
    let made = browser.json(Method::POST, "/admin/api/tokens", Some(&csrf), Some(body)).await.is(200);
    assert_eq!(made.header("cache-control"), "no-cache, no-store");
    let made = made.json();
    let value = made["value"].as_str().unwrap().to_owned();
    assert!(value.starts_with("00") && value.len() == 42 && made["id"].as_str().unwrap().starts_with("00T"));
    let anywhere = json!({ "name": "WebReports Integration", "network": { "connection": "ANYWHERE" } });
    let changed = browser
        .json(Method::PUT, &format!("/admin/api/tokens/{}", id(&made)), Some(&csrf), Some(anywhere))
        .await
        .is(200)
        .json();
    assert_eq!((&changed["network"], &changed["state"]), (&json!({ "connection": "ANYWHERE" }), &json!("grey")));
    let me = site.request(Method::GET, "/api/v1/users/me").header("Authorization", format!("SSWS {value}"));
    assert_eq!(site.send(me).await.ok()["profile"]["login"], "root@example.org");

    let mut seen = super::dump(&site).await;
    for path in [
        "/admin/api/tokens",
        "/admin/api/dashboard",
        "/api/v1/api-tokens",
        &format!("/api/v1/api-tokens/{}", id(&made)),
        "/api/v1/logs?limit=1000",
    ] {
        seen.push_str(&browser.get(path).await.is(200).text);
    }
    assert!(!seen.contains(&value), "the value was in the one answer that made it");
    let listed = browser.get("/admin/api/tokens?q=webreports").await.is(200).json();
    let row = &listed.as_array().unwrap()[0];
    assert_eq!(
        (&row["state"], &row["role"]["type"], &row["userLogin"]),
        (&json!("green"), &json!("SUPER_ADMIN"), &json!("root@example.org"))
    );
    assert_eq!(site.events("system.api_token.create").await.len(), 1);
    site.advance(Duration::from_secs(24 * 24 * 3_600));
    browser.sign_in("root@example.org", PASSWORD).await;
    let csrf = browser.get("/admin/api/session").await.json()["csrfToken"].as_str().unwrap().to_owned();
    let listed = browser.get("/admin/api/tokens?q=webreports").await.json();
    assert_eq!(listed[0]["state"], "red");
    let dashboard = browser.get("/admin/api/dashboard").await.is(200).json();
    assert!(dashboard["tasks"].as_array().unwrap().iter().any(|task| task["kind"] == "tokens-lapsing"));
    assert!(
        !dashboard["recent"].as_array().unwrap().is_empty() && dashboard["people"]["ACTIVE"].as_i64().unwrap() >= 2
    );
    browser.json(Method::DELETE, &format!("/api/v1/api-tokens/{}", id(&made)), Some(&csrf), None).await.is(204);
    let gone = site.request(Method::GET, "/api/v1/users/me").header("Authorization", format!("SSWS {value}"));
    site.send(gone).await.refused(401, "E0000011");
}

#[tokio::test]
async fn a_change_needs_the_session_s_token_and_our_own_origin() {
    let site = Site::start().await;
    let (browser, csrf) = at_console(&site, "root@example.org", RoleType::SuperAdmin).await;
    let body = json!({ "name": "x", "network": { "connection": "ANYWHERE" } });
    let (_, other) = at_console(&site, "other@example.org", RoleType::SuperAdmin).await;
    for token in [None, Some("wrong"), Some(other.as_str())] {
        assert_eq!(
            browser.json(Method::POST, "/admin/api/tokens", token, Some(body.clone())).await.is(403).json()["errorCode"],
            "E0000006"
        );
    }
    for (name, value) in [("Origin", "http://127.0.0.1:1"), ("Origin", "null"), ("Sec-Fetch-Site", "same-site")] {
        let call = browser
            .request(Method::POST, "/admin/api/tokens")
            .header("X-CSRF-Token", &csrf)
            .header(name, value)
            .json(&body);
        assert_eq!(browser.send(call).await.is(403).json()["errorCode"], "E0000212", "{name} {value}");
    }
    let plain = browser
        .request(Method::POST, "/admin/api/tokens")
        .header("X-CSRF-Token", &csrf)
        .header("Content-Type", "text/plain")
        .body(body.to_string());
    browser.send(plain).await.is(400);
    let silent = Browser::new(&site).silent();
    silent.set_cookie("sid", &browser.cookie("sid").unwrap());
    silent.json(Method::POST, "/admin/api/tokens", Some(&csrf), Some(body)).await.is(200);
}

#[tokio::test]
async fn a_role_sees_its_own_tokens_or_all_and_makes_them_or_not() {
    let site = Site::start().await;
    let (reader, csrf) = at_console(&site, "reader@example.org", RoleType::ReadOnlyAdmin).await;
    let body = json!({ "name": "mine", "network": { "connection": "ANYWHERE" } });
    let mine = reader.json(Method::POST, "/admin/api/tokens", Some(&csrf), Some(body.clone())).await.is(200).json();
    let listed = reader.get("/admin/api/tokens").await.is(200).json();
    assert_eq!(listed.as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [id(&mine)]);
    let (helper, csrf) = at_console(&site, "helper@example.org", RoleType::HelpDeskAdmin).await;
    helper.json(Method::POST, "/admin/api/tokens", Some(&csrf), Some(body.clone())).await.is(403);
    helper.get("/admin/api/tokens").await.is(403);
    helper.get("/admin/api/administrators").await.is(403);
    let (root, csrf) = at_console(&site, "root@example.org", RoleType::SuperAdmin).await;
    assert!(root.get("/admin/api/tokens").await.is(200).json().as_array().unwrap().len() >= 2);
    let blank =
        root.json(Method::POST, "/admin/api/tokens", Some(&csrf), Some(json!({ "name": " " }))).await.is(400).json();
    assert_eq!(blank["errorCauses"][0]["errorSummary"], "name: The field cannot be left blank");
    let administrators = root.get("/admin/api/administrators").await.is(200).json();
    let first = &administrators[0];
    assert_eq!(
        (&first["roles"][0]["type"], &first["roles"][0]["assignmentType"]),
        (&json!("SUPER_ADMIN"), &json!("USER"))
    );
    assert_eq!(administrators.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn the_console_s_page_is_served_under_every_path_with_a_strict_policy() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    assert_eq!(browser.get("/admin").await.is(308).to(), "/admin/");
    let page = browser.get("/admin/").await;
    if page.status == 503 {
        assert!(page.text.contains("is not built"));
        return;
    }
    let policy = page.header("content-security-policy").to_owned();
    assert!(
        policy.contains("script-src 'self' 'sha256-")
            && policy.contains("frame-ancestors 'none'")
            && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(browser.get("/admin/security/api/tokens").await.is(200).text, page.text);
    browser.get("/admin/_app/immutable/nothing.js").await.is(404);
    for traversal in [
        "/admin/../Cargo.toml",
        "/admin/..%2f..%2fCargo.toml",
        "/admin/%2e%2e/%2e%2e/package.json",
        "/admin//etc/passwd",
    ] {
        let reply = browser.get(traversal).await;
        assert!(
            !reply.text.contains("[package]")
                && !reply.text.contains("root:")
                && !reply.text.contains("\"dependencies\""),
            "{traversal}"
        );
    }
    let script = page.text.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(browser.get(script).await.is(200).header("content-type"), "text/javascript; charset=utf-8");
}

#[tokio::test]
async fn the_console_lists_the_scopes_that_can_be_granted() {
    let site = Site::start().await;
    let (browser, _) = at_console(&site, "root@example.org", RoleType::SuperAdmin).await;
    let answer = browser.get("/admin/api/scopes").await.is(200).json();
    let scopes: Vec<&str> = answer["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap()).collect();
    assert!(scopes.is_sorted() && scopes.contains(&"okta.users.read") && scopes.contains(&"okta.groups.manage"));
    let (reporter, _) = at_console(&site, "rep@example.org", RoleType::ReportAdmin).await;
    reporter.get("/admin/api/scopes").await.is(403);
}
