//! The code flow from the first redirect to the person's claims, and what goes wrong on the way.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::{BEGINNING, Site, id},
    browser::Browser,
    relying_party::{LOGIN, REDIRECT, RelyingParty, VERIFIER, part, verified},
};
use crate::oauth::claims::half_hash;

#[tokio::test]
async fn somebody_signs_in_and_is_known_to_the_application() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let start = browser.get(&party.authorize(&[("login_hint", LOGIN)])).await.is(302);
    assert!(start.to().starts_with("/login/login.htm?fromURI=%2Foauth2%2Fv1%2Fauthorize"));
    let page = browser.get(start.to()).await.is(200);
    assert!(page.text.contains("to go on to WebReports") && page.text.contains(&format!("value=\"{LOGIN}\"")));
    assert!(
        page.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:8080;")
            || page.header("content-security-policy").ends_with("form-action 'self' http://127.0.0.1:8080")
    );
    let answer = party.answer(&browser, &[]).await.is(302);
    assert!(answer.to().starts_with(&format!("{REDIRECT}?code=")) && answer.header("referrer-policy") == "no-referrer");
    assert_eq!(answer.parameter("state").as_deref(), Some("state-1"));
    let code = answer.parameter("code").unwrap();
    let reply = party.redeem(&browser, &code).await.is(200);
    assert_eq!(
        (reply.header("cache-control"), reply.header("content-type")),
        ("no-cache, no-store", "application/json")
    );
    let tokens = reply.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"], &tokens["scope"]),
        (&json!("Bearer"), &json!(3_600), &json!("openid profile email"))
    );
    assert!(tokens.get("refresh_token").is_none());

    let keys = browser.get("/oauth2/v1/keys").await.is(200).json();
    let claims = verified(&tokens["id_token"], &keys);
    let expected = json!({
        "sub": party.user["id"], "ver": 1, "iss": site.base(), "aud": party.client_id, "nonce": "nonce-1", "amr": ["pwd"],
        "idp": site.running.org.id.as_str(), "email": LOGIN, "email_verified": true, "preferred_username": LOGIN, "name": "Ada Byron",
        "given_name": "Ada", "family_name": "Byron", "at_hash": half_hash(tokens["access_token"].as_str().unwrap()),
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&claims[name], value, "{name}");
    }
    assert!(claims["jti"].as_str().unwrap().starts_with("ID.") && claims.get("groups").is_none());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3_600);
    assert!(claims["auth_time"].as_i64().unwrap() >= BEGINNING.as_seconds());

    let header = part(&tokens["access_token"], 0);
    assert_eq!(header["typ"], "application/okta-internal-at+jwt");
    assert!(
        keys["keys"].as_array().unwrap().iter().all(|key| key["kid"] != header["kid"]),
        "the key of access tokens is not published"
    );
    let access = part(&tokens["access_token"], 1);
    assert_eq!(
        (&access["aud"], &access["iss"], &access["sub"], &access["uid"]),
        (&json!(site.base()), &json!(site.base()), &json!(LOGIN), &party.user["id"])
    );
    assert_eq!((&access["scp"], &access["cid"]), (&json!(["openid", "profile", "email"]), &json!(party.client_id)));

    let info = party.user_info(&browser, &tokens["access_token"]).await.is(200).json();
    assert_eq!((&info["sub"], &info["email"], &info["name"]), (&party.user["id"], &json!(LOGIN), &json!("Ada Byron")));
    let introspected =
        party.post(&browser, "introspect", &[("token", tokens["access_token"].as_str().unwrap())]).await.is(200).json();
    assert_eq!(
        (&introspected["active"], &introspected["username"], &introspected["client_id"], &introspected["scope"]),
        (&json!(true), &json!(LOGIN), &json!(party.client_id), &json!("openid profile email"))
    );
    for kind in ["app.oauth2.authorize.code", "app.oauth2.token.grant.access_token", "app.oauth2.token.grant.id_token"]
    {
        assert_eq!(site.events(kind).await.len(), 1, "{kind}");
    }
    let sso = site.events("user.authentication.sso").await;
    assert_eq!((sso.len(), &sso[0]["target"][0]["displayName"]), (1, &json!("WebReports")));
}

#[tokio::test]
async fn the_default_server_gives_tokens_for_the_owner_s_api() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await.at("/oauth2/default/v1");
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &[]).await;
    let keys = browser.get("/oauth2/default/v1/keys").await.json();
    let access = verified(&tokens["access_token"], &keys);
    let issuer = format!("{}/oauth2/default", site.base());
    assert_eq!(
        (&access["iss"], &access["aud"], &access["sub"]),
        (&json!(issuer), &json!("api://default"), &json!(LOGIN))
    );
    assert_eq!(verified(&tokens["id_token"], &keys)["iss"], issuer);
    assert_eq!(party.user_info(&browser, &tokens["access_token"]).await.is(200).json()["sub"], party.user["id"]);
    assert_eq!(site.events("app.oauth2.as.token.grant.access_token").await.len(), 1);
    let org = party.at("/oauth2/v1");
    assert!(!org.is_active(&browser, &tokens["access_token"]).await, "a token of another server is no token");
    assert_eq!(org.user_info(&browser, &tokens["access_token"]).await.is(401).json()["error"], "invalid_token");
}

