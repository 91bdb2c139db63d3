//! What can go wrong with a stored result.

use std::{io, sync::Arc};

use arrow::{datatypes::DataType, error::ArrowError};
use datafusion::error::DataFusionError;
use domain::RunId;
use parquet::errors::ParquetError;

use crate::{FILTERS_MAX, IN_VALUES_MAX, SORT_KEYS_MAX, arrangement::Op};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no result of {0}")]
    NoSuchResult(RunId),
    #[error("a result of {0} exists already")]
    AlreadyStored(RunId),
    #[error("the run still goes on: sort, filter, download and deletion of its rows begin once it has finished")]
    StillRunning(RunId),
    #[error("the result has no column `{0}`")]
    NoSuchColumn(String),
    #[error("no column is shown")]
    NoColumns,
    #[error("`{value}` does not fit column `{column}`: {why}")]
    Value { column: String, value: String, why: String },
    #[error("`{op}` works on text, and column `{column}` holds {holds}")]
    NotText { column: String, op: Op, holds: &'static str },
    #[error("`{op}` on column `{column}` takes {takes}")]
    ValueCount { column: String, op: Op, takes: &'static str },
    #[error("at most {SORT_KEYS_MAX} columns can be sorted by at once")]
    TooManySortKeys,
    #[error("at most {FILTERS_MAX} filters can be combined")]
    TooManyFilters,
    #[error("at most {IN_VALUES_MAX} values can be listed in a filter")]
    TooManyValues,
    #[error("column `{column}` has the type {data_type}, which a result cannot hold")]
    ColumnType { column: String, data_type: DataType },
    #[error("a batch does not have the columns that the result began with")]
    ColumnsChanged,
    #[error("a result holds at most {} rows", u32::MAX)]
    TooManyRows,
    #[error("too many results are being sorted at this moment")]
    Busy,
    #[error("sorting this result needs more room than is set aside for it")]
    SortTooLarge(#[source] DataFusionError),
    #[error("the result's file is damaged")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the result's file cannot be {action}")]
    File { action: &'static str, source: io::Error },
    #[error("the engine failed")]
    Engine(#[source] DataFusionError),
    /// Several readers waited for one sort, and it failed.
    #[error(transparent)]
    Shared(Arc<Error>),
    #[error("the work was stopped")]
    Stopped,
}

impl Error {
    pub(crate) fn file(action: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::File { action, source }
    }

    /// The error itself, also where several readers share it.
    pub fn root(&self) -> &Error {
        match self {
            Error::Shared(error) => error.root(),
            other => other,
        }
    }
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Error {
        match error {
            ParquetError::External(source) => match source.downcast::<io::Error>() {
                Ok(source) => Error::File { action: "read or written", source: *source },
                Err(source) => Error::Damaged(source),
            },
            other => Error::Damaged(Box::new(other)),
        }
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Error {
        match error {
            ArrowError::ExternalError(source) => match source.downcast::<Error>() {
                Ok(source) => *source,
                Err(source) => Error::Damaged(source),
            },
            other => Error::Damaged(Box::new(other)),
        }
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Error {
        match error {
            DataFusionError::External(source) => match source.downcast::<Error>() {
                Ok(source) => *source,
                Err(source) => Error::Engine(DataFusionError::External(source)),
            },
            error if matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) => Error::SortTooLarge(error),
            error => Error::Engine(error),
        }
    }
}
