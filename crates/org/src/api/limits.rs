//! Rate limits: calls a minute, for each bucket of the table and within it for each token or client; for people also calls in ten
//! seconds, so that a console that loops does not take the bucket from everybody.
//!
//! Invariant: a window begins with its first call and lasts its length; memory is bounded by [`WINDOWS_MAX`].

use std::{
    collections::HashMap,
    net::IpAddr,
    ops::RangeInclusive,
    sync::{LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use axum::http::Method;
use tokio::sync::{Semaphore, SemaphorePermit};
use world::Instant;

use super::principal_limits::PRINCIPALS_MAX;
use crate::{
    Org, Result,
    config::RateLimitSettings,
    model::{
        feature,
        principal_limit::{self, PrincipalLimit},
        setting,
    },
};

/// What of a bucket is a warning, while nobody has decided; and what may be decided.
pub const WARNING_PERCENT: u64 = 60;
pub const WARNING_PERCENTS: RangeInclusive<u64> = 30..=90;
pub const WARNING_SETTING: &str = "rateLimit.warningThreshold";
pub const PER_CLIENT_SETTING: &str = "rateLimit.perClient";
/// What of the calls that may run at once one token or client may make, while nobody has decided.
pub const CONCURRENCY_PERCENT: i64 = 100;
/// How old the rules of a process can be that another one changed.
pub const RELOADED_EVERY: Duration = Duration::from_secs(10);
/// Calls a minute of one client, from one address and device, to pages where people sign in.
const PER_CLIENT: u64 = 60;
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
    /// The token or client that may have a share of its own.
    fn principal(&self) -> Option<&str> {
        match self {
            Share::Token(id) | Share::Client(id) => Some(id),
            Share::Stranger(_) | Share::Person(..) => None,
        }
    }

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
    /// The call with which its window came near the limit.
    pub first_warning: bool,
}

/// What is done about a client that goes beyond its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is refused.
    Enforce,
    /// It is written down.
    Preview,
    Disable,
}

impl Mode {
    /// What counts while nobody has decided: nobody is refused who was not before.
    pub fn usual() -> Mode {
        Mode::Preview
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Enforce => "ENFORCE",
            Mode::Preview => "PREVIEW",
            Mode::Disable => "DISABLE",
        }
    }

    pub fn parse(text: &str) -> Option<Mode> {
        [Mode::Enforce, Mode::Preview, Mode::Disable].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What administrators decided.
#[derive(Clone, Debug)]
pub struct Rules {
    pub warning_percent: u64,
    /// Whether the whole bucket, and a single share of it, are warned about.
    pub warns: bool,
    pub warns_of_shares: bool,
    /// Percent of a bucket and of the calls at once, by the id of a token or client.
    pub principals: HashMap<String, (u64, u64)>,
    /// At the authorize endpoint.
    pub authorize: Mode,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            warning_percent: WARNING_PERCENT,
            warns: true,
            warns_of_shares: false,
            principals: HashMap::new(),
            authorize: Mode::usual(),
        }
    }
}

/// Takes up what administrators decided.
pub async fn reload(org: &Org) -> Result<()> {
    let mut reader = org.db.read().await?;
    let decided = feature::decided(&mut reader).await?;
    let warns = feature::RATE_LIMIT_WARNINGS.is_on(&decided);
    let per_client = setting::value(&mut reader, PER_CLIENT_SETTING).await?;
    let mode = per_client["useCaseModeOverrides"]["OAUTH2_AUTHORIZE"].as_str().or(per_client["defaultMode"].as_str());
    let rows = principal_limit::all(&mut reader, PRINCIPALS_MAX).await?;
    let share = |row: &PrincipalLimit| (row.percentage.unsigned_abs(), row.concurrency.unsigned_abs());
    let rules = Rules {
        warning_percent: setting::value(&mut reader, WARNING_SETTING).await?.as_u64().unwrap_or(WARNING_PERCENT),
        warns,
        warns_of_shares: warns && feature::CLIENT_WARNINGS.is_on(&decided),
        principals: rows.iter().map(|row| (row.principal_id.clone(), share(row))).collect(),
        authorize: mode.and_then(Mode::parse).unwrap_or_else(Mode::usual),
    };
    *org.limits.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    Ok(())
}

/// Takes up, again and again, what administrators decided at other processes.
pub async fn keep_up(org: Org) {
    loop {
        tokio::time::sleep(RELOADED_EVERY).await;
        if let Err(error) = reload(&org).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the rules of rate limits could not be read");
        }
    }
}

/// The windows of this process.
pub struct Limits {
    settings: RateLimitSettings,
    rules: RwLock<Rules>,
    windows: Mutex<HashMap<Key, Window>>,
    places: Semaphore,
    /// Calls that run for a token or client.
    running: Mutex<HashMap<String, u64>>,
}

/// A place among the calls that run at once, for as long as it is held.
pub struct Place<'a> {
    _among_all: SemaphorePermit<'a>,
    limits: &'a Limits,
    principal: Option<String>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(principal) = &self.principal else { return };
        let mut running = self.limits.running.lock().unwrap_or_else(PoisonError::into_inner);
        let left = running.get(principal).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            running.remove(principal);
        } else {
            running.insert(principal.clone(), left);
        }
    }
}

