//! Settings of policies and actions of rules: their limits, and what holds where they say nothing.

use serde_json::{Map, Value, json};

use super::body::Properties;
use crate::{
    error::{Answer, Fault},
    model::factor::FactorKind,
    signin::password_policy::PasswordPolicy,
};

const MINUTES_MAX: i64 = 525_600;

/// What is wrong with a number.
fn within(given: &Value, path: &str, range: std::ops::RangeInclusive<i64>) -> Answer<()> {
    match given.as_i64() {
        Some(number) if !range.contains(&number) => {
            Err(Fault::field(path, &format!("The value must be between {} and {}", range.start(), range.end())))
        }
        _ => Ok(()),
    }
}

/// Settings of a policy of the type PASSWORD.
pub fn password(given: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let all = Value::Object(given.clone());
    for (part, name, range) in [
        ("complexity", "minLength", 4..=72),
        ("complexity", "minLowerCase", 0..=8),
        ("complexity", "minUpperCase", 0..=8),
        ("complexity", "minNumber", 0..=8),
        ("complexity", "minSymbol", 0..=8),
        ("complexity", "maxConsecutiveCharacters", 0..=30),
        ("age", "maxAgeDays", 0..=999),
        ("age", "expireWarnDays", 0..=999),
        ("age", "minAgeMinutes", 0..=MINUTES_MAX),
        ("age", "historyCount", 0..=30),
        ("lockout", "maxAttempts", 0..=100),
        ("lockout", "autoUnlockMinutes", 0..=MINUTES_MAX),
    ] {
        within(&all["password"][part][name], &format!("settings.password.{part}.{name}"), range)?;
    }
    let token = &all["recovery"]["factors"]["okta_email"]["properties"]["recoveryToken"]["tokenLifetimeMinutes"];
    within(
        token,
        "settings.recovery.factors.okta_email.properties.recoveryToken.tokenLifetimeMinutes",
        1..=MINUTES_MAX,
    )?;
    let policy = PasswordPolicy::of_settings(given);
    if policy.max_age_days > 0 && policy.warn_days > policy.max_age_days {
        return Err(Fault::field(
            "settings.password.age.expireWarnDays",
            "The value must not be greater than maxAgeDays",
        ));
    }
    let mut settings = policy.settings();
    for part in ["recovery", "delegation"] {
        if let (Some(kept), Some(given)) = (settings.get_mut(part), given.get(part)) {
            merge(kept, given);
        }
    }
    Ok(settings)
}

