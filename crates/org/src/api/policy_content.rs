//! What a policy or a rule says, read from a body and found to be something that this org can keep.
//!
//! Invariant: nothing is stored that is not enforced: a condition that the org cannot judge is refused, and a property that the published
//! description does not have is left out.

use db::Conn;
use serde_json::{Map, Value, json};

use super::{body::Properties, policy_settings};
use crate::{
    error::{Answer, Fault},
    expression,
    model::{
        group,
        policy::{Kind, PolicyContent, RuleContent},
        resource, user,
        zone::Zone,
    },
    operations::{
        facts::facts,
        shape::{Object, Shape},
    },
};

const NAME_LEN_MAX: usize = 100;
const DESCRIPTION_LEN_MAX: usize = 1_024;
/// Ids in one condition.
const ENTRIES_MAX: usize = 500;

/// The type of a policy in a body.
pub fn kind(given: &Map<String, Value>) -> Answer<Kind> {
    let text = given.text("type")?.unwrap_or_default();
    Kind::parse(text).ok_or_else(|| Fault::field("type", "Policies of this type are not supported"))
}

pub async fn policy(conn: &mut Conn, kind: Kind, given: &Map<String, Value>) -> Answer<PolicyContent> {
    let given = pruned(policy_schema(kind), given);
    let description = given.text("description")?.unwrap_or_default().trim().to_owned();
    if description.chars().count() > DESCRIPTION_LEN_MAX {
        return Err(Fault::field("description", "The field is too long"));
    }
    let allowed: &[&str] = match kind {
        Kind::SignOn | Kind::MfaEnroll => &["people"],
        Kind::Password => &["people", "authProvider"],
        Kind::Access | Kind::ProfileEnrollment | Kind::IdpDiscovery => &[],
    };
    let mut conditions = match given.get("conditions") {
        Some(Value::Object(conditions)) if !allowed.is_empty() => conditions.clone(),
        _ => Map::new(),
    };
    if kind == Kind::Password && !conditions.contains_key("authProvider") {
        conditions.insert("authProvider".to_owned(), json!({ "provider": "OKTA" }));
    }
    check_conditions(conn, &conditions, allowed).await?;
    let empty = Map::new();
    let settings = given.child("settings")?.unwrap_or(&empty);
    Ok(PolicyContent {
        name: name(&given)?,
        description,
        conditions,
        settings: match kind {
            Kind::Password => policy_settings::password(settings)?,
            Kind::MfaEnroll => policy_settings::enrollment(settings)?,
            _ => Map::new(),
        },
    })
}

pub async fn rule(conn: &mut Conn, kind: Kind, given: &Map<String, Value>) -> Answer<RuleContent> {
    if given.text("type")?.is_some_and(|given| given != kind.rule_type()) {
        return Err(Fault::field("type", &format!("The value must be {}", kind.rule_type())));
    }
    let given = pruned(rule_schema(kind), given);
    let allowed: &[&str] = match kind {
        Kind::SignOn => &["people", "network", "authContext", "identityProvider"],
        Kind::Password | Kind::MfaEnroll => &["people", "network"],
        Kind::Access => &["people", "network", "userType", "elCondition", "riskScore"],
        Kind::IdpDiscovery => &["network", "app", "platform", "userIdentifier"],
        Kind::ProfileEnrollment => &[],
    };
    let mut conditions = given.child("conditions").ok().flatten().cloned().unwrap_or_default();
    conditions.retain(|_, condition| !condition.is_null());
    check_conditions(conn, &conditions, allowed).await?;
    let empty = Map::new();
    let actions = given.child("actions")?.unwrap_or(&empty);
    let actions = match kind {
        Kind::SignOn => policy_settings::sign_on(actions)?,
        Kind::Password => policy_settings::self_service(actions)?,
        Kind::MfaEnroll => policy_settings::enroll(actions)?,
        Kind::Access => policy_settings::app_sign_on(actions)?,
        Kind::ProfileEnrollment | Kind::IdpDiscovery => actions.clone(),
    };
    Ok(RuleContent { name: name(&given)?, conditions, actions })
}

fn name(given: &Map<String, Value>) -> Answer<String> {
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        return Err(Fault::field("name", "The field cannot be left blank"));
    }
    if name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be at most {NAME_LEN_MAX} characters long")));
    }
    Ok(name)
}

