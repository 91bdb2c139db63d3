//! The value of an API token is shown once, to whoever made it. A test for each way in which it could be seen again.

use serde_json::{Value, json};
use testkit::{Person, Site, spellings::Planted};

use super::places::{Answers, files, keep_the_log, leaks, log};

/// A blank site, the org's first administrator at the console, and the answer that made a token.
struct Made {
    site: Site,
    console: Person,
    id: String,
    planted: [Planted; 1],
    headers: net::HeaderMap,
}

async fn made() -> Made {
    keep_the_log();
    let site = Site::blank().await;
    let link = site.org.first_administrator_link.clone().unwrap();
    let code = link.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let mut console = site.stranger();
    console.base = site.org_url.clone();
    let first = json!({
        "code": code, "firstName": "Olga", "lastName": "Orlova", "email": "olga@demo.example",
        "password": site.password("olga@demo.example").expose(),
    });
    let session = console.post("/admin/api/first-administrator", first).await;
    console.browser.always("x-csrf-token", session.expect(200).json["csrfToken"].as_str().unwrap().to_owned());
    let url = site.org_url.join("/admin/api/tokens").unwrap();
    let body = json!({"name": "WebReports Integration", "network": {"connection": "ANYWHERE"}});
    let answer = console.browser.call("POST", &url, Some(&body)).await.unwrap();
    let headers = answer.headers.clone();
    let body: Value = answer.ok().unwrap();
    let value = body["value"].as_str().unwrap();
    let id = body["id"].as_str().unwrap().to_owned();
    // It works, so it is the value that must not be seen again.
    let mut api = site.stranger();
    api.base = site.org_url.clone();
    api.browser.always("authorization", format!("SSWS {value}"));
    api.get("/api/v1/users/me").await.expect(200);
    Made { planted: [Planted::new("token value", value)], site, console, id, headers }
}

#[tokio::test]
async fn reloading_the_page_does_not_show_it_again() {
    let mut made = made().await;
    let mut answers = Answers::default();
    for path in [
        "/admin/",
        "/admin/security/api",
        "/admin/api/tokens",
        "/admin/api/tokens?q=WebReports",
        "/admin/api/dashboard",
    ] {
        answers.get(&mut made.console, path).await;
    }
    let listed = String::from_utf8_lossy(&answers.0[2].bytes).into_owned();
    assert!(listed.contains(&made.id), "the list shows the token without its value: {listed}");
    assert!(leaks(&made.planted, &answers.0).is_empty(), "{:#?}", leaks(&made.planted, &answers.0));
}

#[tokio::test]
async fn going_back_does_not_show_it_again() {
    let made = made().await;
    // No browser and no proxy may keep the one answer that holds it, and it has no address that could be asked for again.
    let header =
        |name: &str| made.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    assert!(header("cache-control").contains("no-store"), "{:?}", made.headers);
    for absent in ["etag", "last-modified", "location", "content-location", "expires"] {
        assert!(["", "0"].contains(&header(absent).as_str()), "{absent}: {}", header(absent));
    }
}

#[tokio::test]
async fn the_api_does_not_show_it_again() {
    let mut made = made().await;
    let mut answers = Answers::default();
    let url = made.site.org_url.clone();
    let token = String::from_utf8(made.planted[0].secret.clone()).unwrap();
    let mut api = made.site.stranger();
    api.base = url;
    api.browser.always("authorization", format!("SSWS {token}"));
    for path in ["/api/v1/api-tokens".to_owned(), format!("/api/v1/api-tokens/{}", made.id)] {
        answers.get(&mut api, &path).await;
    }
    let update = json!({"name": "Another name", "network": {"connection": "ANYWHERE"}});
    let updated = made.console.put(&format!("/admin/api/tokens/{}", made.id), update.clone()).await;
    answers.keep("the change of its name", updated.expect(200).bytes.clone());
    let updated = api.put(&format!("/api/v1/api-tokens/{}", made.id), update).await;
    answers.keep("the change of its name by the API", updated.bytes);
    let revoked = api.delete("/api/v1/api-tokens/current").await;
    answers.keep("its own end", revoked.expect(204).bytes.clone());
    answers.refused(&mut api, "GET", "/api/v1/api-tokens", Value::Null).await;
    assert!(leaks(&made.planted, &answers.0).is_empty(), "{:#?}", leaks(&made.planted, &answers.0));
}

#[tokio::test]
async fn the_database_does_not_hold_it() {
    let made = made().await;
    let places = files(made.site.folder.path());
    assert!(places.iter().any(|place| place.name.ends_with("org.db")), "the org's database is among what is searched");
    assert!(places.iter().any(|place| place.name.ends_with("org.db-wal")), "and what it writes ahead");
    assert!(leaks(&made.planted, &places).is_empty(), "{:#?}", leaks(&made.planted, &places));
}

#[tokio::test]
async fn the_log_does_not_tell_it() {
    let mut made = made().await;
    let mut answers = Answers::default();
    answers.get(&mut made.console, "/api/v1/logs?limit=1000").await;
    let token = String::from_utf8(made.planted[0].secret.clone()).unwrap();
    let mut api = made.site.stranger();
    api.base = made.site.org_url.clone();
    api.browser.always("authorization", format!("SSWS {token}"));
    let events = api.get("/api/v1/logs?limit=1000").await;
    assert!(events.expect(200).text.contains("system.api_token.create"), "the log tells that it was made");
    answers.keep("the org's log", events.bytes);
    answers.0.push(log());
    assert!(answers.0.iter().any(|place| place.name == "the log" && place.bytes.len() > 10_000), "a log was kept");
    assert!(leaks(&made.planted, &answers.0).is_empty(), "{:#?}", leaks(&made.planted, &answers.0));
}

#[tokio::test]
async fn a_backup_does_not_hold_it() {
    let made = made().await;
    let copies = made.site.copies_before_migrations().await;
    assert_eq!(copies.len(), 2, "{copies:?}");
    let places = files(made.site.folder.path());
    for copy in &copies {
        assert!(places.iter().any(|place| place.name == copy.display().to_string() && place.bytes.len() > 10_000));
    }
    assert!(leaks(&made.planted, &places).is_empty(), "{:#?}", leaks(&made.planted, &places));
}
