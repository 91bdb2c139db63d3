//! Columns as a database describes them, with the names and the Arrow types that the rest of the portal sees.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef};
use domain::DataType;

/// Metadata of each field: the column's [`DataType`]. It tells a decimal that is kept as text, because no Arrow decimal holds
/// all of its values, from a text.
pub const DATA_TYPE_KEY: &str = "webreports.data_type";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) arrow: ArrowType,
}

/// Every column may hold nulls: what a database promises about its tables is lost in a join.
pub(crate) fn schema(columns: &[Described]) -> SchemaRef {
    let fields = columns.iter().map(|column| {
        let mark = HashMap::from([(DATA_TYPE_KEY.to_owned(), mark(column.data_type).to_owned())]);
        Field::new(&column.name, column.arrow.clone(), true).with_metadata(mark)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

pub(crate) fn names_and_types(columns: &[Described]) -> Vec<(String, DataType)> {
    columns.iter().map(|column| (column.name.clone(), column.data_type)).collect()
}

/// A column has a name, and no two have the same: a stored result is sorted and filtered by name.
pub(crate) fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut given: Vec<String> = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let name = if name.is_empty() || name == "?column?" { format!("column_{}", index + 1) } else { name };
        let free = std::iter::once(name.clone())
            .chain((2..).map(|number| format!("{name}_{number}")))
            .find(|candidate| !given.contains(candidate));
        given.extend(free);
    }
    given
}

fn mark(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Text => "text",
        DataType::Integer => "integer",
        DataType::Decimal => "decimal",
        DataType::Date => "date",
        DataType::DateTime => "datetime",
        DataType::Boolean => "boolean",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_gets_a_name_of_its_own() {
        let names = ["id", "id", "", "?column?", "id_2"].map(str::to_owned);
        assert_eq!(distinct(names), ["id", "id_2", "column_3", "column_4", "id_2_2"]);
    }
}
