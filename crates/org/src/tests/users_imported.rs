//! Passwords from elsewhere, and what hangs on a person beside the profile.

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{PASSWORD, Site, id};
use crate::model::user;

fn body(login: &str, password: Value) -> Value {
    let profile = json!({ "firstName": "Ada", "lastName": "Byron", "login": login, "email": login });
    json!({ "profile": profile, "credentials": { "password": password } })
}

async fn sign_in(site: &Site, login: &str, password: &str) -> u16 {
    let body = json!({ "username": login, "password": password });
    site.send(site.request(Method::POST, "/api/v1/authn").json(&body)).await.status
}

/// Each is of the word `password`.
fn hashes() -> Vec<Value> {
    vec![
        json!({ "algorithm": "BCRYPT", "workFactor": 10, "salt": "rwh3vH166HCH/NT9XV5FYu", "value": "ZYcJz.vpZ.yadK1VGDcrYG9/O2ews9u" }),
        json!({ "algorithm": "SHA-256", "salt": "TmFDbA==", "saltOrder": "PREFIX", "value": "sgq3SqJUn34ToOiGy0RxzC5w/NLOgHXA7mSDq7phMvM=" }),
        json!({ "algorithm": "SHA-1", "value": "W6ph5Mm5Pz8GgiULbPgzG37mj9g=" }),
        json!({ "algorithm": "MD5", "value": "X03MO1qnZdYdgyfeuILPmQ==" }),
        json!({
            "algorithm": "PBKDF2", "digestAlgorithm": "SHA256_HMAC", "iterationCount": 4096, "keySize": 32, "salt": "c2FsdA==",
            "value": "xeR41ZKIyEGqUw22hFxMjZYok6ABzk4RpJY4c6qYE0o=",
        }),
    ]
}

#[tokio::test]
async fn an_imported_hash_lets_its_password_in_once_and_is_the_org_s_own_from_then_on() {
    let site = Site::start().await;
    for (number, hash) in hashes().into_iter().enumerate() {
        let login = format!("ada{number}@example.com");
        let user = site.post("/api/v1/users?activate=true", body(&login, json!({ "hash": hash }))).await.is(200).ok();
        assert_eq!(user["status"], "ACTIVE", "{hash}");
        assert_eq!(user["credentials"]["provider"], json!({ "type": "IMPORT", "name": "IMPORT" }));
        assert_eq!(user["credentials"]["password"], json!({}));
        assert_eq!(sign_in(&site, &login, "Password").await, 401, "{hash}");
        assert_eq!(sign_in(&site, &login, "password").await, 200, "{hash}");
        let path = format!("/api/v1/users/{}", id(&user));
        assert_eq!(site.get(&path).await.ok()["credentials"]["provider"], json!({ "type": "OKTA", "name": "OKTA" }));
        let kept =
            user::password_hash(&mut site.running.org.db.read().await.unwrap(), &id(&user).into()).await.unwrap();
        assert!(kept.unwrap().starts_with("$argon2id$"));
        assert_eq!(sign_in(&site, &login, "password").await, 200, "{hash}");
    }
}

#[tokio::test]
async fn a_hash_that_is_none_is_refused() {
    let site = Site::start().await;
    let value = "sgq3SqJUn34ToOiGy0RxzC5w/NLOgHXA7mSDq7phMvM=";
    for (hash, cause) in [
        (json!({ "value": value }), "algorithm: The field cannot be left blank"),
        (
            json!({ "algorithm": "MD4", "value": value }),
            "algorithm: The value must be one of BCRYPT, MD5, PBKDF2, SHA-1, SHA-256, SHA-512",
        ),
        (json!({ "algorithm": "SHA-256" }), "value: The field cannot be left blank"),
        (json!({ "algorithm": "SHA-256", "value": "!" }), "value: The value must be encoded in Base64"),
        (json!({ "algorithm": "SHA-512", "value": value }), "hash: The hash does not have the form of its algorithm"),
        (
            json!({ "algorithm": "SHA-256", "value": value, "salt": "TmFDbA==" }),
            "saltOrder: The salt order must be PREFIX or POSTFIX",
        ),
        (
            json!({ "algorithm": "PBKDF2", "digestAlgorithm": "SHA256_HMAC", "iterationCount": 100, "keySize": 32, "value": value }),
            "hash: The hash does not have the form of its algorithm",
        ),
        (json!({ "algorithm": "BCRYPT", "value": value, "salt": "x" }), "workFactor: The field cannot be left blank"),
    ] {
        let refused = site.post("/api/v1/users", body("ada@example.com", json!({ "hash": hash }))).await;
        assert_eq!(refused.refused(400, "E0000001"), [cause]);
    }
    let both = json!({ "value": PASSWORD, "hash": hashes()[2] });
    site.post("/api/v1/users", body("ada@example.com", both)).await.refused(400, "E0000001");
}

