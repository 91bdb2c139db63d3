//! `/api/v1/policies`: policies of the org, their place and their life.
//!
//! Invariant: the system's own policy of a type stays: it is neither removed nor switched off nor moved, and holds for everybody.

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
    edge::Address,
    paging::{Asked, Beyond},
    policy_content, policy_rules,
    resource::link,
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        log::Event,
        policy::{self, COUNT_MAX, Kind, Policy, PolicyContent, RuleContent},
    },
    operations::Routes,
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;

pub fn operations() -> Routes {
    Routes::new()
        .on("listPolicies", list)
        .on("createPolicy", create)
        .on("getPolicy", get)
        .on("replacePolicy", replace)
        .on("deletePolicy", delete)
        .on("activatePolicy", activate)
        .on("deactivatePolicy", deactivate)
        .on("clonePolicy", clone)
}

pub async fn find(conn: &mut Conn, id: &str) -> Answer<Policy> {
    policy::by_id(conn, id).await?.ok_or_else(|| Fault::not_found(id, "Policy"))
}

/// A policy on the wire; with its rules where they are asked for.
pub async fn body(conn: &mut Conn, address: &Address, policy: &Policy, with_rules: bool) -> Answer<Value> {
    let path = format!("/api/v1/policies/{}", policy.id);
    let lifecycle = if policy.active { "deactivate" } else { "activate" };
    let mut links = Map::new();
    links.insert("self".to_owned(), link(address, &path, &["GET", "PUT", "DELETE"]));
    links.insert(lifecycle.to_owned(), link(address, &format!("{path}/lifecycle/{lifecycle}"), &["POST"]));
    links.insert("rules".to_owned(), link(address, &format!("{path}/rules"), &["GET", "POST"]));
    if policy.kind.has_apps() {
        links.insert("mappings".to_owned(), link(address, &format!("{path}/mappings"), &["GET", "POST"]));
    }
    let mut body = json!({
        "id": policy.id,
        "status": if policy.active { "ACTIVE" } else { "INACTIVE" },
        "name": policy.name,
        "description": policy.description,
        "priority": policy.priority,
        "system": policy.is_system,
        "created": policy.created.to_rfc3339_ms(),
        "lastUpdated": policy.last_updated.to_rfc3339_ms(),
        "type": policy.kind.as_str(),
        "_links": links,
    });
    if !policy.conditions.is_empty() {
        body["conditions"] = Value::Object(policy.conditions.clone());
    }
    if !policy.settings.is_empty() {
        body["settings"] = Value::Object(policy.settings.clone());
    }
    if with_rules {
        let rules = policy::rules(conn, &policy.id).await?;
        let rules: Vec<Value> = rules.iter().map(|rule| policy_rules::body(address, policy, rule)).collect();
        body["_embedded"] = json!({ "rules": rules });
    }
    Ok(body)
}

