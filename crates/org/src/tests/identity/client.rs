//! How clients prove who they are.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::Site,
    browser::{Browser, Page},
    relying_party::{RelyingParty, verified},
};

pub(super) const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The dummy call by which a client finds out whether it is known.
async fn introspect(browser: &Browser, authorization: Option<&str>, fields: &[(&str, &str)]) -> Page {
    let mut request = browser.request(Method::POST, "/oauth2/v1/introspect");
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    let mut all = vec![("token", "dummy")];
    all.extend_from_slice(fields);
    browser.send(request.form(&all)).await
}

#[tokio::test]
async fn a_right_secret_is_accepted_in_every_spelling_and_a_wrong_one_is_not() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let accepted = json!({ "active": false });
    assert_eq!(introspect(&browser, Some(&party.basic()), &[]).await.is(200).json(), accepted);
    let colon = party.basic().replacen("Basic ", "Basic: ", 1);
    assert_eq!(introspect(&browser, Some(&colon), &[]).await.is(200).json(), accepted);
    let escaped = format!("{}:{}", party.client_id, party.secret.replace('-', "%2D").replace('_', "%5F"));
    assert_eq!(
        introspect(&browser, Some(&format!("Basic {}", STANDARD.encode(escaped))), &[]).await.is(200).json(),
        accepted
    );
    let wrong = format!("Basic {}", STANDARD.encode(format!("{}:wrong", party.client_id)));
    let refused = introspect(&browser, Some(&wrong), &[]).await.is(401);
    assert_eq!(
        refused.json(),
        json!({ "error": "invalid_client", "error_description": "The client secret supplied for a confidential client is invalid." })
    );
    let unknown = format!("Basic {}", STANDARD.encode("0oaUnknown:x"));
    assert_eq!(introspect(&browser, Some(&unknown), &[]).await.is(401).json()["error"], "invalid_client");
    let nothing = introspect(&browser, None, &[]).await.is(401).json();
    assert_eq!(
        (&nothing["error"], &nothing["error_description"]),
        (&json!("invalid_client"), &json!("No client credentials found."))
    );
    let without_secret = introspect(&browser, None, &[("client_id", &party.client_id)]).await.is(401).json();
    assert_eq!(without_secret["error_description"], "No client credentials found.");
    assert_eq!(
        site.events("app.oauth2.invalid_client_credentials").await.len(),
        3,
        "whoever gave nothing at all is nobody"
    );
}

#[tokio::test]
async fn a_client_uses_one_method_the_one_it_is_registered_for() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let in_body = [("client_id", party.client_id.as_str()), ("client_secret", party.secret.as_str())];
    assert_eq!(introspect(&browser, None, &in_body).await.is(401).json()["error"], "invalid_client");
    let both = introspect(&browser, Some(&party.basic()), &in_body).await;
    assert_eq!(both.json()["error"], "invalid_request");
    let twice = introspect(&browser, Some(&party.basic()), &[("token", "again")]).await.is(400).json();
    assert_eq!(twice["error_description"], "The request contained multiple parameters with the same name.");
    let in_query = browser
        .request(Method::POST, &format!("/oauth2/v1/token?client_id={}", party.client_id))
        .header("Authorization", party.basic());
    assert_eq!(
        browser.send(in_query.form(&[("grant_type", "authorization_code")])).await.is(400).json()["error"],
        "invalid_request"
    );
}

#[tokio::test]
async fn what_is_not_a_grant_of_the_client_is_refused() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    for (grant, error) in [
        ("", "invalid_request"),
        ("password", "unauthorized_client"),
        ("urn:example:magic", "unsupported_grant_type"),
        ("client_credentials", "unauthorized_client"),
        ("refresh_token", "invalid_request"),
    ] {
        let fields: Vec<_> = [("grant_type", grant)].into_iter().filter(|(_, value)| !value.is_empty()).collect();
        assert_eq!(party.post(&browser, "token", &fields).await.is(400).json()["error"], error, "{grant}");
    }
    let json = browser
        .request(Method::POST, "/oauth2/v1/token")
        .header("Authorization", party.basic())
        .json(&json!({ "grant_type": "x" }));
    assert_eq!(browser.send(json).await.is(400).json()["error"], "invalid_request");
}

pub(super) fn assertion(
    key: &EncodingKey,
    algorithm: Algorithm,
    kid: Option<&str>,
    client: &str,
    audience: &str,
    now: i64,
    jti: &str,
) -> String {
    let mut header = Header::new(algorithm);
    header.kid = kid.map(str::to_owned);
    let claims = json!({ "iss": client, "sub": client, "aud": audience, "iat": now, "exp": now + 3_000, "jti": jti });
    jsonwebtoken::encode(&header, &claims, key).unwrap()
}

