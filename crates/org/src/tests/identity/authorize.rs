//! `authorize`: what is asked wrongly, prompts, the ways back, and what discovery promises.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site, id},
    browser::Browser,
    relying_party::{LOGIN, REDIRECT, RelyingParty, part},
};

#[tokio::test]
async fn a_client_or_redirect_that_is_not_known_gets_a_page_and_no_redirect() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    browser.sign_in(LOGIN, PASSWORD).await;
    let wrong_redirects = [
        "",
        "http://127.0.0.1:8080/OIDCCallback/",
        "http://127.0.0.1:8080/OIDCCallback?x=1",
        "HTTP://127.0.0.1:8080/OIDCCallback",
        "http://127.0.0.1:8080/%4fIDCCallback",
        "http://127.0.0.1:8080@evil.test/OIDCCallback",
        "https://127.0.0.1:8080/OIDCCallback",
    ];
    for redirect in wrong_redirects {
        let page = browser.get(&party.authorize(&[("redirect_uri", redirect)])).await.is(400);
        assert!(page.location.is_none() && page.text.contains("must be a Login redirect URI"), "{redirect}");
    }
    for client in ["", "0oaUnknown"] {
        let page = browser.get(&party.authorize(&[("client_id", client)])).await.is(400);
        assert!(page.location.is_none() && page.text.contains("invalid_client"));
    }
    for repeated in ["client_id=x", "redirect_uri=http%3A%2F%2Fevil.test%2F"] {
        let page = browser.get(&format!("{}&{repeated}", party.authorize(&[]))).await.is(400);
        assert!(page.location.is_none(), "{repeated}");
    }
    site.act(&format!("/api/v1/apps/{}/lifecycle/deactivate", party.app)).await.ok();
    assert!(browser.get(&party.authorize(&[])).await.is(400).text.contains("invalid_client"));
}

#[tokio::test]
async fn everything_else_that_is_wrong_goes_back_to_the_application() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let cases: [(&[(&str, &str)], &str); 18] = [
        (&[("state", "")], "invalid_request"),
        (&[("state", "a b")], "invalid_request"),
        (&[("response_type", "")], "unsupported_response_type"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "carrier_pigeon")], "unsupported_response_mode"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("scope", "openid unicorns")], "invalid_scope"),
        (&[("scope", "openid okta.users.manage")], "consent_required"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "select_account")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("request", "eyJhbGciOiJub25lIn0.e30.")], "invalid_request_object"),
        (&[("request_uri", "https://elsewhere.test/request")], "request_uri_not_supported"),
    ];
    for (changed, error) in cases {
        let page = browser.get(&party.authorize(changed)).await.is(302);
        let asks_for_token = changed.iter().any(|(_, value)| value.contains("token"));
        let separator = if asks_for_token { '#' } else { '?' };
        assert!(
            page.to().starts_with(&format!("{REDIRECT}{separator}error={error}&error_description=")),
            "{changed:?} {}",
            page.to()
        );
        let state = changed.iter().find(|(name, _)| *name == "state").map_or("state-1", |(_, state)| state);
        assert_eq!(page.parameter("state").unwrap_or_default(), state, "{changed:?}");
    }
    let twice = browser.get(&format!("{}&nonce=second", party.authorize(&[]))).await.is(302);
    assert_eq!(
        twice.parameter("error_description").unwrap(),
        "Duplicate parameter provided in request. Duplicated parameters: [nonce]."
    );
}

#[tokio::test]
async fn public_clients_must_use_pkce_and_apps_may_demand_it() {
    let site = Site::start().await;
    let party = RelyingParty::with(&site, |app| {
        app["credentials"]["oauthClient"] = json!({ "token_endpoint_auth_method": "none" });
        app["settings"]["oauthClient"]["application_type"] = json!("native");
    })
    .await;
    let browser = Browser::new(&site);
    let refused = browser.get(&party.authorize(&[("code_challenge", ""), ("code_challenge_method", "")])).await.is(302);
    assert_eq!(refused.parameter("error_description").unwrap(), "PKCE code challenge is required by the application.");
    let code = party.code(&browser, &[]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
        ("client_id", &party.client_id),
        ("code_verifier", super::relying_party::VERIFIER),
    ];
    let request =
        browser.request(Method::POST, "/oauth2/v1/token").header("Origin", "http://127.0.0.1:8080").form(&fields);
    let reply = browser.send(request).await.is(200);
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "http://127.0.0.1:8080",
        "an application's own page may read the answer"
    );
}

