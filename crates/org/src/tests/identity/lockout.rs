//! Wrong passwords: delay, lock, and their end.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Reply, Site, id},
    browser::Browser,
};

async fn try_with(site: &Site, login: &str, password: &str) -> Reply {
    site.send(
        site.request(reqwest::Method::POST, "/api/v1/authn").json(&json!({ "username": login, "password": password })),
    )
    .await
}

async fn status(site: &Site, user: &Value) -> Value {
    site.get(&format!("/api/v1/users/{}", id(user))).await.ok()["status"].clone()
}

/// Past the longest delay between two tries.
const PATIENCE: Duration = Duration::from_secs(31);

#[tokio::test]
async fn ten_wrong_passwords_lock_somebody_out_for_fifteen_minutes() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    for attempt in 1..=10 {
        assert_eq!(status(&site, &user).await, "ACTIVE", "before try {attempt}");
        try_with(&site, "ada@example.com", "Wrong-Horse-7").await.refused(401, "E0000004");
        site.advance(PATIENCE);
    }
    assert_eq!(status(&site, &user).await, "LOCKED_OUT");
    try_with(&site, "ada@example.com", PASSWORD).await.refused(401, "E0000004");
    assert_eq!(site.events("user.account.lock").await.len(), 1);
    site.advance(Duration::from_secs(15 * 60 - 60));
    try_with(&site, "ada@example.com", PASSWORD).await.refused(401, "E0000004");
    site.advance(Duration::from_secs(60));
    assert_eq!(try_with(&site, "ada@example.com", PASSWORD).await.ok()["status"], "SUCCESS");
    assert_eq!(status(&site, &user).await, "ACTIVE");
    assert_eq!(site.events("user.account.unlock").await.len(), 1);
}

#[tokio::test]
async fn an_administrator_unlocks_at_once() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    for _ in 0..10 {
        try_with(&site, "ada@example.com", "Wrong-Horse-7").await.is(401);
        site.advance(PATIENCE);
    }
    site.act(&format!("/api/v1/users/{}/lifecycle/unlock", id(&user))).await.ok();
    assert_eq!(try_with(&site, "ada@example.com", PASSWORD).await.ok()["status"], "SUCCESS");
}

#[tokio::test]
async fn the_delay_grows_and_is_the_same_for_a_name_that_nobody_has() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    for login in ["ada@example.com", "nobody@example.com"] {
        for seconds in [0, 0, 1, 2, 4, 8, 16, 30, 30] {
            try_with(&site, login, "Wrong-Horse-7").await.refused(401, "E0000004");
            if seconds > 0 {
                try_with(&site, login, PASSWORD).await.refused(429, "E0000047");
                site.advance(Duration::from_secs(seconds));
            }
        }
    }
    let page = Browser::new(&site).submit_sign_in("/login/login.htm", "ada@example.com", PASSWORD).await.is(303);
    assert_eq!(page.to(), "/", "the right password after nine wrong ones");
}

#[tokio::test]
async fn after_a_lock_known_and_unknown_names_are_told_apart_by_nothing() {
    let site = Site::start().await;
    site.new_user("ada@example.com").await;
    let mut seen = Vec::new();
    for login in ["ada@example.com", "nobody@example.com"] {
        let mut answers = Vec::new();
        for _ in 0..12 {
            answers.push(try_with(&site, login, "Wrong-Horse-7").await.status);
            answers.push(try_with(&site, login, "Wrong-Horse-7").await.status);
            site.advance(PATIENCE);
        }
        site.advance(Duration::from_secs(15 * 60));
        for _ in 0..3 {
            answers.push(try_with(&site, login, "Wrong-Horse-7").await.status);
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_right_password_forgets_the_wrong_ones() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    for _ in 0..3 {
        for _ in 0..6 {
            try_with(&site, "ada@example.com", "Wrong-Horse-7").await.is(401);
            site.advance(PATIENCE);
        }
        try_with(&site, "ada@example.com", PASSWORD).await.is(200);
    }
    assert_eq!(status(&site, &user).await, "ACTIVE");
}