#[tokio::test]
async fn a_hash_can_replace_a_password_and_a_hook_alone_lets_nobody_in() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}", id(&user));
    let hash = json!({ "credentials": { "password": { "hash": hashes()[2] } } });
    let changed = site.post(&path, hash).await.is(200).ok();
    assert_eq!(changed["credentials"]["provider"]["type"], "IMPORT");
    assert_eq!(sign_in(&site, "ada@example.com", PASSWORD).await, 401);
    assert_eq!(sign_in(&site, "ada@example.com", "password").await, 200);
    let hook = body("bob@example.com", json!({ "hook": { "type": "default" } }));
    let bob = site.post("/api/v1/users?activate=true", hook).await.is(200).ok();
    assert_eq!((&bob["status"], &bob["credentials"]["provider"]["type"]), (&json!("ACTIVE"), &json!("IMPORT")));
    assert_eq!(sign_in(&site, "bob@example.com", "$hook$").await, 401);
    let set = json!({ "credentials": { "password": { "value": PASSWORD } } });
    let own = site.post(&format!("/api/v1/users/{}", id(&bob)), set).await.ok();
    assert_eq!(own["credentials"]["provider"]["type"], "OKTA");
    assert_eq!(sign_in(&site, "bob@example.com", PASSWORD).await, 200);
    let other = body("cyd@example.com", json!({ "hook": { "type": "own" } }));
    site.post("/api/v1/users", other).await.refused(400, "E0000001");
}

#[tokio::test]
async fn lists_show_the_fields_that_are_wanted() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let wanted = "/api/v1/users?filter=profile.login+eq+%22ada@example.com%22&fields=status,profile:(firstName,login)";
    let listed = site.get(wanted).await.is(200);
    assert_eq!(
        listed.body,
        json!([{ "id": id(&user), "status": "ACTIVE", "profile": { "firstName": "Ada", "login": "ada@example.com" } }])
    );
    assert_eq!(
        site.get("/api/v1/users?q=ada&fields=created").await.ok(),
        json!([{ "id": id(&user), "created": user["created"] }])
    );
    site.get("/api/v1/users?fields=profile:(").await.refused(400, "E0000001");
}

#[tokio::test]
async fn whoever_is_locked_out_is_blocked_and_nobody_has_a_device() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}", id(&user));
    assert_eq!(site.get(&format!("{path}/blocks")).await.is(200).body, json!([]));
    assert_eq!(site.get(&format!("{path}?expand=blocks")).await.ok()["_embedded"], json!({ "blocks": [] }));
    let mut tx = site.running.org.db.begin().await.unwrap();
    user::set_status(&mut tx, &id(&user).into(), user::Status::LockedOut, site.running.org.now()).await.unwrap();
    tx.commit().await.unwrap();
    let blocked = json!([{ "type": "DEVICE_BASED", "appliesTo": "ANY_DEVICES" }]);
    assert_eq!(site.get(&format!("{path}/blocks")).await.ok(), blocked);
    assert_eq!(site.get(&format!("{path}?expand=blocks")).await.ok()["_embedded"]["blocks"], blocked);
    assert_eq!(site.get(&format!("{path}/devices")).await.ok(), json!([]));
    site.get("/api/v1/users/00u0000000000000000x/devices").await.refused(404, "E0000007");
}

#[tokio::test]
async fn too_many_groups_at_once_fail_the_creation() {
    let site = Site::start().await;
    let mut wrong = body("ada@example.com", json!({ "value": PASSWORD }));
    wrong["groupIds"] = (0..21).map(|number| format!("00g000000000000000{number:02}")).collect();
    let causes = site.post("/api/v1/users", wrong).await.refused(400, "E0000093");
    assert_eq!(causes, ["The number of group targets is too large"]);
}
