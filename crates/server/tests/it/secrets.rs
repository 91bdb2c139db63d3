//! No secret is anywhere but where it belongs: not in the databases, the data folder, or any answer.

use std::{collections::BTreeMap, path::Path};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;
use testkit::Site;

#[tokio::test]
async fn the_secrets_of_a_whole_run_are_in_no_file_and_no_answer() {
    let site = Site::start().await;
    let bridge = site.bridge.as_ref().unwrap();
    let mut planted = BTreeMap::from([
        ("API token", bridge.api_token.expose().to_owned()),
        ("client secret", bridge.client_secret.expose().to_owned()),
        ("connection password", "planted-connection-password-7319".to_owned()),
    ]);
    for (what, login) in [("emergency password", "emergency"), ("person's password", "pia@demo.example")] {
        planted.insert(what, site.password(login).expose().to_owned());
    }
    let mut answers = String::new();
    let mut ada = site.sign_in("ada").await;
    let connection = json!({
        "name": "Elsewhere", "kind": "postgresql", "password": planted["connection password"],
        "postgresql": {"host": "127.0.0.1", "port": 1, "database": "d", "user": "u", "tls": "disable"},
    });
    let connection = ada.post("/api/v1/connections", connection).await;
    let id = connection.expect(201).id();
    answers.push_str(&connection.text);
    answers.push_str(&ada.post(&format!("/api/v1/connections/{id}/test"), json!({})).await.expect(200).text);
    for path in [
        "/api/v1/session",
        "/api/v1/setup",
        "/api/v1/bridge",
        "/api/v1/connections",
        "/api/v1/people",
        "/api/v1/roles",
        "/api/v1/views",
        "/api/v1/assignments",
        "/api/v1/available",
        "/api/v1/runs",
        "/api/v1/logs",
        "/metrics",
    ] {
        answers.push_str(&ada.get(path).await.expect(200).text);
    }
    let mut api = site.org_api();
    for path in ["/api/v1/api-tokens", "/api/v1/users", "/api/v1/groups", "/api/v1/logs?limit=1000", "/api/v1/org"] {
        answers.push_str(&api.get(path).await.expect(200).text);
    }
    let mut found = Vec::new();
    for (what, secret) in &planted {
        for spelled in spellings(secret) {
            if answers.contains(&spelled) {
                found.push(format!("{what} in an answer"));
            }
            search(&site.config.data_folder(), spelled.as_bytes(), &mut |file| {
                found.push(format!("{what} in {}", file.display()))
            });
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// As it is, in base64 of both alphabets, in hexadecimal, and backwards.
fn spellings(secret: &str) -> Vec<String> {
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        secret.chars().rev().collect(),
    ]
}

fn search(folder: &Path, wanted: &[u8], found: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            search(&path, wanted, found);
        } else if std::fs::read(&path).unwrap().windows(wanted.len()).any(|window| window == wanted) {
            found(&path);
        }
    }
}

#[tokio::test]
async fn keys_lie_beside_the_data_and_are_closed_to_others() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::blank().await;
    for key in ["portal.key", "org.key"] {
        let metadata = std::fs::metadata(site.config.keys_folder().join(key)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{key}");
    }
    assert!(!site.config.keys_folder().starts_with(site.config.data_folder()));
}
