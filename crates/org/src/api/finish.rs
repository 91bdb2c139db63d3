//! The end of every answer: error bodies get their id and are logged; headers that all answers carry are set.
//!
//! Invariant: no header that a handler set is changed; an answer without a `Content-Security-Policy` of its own allows nothing.

use std::any::Any;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use world::Instant;

use super::edge::Address;
use crate::{
    Org,
    error::{Answer, Fault, codes, error_id},
    model::{log::CallOrigin, zone},
};

static HEADERS: [(HeaderName, &str); 9] = [
    (header::CACHE_CONTROL, "no-cache, no-store"),
    (header::PRAGMA, "no-cache"),
    (header::EXPIRES, "0"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_XSS_PROTECTION, "0"),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (header::VARY, "Accept-Encoding"),
    (HeaderName::from_static("p3p"), "CP=\"HONK\""),
];
const STRICT_TRANSPORT: &str = "max-age=315360000; includeSubDomains";

/// The layer inside the edge.
pub async fn finish(State(org): State<Org>, request: Request, next: Next) -> Response {
    let origin = request.extensions().get::<CallOrigin>().cloned().unwrap_or_default();
    let https = request.extensions().get::<Address>().is_some_and(Address::is_https);
    let method = request.method().clone();
    let mut response = match is_blocked(&org, &origin).await {
        Ok(false) => next.run(request).await,
        Ok(true) => Fault::forbidden().into_response(),
        Err(fault) => fault.into_response(),
    };
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        response = with_body(response, &fault, &error_id(org.world.random.as_ref()), &origin, &method);
    }
    let status = response.status();
    tracing::debug!(request_id = %origin.request_id, %method, path = %origin.path, status = status.as_u16(), "answered");
    let headers = response.headers_mut();
    for (name, value) in &HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if https {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static(STRICT_TRANSPORT));
    }
    if let Ok(date) = HeaderValue::from_str(&http_date(org.now())) {
        headers.insert(header::DATE, date);
    }
    response
}

/// Whether the call comes from an address that a blocklist names: the whole org is closed to it.
async fn is_blocked(org: &Org, origin: &CallOrigin) -> Answer<bool> {
    let Some(address) = origin.address else { return Ok(false) };
    Ok(zone::is_blocked(&mut *org.db.read().await?, address).await?)
}

fn with_body(response: Response, fault: &Fault, error_id: &str, origin: &CallOrigin, method: &Method) -> Response {
    let code = fault.code.code;
    match &fault.internal {
        Some(cause) => {
            tracing::error!(request_id = %origin.request_id, %method, path = %origin.path, code, error_id, cause, "a request failed")
        }
        None => {
            tracing::debug!(request_id = %origin.request_id, %method, path = %origin.path, code, error_id, "a request was refused")
        }
    }
    let mut faulty = (fault.status(), axum::Json(fault.body(error_id))).into_response();
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            faulty.headers_mut().append(name, value.clone());
        }
    }
    faulty
}

/// What a panic of a handler is answered with.
pub fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned());
    Fault { internal: Some(format!("panic: {text}")), ..Fault::new(&codes::E0000009) }.into_response()
}

/// IMF-fixdate. Clients reckon from it how long to wait, so it is the org's clock.
fn http_date(now: Instant) -> String {
    now.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_header_has_http_s_form() {
        assert_eq!(http_date(Instant::from_seconds(1_800_000_000)), "Fri, 15 Jan 2027 08:00:00 GMT");
    }
}
