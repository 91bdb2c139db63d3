//! The org's settings that are one value each: switches, contacts, privacy, rate limits, threats.
//!
//! Invariant: whoever changes one leaves an event in the log, in the same transaction.

mod contacts;
mod privacy;
mod rate_limits;
mod support;
mod switches;
mod threats;

use serde_json::{Value, json};

use super::edge::Address;
use crate::{
    Org,
    model::log::{Event, Party},
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new()
        .merge(contacts::operations())
        .merge(privacy::operations())
        .merge(support::operations())
        .merge(switches::operations())
        .merge(rate_limits::operations())
        .merge(threats::operations())
}

/// A link that something is done by.
fn action(address: &Address, path: &str, method: &str) -> Value {
    json!({ "href": address.link(path), "hints": { "allow": [method] } })
}

/// The event of a change of one of the org's own settings.
fn changed(org: &Org, setting: &str) -> Event {
    let name = &org.config.company_name;
    Event::new("support.org.update")
        .target(Party::new(org.id.as_str(), "Organization", name, name))
        .debug("setting", setting)
}
