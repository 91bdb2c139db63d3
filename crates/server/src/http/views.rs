//! Views over HTTP: publish, look, try.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use domain::{Column, ConnectionId, DataType, Format, Parameter, ViewId};
use portal::{ListedView, ViewDetails};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    App,
    extract::{Path, Query},
    list::{List, ListQuery},
    problem::{Body, Problem, Problems},
    runs::{Given, given, withheld},
    signed_in::SignedIn,
    wire,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, publish))
        .routes(routes!(show, publish_next, remove))
        .routes(routes!(version))
        .routes(routes!(inspect))
        .routes(routes!(preview))
}

/// `?Name?` in a View's query.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParameterBody {
    name: String,
    label: String,
    #[schema(value_type = wire::DataType)]
    data_type: DataType,
    required: bool,
    /// In the form that a reader would type.
    #[schema(required)]
    default: Option<String>,
    /// Several values, bound one by one.
    list: bool,
}

/// `?Name?` in a query that is being written.
#[derive(Clone, Debug, Deserialize, ToSchema)]
struct NewParameter {
    name: String,
    label: String,
    #[schema(value_type = wire::DataType)]
    data_type: DataType,
    required: bool,
    /// In the form that a reader would type.
    default: Option<String>,
    /// Several values, bound one by one.
    #[serde(default)]
    list: bool,
}

impl ParameterBody {
    pub fn of(parameter: Parameter) -> ParameterBody {
        let Parameter { name, label, data_type, required, default, list } = parameter;
        ParameterBody { name, label, data_type, required, default, list }
    }
}

impl NewParameter {
    fn read(self) -> Parameter {
        let NewParameter { name, label, data_type, required, default, list } = self;
        Parameter { name, label, data_type, required, default, list }
    }
}

/// A column of a result.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ColumnBody {
    name: String,
    label: String,
    #[schema(value_type = wire::DataType)]
    data_type: DataType,
    /// `integer`, `decimal`, `money`, `percent`, `date`, `datetime`, or null: as the type is shown.
    #[schema(value_type = Option<wire::Format>, required)]
    format: Option<Format>,
    /// CSS pixels; null lets the grid choose.
    #[schema(required)]
    width: Option<u32>,
    visible: bool,
}

impl ColumnBody {
    pub fn of(column: Column) -> ColumnBody {
        let Column { name, label, data_type, format, width, visible } = column;
        ColumnBody { name, label, data_type, format, width, visible }
    }
}

/// What a publisher says about a column that the query has. Its type is the database's.
#[derive(Deserialize, ToSchema)]
struct ColumnSettings {
    name: String,
    label: String,
    #[schema(value_type = Option<wire::Format>)]
    format: Option<Format>,
    width: Option<u32>,
    #[serde(default = "visible")]
    visible: bool,
}

fn visible() -> bool {
    true
}

/// A View in a list.
#[derive(Serialize, ToSchema)]
struct ListedViewBody {
    #[schema(value_type = wire::ViewId)]
    id: String,
    name: String,
    title: String,
    description: String,
    category: String,
    version: i64,
    #[schema(value_type = wire::Instant)]
    published_at: String,
    published_by: String,
    assignments_count: i64,
    #[schema(value_type = Vec<wire::ViewAction>)]
    actions: &'static [&'static str],
}

impl ListedViewBody {
    fn of(listed: ListedView) -> ListedViewBody {
        ListedViewBody {
            id: listed.view.id.to_string(),
            name: listed.view.name,
            title: listed.view.title,
            description: listed.view.description,
            category: listed.view.category,
            version: listed.view.version,
            published_at: listed.published_at.to_rfc3339_ms(),
            published_by: listed.publisher_name,
            assignments_count: listed.assignments_count,
            actions: portal::VIEW_ACTIONS,
        }
    }
}

/// A View with the version that is shown.
#[derive(Serialize, ToSchema)]
struct ViewBody {
    #[schema(value_type = wire::ViewId)]
    id: String,
    name: String,
    title: String,
    description: String,
    category: String,
    /// The version shown here; the newest is the one that runs.
    version: i64,
    current_version: i64,
    #[schema(value_type = wire::Instant)]
    published_at: String,
    published_by: String,
    note: String,
    sql: String,
    parameters: Vec<ParameterBody>,
    columns: Vec<ColumnBody>,
    /// Query identifiers of the Defined Fields that the query uses.
    fields: Vec<String>,
    #[schema(value_type = Vec<wire::ReportType>)]
    types: Vec<&'static str>,
    versions: Vec<VersionBody>,
    assignments_count: i64,
    #[schema(value_type = Vec<wire::ViewAction>)]
    actions: &'static [&'static str],
}

