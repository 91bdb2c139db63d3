//! Set-up's code, sign-in attempts, settings: what works once, and what is sealed.

use std::time::Duration;

use super::*;
use crate::{
    set_up, setting,
    sign_in_attempt::{self, NewAttempt},
};

fn attempt(state: &str) -> NewAttempt<'_> {
    NewAttempt {
        state_hash: state,
        browser_hash: "browser",
        verifier: vec![1],
        redirect_uri: "http://localhost/cb",
        return_to: "/x",
    }
}

#[tokio::test]
async fn set_up_is_claimed_once_of_fifty_at_once_and_closed_for_good() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        assert!(set_up::offer(&mut tx, "first", NOW).await.unwrap());
        assert!(set_up::offer(&mut tx, "second", NOW).await.unwrap());
        assert!(!set_up::is_offered(&mut tx, "first").await.unwrap());
        assert!(set_up::is_offered(&mut tx, "second").await.unwrap());
        tx.commit().await.unwrap();
        let mut racers = tokio::task::JoinSet::new();
        for racer in 0..50 {
            let db = db.clone();
            racers.spawn(async move {
                let mut tx = db.begin().await.unwrap();
                let won = set_up::claim(&mut tx, "second", &PersonId::from(format!("per_{racer}")), NOW).await.unwrap();
                tx.commit().await.unwrap();
                won
            });
        }
        assert_eq!(racers.join_all().await.into_iter().filter(|won| *won).count(), 1);
        let mut tx = db.begin().await.unwrap();
        assert!(!set_up::is_open(&mut tx).await.unwrap());
        assert!(!set_up::offer(&mut tx, "third", NOW).await.unwrap());
        assert!(!set_up::claim(&mut tx, "third", &"per_x".into(), NOW).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_used_once_of_fifty_at_once() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        sign_in_attempt::insert(&mut tx, attempt("state"), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let mut racers = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let db = db.clone();
            racers.spawn(async move {
                let mut tx = db.begin().await.unwrap();
                let taken = sign_in_attempt::take(&mut tx, "state", "browser", Instant::EPOCH, NOW).await.unwrap();
                tx.commit().await.unwrap();
                taken.is_some()
            });
        }
        assert_eq!(racers.join_all().await.into_iter().filter(|won| *won).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_attempt_belongs_to_its_browser_and_ends_by_time() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        sign_in_attempt::insert(&mut tx, attempt("state"), NOW).await.unwrap();
        let later = NOW.plus(Duration::from_secs(600));
        assert!(sign_in_attempt::take(&mut tx, "state", "other", Instant::EPOCH, NOW).await.unwrap().is_none());
        assert!(sign_in_attempt::take(&mut tx, "other", "browser", Instant::EPOCH, NOW).await.unwrap().is_none());
        assert!(sign_in_attempt::take(&mut tx, "state", "browser", NOW, later).await.unwrap().is_none());
        let taken = sign_in_attempt::take(&mut tx, "state", "browser", Instant::EPOCH, NOW).await.unwrap().unwrap();
        assert_eq!((taken.return_to.as_str(), taken.verifier), ("/x", vec![1]));
        assert_eq!(sign_in_attempt::delete_before(&mut tx, later).await.unwrap(), 1);
        assert_eq!(sign_in_attempt::count(&mut tx).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_setting_is_plain_or_sealed_and_the_last_one_counts() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        setting::put(&mut tx, "domain", "https://acme.okta.com", NOW).await.unwrap();
        let vault = vault::Vault::new(&vault::MasterKey::generate(&OsRandom), std::sync::Arc::new(OsRandom));
        setting::put_secret(&mut tx, &vault, "api_token", &vault::Secret::new("00abc"), NOW).await.unwrap();
        setting::put(&mut tx, "domain", "https://other.okta.com", NOW).await.unwrap();
        assert_eq!(setting::value(&mut tx, "domain").await.unwrap().as_deref(), Some("https://other.okta.com"));
        assert_eq!(setting::value(&mut tx, "api_token").await.unwrap(), None);
        assert_eq!(setting::secret(&mut tx, &vault, "api_token").await.unwrap().unwrap().expose(), "00abc");
        assert_eq!(setting::secret(&mut tx, &vault, "domain").await.unwrap(), None);
        let values = setting::values(&mut tx, &["domain", "api_token", "none"]).await.unwrap();
        assert_eq!(values.into_keys().collect::<Vec<_>>(), ["domain"]);
        let all = setting::all(&mut tx).await.unwrap();
        assert_eq!((all.len(), all["api_token"].is_sealed), (2, true));
        setting::clear(&mut tx, "api_token").await.unwrap();
        assert_eq!(setting::all(&mut tx).await.unwrap().len(), 1);
    })
    .await;
}
