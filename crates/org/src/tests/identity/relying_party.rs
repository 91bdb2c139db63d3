//! An application that signs people in: what an OIDC client does, step by step.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::JwkSet};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::{PASSWORD, Site, id},
    browser::{Browser, Page},
};

pub(super) const REDIRECT: &str = "http://127.0.0.1:8080/OIDCCallback";
pub(super) const AFTER_LOGOUT: &str = "http://127.0.0.1:8080/";
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const LOGIN: &str = "ada@example.com";

#[derive(Clone)]
pub(super) struct RelyingParty {
    pub app: String,
    pub client_id: String,
    pub secret: String,
    pub user: Value,
    /// `/oauth2/v1` or that of a custom server.
    pub server: String,
}

impl RelyingParty {
    /// A confidential web app with one person assigned.
    pub(super) async fn new(site: &Site) -> RelyingParty {
        RelyingParty::with(site, |_| ()).await
    }

    pub(super) async fn with(site: &Site, change: impl FnOnce(&mut Value)) -> RelyingParty {
        let user = site.new_user(LOGIN).await;
        let mut app = json!({
            "name": "oidc_client", "label": "WebReports", "signOnMode": "OPENID_CONNECT",
            "credentials": { "oauthClient": { "token_endpoint_auth_method": "client_secret_basic" } },
            "settings": { "oauthClient": {
                "application_type": "web", "response_types": ["code"], "grant_types": ["authorization_code", "refresh_token"],
                "redirect_uris": [REDIRECT], "post_logout_redirect_uris": [AFTER_LOGOUT],
            } },
        });
        change(&mut app);
        let app = site.post("/api/v1/apps", app).await.ok();
        site.post(&format!("/api/v1/apps/{}/users", id(&app)), json!({ "id": id(&user), "scope": "USER" })).await.ok();
        let client = &app["credentials"]["oauthClient"];
        RelyingParty {
            app: id(&app).to_owned(),
            client_id: client["client_id"].as_str().unwrap().to_owned(),
            secret: client["client_secret"].as_str().unwrap_or_default().to_owned(),
            user,
            server: "/oauth2/v1".to_owned(),
        }
    }

    pub(super) fn at(mut self, server: impl Into<String>) -> RelyingParty {
        self.server = server.into();
        self
    }

    /// The address to begin at, with these parameters in place of the usual ones; an empty value leaves one out.
    pub(super) fn authorize(&self, changed: &[(&str, &str)]) -> String {
        let mut parameters = vec![
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", REDIRECT),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "state-1"),
            ("nonce", "nonce-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in changed {
            parameters.retain(|(known, _)| known != name);
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("{}/authorize?{query}", self.server)
    }

    /// From the beginning through the sign-in page to the answer.
    pub(super) async fn answer(&self, browser: &Browser, changed: &[(&str, &str)]) -> Page {
        let start = browser.get(&self.authorize(changed)).await;
        if !start.location.as_deref().is_some_and(|location| location.starts_with("/login/login.htm")) {
            return start;
        }
        let signed_in = browser.submit_sign_in(start.to(), LOGIN, PASSWORD).await.is(303);
        browser.get(signed_in.to()).await
    }

    pub(super) async fn code(&self, browser: &Browser, changed: &[(&str, &str)]) -> String {
        let page = self.answer(browser, changed).await.is(302);
        page.parameter("code").unwrap_or_else(|| panic!("no code: {}", page.to()))
    }

    pub(super) fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.client_id, self.secret)))
    }

    /// A form to an endpoint with client_secret_basic.
    pub(super) async fn post(&self, browser: &Browser, endpoint: &str, fields: &[(&str, &str)]) -> Page {
        let request =
            browser.request(Method::POST, &format!("{}/{endpoint}", self.server)).header("Authorization", self.basic());
        browser.send(request.form(fields)).await
    }

    pub(super) async fn redeem(&self, browser: &Browser, code: &str) -> Page {
        self.redeem_with(browser, code, &[]).await
    }

    pub(super) async fn redeem_with(&self, browser: &Browser, code: &str, changed: &[(&str, &str)]) -> Page {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ];
        for (name, value) in changed {
            fields.retain(|(known, _)| known != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        self.post(browser, "token", &fields).await
    }

    /// The whole way to tokens.
    pub(super) async fn tokens(&self, browser: &Browser, changed: &[(&str, &str)]) -> Value {
        let code = self.code(browser, changed).await;
        self.redeem(browser, &code).await.is(200).json()
    }

    pub(super) async fn refresh(&self, browser: &Browser, token: &Value) -> Page {
        self.post(browser, "token", &[("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())])
            .await
    }

    pub(super) async fn is_active(&self, browser: &Browser, token: &Value) -> bool {
        self.post(browser, "introspect", &[("token", token.as_str().unwrap())]).await.is(200).json()["active"] == true
    }

    pub(super) async fn user_info(&self, browser: &Browser, token: &Value) -> Page {
        let request = browser.request(Method::GET, &format!("{}/userinfo", self.server));
        browser.send(request.bearer_auth(token.as_str().unwrap())).await
    }
}

/// The claims of a token that one of these keys signed.
pub(super) fn verified(token: &Value, keys: &Value) -> Value {
    let token = token.as_str().unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::RS256, None));
    let keys: JwkSet = serde_json::from_value(keys.clone()).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).expect("the key is published");
    let validation = crate::oauth::key::signature_only(Algorithm::RS256);
    jsonwebtoken::decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims
}

/// The part of a token, unchecked.
pub(super) fn part(token: &Value, index: usize) -> Value {
    let part = token.as_str().unwrap().split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
