//! `/api/v1/policies/{policyId}/rules`: the rules of a policy, in the order in which they are asked.
//!
//! Invariant: a system rule is the last, active, and matches always; only what it does can be changed.

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
    policies::{find, immutable, priority, read_only},
    policy_content,
    resource::link,
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        log::Event,
        policy::{self, COUNT_MAX, Kind, Policy, PolicyRule},
    },
    operations::Routes,
};

const LIMIT_MAX: i64 = 200;

pub fn operations() -> Routes {
    Routes::new()
        .on("listPolicyRules", list)
        .on("createPolicyRule", create)
        .on("getPolicyRule", get)
        .on("replacePolicyRule", replace)
        .on("deletePolicyRule", delete)
        .on("activatePolicyRule", activate)
        .on("deactivatePolicyRule", deactivate)
}

/// A rule on the wire.
pub fn body(address: &Address, policy: &Policy, rule: &PolicyRule) -> Value {
    let path = format!("/api/v1/policies/{}/rules/{}", policy.id, rule.id);
    let lifecycle = if rule.active { "deactivate" } else { "activate" };
    let mut links = Map::new();
    links.insert("self".to_owned(), link(address, &path, &["GET", "PUT", "DELETE"]));
    links.insert(lifecycle.to_owned(), link(address, &format!("{path}/lifecycle/{lifecycle}"), &["POST"]));
    let mut body = json!({
        "id": rule.id,
        "status": if rule.active { "ACTIVE" } else { "INACTIVE" },
        "name": rule.name,
        "priority": rule.priority,
        "created": rule.created.to_rfc3339_ms(),
        "lastUpdated": rule.last_updated.to_rfc3339_ms(),
        "system": rule.is_system,
        "actions": rule.actions,
        "type": policy.kind.rule_type(),
        "_links": links,
    });
    if !rule.conditions.is_empty() {
        body["conditions"] = Value::Object(rule.conditions.clone());
    }
    body
}

async fn find_rule(conn: &mut Conn, policy: &str, id: &str) -> Answer<(Policy, PolicyRule)> {
    let policy = find(conn, policy).await?;
    let found = policy::rules(conn, &policy.id).await?.into_iter().find(|rule| rule.id == id);
    Ok((policy, found.ok_or_else(|| Fault::not_found(id, "PolicyRule"))?))
}

async fn list(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    let limit = asked.limit(LIMIT_MAX, LIMIT_MAX, Beyond::Cut)?;
    let mut reader = org.db.read().await?;
    let policy = find(&mut reader, &id).await?;
    let rules = policy::rules(&mut reader, &policy.id).await?;
    let shown = rules.iter().take(usize::try_from(limit).unwrap_or(COUNT_MAX));
    Ok(asked.list(shown.map(|rule| body(&asked.address, &policy, rule)).collect(), limit, None))
}

async fn get(
    State(org): State<Org>,
    address: Address,
    Path((policy, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (policy, rule) = find_rule(&mut *org.db.read().await?, &policy, &id).await?;
    Ok(Json(body(&address, &policy, &rule)))
}

fn must_be_free(known: &[PolicyRule], own: Option<&str>, name: &str) -> Answer<()> {
    if known.iter().any(|rule| rule.name == name && Some(rule.id.as_str()) != own) {
        return Err(Fault::field("name", "The rule name already in use"));
    }
    if own.is_none() && known.len() >= COUNT_MAX {
        return Err(Fault::field("name", "This policy has too many rules"));
    }
    Ok(())
}

async fn create(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let place = priority(&given)?;
    let mut change = caller.begin(&org).await?;
    let policy = find(&mut change, &id).await?;
    let content = policy_content::rule(&mut change, policy.kind, &given).await?;
    must_be_free(&policy::rules(&mut change, &policy.id).await?, None, &content.name)?;
    let active = asked.flag("activate", given.text("status")? != Some("INACTIVE"));
    let id = policy::create_rule(&mut change, &org.world, &policy.id, &content, active, false).await?;
    policy::place_rule(&mut change, &policy.id, &id, place).await?;
    let (policy, rule) = find_rule(&mut change, &policy.id, &id).await?;
    change.record(Event::new("policy.rule.add").target(rule.party()).target(policy.party()));
    change.commit().await?;
    Ok(Json(body(&asked.address, &policy, &rule)))
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((policy, id)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let place = priority(&given)?;
    let mut change = caller.begin(&org).await?;
    let (policy, before) = find_rule(&mut change, &policy, &id).await?;
    let mut content = policy_content::rule(&mut change, policy.kind, &given).await?;
    if before.is_system {
        if content.name != before.name {
            return Err(read_only("name"));
        }
        if given.contains_key("conditions") && content.conditions != before.conditions {
            return Err(read_only("conditions"));
        }
        // Nobody could sign in any more, those who could change it back among them.
        let denies = content.actions.get("signon").and_then(|signon| signon.get("access")) == Some(&json!("DENY"));
        if policy.is_system && policy.kind == Kind::SignOn && denies {
            return Err(immutable("access"));
        }
        content.conditions = before.conditions.clone();
    }
    must_be_free(&policy::rules(&mut change, &policy.id).await?, Some(&id), &content.name)?;
    let now = change.now;
    policy::update_rule(&mut change, &id, &content, now).await?;
    if place.is_some() {
        policy::place_rule(&mut change, &policy.id, &id, place).await?;
    }
    let (policy, rule) = find_rule(&mut change, &policy.id, &id).await?;
    change.record(Event::new("policy.rule.update").target(rule.party()).target(policy.party()));
    change.commit().await?;
    Ok(Json(body(&address, &policy, &rule)))
}

async fn delete(
    State(org): State<Org>,
    caller: Caller,
    Path((policy, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (policy, rule) = find_rule(&mut change, &policy, &id).await?;
    if rule.is_system {
        return Err(Fault::new(&codes::E0000111).with_argument("rule"));
    }
    policy::delete_rule(&mut change, &rule).await?;
    change.record(Event::new("policy.rule.delete").target(rule.party()).target(policy.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn activate(State(org): State<Org>, caller: Caller, Path(path): Path<(String, String)>) -> Answer<StatusCode> {
    set_active(&org, &caller, &path, true).await
}

async fn deactivate(State(org): State<Org>, caller: Caller, Path(path): Path<(String, String)>) -> Answer<StatusCode> {
    set_active(&org, &caller, &path, false).await
}

async fn set_active(org: &Org, caller: &Caller, (policy, id): &(String, String), active: bool) -> Answer<StatusCode> {
    let mut change = caller.begin(org).await?;
    let (policy, rule) = find_rule(&mut change, policy, id).await?;
    if rule.is_system && !active {
        return Err(Fault::new(&codes::E0000111).with_argument("rule"));
    }
    let now = change.now;
    policy::set_rule_active(&mut change, &rule.id, active, now).await?;
    let kind = if active { "policy.rule.activate" } else { "policy.rule.deactivate" };
    change.record(Event::new(kind).target(rule.party()).target(policy.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
