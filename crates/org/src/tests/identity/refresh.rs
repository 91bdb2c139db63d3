//! Refresh tokens, their rotation, and revocation.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::site::Site,
    browser::Browser,
    relying_party::{RelyingParty, part},
};

const OFFLINE: [(&str, &str); 1] = [("scope", "openid email offline_access")];

async fn rotating(site: &Site, leeway: u32) -> RelyingParty {
    RelyingParty::with(site, |app| {
        app["settings"]["oauthClient"]["refresh_token"] = json!({ "rotation_type": "ROTATE", "leeway": leeway })
    })
    .await
}

#[tokio::test]
async fn a_static_token_stays_the_same() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let first = party.tokens(&browser, &OFFLINE).await;
    let second = party.refresh(&browser, &first["refresh_token"]).await.is(200).json();
    assert_eq!(second["refresh_token"], first["refresh_token"]);
    assert_ne!(second["access_token"], first["access_token"]);
    let claims = part(&second["id_token"], 1);
    assert!(
        claims.get("nonce").is_none()
            && claims["sub"] == party.user["id"]
            && claims["auth_time"] == part(&first["id_token"], 1)["auth_time"]
    );
    let narrow = party
        .post(
            &browser,
            "token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", first["refresh_token"].as_str().unwrap()),
                ("scope", "openid"),
            ],
        )
        .await
        .is(200)
        .json();
    assert_eq!(narrow["scope"], "openid");
    assert!(part(&narrow["id_token"], 1).get("email").is_none());
    let wide = party
        .post(
            &browser,
            "token",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", first["refresh_token"].as_str().unwrap()),
                ("scope", "openid phone"),
            ],
        )
        .await
        .is(400)
        .json();
    assert_eq!(
        (&wide["error"], wide["error_description"].as_str().unwrap().ends_with("Denied scopes: phone.")),
        (&json!("access_denied"), true)
    );
    site.advance(Duration::from_secs(90 * 24 * 3_600));
    party.refresh(&browser, &first["refresh_token"]).await.is(400);
}

#[tokio::test]
async fn a_rotated_token_used_again_ends_the_family() {
    let site = Site::start().await;
    let party = rotating(&site, 0).await;
    let browser = Browser::new(&site);
    let first = party.tokens(&browser, &OFFLINE).await;
    let second = party.refresh(&browser, &first["refresh_token"]).await.is(200).json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let third = party.refresh(&browser, &second["refresh_token"]).await.is(200).json();
    assert_eq!(party.refresh(&browser, &first["refresh_token"]).await.is(400).json()["error"], "invalid_grant");
    party.refresh(&browser, &third["refresh_token"]).await.is(400);
    for token in [&first["access_token"], &third["access_token"], &third["refresh_token"]] {
        assert!(!party.is_active(&browser, token).await);
    }
    let events = site.events("app.oauth2.token.detect_reuse").await;
    assert_eq!((events.len(), &events[0]["outcome"]["result"]), (1, &json!("FAILURE")));
}

#[tokio::test]
async fn within_the_leeway_the_old_token_still_works() {
    let site = Site::start().await;
    let party = rotating(&site, 30).await;
    let browser = Browser::new(&site);
    let first = party.tokens(&browser, &OFFLINE).await;
    party.refresh(&browser, &first["refresh_token"]).await.is(200);
    site.advance(Duration::from_secs(30));
    let late = party.refresh(&browser, &first["refresh_token"]).await.is(200).json();
    site.advance(Duration::from_secs(1));
    party.refresh(&browser, &first["refresh_token"]).await.is(400);
    party.refresh(&browser, &late["refresh_token"]).await.is(400);
}

#[tokio::test]
async fn of_many_refreshes_at_once_one_wins_and_the_family_ends() {
    let site = Site::start().await;
    let party = rotating(&site, 0).await;
    let browser = Browser::new(&site);
    let first = party.tokens(&browser, &OFFLINE).await;
    let results = futures::future::join_all((0..20).map(|_| party.refresh(&browser, &first["refresh_token"]))).await;
    let winners: Vec<Value> = results.iter().filter(|page| page.status == 200).map(|page| page.json()).collect();
    assert_eq!(winners.len(), 1);
    party.refresh(&browser, &winners[0]["refresh_token"]).await.is(400);
}

