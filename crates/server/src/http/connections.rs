//! Connection profiles over HTTP.

use axum::{Json, extract::State, http::StatusCode};
use domain::{Budget, ConnectionId, ConnectionKind, DataType, PersonId, PostgresTls};
use portal::Publishers;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::Secret;

use super::{
    App,
    extract::{Path, Query},
    list::{List, ListQuery},
    problem::{Body, Problem, Problems},
    signed_in::SignedIn,
    wire,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(show, change, remove))
        .routes(routes!(test))
        .routes(routes!(catalog))
}

/// A connection profile. Its password can be replaced and never read.
#[derive(Serialize, ToSchema)]
pub struct ConnectionBody {
    #[schema(value_type = wire::ConnectionId)]
    id: String,
    name: String,
    #[schema(value_type = wire::ConnectionKind)]
    kind: &'static str,
    #[schema(required)]
    sqlite: Option<SqliteSettings>,
    #[schema(required)]
    postgresql: Option<PostgreSqlSettings>,
    password_set: bool,
    /// Milliseconds after which the database is told to stop a query.
    timeout_ms: u64,
    /// Rows of one run; a result that has more says "first N of M".
    rows_max: u64,
    /// Runs on this connection at one time.
    concurrent_max: u32,
    /// People who may publish against it; null: whoever may publish.
    #[schema(value_type = Option<Vec<wire::PersonId>>, required)]
    publishers: Option<Vec<String>>,
    #[schema(value_type = Vec<wire::ConnectionAction>)]
    actions: Vec<&'static str>,
}

#[derive(Serialize, Deserialize, ToSchema)]
struct SqliteSettings {
    /// Path of the file on the server.
    path: String,
}

#[derive(Serialize, ToSchema)]
struct PostgreSqlSettings {
    host: String,
    port: u16,
    database: String,
    user: String,
    #[schema(value_type = wire::Encryption)]
    tls: PostgresTls,
}

#[derive(Deserialize, ToSchema)]
struct NewPostgreSqlSettings {
    host: String,
    /// Left out: 5432.
    #[serde(default = "postgresql_port")]
    #[schema(minimum = 1)]
    port: u16,
    database: String,
    user: String,
    /// `verify`: the server's certificate must be valid; `require`: encrypted, whoever answers; `disable`: not encrypted.
    #[serde(default = "verify")]
    #[schema(value_type = wire::Encryption)]
    tls: PostgresTls,
}

fn postgresql_port() -> u16 {
    5432
}

fn verify() -> PostgresTls {
    PostgresTls::Verify
}

/// A connection profile to make, or what an old one shall be.
#[derive(Deserialize, ToSchema)]
struct NewConnection {
    name: String,
    #[schema(value_type = wire::ConnectionKind)]
    kind: String,
    sqlite: Option<SqliteSettings>,
    postgresql: Option<NewPostgreSqlSettings>,
    /// Write-only; left out, the old one stays.
    #[schema(value_type = Option<String>, format = "password")]
    password: Option<Secret>,
    timeout_ms: Option<u64>,
    rows_max: Option<u64>,
    concurrent_max: Option<u32>,
    /// People who may publish against it; left out: whoever may publish.
    #[schema(value_type = Option<Vec<wire::PersonId>>)]
    publishers: Option<Vec<String>>,
}

impl NewConnection {
    fn read(self) -> Result<portal::NewConnection, Problem> {
        let kind = match (self.kind.as_str(), self.sqlite, self.postgresql) {
            ("sqlite", Some(sqlite), _) => ConnectionKind::Sqlite { path: sqlite.path },
            ("postgresql", _, Some(options)) => ConnectionKind::PostgreSql {
                host: options.host,
                port: options.port,
                database: options.database,
                user: options.user,
                tls: options.tls,
            },
            (kind @ ("sqlite" | "postgresql"), _, _) => {
                return Err(Problem::field(kind, "the settings of this kind are missing"));
            }
            _ => return Err(Problem::field("kind", "is neither `sqlite` nor `postgresql`")),
        };
        let usual = Budget::default();
        let budget = Budget {
            timeout_ms: self.timeout_ms.unwrap_or(usual.timeout_ms),
            rows_max: self.rows_max.unwrap_or(usual.rows_max),
            concurrent_max: self.concurrent_max.unwrap_or(usual.concurrent_max),
        };
        let publishers = match self.publishers {
            Some(people) => Publishers::Only(people.into_iter().map(PersonId::from).collect()),
            None => Publishers::All,
        };
        Ok(portal::NewConnection { name: self.name, kind, budget, password: self.password, publishers })
    }
}

impl ConnectionBody {
    fn of(profile: portal::ConnectionProfile) -> ConnectionBody {
        let (sqlite, postgresql) = match profile.settings {
            Some(ConnectionKind::Sqlite { path }) => (Some(SqliteSettings { path }), None),
            Some(ConnectionKind::PostgreSql { host, port, database, user, tls }) => {
                (None, Some(PostgreSqlSettings { host, port, database, user, tls }))
            }
            None => (None, None),
        };
        ConnectionBody {
            id: profile.id.to_string(),
            name: profile.name,
            kind: profile.kind,
            sqlite,
            postgresql,
            password_set: profile.password_set,
            timeout_ms: profile.budget.timeout_ms,
            rows_max: profile.budget.rows_max,
            concurrent_max: profile.budget.concurrent_max,
            publishers: match profile.publishers {
                Some(Publishers::Only(people)) => Some(people.iter().map(ToString::to_string).collect()),
                Some(Publishers::All) | None => None,
            },
            actions: profile.actions,
        }
    }
}

