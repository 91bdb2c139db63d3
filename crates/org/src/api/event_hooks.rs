//! Event hooks: services that are told of events of the System Log.
//!
//! Invariant: a service is told only after it has shown that it wants to be ([`verify`]), and again after its address or its secret changed.

use std::{collections::HashSet, sync::LazyLock};

use axum::{
    Json,
    extract::{Path, State},
};
use db::Conn;
use serde_json::{Map, Value, json};
use world::{Instant, World};

use super::{
    body::Properties,
    caller::Caller,
    edge::Address,
    hook_endpoint,
    resource::{self, Act, Events, Resource},
};
use crate::{
    Org, Result,
    error::{Answer, Fault, codes},
    hooks,
    model::{
        event_hook::{self, EventHook, EventHookContent},
        id::UserId,
        log::{Event, Party},
    },
    operations::Routes,
};

const NAME_LEN_MAX: usize = 255;
/// Active hooks of an org.
pub const ACTIVE_MAX: i64 = 25;
const CHALLENGE: &str = "X-Okta-Verification-Challenge";
const CHALLENGE_LEN: usize = 43;

/// The types of events that hooks may be told of.
static TYPES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../operations/hook_events.txt").lines().collect());

pub fn operations() -> Routes {
    resource::operations::<EventHook>("EventHook", "EventHooks").on("verifyEventHook", verify)
}

impl Resource for EventHook {
    type Content = EventHookContent;

    const KIND: &'static str = "Webhook";
    const PATH: &'static str = "/api/v1/eventHooks";
    const LIMIT: i64 = 200;
    const EVENTS: Events = Events {
        created: Some("event_hook.created"),
        updated: Some("event_hook.updated"),
        deleted: Some("event_hook.deleted"),
        activated: Some("event_hook.activated"),
        deactivated: Some("event_hook.deactivated"),
    };

    fn content(given: &Map<String, Value>) -> Answer<EventHookContent> {
        content(given)
    }

    fn body(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "status": if self.active { "ACTIVE" } else { "INACTIVE" },
            "verificationStatus": if self.verified { "VERIFIED" } else { "UNVERIFIED" },
            "name": self.name,
            "description": self.description,
            "created": self.created.to_rfc3339_ms(),
            "createdBy": self.created_by,
            "lastUpdated": self.last_updated.to_rfc3339_ms(),
            "events": { "type": "EVENT_TYPE", "items": self.events, "filter": null },
            "channel": { "type": "HTTP", "version": "1.0.0", "config": hook_endpoint::body(&self.endpoint) },
        })
    }

    fn links(&self, address: &Address, links: &mut Map<String, Value>) {
        let path = format!("{}/{}/lifecycle/verify", Self::PATH, self.id);
        links.insert("verify".to_owned(), resource::link(address, &path, &["POST"]));
    }

    async fn insert(conn: &mut Conn, world: &World, content: &EventHookContent, by: &UserId) -> Result<String> {
        Ok(event_hook::create(conn, world, content, by).await?.to_string())
    }

    async fn update(&self, conn: &mut Conn, content: &EventHookContent, _: &UserId, now: Instant) -> Result<()> {
        event_hook::update(conn, self, content, now).await
    }

    async fn judge(conn: &mut Conn, _: &Caller, act: Act<'_, EventHook>) -> Answer<()> {
        match act {
            Act::Create(content) => {
                hook_endpoint::check_secret(&content.endpoint, content.secret.as_ref(), None)?;
                check_active(conn).await
            }
            Act::Replace(before, content) => {
                hook_endpoint::check_secret(&content.endpoint, content.secret.as_ref(), Some(&before.endpoint))
            }
            Act::Activate(hook) if !hook.active => check_active(conn).await,
            Act::Delete(hook) if hook.active => {
                Err(Fault::field("status", "The event hook must be deactivated before deletion"))
            }
            Act::Activate(_) | Act::Deactivate(_) | Act::Delete(_) => Ok(()),
        }
    }

    async fn complete(org: &Org, conn: &mut Conn, id: &str, content: &EventHookContent) -> Answer<()> {
        hook_endpoint::check_uri(&org.config, "channel.config.uri", &content.endpoint.uri)?;
        if let Some(secret) = &content.secret {
            event_hook::seal(conn, &org.vault, id, secret).await?;
        }
        Ok(())
    }

    fn party(&self) -> Party {
        Party::new(self.id.as_str(), EventHook::KIND, &self.name, &self.name)
    }
}