#[tokio::test]
async fn nobody_is_asked_when_the_client_says_so() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let silent = [("prompt", "none")];
    let refused = browser.get(&party.authorize(&silent)).await.is(302);
    assert_eq!(refused.parameter("error").as_deref(), Some("login_required"));
    assert_eq!(
        refused.parameter("error_description").unwrap(),
        "The client specified not to prompt, but the user is not logged in."
    );
    browser.sign_in(LOGIN, PASSWORD).await;
    let answer = browser.get(&party.authorize(&silent)).await.is(302);
    assert!(answer.parameter("code").is_some());
    site.advance(Duration::from_secs(120));
    let old = browser.get(&party.authorize(&[("prompt", "none"), ("max_age", "60")])).await.is(302);
    assert_eq!(old.parameter("error").as_deref(), Some("login_required"));
    for accepted in ["consent", ""] {
        assert!(browser.get(&party.authorize(&[("prompt", accepted)])).await.is(302).parameter("code").is_some());
    }
}

#[tokio::test]
async fn the_password_is_asked_for_again_when_the_client_says_so() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    for again in [("prompt", "login"), ("max_age", "0"), ("max_age", "60")] {
        let browser = Browser::new(&site);
        browser.sign_in(LOGIN, PASSWORD).await;
        let first = browser.cookie("sid");
        site.advance(Duration::from_secs(61));
        let start = browser.get(&party.authorize(&[again])).await.is(302);
        assert!(start.to().starts_with("/login/login.htm"), "{again:?}");
        browser.get(start.to()).await.is(200);
        let asked = browser.get(start.to()).await.hidden("fromURI").unwrap();
        assert!(
            browser.get(&asked).await.to().starts_with("/login/login.htm"),
            "the mark without a new password is worth nothing"
        );
        let signed_in = browser.submit_sign_in(start.to(), LOGIN, PASSWORD).await.is(303);
        assert_ne!(browser.cookie("sid"), first);
        let code = browser.get(signed_in.to()).await.is(302).parameter("code").unwrap();
        let tokens = party.redeem(&browser, &code).await.is(200).json();
        assert_eq!(part(&tokens["id_token"], 1)["auth_time"].as_i64().unwrap(), site.running.org.now().as_seconds());
    }
}

#[tokio::test]
async fn an_answer_comes_back_by_form_or_fragment() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let page = party.answer(&browser, &[("response_mode", "form_post")]).await.is(200);
    assert!(
        page.text.contains(&format!("<form method=\"post\" action=\"{REDIRECT}\">"))
            && page.text.contains("<noscript><button")
    );
    assert_eq!(page.hidden("state").as_deref(), Some("state-1"));
    let script = "document.forms[0].submit()";
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, script.as_bytes());
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest.as_ref());
    let policy = page.header("content-security-policy");
    assert!(
        page.text.contains(&format!("<script>{script}</script>"))
            && policy.contains(&format!("script-src 'sha256-{hash}'"))
    );
    assert!(
        policy.contains("form-action 'self' http://127.0.0.1:8080") && page.header("referrer-policy") == "no-referrer"
    );
    party.redeem(&browser, &page.hidden("code").unwrap()).await.is(200);
    let denied = browser.get(&party.authorize(&[("response_mode", "form_post"), ("scope", "nothing")])).await.is(200);
    assert_eq!(denied.hidden("error").as_deref(), Some("invalid_scope"));
    let fragment = browser.get(&party.authorize(&[("response_mode", "fragment")])).await.is(302);
    assert!(fragment.to().starts_with(&format!("{REDIRECT}#code=")));
}

#[tokio::test]
async fn a_request_can_be_posted_and_begun_with_a_session_token() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let authn = site.request(Method::POST, "/api/v1/authn").json(&json!({ "username": LOGIN, "password": PASSWORD }));
    let token = site.send(authn).await.ok()["sessionToken"].as_str().unwrap().to_owned();
    let path = party.authorize(&[("sessionToken", &token)]);
    let (endpoint, query) = path.split_once('?').unwrap();
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let answer = browser.send(browser.request(Method::POST, endpoint).form(&fields)).await.is(302);
    party.redeem(&browser, &answer.parameter("code").unwrap()).await.is(200);
    browser.get("/api/v1/sessions/me").await.is(200);
    let again = Browser::new(&site).get(&path).await.is(302);
    assert!(
        again.to().starts_with("/login/login.htm") && !again.to().contains(&token),
        "a session token is worth one session"
    );
}

#[tokio::test]
async fn whoever_is_not_assigned_is_turned_away() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    site.delete(&format!("/api/v1/apps/{}/users/{}", party.app, id(&party.user))).await.is(204);
    let page = party.answer(&Browser::new(&site), &[]).await.is(302);
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(page.parameter("error_description").unwrap(), "User is not assigned to the client application.");
    let group = site.new_group("WRUser").await;
    site.call_as(&site.token, Method::PUT, &format!("/api/v1/groups/{}/users/{}", id(&group), id(&party.user)), None)
        .await
        .is(204);
    site.put(&format!("/api/v1/apps/{}/groups/{}", party.app, id(&group)), json!({})).await.ok();
    party.code(&Browser::new(&site), &[]).await;
}

