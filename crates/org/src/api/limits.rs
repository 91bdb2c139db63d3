//! Rate limits: calls a minute, for each bucket of the table and within it for each token or client; for people also calls in ten
//! seconds, so that a console that loops does not take the bucket from everybody.
//!
//! Invariant: a window begins with its first call and lasts its length; memory is bounded by [`WINDOWS_MAX`].

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use axum::http::Method;
use tokio::sync::{Semaphore, SemaphorePermit};
use world::Instant;

use crate::config::RateLimitSettings;

const MINUTE: Duration = Duration::from_secs(60);
const PERSON_WINDOW: Duration = Duration::from_secs(10);
const PERSON_CALLS_MAX: u64 = 40;
/// Calls that run at the same moment.
const AT_ONCE_MAX: usize = 75;
/// Past this, windows that have ended are swept before another begins.
const WINDOWS_MAX: usize = 10_000;

struct Bucket {
    method: Option<Method>,
    path: &'static str,
    per_minute: u64,
}

static BUCKETS: LazyLock<Vec<Bucket>> = LazyLock::new(|| {
    let rows = include_str!("../operations/buckets.tsv").lines().skip(1);
    rows.map(|line| parse(line).unwrap_or_else(|| panic!("row `{line}` of the buckets table is wrong"))).collect()
});

fn parse(line: &'static str) -> Option<Bucket> {
    let mut cells = line.split('\t');
    let method = match cells.next()? {
        "*" => None,
        name => Some(Method::from_bytes(name.as_bytes()).ok()?),
    };
    Some(Bucket { method, path: cells.next()?, per_minute: cells.next()?.parse().ok()? })
}

/// The bucket of a call: the exact path first, then the longest path that is a beginning of it and ends in a slash; among equals
/// the one that names the method.
fn bucket(method: &Method, path: &str) -> Option<usize> {
    let fits = |bucket: &Bucket| {
        let by_path = bucket.path == path || (bucket.path.ends_with('/') && path.starts_with(bucket.path));
        by_path && bucket.method.as_ref().is_none_or(|wanted| wanted == method)
    };
    let fitting = BUCKETS.iter().enumerate().filter(|(_, bucket)| fits(bucket));
    fitting.max_by_key(|(_, bucket)| (bucket.path.len(), bucket.method.is_some())).map(|(index, _)| index)
}

/// Discovery documents and keys, which every client of every app reads.
fn is_unlimited(path: &str) -> bool {
    path.contains("/.well-known/") || path.ends_with("/v1/keys")
}

/// Whose share of the bucket a call takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Share {
    /// Nobody knows whose: counted by address, and never against the bucket, which strangers could otherwise empty for everybody.
    Stranger(String),
    Token(String),
    Client(String),
    /// A person in a browser, at one endpoint.
    Person(String, &'static str),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key(usize, Option<Share>);

#[derive(Clone, Copy)]
struct Window {
    begun: Instant,
    length: Duration,
    calls: u64,
}

impl Share {
    /// The share of whoever calls from this address without being known; of IPv6 the network counts, since one host has all of it.
    pub fn of_stranger(address: Option<IpAddr>) -> Share {
        Share::Stranger(match address {
            Some(IpAddr::V6(address)) => address.segments()[..4].iter().map(|part| format!("{part:x}:")).collect(),
            Some(address) => address.to_string(),
            None => String::new(),
        })
    }
}

/// What the headers of an answer show, and whether the call is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub limit: u64,
    pub remaining: u64,
    /// Whole seconds since 1970.
    pub reset: i64,
    pub exceeded: bool,
    /// The first call of its window that was too many: worth an event.
    pub first_violation: bool,
}

/// The windows of this process.
pub struct Limits {
    settings: RateLimitSettings,
    windows: Mutex<HashMap<Key, Window>>,
    places: Semaphore,
}

impl Limits {
    pub fn new(settings: RateLimitSettings) -> Limits {
        Limits { settings, windows: Mutex::new(HashMap::new()), places: Semaphore::new(AT_ONCE_MAX) }
    }

    /// A place among the calls that run at once, for as long as it is held. `None`: all are taken, and the call is one too many.
    pub fn enter(&self) -> Option<SemaphorePermit<'_>> {
        self.places.try_acquire().ok()
    }

    /// Counts a call. `None`: the path is in no bucket.
    pub fn count(&self, method: &Method, path: &str, share: &Share, now: Instant) -> Option<Decision> {
        if is_unlimited(path) {
            return None;
        }
        let index = bucket(method, path)?;
        let per_minute = BUCKETS[index].per_minute;
        if self.settings.percent == 0 {
            let reset = now.plus(MINUTE).as_seconds();
            return Some(Decision {
                limit: per_minute,
                remaining: per_minute,
                reset,
                exceeded: false,
                first_violation: false,
            });
        }
        let whole = (per_minute * u64::from(self.settings.percent) / 100).max(1);
        let part = (whole * u64::from(self.settings.token_share_percent) / 100).max(1);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= WINDOWS_MAX {
            windows.retain(|_, window| now < window.begun.plus(window.length));
        }
        if windows.len() >= WINDOWS_MAX {
            windows.retain(|key, _| !matches!(key.1, Some(Share::Stranger(_))));
        }
        let nested_limit = match share {
            Share::Stranger(_) => return Some(step(&mut windows, Key(index, Some(share.clone())), part, MINUTE, now)),
            Share::Token(_) | Share::Client(_) => (part, MINUTE),
            Share::Person(..) => (PERSON_CALLS_MAX, PERSON_WINDOW),
        };
        let mut decision = step(&mut windows, Key(index, None), whole, MINUTE, now);
        let nested = step(&mut windows, Key(index, Some(share.clone())), nested_limit.0, nested_limit.1, now);
        let (exceeded, first) =
            (decision.exceeded || nested.exceeded, decision.first_violation || nested.first_violation);
        if nested.remaining < decision.remaining || (nested.exceeded && !decision.exceeded) {
            decision = nested;
        }
        (decision.exceeded, decision.first_violation) = (exceeded, first);
        Some(decision)
    }
}

