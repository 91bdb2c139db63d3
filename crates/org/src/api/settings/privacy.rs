//! What people and pages are bothered with: mails of the maker's, the footer of the end-user pages; and which Aerial account may manage the org.

use axum::{Json, extract::State};
use serde_json::{Value, json};
use world::Instant;

use super::{action, changed};
use crate::{
    Error, Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault},
    model::setting,
    operations::Routes,
};

const FOOTER: &str = "showEndUserFooter";
const OPTED_OUT: &str = "optOutEmailUsers";
const AERIAL: &str = "aerial";
const ACCOUNT_LEN_MAX: usize = 64;

pub fn operations() -> Routes {
    Routes::new()
        .on("getOrgPreferences", preferences)
        .on("setOrgHideOktaUIFooter", hide_footer)
        .on("setOrgShowOktaUIFooter", show_footer)
        .on("getOktaCommunicationSettings", communication)
        .on("optInUsersToOktaCommunicationEmails", opt_in)
        .on("optOutUsersFromOktaCommunicationEmails", opt_out)
        .on("getAerialConsent", aerial)
        .on("grantAerialConsent", grant)
        .on("revokeAerialConsent", revoke)
}

async fn turn(org: &Org, caller: &Caller, name: &str, on: bool) -> Answer<()> {
    let mut change = caller.begin(org).await?;
    let now = change.now;
    setting::set(&mut change, name, &json!(on), now).await?;
    change.record(changed(org, name));
    Ok(change.commit().await?)
}

fn preferences_body(address: &Address, footer: bool) -> Json<Value> {
    let path = "/api/v1/org/preferences";
    Json(json!({
        FOOTER: footer,
        "_links": {
            "hideEndUserFooter": action(address, &format!("{path}/hideEndUserFooter"), "POST"),
            "showEndUserFooter": action(address, &format!("{path}/showEndUserFooter"), "POST"),
        },
    }))
}

async fn preferences(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    let decided = setting::value(&mut *org.db.read().await?, FOOTER).await?;
    Ok(preferences_body(&address, decided.as_bool().unwrap_or(true)))
}

async fn hide_footer(State(org): State<Org>, caller: Caller, address: Address) -> Answer<Json<Value>> {
    turn(&org, &caller, FOOTER, false).await?;
    Ok(preferences_body(&address, false))
}

async fn show_footer(State(org): State<Org>, caller: Caller, address: Address) -> Answer<Json<Value>> {
    turn(&org, &caller, FOOTER, true).await?;
    Ok(preferences_body(&address, true))
}

fn communication_body(address: &Address, opted_out: bool) -> Json<Value> {
    let path = "/api/v1/org/privacy/oktaCommunication";
    let (name, way) = if opted_out { ("optIn", "optIn") } else { ("optOut", "optOut") };
    let links = json!({ name: action(address, &format!("{path}/{way}"), "POST") });
    Json(json!({ OPTED_OUT: opted_out, "_links": links }))
}

async fn communication(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    let decided = setting::value(&mut *org.db.read().await?, OPTED_OUT).await?;
    Ok(communication_body(&address, decided.as_bool().unwrap_or(false)))
}

async fn opt_in(State(org): State<Org>, caller: Caller, address: Address) -> Answer<Json<Value>> {
    turn(&org, &caller, OPTED_OUT, false).await?;
    Ok(communication_body(&address, false))
}

async fn opt_out(State(org): State<Org>, caller: Caller, address: Address) -> Answer<Json<Value>> {
    turn(&org, &caller, OPTED_OUT, true).await?;
    Ok(communication_body(&address, true))
}

fn aerial_body(address: &Address, granted: &Value) -> Answer<Json<Value>> {
    let at = granted["granted_us"].as_i64().map(Instant::from_us);
    let missing = || Error::Stored { what: "setting", reason: "a consent without its time".to_owned() };
    Ok(Json(json!({
        "accountId": granted["accountId"],
        "grantedBy": granted["grantedBy"],
        "grantedDate": at.ok_or_else(missing)?.whole_second().to_rfc3339_ms(),
        "_links": {
            "self": action(address, "/api/v1/org/privacy/aerial", "GET"),
            "revoke": action(address, "/api/v1/org/privacy/aerial/revoke", "POST"),
        },
    })))
}

async fn aerial(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    match setting::get(&mut *org.db.read().await?, AERIAL).await? {
        Some((granted, _)) => aerial_body(&address, &granted),
        None => Err(Fault::not_found("grant", "String")),
    }
}

fn account(given: Body) -> Answer<String> {
    let given = given.object()?;
    let account = given.text("accountId")?.unwrap_or_default();
    let fitting =
        (1..=ACCOUNT_LEN_MAX).contains(&account.len()) && account.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fitting { Ok(account.to_owned()) } else { Err(refused("Invalid aerial account ID.")) }
}

fn refused(cause: &str) -> Fault {
    Fault::invalid("account", [cause.to_owned()])
}

async fn grant(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let account = account(given)?;
    let mut change = caller.begin(&org).await?;
    if setting::get(&mut change, AERIAL).await?.is_some() {
        return Err(refused("The org already has a consent grant added to Aerial."));
    }
    let now = change.now;
    let granted = json!({ "accountId": account, "grantedBy": caller.user.id.as_str(), "granted_us": now.as_us() });
    setting::set(&mut change, AERIAL, &granted, now).await?;
    change.record(changed(&org, AERIAL));
    change.commit().await?;
    aerial_body(&address, &granted)
}

async fn revoke(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let account = account(given)?;
    let mut change = caller.begin(&org).await?;
    let granted = setting::value(&mut change, AERIAL).await?;
    if granted["accountId"] != account.as_str() {
        return Err(Fault::not_found("grant", "String"));
    }
    setting::remove(&mut change, AERIAL).await?;
    change.record(changed(&org, AERIAL));
    change.commit().await?;
    Ok(Json(json!({ "_links": { "grant": action(&address, "/api/v1/org/privacy/aerial/grant", "POST") } })))
}
