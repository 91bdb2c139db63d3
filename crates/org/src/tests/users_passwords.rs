//! Passwords and recovery, as administrators and people change them.

use serde_json::{Value, json};
use vault::Secret;

use super::site::{PASSWORD, Site, id};
use crate::{
    model::{link, user},
    signin::password_policy::PasswordPolicy,
};

async fn knows(site: &Site, user: &Value, password: &str) -> bool {
    let org = &site.running.org;
    let hash = user::password_hash(&mut org.db.read().await.unwrap(), &id(user).into()).await.unwrap();
    org.passwords.verify(&Secret::new(password), hash.as_deref()).await.unwrap()
}

#[tokio::test]
async fn a_password_expires_and_a_temporary_one_replaces_it() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}/lifecycle", id(&user));
    assert_eq!(site.act(&format!("{path}/expire_password")).await.ok()["status"], "PASSWORD_EXPIRED");
    let reply = site.act(&format!("{path}/expire_password_with_temp_password")).await.ok();
    let temporary = reply["tempPassword"].as_str().unwrap();
    assert_eq!((temporary.len(), reply.as_object().unwrap().len()), (12, 1));
    assert!(knows(&site, &user, temporary).await && !knows(&site, &user, PASSWORD).await);
    let staged = site.post("/api/v1/users?activate=false", json!({ "profile": { "firstName": "B", "lastName": "B", "login": "b@example.com", "email": "b@example.com" } })).await.ok();
    site.act(&format!("/api/v1/users/{}/lifecycle/expire_password", id(&staged))).await.refused(403, "E0000038");
}

#[tokio::test]
async fn a_reset_gives_a_link_of_one_use() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}/lifecycle/reset_password", id(&user));
    site.act(&path).await.refused(400, "E0000028");
    let reply = site.act(&format!("{path}?sendEmail=false")).await.ok();
    let url = reply["resetPasswordUrl"].as_str().unwrap();
    let token = Secret::new(url.rsplit('/').next().unwrap());
    assert!(url.starts_with(&format!("{}/reset_password/", site.base())));
    assert_eq!(site.get(&format!("/api/v1/users/{}", id(&user))).await.ok()["status"], "RECOVERY");
    let org = &site.running.org;
    let races = (0..10).map(|_| async {
        let mut tx = org.db.begin().await.unwrap();
        let winner = link::consume(&mut tx, &org.vault, link::Purpose::ResetPassword, &token, org.now()).await.unwrap();
        tx.commit().await.unwrap();
        winner.is_some()
    });
    let winners = futures::future::join_all(races).await.into_iter().filter(|won| *won).count();
    assert_eq!(winners, 1);
    assert_eq!(site.act(&format!("{path}?sendEmail=true")).await.ok(), json!({}));
}

#[tokio::test]
async fn a_password_is_changed_against_the_old_one() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}/credentials/change_password", id(&user));
    let body = |old: &str, new: &str| json!({ "oldPassword": { "value": old }, "newPassword": { "value": new } });
    let causes = site.post(&path, body("wrong", "Another-Horse-8")).await.refused(403, "E0000014");
    assert_eq!(causes, ["Old Password is not correct"]);
    let causes = site.post(&path, body(PASSWORD, "weak")).await.refused(403, "E0000014");
    assert!(causes[0].starts_with("Password requirements were not met."));
    let reply = site.post(&path, body(PASSWORD, "Another-Horse-8")).await.ok();
    assert_eq!(reply, json!({ "password": {}, "provider": { "type": "OKTA", "name": "OKTA" } }));
    assert!(knows(&site, &user, "Another-Horse-8").await);
    site.post(&path, json!({ "newPassword": { "value": "x" } })).await.refused(400, "E0000001");
    site.act(&format!("/api/v1/users/{}/lifecycle/suspend", id(&user))).await.is(200);
    site.post(&path, body("Another-Horse-8", PASSWORD)).await.refused(403, "E0000035");
    assert_eq!(site.events("user.account.update_password").await.len(), 1);
}

#[tokio::test]
async fn a_recovery_question_needs_the_password_and_then_recovers() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}/credentials", id(&user));
    let question = json!({ "question": "First machine?", "answer": "Difference Engine" });
    site.act(&format!("{path}/forgot_password?sendEmail=false")).await.refused(403, "E0000034");
    let change = |password: &str| json!({ "password": { "value": password }, "recovery_question": question });
    site.post(&format!("{path}/change_recovery_question"), change("wrong")).await.refused(403, "E0000014");
    let reply = site.post(&format!("{path}/change_recovery_question"), change(PASSWORD)).await.ok();
    assert_eq!(reply["recovery_question"], json!({ "question": "First machine?" }));
    assert!(site.act(&format!("{path}/forgot_password?sendEmail=false")).await.ok()["resetPasswordUrl"].is_string());
    let recover =
        |answer: &str| json!({ "password": { "value": "Another-Horse-8" }, "recovery_question": { "answer": answer } });
    site.post(&format!("{path}/forgot_password_recovery_question"), recover("Analytical Engine"))
        .await
        .refused(403, "E0000087");
    site.post(&format!("{path}/forgot_password_recovery_question"), recover(" difference ENGINE ")).await.is(200);
    assert!(knows(&site, &user, "Another-Horse-8").await);
    let shown = site.get(&format!("/api/v1/users/{}", id(&user))).await;
    assert!(!shown.body.to_string().to_lowercase().contains("difference"));
}

#[tokio::test]
async fn an_old_password_comes_back_only_where_the_policy_lets_it() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}", id(&user));
    let change = async |old: &str, new: &str| {
        let body = json!({ "oldPassword": { "value": old }, "newPassword": { "value": new } });
        site.post(&format!("{path}/credentials/change_password"), body).await
    };
    let (second, third) = ("Another-Horse-8", "Further-Horse-9");
    change(PASSWORD, second).await.is(200);
    change(second, PASSWORD).await.is(200);
    site.password_policy(&PasswordPolicy { history_count: 2, ..PasswordPolicy::default() }).await;
    let causes = change(PASSWORD, second).await.refused(403, "E0000014");
    assert_eq!(causes, ["Password has been used too recently"]);
    change(PASSWORD, third).await.is(200);
    let set = |password: &str| json!({ "credentials": { "password": { "value": password } } });
    site.post(&format!("{path}?strict=true"), set(PASSWORD)).await.refused(400, "E0000001");
    site.post(&path, set(PASSWORD)).await.is(200);
    change(PASSWORD, second).await.is(200);
}
