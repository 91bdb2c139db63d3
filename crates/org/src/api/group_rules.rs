//! Group rules: who belongs into a group because of who they are.
//!
//! Invariant: a rule gives no administrator roles. It cannot name a group that has them, and such a group cannot be given any.

pub mod apply;
pub mod person;
pub mod preview;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Map, Value, json};

pub use apply::{ask_again, exclude_from_rules, group_goes, reconsider, resume};

/// Asks what is to be asked about everybody, after a change of groups: see [`apply::wait_for`].
pub async fn take_up(org: &Org) -> Answer<()> {
    let org_of_task = org.clone();
    Ok(apply::wait_for(org, async move { resume(&org_of_task).await }).await?)
}

use super::{
    body::{Body, Properties},
    caller::Caller,
    paging::{Asked, Beyond},
};
use crate::{
    Org,
    error::{Answer, Fault, TAKEN},
    expression::{self, Expression},
    model::{
        group::{self, GroupType},
        group_rule::{self, GroupRule, RuleContent, RuleStatus},
        id::{GroupId, GroupRuleId, UserId},
        log::Event,
        membership, role, schema, user,
    },
    operations::Routes,
};

const LIMIT: i64 = 50;
const LIMIT_MAX: i64 = 200;
/// Rules of one org; each is asked whenever somebody changes.
pub const RULES_MAX: i64 = 2_000;
const NAME_LEN_MAX: usize = 50;
const TARGETS_MAX: usize = 100;
const EXCLUDED_MAX: usize = 1_000;
const KIND: &str = "group_rule";
const LANGUAGE: &str = "urn:okta:expression:1.0";

pub fn operations() -> Routes {
    Routes::new()
        .on("listGroupRules", list)
        .on("createGroupRule", create)
        .on("getGroupRule", get)
        .on("replaceGroupRule", replace)
        .on("deleteGroupRule", delete)
        .on("activateGroupRule", activate)
        .on("deactivateGroupRule", deactivate)
}

fn body(rule: &GroupRule) -> Value {
    let ids = |ids: &[GroupId]| -> Vec<String> { ids.iter().map(GroupId::to_string).collect() };
    let people: Vec<&str> = rule.excluded_people.iter().map(UserId::as_str).collect();
    json!({
        "type": KIND,
        "id": rule.id.as_str(),
        "status": rule.status.as_str(),
        "name": rule.name,
        "created": rule.created.to_rfc3339_ms(),
        "lastUpdated": rule.last_updated.to_rfc3339_ms(),
        "conditions": {
            "people": { "users": { "exclude": people }, "groups": { "exclude": ids(&rule.excluded_groups) } },
            "expression": { "value": rule.expression, "type": LANGUAGE },
        },
        "actions": { "assignUserToGroups": { "groupIds": ids(&rule.targets) } },
    })
}

/// The body, and with `expand=groupIdToGroupNameMap` the names of the groups that it names.
async fn expanded(conn: &mut Conn, asked: &Asked, rule: &GroupRule) -> Answer<Value> {
    let mut body = body(rule);
    if asked.get("expand").is_some_and(|expand| expand.split(',').any(|name| name == "groupIdToGroupNameMap")) {
        let mut names = Map::new();
        for id in rule.targets.iter().chain(&rule.excluded_groups) {
            if let Some(group) = group::by_id(conn, id).await? {
                names.insert(id.to_string(), group.name.into());
            }
        }
        body["_embedded"] = json!({ "groupIdToGroupNameMap": names });
    }
    Ok(body)
}

async fn find(conn: &mut Conn, id: &str) -> Answer<GroupRule> {
    group_rule::by_id(conn, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "GroupRule"))
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Refuse)?;
    let after = asked.after_id(GroupRuleId::PREFIX)?;
    let mut reader = org.db.read().await?;
    let mut shown = Vec::new();
    for rule in group_rule::list(&mut reader, asked.get("search"), after, limit + 1).await? {
        shown.push((rule.id.to_string(), expanded(&mut reader, &asked, &rule).await?));
    }
    Ok(asked.page(shown, limit, |(id, _)| id.clone(), |(_, body)| body.clone()))
}

async fn get(State(org): State<Org>, asked: Asked, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let rule = find(&mut reader, &id).await?;
    Ok(Json(expanded(&mut reader, &asked, &rule).await?))
}