/// Lays what was given over what holds otherwise.
fn merge(kept: &mut Value, given: &Value) {
    match (kept, given) {
        (Value::Object(kept), Value::Object(given)) => {
            for (name, value) in given {
                merge(kept.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (kept, given) => *kept = given.clone(),
    }
}

/// Settings of a policy of the type MFA_ENROLL: each authenticator once.
pub fn enrollment(given: &Map<String, Value>) -> Answer<Map<String, Value>> {
    if given.text("type")?.is_some_and(|kind| kind != "AUTHENTICATORS") {
        return Err(Fault::field("settings.type", "The value must be AUTHENTICATORS"));
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut kept = Vec::new();
    for entry in given.get("authenticators").and_then(Value::as_array).into_iter().flatten() {
        let key = entry.get("key").and_then(Value::as_str).unwrap_or_default();
        let wanted = entry["enroll"]["self"].as_str().unwrap_or("NOT_ALLOWED");
        if seen.contains(&key) {
            return Err(Fault::field("settings.authenticators", &format!("{key} is there more than once")));
        }
        let offered = key == "okta_password" || FactorKind::of_authenticator(key).is_some();
        if !offered && wanted != "NOT_ALLOWED" {
            return Err(Fault::field("settings.authenticators", &format!("{key} cannot be enrolled in this org")));
        }
        seen.push(key);
        kept.push(json!({ "key": key, "enroll": { "self": wanted } }));
    }
    let mut settings = Map::new();
    settings.insert("type".to_owned(), "AUTHENTICATORS".into());
    settings.insert("authenticators".to_owned(), Value::Array(kept));
    Ok(settings)
}

fn action<'a>(actions: &'a Map<String, Value>, name: &str) -> Answer<&'a Map<String, Value>> {
    actions.child(name)?.ok_or_else(|| Fault::field(&format!("actions.{name}"), "The field cannot be left blank"))
}

fn only(name: &str, action: Value) -> Map<String, Value> {
    let mut actions = Map::new();
    actions.insert(name.to_owned(), action);
    actions
}

/// Actions of a rule of the type SIGN_ON.
pub fn sign_on(actions: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let given = Value::Object(action(actions, "signon")?.clone());
    let require = given["requireFactor"].as_bool().unwrap_or(false);
    let session = &given["session"];
    within(&session["maxSessionIdleMinutes"], "actions.signon.session.maxSessionIdleMinutes", 1..=MINUTES_MAX)?;
    within(&session["maxSessionLifetimeMinutes"], "actions.signon.session.maxSessionLifetimeMinutes", 0..=MINUTES_MAX)?;
    within(&given["factorLifetime"], "actions.signon.factorLifetime", 0..=MINUTES_MAX)?;
    let mut kept = json!({
        "access": given["access"].as_str().unwrap_or("ALLOW"),
        "requireFactor": require,
        "primaryFactor": "PASSWORD_IDP",
        "rememberDeviceByDefault": given["rememberDeviceByDefault"].as_bool().unwrap_or(false),
        "session": {
            "usePersistentCookie": session["usePersistentCookie"].as_bool().unwrap_or(false),
            "maxSessionIdleMinutes": session["maxSessionIdleMinutes"].as_i64().unwrap_or(120),
            "maxSessionLifetimeMinutes": session["maxSessionLifetimeMinutes"].as_i64().unwrap_or(0),
        },
    });
    if require {
        kept["factorPromptMode"] = given["factorPromptMode"].as_str().unwrap_or("ALWAYS").into();
        kept["factorLifetime"] = given["factorLifetime"].as_i64().unwrap_or(0).into();
    }
    Ok(only("signon", kept))
}

/// Actions of a rule of the type PASSWORD; what is not allowed is denied.
pub fn self_service(actions: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let mut kept = Map::new();
    for name in ["passwordChange", "selfServicePasswordReset", "selfServiceUnlock"] {
        let mut action = actions.child(name)?.cloned().unwrap_or_default();
        action.entry("access").or_insert_with(|| "DENY".into());
        kept.insert(name.to_owned(), Value::Object(action));
    }
    Ok(kept)
}

/// Actions of a rule of the type MFA_ENROLL.
pub fn enroll(actions: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let when = action(actions, "enroll")?.text("self")?.unwrap_or("CHALLENGE");
    Ok(only("enroll", json!({ "self": when })))
}

/// Actions of a rule of the type ACCESS_POLICY.
pub fn app_sign_on(actions: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let mut kept = action(actions, "appSignOn")?.clone();
    kept.entry("access").or_insert_with(|| "ALLOW".into());
    let method = kept.entry("verificationMethod").or_insert_with(|| json!({ "type": "ASSURANCE" }));
    if method["type"].as_str().is_some_and(|kind| kind != "ASSURANCE") {
        return Err(Fault::field("actions.appSignOn.verificationMethod.type", "The value must be ASSURANCE"));
    }
    method["type"] = "ASSURANCE".into();
    if method["factorMode"].is_null() {
        method["factorMode"] = "2FA".into();
    }
    for name in ["reauthenticateIn", "inactivityPeriod"] {
        if method[name].as_str().is_some_and(|text| crate::signin::app_access::duration(text).is_none()) {
            let field = format!("actions.appSignOn.verificationMethod.{name}");
            return Err(Fault::field(&field, "The value must be a duration such as PT2H"));
        }
    }
    if let Value::Object(method) = method {
        method.retain(|_, value| !value.is_null());
    }
    Ok(only("appSignOn", Value::Object(kept)))
}
