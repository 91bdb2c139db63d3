//! What is done about addresses from which attacks come, and which zones are left out of it.

use axum::{Json, extract::State};
use serde_json::{Value, json};
use world::Instant;

use super::action;
use crate::{
    Error, Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault},
    model::{
        log::{Event, Party},
        organization, resource, setting,
        zone::Zone,
    },
    operations::Routes,
};

const SETTING: &str = "threats";
const PATH: &str = "/api/v1/threats/configuration";
const ZONES_MAX: usize = 1_000;
const ACTIONS: [&str; 3] = ["none", "audit", "block"];

pub fn operations() -> Routes {
    Routes::new().on("getCurrentConfiguration", show).on("updateConfiguration", update)
}

fn body(address: &Address, kept: &Value, created: Instant, updated: Instant) -> Json<Value> {
    let allow = ["GET", "POST"];
    let link = action(address, PATH, "GET")["href"].clone();
    Json(json!({
        "action": kept["action"].as_str().unwrap_or(ACTIONS[0]),
        "excludeZones": kept["excludeZones"].as_array().cloned().unwrap_or_default(),
        "created": created.to_rfc3339_ms(),
        "lastUpdated": updated.to_rfc3339_ms(),
        "_links": { "self": { "href": link, "hints": { "allow": allow } } },
    }))
}

async fn founded(conn: &mut db::Conn) -> Answer<Instant> {
    let missing = || Error::Stored { what: "org", reason: "its row is missing".to_owned() };
    Ok(organization::get(conn).await?.ok_or_else(missing)?.created)
}

async fn show(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let created = founded(&mut reader).await?;
    let (kept, updated) = setting::get(&mut reader, SETTING).await?.unwrap_or((Value::Null, created));
    Ok(body(&address, &kept, created, updated))
}

async fn update(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let action = given.text("action")?.unwrap_or_default().to_owned();
    if !ACTIONS.contains(&action.as_str()) {
        return Err(Fault::field("action", &format!("The action must be one of {}", ACTIONS.join(", "))));
    }
    let zones = given.texts("excludeZones")?.unwrap_or_default();
    if zones.len() > ZONES_MAX {
        return Err(Fault::field("excludeZones", &format!("At most {ZONES_MAX} zones are allowed")));
    }
    let mut change = caller.begin(&org).await?;
    for zone in &zones {
        if resource::by_id::<Zone>(&mut change, zone).await?.is_none() {
            return Err(Fault::field("excludeZones", &format!("There is no network zone {zone}")));
        }
    }
    let now = change.now;
    let kept = json!({ "action": action, "excludeZones": zones });
    setting::set(&mut change, SETTING, &kept, now).await?;
    let party = Party::new(org.id.as_str(), "ThreatInsightConfiguration", "unknown", "ThreatInsight");
    change.record(Event::new("security.threat.configuration.update").target(party).debug("action", action));
    let created = founded(&mut change).await?;
    change.commit().await?;
    Ok(body(&address, &kept, created, now))
}
