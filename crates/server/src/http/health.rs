//! Whether the process lives, whether it can work, and its figures.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{App, problem::Problem};
use crate::telemetry;

/// The process runs.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The process can answer: its database does, and it is not about to stop.
pub async fn readyz(State(app): State<App>) -> Response {
    match app.portal.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the metadata database does not answer, or the server is stopping\n",
            )
                .into_response()
        }
    }
}

/// Prometheus text, for this machine or for who has the configured key.
pub async fn metrics(
    State(app): State<App>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let knows_key = match (&app.site.metrics_key, given) {
        (Some(key), Some(given)) => vault::same(key.expose_bytes(), given),
        _ => false,
    };
    // A proxy on this machine would make everybody local: from one that is configured, or with its header, the key is needed.
    let is_proxy = app.site.trusted_proxies.iter().any(|network| network.contains(&from.ip()));
    let says_proxy = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    let local = from.ip().is_loopback() && !is_proxy && !says_proxy;
    if !local && !knows_key {
        return Problem::not_found().into_response();
    }
    let text = telemetry::metrics().render();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
