//! Columns of a View: what the database calls them, what people read above them.

use serde::{Deserialize, Serialize};

use crate::DataType;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub label: String,
    pub data_type: DataType,
    pub format: Option<Format>,
    /// CSS pixels; none lets the grid choose.
    pub width: Option<u32>,
    pub visible: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Integer,
    Decimal,
    Money,
    Percent,
    Date,
    DateTime,
}

impl Format {
    pub const ALL: [Format; 6] =
        [Format::Integer, Format::Decimal, Format::Money, Format::Percent, Format::Date, Format::DateTime];
}

impl Column {
    /// A column as the database reports it: `o_totalprice` is labelled `O totalprice` until a publisher says otherwise.
    pub fn found(name: &str, data_type: DataType) -> Column {
        let mut label = name.replace('_', " ");
        if let Some(first) = label.get(..1) {
            let upper = first.to_uppercase();
            label.replace_range(..1, &upper);
        }
        Column { name: name.to_owned(), label, data_type, format: None, width: None, visible: true }
    }
}
