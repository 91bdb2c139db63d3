//! Access policies of custom authorization servers and their rules in the management API.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    access_policy::{self as policy, ALL_CLIENTS, COUNT_MAX, EVERYONE, Policy, PolicyContent, Rule, RuleContent},
    device,
    server::{self, Server},
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault},
    model::{app, group, log::Event, user},
    operations::Routes,
};

const POLICY_TYPE: &str = "OAUTH_AUTHORIZATION_POLICY";
const RULE_TYPE: &str = "RESOURCE_ACCESS";
const NAME_LEN_MAX: usize = 100;
const DESCRIPTION_LEN_MAX: usize = 255;
/// Ids and scopes in one condition.
const ENTRIES_MAX: usize = 500;
const ACCESS_MINUTES: std::ops::RangeInclusive<i64> = 5..=1_440;
const WINDOW_MINUTES: std::ops::RangeInclusive<i64> = 10..=2_628_000;
const GRANT_TYPES: [&str; 9] = [
    "authorization_code",
    "implicit",
    "password",
    "client_credentials",
    "interaction_code",
    device::GRANT_TYPE,
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
];

pub fn operations() -> Routes {
    Routes::new()
        .on("listAuthorizationServerPolicies", list)
        .on("createAuthorizationServerPolicy", create)
        .on("getAuthorizationServerPolicy", get)
        .on("replaceAuthorizationServerPolicy", replace)
        .on("deleteAuthorizationServerPolicy", delete)
        .on("activateAuthorizationServerPolicy", activate)
        .on("deactivateAuthorizationServerPolicy", deactivate)
        .on("listAuthorizationServerPolicyRules", list_rules)
        .on("createAuthorizationServerPolicyRule", create_rule)
        .on("getAuthorizationServerPolicyRule", get_rule)
        .on("replaceAuthorizationServerPolicyRule", replace_rule)
        .on("deleteAuthorizationServerPolicyRule", delete_rule)
        .on("activateAuthorizationServerPolicyRule", activate_rule)
        .on("deactivateAuthorizationServerPolicyRule", deactivate_rule)
}

async fn find(conn: &mut Conn, server: &str, id: &str) -> Answer<(Server, Policy)> {
    let server = server::custom(conn, server).await?;
    let found = policy::policies(conn, &server.id).await?.into_iter().find(|policy| policy.id == id);
    Ok((server, found.ok_or_else(|| Fault::not_found(id, "Policy"))?))
}

async fn find_rule(conn: &mut Conn, server: &str, policy: &str, id: &str) -> Answer<(Server, Policy, Rule)> {
    let (server, policy) = find(conn, server, policy).await?;
    let found = policy::rules(conn, &policy.id).await?.into_iter().find(|rule| rule.id == id);
    Ok((server, policy, found.ok_or_else(|| Fault::not_found(id, "PolicyRule"))?))
}

async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let server = server::custom(&mut reader, &id).await?;
    let policies = policy::policies(&mut reader, &server.id).await?;
    Ok(Json(policies.iter().map(|policy| body(&address, &server, policy)).collect()))
}

async fn get(
    State(org): State<Org>,
    address: Address,
    Path((server, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (server, policy) = find(&mut *org.db.read().await?, &server, &id).await?;
    Ok(Json(body(&address, &server, &policy)))
}

async fn create(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Response> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let server = server::custom(&mut change, &id).await?;
    let content = content(&mut change, &given).await?;
    check_free(&policy::policies(&mut change, &server.id).await?, None, &content.name)?;
    let id = policy::create_policy(&mut change, &org.world, &server.id, &content, false).await?;
    let (server, policy) = find(&mut change, &server.id, &id).await?;
    change.record(Event::new("policy.lifecycle.create").target(policy.party()).target(server.party()));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&address, &server, &policy))).into_response())
}

