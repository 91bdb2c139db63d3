//! Factors in the management API.

use std::time::Duration;

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    mails,
    site::{Site, id},
};
use crate::signin::totp;

/// The bytes behind a text in base32.
pub(super) fn unbase32(text: &str) -> Vec<u8> {
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        buffer = (buffer << 5) | u32::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 255).unwrap());
        }
    }
    bytes
}

/// The code that an app shows now, so many steps later.
pub(super) fn code(site: &Site, shared: &Value, later: i64) -> String {
    let step = site.running.org.now().as_seconds() / totp::STEP_S + later;
    totp::code(&unbase32(shared.as_str().unwrap()), step)
}

/// Somebody's authenticator app, set up: path and shared secret.
pub(super) async fn with_app(site: &Site, user: &Value) -> (String, Value) {
    let factors = format!("/api/v1/users/{}/factors", id(user));
    let body = json!({ "factorType": "token:software:totp", "provider": "GOOGLE" });
    let made = site.post(&factors, body).await.ok();
    assert_eq!(made["status"], "PENDING_ACTIVATION");
    let shared = made["_embedded"]["activation"]["sharedSecret"].clone();
    let path = format!("{factors}/{}", id(&made));
    let active =
        site.post(&format!("{path}/lifecycle/activate"), json!({ "passCode": code(site, &shared, 0) })).await.ok();
    assert_eq!(active["status"], "ACTIVE");
    (path, shared)
}

/// The code in the mail that was sent last.
pub(super) async fn mailed_code(site: &Site) -> String {
    let sent = mails::waiting(site).await;
    let body = sent.last().unwrap().2.expose().to_owned();
    body.split("code is ").nth(1).unwrap().chars().take(6).collect()
}

#[tokio::test]
async fn codes_of_an_app_count_once_and_for_a_while() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let (path, shared) = with_app(&site, &user).await;
    let verify = async |code: String| site.post(&format!("{path}/verify"), json!({ "passCode": code })).await;
    verify(code(&site, &shared, 0)).await.refused(403, "E0000082");
    assert_eq!(verify(code(&site, &shared, 1)).await.ok()["factorResult"], "SUCCESS");
    verify(code(&site, &shared, 4)).await.refused(403, "E0000083");
    site.advance(Duration::from_secs(60));
    verify("000000".to_owned()).await.refused(403, "E0000068");
    assert_eq!(verify(code(&site, &shared, 0)).await.ok()["factorResult"], "SUCCESS");
    let again = json!({ "factorType": "token:software:totp", "provider": "GOOGLE" });
    let factors = format!("/api/v1/users/{}/factors", id(&user));
    site.post(&factors, again).await.refused(400, "E0000001");
    site.post(&format!("{path}/lifecycle/activate"), json!({ "passCode": "1" })).await.refused(403, "E0000107");
    assert!(!site.get(&path).await.body.to_string().contains(shared.as_str().unwrap()));
    assert_eq!(site.get(&factors).await.ok().as_array().unwrap().len(), 1);
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    assert_eq!(site.events("user.mfa.factor.activate").await.len(), 1);
    assert_eq!(site.events("user.mfa.factor.deactivate").await.len(), 1);
}

#[tokio::test]
async fn whoever_guesses_codes_is_shut_out_for_a_while() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let (path, shared) = with_app(&site, &user).await;
    for _ in 0..5 {
        site.post(&format!("{path}/verify"), json!({ "passCode": "000000" })).await.refused(403, "E0000068");
    }
    site.advance(Duration::from_secs(60));
    let right = json!({ "passCode": code(&site, &shared, 0) });
    site.post(&format!("{path}/verify"), right).await.refused(403, "E0000069");
    site.advance(Duration::from_secs(300));
    let right = json!({ "passCode": code(&site, &shared, 0) });
    site.post(&format!("{path}/verify"), right).await.is(200);
}