#[tokio::test]
async fn groups_come_with_their_scope_and_the_app_s_filter_and_at_most_a_hundred() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let user = id(&party.user).to_owned();
    for name in ["WRAdmin", "WRUser", "Other"] {
        let group = site.new_group(name).await;
        site.call_as(&site.token, Method::PUT, &format!("/api/v1/groups/{}/users/{user}", id(&group)), None)
            .await
            .is(204);
    }
    let claim = json!({ "issuerMode": "ORG_URL", "valueType": "GROUPS", "groupFilterType": "STARTS_WITH", "name": "groups", "value": "WR" });
    site.post(&format!("/api/v1/internal/apps/{}/settings/oauth/idToken", party.app), claim).await.ok();
    let browser = Browser::new(&site);
    let with = party.tokens(&browser, &[("scope", "openid groups")]).await;
    let mut groups: Vec<Value> = part(&with["id_token"], 1)["groups"].as_array().unwrap().clone();
    groups.sort_by_key(Value::to_string);
    assert_eq!(groups, [json!("WRAdmin"), json!("WRUser")]);
    assert!(part(&with["access_token"], 1).get("groups").is_none());
    let without = party.tokens(&browser, &[("scope", "openid")]).await;
    assert!(part(&without["id_token"], 1).get("groups").is_none());
    for index in 0..99 {
        let group = site.new_group(&format!("WR{index:03}")).await;
        site.call_as(&site.token, Method::PUT, &format!("/api/v1/groups/{}/users/{user}", id(&group)), None)
            .await
            .is(204);
    }
    let many = party.tokens(&browser, &[("scope", "openid groups")]).await;
    assert!(part(&many["id_token"], 1).get("groups").is_none());
}

#[tokio::test]
async fn a_code_without_what_belongs_to_it_is_worth_nothing_and_lost() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[("code_verifier", "")], "invalid_request"),
        (&[("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong")], "invalid_grant"),
        (&[("code_verifier", "short")], "invalid_grant"),
        (&[("redirect_uri", "http://127.0.0.1:8080/OIDCCallback/")], "invalid_grant"),
        (&[("redirect_uri", "http://127.0.0.1:8080/oidccallback")], "invalid_grant"),
    ];
    for (changed, error) in cases {
        let code = party.code(&browser, &[]).await;
        assert_eq!(party.redeem_with(&browser, &code, changed).await.is(400).json()["error"], error, "{changed:?}");
        assert_eq!(party.redeem(&browser, &code).await.is(400).json()["error"], "invalid_grant", "after {changed:?}");
    }
    let plain = party.code(&browser, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
    let refused = party.redeem(&browser, &plain).await.is(400).json();
    assert_eq!(
        refused["error_description"],
        "PKCE code challenge should be specified in the authorize request for code verification."
    );
    let plain = party.code(&browser, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
    party.redeem_with(&browser, &plain, &[("code_verifier", "")]).await.is(200);
    for missing in ["code", "redirect_uri"] {
        let code = party.code(&browser, &[]).await;
        let refused = party.redeem_with(&browser, &code, &[(missing, "")]).await.is(400).json();
        assert_eq!(refused["error_description"], format!("The required parameter '{missing}' is missing."));
    }
}

#[tokio::test]
async fn a_code_lives_sixty_seconds() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let code = party.code(&browser, &[]).await;
    site.advance(Duration::from_secs(59));
    party.redeem(&browser, &code).await.is(200);
    let code = party.code(&browser, &[]).await;
    site.advance(Duration::from_secs(60));
    let refused = party.redeem(&browser, &code).await.is(400).json();
    assert_eq!(
        (&refused["error"], &refused["error_description"]),
        (&json!("invalid_grant"), &json!("The authorization code is invalid or has expired."))
    );
}

#[tokio::test]
async fn a_code_used_twice_ends_what_it_gave() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let code = party.code(&browser, &[("scope", "openid offline_access")]).await;
    let tokens = party.redeem(&browser, &code).await.is(200).json();
    assert!(party.is_active(&browser, &tokens["access_token"]).await);
    assert_eq!(party.redeem(&browser, &code).await.is(400).json()["error"], "invalid_grant");
    assert!(
        !party.is_active(&browser, &tokens["access_token"]).await
            && !party.is_active(&browser, &tokens["refresh_token"]).await
    );
    party.user_info(&browser, &tokens["access_token"]).await.is(401);
    party.refresh(&browser, &tokens["refresh_token"]).await.is(400);
    assert_eq!(site.events("app.oauth2.token.detect_reuse").await.len(), 1);
}