/// Connection profiles: all for who configures, those to publish against for publishers.
#[utoipa::path(get, path = "/api/v1/connections", tag = "connections", params(ListQuery),
    responses((status = 200, body = List<ConnectionBody>), Problems))]
async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<ConnectionBody>>, Problem> {
    let page = app.portal.connections(&signed_in.actor, &query.into()).await?;
    Ok(Json(List::of(page, ConnectionBody::of)))
}

/// Adds a connection profile.
#[utoipa::path(post, path = "/api/v1/connections", tag = "connections", request_body = NewConnection,
    responses((status = 201, body = ConnectionBody), Problems))]
async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(new): Body<NewConnection>,
) -> Result<(StatusCode, Json<ConnectionBody>), Problem> {
    let profile = app.portal.add_connection(&signed_in.actor, new.read()?).await?;
    Ok((StatusCode::CREATED, Json(ConnectionBody::of(profile))))
}

/// One connection profile.
#[utoipa::path(get, path = "/api/v1/connections/{id}", tag = "connections", params(("id" = wire::ConnectionId, Path)),
    responses((status = 200, body = ConnectionBody), Problems))]
async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<ConnectionId>,
) -> Result<Json<ConnectionBody>, Problem> {
    Ok(Json(ConnectionBody::of(app.portal.connection(&signed_in.actor, &id).await?)))
}

/// Changes a connection profile. A password that is left out stays, unless the address changes.
#[utoipa::path(put, path = "/api/v1/connections/{id}", tag = "connections", params(("id" = wire::ConnectionId, Path)), request_body = NewConnection,
    responses((status = 200, body = ConnectionBody), Problems))]
async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<ConnectionId>,
    Body(new): Body<NewConnection>,
) -> Result<Json<ConnectionBody>, Problem> {
    Ok(Json(ConnectionBody::of(app.portal.change_connection(&signed_in.actor, &id, new.read()?).await?)))
}

/// Removes a connection profile that no assignment uses.
#[utoipa::path(delete, path = "/api/v1/connections/{id}", tag = "connections", params(("id" = wire::ConnectionId, Path)),
    responses((status = 204), Problems))]
async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<ConnectionId>,
) -> Result<StatusCode, Problem> {
    app.portal.remove_connection(&signed_in.actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the test of a connection profile found.
#[derive(Serialize, ToSchema)]
struct TestBody {
    ok: bool,
    steps: Vec<TestStepBody>,
}

#[derive(Serialize, ToSchema)]
struct TestStepBody {
    name: String,
    ok: bool,
    #[schema(required)]
    found: Option<String>,
    #[schema(required)]
    why: Option<String>,
    #[schema(required)]
    fix: Option<String>,
}

/// Tries a connection profile step by step.
#[utoipa::path(post, path = "/api/v1/connections/{id}/test", tag = "connections", params(("id" = wire::ConnectionId, Path)),
    responses((status = 200, body = TestBody), Problems))]
async fn test(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<ConnectionId>,
) -> Result<Json<TestBody>, Problem> {
    let steps = app.portal.test_connection(&signed_in.actor, &id).await?;
    let steps: Vec<TestStepBody> = steps
        .into_iter()
        .map(|step| TestStepBody {
            name: step.name.to_string(),
            ok: step.ok,
            found: step.found,
            why: step.why,
            fix: step.fix,
        })
        .collect();
    Ok(Json(TestBody { ok: steps.iter().all(|step| step.ok), steps }))
}

/// Tables that a query can be written against.
#[derive(Serialize, ToSchema)]
struct CatalogBody {
    tables: Vec<TableBody>,
}

#[derive(Serialize, ToSchema)]
struct TableBody {
    #[schema(required)]
    schema: Option<String>,
    name: String,
    columns: Vec<TableColumnBody>,
}

#[derive(Serialize, ToSchema)]
struct TableColumnBody {
    name: String,
    #[schema(value_type = wire::DataType)]
    data_type: DataType,
}

/// Schemas, tables and columns of a connection.
#[utoipa::path(get, path = "/api/v1/connections/{id}/catalog", tag = "connections", params(("id" = wire::ConnectionId, Path)),
    responses((status = 200, body = CatalogBody), Problems))]
async fn catalog(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<ConnectionId>,
) -> Result<Json<CatalogBody>, Problem> {
    let catalog = app.portal.catalog(&signed_in.actor, &id).await?;
    let tables = catalog.tables.into_iter().map(|table| TableBody {
        schema: (!table.schema.is_empty()).then_some(table.schema),
        name: table.name,
        columns: table
            .columns
            .into_iter()
            .map(|column| TableColumnBody { name: column.name, data_type: column.data_type })
            .collect(),
    });
    Ok(Json(CatalogBody { tables: tables.collect() }))
}
