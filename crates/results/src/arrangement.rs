//! How a reader wants a result: which columns, in which order, and which rows.
//!
//! Invariant: this is all that a reader can say. Columns are names of the stored result, operations are a closed
//! list, values are text that is read into the column's type and then compared, never evaluated.

use std::fmt;

use serde::{Deserialize, Serialize};

pub const SORT_KEYS_MAX: usize = 8;
pub const FILTERS_MAX: usize = 32;
/// Values of one `in`.
pub const IN_VALUES_MAX: usize = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrangement {
    /// The columns that are shown, in this order; none means all, in the order of the run. Sort and filter know
    /// these columns alone: nobody learns by filtering what a hidden column holds.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// The first key counts most. NULL comes last in both directions, equal rows keep the database's order, and text
    /// is ordered by its bytes.
    #[serde(default)]
    pub sort: Vec<SortKey>,
    /// All of them must hold. A NULL meets `null` alone, so `ne` leaves it out as SQL does.
    #[serde(default)]
    pub filter: Vec<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortKey {
    pub column: String,
    #[serde(default)]
    pub descending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub column: String,
    pub op: Op,
    /// None for `null` and `not_null`, one or more for `in`, one for all others. Numbers as `1234.50`, dates as
    /// `2026-01-31`, times of day as `14:30`, date-times as `2026-01-31 14:30` (a date alone is its midnight; where
    /// the column has a zone, RFC 3339, and UTC without an offset), flags as `true`, bytes as hexadecimal digits.
    #[serde(default)]
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// Holds the text anywhere, whatever its case.
    Contains,
    /// Begins with the text, whatever its case.
    Starts,
    Null,
    NotNull,
    In,
}

impl Op {
    pub const ALL: [Op; 11] =
        [Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge, Op::Contains, Op::Starts, Op::Null, Op::NotNull, Op::In];

    pub fn as_str(self) -> &'static str {
        match self {
            Op::Eq => "eq",
            Op::Ne => "ne",
            Op::Lt => "lt",
            Op::Le => "le",
            Op::Gt => "gt",
            Op::Ge => "ge",
            Op::Contains => "contains",
            Op::Starts => "starts",
            Op::Null => "null",
            Op::NotNull => "not_null",
            Op::In => "in",
        }
    }

    pub fn parse(text: &str) -> Option<Op> {
        Op::ALL.into_iter().find(|op| op.as_str() == text)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Arrangement {
    /// Whether rows come as they are stored: all of them, in the database's order.
    pub fn is_as_stored(&self) -> bool {
        self.sort.is_empty() && self.filter.is_empty()
    }
}