#[tokio::test]
async fn of_fifty_who_bring_one_code_one_wins() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let code = party.code(&browser, &[]).await;
    let results = futures::future::join_all((0..50).map(|_| party.redeem(&browser, &code))).await;
    assert_eq!(results.iter().filter(|page| page.status == 200).count(), 1);
    assert!(
        results
            .iter()
            .filter(|page| page.status != 200)
            .all(|page| page.status == 400 && page.json()["error"] == "invalid_grant")
    );
}

#[tokio::test]
async fn a_code_is_its_own_client_s() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let other = json!({
        "name": "oidc_client", "label": "Other", "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "token_endpoint_auth_method": "client_secret_post" } },
        "settings": { "oauthClient": { "application_type": "web", "response_types": ["code"], "grant_types": ["authorization_code"], "redirect_uris": [REDIRECT] } },
    });
    let other = site.post("/api/v1/apps", other).await.ok();
    let (client_id, secret) =
        (&other["credentials"]["oauthClient"]["client_id"], &other["credentials"]["oauthClient"]["client_secret"]);
    let code = party.code(&browser, &[]).await;
    let stolen = browser.request(Method::POST, "/oauth2/v1/token").form(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("client_id", client_id.as_str().unwrap()),
        ("client_secret", secret.as_str().unwrap()),
    ]);
    assert!(
        browser.send(stolen).await.is(400).json()["error_description"]
            .as_str()
            .unwrap()
            .starts_with("The grant was issued to another client.")
    );
    party.redeem(&browser, &code).await.is(200);
    let custom = party.code(&browser, &[]).await;
    assert_eq!(party.at("/oauth2/default/v1").redeem(&browser, &custom).await.is(400).json()["error"], "invalid_grant");
}

#[tokio::test]
async fn tokens_end_with_the_person_the_password_and_the_assignment() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let user = id(&party.user).to_owned();
    let browser = Browser::new(&site);
    let offline = [("scope", "openid offline_access")];
    let tokens = party.tokens(&browser, &offline).await;
    site.delete(&format!("/api/v1/apps/{}/users/{user}", party.app)).await.is(204);
    assert_eq!(party.refresh(&browser, &tokens["refresh_token"]).await.is(400).json()["error"], "access_denied");
    site.post(&format!("/api/v1/apps/{}/users", party.app), json!({ "id": user, "scope": "USER" })).await.ok();
    let tokens = party.tokens(&browser, &offline).await;
    site.post(
        &format!("/api/v1/users/{user}"),
        json!({ "credentials": { "password": { "value": super::super::site::PASSWORD } } }),
    )
    .await
    .ok();
    party.refresh(&browser, &tokens["refresh_token"]).await.is(400);
    let tokens = party.tokens(&Browser::new(&site), &offline).await;
    site.act(&format!("/api/v1/users/{user}/lifecycle/suspend")).await.ok();
    assert!(!party.is_active(&browser, &tokens["access_token"]).await);
    party.refresh(&browser, &tokens["refresh_token"]).await.is(400);
    site.act(&format!("/api/v1/users/{user}/lifecycle/unsuspend")).await.ok();
    let tokens = party.tokens(&Browser::new(&site), &offline).await;
    site.act(&format!("/api/v1/apps/{}/lifecycle/deactivate", party.app)).await.ok();
    assert_eq!(party.refresh(&browser, &tokens["refresh_token"]).await.is(401).json()["error"], "invalid_client");
    party.user_info(&browser, &tokens["access_token"]).await.is(401);
}

#[tokio::test]
async fn an_access_token_without_the_scope_opens_nothing_of_the_api() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &[]).await;
    let call = |token: String| browser.request(Method::GET, "/api/v1/users/me").bearer_auth(token);
    let refused = browser.send(call(tokens["access_token"].as_str().unwrap().to_owned())).await.is(403);
    assert!(
        refused.header("www-authenticate").contains("insufficient_scope") && refused.json()["errorCode"] == "E0000006"
    );
    for wrong in [
        tokens["id_token"].as_str().unwrap().to_owned(),
        "abc".to_owned(),
        format!("{}x", tokens["access_token"].as_str().unwrap()),
    ] {
        assert_eq!(browser.send(call(wrong)).await.is(401).json()["errorCode"], "E0000011");
    }
    site.advance(Duration::from_secs(3_600));
    browser.send(call(tokens["access_token"].as_str().unwrap().to_owned())).await.is(401);
}
