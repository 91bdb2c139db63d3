//! Management calls, as the client half makes them.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{Path, Query, State as Extract},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use serde_json::{Value, json};
use world::Instant;

use crate::{
    Shared, TOKEN_OWNER,
    answers::{error, not_found, ok},
    state::{Group, State, User, new_id},
};

type Parameters = Query<BTreeMap<String, String>>;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/org", get(org))
        .route("/api/v1/users", get(users))
        .route("/api/v1/users/{id}", get(user))
        .route("/api/v1/users/{id}/groups", get(groups_of))
        .route("/api/v1/users/{id}/roles", get(roles_of))
        .route("/api/v1/groups", get(groups).post(create_group))
        .route("/api/v1/groups/{id}", delete(delete_group))
        .route("/api/v1/groups/{id}/users", get(members))
        .route("/api/v1/api-tokens", get(tokens))
        .route("/api/v1/apps", post(create_application))
        .route("/api/v1/apps/{id}", delete(delete_application))
        .route("/api/v1/apps/{id}/lifecycle/deactivate", post(deactivate_application))
        .route("/api/v1/apps/{id}/groups/{group}", put(assign).delete(unassign))
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn user_body(user: &User) -> Value {
    json!({
        "id": user.id, "status": user.status, "lastUpdated": user.updated.to_rfc3339_ms(),
        "profile": {
            "login": user.login, "email": user.login, "firstName": user.first_name, "lastName": user.last_name,
            "mobilePhone": null, "secondEmail": null,
        },
    })
}

fn group_body(group: &Group) -> Value {
    json!({
        "id": group.id, "type": "OKTA_GROUP", "lastMembershipUpdated": group.moved.to_rfc3339_ms(),
        "profile": {"name": group.name, "description": null},
    })
}

/// One page of `rows`, with the link to the next one.
fn page(
    issuer: &str,
    path: &str,
    parameters: &BTreeMap<String, String>,
    limit_default: usize,
    rows: Vec<Value>,
) -> Response {
    let limit = parameters.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(limit_default);
    let skip: usize = parameters.get("after").and_then(|after| after.parse().ok()).unwrap_or(0);
    let total = rows.len();
    let shown: Vec<Value> = rows.into_iter().skip(skip).take(limit).collect();
    let mut answer = ok(Value::Array(shown));
    let own = format!("<{issuer}{path}?limit={limit}>; rel=\"self\"");
    answer.headers_mut().append(header::LINK, HeaderValue::from_str(&own).expect("a link is ASCII"));
    if skip + limit < total {
        let next = format!("<{issuer}{path}?after={}&limit={limit}>; rel=\"next\"", skip + limit);
        answer.headers_mut().append(header::LINK, HeaderValue::from_str(&next).expect("a link is ASCII"));
    }
    answer
}

/// The instant of `<attribute> gt "<instant>"`.
fn later_than(filter: &str, attribute: &str) -> Option<Instant> {
    filter.strip_prefix(attribute)?.strip_prefix(" gt \"")?.strip_suffix('"')?.parse().ok()
}

async fn org() -> Response {
    ok(json!({"id": "00oFake0000000000000", "companyName": "Acme"}))
}

async fn users(Extract(shared): Extract<Shared>, Query(parameters): Parameters) -> Response {
    let state = lock(&shared);
    let rows = match parameters.get("filter") {
        Some(filter) => match later_than(filter, "lastUpdated") {
            Some(since) => state.users.values().filter(|user| user.updated > since).map(user_body).collect(),
            None => return error(400, "E0000031", "Invalid search criteria."),
        },
        None => state.users.values().filter(|user| user.status != "DEPROVISIONED").map(user_body).collect(),
    };
    page(&state.issuer, "/api/v1/users", &parameters, 200, rows)
}

async fn user(Extract(shared): Extract<Shared>, Path(id): Path<String>) -> Response {
    let state = lock(&shared);
    let id = if id == "me" { TOKEN_OWNER } else { id.as_str() };
    state.users.get(id).map_or_else(not_found, |user| ok(user_body(user)))
}

async fn groups_of(
    Extract(shared): Extract<Shared>,
    Path(id): Path<String>,
    Query(parameters): Parameters,
) -> Response {
    let state = lock(&shared);
    if !state.users.contains_key(&id) {
        return not_found();
    }
    let rows =
        state.groups.values().filter(|group| state.members.contains(&(group.id.clone(), id.clone()))).map(group_body);
    page(&state.issuer, &format!("/api/v1/users/{id}/groups"), &parameters, 200, rows.collect())
}

async fn roles_of() -> Response {
    ok(
        json!([{"id": "JBCUYUC7IRCVGS27IFCE2SKO", "type": "SUPER_ADMIN", "label": "Super Administrator", "status": "ACTIVE"}]),
    )
}

