//! An instant: microseconds since 1970-01-01T00:00:00Z, the one form in which time is stored.

use std::{fmt, str::FromStr, time::Duration};

/// Microseconds since 1970 UTC. Columns that hold one end in `_us`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an instant like 2026-01-31T12:00:00Z")]
pub struct NotAnInstant(String);

impl Instant {
    pub const EPOCH: Instant = Instant(0);

    pub const fn from_us(us: i64) -> Instant {
        Instant(us)
    }

    pub const fn from_seconds(seconds: i64) -> Instant {
        Instant(seconds * 1_000_000)
    }

    pub const fn as_us(self) -> i64 {
        self.0
    }

    pub const fn as_ms(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Whole seconds since 1970 UTC, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This instant with the fraction of its second dropped.
    pub const fn whole_second(self) -> Instant {
        Instant(self.as_seconds() * 1_000_000)
    }

    pub fn plus(self, duration: Duration) -> Instant {
        Instant(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    pub fn minus(self, duration: Duration) -> Instant {
        Instant(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this instant; zero when `earlier` is the later one.
    pub fn since(self, earlier: Instant) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    /// RFC 3339 in UTC with exactly three digits of milliseconds, the form of Okta's answers and of our own API.
    pub fn to_rfc3339_ms(self) -> String {
        self.timestamp().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }

    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl From<jiff::Timestamp> for Instant {
    fn from(timestamp: jiff::Timestamp) -> Instant {
        Instant(timestamp.as_microsecond())
    }
}

impl FromStr for Instant {
    type Err = NotAnInstant;

    /// Reads RFC 3339 with any offset.
    fn from_str(text: &str) -> Result<Instant, NotAnInstant> {
        text.parse::<jiff::Timestamp>().map(Instant::from).map_err(|_| NotAnInstant(text.to_owned()))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339_ms())
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_utc_with_milliseconds() {
        let instant: Instant = "2026-03-01T13:00:00.5+01:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-03-01T12:00:00.500Z");
        assert_eq!(instant.whole_second().to_string(), "2026-03-01T12:00:00.000Z");
    }

    #[test]
    fn time_since_a_later_instant_is_zero() {
        assert_eq!(Instant::from_seconds(5).since(Instant::from_seconds(9)), Duration::ZERO);
        assert_eq!(Instant::from_seconds(9).since(Instant::from_seconds(5)), Duration::from_secs(4));
    }
}