async fn check_active(conn: &mut Conn) -> Answer<()> {
    if event_hook::count_active(conn).await? < ACTIVE_MAX {
        return Ok(());
    }
    Err(Fault::field("status", &format!("At most {ACTIVE_MAX} event hooks can be active")))
}

fn content(given: &Map<String, Value>) -> Answer<EventHookContent> {
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let empty = Map::new();
    let subscribed = given.child("events")?.unwrap_or(&empty);
    let has_filter = |filter: &Map<String, Value>| {
        filter.get("eventFilterMap").and_then(Value::as_array).is_some_and(|filters| !filters.is_empty())
    };
    if subscribed.child("filter")?.is_some_and(has_filter) {
        return Err(Fault::new(&codes::E0000015));
    }
    let mut events: Vec<String> = Vec::new();
    for event in subscribed.texts("items")?.unwrap_or_default() {
        if !TYPES.contains(event.as_str()) {
            return Err(Fault::field("events.items", &format!("No event hook can be told of {event}")));
        }
        if !events.contains(&event) {
            events.push(event);
        }
    }
    if events.is_empty() {
        return Err(Fault::field("events.items", "The field cannot be left blank"));
    }
    let config = given.child("channel")?.map(|channel| channel.child("config")).transpose()?.flatten();
    let (endpoint, secret) = hook_endpoint::read(config.unwrap_or(&empty))?;
    let description = given.text("description")?.map(str::to_owned);
    if description.as_ref().is_some_and(|text| text.chars().count() > NAME_LEN_MAX) {
        return Err(Fault::field("description", "The field is too long"));
    }
    Ok(EventHookContent { name, description, events, endpoint, secret })
}

/// Asks the service to repeat a challenge: whoever can do that wants to be told.
async fn verify(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
) -> Answer<Json<Value>> {
    let (hook, secret) = {
        let mut reader = org.db.read().await?;
        let hook: EventHook = resource::find(&mut reader, &id).await?;
        (hook, event_hook::open(&mut reader, &org.vault, &id).await?)
    };
    let challenge = org.world.random.base64url(CHALLENGE_LEN);
    let failed =
        |reason: &str| Fault::invalid("eventHook", [format!("The event hook could not be verified: {reason}")]);
    let answer = match hooks::request("GET", &hook.endpoint, secret.as_ref()) {
        Ok(request) => hooks::call_twice(&org.outbound, request.header(CHALLENGE, &challenge)).await,
        Err(failure) => Err(failure),
    };
    let answer = answer.map_err(|failure| failed(&failure.reason()))?;
    let repeated = serde_json::from_slice::<Value>(&answer.body).ok();
    if repeated.as_ref().and_then(|body| body["verification"].as_str()) != Some(&challenge) {
        return Err(failed("the service did not repeat the challenge"));
    }
    let mut change = caller.begin(&org).await?;
    let now = change.now;
    let before: EventHook = resource::find(&mut change, &id).await?;
    if before.endpoint != hook.endpoint {
        return Err(failed("it was changed meanwhile"));
    }
    event_hook::set_verified(&mut change, &id, now).await?;
    let after: EventHook = resource::find(&mut change, &id).await?;
    change.record(Event::new("event_hook.verified").target(after.party()));
    change.commit().await?;
    Ok(Json(resource::answer(&address, &after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_are_not_told_of_what_hooks_cause() {
        assert!(TYPES.contains("user.lifecycle.create") && TYPES.contains("group.user_membership.add"));
        assert!(!TYPES.iter().any(|kind| kind.starts_with("event_hook.")));
    }
}