async fn groups(Extract(shared): Extract<Shared>, Query(parameters): Parameters) -> Response {
    let state = lock(&shared);
    const FOUND_BY_Q_MAX: usize = 300;
    let search =
        parameters.get("search").and_then(|search| search.strip_prefix("profile.name sw \"")?.strip_suffix('"'));
    let q = parameters.get("q").map(String::as_str);
    let prefix = q.or(search).unwrap_or_default().to_lowercase();
    let since = parameters.get("filter").and_then(|filter| later_than(filter, "lastMembershipUpdated"));
    let rows = state
        .groups
        .values()
        .filter(|group| group.name.to_lowercase().starts_with(&prefix))
        .filter(|group| since.is_none_or(|since| group.moved > since))
        .map(group_body);
    // `q` looks at the beginning of names whatever their case, and does not page.
    let rows = rows.take(if q.is_some() { FOUND_BY_Q_MAX } else { usize::MAX });
    page(&state.issuer, "/api/v1/groups", &parameters, 10_000, rows.collect())
}

async fn create_group(Extract(shared): Extract<Shared>, Json(body): Json<Value>) -> Response {
    let mut state = lock(&shared);
    let name = body["profile"]["name"].as_str().unwrap_or_default().to_owned();
    if state.groups.values().any(|group| group.name == name) {
        return error(400, "E0000001", "Api validation failed: name");
    }
    let id = state.put_group(&name);
    state.groups.get(&id).map_or_else(not_found, |group| ok(group_body(group)))
}

async fn delete_group(Extract(shared): Extract<Shared>, Path(id): Path<String>) -> Response {
    let mut state = lock(&shared);
    let Some(name) = state.groups.get(&id).map(|group| group.name.clone()) else { return not_found() };
    state.remove_group(&name);
    StatusCode::NO_CONTENT.into_response()
}

async fn members(Extract(shared): Extract<Shared>, Path(id): Path<String>, Query(parameters): Parameters) -> Response {
    let state = lock(&shared);
    if !state.groups.contains_key(&id) {
        return not_found();
    }
    let rows = state.members.iter().filter(|(group, _)| *group == id).filter_map(|(_, person)| state.users.get(person));
    page(&state.issuer, &format!("/api/v1/groups/{id}/users"), &parameters, 1_000, rows.map(user_body).collect())
}

async fn tokens(Extract(shared): Extract<Shared>) -> Response {
    let state = lock(&shared);
    let now = state.now();
    let expires = now.plus(std::time::Duration::from_secs(30 * 24 * 60 * 60));
    ok(json!([{
        "id": "00TFake0000000000000", "name": "WebReports Integration", "userId": TOKEN_OWNER, "clientName": "Okta API",
        "tokenWindow": null, "network": {"connection": "ANYWHERE"}, "expiresAt": expires.to_rfc3339_ms(),
        "created": now.to_rfc3339_ms(), "lastUpdated": now.whole_second().to_rfc3339_ms(),
    }]))
}

async fn create_application(Extract(shared): Extract<Shared>, Json(body): Json<Value>) -> Response {
    let mut state = lock(&shared);
    let id = new_id("0oa");
    let mut made = body;
    made["id"] = json!(id);
    made["status"] = json!("ACTIVE");
    made["credentials"]["oauthClient"]["client_id"] = json!(id);
    made["credentials"]["oauthClient"]["client_secret"] = json!("secret-that-the-org-made");
    state.applications.insert(id, made.clone());
    ok(made)
}

async fn deactivate_application(Extract(shared): Extract<Shared>, Path(id): Path<String>) -> Response {
    let mut state = lock(&shared);
    match state.applications.get_mut(&id) {
        Some(application) => {
            application["status"] = json!("INACTIVE");
            ok(json!({}))
        }
        None => not_found(),
    }
}

async fn delete_application(Extract(shared): Extract<Shared>, Path(id): Path<String>) -> Response {
    let mut state = lock(&shared);
    match state.applications.get(&id).map(|application| application["status"] == "ACTIVE") {
        Some(true) => error(403, "E0000056", "Delete application forbidden."),
        Some(false) => {
            state.applications.remove(&id);
            StatusCode::NO_CONTENT.into_response()
        }
        None => not_found(),
    }
}

async fn assign(Extract(shared): Extract<Shared>, Path((application, group)): Path<(String, String)>) -> Response {
    let mut state = lock(&shared);
    if !state.applications.contains_key(&application) || !state.groups.contains_key(&group) {
        return not_found();
    }
    state.assignments.insert((application, group.clone()));
    ok(json!({"id": group, "priority": 0, "profile": {}}))
}

async fn unassign(Extract(shared): Extract<Shared>, Path((application, group)): Path<(String, String)>) -> Response {
    lock(&shared).assignments.remove(&(application, group));
    StatusCode::NO_CONTENT.into_response()
}
