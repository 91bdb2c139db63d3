//! Discovery documents and published keys: what every client reads first. They are not limited by rate and open to every origin.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    cors,
    custom_scope::{self, CustomScope},
    device, key,
    server::Server,
};
use crate::{Org, api::edge::Address, error::Answer};

const DISCOVERY_LIFE: &str = "max-age=86400, must-revalidate";
/// Keys may lie in a cache this long at most, so that a key made by hand is seen within a day.
const KEYS_LIFE_MAX: Duration = Duration::from_secs(24 * 3_600);

const RESPONSE_MODES: [&str; 4] = ["query", "fragment", "form_post", "okta_post_message"];
const AUTH_METHODS: [&str; 5] =
    ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];
const SIGNING_ALGORITHMS: [&str; 9] = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

/// `/.well-known/openid-configuration` of the org's server or a custom one.
pub async fn openid(State(org): State<Org>, server: Server, address: Address) -> Answer<Response> {
    let custom = custom_scope::of_server(&mut *org.db.read().await?, &server).await?;
    let mut document = endpoints(&server, &address, true);
    document.extend(object(json!({
        "response_types_supported": ["code", "id_token", "code id_token", "code token", "id_token token", "code id_token token"],
        "response_modes_supported": RESPONSE_MODES,
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "password", device::GRANT_TYPE],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })));
    if !server.is_org() {
        document.extend(object(json!({
            "id_token_encryption_alg_values_supported": ["RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512"],
            "id_token_encryption_enc_values_supported": ["A256GCM"],
        })));
    }
    document.extend(object(json!({
        "scopes_supported": scopes(&server, &custom),
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "claims_supported": [
            "iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "amr", "idp", "nonce", "name", "nickname", "preferred_username",
            "given_name", "middle_name", "family_name", "email", "email_verified", "profile", "zoneinfo", "locale", "address",
            "phone_number", "picture", "website", "gender", "birthdate", "updated_at", "at_hash", "c_hash",
        ],
    })));
    document.extend(ending(&server, &address));
    Ok(send(document))
}

/// `/.well-known/oauth-authorization-server` of the org's server or a custom one.
pub async fn oauth(State(org): State<Org>, server: Server, address: Address) -> Answer<Response> {
    let custom = custom_scope::of_server(&mut *org.db.read().await?, &server).await?;
    let mut document = endpoints(&server, &address, false);
    document.extend(object(json!({
        "response_types_supported": ["code", "token", "id_token", "code id_token", "code token", "id_token token", "code id_token token"],
        "response_modes_supported": RESPONSE_MODES,
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "password", "client_credentials", device::GRANT_TYPE],
        "subject_types_supported": ["public"],
        "scopes_supported": scopes(&server, &custom),
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "claims_supported": ["ver", "jti", "iss", "aud", "iat", "exp", "cid", "uid", "scp", "sub"],
    })));
    document.extend(ending(&server, &address));
    Ok(send(document))
}

fn endpoints(server: &Server, address: &Address, with_userinfo: bool) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("issuer".to_owned(), server.issuer(address).into());
    document.insert("authorization_endpoint".to_owned(), server.endpoint(address, "authorize").into());
    document.insert("token_endpoint".to_owned(), server.endpoint(address, "token").into());
    if with_userinfo {
        document.insert("userinfo_endpoint".to_owned(), server.endpoint(address, "userinfo").into());
    }
    document.insert("registration_endpoint".to_owned(), address.link("/oauth2/v1/clients").into());
    document.insert("jwks_uri".to_owned(), server.endpoint(address, "keys").into());
    document
}

fn scopes<'a>(server: &Server, custom: &'a [CustomScope]) -> Vec<&'a str> {
    let known: &[&'static str] = if server.is_org() {
        &["openid", "email", "profile", "address", "phone", "offline_access", "groups"]
    } else {
        &[
            "okta.myAccount.email.manage",
            "okta.myAccount.email.read",
            "okta.myAccount.manage",
            "okta.myAccount.phone.manage",
            "okta.myAccount.phone.read",
            "okta.myAccount.profile.manage",
            "okta.myAccount.profile.read",
            "okta.myAccount.read",
            "openid",
            "profile",
            "email",
            "address",
            "phone",
            "offline_access",
            "device_sso",
        ]
    };
    let published = custom.iter().filter(|scope| scope.is_published).map(|scope| scope.name.as_str());
    known.iter().copied().chain(published).collect()
}

fn ending(server: &Server, address: &Address) -> Map<String, Value> {
    object(json!({
        "code_challenge_methods_supported": ["S256"],
        "introspection_endpoint": server.endpoint(address, "introspect"),
        "introspection_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint": server.endpoint(address, "revoke"),
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "end_session_endpoint": server.endpoint(address, "logout"),
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": SIGNING_ALGORITHMS,
        "device_authorization_endpoint": server.endpoint(address, "device/authorize"),
        "pushed_authorization_request_endpoint": server.endpoint(address, "par"),
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn send(document: Map<String, Value>) -> Response {
    let mut response = Json(Value::Object(document)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(DISCOVERY_LIFE));
    cors::open(response)
}

/// `…/v1/keys`
pub async fn keys(State(org): State<Org>, server: Server) -> Answer<Response> {
    let (keys, left) = key::published(&org, &server).await?;
    let life = left.min(KEYS_LIFE_MAX).as_secs();
    let mut response = Json(keys).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("max-age={life}, must-revalidate")) {
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    Ok(cors::open(response))
}

/// Preflight of what everybody may read.
pub async fn preflight(headers: HeaderMap) -> Response {
    cors::preflight(&headers, "GET, OPTIONS")
}
