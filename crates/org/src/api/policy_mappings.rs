//! Which apps follow a policy: `/api/v1/policies/{policyId}/mappings`, `…/app` and `/api/v1/apps/{appId}/policies/{policyId}`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Value, json};

use super::{
    app_body, apps,
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    policies::find,
    resource::link,
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        app,
        change::Change,
        log::{Event, Party},
        policy::{self, Kind, Mapping, Policy},
    },
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new()
        .on("listPolicyApps", list_apps)
        .on("listPolicyMappings", list)
        .on("mapResourceToPolicy", create)
        .on("getPolicyMapping", get)
        .on("deletePolicyResourceMapping", delete)
        .on("assignApplicationPolicy", assign)
}

fn body(address: &Address, mapping: &Mapping) -> Value {
    let path = format!("/api/v1/policies/{}", mapping.policy_id);
    json!({
        "id": mapping.id,
        "_links": {
            "self": link(address, &format!("{path}/mappings/{}", mapping.id), &["GET", "DELETE"]),
            "application": link(address, &format!("/api/v1/apps/{}", mapping.app_id), &["GET"]),
            "policy": link(address, &path, &["GET"]),
        },
    })
}

async fn find_mapping(conn: &mut Conn, policy: &str, id: &str) -> Answer<(Policy, Mapping)> {
    let policy = find(conn, policy).await?;
    let found = policy::mappings(conn, &policy.id).await?.into_iter().find(|mapping| mapping.id == id);
    Ok((policy, found.ok_or_else(|| Fault::not_found(id, "PolicyMapping"))?))
}

async fn list_apps(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let policy = find(&mut reader, &id).await?;
    let mut shown = Vec::new();
    for mapping in policy::mappings(&mut reader, &policy.id).await? {
        if let Some(app) = app::by_id(&mut reader, &mapping.app_id).await? {
            shown.push(app_body::body(&mut reader, &org, &caller, &address, &app).await?);
        }
    }
    Ok(Json(shown))
}

async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let policy = find(&mut reader, &id).await?;
    let found = policy::mappings(&mut reader, &policy.id).await?;
    Ok(Json(found.iter().map(|mapping| body(&address, mapping)).collect()))
}

async fn get(
    State(org): State<Org>,
    address: Address,
    Path((policy, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (_, mapping) = find_mapping(&mut *org.db.read().await?, &policy, &id).await?;
    Ok(Json(body(&address, &mapping)))
}

async fn create(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    if given.text("resourceType")?.is_some_and(|kind| kind != Kind::Access.as_str()) {
        return Err(Fault::field("resourceType", "The value must be ACCESS_POLICY"));
    }
    let app = given.text("resourceId")?.ok_or_else(|| Fault::field("resourceId", "The field cannot be left blank"))?;
    let mut change = caller.begin(&org).await?;
    let mapping = give(&mut change, &org, app, &id).await?;
    change.commit().await?;
    Ok(Json(body(&address, &mapping)))
}

async fn assign(
    State(org): State<Org>,
    caller: Caller,
    Path((app, policy)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    give(&mut change, &org, &app, &policy).await?;
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn give(change: &mut Change, org: &Org, app: &str, policy: &str) -> Answer<Mapping> {
    let app = apps::find(change, app).await?;
    let policy = find(change, policy).await?;
    if !policy.kind.has_apps() {
        return Err(Fault::field("policyId", "Apps cannot be given to a policy of this type"));
    }
    let mapping = policy::assign(change, &org.world, &app.id, &policy).await?;
    change.record(Event::new("application.lifecycle.update").target(Party::app(&app)).target(policy.party()));
    Ok(mapping)
}

async fn delete(
    State(org): State<Org>,
    caller: Caller,
    Path((policy, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (policy, mapping) = find_mapping(&mut change, &policy, &id).await?;
    let app = apps::find(&mut change, mapping.app_id.as_str()).await?;
    policy::delete_mapping(&mut change, &mapping.id).await?;
    change.record(Event::new("application.lifecycle.update").target(Party::app(&app)).target(policy.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
