//! Delivery of log events to event hooks.
//!
//! Invariant: at least once. An event leaves the queue only after the service took it or was given up; whoever takes it up holds it for
//! [`HELD`], and when that process is gone by then, another goes on. Order is not promised. Hooks wait for no other hook.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use world::Instant;

use super::{ATTEMPTS_MAX, Failure, call, request};
use crate::{
    Org, Result,
    model::{
        event_hook::{self, EventHook, Taken},
        feature,
        log::{self, Event, Outcome, Party},
    },
    state::base,
};

/// How long what was taken up is nobody else's: longer than an attempt lasts.
pub const HELD: Duration = Duration::from_secs(30);
/// How often the queue is looked at when nobody rings: other processes fill it too.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);
/// Events in one call.
const EVENTS_AT_ONCE: i64 = 50;

/// Delivers for as long as the org runs.
pub async fn work(org: Org) {
    loop {
        match pass(&org).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "events could not be delivered to hooks");
            }
        }
        tokio::select! {
            () = org.doorbell.notified() => {}
            () = tokio::time::sleep(LOOKED_AT_EVERY) => {}
        }
    }
}

/// One batch for each hook for which something waits. `false`: there was nothing to do.
async fn pass(org: &Org) -> Result<bool> {
    let now = org.now();
    if !event_hook::is_due(&mut *org.db.read().await?, now).await? {
        return Ok(false);
    }
    let mut tx = org.db.begin().await?;
    let together = feature::HOOK_BATCHES.is_on(&feature::decided(&mut tx).await?);
    let at_once = if together { EVENTS_AT_ONCE } else { 1 };
    let mut work = Vec::new();
    for hook in event_hook::due(&mut tx, now).await? {
        let taken = event_hook::take(&mut tx, &hook.id, now, now.plus(HELD), at_once).await?;
        work.push((hook, taken));
    }
    tx.commit().await?;
    let done = join_all(work.iter().map(|(hook, taken)| deliver(org, hook, taken, now))).await;
    done.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(true)
}

/// Calls a hook, and keeps what came of it.
async fn deliver(org: &Org, hook: &EventHook, taken: &[Taken], now: Instant) -> Result<()> {
    let events: Vec<Value> = taken.iter().filter_map(|event| event.body.clone()).collect();
    let outcome = if events.is_empty() { Ok(()) } else { tell(org, hook, events, now).await? };
    let mut tx = org.db.begin().await?;
    let mut given_up = 0;
    for event in taken {
        let again = match &outcome {
            Err(failure) if failure.may_pass() => {
                event_hook::put_back(&mut tx, &hook.id, event.position, org.now(), ATTEMPTS_MAX).await?
            }
            _ => {
                event_hook::settle(&mut tx, &hook.id, event.position).await?;
                false
            }
        };
        given_up += i64::from(outcome.is_err() && !again);
    }
    if let Err(failure) = outcome.as_ref().map_err(|failure| failure.reason()) {
        tracing::debug!(hook = %hook.id, failure, "events could not be delivered to a hook");
        if given_up > 0 {
            let event = Event::new("event_hook.delivery")
                .target(Party::new(hook.id.as_str(), "Webhook", &hook.name, &hook.name))
                .outcome(Outcome::Failure, failure)
                .debug("eventCount", given_up);
            log::write(&mut tx, &org.world, &event).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// One call with these events.
async fn tell(org: &Org, hook: &EventHook, events: Vec<Value>, now: Instant) -> Result<Result<(), Failure>> {
    let secret = event_hook::open(&mut *org.db.read().await?, &org.vault, hook.id.as_str()).await?;
    let body = json!({
        "eventType": "com.okta.event_hook",
        "eventTypeVersion": "1.0",
        "cloudEventsVersion": "0.1",
        "source": format!("{}/api/v1/eventHooks/{}", base(org.first_address()), hook.id),
        "eventId": log::uuid(&org.world),
        "data": { "events": events },
        "eventTime": now.to_rfc3339_ms(),
        "contentType": "application/json",
    });
    let request = match request("POST", &hook.endpoint, secret.as_ref()) {
        Ok(request) => request.header("content-type", "application/json").body(body.to_string()),
        Err(failure) => return Ok(Err(failure)),
    };
    Ok(call(&org.outbound, request).await.map(|_| ()))
}
