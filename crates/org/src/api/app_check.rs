//! Whether the body of an app makes sense, and what an app is made of; `app_settings` knows the kinds without an OAuth client.
//!
//! Invariant: a stored document holds known properties of the right types alone, with Okta's defaults where nothing was given, and
//! never a client secret.

use serde_json::{Map, Value, json};
use url::Url;
use vault::Secret;

use super::{app_settings, body::Properties};
use crate::{
    error::{Answer, Fault, codes},
    model::{
        app::SignOnMode,
        client_key::PER_APP_MAX as KEYS_MAX,
        client_secret::{LEN_MAX as SECRET_LEN_MAX, LEN_MIN as SECRET_LEN_MIN},
    },
};

const LABEL_LEN_MAX: usize = 100;
const URIS_MAX: usize = 100;
const URI_LEN_MAX: usize = 1_024;
const LEEWAY_MAX: u64 = 60;
const LEEWAY_DEFAULT: u64 = 30;
const CLIENT_ID_LEN_MIN: usize = 6;
const CLIENT_ID_LEN_MAX: usize = 100;
const CLIENT_KEY_BITS_MIN: usize = 2_048;

const GRANT_TYPES: &[&str] = &[
    "authorization_code",
    "implicit",
    "password",
    "refresh_token",
    "client_credentials",
    "interaction_code",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba",
    "urn:okta:params:oauth:grant-type:otp",
    "urn:okta:params:oauth:grant-type:oob",
    "http://auth0.com/oauth/grant-type/mfa-otp",
    "http://auth0.com/oauth/grant-type/mfa-oob",
];
const RESPONSE_TYPES: &[&str] = &["code", "token", "id_token"];
const METHODS: &[&str] = &["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];
const SIGNING_ALGORITHMS: &[&str] = &["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
const APPLICATION_TYPES: &[&str] = &["web", "native", "browser", "service"];
/// Schemes that a browser would run instead of going to.
const SCHEMES_REFUSED: &[&str] = &["javascript", "data", "vbscript", "file", "blob", "about"];
/// Texts of the client's settings that are kept as they are.
const PLAIN_TEXTS: &[&str] = &["client_uri", "logo_uri", "tos_uri", "policy_uri", "initiate_login_uri"];

/// An app as a body describes it.
#[derive(Debug)]
pub struct Checked {
    pub label: String,
    pub sign_on_mode: SignOnMode,
    pub name: String,
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
    pub document: Map<String, Value>,
}

impl Checked {
    /// Whether the client shows a secret.
    pub fn needs_secret(&self) -> bool {
        let method = self
            .document
            .get("credentials")
            .and_then(|credentials| credentials.pointer("/oauthClient/token_endpoint_auth_method"));
        method.and_then(Value::as_str).is_some_and(|method| method.starts_with("client_secret"))
    }
}

/// Reads the body of a create or replace call.
pub fn check(body: &Map<String, Value>) -> Answer<Checked> {
    let label = body.text("label")?.unwrap_or_default().trim().to_owned();
    if label.is_empty() || label.chars().count() > LABEL_LEN_MAX {
        return Err(Fault::field("label", &format!("The field must be between 1 and {LABEL_LEN_MAX} characters")));
    }
    let mode = body.text("signOnMode")?.ok_or_else(|| Fault::field("signOnMode", "The field cannot be left blank"))?;
    let sign_on_mode =
        SignOnMode::parse(mode).ok_or_else(|| Fault::field("signOnMode", "The sign-on mode is not valid"))?;
    let mut document = Map::new();
    let accessibility = json!({ "selfService": false, "errorRedirectUrl": null, "loginRedirectUrl": null });
    document.insert("accessibility".to_owned(), laid_over(accessibility, body.child("accessibility")?));
    let name = app_settings::name(sign_on_mode, body.text("name")?, &label)?;
    let link = if sign_on_mode == SignOnMode::OpenIdConnect { "oidc_client_link" } else { "login" };
    let hidden = sign_on_mode == SignOnMode::OpenIdConnect;
    let visibility = json!({ "autoLaunch": false, "autoSubmitToolbar": false, "hide": { "iOS": hidden, "web": hidden }, "appLinks": { link: true } });
    document.insert("visibility".to_owned(), laid_over(visibility, body.child("visibility")?));
    if let Some(profile) = body.child("profile")? {
        document.insert("profile".to_owned(), Value::Object(profile.clone()));
    }
    let empty = Map::new();
    let (credentials, settings) =
        (body.child("credentials")?.unwrap_or(&empty), body.child("settings")?.unwrap_or(&empty));
    let mut kept_settings = common_settings(settings)?;
    let mut kept_credentials = Map::new();
    let (mut client_id, mut client_secret) = (None, None);
    match sign_on_mode {
        SignOnMode::OpenIdConnect => {
            let client = settings
                .child("oauthClient")?
                .ok_or_else(|| Fault::field("settings.oauthClient", "The field cannot be left blank"))?;
            let client_credentials = credentials.child("oauthClient")?.unwrap_or(&empty);
            let client = oauth_client(client)?;
            let kept = oauth_credentials(client_credentials, &client)?;
            client_id = given_client_id(client_credentials)?;
            client_secret = given_secret(client_credentials, &kept)?;
            kept_settings.insert("oauthClient".to_owned(), Value::Object(client));
            kept_credentials.insert("oauthClient".to_owned(), Value::Object(kept));
        }
        other => {
            kept_credentials = app_settings::credentials(other, credentials)?;
            app_settings::check(other, settings, &mut kept_settings)?;
        }
    }
    if let Some(kid) = credentials.child("signing")?.unwrap_or(&empty).text("kid")? {
        kept_credentials.insert("signing".to_owned(), json!({ "kid": kid }));
    }
    let template =
        laid_over(json!({ "template": "${source.login}", "type": "BUILT_IN" }), credentials.child("userNameTemplate")?);
    kept_credentials.insert("userNameTemplate".to_owned(), template);
    document.insert("credentials".to_owned(), Value::Object(kept_credentials));
    document.insert("settings".to_owned(), Value::Object(kept_settings));
    Ok(Checked { label, sign_on_mode, name, client_id, client_secret, document })
}

/// Defaults, with what was given in their place; nothing that has no default.
pub(super) fn laid_over(mut defaults: Value, given: Option<&Map<String, Value>>) -> Value {
    let Some(given) = given else { return defaults };
    for (name, value) in given {
        if let Some(slot) = defaults.get_mut(name) {
            *slot = value.clone();
        }
    }
    defaults
}

fn common_settings(settings: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let defaults = json!({
        "app": {},
        "notifications": { "vpn": { "network": { "connection": "DISABLED" }, "message": null, "helpUrl": null } },
        "manualProvisioning": false,
        "implicitAssignment": false,
        "notes": { "admin": null, "enduser": null },
    });
    if settings.flag("implicitAssignment")? == Some(true) {
        return Err(Fault::field("implicitAssignment", "Implicit assignment is not enabled for this org"));
    }
    match laid_over(defaults, Some(settings)) {
        Value::Object(kept) => Ok(kept),
        _ => Ok(Map::new()),
    }
}

fn oauth_client(given: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let mut kept = Map::new();
    let application_type = one_of(given, "application_type", APPLICATION_TYPES)?.unwrap_or("web");
    for name in PLAIN_TEXTS {
        let text = given.text(name)?;
        if text.is_some_and(|text| !is_web_address(text)) {
            return Err(Fault::field(name, &format!("'{name}' must be an absolute http or https URI")));
        }
        if *name == "client_uri" || *name == "logo_uri" || text.is_some() {
            kept.insert((*name).to_owned(), text.into());
        }
    }
    let grant_types = many_of(given, "grant_types", GRANT_TYPES)?.unwrap_or_else(|| default_grants(application_type));
    let has = |grant: &str| grant_types.iter().any(|given| given == grant);
    let redirects = has("authorization_code") || has("implicit") || has("interaction_code");
    let redirect_uris = uris(given, "redirect_uris")?;
    if redirects && redirect_uris.is_empty() {
        return Err(Fault::field(
            "redirect_uris",
            "'redirect_uris' must have at least one entry for these grant types",
        ));
    }
    if application_type == "service" && (redirects || !has("client_credentials")) {
        return Err(Fault::field("grant_types", "'grant_types' of a service app must be client_credentials"));
    }
    if has("client_credentials") && application_type == "browser" {
        return Err(Fault::field(
            "grant_types",
            "'client_credentials' is not valid for an app whose secret cannot be kept",
        ));
    }
    let response_types =
        many_of(given, "response_types", RESPONSE_TYPES)?.unwrap_or_else(|| default_responses(&grant_types));
    if has("authorization_code") != response_types.iter().any(|response| response == "code") {
        return Err(Fault::field(
            "response_types",
            "'response_types' must have code exactly when 'grant_types' has authorization_code",
        ));
    }
    kept.insert("redirect_uris".to_owned(), redirect_uris.into());
    kept.insert("post_logout_redirect_uris".to_owned(), uris(given, "post_logout_redirect_uris")?.into());
    kept.insert("response_types".to_owned(), response_types.into());
    kept.insert("grant_types".to_owned(), grant_types.clone().into());
    kept.insert("application_type".to_owned(), application_type.into());
    let consent = one_of(given, "consent_method", &["TRUSTED", "REQUIRED"])?.unwrap_or("TRUSTED");
    kept.insert("consent_method".to_owned(), consent.into());
    let issuer = one_of(given, "issuer_mode", &["ORG_URL", "CUSTOM_URL", "DYNAMIC"])?.unwrap_or("DYNAMIC");
    kept.insert("issuer_mode".to_owned(), issuer.into());
    if has("refresh_token") {
        kept.insert("refresh_token".to_owned(), refresh_token(given, application_type)?);
    }
    let initiated = laid_over(json!({ "mode": "DISABLED", "default_scope": [] }), given.child("idp_initiated_login")?);
    kept.insert("idp_initiated_login".to_owned(), initiated);
    if one_of(given, "wildcard_redirect", &["DISABLED", "SUBDOMAIN"])? == Some("SUBDOMAIN") {
        return Err(Fault::field("wildcard_redirect", "Wildcards in redirect URIs are not enabled for this org"));
    }
    kept.insert("wildcard_redirect".to_owned(), "DISABLED".into());
    if let Some(uri) = given.text("frontchannel_logout_uri")? {
        if !is_web_address(uri) {
            let reason = "'frontchannel_logout_uri' must be an absolute http or https URI";
            return Err(Fault::field("frontchannel_logout_uri", reason));
        }
        kept.insert("frontchannel_logout_uri".to_owned(), uri.into());
        let with_session = given.flag("frontchannel_logout_session_required")?.unwrap_or(false);
        kept.insert("frontchannel_logout_session_required".to_owned(), with_session.into());
    }
    if let Some(algorithm) = one_of(given, "request_object_signing_alg", SIGNING_ALGORITHMS)? {
        kept.insert("request_object_signing_alg".to_owned(), algorithm.into());
    }
    if given.text("id_token_encrypted_response_alg")?.is_some() {
        let reason = "Encryption of ID tokens is not enabled for this org";
        return Err(Fault::field("id_token_encrypted_response_alg", reason));
    }
    if given.flag("dpop_bound_access_tokens")? == Some(true) {
        return Err(Fault::field("dpop_bound_access_tokens", "DPoP is not enabled for this org"));
    }
    kept.insert("dpop_bound_access_tokens".to_owned(), false.into());
    if given.text("jwks_uri")?.is_some() {
        return Err(Fault::field(
            "jwks_uri",
            "Key sets at an address are not enabled for this org; give them as 'jwks'",
        ));
    }
    if let Some(jwks) = given.child("jwks")? {
        check_keys(jwks)?;
        kept.insert("jwks".to_owned(), Value::Object(jwks.clone()));
    }
    Ok(kept)
}

fn default_grants(application_type: &str) -> Vec<String> {
    vec![if application_type == "service" { "client_credentials" } else { "authorization_code" }.to_owned()]
}

fn default_responses(grant_types: &[String]) -> Vec<String> {
    let has = |grant: &str| grant_types.iter().any(|given| given == grant);
    let mut responses = Vec::new();
    if has("authorization_code") {
        responses.push("code".to_owned());
    }
    if has("implicit") {
        responses.extend(["token".to_owned(), "id_token".to_owned()]);
    }
    if has("client_credentials") && responses.is_empty() {
        responses.push("token".to_owned());
    }
    responses
}

fn refresh_token(given: &Map<String, Value>, application_type: &str) -> Answer<Value> {
    let empty = Map::new();
    let refresh = given.child("refresh_token")?.unwrap_or(&empty);
    let default = if application_type == "browser" { "ROTATE" } else { "STATIC" };
    let rotation = one_of(refresh, "rotation_type", &["STATIC", "ROTATE"])?.unwrap_or(default);
    if rotation == "STATIC" {
        return Ok(json!({ "rotation_type": rotation }));
    }
    let leeway = match refresh.get("leeway") {
        None | Some(Value::Null) => LEEWAY_DEFAULT,
        Some(leeway) => leeway
            .as_u64()
            .filter(|leeway| *leeway <= LEEWAY_MAX)
            .ok_or_else(|| Fault::field("leeway", "'leeway' must be between 0 and 60"))?,
    };
    Ok(json!({ "rotation_type": rotation, "leeway": leeway }))
}

fn oauth_credentials(given: &Map<String, Value>, client: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let public = matches!(client.text("application_type")?, Some("native" | "browser"));
    let method = one_of(given, "token_endpoint_auth_method", METHODS)?.unwrap_or(if public {
        "none"
    } else {
        "client_secret_basic"
    });
    if method == "none" && !public {
        return Err(Fault::field(
            "token_endpoint_auth_method",
            "'token_endpoint_auth_method' of this application type cannot be none",
        ));
    }
    if method == "private_key_jwt" && !client.contains_key("jwks") {
        return Err(Fault::field("jwks", "'jwks' must be given for private_key_jwt"));
    }
    let pkce = given.flag("pkce_required")?.unwrap_or(method == "none");
    if method == "none" && !pkce {
        return Err(Fault::field(
            "pkce_required",
            "'pkce_required' must be true when 'token_endpoint_auth_method' is none",
        ));
    }
    let mut kept = Map::new();
    kept.insert("autoKeyRotation".to_owned(), given.flag("autoKeyRotation")?.unwrap_or(true).into());
    kept.insert("token_endpoint_auth_method".to_owned(), method.into());
    kept.insert("pkce_required".to_owned(), pkce.into());
    Ok(kept)
}

fn given_client_id(given: &Map<String, Value>) -> Answer<Option<String>> {
    let Some(id) = given.text("client_id")? else { return Ok(None) };
    let length = (CLIENT_ID_LEN_MIN..=CLIENT_ID_LEN_MAX).contains(&id.len());
    if length && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"$-_.+!*'()".contains(&byte)) {
        return Ok(Some(id.to_owned()));
    }
    Err(Fault::field(
        "client_id",
        &format!("'client_id' must be {CLIENT_ID_LEN_MIN} to {CLIENT_ID_LEN_MAX} printable characters without blanks"),
    ))
}

fn given_secret(given: &Map<String, Value>, kept: &Map<String, Value>) -> Answer<Option<Secret>> {
    let Some(secret) = given.text("client_secret")? else { return Ok(None) };
    if !kept.text("token_endpoint_auth_method")?.is_some_and(|method| method.starts_with("client_secret")) {
        return Err(Fault::field(
            "client_secret",
            "'client_secret' must not be given for this 'token_endpoint_auth_method'",
        ));
    }
    check_secret(secret)?;
    Ok(Some(Secret::new(secret)))
}

/// The rules for a secret that an administrator chooses.
pub fn check_secret(secret: &str) -> Answer<()> {
    if secret.len() < SECRET_LEN_MIN {
        return Err(Fault::field(
            "client_secret",
            &format!("'client_secret' must be at least '{SECRET_LEN_MIN}' characters long."),
        ));
    }
    if secret.len() > SECRET_LEN_MAX {
        return Err(Fault::field(
            "client_secret",
            &format!("'client_secret' can't be more than '{SECRET_LEN_MAX}' characters long."),
        ));
    }
    if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Fault::field("client_secret", "'client_secret' must only contain printable ASCII characters."));
    }
    Ok(())
}