impl Limits {
    pub fn new(settings: RateLimitSettings) -> Limits {
        Limits {
            settings,
            rules: RwLock::default(),
            windows: Mutex::default(),
            places: Semaphore::new(AT_ONCE_MAX),
            running: Mutex::default(),
        }
    }

    /// A place among the calls that run at once. `None`: all are taken, or all that this token or client may take, and the call is one too
    /// many.
    pub fn enter(&self, share: &Share) -> Option<Place<'_>> {
        let among_all = self.places.try_acquire().ok()?;
        let Some(principal) = share.principal() else {
            return Some(Place { _among_all: among_all, limits: self, principal: None });
        };
        let percent = self.rules().principals.get(principal).map_or(100, |(_, concurrency)| *concurrency);
        let most = (AT_ONCE_MAX as u64 * percent / 100).max(1);
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let now = running.get(principal).copied().unwrap_or_default();
        if now >= most {
            return None;
        }
        running.insert(principal.to_owned(), now + 1);
        drop(running);
        Some(Place { _among_all: among_all, limits: self, principal: Some(principal.to_owned()) })
    }

    fn rules(&self) -> RwLockReadGuard<'_, Rules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call to a page where people sign in, for the client, the address and the device that it comes from. `None`: it is not
    /// limited, or within its limit.
    pub fn count_client(&self, client: String, now: Instant) -> Option<(Mode, Decision)> {
        let mode = self.rules().authorize;
        if mode == Mode::Disable || self.settings.percent == 0 {
            return None;
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut windows, now);
        let key = Key(BUCKETS.len(), Some(Share::Stranger(client)));
        let decision = step(&mut windows, key, PER_CLIENT, MINUTE, now, None);
        decision.exceeded.then_some((mode, decision))
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
                first_warning: false,
            });
        }
        let rules = self.rules();
        let percent = share.principal().and_then(|id| rules.principals.get(id)).map(|(percent, _)| *percent);
        let percent = percent.unwrap_or_else(|| u64::from(self.settings.token_share_percent));
        let warning = rules.warns.then_some(rules.warning_percent);
        let share_warning = rules.warns_of_shares.then_some(rules.warning_percent);
        drop(rules);
        let whole = (per_minute * u64::from(self.settings.percent) / 100).max(1);
        let part = (whole * percent / 100).max(1);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut windows, now);
        let nested_limit = match share {
            Share::Stranger(_) => {
                return Some(step(&mut windows, Key(index, Some(share.clone())), part, MINUTE, now, None));
            }
            Share::Token(_) | Share::Client(_) => (part, MINUTE),
            Share::Person(..) => (PERSON_CALLS_MAX, PERSON_WINDOW),
        };
        let mut decision = step(&mut windows, Key(index, None), whole, MINUTE, now, warning);
        let key = Key(index, Some(share.clone()));
        let share_warning = share_warning.filter(|_| share.principal().is_some());
        let nested = step(&mut windows, key, nested_limit.0, nested_limit.1, now, share_warning);
        let warned = decision.first_warning || nested.first_warning;
        let (exceeded, first) =
            (decision.exceeded || nested.exceeded, decision.first_violation || nested.first_violation);
        if nested.remaining < decision.remaining || (nested.exceeded && !decision.exceeded) {
            decision = nested;
        }
        (decision.exceeded, decision.first_violation, decision.first_warning) = (exceeded, first, warned);
        Some(decision)
    }
}

fn make_room(windows: &mut HashMap<Key, Window>, now: Instant) {
    if windows.len() >= WINDOWS_MAX {
        windows.retain(|_, window| now < window.begun.plus(window.length));
    }
    if windows.len() >= WINDOWS_MAX {
        windows.retain(|key, _| !matches!(key.1, Some(Share::Stranger(_))));
    }
}

fn step(
    windows: &mut HashMap<Key, Window>,
    key: Key,
    limit: u64,
    length: Duration,
    now: Instant,
    warning_percent: Option<u64>,
) -> Decision {
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
        first_warning: warning_percent.is_some_and(|percent| window.calls == (limit * percent).div_ceil(100).max(1)),
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
        let mut places: Vec<_> = (0..AT_ONCE_MAX).map(|_| limits.enter(&stranger()).unwrap()).collect();
        assert!(limits.enter(&stranger()).is_none());
        places.pop();
        assert!(limits.enter(&stranger()).is_some());
    }

    #[test]
    fn a_token_runs_no_more_calls_at_once_than_its_share() {
        let limits = limits(100);
        let token = |id: &str| Share::Token(id.to_owned());
        limits.rules.write().unwrap().principals.insert("00T1".to_owned(), (50, 4));
        let places: Vec<_> = (0..3).map(|_| limits.enter(&token("00T1")).unwrap()).collect();
        assert!(limits.enter(&token("00T1")).is_none());
        assert!(limits.enter(&token("00T2")).is_some());
        drop(places);
        assert!(limits.enter(&token("00T1")).is_some());
        assert!(limits.running.lock().unwrap().is_empty(), "nothing stays behind");
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
