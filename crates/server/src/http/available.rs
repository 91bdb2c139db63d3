//! Available over HTTP: the reports that one's roles give.

use axum::{Json, extract::State};
use portal::AvailableReport;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App,
    extract::Query,
    list::{List, ListQuery},
    problem::{Problem, Problems},
    signed_in::SignedIn,
    views::ParameterBody,
    wire,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A report that can be run now.
#[derive(Serialize, ToSchema)]
struct AvailableBody {
    /// The assignment's.
    #[schema(value_type = wire::AssignmentId)]
    id: String,
    title: String,
    name: String,
    category: String,
    description: String,
    #[serde(rename = "type")]
    #[schema(value_type = wire::ReportType)]
    report_type: &'static str,
    connection: String,
    role: String,
    parameters: Vec<ParameterBody>,
    /// When the assignment lapses.
    #[schema(value_type = Option<wire::Instant>, required)]
    expires_at: Option<String>,
    /// When the reader last began a run of it.
    #[schema(value_type = Option<wire::Instant>, required)]
    last_run_at: Option<String>,
    #[schema(value_type = Vec<wire::AvailableAction>)]
    actions: &'static [&'static str],
}

impl AvailableBody {
    fn of(report: AvailableReport) -> AvailableBody {
        let listed = report.listed;
        AvailableBody {
            id: listed.assignment.id.to_string(),
            title: listed.view_title,
            name: listed.view_name,
            category: listed.assignment.category,
            description: listed.assignment.description,
            report_type: listed.assignment.report_type.as_str(),
            connection: listed.connection_name,
            role: listed.role_name,
            parameters: report.parameters.into_iter().map(ParameterBody::of).collect(),
            expires_at: listed.assignment.expires_at.map(world::Instant::to_rfc3339_ms),
            last_run_at: report.last_run_at.map(world::Instant::to_rfc3339_ms),
            actions: portal::AVAILABLE_ACTIONS,
        }
    }
}

/// The reports that the reader's roles give.
#[utoipa::path(get, path = "/api/v1/available", tag = "runs", params(ListQuery),
    responses((status = 200, body = List<AvailableBody>), Problems))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<AvailableBody>>, Problem> {
    Ok(Json(List::of(app.portal.available(&signed_in.actor, &query.into()).await?, AvailableBody::of)))
}
