//! The sign-in page: what it says, what it sets, where it leads.

use super::{
    super::site::{PASSWORD, Site, id},
    browser::Browser,
};
use serde_json::json;

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_page() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    site.post("/api/v1/users?activate=true", json!({ "profile": { "firstName": "S", "lastName": "S", "login": "sam@example.com", "email": "sam@example.com" }, "credentials": { "password": { "value": PASSWORD } } })).await.ok();
    let suspended = site.get("/api/v1/users/sam@example.com").await.ok();
    site.act(&format!("/api/v1/users/{}/lifecycle/suspend", id(&suspended))).await.ok();
    let browser = Browser::new(&site);
    let wrong = browser.submit_sign_in("/login/login.htm", "ada@example.com", "Wrong-Horse-7").await.is(401);
    let unknown = browser.submit_sign_in("/login/login.htm", "bob@example.com", "Wrong-Horse-7").await.is(401);
    let suspended = browser.submit_sign_in("/login/login.htm", "sam@example.com", PASSWORD).await.is(401);
    let plain = |page: &super::browser::Page, login: &str| page.text.replace(login, "[login]");
    assert_eq!(plain(&wrong, "ada@example.com"), plain(&unknown, "bob@example.com"));
    assert_eq!(plain(&wrong, "ada@example.com"), plain(&suspended, "sam@example.com"));
    assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains("value=\"ada@example.com\""));
    assert!(!wrong.text.contains("Wrong-Horse-7"));
    let failures = site.events("user.session.start").await;
    assert!(failures.iter().all(|event| event["outcome"]["result"] == "FAILURE") && failures.len() == 3);
}

#[tokio::test]
async fn a_sign_in_sets_one_cookie_that_scripts_cannot_read_and_ends_the_old_session() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let browser = Browser::new(&site);
    let page = browser.submit_sign_in("/", "ADA@example.com", PASSWORD).await.is(303);
    assert_eq!(page.to(), "/");
    let line = page.cookies.iter().find(|line| line.starts_with("sid=")).unwrap();
    assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Lax") && !line.contains("Max-Age"), "{line}");
    let first = browser.cookie("sid").unwrap();
    assert_eq!(first.len(), 43);
    let kept = browser.get("/").await.is(200);
    assert!(kept.text.contains("Your applications") && kept.text.contains("Sign out"));
    browser.post("/login/signout", &[]).await.is(405);

    let other = Browser::new(&site);
    other.set_cookie("sid", &first);
    let form = Browser::new(&site).get("/login/login.htm").await;
    assert!(form.text.contains("name=\"remember\""));
    let anew = Browser::new(&site);
    let page = anew.get("/login/login.htm").await;
    let token = page.hidden("_token").unwrap();
    anew.set_cookie("sid", &first);
    let page = anew
        .post(
            "/login/login.htm",
            &[("username", "ada@example.com"), ("password", PASSWORD), ("remember", "yes"), ("_token", &token)],
        )
        .await
        .is(303);
    assert!(page.cookies.iter().any(|line| line.starts_with("sid=") && line.contains("Max-Age=86400")));
    assert_ne!(anew.cookie("sid").unwrap(), first);
    assert!(other.get("/").await.text.contains("<h1>Sign in</h1>"), "the session that the browser had is gone");
    assert!(site.get(&format!("/api/v1/users/{}", id(&user))).await.ok()["lastLogin"].is_string());
}

#[tokio::test]
async fn a_form_of_another_site_or_without_its_token_is_refused() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let browser = Browser::new(&site);
    let token = browser.get("/login/login.htm").await.hidden("_token").unwrap();
    let fields = [("username", "ada@example.com"), ("password", PASSWORD)];
    let with_token = [fields[0], fields[1], ("_token", token.as_str())];
    let refused = browser.post("/login/login.htm", &fields).await.is(403);
    assert!(refused.text.contains("value=\"ada@example.com\""), "what was typed stays");
    for (name, value) in [
        ("Origin", "http://evil.test"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let request = browser.request(reqwest::Method::POST, "/login/login.htm").header(name, value).form(&with_token);
        browser.send(request).await.is(403);
    }
    let stranger = Browser::new(&site);
    stranger.get("/login/login.htm").await;
    stranger.post("/login/login.htm", &with_token).await.is(403);
    browser.post("/login/login.htm", &with_token).await.is(303);
}

