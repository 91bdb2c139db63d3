//! Network zones of the IP kind.
//!
//! Invariant: a zone that an API token names stays and stays active: without it the token's condition would mean something else.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    filter::{
        self,
        compile::{Column, EQ, Field, Grammar},
    },
    paging::{Asked, Beyond},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        id::ZoneId,
        log::{Event, Party},
        token,
        zone::{self, AddressRange, Zone, ZoneContent},
    },
    operations::Routes,
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;
const NAME_LEN_MAX: usize = 128;
const RANGES_MAX: usize = 150;
const GRAMMAR: Grammar = Grammar { field, allows_not: false };

pub fn operations() -> Routes {
    Routes::new()
        .on("listNetworkZones", list)
        .on("createNetworkZone", create)
        .on("getNetworkZone", get)
        .on("replaceNetworkZone", replace)
        .on("deleteNetworkZone", delete)
        .on("activateNetworkZone", activate)
        .on("deactivateNetworkZone", deactivate)
}

fn field(name: &str) -> Option<Field> {
    match name {
        "id" => Some(Field::new(Column::Exact("z.id"), EQ)),
        "usage" => Some(Field::new(Column::Exact("z.usage"), EQ)),
        _ => None,
    }
}

fn body(address: &Address, zone: &Zone) -> Value {
    let link = |rest: &str| address.link(&format!("/api/v1/zones/{}{rest}", zone.id));
    let ranges = |ranges: &[AddressRange]| {
        if ranges.is_empty() { Value::Null } else { ranges.iter().map(AddressRange::to_json).collect() }
    };
    let other = if zone.active { "deactivate" } else { "activate" };
    let mut body = json!({
        "type": "IP",
        "id": zone.id.as_str(),
        "name": zone.name,
        "status": if zone.active { "ACTIVE" } else { "INACTIVE" },
        "usage": zone.usage,
        "created": zone.created.to_rfc3339_ms(),
        "lastUpdated": zone.last_updated.to_rfc3339_ms(),
        "system": zone.system,
        "gateways": ranges(&zone.gateways),
        "proxies": ranges(&zone.proxies),
        "_links": { "self": { "href": link(""), "hints": { "allow": ["GET", "PUT", "DELETE"] } } },
    });
    body["_links"][other] = json!({ "href": link(&format!("/lifecycle/{other}")), "hints": { "allow": ["POST"] } });
    body
}

async fn find(conn: &mut Conn, id: &str) -> Answer<Zone> {
    zone::by_id(conn, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "NetworkZone"))
}

fn party(zone: &Zone) -> Party {
    Party::new(zone.id.as_str(), "NetworkZone", "unknown", &zone.name)
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(ZoneId::PREFIX)?.unwrap_or_default();
    let mut select = zone::select();
    if let Some(text) = asked.get("filter") {
        select = GRAMMAR.compile(&filter::parse(text)?)?.append(select.push(" and "));
    }
    let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
    let select =
        select.push(&format!(" and z.id > ${first} order by z.id limit ${second}")).bind(after).bind(limit + 1);
    let zones = zone::from_rows(&select.all(&mut *org.db.read().await?).await?)?;
    Ok(asked.page(zones, limit, |zone| zone.id.to_string(), |zone| body(&asked.address, zone)))
}

async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&address, &find(&mut *org.db.read().await?, &id).await?)))
}