/// An expression that asks for what there is.
pub async fn read_expression(conn: &mut Conn, text: &str) -> Answer<Expression> {
    let refuse = |reason: String| Fault::invalid("expression", [reason]);
    let read = expression::parse(text).map_err(|malformed| refuse(malformed.reason))?;
    let schemas = schema::of_all_types(conn).await?;
    for name in read.attributes() {
        if !schemas.iter().any(|schema| schema.attribute(name).is_some()) {
            return Err(refuse(format!("Invalid property {name} in expression {text}")));
        }
    }
    Ok(read)
}

/// What a body says of a rule, checked against what there is.
async fn content(conn: &mut Conn, body: &Map<String, Value>) -> Answer<RuleContent> {
    if body.text("type")? != Some(KIND) {
        return Err(Fault::field("type", "The type must be group_rule"));
    }
    let name = body.text("name")?.unwrap_or_default().trim();
    if name.is_empty() {
        return Err(Fault::field("name", "The field cannot be left blank"));
    }
    if name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let empty = Map::new();
    let conditions = body.child("conditions")?.unwrap_or(&empty);
    let given = conditions.child("expression")?.unwrap_or(&empty);
    if given.text("type")?.is_some_and(|kind| kind != LANGUAGE) {
        return Err(Fault::field("conditions.expression.type", &format!("The type must be {LANGUAGE}")));
    }
    let text = given.text("value")?.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Fault::field("conditions.expression.value", "The field cannot be left blank"));
    }
    let read = read_expression(conn, text).await?;
    let conditions_on = read.groups().into_iter().map(GroupId::from).collect();
    let people = conditions.child("people")?.unwrap_or(&empty);
    let excluded = |kind: &str| -> Answer<Vec<String>> {
        Ok(people.child(kind)?.unwrap_or(&empty).texts("exclude")?.unwrap_or_default())
    };
    let (excluded_people, excluded_groups) = (excluded("users")?, excluded("groups")?);
    if excluded_people.len() + excluded_groups.len() > EXCLUDED_MAX {
        return Err(Fault::field("conditions.people", &format!("No more than {EXCLUDED_MAX} can be excluded")));
    }
    for id in &excluded_people {
        if user::by_id(conn, &id.as_str().into()).await?.is_none() {
            return Err(Fault::field("conditions.people.users.exclude", &format!("Invalid user id {id}")));
        }
    }
    for id in &excluded_groups {
        if group::by_id(conn, &id.as_str().into()).await?.is_none() {
            return Err(Fault::field("conditions.people.groups.exclude", &format!("Invalid group id {id}")));
        }
    }
    Ok(RuleContent {
        name: name.to_owned(),
        expression: text.to_owned(),
        targets: targets(conn, body).await?,
        conditions: conditions_on,
        excluded_groups: excluded_groups.into_iter().map(Into::into).collect(),
        excluded_people: excluded_people.into_iter().map(Into::into).collect(),
    })
}

/// The groups that a rule puts people into: groups of the org's own, without roles.
async fn targets(conn: &mut Conn, body: &Map<String, Value>) -> Answer<Vec<GroupId>> {
    const FIELD: &str = "actions.assignUserToGroups.groupIds";
    let empty = Map::new();
    let actions = body.child("actions")?.unwrap_or(&empty);
    let ids = actions.child("assignUserToGroups")?.unwrap_or(&empty).texts("groupIds")?.unwrap_or_default();
    if ids.is_empty() {
        return Err(Fault::field(FIELD, "The field cannot be left blank"));
    }
    if ids.len() > TARGETS_MAX {
        return Err(Fault::field(FIELD, &format!("A rule cannot name more than {TARGETS_MAX} groups")));
    }
    let mut targets: Vec<GroupId> = Vec::with_capacity(ids.len());
    for id in ids {
        let group = group::by_id(conn, &id.as_str().into()).await?;
        let group = group.filter(|group| group.kind == GroupType::OktaGroup);
        let group = group.ok_or_else(|| Fault::field(FIELD, &format!("Invalid group id {id}")))?;
        if role::is_given_by(conn, &group.id).await? {
            return Err(Fault::field(FIELD, &format!("{id} is a group with administrator roles")));
        }
        if !targets.contains(&group.id) {
            targets.push(group.id);
        }
    }
    Ok(targets)
}

