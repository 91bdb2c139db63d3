//! Network zones of the IP kind.
//!
//! Invariant: a zone that an API token names stays and stays active: without it the token's condition would mean something else.

use db::Conn;
use serde_json::{Map, Value, json};
use world::{Instant, World};

use super::{
    body::Properties,
    caller::Caller,
    filter::compile::{Column, EQ, Field},
    resource::{self, Act, Events, Resource},
};
use crate::{
    Result,
    error::{Answer, Fault, codes},
    model::{
        id::UserId,
        log::Party,
        token,
        zone::{self, AddressRange, Zone, ZoneContent},
    },
    operations::Routes,
};

const NAME_LEN_MAX: usize = 128;
const RANGES_MAX: usize = 150;

pub fn operations() -> Routes {
    resource::operations::<Zone>("NetworkZone", "NetworkZones")
}

impl Resource for Zone {
    type Content = ZoneContent;

    const KIND: &'static str = "NetworkZone";
    const PATH: &'static str = "/api/v1/zones";
    const EVENTS: Events = Events {
        created: Some("zone.create"),
        updated: Some("zone.update"),
        deleted: Some("zone.delete"),
        activated: Some("zone.activate"),
        deactivated: Some("zone.deactivate"),
    };

    fn content(given: &Map<String, Value>) -> Answer<ZoneContent> {
        content(given)
    }

    fn body(&self) -> Value {
        let ranges = |ranges: &[AddressRange]| {
            if ranges.is_empty() { Value::Null } else { ranges.iter().map(AddressRange::to_json).collect() }
        };
        json!({
            "type": "IP",
            "id": self.id.as_str(),
            "name": self.name,
            "status": if self.active { "ACTIVE" } else { "INACTIVE" },
            "usage": self.usage,
            "created": self.created.to_rfc3339_ms(),
            "lastUpdated": self.last_updated.to_rfc3339_ms(),
            "system": self.system,
            "gateways": ranges(&self.gateways),
            "proxies": ranges(&self.proxies),
        })
    }

    fn field(name: &str) -> Option<Field> {
        match name {
            "id" => Some(Field::new(Column::Exact("r.id"), EQ)),
            "usage" => Some(Field::new(Column::Exact("r.usage"), EQ)),
            _ => None,
        }
    }

    async fn insert(conn: &mut Conn, world: &World, content: &ZoneContent, _: &UserId) -> Result<String> {
        Ok(zone::create(conn, world, content, false).await?.to_string())
    }

    async fn update(&self, conn: &mut Conn, content: &ZoneContent, _: &UserId, now: Instant) -> Result<()> {
        zone::update(conn, &self.id, content, now).await
    }

    async fn judge(conn: &mut Conn, caller: &Caller, act: Act<'_, Zone>) -> Answer<()> {
        match act {
            Act::Create(content) => {
                if content.gateways.is_empty() && content.proxies.is_empty() {
                    return Err(Fault::field("gateways", "Gateways or proxies must be given"));
                }
                refuse_own_address(caller, &content.usage, &content.gateways)
            }
            Act::Replace(before, content) => {
                if before.system && (content.name != before.name || content.usage != before.usage) {
                    return Err(Fault::new(&codes::E0000077).with_argument("name"));
                }
                refuse_own_address(caller, &content.usage, &content.gateways)
            }
            Act::Delete(zone) if zone.system => Err(Fault::forbidden()),
            Act::Delete(zone) if zone.active => {
                Err(Fault::field("status", "The network zone must be deactivated before deletion"))
            }
            Act::Delete(zone) | Act::Deactivate(zone) => refuse_in_use(conn, zone).await,
            Act::Activate(zone) => refuse_own_address(caller, &zone.usage, &zone.gateways),
        }
    }

    fn party(&self) -> Party {
        Party::new(self.id.as_str(), Zone::KIND, "unknown", &self.name)
    }
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

async fn refuse_in_use(conn: &mut Conn, zone: &Zone) -> Answer<()> {
    if token::names_zone(conn, &zone.id).await? {
        Err(Fault::field("id", "The network zone is used by an API token"))
    } else {
        Ok(())
    }
}
