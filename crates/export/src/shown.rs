//! The columns that a file has: the visible ones of the report, found in the batches by name.

use std::{collections::HashSet, sync::Arc};

use arrow::{
    array::{RecordBatch, RecordBatchOptions},
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use domain::Column;

use crate::{Error, Result};

pub(crate) struct Shown<'a> {
    pub(crate) columns: Vec<&'a Column>,
    /// Where each stands in a batch.
    pub(crate) positions: Vec<usize>,
    /// The shown columns alone, under names of which no two are equal.
    pub(crate) schema: SchemaRef,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(columns: &'a [Column], schema: &Schema) -> Result<Shown<'a>> {
        let columns: Vec<&Column> = columns.iter().filter(|column| column.visible).collect();
        if columns.is_empty() {
            return Err(Error::NoColumns);
        }
        let mut positions = Vec::new();
        let mut fields = Vec::new();
        let mut taken = HashSet::new();
        for column in &columns {
            let position = schema.index_of(&column.name).map_err(|_| Error::NoSuchColumn(column.name.clone()))?;
            let data_type = schema.field(position).data_type();
            if !crate::cell::is_readable(data_type) {
                return Err(Error::ColumnType { column: column.name.clone(), data_type: data_type.clone() });
            }
            positions.push(position);
            fields.push(Field::new(free_name(&column.name, &mut taken), data_type.clone(), true));
        }
        Ok(Shown { columns, positions, schema: Arc::new(Schema::new(fields)) })
    }

    pub(crate) fn data_type(&self, index: usize) -> &DataType {
        self.schema.field(index).data_type()
    }

    pub(crate) fn project(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let fits = |error| Error::Rows(Box::new(error));
        let arrays = self.positions.iter().filter_map(|position| batch.columns().get(*position).cloned()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options).map_err(fits)
    }
}

/// A second `total` is `total_2`: an object of JSON or a table of Parquet has each name once.
fn free_name(name: &str, taken: &mut HashSet<String>) -> String {
    let free = (1..)
        .map(|count| if count == 1 { name.to_owned() } else { format!("{name}_{count}") })
        .find(|candidate| !taken.contains(candidate))
        .unwrap_or_default();
    taken.insert(free.clone());
    free
}
