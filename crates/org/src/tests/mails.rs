//! The outbox: what is asked to be mailed waits there, and nobody reads it from the disk.

use serde_json::json;
use vault::Secret;

use super::site::{Site, id};
use crate::{
    mail,
    model::{
        link::{self, Purpose},
        log::CallOrigin,
    },
    signin,
};

/// The mails that wait, oldest first: recipient, template, body.
pub(super) async fn waiting(site: &Site) -> Vec<(String, String, Secret)> {
    let org = &site.running.org;
    let rows = db::query("select id, recipient, template, body from outbox where status = 'QUEUED' order by id");
    let rows = rows.all(&mut org.db.read().await.unwrap()).await.unwrap();
    let read = |row: &db::Row| {
        let id: String = row.get("id").unwrap();
        let body = org.vault.open(&mail::identity(&id), &row.get::<Vec<u8>>("body").unwrap()).unwrap();
        (row.get("recipient").unwrap(), row.get("template").unwrap(), body)
    };
    rows.iter().map(read).collect()
}

/// The last part of the first address in a text.
pub(super) fn link_in(body: &Secret) -> String {
    let text = body.expose();
    let start = text.find("http").unwrap();
    let link = text[start..].split_whitespace().next().unwrap();
    link.rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_that_is_asked_by_mail_waits_in_the_outbox_and_works() {
    let site = Site::start().await;
    let profile =
        json!({ "firstName": "Ada", "lastName": "Byron", "login": "ada@example.com", "email": "mail@example.com" });
    let user = site.post("/api/v1/users", json!({ "profile": profile })).await.ok();
    assert_eq!(user["status"], "PROVISIONED");
    let sent = waiting(&site).await;
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].0.as_str(), sent[0].1.as_str()), ("mail@example.com", "UserActivation"));
    let password = Secret::new("Correct-Horse-7-Battery");
    let token = Secret::new(link_in(&sent[0].2));
    let origin = CallOrigin::default();
    let set = signin::new_password::by_link(&site.running.org, &origin, Purpose::Welcome, &token, &password);
    assert!(matches!(set.await.unwrap(), signin::new_password::Setting::Done(_)));
    let path = format!("/api/v1/users/{}/lifecycle/reset_password", id(&user));
    site.act(&format!("{path}?sendEmail=false")).await.is(200);
    assert_eq!(waiting(&site).await.len(), 1, "whoever gets the link needs no mail");
    site.clock.advance(std::time::Duration::from_millis(1));
    site.act(&format!("{path}?sendEmail=true")).await.is(200);
    let sent = waiting(&site).await;
    assert_eq!((sent.len(), sent[1].1.as_str()), (2, "ForgotPassword"));
}

#[tokio::test]
async fn a_person_who_is_mailed_again_and_again_fills_nothing() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    for _ in 0..mail::WAITING_PER_PERSON_MAX + 5 {
        site.clock.advance(std::time::Duration::from_millis(1));
        site.act(&format!("/api/v1/users/{}/lifecycle/reset_password?sendEmail=true", id(&user))).await.is(200);
    }
    let sent = waiting(&site).await;
    assert_eq!(i64::try_from(sent.len()).unwrap(), mail::WAITING_PER_PERSON_MAX);
    let newest = Secret::new(link_in(&sent.last().unwrap().2));
    let org = &site.running.org;
    let mut reader = org.db.read().await.unwrap();
    let owner = link::peek(&mut reader, &org.vault, Purpose::ResetPassword, &newest, org.now());
    assert_eq!(owner.await.unwrap(), Some(id(&user).into()), "the newest is the one that is kept");
}
