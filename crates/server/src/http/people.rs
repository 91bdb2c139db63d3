//! People and roles over HTTP.

use axum::{Json, extract::State, http::StatusCode};
use domain::PersonId;
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
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show)).routes(routes!(roles, add_role))
}

/// A person in a list.
#[derive(Serialize, ToSchema)]
struct PersonBody {
    #[schema(value_type = wire::PersonId)]
    id: String,
    name: String,
    login: String,
    email: String,
    /// `okta` or `local`: where the person is managed.
    #[schema(value_type = wire::Source)]
    source: &'static str,
    roles: Vec<String>,
    /// `active`, or what keeps the person out.
    status: String,
    #[schema(value_type = Option<wire::Instant>, required)]
    last_sign_in: Option<String>,
}

impl PersonBody {
    fn of(person: portal::ListedPerson) -> PersonBody {
        PersonBody {
            id: person.id.to_string(),
            name: person.name,
            login: person.login,
            email: person.email,
            source: person.source.as_str(),
            roles: person.roles,
            status: person.status,
            last_sign_in: person.last_sign_in.map(world::Instant::to_rfc3339_ms),
        }
    }
}

/// A person with groups and values.
#[derive(Serialize, ToSchema)]
struct PersonDetails {
    #[serde(flatten)]
    person: PersonBody,
    groups: Vec<String>,
    fields: Vec<PersonField>,
}

#[derive(Serialize, ToSchema)]
struct PersonField {
    #[schema(value_type = wire::FieldId)]
    field_id: String,
    identifier: String,
    value: String,
}

/// People that WebReports knows: those in its groups at the org, and local accounts.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", params(ListQuery),
    responses((status = 200, body = List<PersonBody>), Problems))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<PersonBody>>, Problem> {
    Ok(Json(List::of(app.portal.people(&signed_in.actor, &query.into()).await?, PersonBody::of)))
}

/// One person.
#[utoipa::path(get, path = "/api/v1/people/{id}", tag = "people", params(("id" = wire::PersonId, Path)),
    responses((status = 200, body = PersonDetails), Problems))]
async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<PersonId>,
) -> Result<Json<PersonDetails>, Problem> {
    let details = app.portal.person(&signed_in.actor, &id).await?;
    let fields = details.fields.into_iter().map(|field| PersonField {
        field_id: field.field.to_string(),
        identifier: field.identifier,
        value: field.value,
    });
    Ok(Json(PersonDetails { person: PersonBody::of(details.person), groups: details.groups, fields: fields.collect() }))
}

/// A role: a set of permissions, and an audience that reports are assigned to.
#[derive(Serialize, ToSchema)]
struct RoleBody {
    #[schema(value_type = wire::RoleId)]
    id: String,
    name: String,
    /// The org's group whose members hold it.
    group: String,
    #[schema(value_type = Vec<wire::Permission>)]
    permissions: Vec<&'static str>,
    /// One of the default roles.
    preset: bool,
    people_count: i64,
}

impl RoleBody {
    fn of(listed: portal::ListedRole) -> RoleBody {
        RoleBody {
            id: listed.role.id.to_string(),
            name: listed.role.name,
            group: listed.role.group,
            permissions: listed.role.permissions.iter().map(domain::Permission::as_str).collect(),
            preset: listed.role.preset,
            people_count: listed.people_count,
        }
    }
}

/// Roles.
#[utoipa::path(get, path = "/api/v1/roles", tag = "people", params(ListQuery),
    responses((status = 200, body = List<RoleBody>), Problems))]
async fn roles(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<RoleBody>>, Problem> {
    Ok(Json(List::of(app.portal.roles(&signed_in.actor, &query.into()).await?, RoleBody::of)))
}

#[derive(Deserialize, ToSchema)]
struct NewRole {
    /// The role `Sales` maps to the group `WRSales`.
    name: String,
}

/// Adds a role that maps to the org's group `WR<name>`.
#[utoipa::path(post, path = "/api/v1/roles", tag = "people", request_body = NewRole,
    responses((status = 201, body = RoleBody), Problems))]
async fn add_role(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(new): Body<NewRole>,
) -> Result<(StatusCode, Json<RoleBody>), Problem> {
    let role = app.portal.add_role(&signed_in.actor, &new.name).await?;
    Ok((StatusCode::CREATED, Json(RoleBody::of(role))))
}
