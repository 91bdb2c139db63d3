//! Views: named, versioned definitions of a query. A published version never changes.

use serde::{Deserialize, Serialize};
use world::Instant;

use crate::{Column, Parameter, PersonId, ReportType, Template, TemplateError, ViewId};

#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub id: ViewId,
    /// Unique; what links and files call it.
    pub name: String,
    pub title: String,
    pub description: String,
    pub category: String,
    /// The version that runs.
    pub version: i64,
    /// Who published its first version: the View stays theirs, whoever publishes later ones.
    pub publisher: PersonId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ViewVersion {
    pub view: ViewId,
    pub version: i64,
    pub definition: Definition,
    pub note: String,
    pub published_by: PersonId,
    pub published_at: Instant,
}

/// What a version fixes for good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    pub sql: String,
    pub parameters: Vec<Parameter>,
    pub columns: Vec<Column>,
    pub types: Vec<ReportType>,
}

impl Definition {
    pub fn template(&self) -> Result<Template, TemplateError> {
        Template::parse(&self.sql)
    }
}

/// Whether a text can name a View: 1 to 100 letters, digits, `_`, `-`, `.`; letters first.
pub fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
