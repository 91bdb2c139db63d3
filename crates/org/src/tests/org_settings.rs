//! The org's own settings: contacts, privacy, support, switches; subscriptions, features, SMS templates.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    databases,
    site::{Site, id},
};

async fn patch(site: &Site, path: &str, body: Value) -> super::site::Reply {
    site.call_as(&site.token, Method::PATCH, path, Some(body)).await
}

#[tokio::test]
async fn contacts_are_the_first_super_administrator_until_somebody_else_is_named() {
    let site = Site::start().await;
    let kinds = site.get("/api/v1/org/contacts").await.ok();
    assert_eq!(kinds[0]["_links"]["billing"]["href"], format!("{}/api/v1/org/contacts/billing", site.base()));
    let path = "/api/v1/org/contacts/technical";
    assert_eq!(site.get(path).await.ok()["userId"], site.administrator.id.as_str());
    let ada = site.new_user("ada@example.com").await;
    assert_eq!(site.put(path, json!({ "userId": ada["id"] })).await.ok()["userId"], ada["id"]);
    assert_eq!(site.get(path).await.ok()["userId"], ada["id"]);
    assert_eq!(site.get("/api/v1/org/contacts/BILLING").await.ok()["userId"], site.administrator.id.as_str());
    site.put(path, json!({ "userId": "00u1" })).await.refused(400, "E0000001");
    site.put("/api/v1/org/contacts/other", json!({ "userId": ada["id"] })).await.refused(404, "E0000007");
    site.act(&format!("/api/v1/users/{}/lifecycle/deactivate", id(&ada))).await.is(200);
    assert_eq!(site.get(path).await.ok()["userId"], site.administrator.id.as_str(), "who is gone is asked nothing");
    assert_eq!(site.events("support.org.update").await.len(), 1);
}

#[tokio::test]
async fn switches_keep_what_they_were_turned_to() {
    databases::each(async |site| {
        for (path, name, usual, method) in [
            ("/api/v1/org/orgSettings/thirdPartyAdminSetting", "thirdPartyAdmin", false, Method::POST),
            ("/api/v1/org/settings/autoAssignAdminAppSetting", "autoAssignAdminAppSetting", true, Method::POST),
            ("/api/v1/org/settings/clientPrivilegesSetting", "clientPrivilegesSetting", false, Method::PUT),
        ] {
            assert_eq!(site.get(path).await.ok(), json!({ name: usual }));
            let turn = |body: Value| site.call_as(&site.token, method.clone(), path, Some(body));
            assert_eq!(turn(json!({ name: !usual })).await.ok(), json!({ name: !usual }));
            assert_eq!(site.get(path).await.ok(), json!({ name: !usual }));
            turn(json!({})).await.refused(400, "E0000001");
        }
        let footer = |reply: Value| reply["showEndUserFooter"].clone();
        assert_eq!(footer(site.get("/api/v1/org/preferences").await.ok()), true);
        assert_eq!(footer(site.act("/api/v1/org/preferences/hideEndUserFooter").await.ok()), false);
        assert_eq!(footer(site.get("/api/v1/org/preferences").await.ok()), false);
        assert_eq!(footer(site.act("/api/v1/org/preferences/showEndUserFooter").await.ok()), true);
        let path = "/api/v1/org/privacy/oktaCommunication";
        assert_eq!(site.get(path).await.ok()["optOutEmailUsers"], false);
        assert_eq!(site.act(&format!("{path}/optOut")).await.ok()["optOutEmailUsers"], true);
        assert!(site.get(path).await.ok()["_links"]["optIn"].is_object());
        assert_eq!(site.act(&format!("{path}/optIn")).await.ok()["optOutEmailUsers"], false);
    })
    .await;
}