fn check_keys(jwks: &Map<String, Value>) -> Answer<()> {
    let keys = jwks.get("keys").and_then(Value::as_array).filter(|keys| !keys.is_empty());
    let keys = keys.ok_or_else(|| Fault::field("jwks", "'jwks' must have a list of keys"))?;
    if keys.len() > KEYS_MAX {
        return Err(Fault::field("jwks", &format!("'jwks' has more than {KEYS_MAX} keys")));
    }
    for key in keys {
        check_key(key.as_object().ok_or_else(|| Fault::new(&codes::E0000003))?)?;
    }
    Ok(())
}

/// The rules for a public key of a client.
pub fn check_key(key: &Map<String, Value>) -> Answer<()> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let text = |name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("kty") {
        "RSA" => {
            let modulus = URL_SAFE_NO_PAD.decode(text("n")).unwrap_or_default();
            let leading = modulus.iter().take_while(|byte| **byte == 0).count();
            if (modulus.len() - leading) * 8 < CLIENT_KEY_BITS_MIN {
                let reason = format!("RSA key lengths must be at least {CLIENT_KEY_BITS_MIN} bits");
                return Err(Fault::field("jwks", &reason));
            }
        }
        "EC" if matches!(text("crv"), "P-256" | "P-384" | "P-521") => {}
        _ => return Err(Fault::field("jwks", "The key type is not supported")),
    }
    if key.get("d").is_some() {
        return Err(Fault::field("jwks", "'jwks' must hold public keys alone"));
    }
    Ok(())
}

