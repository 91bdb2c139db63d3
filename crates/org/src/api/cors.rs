//! Calls of pages from elsewhere: allowed for origins that an administrator trusts with the scope `CORS`, and no others.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::edge::Address;
use crate::{Org, error::Fault, model::trusted_origin, operations};

const ALLOWED_HEADERS: &str =
    "Authorization, Content-Type, Accept, X-CSRF-Token, X-Okta-User-Agent-Extended, X-Okta-XsrfToken, X-Requested-With";
const EXPOSED_HEADERS: &str = "Link, X-Okta-Request-Id, X-Rate-Limit-Limit, X-Rate-Limit-Remaining, X-Rate-Limit-Reset";
const PREFLIGHT_SECONDS: u32 = 600;

pub async fn answer(State(org): State<Org>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let own = request.extensions().get::<Address>().map(|address| address.base().to_owned());
    let text = origin
        .as_ref()
        .and_then(|origin| origin.to_str().ok())
        .filter(|origin| Some(*origin) != own.as_deref())
        .map(str::to_owned);
    let Some(text) = text else { return next.run(request).await };
    let trusted = match is_trusted(&org, &text).await {
        Ok(trusted) => trusted,
        Err(fault) => return fault.into_response(),
    };
    if !trusted {
        return next.run(request).await;
    }
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let methods = operations::methods(request.uri().path());
    let mut response = if preflight && !methods.is_empty() {
        let methods: Vec<&str> = methods.into_iter().map(Method::as_str).collect();
        let mut headers = HeaderMap::new();
        if let Ok(methods) = HeaderValue::from_str(&methods.join(", ")) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(PREFLIGHT_SECONDS));
        (StatusCode::OK, headers).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    response
}

async fn is_trusted(org: &Org, origin: &str) -> Result<bool, Fault> {
    Ok(trusted_origin::is_trusted(&mut *org.db.read().await?, origin, "CORS").await?)
}