#[tokio::test]
async fn support_has_access_for_a_time_and_for_a_case() {
    let site = Site::start().await;
    let path = "/api/v1/org/privacy/oktaSupport";
    assert_eq!(site.get(path).await.ok()["support"], "DISABLED");
    assert_eq!(site.get(&format!("{path}/cases")).await.ok(), json!({ "supportCases": [] }));
    site.act(&format!("{path}/extend")).await.refused(400, "E0000001");
    let granted = site.act(&format!("{path}/grant")).await.is(301);
    assert_eq!(granted.headers["location"], format!("{}{path}", site.base()));
    let open = site.get(path).await.ok();
    assert_eq!((&open["support"], &open["expiration"]), (&json!("ENABLED"), &json!("2027-01-15T16:00:00.000Z")));
    site.act(&format!("{path}/extend")).await.is(301);
    assert_eq!(site.get(path).await.ok()["expiration"], "2027-01-16T16:00:00.000Z");
    site.act(&format!("{path}/revoke")).await.is(301);
    assert_eq!(site.get(path).await.ok()["support"], "DISABLED");
    let case = format!("{path}/cases/{}", open["caseNumber"].as_str().unwrap());
    let enabled = patch(&site, &case, json!({ "impersonation": { "status": "ENABLED" } })).await.ok();
    assert_eq!(enabled["impersonation"]["expiration"], "2027-01-15T16:00:00.000Z");
    let approved = patch(&site, &case, json!({ "selfAssigned": { "status": "APPROVED" } })).await.ok();
    assert_eq!(approved["selfAssigned"]["status"], "APPROVED");
    patch(&site, &case, json!({ "selfAssigned": { "status": "REQUESTED" } })).await.refused(400, "E0000001");
    patch(&site, &case, json!({ "impersonation": { "status": "REQUESTED" } })).await.refused(400, "E0000001");
    patch(&site, &format!("{path}/cases/1"), json!({})).await.refused(404, "E0000007");
    site.advance(Duration::from_secs(8 * 3_600));
    let token = site.token_of(&site.administrator, crate::model::token::Network::Anywhere).await.1;
    let closed = site.call_as(&token, Method::GET, path, None).await.ok();
    assert_eq!(closed["support"], "DISABLED", "access ends by itself");
}

#[tokio::test]
async fn an_aerial_account_is_let_in_once_and_let_go() {
    let site = Site::start().await;
    let path = "/api/v1/org/privacy/aerial";
    let account = json!({ "accountId": "0200bs0617vvhv2v675mch1cukp" });
    site.get(path).await.refused(404, "E0000007");
    site.post(&format!("{path}/grant"), json!({ "accountId": "not one" })).await.refused(400, "E0000001");
    let granted = site.post(&format!("{path}/grant"), account.clone()).await.ok();
    assert_eq!(granted["grantedBy"], site.administrator.id.as_str());
    assert_eq!(site.get(path).await.ok(), granted);
    site.post(&format!("{path}/grant"), account.clone()).await.refused(400, "E0000001");
    site.post(&format!("{path}/revoke"), json!({ "accountId": "other" })).await.refused(404, "E0000007");
    assert!(site.post(&format!("{path}/revoke"), account).await.ok()["_links"]["grant"].is_object());
    site.get(path).await.refused(404, "E0000007");
}

#[tokio::test]
async fn what_somebody_is_told_of_follows_their_roles_until_they_decide() {
    databases::each(async |site| {
        let of_role = "/api/v1/roles/SUPER_ADMIN/subscriptions";
        assert_eq!(site.get(of_role).await.ok().as_array().unwrap().len(), 13);
        let status = |reply: Value| reply["status"].as_str().unwrap().to_owned();
        let kind = format!("{of_role}/RATELIMIT_NOTIFICATION");
        assert_eq!(status(site.get(&kind).await.ok()), "subscribed");
        let own = "/api/v1/users/me/subscriptions";
        assert_eq!(site.get(own).await.ok().as_array().unwrap().len(), 13);
        site.act(&format!("{kind}/unsubscribe")).await.is(200);
        let mine = format!("{own}/RATELIMIT_NOTIFICATION");
        assert_eq!(
            (status(site.get(&kind).await.ok()), status(site.get(&mine).await.ok())),
            ("unsubscribed".to_owned(), "unsubscribed".to_owned())
        );
        site.act(&format!("{mine}/subscribe")).await.is(200);
        assert_eq!(status(site.get(&mine).await.ok()), "subscribed");
        site.act(&format!("{mine}/unsubscribe")).await.is(200);
        site.act(&format!("{kind}/subscribe")).await.is(200);
        assert_eq!(status(site.get(&mine).await.ok()), "unsubscribed", "one's own decision counts");
        let ada = site.new_user("ada@example.com").await;
        site.get(&format!("/api/v1/users/{}/subscriptions", id(&ada))).await.refused(403, "E0000006");
        site.act(&format!("/api/v1/users/{}/subscriptions/OKTA_UPDATE/subscribe", id(&ada)))
            .await
            .refused(403, "E0000006");
        site.get("/api/v1/roles/NONE/subscriptions").await.refused(404, "E0000007");
        site.get(&format!("{own}/NONE")).await.refused(404, "E0000007");
    })
    .await;
}

