//! Inspect and preview: what a query text holds, and its first rows under the publisher's own Defined Fields.

use std::time::Duration;

use arrow::record_batch::RecordBatch;
use domain::{
    Actor, ConnectionId, DataType, Parameter, ParameterProblem, Permission, Template, TemplateError, Values,
    actor::Use, parameter,
};
use futures::StreamExt;
use source::Limits;
use tokio_util::sync::CancellationToken;

use crate::{Error, Portal, Result, views::parameters_fit};

/// Rows of a preview.
pub const PREVIEW_ROWS_MAX: u64 = 100;
/// A preview that takes longer is stopped.
pub(crate) const PREVIEW_TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Names, in order of first use.
    pub parameters: Vec<String>,
    /// Query identifiers, in order of first use.
    pub fields: Vec<String>,
    pub problems: Vec<QueryProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryProblem {
    pub message: String,
    /// Line of the query text, from 1.
    pub line: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct NewPreview {
    pub sql: String,
    pub parameters: Vec<Parameter>,
    pub values: Values,
    pub connection: ConnectionId,
}

#[derive(Clone, Debug)]
pub struct Preview {
    pub columns: Vec<(String, DataType)>,
    /// At most [`PREVIEW_ROWS_MAX`] rows in all.
    pub batches: Vec<RecordBatch>,
    /// Whether the query has more rows.
    pub was_cut: bool,
    pub database_us: i64,
    /// Query identifiers for which the publisher has no value, which is why there are no rows.
    pub withheld: Vec<String>,
}

impl Portal {
    /// Finds parameters, identifiers and faults in a query text, without a database.
    pub async fn inspect(&self, actor: &Actor, sql: &str) -> Result<Inspection> {
        actor.may(Use(Permission::Publish))?;
        let template = match Template::parse(sql) {
            Ok(template) => template,
            Err(error) => {
                let problem = QueryProblem { message: error.to_string(), line: line(&error) };
                return Ok(Inspection { parameters: Vec::new(), fields: Vec::new(), problems: vec![problem] });
            }
        };
        let known = self.fields_of(&template).await?;
        let unknown = template.fields().into_iter().filter(|used| !known.contains_key(&used.to_ascii_lowercase()));
        let problems = unknown.map(|identifier| QueryProblem {
            message: format!("`{identifier}` is not the identifier of a Defined Field"),
            line: None,
        });
        Ok(Inspection {
            parameters: template.parameters().into_iter().map(str::to_owned).collect(),
            fields: template.fields().into_iter().map(str::to_owned).collect(),
            problems: problems.collect(),
        })
    }

    /// Runs a query that is being written, as the publisher would see it. Nothing of it is stored.
    pub async fn preview(&self, actor: &Actor, new: NewPreview) -> Result<Preview> {
        actor.may(Use(Permission::Publish))?;
        let (stored, _) = match self.connection_to_publish_on(actor, &new.connection).await {
            Err(Error::NotFound) => {
                return Err(Error::invalid("connection_id", "there is no such connection profile for you"));
            }
            other => other?,
        };
        let template = Template::parse(&new.sql).map_err(|error| Error::invalid("sql", error.to_string()))?;
        parameters_fit(&template, &new.parameters).map_err(|message| Error::invalid("parameters", message))?;
        let values = parameter::read(&new.parameters, &new.values).map_err(|problem| match problem {
            ParameterProblem::Missing(names) => Error::ParametersMissing { report: "the preview".to_owned(), names },
            ParameterProblem::Invalid(errors) => Error::Invalid(errors),
        })?;
        let query = template
            .bind(actor.security_context(), &values)
            .map_err(|error| Error::invalid("sql", error.to_string()))?;
        let profile = self.profile(stored.connection).await?;
        let budget = Limits::of(&profile.connection.budget);
        let limits = Limits {
            timeout: PREVIEW_TIMEOUT.min(budget.timeout),
            rows_max: PREVIEW_ROWS_MAX.min(budget.rows_max),
            ..budget
        };
        let mut rows = self.sources.run(&profile, &query, limits, CancellationToken::new()).await?;
        let mut batches = Vec::new();
        while let Some(batch) = rows.stream.next().await {
            batches.push(batch?);
        }
        Ok(Preview {
            columns: rows.columns.clone(),
            batches,
            was_cut: rows.was_cut(),
            database_us: i64::try_from(rows.database_time().as_micros()).unwrap_or(i64::MAX),
            withheld: query.withheld().to_vec(),
        })
    }
}

fn line(error: &TemplateError) -> Option<usize> {
    match error {
        TemplateError::Unclosed { line, .. }
        | TemplateError::SecondStatement { line }
        | TemplateError::OwnPlaceholder { line, .. } => Some(*line),
        TemplateError::Empty | TemplateError::TooLong | TemplateError::HasNul | TemplateError::UnknownParameter(_) => {
            None
        }
    }
}
