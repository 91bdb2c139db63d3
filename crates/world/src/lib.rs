//! Ground floor: clock, randomness and files stand behind traits, with their real ones beside them.
//!
//! Invariant: nothing above this crate asks the operating system for the time or for random bytes, and no
//! file gets its final name except through [`files::Files::write`] or [`files::Draft::publish`].

pub mod clock;
pub mod files;
pub mod instant;
pub mod random;

pub use clock::{Clock, ManualClock, SystemClock};
pub use files::{Draft, Files};
pub use instant::Instant;
pub use random::{OsRandom, Random, SeededRandom};

use std::sync::Arc;

/// The three things that a program cannot decide for itself, handed to whoever needs them.
#[derive(Clone)]
pub struct World {
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

impl World {
    /// The operating system's clock and randomness.
    pub fn real() -> World {
        World { clock: Arc::new(SystemClock), random: Arc::new(OsRandom) }
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}
