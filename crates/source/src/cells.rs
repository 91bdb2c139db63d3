//! Columns being filled: one Arrow builder a column, counted in rows and bytes so that a batch stays bounded.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder,
        Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
    },
    datatypes::{DataType as ArrowType, SchemaRef, TimeUnit},
    record_batch::{RecordBatch, RecordBatchOptions},
};

use crate::{Error, Limits, Result};

pub(crate) enum Cells {
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder),
    Text(StringBuilder),
    Binary(BinaryBuilder),
    /// Days since 1970-01-01.
    Date(Date32Builder),
    /// Microseconds since 1970-01-01 00:00, of a clock without zone or of UTC.
    Timestamp(TimestampMicrosecondBuilder),
}

/// As an offset, which Arrow understands without a table of time zones.
pub(crate) const UTC: &str = "+00:00";

impl Cells {
    /// A type that no driver of ours asks for is a defect, told as one.
    pub(crate) fn of(arrow: &ArrowType) -> Result<Cells> {
        Ok(match arrow {
            ArrowType::Boolean => Cells::Boolean(BooleanBuilder::new()),
            ArrowType::Int64 => Cells::Integer(Int64Builder::new()),
            ArrowType::Float32 => Cells::Float32(Float32Builder::new()),
            ArrowType::Float64 => Cells::Float64(Float64Builder::new()),
            ArrowType::Decimal128(..) => Cells::Decimal(Decimal128Builder::new().with_data_type(arrow.clone())),
            ArrowType::Utf8 => Cells::Text(StringBuilder::new()),
            ArrowType::Binary => Cells::Binary(BinaryBuilder::new()),
            ArrowType::Date32 => Cells::Date(Date32Builder::new()),
            ArrowType::Timestamp(TimeUnit::Microsecond, _) => {
                Cells::Timestamp(TimestampMicrosecondBuilder::new().with_data_type(arrow.clone()))
            }
            other => return Err(Error::driver(format!("it asked for a column of {other}"))),
        })
    }

    pub(crate) fn append_null(&mut self) {
        match self {
            Cells::Boolean(cells) => cells.append_null(),
            Cells::Integer(cells) => cells.append_null(),
            Cells::Float32(cells) => cells.append_null(),
            Cells::Float64(cells) => cells.append_null(),
            Cells::Decimal(cells) => cells.append_null(),
            Cells::Text(cells) => cells.append_null(),
            Cells::Binary(cells) => cells.append_null(),
            Cells::Date(cells) => cells.append_null(),
            Cells::Timestamp(cells) => cells.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Cells::Boolean(cells) => Arc::new(cells.finish()),
            Cells::Integer(cells) => Arc::new(cells.finish()),
            Cells::Float32(cells) => Arc::new(cells.finish()),
            Cells::Float64(cells) => Arc::new(cells.finish()),
            Cells::Decimal(cells) => Arc::new(cells.finish()),
            Cells::Text(cells) => Arc::new(cells.finish()),
            Cells::Binary(cells) => Arc::new(cells.finish()),
            Cells::Date(cells) => Arc::new(cells.finish()),
            Cells::Timestamp(cells) => Arc::new(cells.finish()),
        }
    }
}

/// A batch being filled.
pub(crate) struct Draft {
    pub(crate) columns: Vec<Cells>,
    rows: usize,
    bytes: usize,
}

impl Draft {
    pub(crate) fn of<'a>(types: impl IntoIterator<Item = &'a ArrowType>) -> Result<Draft> {
        let columns = types.into_iter().map(Cells::of).collect::<Result<_>>()?;
        Ok(Draft { columns, rows: 0, bytes: 0 })
    }

    /// Counts a row whose cells were appended, with the bytes that it came in.
    pub(crate) fn row_done(&mut self, bytes: usize) {
        self.rows += 1;
        self.bytes += bytes;
    }

    pub(crate) fn is_full(&self, limits: &Limits) -> bool {
        self.rows >= limits.batch_rows || self.bytes >= limits.batch_bytes
    }

    /// The columns so far, without a schema; the draft is empty again.
    pub(crate) fn arrays(&mut self) -> Vec<ArrayRef> {
        (self.rows, self.bytes) = (0, 0);
        self.columns.iter_mut().map(Cells::finish).collect()
    }

    pub(crate) fn batch(&mut self, schema: &SchemaRef) -> Result<RecordBatch> {
        let rows = self.rows;
        batch(schema, self.arrays(), rows)
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }
}

pub(crate) fn batch(schema: &SchemaRef, arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema.clone(), arrays, &options).map_err(Error::driver)
}
