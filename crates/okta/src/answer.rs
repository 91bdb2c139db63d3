//! Answers: judged before anything in them is believed, and asked for the org's time.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use net::{Answer, Outbound, Request};
use serde::de::DeserializeOwned;
use world::{Instant, World};

use crate::{Error, Result};

/// How far an org's clock and ours may differ.
pub(crate) const CLOCK_LEEWAY: Duration = Duration::from_secs(120);
/// A 429 that does not say when the limit resets lasts this long.
const RESET_UNKNOWN: Duration = Duration::from_secs(60);
/// Okta counts by the minute. A reset that is told to be further away than this is a mistake of somebody's, and would keep us from
/// asking for as long as it says.
const RESET_AWAY_MAX: Duration = Duration::from_secs(5 * 60);
/// Somebody who signs in or sets up hears what is wrong after this long; work that nobody waits for has the client's own limit.
const PEOPLE_WAIT: Duration = Duration::from_secs(4);
/// Characters of a text of the org's that are passed on to people.
const SAID_CHARS_MAX: usize = 300;

/// Sends requests and remembers how far the org's clock is from ours.
pub(crate) struct Line {
    http: Outbound,
    pub(crate) world: World,
    /// Somebody waits for whatever is asked here.
    for_people: bool,
    /// Org minus ours, in µs; `UNKNOWN` before the first answer.
    skew_us: AtomicI64,
}

const UNKNOWN: i64 = i64::MIN;

impl Line {
    pub(crate) fn new(http: Outbound, world: World) -> Line {
        Line { http, world, for_people: false, skew_us: AtomicI64::new(UNKNOWN) }
    }

    /// The same line, for questions that somebody waits for.
    pub(crate) fn for_people(self) -> Line {
        Line { for_people: true, ..self }
    }

    /// Sends one request. An answer of 429 or 5xx is an error here; any other comes back as it is.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer> {
        let request = if self.for_people { in_a_hurry(request) } else { request };
        let answer = self.http.send(request).await?;
        let now = self.world.now();
        if let Some(date) = answer.header("date").and_then(read_date) {
            self.skew_us.store(date.as_us() - now.as_us(), Ordering::Relaxed);
        }
        match answer.status {
            429 => Err(Error::RateLimited { resets_at: resets_at(&answer, now).unwrap_or(now.plus(RESET_UNKNOWN)) }),
            status if status >= 500 => Err(Error::ServerFailed { status }),
            _ => Ok(answer),
        }
    }

    /// Seconds by which the org's clock is ahead of ours, by its last answer.
    pub(crate) fn skew_s(&self) -> Option<i64> {
        let skew = self.skew_us.load(Ordering::Relaxed);
        (skew != UNKNOWN).then(|| skew.div_euclid(1_000_000))
    }

    /// What time it is at the org, as far as its last answer told.
    pub(crate) fn org_now(&self) -> Instant {
        let skew = self.skew_us.load(Ordering::Relaxed);
        let ours = self.world.now();
        if skew == UNKNOWN { ours } else { Instant::from_us(ours.as_us().saturating_add(skew)) }
    }
}

/// A request that somebody waits for.
pub(crate) fn in_a_hurry(request: Request) -> Request {
    request.within(PEOPLE_WAIT)
}

/// When the org's limit resets, by our clock: its own clock says how far away that is.
pub(crate) fn resets_at(answer: &Answer, now: Instant) -> Option<Instant> {
    let reset: i64 = answer.header("x-rate-limit-reset")?.trim().parse().ok()?;
    let reset = Instant::from_us(reset.saturating_mul(1_000_000));
    let there = answer.header("date").and_then(read_date).unwrap_or(now);
    Some(now.plus(reset.since(there).min(RESET_AWAY_MAX)))
}

fn read_date(text: &str) -> Option<Instant> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Instant::from(zoned))
}

/// The JSON of an answer.
pub(crate) fn json<T: DeserializeOwned>(what: &'static str, answer: &Answer) -> Result<T> {
    if !is_json(answer) {
        return Err(Error::NotJson { what, found: kind_of(answer) });
    }
    serde_json::from_slice(&answer.body).map_err(|source| Error::Malformed { what, source })
}

pub(crate) fn is_json(answer: &Answer) -> bool {
    let essence = answer
        .header("content-type")
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn kind_of(answer: &Answer) -> String {
    let kind = answer.header("content-type").unwrap_or("without a type");
    let kind: String = kind.chars().filter(|c| !c.is_control()).take(60).collect();
    if kind.starts_with("text/html") { "an HTML page".to_owned() } else { kind }
}

/// A text of the org's, cut and cleared of control characters, so that it can be shown.
pub(crate) fn said(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_header_is_read() {
        assert_eq!(read_date("Tue, 24 Nov 2026 22:00:05 GMT").unwrap().to_string(), "2026-11-24T22:00:05.000Z");
        assert_eq!(read_date("yesterday"), None);
    }
}
