//! What can go wrong while a file is written.

use std::io;

use arrow::datatypes::DataType;
use parquet::errors::ParquetError;
use rust_xlsxwriter::XlsxError;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the result has no column `{0}`")]
    NoSuchColumn(String),
    #[error("no column of the report is visible")]
    NoColumns,
    #[error("column `{column}` has the type {data_type}, which files cannot hold")]
    ColumnType { column: String, data_type: DataType },
    #[error("a workbook has at most 16,384 columns, and the report has {0}")]
    TooManyColumns(usize),
    /// The source of the rows failed.
    #[error("the rows could not be read to their end")]
    Rows(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Whoever takes the file is gone, or has no room.
    #[error("the file could not be written")]
    Write(#[source] io::Error),
    #[error("the workbook could not be written")]
    Xlsx(#[from] XlsxError),
    #[error("the Parquet file could not be written")]
    Parquet(#[from] ParquetError),
}
