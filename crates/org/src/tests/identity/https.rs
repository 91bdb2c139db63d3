//! https with the org's own certificate authority, and with a certificate of the operator's own.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use serde_json::json;
use world::{Clock, ManualClock, OsRandom, SystemClock, World};

use super::{super::site::PASSWORD, browser::Browser};
use crate::{OrgConfig, Running, config::CertificateFiles, start};

/// Certificates are judged by the real time.
fn world() -> World {
    World { clock: Arc::new(ManualClock::at(SystemClock.now())), random: Arc::new(OsRandom) }
}

fn config(folder: &tempfile::TempDir) -> OrgConfig {
    let config = OrgConfig::local(folder.path().join("data"), folder.path().join("keys"));
    OrgConfig { https_address: Some(SocketAddr::from(([127, 0, 0, 1], 0))), ..config }
}

#[expect(clippy::disallowed_methods, reason = "a test is the org's client")]
fn browser(running: &Running, host: &str, authority: &[u8]) -> Browser {
    let authority = reqwest::Certificate::from_pem(authority).unwrap();
    let builder = reqwest::Client::builder().tls_certs_only([authority]);
    Browser::with(&format!("https://{host}:{}", running.https_address.unwrap().port()), builder)
}

#[tokio::test]
async fn a_client_that_trusts_the_ca_file_reaches_the_org_by_https() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(config(&folder), world()).await.unwrap();
    let authority = std::fs::read(folder.path().join("data/org-ca.pem")).unwrap();
    let plain = Browser::at(&format!("http://localhost:{}", running.http_address.port()));
    let served = plain.get("/org-ca.pem").await.is(200);
    assert_eq!(
        (served.text.as_bytes(), served.header("content-type")),
        (authority.as_slice(), "application/x-pem-file")
    );
    for host in ["localhost", "127.0.0.1"] {
        let browser = browser(&running, host, &authority);
        let document = browser.get("/.well-known/openid-configuration").await.is(200);
        let base = browser.url("");
        assert_eq!(
            (&document.json()["issuer"], &document.json()["token_endpoint"]),
            (&json!(base), &json!(format!("{base}/oauth2/v1/token")))
        );
        assert!(!document.header("strict-transport-security").is_empty());
    }
    let code = running.first_administrator_link.clone().unwrap().query_pairs().next().unwrap().1.into_owned();
    let browser = browser(&running, "localhost", &authority);
    let first = json!({ "code": code, "firstName": "Root", "lastName": "One", "email": "root@example.com", "password": PASSWORD });
    let made = browser.json(reqwest::Method::POST, "/admin/api/first-administrator", None, Some(first)).await.is(200);
    let cookie = made.cookies.iter().find(|line| line.starts_with("sid=")).unwrap();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=None; Secure"), "{cookie}");
    running.stop().await;
}

#[tokio::test]
async fn the_authority_stays_and_the_certificate_follows_the_addresses_and_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let running = start(config(&folder), world()).await.unwrap();
    let authority = std::fs::read(folder.path().join("data/org-ca.pem")).unwrap();
    let pem = async |running: &Running| -> String {
        let row = db::query("select pem from certificate where name = 'server'")
            .one(&mut running.org.db.read().await.unwrap())
            .await
            .unwrap();
        row.get("pem").unwrap()
    };
    let first = pem(&running).await;
    running.stop().await;
    let running = start(config(&folder), world()).await.unwrap();
    assert_eq!(pem(&running).await, first, "nothing is renewed before it is due");
    running.stop().await;
    let https = |port: u16| [format!("https://org.example.test:{port}"), format!("https://localhost:{port}")];
    let named = config(&folder).with_addresses(&[&https(1)[0], &https(1)[1]]).unwrap();
    let running = start(named.clone(), world()).await.unwrap();
    let second = pem(&running).await;
    assert_ne!(second, first, "another host name");
    running.stop().await;
    let later = ManualClock::at(SystemClock.now());
    later.advance(std::time::Duration::from_secs(340 * 24 * 3_600));
    let running = start(named, World { clock: Arc::new(later), random: Arc::new(OsRandom) }).await.unwrap();
    assert_ne!(pem(&running).await, second, "within a month of its end");
    running.stop().await;
    assert_eq!(std::fs::read(folder.path().join("data/org-ca.pem")).unwrap(), authority);
    let data = std::fs::read(folder.path().join("data/org.db")).unwrap();
    assert!(!String::from_utf8_lossy(&data).contains("PRIVATE KEY"));
}

#[tokio::test]
async fn an_operator_s_own_certificate_is_presented() {
    let folder = tempfile::tempdir().unwrap();
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let files = CertificateFiles { chain: folder.path().join("chain.pem"), key: folder.path().join("key.pem") };
    std::fs::write(&files.chain, own.cert.pem()).unwrap();
    std::fs::write(&files.key, own.signing_key.serialize_pem()).unwrap();
    let with = |certificate: CertificateFiles| OrgConfig { certificate: Some(certificate), ..config(&folder) };
    let running = start(with(files.clone()), world()).await.unwrap();
    browser(&running, "localhost", own.cert.pem().as_bytes()).get("/.well-known/openid-configuration").await.is(200);
    running.stop().await;
    let missing = CertificateFiles { key: PathBuf::from("nowhere.pem"), ..files };
    let error = start(with(missing), world()).await.err().unwrap();
    assert!(error.to_string().contains("nowhere.pem"));
}
