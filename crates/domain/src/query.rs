//! The one query that can reach somebody's database: text with bound values, and whose rows it may return.

use std::{collections::BTreeSet, fmt::Write};

use sha2::{Digest, Sha256};

use crate::{FieldValue, PersonId, Value};

/// Who reads, and the Defined Field values that restrict the rows. Part of every query's identity.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityContext {
    reader: PersonId,
    fields: Vec<FieldValue>,
}

impl SecurityContext {
    pub fn new(reader: PersonId, fields: Vec<FieldValue>) -> SecurityContext {
        SecurityContext { reader, fields }
    }

    pub fn reader(&self) -> &PersonId {
        &self.reader
    }

    /// The reader's values for a query identifier such as `@RegionID`; identifiers ignore case.
    pub fn field(&self, identifier: &str) -> Option<&FieldValue> {
        self.fields.iter().find(|field| field.identifier.eq_ignore_ascii_case(identifier))
    }

    pub fn fields(&self) -> &[FieldValue] {
        &self.fields
    }

    pub(crate) fn only(mut self, identifiers: &BTreeSet<String>) -> SecurityContext {
        self.fields.retain(|field| identifiers.iter().any(|used| used.eq_ignore_ascii_case(&field.identifier)));
        self
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Sql(String),
    /// An index into the bound values.
    Bind(usize),
}

/// A query whose values are bound. Made by [`crate::Template::bind`] alone.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundQuery {
    pieces: Vec<Piece>,
    binds: Vec<Value>,
    context: SecurityContext,
    withheld: Vec<String>,
}

impl BoundQuery {
    pub(crate) fn new(
        pieces: Vec<Piece>,
        binds: Vec<Value>,
        context: SecurityContext,
        withheld: Vec<String>,
    ) -> BoundQuery {
        BoundQuery { pieces, binds, context, withheld }
    }

    /// The SQL text with the driver's placeholders; `placeholder` is given the position of its value in [`BoundQuery::binds`],
    /// counted from 1. A value that stands in several places has one position.
    pub fn render(&self, placeholder: impl Fn(usize) -> String) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => text.push_str(sql),
                Piece::Bind(index) => text.push_str(&placeholder(index + 1)),
            }
        }
        text
    }

    /// The values, in the order of their first places.
    pub fn binds(&self) -> &[Value] {
        &self.binds
    }

    pub fn context(&self) -> &SecurityContext {
        &self.context
    }

    /// Query identifiers for which the reader has no value. When there are any, the query returns no rows and is not run.
    pub fn withheld(&self) -> &[String] {
        &self.withheld
    }

    /// SHA-256 over text, values and the field values used, in hexadecimal: equal for two queries that return the same rows of
    /// the same database to the same kind of reader, different otherwise. Every cache key contains it.
    pub fn identity(&self) -> String {
        let mut hash = Sha256::new();
        let mut feed = |text: &str| {
            hash.update(text.len().to_le_bytes());
            hash.update(text.as_bytes());
        };
        feed(&self.render(|number| format!("${number}")));
        for value in &self.binds {
            feed(&format!("{value:?}"));
        }
        for field in &self.context.fields {
            feed(&field.identifier.to_ascii_lowercase());
            feed(&format!("{:?}", field.values));
        }
        for identifier in &self.withheld {
            feed(identifier);
        }
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
