//! What can go wrong with somebody's database, told so that the reader knows whose fault it is and what to do.
//!
//! Invariant: no message holds a password, and no message of ours pretends to be the database's: its own words are in [`Said`].

use std::{fmt, time::Duration};

use domain::DataType;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused the query or failed while it ran.
    #[error("{0}")]
    Database(Said),
    /// The database answered, and did not let us in.
    #[error("the database refused the sign-in: {0}")]
    SignIn(Said),
    #[error("the database at {place} cannot be reached: {why}")]
    Unreachable { place: String, why: String },
    #[error("no encrypted connection to {place}: {why}")]
    Tls { place: String, why: String },
    #[error("the connection to the database broke: {why}")]
    Broken { why: String },
    #[error("the query was stopped at the connection's limit of {after:?}")]
    TimedOut { after: Duration },
    #[error("the query was cancelled")]
    Cancelled,
    /// The queue in front of the connection is full.
    #[error("{waiting} runs are waiting for this connection already")]
    Busy { waiting: usize },
    #[error("the file `{path}` cannot be used: {why}")]
    File { path: String, why: String },
    #[error("the database at {place} belongs to the portal itself")]
    Own { place: String },
    #[error("the database at {place} does not say which one it is, so it might be the portal's own: {why}")]
    Unknown { place: String, why: String },
    #[error("`{host}` cannot be the name of a server")]
    Host { host: String },
    /// The query wants to do more than read.
    #[error("a query may only read, and this one wants to {action}")]
    NotReading { action: String },
    #[error("the query returns no columns, so there is nothing to show")]
    NoColumns,
    #[error("the query has more than one statement")]
    SecondStatement,
    #[error("the query has placeholders of its own; write `?Name?` for a value")]
    OwnPlaceholder,
    /// A bound value does not fit where it stands. `position` counts from 1, in the order of the query's text.
    #[error(
        "value {position} of the query is {} `{value}`, which cannot be used as {expected} there{}",
        name(*given),
        why.as_deref().map(|why| format!(": {why}")).unwrap_or_default()
    )]
    Value { position: usize, given: DataType, value: String, expected: String, why: Option<String> },
    /// A value of the result has no lossless place in its column.
    #[error("column `{column}`: {why}")]
    Column { column: String, why: String },
    #[error("the file of certificate authorities holds {why}")]
    Authorities { why: String },
    /// A defect of ours.
    #[error("the driver failed: {why}")]
    Driver { why: String },
}

impl Error {
    /// The database's own words, where it was the database.
    pub fn said(&self) -> Option<&Said> {
        match self {
            Error::Database(said) | Error::SignIn(said) => Some(said),
            _ => None,
        }
    }

    /// Whether we failed, rather than the reader's database, query or network.
    pub fn ours(&self) -> bool {
        matches!(self, Error::Driver { .. })
    }

    /// The line of the query's text, from 1, where the database pointed at one.
    pub fn line(&self) -> Option<usize> {
        self.said().and_then(|said| said.line)
    }

    /// What to do about it.
    pub fn fix(&self) -> Option<&str> {
        Some(match self {
            Error::Database(said) => return said.hint.as_deref(),
            Error::SignIn(_) => "check user and password of the connection, and that the server lets this machine in",
            Error::Unreachable { .. } => "check host and port of the connection, and the firewalls between",
            Error::Tls { .. } => {
                "check the server's certificate and the configured authorities, or choose another encryption for the connection"
            }
            Error::Broken { .. } => "run it again; if it breaks again, look into the database's log",
            Error::TimedOut { .. } => "ask for less, or raise the connection's time limit",
            Error::Cancelled => return None,
            Error::Busy { .. } => "run it again later, or raise how many queries may run at once on the connection",
            Error::File { .. } => "give the full path of a SQLite file that the portal may read",
            Error::Own { .. } => "give a database of your own: the portal's metadata are never a source",
            Error::Unknown { .. } => "grant the user `execute on function pg_catalog.pg_control_system()`",
            Error::Host { .. } => "give a host name or an address, without port or path",
            Error::NotReading { .. } | Error::NoColumns => "write a query that begins with `select` or `with`",
            Error::SecondStatement => "publish each statement as a View of its own",
            Error::OwnPlaceholder => "name the value as a parameter",
            Error::Value { .. } => "change the parameter's data type, or cast the value in the query",
            Error::Column { .. } => "cast the column in the query to one type that holds all of its values",
            Error::Authorities { .. } => "give a file with certificates in PEM form",
            Error::Driver { .. } => return None,
        })
    }

    pub(crate) fn column(column: &str, why: impl Into<String>) -> Error {
        Error::Column { column: column.to_owned(), why: why.into() }
    }

    pub(crate) fn driver(why: impl fmt::Display) -> Error {
        Error::Driver { why: why.to_string() }
    }
}

/// A database's own words about a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// The database's own code: SQLSTATE, or SQLite's extended result code.
    pub code: Option<String>,
    /// Line of the query's text, from 1. The same in the View's text, since a value's name has no line break.
    pub line: Option<usize>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(line) = self.line {
            write!(f, " (line {line})")?;
        }
        match &self.detail {
            Some(detail) => write!(f, "; {detail}"),
            None => Ok(()),
        }
    }
}

/// A data type with its article, for a sentence.
pub(crate) fn name(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Text => "the text",
        DataType::Integer => "the integer",
        DataType::Decimal => "the decimal",
        DataType::Date => "the date",
        DataType::DateTime => "the date and time",
        DataType::Boolean => "the boolean",
    }
}
