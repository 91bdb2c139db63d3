//! The grant by name and password, for apps that ask for it.

use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site, id},
    browser::Browser,
    relying_party::{LOGIN, RelyingParty, part},
};

#[tokio::test]
async fn an_app_that_asks_for_it_trades_a_password_for_tokens() {
    let site = Site::start().await;
    let party = RelyingParty::with(&site, |app| {
        app["settings"]["oauthClient"]["grant_types"] = json!(["authorization_code", "refresh_token", "password"]);
    })
    .await;
    let browser = Browser::new(&site);
    let ask = async |name: &str, password: &str| {
        let fields = [
            ("grant_type", "password"),
            ("username", name),
            ("password", password),
            ("scope", "openid profile email offline_access"),
        ];
        party.post(&browser, "token", &fields).await
    };
    let tokens = ask(LOGIN, PASSWORD).await.is(200).json();
    let identity: Value = part(&tokens["id_token"], 1);
    assert_eq!((&identity["sub"], &identity["amr"]), (&party.user["id"], &json!(["pwd"])));
    assert!(identity.get("email").is_none() && identity.get("name").is_none(), "the rest is at userinfo");
    assert_eq!(party.user_info(&browser, &tokens["access_token"]).await.json()["email"], LOGIN);
    party.refresh(&browser, &tokens["refresh_token"]).await.is(200);
    let wrong = ask(LOGIN, "Wrong-Horse-7").await.is(400).json();
    assert_eq!(
        wrong,
        json!({ "error": "invalid_grant", "error_description": "The credentials provided were invalid." })
    );
    assert_eq!(ask("nobody@example.com", PASSWORD).await.is(400).json(), wrong);
    site.delete(&format!("/api/v1/apps/{}/users/{}", party.app, id(&party.user))).await.is(204);
    let turned_away = ask(LOGIN, PASSWORD).await.is(400).json();
    assert_eq!(turned_away["error_description"], "User is not assigned to the client application.");
}
