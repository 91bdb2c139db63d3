//! A connection profile with its password, and what one run may take.

use std::time::Duration;

use domain::{Budget, Connection};
use vault::Secret;

/// Rows of one batch at most.
pub const BATCH_ROWS: usize = 8_192;
/// Bytes of one batch at which it is handed on, however few its rows are.
pub const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// One cell may be this long. A longer one ends the run with an error instead of filling the memory.
pub const CELL_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A connection and the password that the vault opened for it.
#[derive(Clone, Debug)]
pub struct Profile {
    pub connection: Connection,
    pub password: Option<Secret>,
}

/// What one run may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the first word to the database to the last row, the wait for a slow reader included.
    pub timeout: Duration,
    /// Rows after which the result is cut. PostgreSQL's protocol counts them in 31 bits.
    pub rows_max: u64,
    /// At least 1 is taken for both.
    pub batch_rows: usize,
    pub batch_bytes: usize,
}

impl Limits {
    pub fn of(budget: &Budget) -> Limits {
        Limits {
            timeout: Duration::from_millis(budget.timeout_ms),
            rows_max: budget.rows_max,
            batch_rows: BATCH_ROWS,
            batch_bytes: BATCH_BYTES,
        }
    }
}