#[tokio::test]
async fn a_feature_is_on_only_with_what_it_depends_on() {
    let site = Site::start().await;
    let features = site.get("/api/v1/features").await.ok();
    let (warnings, clients) = (&features[0], &features[1]);
    let path = |feature: &Value| format!("/api/v1/features/{}", id(feature));
    assert_eq!(site.get(&path(warnings)).await.ok(), *warnings);
    assert_eq!(site.get(&format!("{}/dependents", path(warnings))).await.ok(), json!([clients]));
    assert_eq!(site.get(&format!("{}/dependencies", path(clients))).await.ok(), json!([warnings]));
    let status = |reply: Value| reply["status"].as_str().unwrap().to_owned();
    assert_eq!(status(site.act(&format!("{}/DISABLE", path(warnings))).await.ok()), "DISABLED");
    site.act(&format!("{}/ENABLE", path(clients))).await.refused(400, "E0000141");
    assert_eq!(status(site.act(&format!("{}/ENABLE?mode=force", path(clients))).await.ok()), "ENABLED");
    assert_eq!(status(site.get(&path(warnings)).await.ok()), "ENABLED");
    site.act(&format!("{}/DISABLE", path(warnings))).await.refused(400, "E0000141");
    assert_eq!(status(site.act(&format!("{}/DISABLE?mode=force", path(warnings))).await.ok()), "DISABLED");
    assert_eq!(status(site.get(&path(clients)).await.ok()), "DISABLED");
    site.act(&format!("{}/EXPLODE", path(clients))).await.refused(400, "E0000001");
    site.get("/api/v1/features/ftr1").await.refused(404, "E0000007");
    assert_eq!(site.events("system.feature.enable").await.len(), 2);
    assert_eq!(site.events("system.feature.disable").await.len(), 3);
}

#[tokio::test]
async fn an_sms_template_has_the_code_in_it_in_every_language() {
    databases::each(async |site| {
        let path = "/api/v1/templates/sms";
        let body = |template: &str| json!({ "name": "Custom", "type": "SMS_VERIFY_CODE", "template": template, "translations": { "es": "codigo ${code}" } });
        site.post(path, body("no code")).await.refused(400, "E0000001");
        site.post(path, body(&format!("${{code}}{}", "x".repeat(161)))).await.refused(400, "E0000001");
        let made = site.post(path, body("code ${code}")).await.is(200).ok();
        site.post(path, body("code ${code}")).await.refused(400, "E0000001");
        let one = format!("{path}/{}", id(&made));
        assert_eq!(site.get(&one).await.ok(), made);
        assert_eq!(site.get(&format!("{path}?templateType=SMS_VERIFY_CODE")).await.ok(), json!([made]));
        let more = site.post(&one, json!({ "translations": { "fr": "le code ${code}" } })).await.ok();
        assert_eq!(more["translations"], json!({ "es": "codigo ${code}", "fr": "le code ${code}" }));
        site.post(&one, json!({ "translations": { "de": "kein Code" } })).await.refused(400, "E0000001");
        let whole = site.put(&one, body("other ${code}")).await.ok();
        assert_eq!((&whole["template"], &whole["translations"]), (&json!("other ${code}"), &json!({ "es": "codigo ${code}" })));
        site.put(&one, json!({ "name": "x" })).await.refused(400, "E0000001");
        site.delete(&one).await.is(204);
        site.get(&one).await.refused(404, "E0000007");
    })
    .await;
}
