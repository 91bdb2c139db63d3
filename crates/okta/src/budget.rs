//! Our share of the org's rate limit: at most a quarter of each bucket, so that WebReports never starves another program and
//! never provokes a 429 in steady state.
//!
//! Okta counts by bucket and minute and tells limit, remainder and reset with every answer. Which paths share a bucket is not
//! told, so everything under one resource (`/api/v1/users`, `/api/v1/groups`, ...) counts as one, against the smallest limit seen.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use net::Answer;
use world::Instant;

use crate::{Error, Result, Urgency, answer::resets_at};

/// Our share of what the org allows.
pub(crate) const SHARE_PERCENT: i64 = 25;
/// The part of our share that background work may use; the rest is for people who are signing in.
pub(crate) const BACKGROUND_PERCENT: i64 = 60;
/// How long a window lasts whose end the org did not tell.
const WINDOW: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(crate) struct Budget(Mutex<BTreeMap<String, Bucket>>);

#[derive(Clone, Copy)]
struct Bucket {
    /// None until an answer told it.
    limit: Option<i64>,
    used: i64,
    resets_at: Instant,
    /// The org itself said that nothing is left.
    empty: bool,
}

impl Budget {
    /// Takes one call out of the bucket of `path`, or says when there is one again.
    pub(crate) fn take(&self, path: &str, urgency: Urgency, now: Instant) -> Result<()> {
        let mut buckets = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bucket = buckets.entry(resource(path)).or_insert(Bucket {
            limit: None,
            used: 0,
            resets_at: now.plus(WINDOW),
            empty: false,
        });
        if now >= bucket.resets_at {
            *bucket = Bucket { used: 0, empty: false, resets_at: now.plus(WINDOW), ..*bucket };
        }
        if bucket.empty {
            return Err(Error::RateLimited { resets_at: bucket.resets_at });
        }
        if let Some(limit) = bucket.limit {
            let share = (limit.saturating_mul(SHARE_PERCENT) / 100).max(1);
            let allowed = match urgency {
                Urgency::Person => share,
                Urgency::Background => (share * BACKGROUND_PERCENT / 100).max(1),
            };
            if bucket.used >= allowed {
                return Err(Error::ShareUsed { resets_at: bucket.resets_at });
            }
        }
        bucket.used += 1;
        Ok(())
    }

    /// Learns from an answer's headers.
    pub(crate) fn learn(&self, path: &str, answer: &Answer, now: Instant) {
        let number = |name: &str| answer.header(name).and_then(|text| text.trim().parse::<i64>().ok());
        let mut buckets = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(bucket) = buckets.get_mut(&resource(path)) else { return };
        if let Some(limit) = number("x-rate-limit-limit").filter(|limit| *limit > 0) {
            bucket.limit = Some(bucket.limit.map_or(limit, |known| known.min(limit)));
        }
        if let Some(resets_at) = resets_at(answer, now) {
            bucket.resets_at = resets_at;
        }
        if number("x-rate-limit-remaining").is_some_and(|remaining| remaining <= 0) {
            bucket.empty = true;
        }
    }

    /// After a 429: nothing goes to this bucket until it resets.
    pub(crate) fn exhausted(&self, path: &str, resets_at: Instant) {
        let mut buckets = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = buckets.get(&resource(path)).copied();
        let limit = known.and_then(|bucket| bucket.limit);
        buckets.insert(
            resource(path),
            Bucket { limit, used: known.map_or(0, |bucket| bucket.used), resets_at, empty: true },
        );
    }
}

/// `/api/v1/users/00u.../groups` counts under `/api/v1/users`.
fn resource(path: &str) -> String {
    path.split('/').take(4).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::{HeaderMap, HeaderName};

    fn answer(headers: &[(&'static str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        Answer { status: 200, headers: headers.collect::<HeaderMap>(), body: Default::default() }
    }

    #[test]
    fn a_quarter_of_the_limit_is_ours_and_background_work_leaves_room_for_people() {
        let (budget, now) = (Budget::default(), Instant::from_seconds(1_000));
        budget.take("/api/v1/users/me", Urgency::Background, now).unwrap();
        let told =
            answer(&[("x-rate-limit-limit", "40"), ("x-rate-limit-remaining", "39"), ("x-rate-limit-reset", "1030")]);
        budget.learn("/api/v1/users/me", &told, now);
        for _ in 0..5 {
            budget.take("/api/v1/users", Urgency::Background, now).unwrap();
        }
        let refused = budget.take("/api/v1/users", Urgency::Background, now).unwrap_err();
        assert!(matches!(refused, Error::ShareUsed { resets_at } if resets_at == Instant::from_seconds(1_030)));
        for _ in 0..4 {
            budget.take("/api/v1/users/00u1/groups", Urgency::Person, now).unwrap();
        }
        assert!(budget.take("/api/v1/users", Urgency::Person, now).is_err());
        // Another resource has its own bucket, and a new minute begins anew.
        budget.take("/api/v1/groups", Urgency::Background, now).unwrap();
        budget.take("/api/v1/users", Urgency::Background, Instant::from_seconds(1_030)).unwrap();
    }

    #[test]
    fn a_reset_or_a_limit_that_cannot_be_meant_neither_stops_us_for_long_nor_breaks_the_count() {
        let (budget, now) = (Budget::default(), Instant::from_seconds(1_000));
        budget.take("/api/v1/users", Urgency::Person, now).unwrap();
        for reset in ["1800000000000", "9223372036854775807"] {
            let told = answer(&[("x-rate-limit-limit", "9223372036854775807"), ("x-rate-limit-reset", reset)]);
            assert_eq!(resets_at(&told, now), Some(Instant::from_seconds(1_300)));
            budget.learn("/api/v1/users", &told, now);
        }
        budget.take("/api/v1/users", Urgency::Background, now).unwrap();
    }

    #[test]
    fn after_a_429_nothing_is_sent_until_the_limit_resets_by_the_orgs_own_clock() {
        let (budget, now) = (Budget::default(), Instant::from_seconds(1_000));
        // The org's clock is an hour ahead of ours; its reset is 20 s away all the same.
        let told = answer(&[("date", "Thu, 01 Jan 1970 01:16:40 GMT"), ("x-rate-limit-reset", "4620")]);
        assert_eq!(resets_at(&told, now), Some(Instant::from_seconds(1_020)));
        budget.exhausted("/api/v1/groups", Instant::from_seconds(1_020));
        assert!(matches!(budget.take("/api/v1/groups", Urgency::Person, now), Err(Error::RateLimited { .. })));
        budget.take("/api/v1/groups", Urgency::Person, Instant::from_seconds(1_020)).unwrap();
    }
}
