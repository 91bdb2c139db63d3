//! Discovery, keys, token and introspection. ID tokens are right, or wrong in the one way that the test asks for.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Form, Json, Router,
    extract::State as Extract,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::{
    CLIENT_ID, CLIENT_SECRET, Shared,
    answers::ok,
    state::{State, Tamper},
};

const ACCESS_TOKEN: &str = "opaque-access-token";

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/oauth2/v1/keys", get(keys))
        .route("/oauth2/v1/token", post(token))
        .route("/oauth2/v1/introspect", post(introspect))
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn discovery(Extract(shared): Extract<Shared>) -> Response {
    let state = lock(&shared);
    let base = &state.issuer;
    ok(json!({
        "issuer": state.announced_issuer.as_ref().unwrap_or(base),
        "authorization_endpoint": format!("{base}/oauth2/v1/authorize"),
        "token_endpoint": format!("{base}/oauth2/v1/token"),
        "jwks_uri": format!("{base}/oauth2/v1/keys"),
        "introspection_endpoint": format!("{base}/oauth2/v1/introspect"),
        "end_session_endpoint": format!("{base}/oauth2/v1/logout"),
        "scopes_supported": ["openid", "email", "profile", "groups"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "authorization_response_iss_parameter_supported": state.announces_issuer,
    }))
}

async fn keys(Extract(shared): Extract<Shared>) -> Response {
    ok(json!({"keys": [lock(&shared).key.public()]}))
}

fn is_client(state: &State, headers: &HeaderMap) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    !state.client_refused
        && headers.get(header::AUTHORIZATION).is_some_and(|given| given.as_bytes() == expected.as_bytes())
}

fn refused(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({"error": error, "error_description": description}))).into_response()
}

async fn introspect(Extract(shared): Extract<Shared>, headers: HeaderMap) -> Response {
    if !is_client(&lock(&shared), &headers) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "The client secret supplied for a confidential client is invalid.",
        );
    }
    ok(json!({"active": false}))
}

async fn token(
    Extract(shared): Extract<Shared>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    if !is_client(&lock(&shared), &headers) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "The client secret supplied for a confidential client is invalid.",
        );
    }
    let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let mut state = lock(&shared);
    let Some(code) = state.codes.remove(get("code")) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant", "The authorization code is invalid or has expired.");
    };
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, get("code_verifier").as_bytes()));
    if challenge != code.challenge || get("redirect_uri") != code.redirect_uri {
        return refused(StatusCode::BAD_REQUEST, "invalid_grant", "PKCE verification failed.");
    }
    let mut answer =
        json!({"token_type": "Bearer", "expires_in": 3600, "access_token": ACCESS_TOKEN, "scope": "openid"});
    if state.tamper != Some(Tamper::Missing) {
        answer["id_token"] = json!(id_token(&state, &code.person, &code.nonce));
    }
    ok(answer)
}

fn id_token(state: &State, person: &str, nonce: &str) -> String {
    let Some(user) = state.users.get(person) else { return String::new() };
    let now = state.now().as_seconds();
    let hash = digest(&SHA256, ACCESS_TOKEN.as_bytes());
    let groups: Vec<&str> = state
        .groups
        .values()
        .filter(|group| state.members.contains(&(group.id.clone(), person.to_owned())) && group.name.starts_with("WR"))
        .map(|group| group.name.as_str())
        .collect();
    let mut header = json!({"alg": "RS256", "kid": state.key.name});
    let mut claims = json!({
        "ver": 1, "jti": "ID.fake", "iss": state.issuer, "aud": CLIENT_ID, "sub": user.id, "iat": now, "exp": now + 3600,
        "nonce": nonce, "at_hash": URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]), "amr": ["pwd"], "auth_time": now,
        "name": format!("{} {}", user.first_name, user.last_name), "preferred_username": user.login, "email": user.login,
        "groups": groups,
    });
    let mut signer = state.key.clone();
    match state.tamper {
        None | Some(Tamper::Missing | Tamper::Signature | Tamper::AlgorithmNone) => {}
        Some(Tamper::Issuer) => claims["iss"] = json!("https://evil.example"),
        Some(Tamper::Audience) => claims["aud"] = json!("0oaSomebodyElse00000"),
        Some(Tamper::OtherAudienceToo) => claims["aud"] = json!([CLIENT_ID, "0oaSomebodyElse00000"]),
        Some(Tamper::AuthorizedParty) => claims["azp"] = json!("0oaSomebodyElse00000"),
        Some(Tamper::Nonce) => claims["nonce"] = json!("of another sign-in"),
        Some(Tamper::AlgorithmHs256) => header["alg"] = json!("HS256"),
        Some(Tamper::KeyUnnamed) => header = json!({"alg": "RS256"}),
        Some(Tamper::KeyUnknown) => {
            signer = signer.next();
            header["kid"] = json!("key-of-nobody");
        }
        Some(Tamper::Expired) => claims["exp"] = json!(now - 3_000),
        Some(Tamper::AccessTokenHash) => claims["at_hash"] = json!(URL_SAFE_NO_PAD.encode([7; 16])),
        Some(Tamper::NotAToken) => return "not.a.token".to_owned(),
        Some(Tamper::GroupsClaim(count)) => {
            let more = (groups.len()..count).map(|number| format!("WRMore{number}"));
            let all: Vec<String> = groups.iter().map(|group| (*group).to_owned()).chain(more).collect();
            claims["groups"] = json!(all);
        }
        Some(Tamper::NoGroupsClaim) => {
            if let Some(claims) = claims.as_object_mut() {
                claims.remove("groups");
            }
        }
    }
    match state.tamper {
        Some(Tamper::AlgorithmNone) => {
            let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.", encode(&json!({"alg": "none", "kid": state.key.name})), encode(&claims))
        }
        // Signed by a key that carries the right name and is another one.
        Some(Tamper::Signature) => state.key.next().sign(&header, &claims),
        _ => signer.sign(&header, &claims),
    }
}