#[tokio::test]
async fn a_code_by_mail_is_sent_and_used_once() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let factors = format!("/api/v1/users/{}/factors", id(&user));
    let other = json!({ "factorType": "email", "provider": "OKTA", "profile": { "email": "x@example.com" } });
    site.post(&factors, other).await.refused(400, "E0000001");
    let mail = json!({ "factorType": "email", "provider": "OKTA", "profile": { "email": "ada@example.com" } });
    let made = site.post(&factors, mail.clone()).await.ok();
    let path = format!("{factors}/{}", id(&made));
    let first = mailed_code(&site).await;
    site.advance(Duration::from_secs(1));
    site.post(&format!("{path}/resend"), mail).await.is(200);
    let second = mailed_code(&site).await;
    if first != second {
        site.post(&format!("{path}/lifecycle/activate"), json!({ "passCode": first })).await.refused(403, "E0000068");
    }
    site.post(&format!("{path}/lifecycle/activate"), json!({ "passCode": second })).await.is(200);
    site.advance(Duration::from_secs(1));
    let challenge = site.post(&format!("{path}/verify"), json!({})).await.ok();
    assert_eq!(challenge["factorResult"], "CHALLENGE");
    let sent = mailed_code(&site).await;
    site.post(&format!("{path}/verify"), json!({ "passCode": sent })).await.is(200);
    site.post(&format!("{path}/verify"), json!({ "passCode": sent })).await.refused(403, "E0000068");
    site.advance(Duration::from_secs(1));
    site.post(&format!("{path}/verify"), json!({})).await.is(200);
    site.advance(Duration::from_secs(301));
    let late = mailed_code(&site).await;
    site.post(&format!("{path}/verify"), json!({ "passCode": late })).await.refused(403, "E0000068");
}

#[tokio::test]
async fn a_question_is_answered_and_everything_can_be_reset() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let factors = format!("/api/v1/users/{}/factors", id(&user));
    assert_eq!(site.get(&format!("{factors}/questions")).await.ok().as_array().unwrap().len(), 20);
    let question = |answer: &str| json!({ "factorType": "question", "provider": "OKTA", "profile": { "question": "disliked_food", "answer": answer } });
    site.post(&factors, question("x")).await.refused(400, "E0000001");
    let made = site.post(&factors, question("Mushrooms")).await.ok();
    assert_eq!((&made["status"], made["profile"].get("answer")), (&json!("ACTIVE"), None));
    let verify = format!("{factors}/{}/verify", id(&made));
    site.post(&verify, json!({ "answer": "Beans" })).await.refused(403, "E0000068");
    assert_eq!(site.post(&verify, json!({ "answer": " mushrooms " })).await.ok()["factorResult"], "SUCCESS");
    let catalog = site.get(&format!("{factors}/catalog")).await.ok();
    let status = |kind: &str| {
        let entry = catalog.as_array().unwrap().iter().find(|entry| entry["factorType"] == kind).unwrap();
        entry["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((status("question").as_str(), status("webauthn").as_str()), ("ACTIVE", "NOT_SETUP"));
    let transaction = format!("{factors}/{}/transactions/v2mst", id(&made));
    site.get(&transaction).await.refused(404, "E0000007");
    site.act(&format!("/api/v1/users/{}/lifecycle/reset_factors", id(&user))).await.is(200);
    assert_eq!(site.get(&factors).await.ok(), json!([]));
    assert_eq!(site.events("user.mfa.factor.reset_all").await.len(), 1);
    site.post(&factors, json!({ "factorType": "call", "provider": "OKTA" })).await.refused(400, "E0000001");
}

#[tokio::test]
async fn a_policy_says_which_factors_there_are() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let default = site.default_policy("MFA_ENROLL").await;
    let mut changed = default.clone();
    changed["settings"]["authenticators"] = json!([{ "key": "google_otp", "enroll": { "self": "REQUIRED" } }]);
    site.put(&format!("/api/v1/policies/{}", id(&default)), changed).await.is(200);
    let factors = format!("/api/v1/users/{}/factors", id(&user));
    let mail = json!({ "factorType": "email", "provider": "OKTA" });
    site.post(&factors, mail).await.refused(400, "E0000001");
    let catalog = site.get(&format!("{factors}/catalog")).await.ok();
    assert_eq!((catalog.as_array().unwrap().len(), &catalog[0]["enrollment"]), (1, &json!("REQUIRED")));
}

