//! Settings of the rate limits.
//!
//! Invariant: what is set counts from the answer on, in this process at once and in others within [`crate::api::limits::RELOADED_EVERY`].

use axum::{Json, extract::State};
use serde_json::{Value, json};

use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        limits::{self, Mode},
    },
    error::{Answer, Fault},
    mail::notice::RATE_LIMIT_SETTING,
    model::{
        log::{Event, Party},
        setting,
    },
    operations::Routes,
};

const USE_CASES: [&str; 3] = ["LOGIN_PAGE", "OAUTH2_AUTHORIZE", "OIE_APP_INTENT"];

pub fn operations() -> Routes {
    Routes::new()
        .on("getRateLimitSettingsAdminNotifications", notifications)
        .on("replaceRateLimitSettingsAdminNotifications", set_notifications)
        .on("getRateLimitSettingsPerClient", per_client)
        .on("replaceRateLimitSettingsPerClient", set_per_client)
        .on("getRateLimitSettingsWarningThreshold", threshold)
        .on("replaceRateLimitSettingsWarningThreshold", set_threshold)
}

async fn keep(org: &Org, caller: &Caller, name: &str, value: &Value) -> Answer<()> {
    let company = &org.config.company_name;
    let mut change = caller.begin(org).await?;
    let now = change.now;
    setting::set(&mut change, name, value, now).await?;
    let event = Event::new("system.rate_limit.configuration.update");
    change.record(event.target(Party::new(org.id.as_str(), "Organization", company, company)).debug("setting", name));
    change.commit().await?;
    Ok(limits::reload(org).await?)
}

async fn notifications(State(org): State<Org>) -> Answer<Json<Value>> {
    let kept = setting::value(&mut *org.db.read().await?, RATE_LIMIT_SETTING).await?;
    Ok(Json(json!({ "notificationsEnabled": kept.as_bool().unwrap_or(true) })))
}

async fn set_notifications(State(org): State<Org>, caller: Caller, given: Body) -> Answer<Json<Value>> {
    let on = given.object()?.flag("notificationsEnabled")?;
    let on = on.ok_or_else(|| Fault::field("notificationsEnabled", "The field cannot be left blank"))?;
    keep(&org, &caller, RATE_LIMIT_SETTING, &json!(on)).await?;
    Ok(Json(json!({ "notificationsEnabled": on })))
}

async fn threshold(State(org): State<Org>) -> Answer<Json<Value>> {
    let kept = setting::value(&mut *org.db.read().await?, limits::WARNING_SETTING).await?;
    Ok(Json(json!({ "warningThreshold": kept.as_u64().unwrap_or(limits::WARNING_PERCENT) })))
}

async fn set_threshold(State(org): State<Org>, caller: Caller, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let allowed = limits::WARNING_PERCENTS;
    let percent = given.get("warningThreshold").and_then(Value::as_u64).filter(|percent| allowed.contains(percent));
    let reason = format!("The value must be between {} and {}", allowed.start(), allowed.end());
    let percent = percent.ok_or_else(|| Fault::field("warningThreshold", &reason))?;
    keep(&org, &caller, limits::WARNING_SETTING, &json!(percent)).await?;
    Ok(Json(json!({ "warningThreshold": percent })))
}

async fn per_client(State(org): State<Org>) -> Answer<Json<Value>> {
    let kept = setting::value(&mut *org.db.read().await?, limits::PER_CLIENT_SETTING).await?;
    Ok(Json(if kept.is_null() { json!({ "defaultMode": Mode::usual().as_str() }) } else { kept }))
}

async fn set_per_client(State(org): State<Org>, caller: Caller, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mode = given.text("defaultMode")?.and_then(Mode::parse);
    let mode = mode.ok_or_else(|| Fault::field("defaultMode", "The field cannot be left blank"))?;
    let mut kept = json!({ "defaultMode": mode.as_str() });
    if let Some(overrides) = given.child("useCaseModeOverrides")? {
        kept["useCaseModeOverrides"] = json!({});
        for name in USE_CASES {
            if let Some(mode) = overrides.text(name)?.and_then(Mode::parse) {
                kept["useCaseModeOverrides"][name] = mode.as_str().into();
            }
        }
    }
    keep(&org, &caller, limits::PER_CLIENT_SETTING, &kept).await?;
    Ok(Json(kept))
}
