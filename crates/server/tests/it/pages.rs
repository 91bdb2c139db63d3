//! Headers, hosts and files: what every answer carries and which requests are turned away.

use testkit::Site;

#[tokio::test]
async fn an_unknown_host_is_sent_away_and_never_becomes_a_link() {
    let site = Site::blank().await;
    let client = reqwest_client();
    let port = site.portal.address.port();
    for host in ["evil.example", "localhost", "localhost:1", ""] {
        let request = client.get(format!("http://127.0.0.1:{port}/api/v1/sign-in-options")).header("host", host);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 421, "{host}");
        assert!(!answer.text().await.unwrap().contains("evil"));
    }
    let health = client.get(format!("http://127.0.0.1:{port}/readyz")).send().await.unwrap();
    assert_eq!(health.status().as_u16(), 200);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = Site::blank().await;
    let client = reqwest_client();
    for path in ["/", "/api/v1/session", "/api/v1/nothing", "/sign-in"] {
        let answer = client.get(site.portal_url.join(path).unwrap()).send().await.unwrap();
        let headers = answer.headers().clone();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(!header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_not_for_what_a_proxy_brings() {
    let site = Site::blank().await;
    let client = reqwest_client();
    let url = format!("http://127.0.0.1:{}/metrics", site.portal.address.port());
    assert_eq!(client.get(&url).send().await.unwrap().status().as_u16(), 200);
    let proxied = client.get(&url).header("x-forwarded-for", "127.0.0.1").send().await.unwrap();
    assert_eq!(proxied.status().as_u16(), 404);
}

#[tokio::test]
async fn a_wrong_method_a_wrong_type_and_a_large_body_are_said_to_be_that() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    pia.call("PATCH", "/api/v1/session", None).await.expect(405);
    let large = "x".repeat(server::http::BODY_BYTES_MAX + 1);
    let assignment = pia.assignment("pricing_summary").await;
    let path = format!("/api/v1/assignments/{assignment}/runs");
    pia.post(&path, serde_json::json!({"parameters": {"ShippedUntil": large}})).await.expect(413);
    let wrong = pia.post(&path, serde_json::json!({"parameters": 3})).await;
    assert_eq!(wrong.expect(422).problem(), "invalid");
}

#[tokio::test]
async fn a_request_that_another_site_sends_changes_nothing() {
    let site = Site::start().await;
    let mut pia = site.sign_in("pia").await;
    pia.browser.always("sec-fetch-site", "cross-site".to_owned());
    assert_eq!(pia.delete("/api/v1/session").await.expect(403).problem(), "csrf");
    pia.browser.always("sec-fetch-site", "same-origin".to_owned());
    pia.browser.always("x-csrf-token", "guessed".to_owned());
    assert_eq!(pia.delete("/api/v1/session").await.expect(403).problem(), "csrf");
    pia.get("/api/v1/session").await.expect(200);
}

/// A client that sends what a test tells it to.
#[expect(clippy::disallowed_methods, reason = "a test is a stranger and brings its own client")]
fn reqwest_client() -> reqwest::Client {
    net::install_tls_provider();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}
