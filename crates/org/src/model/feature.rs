//! Features that an administrator turns on and off. Each of them changes what the org does.

use db::Conn;
use serde_json::Value;
use world::Instant;

use super::setting;
use crate::Result;

const SETTING: &str = "features";

#[derive(Debug, PartialEq, Eq)]
pub struct Feature {
    pub id: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// What must be on for it to be on.
    pub dependencies: &'static [&'static Feature],
    /// Whether it is on while nobody has decided.
    pub usual: bool,
}

/// An event of the log before a rate limit is reached.
pub static RATE_LIMIT_WARNINGS: Feature = Feature {
    id: "ftrRateLimitWarnings",
    name: "Rate limit warnings",
    description: "Writes an event when calls come near the limit of a bucket.",
    dependencies: &[],
    usual: true,
};

/// The same for the share of one token or client.
pub static CLIENT_WARNINGS: Feature = Feature {
    id: "ftrClientWarnings000",
    name: "Rate limit warnings for single clients",
    description: "Writes an event when one API token or client comes near the limit of its share.",
    dependencies: &[&RATE_LIMIT_WARNINGS],
    usual: false,
};

/// Several events in one call of an event hook.
pub static HOOK_BATCHES: Feature = Feature {
    id: "ftrEventHookBatches0",
    name: "Batches for event hooks",
    description: "Delivers events that wait for the same event hook together.",
    dependencies: &[],
    usual: true,
};

pub static ALL: [&Feature; 3] = [&RATE_LIMIT_WARNINGS, &CLIENT_WARNINGS, &HOOK_BATCHES];

impl Feature {
    pub fn by_id(id: &str) -> Option<&'static Feature> {
        ALL.into_iter().find(|feature| feature.id == id)
    }

    /// What depends on it.
    pub fn dependents(&self) -> impl Iterator<Item = &'static Feature> {
        ALL.into_iter().filter(move |feature| feature.dependencies.iter().any(|dependency| dependency.id == self.id))
    }

    pub fn is_on(&self, decided: &Value) -> bool {
        decided[self.id].as_bool().unwrap_or(self.usual)
    }
}

/// What was decided: an object of ids.
pub async fn decided(conn: &mut Conn) -> Result<Value> {
    setting::value(conn, SETTING).await
}

pub async fn decide(conn: &mut Conn, decided: &Value, now: Instant) -> Result<()> {
    setting::set(conn, SETTING, decided, now).await
}
