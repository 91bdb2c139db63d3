//! Assignments over HTTP.

use axum::{Json, extract::State, http::StatusCode};
use domain::{AssignmentId, ConnectionId, ReportType, RoleId, ViewId};
use portal::ListedAssignment;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App,
    extract::{Path, Query},
    list::{List, ListQuery},
    problem::{Body, Problem, Problems},
    signed_in::SignedIn,
    wire,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(remove))
}

/// A report on a connection for a role in a type.
#[derive(Serialize, ToSchema)]
struct AssignmentBody {
    #[schema(value_type = wire::AssignmentId)]
    id: String,
    view: AssignedView,
    connection: Named,
    role: Named,
    #[serde(rename = "type")]
    #[schema(value_type = wire::ReportType)]
    report_type: &'static str,
    category: String,
    description: String,
    /// When the assignment lapses.
    #[schema(value_type = Option<wire::Instant>, required)]
    expires_at: Option<String>,
    #[schema(value_type = Vec<wire::AssignmentAction>)]
    actions: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct AssignedView {
    #[schema(value_type = wire::ViewId)]
    id: String,
    name: String,
    title: String,
}

#[derive(Serialize, ToSchema)]
struct Named {
    id: String,
    name: String,
}

impl AssignmentBody {
    fn of(listed: ListedAssignment) -> AssignmentBody {
        let assignment = listed.assignment;
        AssignmentBody {
            id: assignment.id.to_string(),
            view: AssignedView { id: assignment.view.to_string(), name: listed.view_name, title: listed.view_title },
            connection: Named { id: assignment.connection.to_string(), name: listed.connection_name },
            role: Named { id: assignment.role.to_string(), name: listed.role_name },
            report_type: assignment.report_type.as_str(),
            category: assignment.category,
            description: assignment.description,
            expires_at: assignment.expires_at.map(world::Instant::to_rfc3339_ms),
            actions: vec!["delete"],
        }
    }
}

/// One dialog assigns several reports to several roles in several types.
#[derive(Deserialize, ToSchema)]
struct NewAssignments {
    #[schema(value_type = Vec<wire::ViewId>)]
    view_ids: Vec<ViewId>,
    #[schema(value_type = wire::ConnectionId)]
    connection_id: ConnectionId,
    #[schema(value_type = Vec<wire::RoleId>)]
    role_ids: Vec<RoleId>,
    #[schema(value_type = Vec<wire::ReportType>)]
    types: Vec<ReportType>,
    category: Option<String>,
    description: Option<String>,
    /// Days until the assignments lapse; left out they last.
    expiration_days: Option<u32>,
}

/// Assignments.
#[utoipa::path(get, path = "/api/v1/assignments", tag = "assignments", params(ListQuery),
    responses((status = 200, body = List<AssignmentBody>), Problems))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<AssignmentBody>>, Problem> {
    Ok(Json(List::of(app.portal.assignments(&signed_in.actor, &query.into()).await?, AssignmentBody::of)))
}

/// Assigns reports to roles. What is assigned already is renewed.
#[utoipa::path(post, path = "/api/v1/assignments", tag = "assignments", request_body = NewAssignments,
    responses((status = 201, body = List<AssignmentBody>), Problems))]
async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(new): Body<NewAssignments>,
) -> Result<(StatusCode, Json<List<AssignmentBody>>), Problem> {
    let new = portal::NewAssignments {
        views: new.view_ids,
        connection: new.connection_id,
        roles: new.role_ids,
        types: new.types,
        category: new.category,
        description: new.description,
        expiration_days: new.expiration_days,
    };
    let items = app.portal.assign(&signed_in.actor, new).await?;
    Ok((StatusCode::CREATED, Json(List::whole(items.into_iter().map(AssignmentBody::of).collect()))))
}

/// Takes a report from a role. Results that are there stay.
#[utoipa::path(delete, path = "/api/v1/assignments/{id}", tag = "assignments", params(("id" = wire::AssignmentId, Path)),
    responses((status = 204), Problems))]
async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<AssignmentId>,
) -> Result<StatusCode, Problem> {
    app.portal.unassign(&signed_in.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
