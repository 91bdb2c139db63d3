//! A SQLite connection that can only read its own file.
//!
//! Five layers, each enough for most of it: the file is opened for reading; `query_only`; no second file may be attached; an
//! authorizer that allows reading and refuses whatever else there is or will be; and a schema that is not trusted, so that a
//! view made by somebody else cannot call functions with effects.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{
    Connection, OpenFlags,
    config::DbConfig,
    ffi,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};

use crate::{Error, Result, Said, profile::CELL_BYTES_MAX, stop::Stop};

/// How long a writer of the file is waited for.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(5);
/// Steps of SQLite's machine between two looks at whether to stop: well under a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 1_000;
/// Functions that reach out of the database, in case a build has them.
const FUNCTIONS_REFUSED: [&str; 5] = ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"];
/// Pragmas that only tell about tables of the file; catalogs and full-text tables use them.
const PRAGMAS_WITH_ARGUMENT: [&str; 7] =
    ["table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"];
const PRAGMAS_WITHOUT_VALUE: [&str; 3] = ["table_list", "data_version", "page_size"];

pub(crate) struct Guarded {
    pub(crate) connection: Connection,
    refused: Arc<Mutex<Option<String>>>,
}

impl Guarded {
    /// `path` is one that [`super::Forbidden::admit`] gave.
    pub(crate) fn open(path: &Path, stop: &Stop) -> Result<Guarded> {
        let refused = Arc::new(Mutex::new(None));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW
            | OpenFlags::SQLITE_OPEN_EXRESCODE;
        let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
            connection.busy_timeout(BUSY_WAIT)?;
            connection.pragma_update(None, "query_only", 1)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false)?;
            // `"misspelled"` is an unknown column, not a text.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
            connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
            connection.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
            connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(CELL_BYTES_MAX).unwrap_or(i32::MAX))?;
            let seen = stop.clone();
            connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || seen.is_requested()))?;
            let told = refused.clone();
            connection.authorizer(Some(move |context: AuthContext<'_>| match refusal(&context.action) {
                None => Authorization::Allow,
                Some(what) => {
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(what);
                    Authorization::Deny
                }
            }))?;
            Ok(connection)
        });
        let connection =
            opened.map_err(|error| Error::File { path: path.display().to_string(), why: words(&error) })?;
        Ok(Guarded { connection, refused })
    }

    /// What an error of SQLite's means for the reader.
    pub(crate) fn error(&self, error: rusqlite::Error) -> Error {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::AuthorizationForStatementDenied)
            && let Some(action) = self.refused.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            return Error::NotReading { action };
        }
        match error {
            rusqlite::Error::MultipleStatement => Error::SecondStatement,
            rusqlite::Error::SqlInputError { error, msg, sql, offset } => Error::Database(Said {
                message: msg,
                code: Some(error.extended_code.to_string()),
                line: usize::try_from(offset).ok().and_then(|offset| line(&sql, offset)),
                ..Said::default()
            }),
            other => Error::Database(Said {
                message: words(&other),
                code: other.sqlite_error().map(|error| error.extended_code.to_string()),
                ..Said::default()
            }),
        }
    }
}

/// SQLite's own words, without the text of the query that rusqlite puts beside them.
fn words(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqliteFailure(error, None) => ffi::code_to_str(error.extended_code).to_owned(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}

fn line(sql: &str, offset: usize) -> Option<usize> {
    sql.as_bytes().get(..offset).map(|before| before.iter().filter(|byte| **byte == b'\n').count() + 1)
}

/// `None` for what only reads; otherwise what was wanted, to follow "and this one wants to".
fn refusal(action: &AuthAction<'_>) -> Option<String> {
    let what = match action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => return None,
        AuthAction::Function { function_name } => {
            if !FUNCTIONS_REFUSED.iter().any(|refused| refused.eq_ignore_ascii_case(function_name)) {
                return None;
            }
            format!("call `{function_name}`")
        }
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let allowed: &[&str] = if pragma_value.is_some() { &PRAGMAS_WITH_ARGUMENT } else { &PRAGMAS_WITHOUT_VALUE };
            if allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(pragma_name)) {
                return None;
            }
            format!("use the pragma `{pragma_name}`")
        }
        AuthAction::Attach { .. } => "attach another database".to_owned(),
        AuthAction::Detach { .. } => "detach a database".to_owned(),
        AuthAction::Insert { table_name } => format!("insert into `{table_name}`"),
        AuthAction::Update { table_name, .. } => format!("update `{table_name}`"),
        AuthAction::Delete { table_name } => format!("delete from `{table_name}`"),
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => "control transactions".to_owned(),
        AuthAction::CreateTable { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateIndex { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateView { .. }
        | AuthAction::CreateTempView { .. }
        | AuthAction::CreateTrigger { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateVtable { .. } => "create something".to_owned(),
        AuthAction::DropTable { .. }
        | AuthAction::DropTempTable { .. }
        | AuthAction::DropIndex { .. }
        | AuthAction::DropTempIndex { .. }
        | AuthAction::DropView { .. }
        | AuthAction::DropTempView { .. }
        | AuthAction::DropTrigger { .. }
        | AuthAction::DropTempTrigger { .. }
        | AuthAction::DropVtable { .. } => "drop something".to_owned(),
        // What a later SQLite adds is refused until somebody has looked at it.
        _ => "change the database".to_owned(),
    };
    Some(what)
}
