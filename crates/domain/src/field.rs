//! Defined Fields: values that people carry, which Views use under an identifier such as `@RegionID`.

use serde::{Deserialize, Serialize};

use crate::{DataType, FieldId, Value};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinedField {
    pub id: FieldId,
    pub name: String,
    /// With its `@`.
    pub identifier: String,
    pub description: String,
    pub data_type: DataType,
}

/// A reader's values for one identifier. No values means: no rows.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldValue {
    pub identifier: String,
    pub values: Vec<Value>,
}

impl FieldValue {
    pub fn of(identifier: &str, values: Vec<Value>) -> FieldValue {
        FieldValue { identifier: identifier.to_owned(), values }
    }
}

/// Whether a text can be a query identifier: `@`, a letter or underscore, then letters, digits and underscores.
pub fn is_identifier(text: &str) -> bool {
    let Some(name) = text.strip_prefix('@') else { return false };
    name.len() <= 60
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
