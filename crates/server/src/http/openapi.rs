//! The description of the API, made from the handlers themselves.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::App;

#[derive(OpenApi)]
#[openapi(
    info(title = "WebReports", description = "Reports, their runs and their results.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    tags(
        (name = "session", description = "Who is signed in."),
        (name = "set-up", description = "Connecting the portal with an Okta org, and the state of that bridge."),
        (name = "people", description = "People and roles."),
        (name = "fields", description = "Defined Fields: values that people carry."),
        (name = "connections", description = "Connection profiles."),
        (name = "views", description = "Views: published definitions of reports."),
        (name = "assignments", description = "Reports given to roles."),
        (name = "runs", description = "Running reports and reading their results."),
        (name = "log", description = "What happened."),
    )
)]
struct Description;

/// The whole document as JSON with a newline at its end, the form in which it is checked in.
pub fn document() -> String {
    let (_, paths) = OpenApiRouter::with_openapi(Description::openapi()).merge(super::api()).split_for_parts();
    let mut text = serde_json::to_string_pretty(&paths).expect("the document is plain data");
    text.push('\n');
    text
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "log", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
async fn openapi(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.site.openapi.clone()).into_response()
}
