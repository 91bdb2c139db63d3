//! The description of the API, made from the handlers themselves.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{App, bounds, problem::Problem, wire};

#[derive(OpenApi)]
#[openapi(
    // What only parameters and problems name: `routes!` gathers the schemas of bodies alone.
    components(schemas(
        Problem, wire::ProblemType, wire::RunId, wire::AssignmentId, wire::ViewId, wire::ConnectionId, wire::PersonId,
        wire::RoleId, wire::FieldId, wire::RunState, wire::FileFormat, wire::CheckName
    )),
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
        (name = "description", description = "The API itself."),
    )
)]
struct Description;

/// The whole document as JSON with a newline at its end, the form in which it is checked in.
pub fn document() -> String {
    let (_, described) = OpenApiRouter::with_openapi(Description::openapi()).merge(super::api()).split_for_parts();
    let mut document = serde_json::to_value(&described).expect("the document is plain data");
    // A handler's own name repeats from file to file; method and path together do not.
    for (path, operations) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            operation["operationId"] = operation_id(method, path).into();
        }
    }
    bounds::write(&mut document);
    let mut text = serde_json::to_string_pretty(&document).expect("the document is plain data");
    text.push('\n');
    text
}

/// `get /api/v1/runs/{id}/events` is `getRunsIdEvents`.
fn operation_id(method: &str, path: &str) -> String {
    let words =
        path.trim_start_matches("/api/v1").split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| format!("{id}{}{}", word[..1].to_ascii_uppercase(), &word[1..]))
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(openapi))
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "description", responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
async fn openapi(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], app.site.openapi.clone()).into_response()
}