/// A security key in software.
struct SecurityKey {
    key: EcdsaKeyPair,
}

impl SecurityKey {
    fn new() -> SecurityKey {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        SecurityKey { key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref()).unwrap() }
    }

    fn client_data(site: &Site, kind: &str, challenge: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": challenge, "origin": site.base() }).to_string().into_bytes()
    }

    fn data(flags: u8, counter: u32) -> Vec<u8> {
        let mut data = digest::digest(&digest::SHA256, b"localhost").as_ref().to_vec();
        data.push(flags);
        data.extend_from_slice(&counter.to_be_bytes());
        data
    }

    fn registration(&self, site: &Site, challenge: &Value) -> Value {
        let mut data = SecurityKey::data(65, 1);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&[0, 4, 1, 2, 3, 4]);
        let point = self.key.public_key().as_ref();
        data.extend_from_slice(&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend_from_slice(&point[1..33]);
        data.extend_from_slice(&[0x22, 0x58, 32]);
        data.extend_from_slice(&point[33..]);
        let mut attestation = vec![0xa3];
        for (name, value) in [("fmt", vec![0x64, b'n', b'o', b'n', b'e']), ("attStmt", vec![0xa0])] {
            attestation.push(0x60 + u8::try_from(name.len()).unwrap());
            attestation.extend_from_slice(name.as_bytes());
            attestation.extend_from_slice(&value);
        }
        attestation.push(0x68);
        attestation.extend_from_slice(b"authData");
        attestation.extend_from_slice(&[0x58, u8::try_from(data.len()).unwrap()]);
        attestation.extend_from_slice(&data);
        json!({
            "attestation": URL_SAFE_NO_PAD.encode(attestation),
            "clientData": URL_SAFE_NO_PAD.encode(SecurityKey::client_data(site, "webauthn.create", challenge)),
        })
    }

    fn assertion(&self, site: &Site, challenge: &Value, counter: u32) -> Value {
        let client_data = SecurityKey::client_data(site, "webauthn.get", challenge);
        let data = SecurityKey::data(1, counter);
        let signed = [data.as_slice(), digest::digest(&digest::SHA256, &client_data).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "clientData": URL_SAFE_NO_PAD.encode(client_data),
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signatureData": URL_SAFE_NO_PAD.encode(signature.as_ref()),
        })
    }
}

#[tokio::test]
async fn a_security_key_is_registered_and_signs_what_it_is_asked() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let factors = format!("/api/v1/users/{}/factors", id(&user));
    let made = site.post(&factors, json!({ "factorType": "webauthn", "provider": "FIDO" })).await.ok();
    let challenge = &made["_embedded"]["activation"]["challenge"];
    let path = format!("{factors}/{}", id(&made));
    let key = SecurityKey::new();
    let wrong = key.registration(&site, &json!("another"));
    site.post(&format!("{path}/lifecycle/activate"), wrong).await.refused(403, "E0000068");
    let registration = key.registration(&site, challenge);
    let active = site.post(&format!("{path}/lifecycle/activate"), registration).await.ok();
    assert_eq!((&active["status"], &active["profile"]["credentialId"]), (&json!("ACTIVE"), &json!("AQIDBA")));
    let challenge = async || {
        let asked = site.post(&format!("{path}/verify"), json!({})).await.ok();
        asked["_embedded"]["challenge"]["challenge"].clone()
    };
    let first = challenge().await;
    let assertion = key.assertion(&site, &first, 2);
    assert_eq!(site.post(&format!("{path}/verify"), assertion.clone()).await.ok()["factorResult"], "SUCCESS");
    site.post(&format!("{path}/verify"), assertion).await.refused(403, "E0000068");
    let second = challenge().await;
    let copy = key.assertion(&site, &second, 2);
    site.post(&format!("{path}/verify"), copy).await.refused(403, "E0000068");
    let third = challenge().await;
    let other = SecurityKey::new().assertion(&site, &third, 9);
    site.post(&format!("{path}/verify"), other).await.refused(403, "E0000068");
}
