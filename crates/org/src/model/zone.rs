//! Network zones: named sets of addresses.
//!
//! Invariant: a stored zone's addresses were parsed; an address that is not known is in no zone.

use std::net::IpAddr;

use db::{Conn, Row, query};
use ipnet::IpNet;
use serde_json::{Value, json};
use world::{Instant, World};

use super::{
    fold,
    id::ZoneId,
    resource::{self, Stored, from_rows},
};
use crate::{Error, Result};

/// One entry of a zone's gateways or proxies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressRange {
    Cidr(IpNet),
    Range(IpAddr, IpAddr),
}

impl AddressRange {
    /// Reads `10.0.0.0/8`, a single address, or `10.0.0.1-10.0.0.9`, as `kind` says.
    pub fn parse(kind: &str, value: &str) -> Option<AddressRange> {
        match kind {
            "CIDR" => {
                let network = value.parse::<IpNet>().ok().or_else(|| value.parse::<IpAddr>().ok().map(IpNet::from));
                network.map(AddressRange::Cidr)
            }
            "RANGE" => {
                let (first, last) = value.split_once('-').unwrap_or((value, value));
                let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                (first <= last && same_family(first, last)).then_some(AddressRange::Range(first, last))
            }
            _ => None,
        }
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            AddressRange::Cidr(network) => network.contains(&address),
            AddressRange::Range(first, last) => same_family(*first, address) && *first <= address && address <= *last,
        }
    }

    pub fn to_json(&self) -> Value {
        match self {
            AddressRange::Cidr(network) => json!({ "type": "CIDR", "value": network.to_string() }),
            AddressRange::Range(first, last) => json!({ "type": "RANGE", "value": format!("{first}-{last}") }),
        }
    }
}

fn same_family(one: IpAddr, other: IpAddr) -> bool {
    one.is_ipv4() == other.is_ipv4()
}

/// Reads an array of `{type, value}`; the entry that is none comes back as text.
pub fn parse_ranges(array: &Value) -> Result<Vec<AddressRange>, String> {
    if array.is_null() {
        return Ok(Vec::new());
    }
    let entries = array.as_array().ok_or_else(|| array.to_string())?;
    let one = |entry: &Value| {
        let (kind, value) = (entry.get("type").and_then(Value::as_str), entry.get("value").and_then(Value::as_str));
        kind.zip(value).and_then(|(kind, value)| AddressRange::parse(kind, value)).ok_or_else(|| entry.to_string())
    };
    entries.iter().map(one).collect()
}

#[derive(Clone, Debug)]
pub struct Zone {
    pub id: ZoneId,
    pub name: String,
    pub active: bool,
    /// `POLICY` or `BLOCKLIST`.
    pub usage: String,
    pub system: bool,
    pub gateways: Vec<AddressRange>,
    pub proxies: Vec<AddressRange>,
    pub created: Instant,
    pub last_updated: Instant,
}

/// What a zone is made of or changed to.
#[derive(Clone, Debug)]
pub struct ZoneContent {
    pub name: String,
    pub usage: String,
    pub gateways: Vec<AddressRange>,
    pub proxies: Vec<AddressRange>,
}

impl Stored for Zone {
    const TABLE: &'static str = "zone";
    const COLUMNS: &'static str =
        "r.id, r.name, r.status, r.usage, r.is_system, r.gateways, r.proxies, r.created_us, r.updated_us";
    const PREFIX: &'static str = ZoneId::PREFIX;

    fn read(row: &Row) -> Result<Zone> {
        let status: String = row.get("status")?;
        Ok(Zone {
            id: row.get::<String>("id")?.into(),
            name: row.get("name")?,
            active: status == "ACTIVE",
            usage: row.get("usage")?,
            system: row.get("is_system")?,
            gateways: ranges(row, "gateways")?,
            proxies: ranges(row, "proxies")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn active(&self) -> bool {
        self.active
    }
}

impl Zone {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.active && self.gateways.iter().any(|range| range.contains(address))
    }
}

fn ranges(row: &Row, column: &str) -> Result<Vec<AddressRange>> {
    let text: String = row.get(column)?;
    let array: Value =
        serde_json::from_str(&text).map_err(|error| Error::Stored { what: "zone", reason: error.to_string() })?;
    parse_ranges(&array).map_err(|reason| Error::Stored { what: "zone", reason })
}

fn to_text(ranges: &[AddressRange]) -> String {
    Value::Array(ranges.iter().map(AddressRange::to_json).collect()).to_string()
}

pub async fn create(conn: &mut Conn, world: &World, content: &ZoneContent, system: bool) -> Result<ZoneId> {
    let id = ZoneId::new(world);
    query(
        "insert into zone (id, name, name_folded, type, status, usage, is_system, gateways, proxies, created_us, updated_us)
         values ($1, $2, $3, 'IP', 'ACTIVE', $4, $5, $6, $7, $8, $8)",
    )
    .bind(id.as_str())
    .bind(&content.name)
    .bind(fold(&content.name))
    .bind(&content.usage)
    .bind(system)
    .bind(to_text(&content.gateways))
    .bind(to_text(&content.proxies))
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    Ok(id)
}

pub async fn update(conn: &mut Conn, id: &ZoneId, content: &ZoneContent, now: Instant) -> Result<()> {
    query("update zone set name = $1, name_folded = $2, usage = $3, gateways = $4, proxies = $5, updated_us = $6 where id = $7")
        .bind(&content.name)
        .bind(fold(&content.name))
        .bind(&content.usage)
        .bind(to_text(&content.gateways))
        .bind(to_text(&content.proxies))
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// No org has more zones than a decision can look at.
const ZONES_MAX: i64 = 1_000;

/// The active zones, for deciding about an address.
pub async fn active(conn: &mut Conn) -> Result<Vec<Zone>> {
    let rows = resource::select::<Zone>()
        .push(" and r.status = 'ACTIVE' order by r.id limit $1")
        .bind(ZONES_MAX)
        .all(conn)
        .await?;
    from_rows(&rows)
}

/// Whether an address is in an active zone of usage `BLOCKLIST`.
pub async fn is_blocked(conn: &mut Conn, address: IpAddr) -> Result<bool> {
    let blocking =
        resource::select::<Zone>().push(" and r.status = 'ACTIVE' and r.usage = 'BLOCKLIST' limit $1").bind(ZONES_MAX);
    Ok(from_rows::<Zone>(&blocking.all(conn).await?)?.iter().any(|zone| zone.contains(address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_their_ends_and_nothing_of_the_other_family() {
        let range = AddressRange::parse("RANGE", "10.0.0.1-10.0.0.9").unwrap();
        for (address, inside) in
            [("10.0.0.1", true), ("10.0.0.9", true), ("10.0.0.10", false), ("::1", false), ("::ffff:10.0.0.5", true)]
        {
            assert_eq!(range.contains(address.parse().unwrap()), inside, "{address}");
        }
        let network = AddressRange::parse("CIDR", "192.168.0.0/16").unwrap();
        assert!(network.contains("192.168.7.7".parse().unwrap()) && !network.contains("192.169.0.1".parse().unwrap()));
        for (kind, wrong) in [
            ("CIDR", "10.0.0.0/33"),
            ("CIDR", "x"),
            ("RANGE", "10.0.0.9-10.0.0.1"),
            ("RANGE", "10.0.0.1-::1"),
            ("OTHER", "10.0.0.1"),
        ] {
            assert_eq!(AddressRange::parse(kind, wrong), None, "{wrong}");
        }
    }
}