async fn check_conditions(conn: &mut Conn, conditions: &Map<String, Value>, allowed: &[&str]) -> Answer<()> {
    for (name, condition) in conditions {
        if !allowed.contains(&name.as_str()) {
            return Err(Fault::field(&format!("conditions.{name}"), "The condition is not supported"));
        }
        match name.as_str() {
            "people" => check_people(conn, condition).await?,
            "network" => check_network(conn, condition).await?,
            "elCondition" => {
                let text = condition.get("condition").and_then(Value::as_str).unwrap_or_default();
                expression::parse(text)
                    .map_err(|error| Fault::field("conditions.elCondition.condition", &error.to_string()))?;
            }
            "riskScore" if condition.get("level").and_then(Value::as_str).is_some_and(|level| level != "ANY") => {
                return Err(Fault::field("conditions.riskScore.level", "The value must be ANY"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn texts<'a>(condition: &'a Value, side: &str) -> Vec<&'a str> {
    condition.get(side).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

async fn check_people(conn: &mut Conn, people: &Value) -> Answer<()> {
    for side in ["include", "exclude"] {
        for (whom, word) in [("groups", "group"), ("users", "user")] {
            let ids = people.get(whom).map(|condition| texts(condition, side)).unwrap_or_default();
            let field = format!("conditions.people.{whom}.{side}");
            if ids.len() > ENTRIES_MAX {
                return Err(Fault::field(&field, &format!("The list must have at most {ENTRIES_MAX} entries")));
            }
            for id in ids {
                let known = match whom {
                    "groups" => group::by_id(conn, &id.into()).await?.is_some(),
                    _ => user::by_id(conn, &id.into()).await?.is_some(),
                };
                if !known {
                    return Err(Fault::field(&field, &format!("The {word} '{id}' does not exist")));
                }
            }
        }
    }
    Ok(())
}

async fn check_network(conn: &mut Conn, network: &Value) -> Answer<()> {
    let ids: Vec<&str> = texts(network, "include").into_iter().chain(texts(network, "exclude")).collect();
    let by_zone = network.get("connection").and_then(Value::as_str) == Some("ZONE");
    if by_zone == ids.is_empty() {
        return Err(Fault::field("conditions.network", "Zones go with the connection ZONE, and only with it"));
    }
    for id in ids {
        if resource::by_id::<Zone>(conn, id).await?.is_none() {
            return Err(Fault::field("conditions.network", &format!("The zone '{id}' does not exist")));
        }
    }
    Ok(())
}

fn policy_schema(kind: Kind) -> &'static str {
    match kind {
        Kind::SignOn => "OktaSignOnPolicy",
        Kind::Password => "PasswordPolicy",
        Kind::MfaEnroll => "AuthenticatorEnrollmentPolicy",
        Kind::Access => "AccessPolicy",
        Kind::ProfileEnrollment => "ProfileEnrollmentPolicy",
        Kind::IdpDiscovery => "IdpDiscoveryPolicy",
    }
}

fn rule_schema(kind: Kind) -> &'static str {
    match kind {
        Kind::SignOn => "OktaSignOnPolicyRule",
        Kind::Password => "PasswordPolicyRule",
        Kind::MfaEnroll => "AuthenticatorEnrollmentPolicyRule",
        Kind::Access => "AccessPolicyRule",
        Kind::ProfileEnrollment => "ProfileEnrollmentPolicyRule",
        Kind::IdpDiscovery => "IdpDiscoveryPolicyRule",
    }
}

/// An object without what its schema does not have.
pub fn pruned(schema: &str, given: &Map<String, Value>) -> Map<String, Value> {
    match prune(facts().schema(schema), &Value::Object(given.clone())) {
        Value::Object(pruned) => pruned,
        _ => Map::new(),
    }
}

fn prune(shape: &Shape, value: &Value) -> Value {
    match (shape, value) {
        (Shape::Named(name), _) => prune(facts().schema(name), value),
        (Shape::Nullable(inner), _) if !value.is_null() => prune(inner, value),
        (Shape::List(inner), Value::Array(items)) => items.iter().map(|item| prune(inner, item)).collect(),
        (Shape::Object(object), Value::Object(given)) => prune_object(object, given),
        _ => value.clone(),
    }
}

fn prune_object(object: &Object, given: &Map<String, Value>) -> Value {
    if let Some(choice) = &object.by {
        let chosen = given.get(choice.property).and_then(Value::as_str).unwrap_or_default();
        if let Some((_, name)) = choice.schemas.iter().find(|(value, _)| *value == chosen) {
            return prune(facts().schema(name), &Value::Object(given.clone()));
        }
    }
    let mut kept = Map::new();
    for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
        match object.property(name) {
            Some(property) => {
                kept.insert(name.clone(), prune(&property.shape, value));
            }
            None if object.others.is_some() => {
                kept.insert(name.clone(), value.clone());
            }
            None => {}
        }
    }
    Value::Object(kept)
}
