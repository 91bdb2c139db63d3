//! Unmodified clients from the registries call the built-in org and find what they expect of Okta.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use testkit::Site;
use tokio::process::Command;
use url::Url;

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

/// Where the org is for a client, and what a client is told so that it believes the org's certificate.
fn place(url: &Url, authority: Option<&Path>) -> Vec<(&'static str, String)> {
    let mut environment = vec![("ORG_URL", url.as_str().trim_end_matches('/').to_owned())];
    if let Some(authority) = authority {
        let authority = authority.display().to_string();
        for name in ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"] {
            environment.push((name, authority.clone()));
        }
    }
    environment
}

/// Both ways to the org: plain on loopback, and with TLS.
fn places(site: &Site) -> [Vec<(&'static str, String)>; 2] {
    let (with_tls, authority) = site.org_with_tls();
    [place(&site.org_url, None), place(&with_tls, Some(&authority))]
}

fn token(site: &Site) -> (&'static str, String) {
    ("ORG_TOKEN", site.bridge.as_ref().unwrap().api_token.expose().to_owned())
}

/// The portal's own registration, and a person who signs in to it.
fn sign_in(site: &Site) -> [(&'static str, String); 5] {
    let bridge = site.bridge.as_ref().unwrap();
    [
        ("CLIENT_ID", bridge.client_id.clone()),
        ("CLIENT_SECRET", bridge.client_secret.expose().to_owned()),
        ("REDIRECT_URI", site.portal_url.join("/OIDCCallback").unwrap().to_string()),
        ("LOGIN", "pia@demo.example".to_owned()),
        ("PASSWORD", site.password("pia@demo.example").expose().to_owned()),
    ]
}

fn python() -> String {
    std::env::var("WEBREPORTS_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

#[tokio::test]
async fn oktas_python_sdk_manages_people_and_groups() {
    for with_tls in [false, true] {
        let site = Site::start_now_with_tls().await;
        let [plain, secured] = places(&site);
        let mut environment = if with_tls { secured } else { plain };
        environment.push(token(&site));
        if !with_tls {
            // The SDK's own switch for an org without https.
            environment.push(("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true".to_owned()));
        }
        let seen = run(&python(), "management.py", &environment).await;
        assert!(seen["users"].as_array().unwrap().contains(&json!("pia@demo.example")), "{seen}");
        assert_eq!(seen["status"], "STAGED");
        assert_eq!(seen["members"], json!(["petra@sdk.example"]));
        assert_eq!(seen["missing"], true);
        assert_eq!(seen["apps"], json!(["WebReports"]));
    }
}

#[tokio::test]
async fn oktas_node_sdk_manages_people_and_groups() {
    for with_tls in [false, true] {
        let site = Site::start_now_with_tls().await;
        let mut environment = places(&site)[usize::from(with_tls)].clone();
        environment.push(token(&site));
        let seen = run("node", "management.mjs", &environment).await;
        assert_eq!(seen["users"].as_array().unwrap().len(), 8, "{seen}");
        assert_eq!(seen["status"], "ACTIVE");
        assert_eq!(seen["members"], json!(["nora@sdk.example"]));
        assert_eq!(seen["groups"], json!(["Everyone", "SDK Node"]));
        assert_eq!(seen["suspended"], "SUSPENDED");
        assert_eq!(seen["missing"], json!([404, "E0000007"]));
    }
}

#[tokio::test]
async fn openid_client_signs_a_person_in() {
    let site = Site::start_now_with_tls().await;
    for mut environment in places(&site) {
        environment.extend(sign_in(&site));
        let seen = run("node", "sign-in.mjs", &environment).await;
        assert_eq!(seen["login"], "pia@demo.example", "{seen}");
        assert_eq!(seen["issuer"], environment[0].1);
        assert_eq!(seen["groups"], json!(["WRUser"]));
        assert_eq!(seen["email"], "pia@demo.example");
        assert_eq!((&seen["active"], &seen["afterRevocation"]), (&json!(true), &json!(false)));
        assert_eq!(seen["replayed"], "invalid_grant");
    }
}

#[tokio::test]
async fn okta_auth_js_and_the_node_verifier_accept_the_tokens_and_refuse_others() {
    let site = Site::start_now_with_tls().await;
    for mut environment in places(&site) {
        environment.push(token(&site));
        environment.extend(sign_in(&site));
        let seen = run("node", "verify.mjs", &environment).await;
        assert_eq!(seen["login"], "pia@demo.example", "{seen}");
        assert_eq!(seen["audience"], "api://default");
        assert_eq!(seen["scopes"], json!(["email", "openid", "profile"]));
        assert_eq!((&seen["issuer"], &seen["verified"]), (&json!(true), &json!(true)), "{seen}");
        assert_eq!(seen["email"], "pia@demo.example");
        for refused in ["tampered", "otherAudience", "otherNonce"] {
            assert!(seen[refused].is_string(), "{refused}: {seen}");
        }
    }
}

#[tokio::test]
async fn authlib_signs_a_person_in_and_the_python_verifier_accepts_the_tokens() {
    let site = Site::start_now_with_tls().await;
    // The verifier takes an issuer with https alone.
    let [_, mut environment] = places(&site);
    environment.extend(sign_in(&site));
    let seen = run(&python(), "sign_in.py", &environment).await;
    assert_eq!(seen["login"], "pia@demo.example", "{seen}");
    assert_eq!(seen["email"], "pia@demo.example");
    assert_eq!((&seen["state"], &seen["revoked"]), (&json!(true), &json!(200)), "{seen}");
    for refused in ["tampered", "otherAudience"] {
        assert!(seen[refused].is_string(), "{refused}: {seen}");
    }
}

#[tokio::test]
async fn web_applications_on_oktas_and_passports_middleware_sign_people_in_and_out() {
    for with_tls in [false, true] {
        let site = Site::start_now_with_tls().await;
        let mut environment = places(&site)[usize::from(with_tls)].clone();
        environment.push(token(&site));
        environment.extend(sign_in(&site));
        let seen = run("node", "web-app.mjs", &environment).await;
        assert_eq!(seen["again"], "pia@demo.example", "{seen}");
        assert_eq!(seen["byPassport"], json!({"username": "pia@demo.example", "name": "Pia Lund"}), "{seen}");
        assert_eq!((&seen["strangerSees"], &seen["afterwards"]), (&json!("the org"), &json!("the org")), "{seen}");
        assert_eq!(seen["home"], json!({"home": true, "signedIn": false}), "{seen}");
    }
}