fn step(windows: &mut HashMap<Key, Window>, key: Key, limit: u64, length: Duration, now: Instant) -> Decision {
    let window = windows.entry(key).or_insert(Window { begun: now, length, calls: 0 });
    if now >= window.begun.plus(window.length) || now < window.begun {
        *window = Window { begun: now, length, calls: 0 };
    }
    window.calls = window.calls.saturating_add(1);
    let end = window.begun.plus(length);
    // Rounded up: a client that waits for this second finds a new window.
    let reset = end.as_seconds() + i64::from(end.whole_second() != end);
    Decision {
        limit,
        remaining: limit.saturating_sub(window.calls),
        reset,
        exceeded: window.calls > limit,
        first_violation: window.calls == limit + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stranger() -> Share {
        Share::of_stranger(Some("192.0.2.7".parse().unwrap()))
    }

    fn limits(percent: u32) -> Limits {
        Limits::new(RateLimitSettings { percent, token_share_percent: 50 })
    }

    #[test]
    fn the_closest_bucket_counts() {
        let limit = |method, path| limits(100).count(&method, path, &stranger(), Instant::EPOCH).unwrap().limit;
        assert_eq!(limit(Method::GET, "/api/v1/apps"), 50);
        assert_eq!(limit(Method::GET, "/api/v1/apps/0oa1/users"), 250);
        assert_eq!(limit(Method::GET, "/api/v1/logs"), 60);
        assert_eq!(limit(Method::GET, "/api/v1/zones"), 500);
        assert!(limits(100).count(&Method::GET, "/oauth2/v1/keys", &stranger(), Instant::EPOCH).is_none());
    }

    #[test]
    fn a_token_has_half_a_bucket_and_the_next_minute_a_new_one() {
        let limits = limits(100);
        let token = Share::Token("00T1".to_owned());
        let call = |share: &Share, now| limits.count(&Method::GET, "/api/v1/logs", share, now).unwrap();
        for left in (0..60).rev() {
            let decision = call(&token, Instant::from_us(500_000));
            assert_eq!((decision.limit, decision.remaining, decision.reset, decision.exceeded), (60, left, 61, false));
        }
        let refused = call(&token, Instant::from_us(500_000));
        assert!(refused.exceeded && refused.first_violation && refused.remaining == 0);
        assert!(!call(&token, Instant::from_us(600_000)).first_violation);
        assert!(
            !call(&Share::Token("00T2".to_owned()), Instant::from_us(500_000)).exceeded,
            "another token has its own half"
        );
        assert!(!call(&token, Instant::from_us(60_500_000)).exceeded);
    }

    #[test]
    fn strangers_empty_their_own_share_alone() {
        let limits = limits(100);
        let call = |share: &Share| limits.count(&Method::GET, "/api/v1/logs", share, Instant::EPOCH).unwrap().exceeded;
        assert_eq!((0..1_000).filter(|_| !call(&stranger())).count(), 60);
        assert!(!call(&Share::Token("00T1".to_owned())));
        assert!(!call(&Share::of_stranger(Some("192.0.2.8".parse().unwrap()))));
        let of_network = |address: &str| Share::of_stranger(Some(address.parse().unwrap()));
        assert_eq!(of_network("2001:db8::1"), of_network("2001:db8::ffff"));
        assert_ne!(of_network("2001:db8::1"), of_network("2001:db8:0:1::1"));
    }

    #[test]
    fn a_person_has_forty_calls_in_ten_seconds_at_an_endpoint() {
        let limits = limits(100);
        let person = Share::Person("00u1".to_owned(), "listUsers");
        let mut calls =
            (0..41).map(|_| limits.count(&Method::GET, "/api/v1/users", &person, Instant::EPOCH).unwrap().exceeded);
        assert!(calls.by_ref().take(40).all(|exceeded| !exceeded));
        assert_eq!(calls.next(), Some(true));
    }

    #[test]
    fn the_seventy_sixth_call_at_once_is_one_too_many() {
        let limits = limits(100);
        let mut places: Vec<_> = (0..AT_ONCE_MAX).map(|_| limits.enter().unwrap()).collect();
        assert!(limits.enter().is_none());
        places.pop();
        assert!(limits.enter().is_some());
    }

    #[test]
    fn limits_that_are_off_refuse_nothing() {
        let limits = limits(0);
        assert!(
            (0..2_000)
                .all(|_| !limits.count(&Method::GET, "/api/v1/logs", &stranger(), Instant::EPOCH).unwrap().exceeded)
        );
    }
}
