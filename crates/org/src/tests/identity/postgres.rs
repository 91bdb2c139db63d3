//! The whole way once more, with PostgreSQL underneath.

use super::{
    super::site::{PASSWORD, Site},
    access_policies,
    browser::Browser,
    consent, custom_servers, device, granted, management, pushed, registration,
    relying_party::{LOGIN, RelyingParty},
};
use crate::OrgConfig;

async fn site() -> Site {
    let database = testkit_postgres::Postgres::shared().fresh_database().parse().unwrap();
    Site::with(|config| OrgConfig { database, ..config }).await
}

#[tokio::test]
async fn postgresql_gives_the_same_answers() {
    let site = site().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    browser.submit_sign_in("/", LOGIN, "Wrong-Horse-7").await.is(401);
    let tokens = party.tokens(&browser, &[("scope", "openid offline_access")]).await;
    let refreshed = party.refresh(&browser, &tokens["refresh_token"]).await.is(200).json();
    assert!(party.is_active(&browser, &refreshed["access_token"]).await);
    let code = party.code(&browser, &[]).await;
    let results = futures::future::join_all((0..50).map(|_| party.redeem(&browser, &code))).await;
    assert_eq!(results.iter().filter(|page| page.status == 200).count(), 1);
    assert!(results.iter().all(|page| matches!(page.status, 200 | 400)));
    let racers: Vec<Browser> = (0..10).map(|_| Browser::new(&site)).collect();
    futures::future::join_all(racers.iter().map(|racer| racer.sign_in(LOGIN, PASSWORD))).await;
    browser.get("/login/signout").await.is(303);
    browser.get("/api/v1/sessions/me").await.is(404);
}

#[tokio::test]
async fn servers_and_their_keys_are_kept_there_too() {
    custom_servers::rotation(site().await).await;
    custom_servers::trust(site().await).await;
    custom_servers::life(site().await).await;
}

#[tokio::test]
async fn scopes_claims_and_policies_are_kept_there_too() {
    custom_servers::claims(site().await).await;
    custom_servers::scopes(site().await).await;
    access_policies::rules(site().await).await;
}

#[tokio::test]
async fn consent_and_devices_are_kept_there_too() {
    device::allowed(site().await).await;
    consent::asked(site().await).await;
    consent::taken_back(site().await).await;
}

#[tokio::test]
async fn pushed_requests_tokens_and_clients_are_kept_there_too() {
    pushed::one_answer(site().await).await;
    pushed::signed(site().await).await;
    granted::tokens(site().await).await;
    management::service(site().await).await;
    registration::life(site().await).await;
}