fn expands_rules(asked: &Asked) -> bool {
    asked.get("expand") == Some("rules")
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let mut reader = org.db.read().await?;
    let kind = asked.get("type").and_then(Kind::parse);
    let Some(kind) = kind else {
        // Types of Okta's that this org has no policies of.
        return Ok(asked.list(Vec::new(), limit, None));
    };
    let mut found = policy::of_kind(&mut reader, kind).await?;
    if let Some(status) = asked.get("status") {
        found.retain(|policy| policy.active == (status == "ACTIVE"));
    }
    if let Some(text) = asked.get("q") {
        let text = text.to_lowercase();
        found.retain(|policy| policy.name.to_lowercase().contains(&text));
    }
    if let Some(resource) = asked.get("resourceId") {
        let given = policy::of_app(&mut reader, &resource.into(), kind).await?;
        found.retain(|policy| kind.has_apps() && policy.id == given.id);
    }
    if let Some(after) = asked.get("after") {
        let position = found.iter().position(|policy| policy.id == after);
        found.drain(..=position.ok_or_else(super::paging::invalid_cursor)?);
    }
    let mut bodies = Vec::new();
    for policy in found.iter().take(usize::try_from(limit + 1).unwrap_or(COUNT_MAX)) {
        bodies.push((policy.id.clone(), body(&mut reader, &asked.address, policy, expands_rules(&asked)).await?));
    }
    Ok(asked.page(bodies, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn get(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let found = find(&mut reader, &id).await?;
    Ok(Json(body(&mut reader, &asked.address, &found, expands_rules(&asked)).await?))
}

/// The place that a body asks for.
pub fn priority(given: &Map<String, Value>) -> Answer<Option<i64>> {
    match given.get("priority").and_then(Value::as_i64) {
        Some(place) if place < 1 => Err(Fault::field("priority", "The value must be at least 1")),
        place => Ok(place),
    }
}

fn must_be_free(known: &[Policy], own: Option<&str>, name: &str) -> Answer<()> {
    if known.iter().any(|policy| policy.name == name && Some(policy.id.as_str()) != own) {
        return Err(Fault::field("name", "Policy name already in use"));
    }
    if own.is_none() && known.len() >= COUNT_MAX {
        return Err(Fault::field("name", "There are too many policies of this type"));
    }
    Ok(())
}

async fn create(State(org): State<Org>, caller: Caller, asked: Asked, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let kind = policy_content::kind(&given)?;
    let place = priority(&given)?;
    let mut change = caller.begin(&org).await?;
    let content = policy_content::policy(&mut change, kind, &given).await?;
    must_be_free(&policy::of_kind(&mut change, kind).await?, None, &content.name)?;
    let active = asked.flag("activate", given.text("status")? != Some("INACTIVE"));
    let id = policy::create(&mut change, &org.world, kind, &content, active, false).await?;
    policy::place(&mut change, kind, &id, place).await?;
    finish_rules(&mut change, &org, kind, &id).await?;
    let found = find(&mut change, &id).await?;
    change.record(Event::new("policy.lifecycle.create").target(found.party()));
    let shown = body(&mut change, &asked.address, &found, false).await?;
    change.commit().await?;
    Ok(Json(shown))
}

/// A policy that decides about apps must decide about everybody: it ends with a rule that matches always, and lets nobody in.
async fn finish_rules(conn: &mut Conn, org: &Org, kind: Kind, policy: &str) -> Answer<()> {
    if kind != Kind::Access {
        return Ok(());
    }
    let mut actions = Map::new();
    let sign_on = json!({ "access": "DENY", "verificationMethod": { "type": "ASSURANCE", "factorMode": "2FA" } });
    actions.insert("appSignOn".to_owned(), sign_on);
    let rule = RuleContent { name: "Catch-all Rule".to_owned(), conditions: Map::new(), actions };
    policy::create_rule(conn, &org.world, policy, &rule, true, true).await?;
    Ok(())
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let kind = policy_content::kind(&given)?;
    let place = priority(&given)?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    if before.kind != kind {
        return Err(immutable("type"));
    }
    let mut content = policy_content::policy(&mut change, kind, &given).await?;
    if before.is_system {
        if content.name != before.name {
            return Err(read_only("name"));
        }
        if given.contains_key("conditions") && content.conditions != before.conditions {
            return Err(read_only("conditions"));
        }
        content.conditions = before.conditions.clone();
    }
    must_be_free(&policy::of_kind(&mut change, kind).await?, Some(&id), &content.name)?;
    let now = change.now;
    policy::update(&mut change, &id, &content, now).await?;
    if place.is_some() {
        policy::place(&mut change, kind, &id, place).await?;
    }
    let found = find(&mut change, &id).await?;
    change.record(Event::new("policy.lifecycle.update").target(found.party()));
    let shown = body(&mut change, &address, &found, false).await?;
    change.commit().await?;
    Ok(Json(shown))
}

pub fn read_only(attribute: &str) -> Fault {
    Fault::new(&codes::E0000077).with_argument(attribute)
}

pub fn immutable(attribute: &str) -> Fault {
    Fault::new(&codes::E0000078).with_argument(attribute)
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let found = find(&mut change, &id).await?;
    if found.is_system {
        return Err(Fault::new(&codes::E0000111).with_argument("policy"));
    }
    policy::delete(&mut change, &found).await?;
    change.record(Event::new("policy.lifecycle.delete").target(found.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn activate(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    set_active(&org, &caller, &id, true).await
}

async fn deactivate(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    set_active(&org, &caller, &id, false).await
}

async fn set_active(org: &Org, caller: &Caller, id: &str, active: bool) -> Answer<StatusCode> {
    let mut change = caller.begin(org).await?;
    let found = find(&mut change, id).await?;
    if found.is_system && !active {
        return Err(Fault::new(&codes::E0000111).with_argument("policy"));
    }
    let now = change.now;
    policy::set_active(&mut change, id, active, now).await?;
    let kind = if active { "policy.lifecycle.activate" } else { "policy.lifecycle.deactivate" };
    change.record(Event::new(kind).target(found.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clone(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let mut change = caller.begin(&org).await?;
    let original = find(&mut change, &id).await?;
    if original.kind != Kind::Access {
        return Err(Fault::field("type", "Only policies of the type ACCESS_POLICY can be cloned"));
    }
    let known = policy::of_kind(&mut change, original.kind).await?;
    let free = |name: &String| !known.iter().any(|policy| policy.name == *name);
    let mut names = (1..).map(|number| match number {
        1 => format!("[cloned] {}", original.name),
        more => format!("[cloned {more}] {}", original.name),
    });
    let name = names.find(free).unwrap_or_default();
    must_be_free(&known, None, &name)?;
    let content = PolicyContent {
        name,
        description: original.description.clone(),
        conditions: original.conditions.clone(),
        settings: original.settings.clone(),
    };
    let copy = policy::create(&mut change, &org.world, original.kind, &content, true, false).await?;
    policy::place(&mut change, original.kind, &copy, None).await?;
    for rule in policy::rules(&mut change, &original.id).await? {
        let content = RuleContent { name: rule.name, conditions: rule.conditions, actions: rule.actions };
        policy::create_rule(&mut change, &org.world, &copy, &content, rule.active, rule.is_system).await?;
    }
    let found = find(&mut change, &copy).await?;
    change.record(Event::new("policy.lifecycle.create").target(found.party()));
    let shown = body(&mut change, &address, &found, false).await?;
    change.commit().await?;
    Ok(Json(shown))
}