#[tokio::test]
async fn a_sign_in_goes_on_to_local_paths_alone() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    for (from, target) in [
        ("/admin/", "/admin/"),
        ("//evil.test", "/"),
        ("https://evil.test/", "/"),
        ("/\\evil.test", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let browser = Browser::new(&site);
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("fromURI", from).finish();
        let page =
            browser.submit_sign_in(&format!("/login/login.htm?{query}"), "ada@example.com", PASSWORD).await.is(303);
        assert_eq!(page.to(), target, "{from}");
        let again = browser.get(&format!("/login/login.htm?{query}")).await.is(303);
        assert_eq!(again.to(), target, "whoever is signed in goes on at once");
    }
}

#[tokio::test]
async fn pages_allow_no_script_no_frame_and_no_foreign_form() {
    let site = Site::start().await;
    let page = Browser::new(&site).get("/login/login.htm").await.is(200);
    let policy = page.header("content-security-policy");
    assert_eq!(
        policy,
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    );
    assert_eq!((page.header("referrer-policy"), page.header("x-content-type-options")), ("same-origin", "nosniff"));
    assert!(page.text.contains("<label for=\"username\">User name</label>") && !page.text.contains("<script"));
    let style = Browser::new(&site).get("/assets/signin.css").await.is(200);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    let browser = Browser::new(&site);
    let known =
        browser.request(reqwest::Method::GET, "/assets/signin.css").header("If-None-Match", style.header("etag"));
    assert_eq!(browser.send(known).await.is(304).text, "");
    assert_eq!(browser.get("/assets/icon.svg").await.is(200).header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn pages_have_the_tokens_and_the_faces_of_the_other_pages() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    assert!(browser.get("/login/login.htm").await.is(200).text.contains("data-accent=\"console\""));
    let style = browser.get("/assets/signin.css").await.is(200);
    assert!(style.text.contains("--accent: light-dark(") && !style.text.contains("@fontsource"));
    let face = "/assets/fonts/inter-latin-wght-normal.woff2";
    assert!(style.text.contains(face) && style.text.contains("font-display: optional"));
    assert!(browser.get("/login/login.htm").await.text.contains(&format!("rel=\"preload\" href=\"{face}\"")));
    let sent = browser.get(face).await.is(200);
    assert_eq!(sent.header("content-type"), "font/woff2");
    let known = browser.request(reqwest::Method::GET, face).header("If-None-Match", sent.header("etag"));
    browser.send(known).await.is(304);
    for unknown in ["inter.woff2", "inter-latin-wght-normal", "..%2Findex.html", "index.html"] {
        browser.get(&format!("/assets/fonts/{unknown}")).await.is(404);
    }
}

#[tokio::test]
async fn what_a_stranger_types_cannot_become_markup() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    let page = browser.submit_sign_in("/login/login.htm", "\"><script>alert(1)</script>", "x").await.is(401);
    assert!(!page.text.contains("<script") && page.text.contains("&lt;script&gt;"));
}

#[tokio::test]
async fn the_page_of_applications_shows_what_is_assigned() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    for (label, link) in [("Portal <1>", Some("https://portal.example.test/start")), ("Quiet", None)] {
        let mut client = json!({ "application_type": "web", "redirect_uris": ["https://portal.example.test/cb"], "response_types": ["code"], "grant_types": ["authorization_code"] });
        if let Some(link) = link {
            client["initiate_login_uri"] = json!(link);
        }
        let app = json!({ "name": "oidc_client", "label": label, "signOnMode": "OPENID_CONNECT", "credentials": { "oauthClient": { "token_endpoint_auth_method": "client_secret_basic" } }, "settings": { "oauthClient": client } });
        let app = site.post("/api/v1/apps", app).await.ok();
        site.post(&format!("/api/v1/apps/{}/users", id(&app)), json!({ "id": id(&user), "scope": "USER" })).await.ok();
    }
    let browser = Browser::new(&site);
    browser.sign_in("ada@example.com", PASSWORD).await;
    let page = browser.get("/").await.is(200);
    assert!(
        page.text.contains("<a href=\"https://portal.example.test/start\">Portal &lt;1&gt;</a>")
            && page.text.contains("<span>Quiet</span>")
    );
    assert!(!page.text.contains("Admin Console"), "only administrators see the way to the console");
}
