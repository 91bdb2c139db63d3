//! Event hooks: services that are told of events of the System Log, and what waits to be delivered to them.
//!
//! Invariant: a delivery is queued in the transaction that writes the event ([`queue`]), for hooks that are active and verified at that
//! moment; it is removed only once it was taken or given up. No hook has more than [`QUEUED_MAX`] waiting.

use db::{Conn, Row, query};
use vault::{Secret, Vault};
use world::{Instant, World};

use super::{
    endpoint::Endpoint,
    id::{EventHookId, UserId},
    resource::{self, Stored},
};
use crate::{Error, Result};

/// Deliveries that wait for one hook; what comes while so many wait is not delivered to it.
pub const QUEUED_MAX: i64 = 10_000;

#[derive(Clone, Debug)]
pub struct EventHook {
    pub id: EventHookId,
    pub name: String,
    pub description: Option<String>,
    pub active: bool,
    pub verified: bool,
    pub events: Vec<String>,
    pub endpoint: Endpoint,
    pub created: Instant,
    pub created_by: String,
    pub last_updated: Instant,
}

/// What an event hook is made of or changed to.
#[derive(Clone, Debug)]
pub struct EventHookContent {
    pub name: String,
    pub description: Option<String>,
    pub events: Vec<String>,
    pub endpoint: Endpoint,
    /// The value of the header that proves who calls; none keeps the one that there is.
    pub secret: Option<Secret>,
}

impl Stored for EventHook {
    const TABLE: &'static str = "event_hook";
    const COLUMNS: &'static str = "r.id, r.name, r.description, r.status, r.verification, r.events, r.uri, r.headers, r.auth_key, r.created_us, r.created_by, r.updated_us";
    const PREFIX: &'static str = EventHookId::PREFIX;

