//! Every request has an id, a line in the log and a place in the metrics.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;
use world::{OsRandom, Random};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request's address without its query, which may hold codes.
pub async fn every_request(request: Request, next: Next) -> Response {
    let random: &dyn Random = &OsRandom;
    let id = random.base62(20);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("(page)", |path| path.as_str()).to_owned();
    let path = request.uri().path().to_owned();
    let begun = Instant::now();
    let span = tracing::info_span!("request", %id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let elapsed = begun.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| {
        let took_ms = elapsed.as_secs_f64() * 1_000.0;
        if status >= 500 {
            tracing::warn!(%method, path, status, took_ms, "answered");
        } else {
            tracing::debug!(%method, path, status, took_ms, "answered");
        }
    });
    let labels = [("method", label(&method).to_owned()), ("route", route), ("status", status.to_string())];
    metrics::counter!("webreports_requests_total", &labels).increment(1);
    metrics::histogram!("webreports_request_seconds", "route" => labels[1].1.clone()).record(elapsed.as_secs_f64());
    response.headers_mut().insert(REQUEST_ID, HeaderValue::from_str(&id).expect("an id is base62"));
    response
}

/// The method as the metrics know it. Whoever sends a request may invent one, and each would be counted for good.
fn label(method: &Method) -> &str {
    const KNOWN: [Method; 7] =
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    if KNOWN.contains(method) { method.as_str() } else { "other" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invented_method_makes_no_metric_of_its_own() {
        assert_eq!(label(&Method::DELETE), "DELETE");
        assert_eq!(label(&Method::from_bytes(b"FROBNICATE").unwrap()), "other");
    }
}