fn content(given: &Map<String, Value>) -> Answer<ZoneContent> {
    match given.text("type")? {
        Some("IP") => {}
        Some("DYNAMIC" | "DYNAMIC_V2") => return Err(Fault::new(&codes::E0000015)),
        _ => return Err(Fault::field("type", "The zone type must be IP")),
    }
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let usage = given.text("usage")?.unwrap_or("POLICY");
    if !matches!(usage, "POLICY" | "BLOCKLIST") {
        return Err(Fault::field("usage", "The usage must be POLICY or BLOCKLIST"));
    }
    let ranges = |field: &str| {
        let ranges = zone::parse_ranges(given.get(field).unwrap_or(&Value::Null));
        let ranges = ranges
            .map_err(|entry| Fault::field(field, &format!("{entry} is no CIDR block and no range of addresses")))?;
        if ranges.len() > RANGES_MAX {
            Err(Fault::field(field, &format!("A zone holds at most {RANGES_MAX} entries")))
        } else {
            Ok(ranges)
        }
    };
    let (gateways, proxies) = (ranges("gateways")?, ranges("proxies")?);
    Ok(ZoneContent { name, usage: usage.to_owned(), gateways, proxies })
}

/// Refuses a blocklist that would shut its own maker out, who then could not take it back.
fn refuse_own_address(caller: &Caller, usage: &str, gateways: &[AddressRange]) -> Answer<()> {
    let own = caller.origin.address;
    if usage == "BLOCKLIST" && own.is_some_and(|own| gateways.iter().any(|range| range.contains(own))) {
        return Err(Fault::field("gateways", "The zone would block the address that you are calling from"));
    }
    Ok(())
}

async fn create(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let content = content(&given.object()?)?;
    if content.gateways.is_empty() && content.proxies.is_empty() {
        return Err(Fault::field("gateways", "Gateways or proxies must be given"));
    }
    refuse_own_address(&caller, &content.usage, &content.gateways)?;
    let mut change = caller.begin(&org).await?;
    let id = zone::create(&mut change, &org.world, &content, false).await.map_err(Fault::taken("name"))?;
    let zone = find(&mut change, id.as_str()).await?;
    change.record(Event::new("zone.create").target(party(&zone)));
    change.commit().await?;
    Ok(Json(body(&address, &zone)))
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let content = content(&given.object()?)?;
    refuse_own_address(&caller, &content.usage, &content.gateways)?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    if before.system && (content.name != before.name || content.usage != before.usage) {
        return Err(Fault::new(&codes::E0000077).with_argument("name"));
    }
    let now = change.now;
    zone::update(&mut change, &before.id, &content, now).await.map_err(Fault::taken("name"))?;
    let zone = find(&mut change, &id).await?;
    change.record(Event::new("zone.update").target(party(&zone)));
    change.commit().await?;
    Ok(Json(body(&address, &zone)))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let zone = find(&mut change, &id).await?;
    if zone.system {
        return Err(Fault::forbidden());
    }
    if zone.active {
        return Err(Fault::field("status", "The network zone must be deactivated before deletion"));
    }
    refuse_in_use(&mut change, &zone).await?;
    zone::delete(&mut change, &zone.id).await?;
    change.record(Event::new("zone.delete").target(party(&zone)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn refuse_in_use(conn: &mut Conn, zone: &Zone) -> Answer<()> {
    if token::names_zone(conn, &zone.id).await? {
        Err(Fault::field("id", "The network zone is used by an API token"))
    } else {
        Ok(())
    }
}

async fn activate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let zone = find(&mut *org.db.read().await?, &id).await?;
    refuse_own_address(&caller, &zone.usage, &zone.gateways)?;
    set_active(&org, &caller, &address, &id, true).await
}

async fn deactivate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    set_active(&org, &caller, &address, &id, false).await
}

async fn set_active(org: &Org, caller: &Caller, address: &Address, id: &str, active: bool) -> Answer<Json<Value>> {
    let mut change = caller.begin(org).await?;
    let before = find(&mut change, id).await?;
    if !active {
        refuse_in_use(&mut change, &before).await?;
    }
    let now = change.now;
    zone::set_active(&mut change, &before.id, active, now).await?;
    let zone = find(&mut change, id).await?;
    change.record(Event::new(if active { "zone.activate" } else { "zone.deactivate" }).target(party(&zone)));
    change.commit().await?;
    Ok(Json(body(address, &zone)))
}
