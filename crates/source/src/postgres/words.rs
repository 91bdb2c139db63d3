//! PostgreSQL's and the network's errors, told as ours.

use std::error::Error as _;

use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::{Error, Said, stop::Stop};

/// An error while connecting.
pub(crate) fn connecting(place: &str, error: &tokio_postgres::Error) -> Error {
    let place = place.to_owned();
    if let Some(database) = error.as_db_error() {
        return Error::SignIn(said(database, ""));
    }
    let why = root(error);
    match cause(error) {
        Cause::Encryption => Error::Tls { place, why },
        Cause::Network => Error::Unreachable { place, why },
        // A password that is missing, or a way to sign in that we do not speak.
        Cause::Other => Error::SignIn(Said { message: why, ..Said::default() }),
    }
}

/// An error of a query whose text is `sql`.
pub(crate) fn running(error: &tokio_postgres::Error, sql: &str, stop: &Stop) -> Error {
    let Some(database) = error.as_db_error() else {
        return match cause(error) {
            Cause::Other if !error.is_closed() => Error::driver(root(error)),
            _ => Error::Broken { why: root(error) },
        };
    };
    // The server's clock may run out a moment before ours. Somebody else's cancel has the same code and other words.
    let timed_out = *database.code() == SqlState::QUERY_CANCELED && database.message().contains("statement timeout");
    if timed_out {
        return Error::TimedOut { after: stop.timeout() };
    }
    match *database.code() {
        SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => Error::Broken { why: database.message().to_owned() },
        SqlState::SYNTAX_ERROR if database.message().contains("multiple commands") => Error::SecondStatement,
        _ => Error::Database(said(database, sql)),
    }
}

fn said(error: &DbError, sql: &str) -> Said {
    Said {
        message: error.message().to_owned(),
        detail: error.detail().map(str::to_owned),
        hint: error.hint().map(str::to_owned),
        code: Some(error.code().code().to_owned()),
        line: match error.position() {
            Some(ErrorPosition::Original(position)) if !sql.is_empty() => Some(line(sql, *position)),
            _ => None,
        },
    }
}

/// `position` counts characters from 1.
fn line(sql: &str, position: u32) -> usize {
    sql.chars().take(position.saturating_sub(1) as usize).filter(|character| *character == '\n').count() + 1
}

enum Cause {
    Encryption,
    Network,
    Other,
}

fn cause(error: &tokio_postgres::Error) -> Cause {
    let mut next = error.source();
    let mut network = false;
    while let Some(found) = next {
        if found.is::<rustls::Error>() {
            return Cause::Encryption;
        }
        if let Some(io) = found.downcast_ref::<std::io::Error>() {
            if io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                return Cause::Encryption;
            }
            network = true;
        }
        next = found.source();
    }
    // The driver keeps its kinds to itself; this one is told by its text alone.
    if error.to_string().contains("TLS") {
        Cause::Encryption
    } else if network || error.is_closed() || error.to_string().contains("timeout") {
        Cause::Network
    } else {
        Cause::Other
    }
}

/// The innermost cause, which is the one that says something.
fn root(error: &tokio_postgres::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(found) = next {
        words = found.to_string();
        next = found.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_position_is_counted_in_characters() {
        assert_eq!(line("select 'ä',\n  wrong", 1), 1);
        assert_eq!(line("select 'ä',\n  wrong", 15), 2);
    }
}
