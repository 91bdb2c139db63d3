//! Browser calls from elsewhere. What everybody may read is open to every origin; tokens are for the pages of the client itself, and for
//! trusted origins, which `api::cors` sees to.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{authorize_request::origin_of, client::Client};

const HEADERS: &str = "Authorization, Content-Type, Accept, X-Okta-User-Agent-Extended, DPoP";
const PREFLIGHT_SECONDS: u32 = 600;

/// For discovery and keys.
pub fn open(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Lets a page read the answer when its origin is that of one of the client's redirect URIs.
pub fn allow_own_pages(mut response: Response, headers: &HeaderMap, client: &Client) -> Response {
    let Some(origin) = headers.get(header::ORIGIN) else { return response };
    let own = client
        .oauth
        .redirect_uris
        .iter()
        .filter_map(|uri| origin_of(uri))
        .any(|own| own.as_bytes() == origin.as_bytes());
    if own {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

/// Before the body is there nobody knows the client: the call itself is allowed, and its answer decides who may read it.
pub fn preflight(headers: &HeaderMap, methods: &'static str) -> Response {
    let mut response = StatusCode::OK.into_response();
    if let Some(origin) = headers.get(header::ORIGIN) {
        let answer = response.headers_mut();
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(PREFLIGHT_SECONDS));
        answer.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}
