//! `userinfo`: what the scopes of an access token let a client know of a person.

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    response::{IntoResponse, Response},
};
use vault::Secret;

use super::{
    access,
    claim_value::{self, About, For},
    claims, client, cors,
    fault::{OAuthFault, OAuthResult},
    parameters::Parameters,
    server::Server,
};
use crate::Org;

const BODY_BYTES_MAX: usize = 16 * 1024;

/// `GET` and `POST …/v1/userinfo`
pub async fn answer(State(org): State<Org>, server: Server, request: Request) -> Response {
    let headers = request.headers().clone();
    match describe(&org, &server, &headers, request).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    }
}

async fn describe(org: &Org, server: &Server, headers: &HeaderMap, request: Request) -> OAuthResult<Response> {
    let token = token(headers, request).await?;
    let mut reader = org.db.read().await?;
    let access = access::read(org, &mut reader, server, &token).await?;
    let access = access.ok_or_else(|| OAuthFault::bearer(401, "invalid_token", "The access token is invalid."))?;
    let Some(user) = access.user.as_ref().filter(|_| access.has_scope("openid")) else {
        return Err(OAuthFault::bearer(
            403,
            "insufficient_scope",
            "The access token must provide access to at least one of these scopes - profile, email, address or phone",
        ));
    };
    let about = About { server, app: &access.app, user: Some(user), grant: &access.grant, scopes: &access.scopes };
    let values = claim_value::of(org, &mut reader, &about, For::Identity).await?;
    let body = claims::user_info(&mut reader, server, &access.app, user, &access.scopes, values).await?;
    let client = match &access.app.client_id {
        Some(client_id) => client::find(&mut reader, client_id).await?,
        None => None,
    };
    let response = Json(body).into_response();
    Ok(match client {
        Some(client) => cors::allow_own_pages(response, headers, &client),
        None => response,
    })
}

/// From the header, or from the body of a form; never from the query.
async fn token(headers: &HeaderMap, request: Request) -> OAuthResult<Secret> {
    if request.uri().query().is_some_and(|query| Parameters::parse(query).has("access_token")) {
        return Err(OAuthFault::invalid_request("The access token cannot be presented in a query string."));
    }
    let missing = || OAuthFault::bearer(401, "invalid_token", "The access token is missing.");
    let by_header = match headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default()) {
        Some(value) => Some(
            value
                .split_once(' ')
                .filter(|(word, _)| word.eq_ignore_ascii_case("bearer"))
                .map(|(_, token)| Secret::new(token.trim()))
                .ok_or_else(missing)?,
        ),
        None => None,
    };
    if request.method() != Method::POST {
        return by_header.ok_or_else(missing);
    }
    let bytes = axum::body::to_bytes(request.into_body(), BODY_BYTES_MAX)
        .await
        .map_err(|_| OAuthFault::invalid_request("Invalid request"))?;
    let by_body = Parameters::parse(&String::from_utf8_lossy(&bytes)).get("access_token").map(Secret::new);
    match (by_header, by_body) {
        (Some(_), Some(_)) => Err(OAuthFault::invalid_request(
            "The access token cannot be specified in both the Authorization header and the request-body.",
        )),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(missing()),
    }
}

/// `OPTIONS …/v1/userinfo`
pub async fn preflight(headers: HeaderMap) -> Response {
    cors::preflight(&headers, "GET, POST, OPTIONS")
}
