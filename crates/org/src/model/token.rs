//! API tokens.
//!
//! Invariant: the value exists in the answer of [`create`] alone; the row has a keyed hash of it, and a revoked row not even that. A
//! token carries no rights of its own: they are its creator's, asked for at every call.

use std::{net::IpAddr, time::Duration};

use db::{Conn, Row, query};
use serde_json::{Value, json};
use vault::{Secret, Vault};
use world::{Instant, World};

use super::{
    fold,
    id::{TokenId, UserId, ZoneId},
    starts_with,
    user::{self, Status, User},
    zone,
};
use crate::{Error, Result};

/// A token lapses when it was not used for so long; every use starts the window again.
pub const WINDOW: Duration = Duration::from_secs(30 * 24 * 3_600);
pub const CLIENT_NAME: &str = "Okta API";
const VALUE_LEN: usize = 42;
const PURPOSE: &str = "api token";

/// Where calls with a token may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    Anywhere,
    /// From an included zone (any active zone when none is named), and from no excluded one.
    Zone {
        include: Vec<ZoneId>,
        exclude: Vec<ZoneId>,
    },
}

impl Network {
    pub fn from_json(value: &Value) -> Option<Network> {
        let ids = |name: &str| -> Option<Vec<ZoneId>> {
            match value.get(name) {
                None | Some(Value::Null) => Some(Vec::new()),
                Some(Value::Array(ids)) => ids.iter().map(|id| id.as_str().map(ZoneId::from)).collect(),
                Some(_) => None,
            }
        };
        match value.get("connection").and_then(Value::as_str)? {
            "ANYWHERE" => Some(Network::Anywhere),
            "ZONE" => Some(Network::Zone { include: ids("include")?, exclude: ids("exclude")? }),
            _ => None,
        }
    }

    pub fn to_json(&self) -> Value {
        match self {
            Network::Anywhere => json!({ "connection": "ANYWHERE" }),
            Network::Zone { include, exclude } => {
                let mut object = json!({ "connection": "ZONE" });
                for (name, ids) in [("include", include), ("exclude", exclude)] {
                    if !ids.is_empty() {
                        object[name] = ids.iter().map(ZoneId::as_str).collect();
                    }
                }
                object
            }
        }
    }

    pub fn zone_ids(&self) -> impl Iterator<Item = &ZoneId> {
        let (include, exclude): (&[ZoneId], &[ZoneId]) = match self {
            Network::Anywhere => (&[], &[]),
            Network::Zone { include, exclude } => (include, exclude),
        };
        include.iter().chain(exclude)
    }

    /// Whether a call from `address` is allowed. An unknown address is in no zone.
    pub async fn allows(&self, conn: &mut Conn, address: Option<IpAddr>) -> Result<bool> {
        let Network::Zone { include, exclude } = self else { return Ok(true) };
        let Some(address) = address else { return Ok(false) };
        let zones = zone::active(conn).await?;
        let within = |ids: &[ZoneId]| zones.iter().any(|zone| ids.contains(&zone.id) && zone.contains(address));
        let any = || zones.iter().any(|zone| zone.usage == "POLICY" && zone.contains(address));
        let included = match (include.is_empty(), exclude.is_empty()) {
            (false, _) => within(include),
            (true, true) => any(),
            (true, false) => true,
        };
        Ok(included && !within(exclude))
    }
}

#[derive(Clone, Debug)]
pub struct TokenRow {
    pub id: TokenId,
    pub name: String,
    pub user_id: UserId,
    pub client_name: String,
    pub network: Network,
    pub created: Instant,
    pub last_updated: Instant,
    pub last_used: Option<Instant>,
    pub expires: Instant,
}

impl TokenRow {
    const COLUMNS: &str =
        "t.id, t.name, t.user_id, t.client_name, t.network, t.created_us, t.updated_us, t.last_used_us, t.expires_us";

    fn read(row: &Row) -> Result<TokenRow> {
        let network: String = row.get("network")?;
        let network = serde_json::from_str(&network).ok().as_ref().and_then(Network::from_json);
        Ok(TokenRow {
            id: row.get::<String>("id")?.into(),
            name: row.get("name")?,
            user_id: row.get::<String>("user_id")?.into(),
            client_name: row.get("client_name")?,
            network: network
                .ok_or_else(|| Error::Stored { what: "API token", reason: "its network condition".to_owned() })?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
            last_used: row.get("last_used_us")?,
            expires: row.get("expires_us")?,
        })
    }
}

/// Makes a token of `user`. The value is here and nowhere else, ever.
pub async fn create(
    conn: &mut Conn,
    vault: &Vault,
    world: &World,
    user: &UserId,
    name: &str,
    network: &Network,
) -> Result<(TokenRow, Secret)> {
    let value = Secret::new(format!("00{}", world.random.base64url(VALUE_LEN - 2)));
    let now = world.now().whole_second();
    let row = TokenRow {
        id: TokenId::new(world),
        name: name.to_owned(),
        user_id: user.clone(),
        client_name: CLIENT_NAME.to_owned(),
        network: network.clone(),
        created: now,
        last_updated: now,
        last_used: None,
        expires: now.plus(WINDOW),
    };
    query(
        "insert into api_token (id, name, name_folded, user_id, client_name, value_hash, network, created_us, updated_us, expires_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)",
    )
    .bind(row.id.as_str())
    .bind(&row.name)
    .bind(fold(&row.name))
    .bind(user.as_str())
    .bind(&row.client_name)
    .bind(hash(vault, &value))
    .bind(network.to_json().to_string())
    .bind(now)
    .bind(row.expires)
    .execute(conn)
    .await?;
    Ok((row, value))
}

