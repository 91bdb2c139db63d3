//! The portal over HTTP: layers that every request passes, and the routes.

pub mod bounds;
pub mod cookie;
pub mod extract;
pub mod files;
pub mod headers;
pub mod health;
pub mod host;
pub mod list;
pub mod observe;
pub mod openapi;
pub mod origin;
pub mod problem;
pub mod signed_in;
pub mod time_limit;
pub mod wire;

pub mod assignments;
pub mod available;
pub mod connections;
pub mod defined_fields;
pub mod log;
pub mod people;
pub mod runs;
pub mod session;
pub mod set_up;
pub mod sign_in;
pub mod views;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use portal::Portal;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
};
use url::Url;
use utoipa_axum::router::OpenApiRouter;

use self::problem::Problem;

/// Larger bodies are refused; the largest that we take is a View's text with its columns.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Time to an answer's head. What streams after it has limits of its own.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// What every handler can reach.
#[derive(Clone)]
pub struct App {
    pub portal: Portal,
    pub site: Arc<Site>,
}

/// What does not change while the server runs.
pub struct Site {
    pub addresses: Vec<Url>,
    pub page: files::Page,
    pub metrics_key: Option<vault::Secret>,
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub openapi: String,
}

/// The routes of the API with their description.
pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(session::routes())
        .merge(set_up::routes())
        .merge(people::routes())
        .merge(defined_fields::routes())
        .merge(connections::routes())
        .merge(views::routes())
        .merge(assignments::routes())
        .merge(available::routes())
        .merge(runs::routes())
        .merge(log::routes())
        .merge(openapi::routes())
}

/// The whole site.
pub fn router(app: App) -> Router {
    let (api, _) = api().split_for_parts();
    let layers = ServiceBuilder::new()
        .layer(from_fn(observe::every_request))
        .layer(CatchPanicLayer::custom(|_| {
            Problem::new(500, "internal", "something went wrong on our side").into_response()
        }))
        .layer(from_fn(headers::security))
        .layer(from_fn_with_state(ANSWER_TIMEOUT, time_limit::answer_within))
        .layer(CompressionLayer::new().gzip(true).br(true).compress_when(gains_by_compression()))
        .layer(from_fn_with_state(app.clone(), host::select))
        .layer(from_fn(origin::check))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    Router::new()
        .merge(api)
        .merge(sign_in::routes())
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(files::serve)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(layers)
        .with_state(app)
}

/// Workbooks, Parquet files and faces are compressed in themselves: doing it again costs time and gains nothing.
fn gains_by_compression() -> impl Predicate {
    DefaultPredicate::new()
        .and(NotForContentType::const_new("application/vnd."))
        .and(NotForContentType::const_new("font/"))
}

async fn method_not_allowed() -> Response {
    Problem::new(405, "method", "this address does not take that method").into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::header};

    use super::*;

    #[test]
    fn what_is_compressed_in_itself_is_sent_as_it_is() {
        let gains = |kind: &str| {
            let answer = axum::http::Response::builder().header(header::CONTENT_TYPE, kind);
            gains_by_compression().should_compress(&answer.body(Body::from("x".repeat(1_000))).unwrap())
        };
        for format in portal::FileFormat::ALL {
            let is_text = matches!(format, portal::FileFormat::Csv | portal::FileFormat::Json);
            assert_eq!(gains(format.media_type()), is_text, "{format:?}");
        }
        assert!(gains("text/html; charset=utf-8") && !gains("font/woff2") && !gains("text/event-stream"));
    }
}
