//! Settings that are on or off.

use axum::{Json, extract::State};
use serde_json::{Map, Value, json};

use super::changed;
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
    },
    error::{Answer, Fault},
    model::setting,
    operations::Routes,
};

/// A switch: its name in the body is its name in the database.
struct Switch {
    name: &'static str,
    usual: bool,
}

/// Whether administrators of other orgs can be made administrators of this one.
const THIRD_PARTY: Switch = Switch { name: "thirdPartyAdmin", usual: false };
/// Whether a new administrator has the Admin Console assigned.
const AUTO_ASSIGN: Switch = Switch { name: "autoAssignAdminAppSetting", usual: true };
/// Whether a new app that acts for itself becomes a super administrator.
const CLIENT_PRIVILEGES: Switch = Switch { name: "clientPrivilegesSetting", usual: false };

pub fn operations() -> Routes {
    Routes::new()
        .on("getThirdPartyAdminSetting", async |State(org): State<Org>| show(&org, &THIRD_PARTY).await)
        .on("updateThirdPartyAdminSetting", async |State(org): State<Org>, caller: Caller, given: Body| {
            turn(&org, &caller, given, &THIRD_PARTY).await
        })
        .on("getAutoAssignAdminAppSetting", async |State(org): State<Org>| show(&org, &AUTO_ASSIGN).await)
        .on("updateAutoAssignAdminAppSetting", async |State(org): State<Org>, caller: Caller, given: Body| {
            turn(&org, &caller, given, &AUTO_ASSIGN).await
        })
        .on("getClientPrivilegesSetting", async |State(org): State<Org>| show(&org, &CLIENT_PRIVILEGES).await)
        .on("assignClientPrivilegesSetting", async |State(org): State<Org>, caller: Caller, given: Body| {
            turn(&org, &caller, given, &CLIENT_PRIVILEGES).await
        })
}

fn body(switch: &Switch, on: bool) -> Json<Value> {
    let mut body = Map::new();
    body.insert(switch.name.to_owned(), on.into());
    Json(Value::Object(body))
}

async fn show(org: &Org, switch: &Switch) -> Answer<Json<Value>> {
    let decided = setting::value(&mut *org.db.read().await?, switch.name).await?;
    Ok(body(switch, decided.as_bool().unwrap_or(switch.usual)))
}

async fn turn(org: &Org, caller: &Caller, given: Body, switch: &Switch) -> Answer<Json<Value>> {
    let given = given.object()?;
    let on = given.flag(switch.name)?;
    let on = on.ok_or_else(|| Fault::field(switch.name, "The field cannot be left blank"))?;
    let mut change = caller.begin(org).await?;
    let now = change.now;
    setting::set(&mut change, switch.name, &json!(on), now).await?;
    change.record(changed(org, switch.name));
    change.commit().await?;
    Ok(body(switch, on))
}
