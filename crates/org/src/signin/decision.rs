//! Which policy, and which of its rules, hold for somebody from where they are.
//!
//! Invariant: active policies are asked by priority, in each the active rules by priority; the first that match decide, and the system's
//! own match always. A condition that is not understood matches nobody.

use std::net::IpAddr;

use db::Conn;
use serde_json::{Map, Value};

use crate::{
    Result,
    api::group_rules::person::Person,
    expression,
    model::{
        group,
        id::{AppId, GroupId},
        membership,
        policy::{self, Kind, Policy, PolicyRule},
        token::Network,
        user::User,
    },
};

/// Whom a decision is about.
pub struct Who<'a> {
    pub user: Option<&'a User>,
    /// Ids and names.
    pub groups: Vec<(String, String)>,
    pub address: Option<IpAddr>,
}

impl Who<'_> {
    pub async fn person<'a>(conn: &mut Conn, user: &'a User, address: Option<IpAddr>) -> Result<Who<'a>> {
        Ok(Who { user: Some(user), groups: membership::groups_of(conn, &user.id).await?, address })
    }

    /// Somebody who is not there yet, or whom nobody knows: in Everyone and in these.
    pub async fn newcomer(conn: &mut Conn, groups: &[GroupId]) -> Result<Who<'static>> {
        let mut found = Vec::new();
        if let Some(everyone) = group::by_name(conn, group::EVERYONE).await? {
            found.push((everyone.id.to_string(), everyone.name));
        }
        for id in groups {
            if let Some(group) = group::by_id(conn, id).await? {
                found.push((group.id.to_string(), group.name));
            }
        }
        Ok(Who { user: None, groups: found, address: None })
    }

    fn is_in(&self, groups: &[&str]) -> bool {
        self.groups.iter().any(|(id, _)| groups.contains(&id.as_str()))
    }
}

/// The policy of this type that holds for somebody, whatever its rules say.
pub async fn policy(conn: &mut Conn, kind: Kind, who: &Who<'_>) -> Result<Policy> {
    for policy in policy::of_kind(conn, kind).await? {
        if policy.is_system || (policy.active && matches(conn, who, &policy.conditions).await?) {
            return Ok(policy);
        }
    }
    policy::system(conn, kind).await
}

/// The first rule that matches, of the first policy that has one.
pub async fn rule(conn: &mut Conn, kind: Kind, who: &Who<'_>) -> Result<Option<(Policy, PolicyRule)>> {
    for policy in policy::of_kind(conn, kind).await? {
        let applies = policy.is_system || (policy.active && matches(conn, who, &policy.conditions).await?);
        if applies && let Some(rule) = rule_of(conn, &policy, who).await? {
            return Ok(Some((policy, rule)));
        }
    }
    Ok(None)
}

/// The first rule of a policy that matches.
pub async fn rule_of(conn: &mut Conn, policy: &Policy, who: &Who<'_>) -> Result<Option<PolicyRule>> {
    for rule in policy::rules(conn, &policy.id).await? {
        if rule.is_system || (rule.active && matches(conn, who, &rule.conditions).await?) {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

/// The rule that decides about an app.
pub async fn app_rule(conn: &mut Conn, app: &AppId, who: &Who<'_>) -> Result<Option<(Policy, PolicyRule)>> {
    let policy = policy::of_app(conn, app, Kind::Access).await?;
    let policy = if policy.active { policy } else { policy::system(conn, Kind::Access).await? };
    Ok(rule_of(conn, &policy, who).await?.map(|rule| (policy, rule)))
}

/// Whether every condition holds.
pub async fn matches(conn: &mut Conn, who: &Who<'_>, conditions: &Map<String, Value>) -> Result<bool> {
    for (name, condition) in conditions.iter().filter(|(_, condition)| !condition.is_null()) {
        let holds = match name.as_str() {
            "people" => people(who, condition),
            "network" => match Network::from_json(condition) {
                Some(network) => network.allows(conn, who.address).await?,
                None => false,
            },
            "authContext" => is_any(condition, "authType", &["ANY"]),
            "authProvider" => is_any(condition, "provider", &["ANY", "OKTA"]),
            "identityProvider" => is_any(condition, "provider", &["ANY", "OKTA"]),
            "riskScore" => is_any(condition, "level", &["ANY"]),
            "userType" => user_type(who, condition),
            "elCondition" => expression_holds(who, condition),
            _ => false,
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_any(condition: &Value, name: &str, fitting: &[&str]) -> bool {
    condition.get(name).and_then(Value::as_str).is_none_or(|given| fitting.contains(&given))
}

fn ids<'a>(condition: &'a Value, of: &str, side: &str) -> Vec<&'a str> {
    let list = condition.get(of).and_then(|condition| condition.get(side)).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whoever is named, or is in a group that is named; with nobody named, everybody. Exclusion is stronger.
fn people(who: &Who<'_>, condition: &Value) -> bool {
    let user = who.user.map(|user| user.id.as_str()).unwrap_or_default();
    let (users, groups) = (ids(condition, "users", "include"), ids(condition, "groups", "include"));
    let included = (users.is_empty() && groups.is_empty()) || users.contains(&user) || who.is_in(&groups);
    let excluded =
        ids(condition, "users", "exclude").contains(&user) || who.is_in(&ids(condition, "groups", "exclude"));
    included && !excluded
}

fn user_type(who: &Who<'_>, condition: &Value) -> bool {
    let own = who.user.map(|user| user.type_id.as_str()).unwrap_or_default();
    let side = |name: &str| -> Vec<&str> {
        condition.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let include = side("include");
    (include.is_empty() || include.contains(&own)) && !side("exclude").contains(&own)
}

fn expression_holds(who: &Who<'_>, condition: &Value) -> bool {
    let (Some(user), Some(text)) = (who.user, condition.get("condition").and_then(Value::as_str)) else { return false };
    let person = Person { user, groups: &who.groups };
    expression::parse(text).is_ok_and(|expression| expression.holds(&person).unwrap_or(false))
}