pub(super) fn one_of<'a>(given: &'a Map<String, Value>, name: &str, known: &[&'static str]) -> Answer<Option<&'a str>> {
    match given.text(name)? {
        Some(text) if !known.contains(&text) => {
            Err(Fault::field(name, &format!("'{name}' must be one of: {}", known.join(", "))))
        }
        text => Ok(text),
    }
}

fn many_of(given: &Map<String, Value>, name: &str, known: &[&'static str]) -> Answer<Option<Vec<String>>> {
    let Some(values) = given.texts(name)? else { return Ok(None) };
    match values.iter().find(|value| !known.contains(&value.as_str())) {
        Some(wrong) => Err(Fault::field(name, &format!("'{wrong}' is not a valid entry of '{name}'"))),
        None => Ok(Some(values).filter(|values| !values.is_empty())),
    }
}

/// Redirect URIs: absolute, without a fragment, without wildcards, nothing that a browser would run.
fn uris(given: &Map<String, Value>, name: &str) -> Answer<Vec<String>> {
    let values = given.texts(name)?.unwrap_or_default();
    if values.len() > URIS_MAX {
        return Err(Fault::field(name, &format!("'{name}' has more than {URIS_MAX} entries")));
    }
    for value in &values {
        let parsed =
            Url::parse(value).ok().filter(|url| !SCHEMES_REFUSED.contains(&url.scheme()) && url.fragment().is_none());
        let parsed = parsed.filter(|url| !matches!(url.scheme(), "http" | "https") || url.has_host());
        if parsed.is_none() || value.contains('*') || value.len() > URI_LEN_MAX || value.trim() != value {
            return Err(Fault::field(name, &format!("'{value}' is not an absolute URI without fragment and wildcard")));
        }
    }
    Ok(values)
}

pub(super) fn is_web_address(text: &str) -> bool {
    text.len() <= URI_LEN_MAX
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(client: Value, credentials: Value) -> Answer<Checked> {
        let mut settings = json!({ "redirect_uris": ["https://portal.example.test/OIDCCallback"], "grant_types": ["authorization_code"] });
        settings.as_object_mut().unwrap().extend(client.as_object().unwrap().clone());
        let body = json!({ "label": "Portal", "signOnMode": "OPENID_CONNECT", "settings": { "oauthClient": settings }, "credentials": { "oauthClient": credentials } });
        check(body.as_object().unwrap())
    }

    #[test]
    fn a_web_app_gets_okta_s_defaults() {
        let checked = web(json!({}), json!({})).unwrap();
        let pointer = |path: &str| Value::Object(checked.document.clone()).pointer(path).cloned().unwrap_or_default();
        assert_eq!(pointer("/credentials/oauthClient/token_endpoint_auth_method"), "client_secret_basic");
        assert_eq!(pointer("/settings/oauthClient/response_types"), json!(["code"]));
        assert_eq!(pointer("/settings/oauthClient/consent_method"), "TRUSTED");
        assert!(checked.needs_secret());
    }

    #[test]
    fn a_browser_app_is_public_with_pkce_and_rotation() {
        let checked = web(
            json!({ "application_type": "browser", "grant_types": ["authorization_code", "refresh_token"] }),
            json!({}),
        )
        .unwrap();
        let pointer = |path: &str| Value::Object(checked.document.clone()).pointer(path).cloned().unwrap_or_default();
        assert_eq!(pointer("/credentials/oauthClient/token_endpoint_auth_method"), "none");
        assert_eq!(pointer("/credentials/oauthClient/pkce_required"), true);
        assert_eq!(pointer("/settings/oauthClient/refresh_token"), json!({ "rotation_type": "ROTATE", "leeway": 30 }));
        assert!(!checked.needs_secret());
    }

    #[test]
    fn what_would_be_unsafe_or_senseless_is_refused() {
        let cases = [
            (json!({ "redirect_uris": [] }), json!({})),
            (json!({ "redirect_uris": ["javascript:alert(1)"] }), json!({})),
            (json!({ "redirect_uris": ["https://*.example.test/"] }), json!({})),
            (json!({ "redirect_uris": ["/local"] }), json!({})),
            (json!({ "redirect_uris": ["https://a.test/#x"] }), json!({})),
            (json!({ "grant_types": ["magic"] }), json!({})),
            (json!({ "response_types": ["token"] }), json!({})),
            (json!({ "application_type": "service" }), json!({})),
            (json!({}), json!({ "token_endpoint_auth_method": "none" })),
            (json!({ "application_type": "native" }), json!({ "pkce_required": false })),
            (json!({}), json!({ "client_secret": "short" })),
            (json!({}), json!({ "client_id": "a b c d e f" })),
            (json!({}), json!({ "token_endpoint_auth_method": "private_key_jwt" })),
            (
                json!({ "jwks": { "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] } }),
                json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            ),
        ];
        for (client, credentials) in cases {
            let fault = web(client.clone(), credentials.clone()).expect_err(&format!("{client} {credentials}"));
            assert_eq!(fault.code.code, "E0000001");
        }
    }
}