    fn read(row: &Row) -> Result<EventHook> {
        let (status, verification): (String, String) = (row.get("status")?, row.get("verification")?);
        let events: String = row.get("events")?;
        let headers: String = row.get("headers")?;
        Ok(EventHook {
            id: row.get::<String>("id")?.into(),
            name: row.get("name")?,
            description: row.get("description")?,
            active: status == "ACTIVE",
            verified: verification == "VERIFIED",
            events: serde_json::from_str(&events)
                .map_err(|error| Error::Stored { what: "event hook", reason: error.to_string() })?,
            endpoint: Endpoint {
                uri: row.get("uri")?,
                headers: Endpoint::headers_from(&headers)?,
                auth_key: row.get("auth_key")?,
            },
            created: row.get("created_us")?,
            created_by: row.get("created_by")?,
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

pub async fn create(conn: &mut Conn, world: &World, content: &EventHookContent, by: &UserId) -> Result<EventHookId> {
    let id = EventHookId::new(world);
    query(
        "insert into event_hook (id, name, description, status, verification, events, uri, headers, auth_key, created_us, created_by, updated_us)
         values ($1, $2, $3, 'ACTIVE', 'UNVERIFIED', $4, $5, $6, $7, $8, $9, $8)",
    )
    .bind(id.as_str())
    .bind(&content.name)
    .bind(content.description.as_deref())
    .bind(serde_json::json!(content.events).to_string())
    .bind(&content.endpoint.uri)
    .bind(content.endpoint.headers_json().to_string())
    .bind(content.endpoint.auth_key.as_deref())
    .bind(world.now().whole_second())
    .bind(by.as_str())
    .execute(conn)
    .await?;
    subscribe(conn, &id, &content.events).await?;
    Ok(id)
}

/// Another endpoint, or another proof of who calls, must be verified anew.
pub async fn update(conn: &mut Conn, hook: &EventHook, content: &EventHookContent, now: Instant) -> Result<()> {
    let same = hook.endpoint == content.endpoint && content.secret.is_none();
    query(
        "update event_hook set name = $1, description = $2, events = $3, uri = $4, headers = $5, auth_key = $6, verification = $7, updated_us = $8
         where id = $9",
    )
    .bind(&content.name)
    .bind(content.description.as_deref())
    .bind(serde_json::json!(content.events).to_string())
    .bind(&content.endpoint.uri)
    .bind(content.endpoint.headers_json().to_string())
    .bind(content.endpoint.auth_key.as_deref())
    .bind(if same && hook.verified { "VERIFIED" } else { "UNVERIFIED" })
    .bind(now.whole_second())
    .bind(hook.id.as_str())
    .execute(conn)
    .await?;
    if content.endpoint.auth_key.is_none() {
        query("update event_hook set auth_value = null where id = $1").bind(hook.id.as_str()).execute(conn).await?;
    }
    query("delete from event_hook_type where hook_id = $1").bind(hook.id.as_str()).execute(conn).await?;
    subscribe(conn, &hook.id, &content.events).await
}

async fn subscribe(conn: &mut Conn, id: &EventHookId, events: &[String]) -> Result<()> {
    for event in events {
        query("insert into event_hook_type (event_type, hook_id) values ($1, $2)")
            .bind(event)
            .bind(id.as_str())
            .execute(conn)
            .await?;
    }
    Ok(())
}

fn identity(id: &str) -> String {
    format!("event_hook/{id}")
}

pub async fn seal(conn: &mut Conn, vault: &Vault, id: &str, secret: &Secret) -> Result<()> {
    query("update event_hook set auth_value = $1 where id = $2")
        .bind(vault.seal(&identity(id), secret))
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// The value of the header that proves who calls, where there is one.
pub async fn open(conn: &mut Conn, vault: &Vault, id: &str) -> Result<Option<Secret>> {
    let row = query("select auth_value from event_hook where id = $1").bind(id).optional(conn).await?;
    let sealed: Option<Vec<u8>> = row.map(|row| row.get("auth_value")).transpose()?.flatten();
    Ok(sealed.map(|sealed| vault.open(&identity(id), &sealed)).transpose()?)
}

pub async fn set_verified(conn: &mut Conn, id: &str, now: Instant) -> Result<()> {
    query("update event_hook set verification = 'VERIFIED', updated_us = $1 where id = $2")
        .bind(now.whole_second())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn count_active(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from event_hook where status = 'ACTIVE'").one(conn).await?.get("n")?)
}

/// Queues an event for every hook that wants its type.
pub async fn queue(conn: &mut Conn, event_type: &str, position: i64, now: Instant) -> Result<()> {
    query(
        "insert into event_hook_delivery (hook_id, position, due_us, attempts)
         select h.id, $1, $2, 0 from event_hook_type t join event_hook h on h.id = t.hook_id
         where t.event_type = $3 and h.status = 'ACTIVE' and h.verification = 'VERIFIED'
           and (select count(*) from event_hook_delivery d where d.hook_id = h.id) < $4",
    )
    .bind(position)
    .bind(now)
    .bind(event_type)
    .bind(QUEUED_MAX)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether anything waits that may be taken up now.
pub async fn is_due(conn: &mut Conn, now: Instant) -> Result<bool> {
    let due = query("select 1 as one from event_hook_delivery where due_us <= $1 limit 1").bind(now);
    Ok(due.optional(conn).await?.is_some())
}

/// The hooks for which something waits. What waits for a hook that is no longer active and verified goes.
pub async fn due(conn: &mut Conn, now: Instant) -> Result<Vec<EventHook>> {
    query(
        "delete from event_hook_delivery where hook_id in
            (select id from event_hook where status <> 'ACTIVE' or verification <> 'VERIFIED')",
    )
    .execute(conn)
    .await?;
    let select = resource::select::<EventHook>()
        .push(
            " and exists (select 1 from event_hook_delivery d where d.hook_id = r.id and d.due_us <= $1) order by r.id",
        )
        .bind(now);
    resource::from_rows(&select.all(conn).await?)
}

/// An event that was taken up for delivery.
#[derive(Clone, Debug)]
pub struct Taken {
    pub position: i64,
    /// As the log shows it; none when the log has forgotten it.
    pub body: Option<serde_json::Value>,
}

/// Takes up to `limit` events for a hook; until `until` nobody else does.
pub async fn take(conn: &mut Conn, hook: &EventHookId, now: Instant, until: Instant, limit: i64) -> Result<Vec<Taken>> {
    let taken = query(
        "update event_hook_delivery set due_us = $1 where hook_id = $2 and due_us <= $3 and position in
            (select position from event_hook_delivery where hook_id = $2 and due_us <= $3 order by position limit $4)
         returning position",
    );
    let rows = taken.bind(until).bind(hook.as_str()).bind(now).bind(limit).all(conn).await?;
    let mut positions = rows.iter().map(|row| row.get::<i64>("position")).collect::<db::Result<Vec<_>>>()?;
    positions.sort_unstable();
    let mut events = Vec::with_capacity(positions.len());
    for position in positions {
        let row = query("select body from log_event where position = $1").bind(position).optional(conn).await?;
        let text: Option<String> = row.map(|row| row.get("body")).transpose()?;
        let body = text.map(|text| serde_json::from_str(&text)).transpose();
        events.push(Taken {
            position,
            body: body.map_err(|error| Error::Stored { what: "log event", reason: error.to_string() })?,
        });
    }
    Ok(events)
}

/// Removes what was taken or is given up.
pub async fn settle(conn: &mut Conn, hook: &EventHookId, position: i64) -> Result<()> {
    query("delete from event_hook_delivery where hook_id = $1 and position = $2")
        .bind(hook.as_str())
        .bind(position)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes a failed attempt. `true`: it is to be tried again; otherwise that was the last of `attempts_max`, and the delivery is gone.
pub async fn put_back(
    conn: &mut Conn,
    hook: &EventHookId,
    position: i64,
    due: Instant,
    attempts_max: i64,
) -> Result<bool> {
    let again = query(
        "update event_hook_delivery set attempts = attempts + 1, due_us = $1 where hook_id = $2 and position = $3 and attempts + 1 < $4",
    );
    let again = again.bind(due).bind(hook.as_str()).bind(position).bind(attempts_max).execute(conn).await?;
    if again == 0 {
        settle(conn, hook, position).await?;
    }
    Ok(again > 0)
}