#[derive(Serialize, ToSchema)]
struct VersionBody {
    version: i64,
    #[schema(value_type = wire::Instant)]
    published_at: String,
    published_by: String,
    note: String,
}

impl ViewBody {
    fn of(details: ViewDetails) -> ViewBody {
        let ViewDetails { view, shown, fields, publisher_name, assignments_count, versions } = details;
        let versions = versions.into_iter().map(|version| VersionBody {
            version: version.version,
            published_at: version.published_at.to_rfc3339_ms(),
            published_by: version.publisher_name,
            note: version.note,
        });
        ViewBody {
            id: view.id.to_string(),
            name: view.name,
            title: view.title,
            description: view.description,
            category: view.category,
            version: shown.version,
            current_version: view.version,
            published_at: shown.published_at.to_rfc3339_ms(),
            published_by: publisher_name,
            note: shown.note,
            sql: shown.definition.sql,
            parameters: shown.definition.parameters.into_iter().map(ParameterBody::of).collect(),
            columns: shown.definition.columns.into_iter().map(ColumnBody::of).collect(),
            fields,
            types: shown.definition.types.iter().map(|report_type| report_type.as_str()).collect(),
            versions: versions.collect(),
            assignments_count,
            actions: portal::VIEW_ACTIONS,
        }
    }
}

/// What a publisher gives.
#[derive(Deserialize, ToSchema)]
struct NewView {
    /// Unique; what links and files call it: letters, digits, `_`, `-`, `.`.
    name: String,
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    category: String,
    /// One statement, with `?Name?` for a parameter and `@Name` for a Defined Field.
    sql: String,
    #[serde(default)]
    parameters: Vec<NewParameter>,
    /// Labels, formats and widths; columns that are not named are shown as the database calls them.
    #[serde(default)]
    columns: Vec<ColumnSettings>,
    #[serde(default)]
    note: String,
    /// Where the query is tried.
    #[schema(value_type = wire::ConnectionId)]
    connection_id: ConnectionId,
}

/// What a publisher gives for the next version of a View.
#[derive(Deserialize, ToSchema)]
struct NextVersion {
    #[serde(flatten)]
    view: NewView,
    /// The version that it began from. When a newer one is published by now, the answer is the problem `view-changed`.
    #[schema(minimum = 1)]
    expected_version: i64,
}

impl NewView {
    fn read(self) -> portal::NewView {
        let columns = self.columns.into_iter().map(|column| Column {
            name: column.name,
            label: column.label,
            // The database says which type it is.
            data_type: DataType::Text,
            format: column.format,
            width: column.width,
            visible: column.visible,
        });
        portal::NewView {
            name: self.name,
            title: self.title,
            description: self.description,
            category: self.category,
            sql: self.sql,
            parameters: self.parameters.into_iter().map(NewParameter::read).collect(),
            columns: columns.collect(),
            note: self.note,
            connection: self.connection_id,
        }
    }
}

/// Views: every one for who manages reports, else those that one published.
#[utoipa::path(get, path = "/api/v1/views", tag = "views", params(ListQuery),
    responses((status = 200, body = List<ListedViewBody>), Problems))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<ListedViewBody>>, Problem> {
    Ok(Json(List::of(app.portal.views(&signed_in.actor, &query.into()).await?, ListedViewBody::of)))
}

/// Publishes a new View. Its columns are found by asking the database, without reading a row.
#[utoipa::path(post, path = "/api/v1/views", tag = "views", request_body = NewView,
    responses((status = 201, body = ViewBody), Problems))]
async fn publish(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(new): Body<NewView>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<ViewBody>), Problem> {
    let view = ViewBody::of(app.portal.publish(&signed_in.actor, new.read()).await?);
    Ok((StatusCode::CREATED, [(header::LOCATION, format!("/api/v1/views/{}", view.id))], Json(view)))
}

/// One View, in its current version.
#[utoipa::path(get, path = "/api/v1/views/{id}", tag = "views", params(("id" = wire::ViewId, Path)),
    responses((status = 200, body = ViewBody), Problems))]
async fn show(State(app): State<App>, signed_in: SignedIn, Path(id): Path<ViewId>) -> Result<Json<ViewBody>, Problem> {
    Ok(Json(ViewBody::of(app.portal.view(&signed_in.actor, &id).await?)))
}

/// Publishes the next version of a View; its assignments run it from then on.
#[utoipa::path(put, path = "/api/v1/views/{id}", tag = "views", params(("id" = wire::ViewId, Path)), request_body = NextVersion,
    responses((status = 200, body = ViewBody), Problems))]
