//! Shares of the rate limits for single API tokens and OAuth clients.
//!
//! Invariant: a share counts from the answer on, in this process at once and in others within [`super::limits::RELOADED_EVERY`].

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    filter::{self, Expression, Operator},
    limits,
    paging::{Asked, Beyond},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app,
        id::{PrincipalLimitId, TokenId},
        log::{Event, Party},
        principal_limit::{self, PrincipalLimit},
        token,
    },
    operations::Routes,
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 50;
/// Of an org.
pub const PRINCIPALS_MAX: i64 = 1_000;
const KIND: &str = "PrincipalRateLimit";
const TOKEN: &str = "SSWS_TOKEN";
const CLIENT: &str = "OAUTH_CLIENT";

pub fn operations() -> Routes {
    Routes::new()
        .on("listPrincipalRateLimitEntities", list)
        .on("createPrincipalRateLimitEntity", create)
        .on("getPrincipalRateLimitEntity", get)
        .on("replacePrincipalRateLimitEntity", replace)
}

fn body(org: &Org, row: &PrincipalLimit) -> Value {
    json!({
        "id": row.id.as_str(),
        "orgId": org.id.as_str(),
        "principalId": row.principal_id,
        "principalType": row.principal_type,
        "defaultPercentage": row.percentage,
        "defaultConcurrencyPercentage": row.concurrency,
        "createdDate": row.created.to_rfc3339_ms(),
        "createdBy": row.created_by,
        "lastUpdate": row.last_updated.to_rfc3339_ms(),
        "lastUpdatedBy": row.last_updated_by,
    })
}

async fn find(conn: &mut Conn, id: &str) -> Answer<PrincipalLimit> {
    principal_limit::by_id(conn, id).await?.ok_or_else(|| Fault::not_found(id, KIND))
}

fn event(row: &PrincipalLimit) -> Event {
    let party = Party::new(row.id.as_str(), KIND, &row.principal_id, &row.principal_id);
    Event::new("system.rate_limit.configuration.update").target(party)
}

/// Type and id of whom a body is about.
fn principal(given: &Map<String, Value>) -> Answer<(String, String)> {
    let text = |name: &str| -> Answer<String> { Ok(given.text(name)?.unwrap_or_default().to_owned()) };
    Ok((text("principalType")?, text("principalId")?))
}

fn shares(given: &Map<String, Value>, usual: (i64, i64)) -> Answer<(i64, i64)> {
    let percent = |name: &str, usual: i64| {
        let said = given.get(name).filter(|value| !value.is_null()).map_or(Some(usual), Value::as_i64);
        let fitting = said.filter(|percent| (1..=100).contains(percent));
        fitting.ok_or_else(|| Fault::field(name, "The value must be between 1 and 100"))
    };
    Ok((percent("defaultPercentage", usual.0)?, percent("defaultConcurrencyPercentage", usual.1)?))
}

async fn check_principal(conn: &mut Conn, org: &Org, kind: &str, id: &str) -> Answer<()> {
    let known = match kind {
        TOKEN => token::by_id(conn, &TokenId::from(id), org.now()).await?.is_some(),
        CLIENT => app::by_client_id(conn, id).await?.is_some(),
        _ => false,
    };
    if known { Ok(()) } else { Err(Fault::field("principalId", "There is no such API token or OAuth client")) }
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    let expression = filter::parse(asked.get("filter").ok_or_else(|| Fault::new(&codes::E0000028))?)?;
    let kind = equal_to(&expression, "principalType").filter(|kind| [TOKEN, CLIENT].contains(kind));
    let kind = kind.ok_or_else(|| Fault::new(&codes::E0000031))?;
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(PrincipalLimitId::PREFIX)?.unwrap_or_default();
    let principal = equal_to(&expression, "principalId");
    let rows = principal_limit::page(&mut *org.db.read().await?, kind, principal, after, limit + 1).await?;
    let bodies = |row: &PrincipalLimit| body(&org, row);
    Ok(asked.page(rows, limit, |row| row.id.to_string(), bodies))
}

/// What a filter says that an attribute must equal.
fn equal_to<'a>(expression: &'a Expression, name: &str) -> Option<&'a str> {
    match expression {
        Expression::Test { attribute, operator: Operator::Eq, value } if attribute == name => value.as_str(),
        Expression::And(terms) => terms.iter().find_map(|term| equal_to(term, name)),
        _ => None,
    }
}

async fn get(State(org): State<Org>, Path(id): Path<String>) -> Answer<Json<Value>> {
    let row = find(&mut *org.db.read().await?, &id).await?;
    Ok(Json(body(&org, &row)))
}

async fn create(State(org): State<Org>, caller: Caller, given: Body) -> Answer<(StatusCode, Json<Value>)> {
    let given = given.object()?;
    let (kind, id) = principal(&given)?;
    let usual = i64::from(org.config.rate_limits.token_share_percent);
    let shares = shares(&given, (usual, limits::CONCURRENCY_PERCENT))?;
    let mut change = caller.begin(&org).await?;
    check_principal(&mut change, &org, &kind, &id).await?;
    if principal_limit::count(&mut change).await? >= PRINCIPALS_MAX {
        return Err(Fault::field("principalId", &format!("At most {PRINCIPALS_MAX} are allowed")));
    }
    let made = principal_limit::create(&mut change, &org.world, (&kind, &id), shares, &caller.user.id).await;
    let made = made.map_err(Fault::taken("principalId"))?;
    let row = find(&mut change, made.as_str()).await?;
    change.record(event(&row));
    change.commit().await?;
    limits::reload(&org).await?;
    Ok((StatusCode::CREATED, Json(body(&org, &row))))
}

async fn replace(State(org): State<Org>, caller: Caller, Path(id): Path<String>, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let principal = principal(&given)?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    if principal != (before.principal_type.clone(), before.principal_id.clone()) {
        return Err(Fault::field("principalId", "The principal cannot be changed"));
    }
    let shares = shares(&given, (before.percentage, before.concurrency))?;
    let now = change.now;
    principal_limit::update(&mut change, &before.id, shares, &caller.user.id, now).await?;
    let row = find(&mut change, &id).await?;
    change.record(event(&row));
    change.commit().await?;
    limits::reload(&org).await?;
    Ok(Json(body(&org, &row)))
}
