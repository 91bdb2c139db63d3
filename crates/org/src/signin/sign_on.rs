//! The sign-on policy: whether somebody may sign in from where they are, with what, and how long the session lasts.

use std::{net::IpAddr, time::Duration};

use db::{Conn, query};
use serde_json::Value;
use vault::{Secret, Vault};
use world::Instant;

use super::decision::{self, Who};
use crate::{
    Result,
    model::{
        policy::{Kind, Policy, PolicyRule},
        policy_defaults::{SESSION_IDLE_MINUTES, SESSION_LIFETIME_MINUTES},
        user::User,
    },
};

/// When a factor is asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// At every sign-in.
    Always,
    /// On a device that did not verify one within the lifetime.
    Device,
    /// Once for each session; a sign-in within the lifetime of the last verification does without.
    Session,
}

/// What the rule that matches says.
#[derive(Clone, Debug)]
pub struct SignOn {
    pub allowed: bool,
    pub require_factor: bool,
    pub prompt: Prompt,
    pub factor_lifetime: Duration,
    pub remember_by_default: bool,
    pub idle: Duration,
    /// `None`: only the idle window ends the session.
    pub lifetime: Option<Duration>,
    pub persistent: bool,
    /// Which policy and rule decided.
    pub decided: Option<(Policy, PolicyRule)>,
}

/// The rule for somebody at an address. Where none matches, nobody may sign in.
pub async fn of(conn: &mut Conn, user: &User, address: Option<IpAddr>) -> Result<SignOn> {
    let who = Who::person(conn, user, address).await?;
    let decided = decision::rule(conn, Kind::SignOn, &who).await?;
    let sign_on = decided.as_ref().and_then(|(_, rule)| rule.actions.get("signon").cloned()).unwrap_or_default();
    let minutes = |value: &Value, default: i64| {
        let minutes = value.as_i64().unwrap_or(default);
        Duration::from_secs(minutes.max(0).unsigned_abs() * 60)
    };
    let session = &sign_on["session"];
    let lifetime = minutes(&session["maxSessionLifetimeMinutes"], SESSION_LIFETIME_MINUTES);
    Ok(SignOn {
        allowed: sign_on["access"] == "ALLOW",
        require_factor: sign_on["requireFactor"] == true,
        prompt: match sign_on["factorPromptMode"].as_str() {
            Some("DEVICE") => Prompt::Device,
            Some("SESSION") => Prompt::Session,
            _ => Prompt::Always,
        },
        factor_lifetime: minutes(&sign_on["factorLifetime"], 0),
        remember_by_default: sign_on["rememberDeviceByDefault"] == true,
        idle: minutes(&session["maxSessionIdleMinutes"], SESSION_IDLE_MINUTES),
        lifetime: (!lifetime.is_zero()).then_some(lifetime),
        persistent: session["usePersistentCookie"] == true,
        decided,
    })
}

impl SignOn {
    /// Whether a device that was remembered at `verified` may still do without a factor.
    pub fn is_remembered(&self, verified: Option<Instant>, now: Instant) -> bool {
        let lasting = |verified: Instant| self.factor_lifetime.is_zero() || now.since(verified) < self.factor_lifetime;
        match self.prompt {
            Prompt::Always => false,
            Prompt::Device => verified.is_some_and(lasting),
            Prompt::Session => !self.factor_lifetime.is_zero() && verified.is_some_and(lasting),
        }
    }
}

/// Devices of one person that are remembered.
const DEVICES_MAX: i64 = 50;

/// What is kept of a device's token.
pub fn device_hash(vault: &Vault, device: &Secret) -> String {
    vault.keyed_hash("device token", device.expose_bytes())
}

/// When this device last verified a factor of this person.
pub async fn verified_at(conn: &mut Conn, device_hash: &str, user: &User) -> Result<Option<Instant>> {
    let row = query("select verified_us from remembered_device where device_hash = $1 and user_id = $2");
    let row = row.bind(device_hash).bind(user.id.as_str()).optional(conn).await?;
    Ok(row.map(|row| row.get("verified_us")).transpose()?)
}

/// Remembers the device; the oldest of too many are forgotten.
pub async fn remember(conn: &mut Conn, device_hash: &str, user: &User, now: Instant) -> Result<()> {
    query(
        "insert into remembered_device (device_hash, user_id, verified_us) values ($1, $2, $3)
         on conflict (device_hash, user_id) do update set verified_us = excluded.verified_us",
    )
    .bind(device_hash)
    .bind(user.id.as_str())
    .bind(now)
    .execute(conn)
    .await?;
    query(
        "delete from remembered_device where user_id = $1 and device_hash not in
            (select device_hash from remembered_device where user_id = $1 order by verified_us desc limit $2)",
    )
    .bind(user.id.as_str())
    .bind(DEVICES_MAX)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets every device of a person.
pub async fn forget_devices(conn: &mut Conn, user: &User) -> Result<()> {
    query("delete from remembered_device where user_id = $1").bind(user.id.as_str()).execute(conn).await?;
    Ok(())
}