#[tokio::test]
async fn discovery_names_only_what_is_there() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    let base = site.base();
    let org = browser.get("/.well-known/openid-configuration").await.is(200);
    assert_eq!(
        (org.header("cache-control"), org.header("access-control-allow-origin")),
        ("max-age=86400, must-revalidate", "*")
    );
    let keys: Vec<String> = org.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys[..7],
        [
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "registration_endpoint",
            "jwks_uri",
            "response_types_supported"
        ]
    );
    for (path, issuer) in [
        ("/.well-known/openid-configuration", base.clone()),
        ("/.well-known/oauth-authorization-server", base.clone()),
        ("/oauth2/default/.well-known/openid-configuration", format!("{base}/oauth2/default")),
        ("/oauth2/default/.well-known/oauth-authorization-server", format!("{base}/oauth2/default")),
        ("/.well-known/oauth-authorization-server/oauth2/default", format!("{base}/oauth2/default")),
    ] {
        let document = browser.get(path).await.is(200).json();
        assert_eq!(document["issuer"], issuer, "{path}");
        for (name, value) in document.as_object().unwrap() {
            let Some(url) = value.as_str().filter(|url| url.starts_with("http") && name != "issuer") else { continue };
            let reply = browser.get(url).await;
            let code = serde_json::from_str::<Value>(&reply.text)
                .ok()
                .and_then(|body| body["errorCode"].as_str().map(str::to_owned));
            assert_ne!(code.as_deref(), Some("E0000008"), "{name} of {path} is no path of ours");
        }
    }
    browser.get("/oauth2/unknown/.well-known/openid-configuration").await.is(404);
    browser.get("/oauth2/org/v1/keys").await.is(404);
    assert_eq!(browser.get("/v1/keys").await.is(200).text, browser.get("/oauth2/v1/keys").await.text);
}

#[tokio::test]
async fn pages_of_elsewhere_may_read_what_is_public_and_call_for_tokens() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    for (path, origin) in [
        ("/oauth2/v1/token", "http://spa.test"),
        ("/oauth2/default/v1/token", "http://spa.test"),
        ("/oauth2/v1/userinfo", "http://spa.test"),
        ("/oauth2/v1/keys", "http://spa.test"),
    ] {
        let preflight = browser
            .request(Method::OPTIONS, path)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST");
        let answer = browser.send(preflight).await.is(200);
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{path}");
        assert!(answer.header("access-control-allow-credentials").is_empty(), "no cookie goes with it");
    }
    let keys = browser.request(Method::GET, "/oauth2/v1/keys").header("Origin", "http://spa.test");
    assert_eq!(browser.send(keys).await.is(200).header("access-control-allow-origin"), "*");
    let party = RelyingParty::new(&site).await;
    let tokens = party.tokens(&browser, &[]).await;
    let info = |origin: &'static str| {
        browser
            .request(Method::GET, "/oauth2/v1/userinfo")
            .bearer_auth(tokens["access_token"].as_str().unwrap())
            .header("Origin", origin)
    };
    assert_eq!(browser.send(info("http://evil.test")).await.is(200).header("access-control-allow-origin"), "");
    assert_eq!(
        browser.send(info("http://127.0.0.1:8080")).await.is(200).header("access-control-allow-origin"),
        "http://127.0.0.1:8080"
    );
}

#[tokio::test]
async fn keys_rotate_and_the_next_one_is_published_before_it_signs() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let day = Duration::from_secs(24 * 3_600);
    let kids = async || -> Vec<String> {
        let keys = browser.get("/oauth2/v1/keys").await.is(200).json();
        keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let first = kids().await;
    assert_eq!((first.len(), first[0].len()), (1, 43));
    site.advance(day * 59);
    assert_eq!(kids().await, first);
    site.advance(day);
    let both = kids().await;
    assert_eq!((both.len(), &both[0]), (2, &first[0]));
    site.advance(day * 30);
    assert_eq!(kids().await, both, "the old key stays as long as a token that it signed may live");
    let tokens = party.tokens(&browser, &[]).await;
    assert_eq!(part(&tokens["id_token"], 0)["kid"], both[1]);
    site.advance(day);
    assert_eq!(kids().await, [both[1].clone()]);
}

#[tokio::test]
async fn the_default_server_is_listed() {
    let site = Site::start().await;
    let listed = site.get("/api/v1/authorizationServers").await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let server = &listed[0];
    assert_eq!(
        (&server["id"], &server["audiences"], &server["issuer"]),
        (&json!("default"), &json!(["api://default"]), &json!(format!("{}/oauth2/default", site.base())))
    );
    assert_eq!(&site.get("/api/v1/authorizationServers/default").await.ok(), server);
    site.get("/api/v1/authorizationServers/org").await.refused(404, "E0000007");
}