fn check_free(known: &[Policy], own: Option<&str>, name: &str) -> Answer<()> {
    if known.iter().any(|policy| policy.name == name && Some(policy.id.as_str()) != own) {
        return Err(Fault::field("name", "Policy name already in use"));
    }
    if own.is_none() && known.len() >= COUNT_MAX {
        return Err(Fault::field("name", "This authorization server has too many policies"));
    }
    Ok(())
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((server, id)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let (server, before) = find(&mut change, &server, &id).await?;
    let content = content(&mut change, &given).await?;
    check_free(&policy::policies(&mut change, &server.id).await?, Some(&before.id), &content.name)?;
    let now = change.now;
    policy::update_policy(&mut change, &server.id, &before.id, &content, now).await?;
    let (server, policy) = find(&mut change, &server.id, &id).await?;
    change.record(Event::new("policy.lifecycle.update").target(policy.party()).target(server.party()));
    change.commit().await?;
    Ok(Json(body(&address, &server, &policy)))
}

async fn delete(
    State(org): State<Org>,
    caller: Caller,
    Path((server, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (server, policy) = find(&mut change, &server, &id).await?;
    policy::delete_policy(&mut change, &server.id, &policy.id).await?;
    change.record(Event::new("policy.lifecycle.delete").target(policy.party()).target(server.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn activate(State(org): State<Org>, caller: Caller, Path(path): Path<(String, String)>) -> Answer<StatusCode> {
    set_active(&org, &caller, &path, true).await
}

async fn deactivate(State(org): State<Org>, caller: Caller, Path(path): Path<(String, String)>) -> Answer<StatusCode> {
    set_active(&org, &caller, &path, false).await
}

async fn set_active(org: &Org, caller: &Caller, (server, id): &(String, String), active: bool) -> Answer<StatusCode> {
    let mut change = caller.begin(org).await?;
    let (server, found) = find(&mut change, server, id).await?;
    let now = change.now;
    policy::set_policy_active(&mut change, &found.id, active, now).await?;
    let kind = if active { "policy.lifecycle.activate" } else { "policy.lifecycle.deactivate" };
    change.record(Event::new(kind).target(found.party()).target(server.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn content(conn: &mut Conn, given: &Map<String, Value>) -> Answer<PolicyContent> {
    if given.text("type")?.is_some_and(|kind| kind != POLICY_TYPE) {
        return Err(Fault::field("type", &format!("The value must be {POLICY_TYPE}")));
    }
    let conditions = given.child("conditions")?.map(|conditions| conditions.child("clients")).transpose()?.flatten();
    let clients = conditions.map(|clients| clients.texts("include")).transpose()?.flatten().unwrap_or_default();
    if clients.is_empty() || clients.len() > ENTRIES_MAX {
        return Err(Fault::field("conditions.clients.include", "The field cannot be left blank"));
    }
    for client in clients.iter().filter(|client| *client != ALL_CLIENTS) {
        if app::by_client_id(conn, client).await?.is_none() {
            return Err(Fault::field("conditions.clients.include", &format!("The client '{client}' does not exist")));
        }
    }
    let description = given.text("description")?.unwrap_or_default().trim().to_owned();
    if description.is_empty() || description.chars().count() > DESCRIPTION_LEN_MAX {
        return Err(Fault::field("description", "The field must be between 1 and 255 characters"));
    }
    Ok(PolicyContent { name: name(given)?, description, active: active(given)?, priority: priority(given)?, clients })
}

fn name(given: &Map<String, Value>) -> Answer<String> {
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        return Err(Fault::field("name", "The field cannot be left blank"));
    }
    if name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", "The field is too long"));
    }
    Ok(name)
}

fn active(given: &Map<String, Value>) -> Answer<bool> {
    match given.text("status")? {
        None | Some("ACTIVE") => Ok(true),
        Some("INACTIVE") => Ok(false),
        Some(_) => Err(Fault::field("status", "The value must be ACTIVE or INACTIVE")),
    }
}

fn priority(given: &Map<String, Value>) -> Answer<Option<i64>> {
    match given.get("priority") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_i64().filter(|priority| *priority >= 1) {
            Some(priority) => Ok(Some(priority)),
            None => Err(Fault::field("priority", "The value must be a number from 1")),
        },
    }
}

fn links(address: &Address, own: &str, active: bool) -> Value {
    let link = |path: &str, allow: &[&str]| json!({ "href": address.link(path), "hints": { "allow": allow } });
    let other = if active { "deactivate" } else { "activate" };
    let mut links = json!({ "self": link(own, &["GET", "PUT", "DELETE"]) });
    links[other] = link(&format!("{own}/lifecycle/{other}"), &["POST"]);
    links
}

fn body(address: &Address, server: &Server, policy: &Policy) -> Value {
    let own = format!("/api/v1/authorizationServers/{}/policies/{}", server.id, policy.id);
    let mut links = links(address, &own, policy.active);
    links["rules"] = json!({ "href": address.link(&format!("{own}/rules")), "hints": { "allow": ["GET"] } });
    json!({
        "type": POLICY_TYPE,
        "id": policy.id,
        "status": if policy.active { "ACTIVE" } else { "INACTIVE" },
        "name": policy.name,
        "description": policy.description,
        "priority": policy.priority,
        "system": policy.is_system,
        "conditions": { "clients": { "include": policy.clients } },
        "created": policy.created.to_rfc3339_ms(),
        "lastUpdated": policy.last_updated.to_rfc3339_ms(),
        "_links": links,
    })
}

async fn list_rules(
    State(org): State<Org>,
    address: Address,
    Path((server, id)): Path<(String, String)>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let (server, policy) = find(&mut reader, &server, &id).await?;
    let rules = policy::rules(&mut reader, &policy.id).await?;
    Ok(Json(rules.iter().map(|rule| rule_body(&address, &server, rule)).collect()))
}

async fn get_rule(
    State(org): State<Org>,
    address: Address,
    Path((server, policy, id)): Path<(String, String, String)>,
) -> Answer<Json<Value>> {
    let (server, _, rule) = find_rule(&mut *org.db.read().await?, &server, &policy, &id).await?;
    Ok(Json(rule_body(&address, &server, &rule)))
}

async fn create_rule(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((server, id)): Path<(String, String)>,
    given: Body,
) -> Answer<Response> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let (server, policy) = find(&mut change, &server, &id).await?;
    let content = rule_content(&mut change, &given).await?;
    check_rule_free(&policy::rules(&mut change, &policy.id).await?, None, &content.name)?;
    let id = policy::create_rule(&mut change, &org.world, &policy.id, &content, false).await?;
    let (server, policy, rule) = find_rule(&mut change, &server.id, &policy.id, &id).await?;
    change.record(Event::new("policy.rule.add").target(rule.party()).target(policy.party()));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(rule_body(&address, &server, &rule))).into_response())
}

fn check_rule_free(known: &[Rule], own: Option<&str>, name: &str) -> Answer<()> {
    if known.iter().any(|rule| rule.name == name && Some(rule.id.as_str()) != own) {
        return Err(Fault::field("name", "Policy rule name already in use"));
    }
    if own.is_none() && known.len() >= COUNT_MAX {
        return Err(Fault::field("name", "This policy has too many rules"));
    }
    Ok(())
}

async fn replace_rule(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((server, policy, id)): Path<(String, String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let (server, policy, before) = find_rule(&mut change, &server, &policy, &id).await?;
    let content = rule_content(&mut change, &given).await?;
    check_rule_free(&policy::rules(&mut change, &policy.id).await?, Some(&before.id), &content.name)?;
    let now = change.now;
    policy::update_rule(&mut change, &policy.id, &before.id, &content, now).await?;
    let (server, policy, rule) = find_rule(&mut change, &server.id, &policy.id, &id).await?;
    change.record(Event::new("policy.rule.update").target(rule.party()).target(policy.party()));
    change.commit().await?;
    Ok(Json(rule_body(&address, &server, &rule)))
}

async fn delete_rule(
    State(org): State<Org>,
    caller: Caller,
    Path((server, policy, id)): Path<(String, String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let (_, policy, rule) = find_rule(&mut change, &server, &policy, &id).await?;
    policy::delete_rule(&mut change, &policy.id, &rule.id).await?;
    change.record(Event::new("policy.rule.delete").target(rule.party()).target(policy.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

type RulePath = Path<(String, String, String)>;

async fn activate_rule(State(org): State<Org>, caller: Caller, path: RulePath) -> Answer<StatusCode> {
    set_rule_active(&org, &caller, path, true).await
}

async fn deactivate_rule(State(org): State<Org>, caller: Caller, path: RulePath) -> Answer<StatusCode> {
    set_rule_active(&org, &caller, path, false).await
}

async fn set_rule_active(
    org: &Org,
    caller: &Caller,
    Path((server, policy, id)): RulePath,
    active: bool,
) -> Answer<StatusCode> {
    let mut change = caller.begin(org).await?;
    let (_, policy, rule) = find_rule(&mut change, &server, &policy, &id).await?;
    let now = change.now;
    policy::set_rule_active(&mut change, &rule.id, active, now).await?;
    let kind = if active { "policy.rule.activate" } else { "policy.rule.deactivate" };
    change.record(Event::new(kind).target(rule.party()).target(policy.party()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn rule_content(conn: &mut Conn, given: &Map<String, Value>) -> Answer<RuleContent> {
    if given.text("type")?.is_some_and(|kind| kind != RULE_TYPE) {
        return Err(Fault::field("type", &format!("The value must be {RULE_TYPE}")));
    }
    let empty = Map::new();
    let given_conditions = given.child("conditions")?.unwrap_or(&empty);
    let grants = entries(given_conditions, "grantTypes", "include")?;
    if let Some(wrong) = grants.iter().find(|grant| !GRANT_TYPES.contains(&grant.as_str())) {
        return Err(Fault::field("conditions.grantTypes.include", &format!("'{wrong}' is not a grant type")));
    }
    let scopes = entries(given_conditions, "scopes", "include")?;
    for (field, list) in [("conditions.grantTypes.include", &grants), ("conditions.scopes.include", &scopes)] {
        if list.is_empty() {
            return Err(Fault::field(field, "The field cannot be left blank"));
        }
    }
    let people = people(conn, given_conditions.child("people")?.unwrap_or(&empty)).await?;
    let mut conditions = Map::new();
    conditions.insert("people".to_owned(), people);
    conditions.insert("grantTypes".to_owned(), json!({ "include": grants }));
    conditions.insert("scopes".to_owned(), json!({ "include": scopes }));
    let token = given.child("actions")?.map(|actions| actions.child("token")).transpose()?.flatten().unwrap_or(&empty);
    let mut actions = Map::new();
    actions.insert("token".to_owned(), lifetimes(token)?);
    Ok(RuleContent { name: name(given)?, active: active(given)?, priority: priority(given)?, conditions, actions })
}

fn entries(given: &Map<String, Value>, name: &str, list: &str) -> Answer<Vec<String>> {
    let entries = given.child(name)?.map(|child| child.texts(list)).transpose()?.flatten().unwrap_or_default();
    if entries.len() > ENTRIES_MAX {
        return Err(Fault::field(name, "There are too many entries"));
    }
    Ok(entries)
}

/// People and groups that a rule is about, each of which must exist.
async fn people(conn: &mut Conn, given: &Map<String, Value>) -> Answer<Value> {
    let mut kept = json!({ "users": {}, "groups": {} });
    for list in ["include", "exclude"] {
        let (users, groups) = (entries(given, "users", list)?, entries(given, "groups", list)?);
        for id in &users {
            if user::by_id(conn, &id.as_str().into()).await?.is_none() {
                return Err(Fault::field("conditions.people.users", &format!("The user '{id}' does not exist")));
            }
        }
        for id in groups.iter().filter(|id| *id != EVERYONE) {
            if group::by_id(conn, &id.as_str().into()).await?.is_none() {
                return Err(Fault::field("conditions.people.groups", &format!("The group '{id}' does not exist")));
            }
        }
        kept["users"][list] = users.into();
        kept["groups"][list] = groups.into();
    }
    Ok(kept)
}

fn lifetimes(given: &Map<String, Value>) -> Answer<Value> {
    let number = |name: &str, default: i64| -> Answer<i64> {
        match given.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value.as_i64().ok_or_else(|| Fault::field(name, "The value must be a number")),
        }
    };
    let access = number("accessTokenLifetimeMinutes", 60)?;
    if !ACCESS_MINUTES.contains(&access) {
        return Err(Fault::field("accessTokenLifetimeMinutes", "The value must be between 5 and 1440"));
    }
    let refresh = number("refreshTokenLifetimeMinutes", 0)?;
    if refresh != 0 && !(access..=*WINDOW_MINUTES.end()).contains(&refresh) {
        let reason = "The value must be 0 or at least the lifetime of the access token";
        return Err(Fault::field("refreshTokenLifetimeMinutes", reason));
    }
    let window = number("refreshTokenWindowMinutes", 10_080)?;
    if !WINDOW_MINUTES.contains(&window) {
        return Err(Fault::field("refreshTokenWindowMinutes", "The value must be between 10 and 2628000"));
    }
    let mut kept = json!({
        "accessTokenLifetimeMinutes": access,
        "refreshTokenLifetimeMinutes": refresh,
        "refreshTokenWindowMinutes": window,
    });
    if let Some(hook) = given.child("inlineHook")?.map(|hook| hook.text("id")).transpose()?.flatten() {
        kept["inlineHook"] = json!({ "id": hook });
    }
    Ok(kept)
}

fn rule_body(address: &Address, server: &Server, rule: &Rule) -> Value {
    let own = format!("/api/v1/authorizationServers/{}/policies/{}/rules/{}", server.id, rule.policy_id, rule.id);
    json!({
        "type": RULE_TYPE,
        "id": rule.id,
        "status": if rule.active { "ACTIVE" } else { "INACTIVE" },
        "name": rule.name,
        "priority": rule.priority,
        "created": rule.created.to_rfc3339_ms(),
        "lastUpdated": rule.last_updated.to_rfc3339_ms(),
        "system": rule.is_system,
        "conditions": rule.conditions,
        "actions": rule.actions,
        "_links": links(address, &own, rule.active),
    })
}
