//! Connection profiles: runs a BoundQuery on somebody's database and yields Arrow batches.
//!
//! Invariant: [`domain::BoundQuery`] is the only thing that can be run, through [`Sources`] alone, so no query reaches a
//! database without bound values and the reader's context. Nothing here writes to a database, and no result is ever held whole:
//! rows go through a bounded channel in batches that are bounded by rows and by bytes.
//!
//! A further database is a further [`driver::Driver`] and a further arm in [`Sources`]: places, limits, cancelling, the
//! channel and "no value: no rows" are the same for all of them.

pub mod catalog;
mod cells;
mod column;
mod driver;
pub mod error;
mod feed;
mod gate;
mod postgres;
pub mod profile;
pub mod rows;
mod sources;
mod sqlite;
mod stop;
pub mod test_step;

pub use catalog::{Catalog, CatalogColumn, Table};
pub use column::DATA_TYPE_KEY;
pub use error::{Error, Result, Said};
pub use gate::Load;
pub use profile::{Limits, Profile};
pub use rows::Rows;
pub use sources::Sources;
pub use test_step::TestStep;

#[cfg(test)]
mod tests;
