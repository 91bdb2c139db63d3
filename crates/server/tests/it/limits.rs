//! Limits that no call may lack: hosts, bodies, and who sees the figures. What is walked is the OpenAPI document, so that no new
//! operation is forgotten.

use serde_json::Value;
use testkit::Site;

const METRICS_KEY: &str = "a-key-for-the-figures-of-this-site";

/// Method, path with its places filled, and whether the operation takes a body.
fn operations() -> Vec<(String, String, bool)> {
    let document: Value = serde_json::from_str(&server::http::openapi::document()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        // What stands there is looked for after the body was read, if at all.
        let filled: Vec<&str> = path
            .split('/')
            .map(|part| match part {
                "{version}" => "1",
                "{name}" => "domain",
                part if part.starts_with('{') => "nothing",
                part => part,
            })
            .collect();
        for (method, operation) in methods.as_object().unwrap() {
            operations.push((method.to_uppercase(), filled.join("/"), operation.get("requestBody").is_some()));
        }
    }
    operations
}

#[tokio::test]
async fn a_body_above_the_limit_is_413_wherever_one_is_taken() {
    let site = Site::start().await;
    let mut ada = site.sign_in("ada").await;
    let large = Value::from("x".repeat(server::http::BODY_BYTES_MAX + 1));
    let mut taken = 0;
    for (method, path, _) in operations().into_iter().filter(|(_, _, takes_body)| *takes_body) {
        let answer = ada.call(&method, &path, Some(large.clone())).await;
        assert_eq!(answer.status, 413, "{method} {path}: {}", answer.text);
        assert_eq!(answer.problem(), "too-large", "{method} {path}: {}", answer.text);
        taken += 1;
    }
    assert!(taken > 10, "{taken} operations take a body");
    ada.get("/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn every_operation_is_for_the_configured_addresses_alone() {
    let site = Site::blank().await;
    let client = client();
    let pages = [("GET".to_owned(), "/".to_owned(), false), ("GET".to_owned(), "/sign-in/okta".to_owned(), false)];
    for (method, path, _) in operations().into_iter().chain(pages) {
        let url = format!("http://127.0.0.1:{}{path}", site.portal.address.port());
        let request = client.request(method.parse().unwrap(), url).header("host", "reports.evil.example");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 421, "{method} {path}");
        assert_eq!(answer.headers().get("content-type").unwrap(), "application/problem+json", "{method} {path}");
        assert!(!answer.text().await.unwrap().contains("evil"), "{method} {path}");
    }
}

#[tokio::test]
async fn figures_are_for_this_machine_or_for_who_has_the_key() {
    let site = Site::blank_with(&[("metrics-key", METRICS_KEY.to_owned())]).await;
    let client = client();
    let url = format!("http://127.0.0.1:{}/metrics", site.portal.address.port());
    // A proxy's header says that the caller may be anybody.
    let status = async |authorization: Option<&str>| {
        let mut request = client.get(&url).header("x-forwarded-for", "203.0.113.9");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap().contains("webreports_"))
    };
    client.get(site.portal_url.join("/healthz").unwrap()).send().await.unwrap();
    assert_eq!(status(None).await, (404, false));
    assert_eq!(status(Some("Bearer guessed")).await, (404, false));
    assert_eq!(status(Some(METRICS_KEY)).await, (404, false));
    assert_eq!(status(Some(&format!("Bearer {METRICS_KEY}"))).await, (200, true));
}

/// A client that sends what a test tells it to.
#[expect(clippy::disallowed_methods, reason = "a test is a stranger and brings its own client")]
fn client() -> reqwest::Client {
    net::install_tls_provider();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

#[tokio::test]
async fn a_client_that_does_not_end_the_head_of_its_request_is_cut_off() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let site = Site::blank().await;
    let mut slow = tokio::net::TcpStream::connect(("127.0.0.1", site.portal.address.port())).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    let mut answer = Vec::new();
    // Waits as long as the portal does.
    let _ = slow.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
}