#[tokio::test]
async fn an_assertion_by_secret_is_taken_once_and_for_this_org_alone() {
    let site = Site::start().await;
    let party = RelyingParty::with(&site, |app| {
        app["credentials"]["oauthClient"] = json!({ "token_endpoint_auth_method": "client_secret_jwt" })
    })
    .await;
    let browser = Browser::new(&site);
    let now = site.running.org.now().as_seconds();
    let key = EncodingKey::from_secret(party.secret.as_bytes());
    let call = async |assertion: &str| {
        introspect(&browser, None, &[("client_assertion_type", ASSERTION), ("client_assertion", assertion)]).await
    };
    let make =
        |audience: &str, jti: &str| assertion(&key, Algorithm::HS256, None, &party.client_id, audience, now, jti);
    let base = site.base();
    let good = make(&format!("{base}/oauth2/v1/token"), "1");
    assert_eq!(call(&good).await.is(200).json()["active"], false);
    assert_eq!(
        call(&good).await.is(401).json()["error_description"],
        "The client_assertion token has already been used."
    );
    let double = base.replacen("http://", "", 1);
    for audience in [base.clone(), format!("http://{double}//oauth2/v1/token"), format!("{base}/oauth2/v1/introspect")]
    {
        call(&make(&audience, &audience)).await.is(200);
    }
    assert_eq!(call(&make("https://other.test/oauth2/v1/token", "2")).await.is(401).json()["error"], "invalid_client");
    let forged = EncodingKey::from_secret(b"another secret that is long enough for this");
    call(&assertion(&forged, Algorithm::HS256, None, &party.client_id, &base, now, "3")).await.is(401);
    call(&assertion(&key, Algorithm::HS256, None, &party.client_id, &base, now - 7_200, "4")).await.is(401);
    call("not.a.jwt").await.is(401);
    let race = make(&base, "5");
    let results = futures::future::join_all((0..10).map(|_| call(&race))).await;
    assert_eq!(results.iter().filter(|page| page.status == 200).count(), 1);
}

pub(in crate::tests) fn rsa() -> (EncodingKey, Value) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap()).unwrap();
    jwk["kid"] = json!("key-1");
    jwk["use"] = json!("sig");
    (key, jwk)
}

#[tokio::test]
async fn a_service_gets_a_token_for_the_owner_s_api_at_a_custom_server() {
    let site = Site::start().await;
    let scope = json!({ "name": "orders:read", "description": "Reads orders", "metadataPublish": "ALL_CLIENTS" });
    let made = site.post("/api/v1/authorizationServers/default/scopes", scope.clone()).await.is(201).ok();
    assert_eq!(
        (&made["name"], &made["consent"], &made["system"]),
        (&json!("orders:read"), &json!("IMPLICIT"), &json!(false))
    );
    site.post("/api/v1/authorizationServers/default/scopes", scope).await.refused(400, "E0000001");
    let party = RelyingParty::with(&site, |app| {
        app["settings"]["oauthClient"] = json!({
            "application_type": "service", "response_types": ["token"], "grant_types": ["client_credentials"],
        });
    })
    .await;
    let browser = Browser::new(&site);
    let ask = |scope: &'static str| [("grant_type", "client_credentials"), ("scope", scope)];
    let refused = party.post(&browser, "token", &ask("orders:read")).await.is(401).json();
    assert_eq!(refused["error"], "invalid_client", "the org's server is for private keys and its own API");
    let party = party.at("/oauth2/default/v1");
    for (scope, error) in [("", "invalid_scope"), ("openid", "invalid_scope"), ("orders:write", "invalid_scope")] {
        assert_eq!(party.post(&browser, "token", &ask(scope)).await.is(400).json()["error"], error, "{scope}");
    }
    let tokens = party.post(&browser, "token", &ask("orders:read")).await.is(200).json();
    assert!(tokens.get("id_token").is_none() && tokens.get("refresh_token").is_none());
    let claims = verified(&tokens["access_token"], &browser.get("/oauth2/default/v1/keys").await.json());
    assert_eq!((&claims["sub"], &claims["cid"]), (&json!(party.client_id), &json!(party.client_id)));
    assert_eq!((&claims["aud"], &claims["scp"]), (&json!("api://default"), &json!(["orders:read"])));
    assert!(claims.get("uid").is_none());
    assert!(party.is_active(&browser, &tokens["access_token"]).await);
    let document = browser.get("/oauth2/default/.well-known/oauth-authorization-server").await.json();
    assert!(document["scopes_supported"].as_array().unwrap().contains(&json!("orders:read")));
    let path = format!("/api/v1/authorizationServers/default/scopes/{}", made["id"].as_str().unwrap());
    assert_eq!(site.get(&path).await.ok(), made);
    site.delete(&path).await.is(204);
    party.post(&browser, "token", &ask("orders:read")).await.is(400);
}

#[tokio::test]
async fn an_assertion_by_private_key_is_checked_with_the_app_s_own_keys() {
    let site = Site::start().await;
    let (key, jwk) = rsa();
    let party = RelyingParty::with(&site, |app| {
        app["credentials"]["oauthClient"] = json!({ "token_endpoint_auth_method": "private_key_jwt" });
        app["settings"]["oauthClient"]["jwks"] = json!({ "keys": [jwk] });
    })
    .await;
    let browser = Browser::new(&site);
    let now = site.running.org.now().as_seconds();
    let base = site.base();
    let call = async |assertion: &str| {
        introspect(&browser, None, &[("client_assertion_type", ASSERTION), ("client_assertion", assertion)]).await
    };
    call(&assertion(&key, Algorithm::RS256, Some("key-1"), &party.client_id, &base, now, "1")).await.is(200);
    call(&assertion(&key, Algorithm::RS256, None, &party.client_id, &base, now, "2")).await.is(200);
    call(&assertion(&key, Algorithm::RS256, Some("key-2"), &party.client_id, &base, now, "3")).await.is(401);
    let (other, _) = rsa();
    call(&assertion(&other, Algorithm::RS256, Some("key-1"), &party.client_id, &base, now, "4")).await.is(401);
    let public = EncodingKey::from_secret(jwk["n"].as_str().unwrap().as_bytes());
    let confused = call(&assertion(&public, Algorithm::HS256, Some("key-1"), &party.client_id, &base, now, "5"))
        .await
        .is(401)
        .json();
    assert_eq!(confused["error_description"], "The client_assertion JWT signature algorithm is invalid.");
    call(&assertion(&key, Algorithm::RS256, Some("key-1"), "0oaUnknown", &base, now, "6")).await.is(401);
}
