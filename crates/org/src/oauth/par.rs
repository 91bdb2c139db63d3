//! Pushed authorize requests (RFC 9126): a client hands its request over itself and sends the browser with an address for it.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    authorize_request as request, client, consent, cors, custom_scope,
    fault::{OAuthFault, OAuthResult},
    parameters::Posted,
    request_source::{self, PUSHED_LIFE},
    scope::Known,
    server::Server,
};
use crate::{Org, api::edge::Address, model::log::CallOrigin};

/// What proves who the client is, and is no part of the request.
const OF_CLIENT: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// `POST …/v1/par`
pub async fn push(
    State(org): State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    posted: Posted,
) -> OAuthResult<Response> {
    let Posted(parameters) = posted;
    let client = client::authenticate(&org, &address, &server, &origin, &headers, &parameters, "par").await?;
    if parameters.has("request_uri") {
        return Err(OAuthFault::invalid_request("The 'request_uri' parameter must not be present in the request."));
    }
    let given = OF_CLIENT.iter().fold(parameters, |parameters, name| parameters.without(name)).without("client_id");
    let own = [("client_id".to_owned(), client.client_id.clone())];
    let given = own.into_iter().chain(given.pairs()).collect();
    let mut tx = org.db.begin().await?;
    let resolved = request_source::resolve(&org, &mut tx, &server, &given).await?;
    let custom = custom_scope::of_server(&mut tx, &server).await?;
    let granted = consent::scopes_of_app(&mut tx, &client.app.id).await?;
    request::destination(&mut tx, &resolved.parameters).await??;
    let known = Known { server: &server, custom: &custom, granted: &granted };
    request::check(&known, &client, &resolved.parameters)?;
    request_source::use_up(&mut tx, &org, &client, resolved.once.as_ref()).await?;
    let uri = request_source::push(&mut tx, &org, &server, &client, &resolved.parameters).await?;
    tx.commit().await?;
    let body = Json(json!({ "request_uri": uri, "expires_in": PUSHED_LIFE.as_secs() }));
    let mut response = (StatusCode::OK, body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    Ok(cors::allow_own_pages(response, &headers, &client))
}

/// `OPTIONS …/v1/par`
pub async fn preflight(headers: HeaderMap) -> Response {
    let mut response = cors::preflight(&headers, "POST, OPTIONS");
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
