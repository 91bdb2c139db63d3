//! Columns as they lie in the file.
//!
//! Invariant: in the file the columns are called `c0`, `c1`, ... in the order of the run, followed by [`ROW`]. What
//! the database called them stands in each field's metadata, so that two columns of one name, an empty name, or one
//! that looks like ours are no special case anywhere.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::{Error, Result};

/// The column of row numbers, counted from 0 in the order in which the database gave the rows.
pub const ROW: &str = "__row";
const NAME: &str = "webreports:name";

/// The schema in the file of a result that has the columns of `given`. Every column may hold NULL there, whatever
/// the database promised.
pub(crate) fn in_file(given: &Schema) -> Result<SchemaRef> {
    let mut fields = Vec::with_capacity(given.fields().len() + 1);
    for (index, field) in given.fields().iter().enumerate() {
        if !is_storable(field.data_type()) {
            return Err(Error::ColumnType { column: field.name().clone(), data_type: field.data_type().clone() });
        }
        let metadata = [(NAME.to_owned(), field.name().clone())].into();
        fields.push(Field::new(name_in_file(index), field.data_type().clone(), true).with_metadata(metadata));
    }
    fields.push(Field::new(ROW, DataType::Int64, false));
    Ok(Arc::new(Schema::new(fields)))
}

/// What a reader sees of a file's schema: the run's columns under their names, without the row number.
pub(crate) fn shown(in_file: &Schema) -> SchemaRef {
    let count = in_file.fields().len().saturating_sub(1);
    let fields = in_file.fields().iter().take(count);
    Arc::new(Schema::new(
        fields.map(|field| Field::new(name_of(field), field.data_type().clone(), true)).collect::<Vec<_>>(),
    ))
}

pub(crate) fn name_in_file(index: usize) -> String {
    format!("c{index}")
}

fn name_of(field: &Field) -> &str {
    field.metadata().get(NAME).map_or(field.name(), String::as_str)
}

/// The types that files, cells and filters know. A source turns what else its database has into text.
fn is_storable(data_type: &DataType) -> bool {
    data_type.is_integer()
        || matches!(
            data_type,
            DataType::Boolean
                | DataType::Float32
                | DataType::Float64
                | DataType::Decimal128(_, 0..)
                | DataType::Decimal256(_, 0..)
                | DataType::Utf8
                | DataType::LargeUtf8
                | DataType::Binary
                | DataType::LargeBinary
                | DataType::Date32
                | DataType::Time64(_)
                | DataType::Timestamp(_, _)
        )
}