/// The token and its creator, when the value is one, has not lapsed, and the creator is not suspended or deactivated.
///
/// A creator who is only locked out or must renew a password still counts: otherwise ten wrong passwords of a stranger would
/// stop every integration.
pub async fn authenticate(
    conn: &mut Conn,
    vault: &Vault,
    value: &Secret,
    now: Instant,
) -> Result<Option<(TokenRow, User)>> {
    let Some(row) = by_value(conn, vault, value, now).await? else { return Ok(None) };
    let creator = user::by_id(conn, &row.user_id).await?;
    Ok(creator.filter(|user| may_act(user.status)).map(|user| (row, user)))
}

/// Whether somebody of this status can still be acted for.
pub fn may_act(status: Status) -> bool {
    match status {
        Status::Active | Status::PasswordExpired | Status::LockedOut | Status::Recovery => true,
        Status::Staged | Status::Provisioned | Status::Suspended | Status::Deprovisioned => false,
    }
}

async fn by_value(conn: &mut Conn, vault: &Vault, value: &Secret, now: Instant) -> Result<Option<TokenRow>> {
    let sql = format!(
        "select {} from api_token t where t.value_hash = $1 and t.revoked_us is null and t.expires_us > $2",
        TokenRow::COLUMNS
    );
    let row = query(sql).bind(hash(vault, value)).bind(now).optional(conn).await?;
    row.map(|row| TokenRow::read(&row)).transpose()
}

/// Starts the window again. Once a second is enough, since times are shown in seconds: [`needs_touch`] says when.
pub async fn touch(conn: &mut Conn, id: &TokenId, now: Instant) -> Result<()> {
    let now = now.whole_second();
    query("update api_token set last_used_us = $1, updated_us = $1, expires_us = $2 where id = $3 and revoked_us is null and updated_us <= $1")
        .bind(now)
        .bind(now.plus(WINDOW))
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub fn needs_touch(row: &TokenRow, now: Instant) -> bool {
    row.last_used.is_none_or(|last| last < now.whole_second())
}

/// A token that was not revoked and has not lapsed.
pub async fn by_id(conn: &mut Conn, id: &TokenId, now: Instant) -> Result<Option<TokenRow>> {
    let sql = format!(
        "select {} from api_token t where t.id = $1 and t.revoked_us is null and t.expires_us > $2",
        TokenRow::COLUMNS
    );
    let row = query(sql).bind(id.as_str()).bind(now).optional(conn).await?;
    row.map(|row| TokenRow::read(&row)).transpose()
}

/// What of the tokens a list shows.
#[derive(Clone, Debug, Default)]
pub struct Listing<'a> {
    /// The tokens of this person alone.
    pub owner: Option<&'a UserId>,
    pub after: Option<&'a str>,
    /// The beginning of the name.
    pub query: Option<&'a str>,
}

/// Tokens in id order that were not revoked and have not lapsed.
pub async fn list(conn: &mut Conn, listing: &Listing<'_>, now: Instant, limit: i64) -> Result<Vec<TokenRow>> {
    let sql = format!(
        "select {} from api_token t where t.revoked_us is null and t.expires_us > $1 and t.id > $2",
        TokenRow::COLUMNS
    );
    let mut select = query(sql).bind(now).bind(listing.after.unwrap_or_default());
    if let Some(owner) = listing.owner {
        let placeholder = select.next_placeholder();
        select = select.push(&format!(" and t.user_id = ${placeholder}")).bind(owner.as_str());
    }
    if let Some(text) = listing.query {
        let placeholder = select.next_placeholder();
        select =
            select.push(&format!(" and t.name_folded like ${placeholder} escape '\\'")).bind(starts_with(&fold(text)));
    }
    let placeholder = select.next_placeholder();
    let rows = select.push(&format!(" order by t.id limit ${placeholder}")).bind(limit).all(conn).await?;
    rows.iter().map(TokenRow::read).collect()
}

pub async fn update(conn: &mut Conn, id: &TokenId, name: &str, network: &Network, now: Instant) -> Result<()> {
    query("update api_token set name = $1, name_folded = $2, network = $3, updated_us = $4 where id = $5 and revoked_us is null")
        .bind(name)
        .bind(fold(name))
        .bind(network.to_json().to_string())
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Ends a token for good. `false`: it had ended.
pub async fn revoke(conn: &mut Conn, id: &TokenId, now: Instant) -> Result<bool> {
    let done = query("update api_token set revoked_us = $1, value_hash = null where id = $2 and revoked_us is null");
    Ok(done.bind(now).bind(id.as_str()).execute(conn).await? == 1)
}

/// Ends every token of a person; which ones.
pub async fn revoke_all(conn: &mut Conn, user: &UserId, now: Instant) -> Result<Vec<TokenId>> {
    let rows = query(
        "update api_token set revoked_us = $1, value_hash = null where user_id = $2 and revoked_us is null returning id",
    );
    let rows = rows.bind(now).bind(user.as_str()).all(conn).await?;
    rows.iter().map(|row| Ok(row.get::<String>("id")?.into())).collect()
}

/// Whether a token that still counts names this zone: without the zone its condition would mean something else.
pub async fn names_zone(conn: &mut Conn, zone: &ZoneId) -> Result<bool> {
    let row = query("select 1 from api_token where revoked_us is null and network like $1 escape '\\' limit 1");
    Ok(row.bind(format!("%\"{}\"%", super::literal(zone.as_str()))).optional(conn).await?.is_some())
}

pub async fn count(conn: &mut Conn, now: Instant) -> Result<i64> {
    let count = query("select count(*) as n from api_token where revoked_us is null and expires_us > $1").bind(now);
    Ok(count.one(conn).await?.get("n")?)
}

fn hash(vault: &Vault, value: &Secret) -> String {
    vault.keyed_hash(PURPOSE, value.expose_bytes())
}
