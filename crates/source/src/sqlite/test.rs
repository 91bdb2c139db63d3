//! The test of a SQLite connection: the file is there, it is a database, it can be read, by which SQLite.

use tokio_util::sync::CancellationToken;

use super::{SqliteDriver, guard::BUSY_WAIT};
use crate::{TestStep, stop::Stop};

pub(crate) async fn steps(driver: &SqliteDriver) -> Vec<TestStep> {
    let mut steps = Vec::new();
    let (forbidden, path) = (driver.forbidden.clone(), driver.path.clone());
    let admitted = tokio::task::spawn_blocking(move || {
        forbidden.admit(&path).map(|real| (std::fs::metadata(&real).map_or(0, |metadata| metadata.len()), real))
    });
    match admitted.await.map_err(crate::Error::driver).and_then(|admitted| admitted) {
        Ok((bytes, real)) => steps.push(TestStep::found("file", format!("{}, {bytes} bytes", real.display()))),
        Err(error) => {
            steps.push(TestStep::of("file", &error));
            return steps;
        }
    }
    let (stop, _watch) = Stop::watch(CancellationToken::new(), BUSY_WAIT * 2);
    let looked = driver.work(&stop, |guarded| {
        let count = "select count(*) from sqlite_schema where type in ('table', 'view')";
        let tables: i64 =
            guarded.connection.query_row(count, [], |row| row.get(0)).map_err(|error| guarded.error(error))?;
        Ok((tables, guarded.connection.is_readonly("main").unwrap_or(false)))
    });
    match looked.await {
        Ok((tables, read_only)) => {
            steps.push(TestStep::found("database", format!("{tables} tables and views")));
            steps.push(if read_only {
                TestStep::found("rights", "opened for reading alone")
            } else {
                TestStep::failed("rights", "the file is open for writing", "report this as a defect")
            });
            steps.push(TestStep::found("version", format!("SQLite {}", rusqlite::version())));
        }
        Err(error) => steps.push(TestStep::failed(
            "database",
            error.to_string(),
            "check that it is a SQLite file, that the portal may read it and its folder, and that no other program holds it",
        )),
    }
    steps
}
