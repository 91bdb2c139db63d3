//! Unmodified clients from the registries call the built-in org and find what they expect of Okta.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use testkit::Site;
use tokio::process::Command;

/// Runs a script of `tests/clients` and reads the JSON object of its last line.
async fn run(program: &str, script: &str, environment: &[(&str, String)]) -> Value {
    let folder = std::env::var("WEBREPORTS_TEST_CLIENTS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients").to_owned());
    let output = Command::new(program)
        .arg(Path::new(&folder).join(script))
        .current_dir(&folder)
        .envs(environment.iter().map(|(name, value)| (*name, value.as_str())))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap_or_else(|error| panic!("{program}: {error}; `cargo xtask test` installs what this test needs"));
    let (said, failed) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {said}\n{failed}");
    let last = said
        .lines()
        .rev()
        .find(|line| line.starts_with('{'))
        .unwrap_or_else(|| panic!("{script} printed no object: {said}"));
    serde_json::from_str(last).unwrap()
}

fn org(site: &Site) -> Vec<(&'static str, String)> {
    let token = site.bridge.as_ref().unwrap().api_token.expose().to_owned();
    vec![("ORG_URL", site.org_url.as_str().trim_end_matches('/').to_owned()), ("ORG_TOKEN", token)]
}

#[tokio::test]
async fn oktas_python_sdk_manages_people_and_groups() {
    let site = Site::start_now().await;
    let python = std::env::var("WEBREPORTS_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut environment = org(&site);
    // The SDK's own switch for an org without https.
    environment.push(("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true".to_owned()));
    let seen = run(&python, "management.py", &environment).await;
    assert!(seen["users"].as_array().unwrap().contains(&json!("pia@demo.example")), "{seen}");
    assert_eq!(seen["status"], "STAGED");
    assert_eq!(seen["members"], json!(["petra@sdk.example"]));
    assert_eq!(seen["missing"], true);
    assert_eq!(seen["apps"], json!(["WebReports"]));
}

#[tokio::test]
async fn oktas_node_sdk_manages_people_and_groups() {
    let site = Site::start_now().await;
    let seen = run("node", "management.mjs", &org(&site)).await;
    assert_eq!(seen["users"].as_array().unwrap().len(), 8, "{seen}");
    assert_eq!(seen["status"], "ACTIVE");
    assert_eq!(seen["members"], json!(["nora@sdk.example"]));
    assert_eq!(seen["groups"], json!(["Everyone", "SDK Node"]));
    assert_eq!(seen["suspended"], "SUSPENDED");
    assert_eq!(seen["missing"], json!([404, "E0000007"]));
}

#[tokio::test]
async fn openid_client_signs_a_person_in() {
    let site = Site::start_now().await;
    let bridge = site.bridge.as_ref().unwrap();
    let environment = [
        ("ORG_URL", site.org_url.as_str().trim_end_matches('/').to_owned()),
        ("CLIENT_ID", bridge.client_id.clone()),
        ("CLIENT_SECRET", bridge.client_secret.expose().to_owned()),
        ("REDIRECT_URI", site.portal_url.join("/OIDCCallback").unwrap().to_string()),
        ("LOGIN", "pia@demo.example".to_owned()),
        ("PASSWORD", site.password("pia@demo.example").expose().to_owned()),
    ];
    let seen = run("node", "sign-in.mjs", &environment).await;
    assert_eq!(seen["login"], "pia@demo.example", "{seen}");
    assert_eq!(seen["groups"], json!(["WRUser"]));
    assert_eq!(seen["email"], "pia@demo.example");
    assert_eq!((&seen["active"], &seen["afterRevocation"]), (&json!(true), &json!(false)));
    assert_eq!(seen["replayed"], "invalid_grant");
}
