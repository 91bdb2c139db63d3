//! Authenticators and their methods in the management API, and what switching one off does.

use serde_json::{Value, json};

use super::site::{Site, id};

async fn of_key(site: &Site, key: &str) -> Value {
    let all = site.get("/api/v1/authenticators").await.ok();
    all.as_array().unwrap().iter().find(|found| found["key"] == key).unwrap().clone()
}

#[tokio::test]
async fn what_is_switched_off_cannot_be_enrolled() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let google = of_key(&site, "google_otp").await;
    let path = format!("/api/v1/authenticators/{}", id(&google));
    assert_eq!(site.get(&path).await.ok(), google);
    let factors = format!("/api/v1/users/{}/factors", id(&user));
    let enroll = json!({ "factorType": "token:software:totp", "provider": "GOOGLE" });
    assert_eq!(site.act(&format!("{path}/lifecycle/deactivate")).await.ok()["status"], "INACTIVE");
    site.post(&factors, enroll.clone()).await.refused(400, "E0000001");
    site.act(&format!("{path}/lifecycle/activate")).await.is(200);
    let method = format!("{path}/methods/otp");
    assert_eq!(site.get(&method).await.ok()["timeIntervalInSeconds"], 30);
    site.act(&format!("{method}/lifecycle/deactivate")).await.is(200);
    site.post(&factors, enroll.clone()).await.refused(400, "E0000001");
    site.act(&format!("{method}/lifecycle/activate")).await.is(200);
    site.post(&factors, enroll).await.is(200);
    site.get(&format!("{path}/methods/sms")).await.refused(404, "E0000007");
    site.get("/api/v1/authenticators/autnone").await.refused(404, "E0000007");
}

#[tokio::test]
async fn authenticators_are_added_and_changed_as_far_as_the_org_can_check_them() {
    let site = Site::start().await;
    let yubikey = json!({ "key": "yubikey_token", "name": "YubiKey" });
    let made = site.post("/api/v1/authenticators?activate=true", yubikey.clone()).await.ok();
    assert_eq!((&made["status"], &made["type"]), (&json!("ACTIVE"), &json!("security_key")));
    site.post("/api/v1/authenticators", yubikey).await.refused(400, "E0000001");
    site.post("/api/v1/authenticators", json!({ "key": "duo", "name": "Duo" })).await.refused(400, "E0000001");
    let mail = of_key(&site, "okta_email").await;
    let path = format!("/api/v1/authenticators/{}", id(&mail));
    let changed = json!({ "key": "okta_email", "name": "Mail", "settings": { "allowedFor": "recovery", "x": 1 } });
    let changed = site.put(&path, changed).await.ok();
    assert_eq!(changed["settings"], json!({ "allowedFor": "recovery", "tokenLifetimeInMinutes": 5 }));
    site.put(&path, json!({ "key": "google_otp", "name": "Mail" })).await.refused(403, "E0000078");
    let password = of_key(&site, "okta_password").await;
    let path = format!("/api/v1/authenticators/{}", id(&password));
    site.act(&format!("{path}/lifecycle/deactivate")).await.refused(403, "E0000077");
    site.act(&format!("{path}/methods/password/lifecycle/deactivate")).await.refused(403, "E0000077");
    let key = of_key(&site, "webauthn").await;
    let path = format!("/api/v1/authenticators/{}/methods", id(&key));
    assert_eq!(site.get(&path).await.ok().as_array().unwrap().len(), 1);
    let method = json!({ "type": "webauthn", "status": "ACTIVE", "settings": { "userVerification": "REQUIRED" } });
    let method = site.put(&format!("{path}/webauthn"), method).await.ok();
    assert_eq!(method["settings"]["userVerification"], "REQUIRED");
    for kind in ["create", "update"] {
        assert!(!site.events(&format!("security.authenticator.lifecycle.{kind}")).await.is_empty(), "{kind}");
    }
}
