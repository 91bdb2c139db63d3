//! What can go wrong in a command of the project's, each with what to do next.

use std::fmt;
use std::io;
use std::path::PathBuf;

pub(crate) type Result<T> = std::result::Result<T, Error>;

#[derive(Debug)]
pub(crate) enum Error {
    /// The command line was not understood.
    Usage(String),
    /// A program could not be started at all.
    NotStarted { command: String, cause: io::Error },
    /// A program ran and failed; what it said is on the screen already.
    Failed { command: String, code: Option<i32> },
    /// Something is not installed, and we may not or cannot install it.
    Missing { what: String, fix: String },
    /// A file or folder could not be read or written.
    File { path: PathBuf, cause: io::Error },
    /// Some steps of several failed; each was shown when it did.
    Steps { failed: Vec<String> },
    /// A measurement could not be taken.
    Bench(String),
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |cause| Error::File { path, cause }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(text) | Error::Bench(text) => formatter.write_str(text),
            Error::NotStarted { command, cause } => {
                write!(formatter, "`{command}` could not be started: {cause}")
            }
            Error::Failed { command, code: Some(code) } => {
                write!(formatter, "`{command}` failed with exit code {code}")
            }
            Error::Failed { command, code: None } => write!(formatter, "`{command}` was ended by a signal"),
            Error::Missing { what, fix } => write!(formatter, "{what}\n  to do: {fix}"),
            Error::File { path, cause } => write!(formatter, "{}: {cause}", path.display()),
            Error::Steps { failed } => write!(formatter, "failed: {}", failed.join(", ")),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::NotStarted { cause, .. } | Error::File { cause, .. } => Some(cause),
            _ => None,
        }
    }
}