async fn refuse_taken_name(conn: &mut Conn, name: &str, own: Option<&GroupRuleId>) -> Answer<()> {
    match group_rule::by_name(conn, name).await? {
        Some(other) if Some(&other) != own => Err(Fault::field("name", TAKEN)),
        _ => Ok(()),
    }
}

async fn create(State(org): State<Org>, caller: Caller, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let content = content(&mut change, &given).await?;
    refuse_taken_name(&mut change, &content.name, None).await?;
    if group_rule::count(&mut change).await? >= RULES_MAX {
        return Err(Fault::field("rule", &format!("An org cannot have more than {RULES_MAX} group rules")));
    }
    let id = group_rule::create(&mut change, &org.world, &content).await.map_err(Fault::taken("name"))?;
    let rule = find(&mut change, id.as_str()).await?;
    change.commit().await?;
    Ok(Json(body(&rule)))
}

async fn replace(State(org): State<Org>, caller: Caller, Path(id): Path<String>, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    if before.status == RuleStatus::Active {
        return Err(Fault::field("status", "Only a rule that is not active can be updated"));
    }
    let content = content(&mut change, &given).await?;
    if before.status == RuleStatus::Inactive && content.targets != before.targets {
        return Err(Fault::field("actions", "The actions of a rule cannot be updated"));
    }
    refuse_taken_name(&mut change, &content.name, Some(&before.id)).await?;
    let now = change.now;
    group_rule::update(&mut change, &before.id, &content, now).await.map_err(Fault::taken("name"))?;
    let after = find(&mut change, &id).await?;
    change.commit().await?;
    Ok(Json(body(&after)))
}

async fn activate(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let rule = find(&mut change, &id).await?;
    if rule.status == RuleStatus::Invalid {
        return Err(Fault::field("status", "A rule whose group is gone must be updated before it is activated"));
    }
    if rule.status == RuleStatus::Inactive {
        // What it says was right when it was written; attributes may have gone since then.
        read_expression(&mut change, &rule.expression).await?;
        let now = change.now;
        group_rule::set_status(&mut change, &rule.id, RuleStatus::Active, true, now).await?;
        change.record(Event::new("group.user_membership.rule.trigger").target(apply::party(&rule)));
    }
    change.commit().await?;
    let (org_of_task, by, origin) = (org.clone(), caller.party(), caller.origin.clone());
    apply::wait_for(&org, async move { apply::run(&org_of_task, &rule.id, &by, &origin).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn deactivate(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let rule = find(&mut change, &id).await?;
    if rule.status != RuleStatus::Active {
        return Ok(StatusCode::NO_CONTENT);
    }
    let now = change.now;
    group_rule::set_status(&mut change, &rule.id, RuleStatus::Inactive, false, now).await?;
    change.record(Event::new("group.user_membership.rule.deactivated").target(apply::party(&rule)));
    change.commit().await?;
    take_back(&org, &caller, rule.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn take_back(org: &Org, caller: &Caller, id: GroupRuleId) -> Answer<()> {
    let (org_of_task, by, origin) = (org.clone(), caller.party(), caller.origin.clone());
    Ok(apply::wait_for(org, async move { apply::take_back(&org_of_task, &id, &by, &origin).await }).await?)
}

/// With `removeUsers` people leave the groups; otherwise they stay as if a hand had put them there.
async fn delete(State(org): State<Org>, caller: Caller, asked: Asked, Path(id): Path<String>) -> Answer<Response> {
    let mut change = caller.begin(&org).await?;
    let rule = find(&mut change, &id).await?;
    let now = change.now;
    group_rule::set_status(&mut change, &rule.id, RuleStatus::Inactive, false, now).await?;
    if asked.flag("removeUsers", false) {
        change.commit().await?;
        let (by, origin) = (caller.party(), caller.origin.clone());
        apply::take_back(&org, &rule.id, &by, &origin).await?;
        change = caller.begin(&org).await?;
    } else {
        membership::keep_by_hand(&mut change, &rule.id).await?;
    }
    group_rule::delete(&mut change, &rule.id).await?;
    change.record(Event::new("group.user_membership.rule.deactivated").target(apply::party(&rule)));
    change.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}