#[tokio::test]
async fn a_rotated_token_inherits_when_the_first_one_lapses() {
    let site = Site::start().await;
    let party = rotating(&site, 0).await;
    let browser = Browser::new(&site);
    let first = party.tokens(&browser, &OFFLINE).await;
    site.advance(Duration::from_secs(60 * 24 * 3_600));
    let second = party.refresh(&browser, &first["refresh_token"]).await.is(200).json();
    site.advance(Duration::from_secs(30 * 24 * 3_600));
    party.refresh(&browser, &second["refresh_token"]).await.is(400);
}

#[tokio::test]
async fn at_the_default_server_a_token_lapses_unused_and_lives_while_it_is_used() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await.at("/oauth2/default/v1");
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &OFFLINE).await;
    for _ in 0..20 {
        site.advance(Duration::from_secs(6 * 24 * 3_600));
        party.refresh(&browser, &tokens["refresh_token"]).await.is(200);
    }
    site.advance(Duration::from_secs(7 * 24 * 3_600));
    party.refresh(&browser, &tokens["refresh_token"]).await.is(400);
}

#[tokio::test]
async fn offline_access_needs_the_grant_and_the_scope() {
    let site = Site::start().await;
    let party =
        RelyingParty::with(&site, |app| app["settings"]["oauthClient"]["grant_types"] = json!(["authorization_code"]))
            .await;
    let browser = Browser::new(&site);
    let refused = browser.get(&party.authorize(&OFFLINE)).await.is(302);
    assert_eq!(refused.parameter("error").as_deref(), Some("invalid_scope"));
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_its_access_tokens_and_an_access_token_only_itself() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &OFFLINE).await;
    let revoke = async |token: &Value| {
        let page = party
            .post(&browser, "revoke", &[("token", token.as_str().unwrap()), ("token_type_hint", "access_token")])
            .await
            .is(200);
        assert_eq!((page.text.as_str(), page.header("content-type")), ("", ""));
    };
    revoke(&tokens["access_token"]).await;
    assert!(
        !party.is_active(&browser, &tokens["access_token"]).await
            && party.is_active(&browser, &tokens["refresh_token"]).await
    );
    let again = party.refresh(&browser, &tokens["refresh_token"]).await.is(200).json();
    revoke(&tokens["refresh_token"]).await;
    assert!(
        !party.is_active(&browser, &again["access_token"]).await
            && !party.is_active(&browser, &tokens["refresh_token"]).await
    );
    revoke(&json!("unknown")).await;
    assert_eq!(
        party.post(&browser, "revoke", &[]).await.is(400).json()["error_description"],
        "The 'token' parameter is required."
    );
    assert_eq!(site.events("app.oauth2.token.revoke").await.len(), 2);
}

#[tokio::test]
async fn revocation_outlives_a_restart_and_tokens_are_kept_as_hashes() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let kept = party.tokens(&browser, &OFFLINE).await;
    let ended = party.tokens(&browser, &OFFLINE).await;
    let code = party.code(&browser, &[]).await;
    party.post(&browser, "revoke", &[("token", ended["refresh_token"].as_str().unwrap())]).await.is(200);
    let dump = super::dump(&site).await;
    for secret in [
        kept["refresh_token"].as_str().unwrap(),
        kept["access_token"].as_str().unwrap(),
        kept["id_token"].as_str().unwrap(),
        &code,
        &party.secret,
    ] {
        assert!(!dump.contains(secret));
    }
    assert!(!dump.contains("BEGIN PRIVATE KEY"));
    let config = site.running.org.config.clone();
    let world = site.running.org.world.clone();
    let Site { running, folder: _folder, .. } = site;
    let address = running.http_address;
    running.stop().await;
    let config = crate::OrgConfig { http_address: address, ..config };
    let again = crate::start(config, world).await.unwrap();
    assert!(
        party.is_active(&browser, &kept["access_token"]).await
            && !party.is_active(&browser, &ended["access_token"]).await
    );
    party.refresh(&browser, &ended["refresh_token"]).await.is(400);
    party.refresh(&browser, &kept["refresh_token"]).await.is(200);
    again.stop().await;
}