async fn publish_next(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<ViewId>,
    Body(next): Body<NextVersion>,
) -> Result<Json<ViewBody>, Problem> {
    let published = app.portal.publish_next(&signed_in.actor, &id, next.expected_version, next.view.read()).await?;
    Ok(Json(ViewBody::of(published)))
}

/// Removes a View with its versions and assignments. Results that are there stay.
#[utoipa::path(delete, path = "/api/v1/views/{id}", tag = "views", params(("id" = wire::ViewId, Path)),
    responses((status = 204), Problems))]
async fn remove(State(app): State<App>, signed_in: SignedIn, Path(id): Path<ViewId>) -> Result<StatusCode, Problem> {
    app.portal.remove_view(&signed_in.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One View in an earlier version.
#[utoipa::path(get, path = "/api/v1/views/{id}/versions/{version}", tag = "views",
    params(("id" = wire::ViewId, Path), ("version" = i64, Path, minimum = 1)),
    responses((status = 200, body = ViewBody), Problems))]
async fn version(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((id, version)): Path<(ViewId, i64)>,
) -> Result<Json<ViewBody>, Problem> {
    Ok(Json(ViewBody::of(app.portal.view_version(&signed_in.actor, &id, version).await?)))
}

#[derive(Deserialize, ToSchema)]
struct Text {
    sql: String,
}

/// What stands in a query text.
#[derive(Serialize, ToSchema)]
struct Inspected {
    parameters: Vec<String>,
    fields: Vec<String>,
    problems: Vec<TextProblem>,
}

#[derive(Serialize, ToSchema)]
struct TextProblem {
    message: String,
    /// Counted from 1.
    #[schema(required)]
    line: Option<usize>,
}

/// Finds parameters and Defined Fields in a query text, and what is wrong with it.
#[utoipa::path(post, path = "/api/v1/views/inspect", tag = "views", request_body = Text,
    responses((status = 200, body = Inspected), Problems))]
async fn inspect(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(text): Body<Text>,
) -> Result<Json<Inspected>, Problem> {
    let found = app.portal.inspect(&signed_in.actor, &text.sql).await?;
    let problems =
        found.problems.into_iter().map(|problem| TextProblem { message: problem.message, line: problem.line });
    Ok(Json(Inspected { parameters: found.parameters, fields: found.fields, problems: problems.collect() }))
}

/// A query to try.
#[derive(Deserialize, ToSchema)]
struct NewPreview {
    sql: String,
    #[serde(default)]
    parameters: Vec<NewParameter>,
    /// Values by parameter name: a text, a number, true or false, or a list of them.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, wire::ParameterValue>)]
    values: Given,
    #[schema(value_type = wire::ConnectionId)]
    connection_id: ConnectionId,
}

/// The first rows of a query, under the publisher's own Defined Fields.
#[derive(Serialize, ToSchema)]
struct PreviewBody {
    columns: Vec<PreviewColumn>,
    #[schema(value_type = Vec<Vec<wire::Cell>>)]
    rows: Vec<Vec<Value>>,
    rows_max: u64,
    /// The query has more rows than these.
    was_cut: bool,
    took_ms: i64,
    /// Why there are no rows, when a Defined Field has no value.
    #[schema(required)]
    withheld: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct PreviewColumn {
    name: String,
    #[schema(value_type = wire::DataType)]
    data_type: DataType,
}

/// Runs a query text for its first rows.
#[utoipa::path(post, path = "/api/v1/views/preview", tag = "views", request_body = NewPreview,
    responses((status = 200, body = PreviewBody), Problems))]
async fn preview(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(new): Body<NewPreview>,
) -> Result<Json<PreviewBody>, Problem> {
    let new = portal::NewPreview {
        sql: new.sql,
        parameters: new.parameters.into_iter().map(NewParameter::read).collect(),
        values: given(new.values)?,
        connection: new.connection_id,
    };
    let preview = app.portal.preview(&signed_in.actor, new).await?;
    let mut rows = Vec::new();
    for batch in &preview.batches {
        rows.extend(portal::cells(batch).map_err(|error| Problem::internal(&error))?);
    }
    let columns = preview.columns.into_iter().map(|(name, data_type)| PreviewColumn { name, data_type });
    Ok(Json(PreviewBody {
        columns: columns.collect(),
        rows,
        rows_max: portal::PREVIEW_ROWS_MAX,
        was_cut: preview.was_cut,
        took_ms: preview.database_us / 1_000,
        withheld: withheld(&preview.withheld),
    }))
}
