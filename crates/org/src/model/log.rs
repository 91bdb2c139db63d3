//! The System Log: writing an event, reading a page.
//!
//! Invariant: an event is written in the transaction of the change that it tells of, last of all: its position is given out under a lock
//! that lasts until the commit, so positions are in the order of commits and a reader who polls by them misses nothing.

use std::time::Duration;

use db::{Conn, query};
use serde_json::Value;
use world::{Instant, World};

use super::event_hook;
pub use super::log_event::{CallOrigin, Event, Outcome, Party, uuid};
use crate::{Error, Result};

/// Events are kept this long.
pub const KEPT: Duration = Duration::from_secs(90 * 24 * 3_600);

/// Writes an event, and queues it for the event hooks that want it.
pub async fn write(conn: &mut Conn, world: &World, event: &Event) -> Result<()> {
    let published = world.now();
    let row = query("update log_position set last = last + 1 where id = 1 returning last").one(conn).await?;
    let position: i64 = row.get("last")?;
    query("insert into log_event (position, published_us, event_type, actor_id, body) values ($1, $2, $3, $4, $5)")
        .bind(position)
        .bind(published)
        .bind(event.kind)
        .bind(event.actor_id())
        .bind(event.to_json(published, world).to_string())
        .execute(conn)
        .await?;
    event_hook::queue(conn, event.kind, position, published).await
}

/// An event as it was written, with what paging needs.
#[derive(Clone, Debug)]
pub struct Logged {
    pub position: i64,
    pub published: Instant,
    pub body: Value,
}

/// How a page of the log is ordered, and where it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// In the order of persistence, after this position.
    Polling { after: i64 },
    /// In the order of publication, after this pair where one is given.
    Bounded { after: Option<(Instant, i64)>, descending: bool },
}

/// What of the log is wanted, as far as the database decides it.
#[derive(Clone, Debug)]
pub struct Window {
    pub since: Instant,
    pub until: Option<Instant>,
    /// Only events of this type, where a filter asks for nothing else.
    pub event_type: Option<String>,
    pub reading: Reading,
}

/// The next `limit` events of a window, whatever they say; what a filter asks beyond the window is the caller's.
pub async fn read(conn: &mut Conn, window: &Window, limit: i64) -> Result<Vec<Logged>> {
    let mut select =
        query("select position, published_us, body from log_event where published_us >= $1").bind(window.since);
    if let Some(until) = window.until {
        select = push(select, " and published_us < ").bind(until);
    }
    if let Some(event_type) = &window.event_type {
        select = push(select, " and event_type = ").bind(event_type);
    }
    select = match window.reading {
        Reading::Polling { after } => push(select, " and position > ").bind(after).push(" order by position"),
        Reading::Bounded { after, descending } => {
            let (sign, order) = if descending { ("<", " desc") } else { (">", "") };
            if let Some((published, position)) = after {
                let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
                let condition = format!(
                    " and (published_us {sign} ${first} or (published_us = ${first} and position {sign} ${second}))"
                );
                select = select.push(&condition).bind(published).bind(position);
            }
            select.push(&format!(" order by published_us{order}, position{order}"))
        }
    };
    let rows = push(select, " limit ").bind(limit).all(conn).await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let body: String = row.get("body")?;
        let body = serde_json::from_str(&body)
            .map_err(|error| Error::Stored { what: "log event", reason: error.to_string() })?;
        events.push(Logged { position: row.get("position")?, published: row.get("published_us")?, body });
    }
    Ok(events)
}

/// The newest position: where polling from now on begins.
pub async fn last_position(conn: &mut Conn) -> Result<i64> {
    Ok(query("select last from log_position where id = 1").one(conn).await?.get("last")?)
}

/// Forgets what is older than [`KEPT`]; at most `limit` events at a time.
pub async fn forget_old(conn: &mut Conn, now: Instant, limit: i64) -> Result<u64> {
    let old = query(
        "delete from log_event where position in (select position from log_event where published_us < $1 order by published_us limit $2)",
    );
    Ok(old.bind(now.minus(KEPT)).bind(limit).execute(conn).await?)
}

fn push(select: db::Query, text: &str) -> db::Query {
    let placeholder = select.next_placeholder();
    select.push(&format!("{text}${placeholder}"))
}
