//! The log of what happened, over HTTP.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App,
    extract::Query,
    list::{List, ListQuery},
    problem::{Problem, Problems},
    signed_in::SignedIn,
    wire,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
struct LogBody {
    id: String,
    #[schema(value_type = wire::Instant)]
    at: String,
    /// `sign-in`, `run`, `view`, `assignment`, `connection`, ...
    kind: String,
    /// Who did it; null for the program itself.
    #[schema(required)]
    person: Option<String>,
    what: String,
    detail: String,
}

/// What happened, newest first: everything for who may see all logs, else one's own.
#[utoipa::path(get, path = "/api/v1/logs", tag = "log", params(ListQuery),
    responses((status = 200, body = List<LogBody>), Problems))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<LogBody>>, Problem> {
    let page = app.portal.log(&signed_in.actor, &query.into()).await?;
    Ok(Json(List::of(page, |entry| LogBody {
        id: entry.id,
        at: entry.at.to_rfc3339_ms(),
        kind: entry.kind,
        person: entry.person_name,
        what: entry.what,
        detail: entry.detail,
    })))
}
