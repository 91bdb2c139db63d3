//! The clock, so that a test can hold it still and move it.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use crate::Instant;

pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;
}

/// The operating system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system for the time")]
    fn now(&self) -> Instant {
        jiff::Timestamp::now().into()
    }
}

/// A clock that stands still until it is moved.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(instant: Instant) -> ManualClock {
        ManualClock(AtomicI64::new(instant.as_us()))
    }

    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    pub fn set(&self, instant: Instant) {
        self.0.store(instant.as_us(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant::from_us(self.0.load(Ordering::SeqCst))
    }
}
