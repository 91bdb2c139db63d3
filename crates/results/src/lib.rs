//! The data of runs: written once, then paged, sorted, filtered and streamed without the database.
//!
//! A result is one Parquet file in the results folder: the run's columns, and a row number that people never see.
//! [`Results`] is the door: [`Results::create`] writes, [`Results::page`] cuts a range of rows, [`Results::rows`]
//! streams them all for an export.
//!
//! Invariant: sort and filter are a closed grammar over the columns of one stored result ([`Arrangement`]); no text
//! of a reader's is ever parsed as an expression, and the engine sees that one result alone: it has no catalog, no
//! file functions and no object store.
//! Invariant: memory is bounded whatever the number of rows; the constants that bound it stand beside the code.

mod arrangement;
mod engine;
mod error;
mod file;
mod filter;
mod folder;
mod literal;
mod order;
mod page;
mod progress;
mod recent;
mod rows;
mod schema;
mod snapshot;
mod sweep;
mod writer;

#[cfg(test)]
mod tests;

pub use arrangement::{Arrangement, FILTERS_MAX, Filter, IN_VALUES_MAX, Op, SORT_KEYS_MAX, SortKey};
pub use engine::{SORT_MEMORY_BYTES, SPILL_BYTES_MAX};
pub use error::{Error, Result};
pub use folder::Results;
pub use page::{PAGE_BYTES_MAX, PAGE_ROWS_MAX, Page};
pub use progress::{Progress, Readable, State};
pub use rows::Rows;
pub use schema::ROW;
pub use sweep::Swept;
pub use writer::{FillError, Stored, Writer};
