//! Defined Fields over HTTP.

use axum::{Json, extract::State, http::StatusCode};
use domain::{DataType, DefinedField, FieldId, PersonId};
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
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(change, remove)).routes(routes!(set_value))
}

/// A value that people carry, which Views use under its identifier.
#[derive(Serialize, ToSchema)]
struct FieldBody {
    #[schema(value_type = wire::FieldId)]
    id: String,
    name: String,
    /// With its `@`, such as `@RegionID`.
    identifier: String,
    description: String,
    #[schema(value_type = wire::DataType)]
    data_type: DataType,
}

impl FieldBody {
    fn of(field: DefinedField) -> FieldBody {
        FieldBody {
            id: field.id.to_string(),
            name: field.name,
            identifier: field.identifier,
            description: field.description,
            data_type: field.data_type,
        }
    }
}

#[derive(Deserialize, ToSchema)]
struct NewField {
    name: String,
    /// With its `@`, such as `@RegionID`.
    identifier: String,
    #[serde(default)]
    description: String,
    #[schema(value_type = wire::DataType)]
    data_type: DataType,
}

impl NewField {
    fn read(self) -> portal::NewField {
        portal::NewField {
            name: self.name,
            identifier: self.identifier,
            description: self.description,
            data_type: self.data_type,
        }
    }
}

/// Defined Fields.
#[utoipa::path(get, path = "/api/v1/defined-fields", tag = "fields", params(ListQuery),
    responses((status = 200, body = List<FieldBody>), Problems))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<FieldBody>>, Problem> {
    Ok(Json(List::of(app.portal.defined_fields(&signed_in.actor, &query.into()).await?, FieldBody::of)))
}

/// Adds a Defined Field.
#[utoipa::path(post, path = "/api/v1/defined-fields", tag = "fields", request_body = NewField,
    responses((status = 201, body = FieldBody), Problems))]
async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(new): Body<NewField>,
) -> Result<(StatusCode, Json<FieldBody>), Problem> {
    let field = app.portal.add_defined_field(&signed_in.actor, new.read()).await?;
    Ok((StatusCode::CREATED, Json(FieldBody::of(field))))
}

/// Changes a Defined Field.
#[utoipa::path(put, path = "/api/v1/defined-fields/{id}", tag = "fields", params(("id" = wire::FieldId, Path)), request_body = NewField,
    responses((status = 200, body = FieldBody), Problems))]
async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<FieldId>,
    Body(new): Body<NewField>,
) -> Result<Json<FieldBody>, Problem> {
    Ok(Json(FieldBody::of(app.portal.change_defined_field(&signed_in.actor, &id, new.read()).await?)))
}

/// Removes a Defined Field. Views that use it then return no rows.
#[utoipa::path(delete, path = "/api/v1/defined-fields/{id}", tag = "fields", params(("id" = wire::FieldId, Path)),
    responses((status = 204), Problems))]
async fn remove(State(app): State<App>, signed_in: SignedIn, Path(id): Path<FieldId>) -> Result<StatusCode, Problem> {
    app.portal.remove_defined_field(&signed_in.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
struct FieldValueBody {
    /// Null takes the value away.
    value: Option<String>,
}

/// Gives a person a value, or takes it away; in force on their next request.
#[utoipa::path(put, path = "/api/v1/people/{id}/fields/{field_id}", tag = "fields",
    params(("id" = wire::PersonId, Path), ("field_id" = wire::FieldId, Path)), request_body = FieldValueBody,
    responses((status = 204), Problems))]
async fn set_value(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((person, field)): Path<(PersonId, FieldId)>,
    Body(body): Body<FieldValueBody>,
) -> Result<StatusCode, Problem> {
    app.portal.set_field_value(&signed_in.actor, &person, &field, body.value.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
