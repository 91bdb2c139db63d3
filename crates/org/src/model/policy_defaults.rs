//! The policies that every org has from its first moment, with the rule that each ends with.
//!
//! Invariant: they are made once; what somebody changed in them stays.

use db::{Conn, query};
use serde_json::{Map, Value, json};
use world::World;

use super::policy::{self, Kind, PolicyContent, RuleContent};
use crate::{Result, signin::password_policy};

/// Settings of older orgs, which were one for everybody.
const OLD_SESSION_SETTING: &str = "session_policy";
/// What a session lasts where nobody said otherwise.
pub const SESSION_IDLE_MINUTES: i64 = 120;
pub const SESSION_LIFETIME_MINUTES: i64 = 24 * 60;

/// Makes what is missing.
pub async fn make(conn: &mut Conn, world: &World) -> Result<()> {
    for kind in Kind::ALL {
        if policy::of_kind(conn, kind).await?.iter().any(|policy| policy.is_system) {
            continue;
        }
        let (name, description) = names(kind);
        let content = PolicyContent {
            name: name.to_owned(),
            description: description.to_owned(),
            conditions: conditions(conn, kind).await?,
            settings: settings(conn, kind).await?,
        };
        let id = policy::create(conn, world, kind, &content, true, true).await?;
        policy::place(conn, kind, &id, None).await?;
        let rule = RuleContent {
            name: if kind == Kind::Access { "Catch-all Rule" } else { "Default Rule" }.to_owned(),
            conditions: rule_conditions(kind),
            actions: actions(conn, kind).await?,
        };
        policy::create_rule(conn, world, &id, &rule, true, true).await?;
    }
    Ok(())
}

fn names(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::SignOn => ("Default Policy", "The default policy applies in all situations if no other policy applies."),
        Kind::Password | Kind::MfaEnroll => {
            ("Default Policy", "The default policy applies to whoever no other policy applies to.")
        }
        Kind::Access => ("Default Policy", "Apps follow this policy until they are given another."),
        Kind::ProfileEnrollment => ("Default Policy", "How people register where registering is allowed."),
        Kind::IdpDiscovery => ("Idp Discovery Policy", "Where people are sent to sign in."),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

async fn conditions(conn: &mut Conn, kind: Kind) -> Result<Map<String, Value>> {
    if !matches!(kind, Kind::SignOn | Kind::Password | Kind::MfaEnroll) {
        return Ok(Map::new());
    }
    let row = query("select id from org_group where type = 'BUILT_IN' order by id limit 1").optional(conn).await?;
    let groups: Vec<String> = row.iter().map(|row| row.get("id")).collect::<db::Result<_>>()?;
    let mut conditions = object(json!({ "people": { "groups": { "include": groups } } }));
    if kind == Kind::Password {
        conditions.insert("authProvider".to_owned(), json!({ "provider": "OKTA" }));
    }
    Ok(conditions)
}

async fn settings(conn: &mut Conn, kind: Kind) -> Result<Map<String, Value>> {
    Ok(match kind {
        Kind::Password => password_policy::old_setting(conn).await?.settings(),
        Kind::MfaEnroll => {
            let keys = ["okta_email", "okta_verify", "google_otp", "security_question", "webauthn"];
            let authenticators = keys.map(|key| json!({ "key": key, "enroll": { "self": "OPTIONAL" } }));
            object(json!({ "type": "AUTHENTICATORS", "authenticators": authenticators }))
        }
        _ => Map::new(),
    })
}

fn rule_conditions(kind: Kind) -> Map<String, Value> {
    let everywhere = json!({ "connection": "ANYWHERE" });
    object(match kind {
        Kind::SignOn => json!({
            "people": { "users": { "exclude": [] } },
            "network": everywhere,
            "authContext": { "authType": "ANY" },
        }),
        Kind::Password | Kind::MfaEnroll => json!({ "people": { "users": { "exclude": [] } }, "network": everywhere }),
        Kind::IdpDiscovery => json!({ "network": everywhere }),
        Kind::Access | Kind::ProfileEnrollment => json!({}),
    })
}

async fn actions(conn: &mut Conn, kind: Kind) -> Result<Map<String, Value>> {
    Ok(object(match kind {
        Kind::SignOn => {
            let (idle, lifetime) = old_session(conn).await?;
            json!({ "signon": {
                "access": "ALLOW",
                "requireFactor": false,
                "primaryFactor": "PASSWORD_IDP",
                "rememberDeviceByDefault": false,
                "session": {
                    "usePersistentCookie": false,
                    "maxSessionIdleMinutes": idle,
                    "maxSessionLifetimeMinutes": lifetime,
                },
            } })
        }
        Kind::Password => json!({
            "passwordChange": { "access": "ALLOW" },
            "selfServicePasswordReset": { "access": "ALLOW" },
            "selfServiceUnlock": { "access": "DENY" },
        }),
        Kind::MfaEnroll => json!({ "enroll": { "self": "CHALLENGE" } }),
        Kind::Access => json!({ "appSignOn": {
            "access": "ALLOW",
            "verificationMethod": { "type": "ASSURANCE", "factorMode": "1FA" },
        } }),
        Kind::ProfileEnrollment => {
            json!({ "profileEnrollment": { "access": "DENY", "unknownUserAction": "DENY", "activationRequirements": { "emailVerification": true } } })
        }
        Kind::IdpDiscovery => json!({ "idp": { "providers": [{ "type": "OKTA" }] } }),
    }))
}

async fn old_session(conn: &mut Conn) -> Result<(i64, i64)> {
    let row = query("select value from org_setting where name = $1").bind(OLD_SESSION_SETTING).optional(conn).await?;
    let text: String = row.map(|row| row.get("value")).transpose()?.unwrap_or_default();
    let old: Value = serde_json::from_str(&text).unwrap_or_default();
    Ok((
        old["maxIdleMinutes"].as_i64().unwrap_or(SESSION_IDLE_MINUTES),
        old["maxLifetimeMinutes"].as_i64().unwrap_or(SESSION_LIFETIME_MINUTES),
    ))
}
