//! Stopping: a cancel, a timeout and a reader who leaves end the database's work.
//!
//! No test here waits for time to pass: a place is given back only after the database has stopped, so the next query at a
//! connection with one place sees what is left of the one before.

use futures::TryStreamExt;

use super::*;
use crate::{Error, Load, error::Result as Answer};

const FOREVER_SQLITE: &str = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
const ENDLESS_SQLITE: &str = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n";

fn one_place(mut profile: Profile) -> Profile {
    profile.connection.budget.concurrent_max = 1;
    profile
}

async fn collected(rows: Rows) -> Answer<Vec<RecordBatch>> {
    rows.stream.try_collect().await
}

/// Statements with this mark in their text that a backend is working on.
async fn at_work(sources: &Sources, profile: &Profile, mark: &str) -> String {
    let sql = format!(
        "select count(*) as n from pg_stat_activity
         where query like '%{mark}%' and state <> 'idle' and pid <> pg_backend_pid()"
    );
    let rows = sources.run(profile, &query(&sql), limits(), CancellationToken::new()).await.unwrap();
    lines_of(&collected(rows).await.unwrap()[0]).remove(0)
}

/// Until the mark's query has reached the server; bounded by the test's own time.
async fn begun(name: &str, mark: &str) {
    let sql = format!(
        "select count(*) from pg_stat_activity where query like '%{mark}%' and state = 'active' and pid <> pg_backend_pid()"
    );
    while Postgres::shared().execute(name, &sql) == "0" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_cancel_ends_the_backends_work() {
    let (profile, name) = database();
    let (sources, profile, cancel) = (sources(), one_place(profile), CancellationToken::new());
    let sleeping = query("select 'cancel_mark', pg_sleep(600)");
    let (answer, ()) = tokio::join!(sources.run(&profile, &sleeping, limits(), cancel.clone()), async {
        begun(&name, "cancel_mark").await;
        cancel.cancel();
    });
    assert!(matches!(answer.unwrap_err(), Error::Cancelled));
    assert_eq!(at_work(&sources, &profile, "cancel_mark").await, "0");
}

#[tokio::test]
async fn a_reader_who_leaves_ends_the_backends_work() {
    let (profile, _) = database();
    let (sources, profile) = (sources(), one_place(profile));
    let endless = query("select generate_series(1, 1000000000) as i, 'leave_mark'");
    let mut rows = sources.run(&profile, &endless, limits(), CancellationToken::new()).await.unwrap();
    assert!(rows.stream.try_next().await.unwrap().is_some());
    assert_eq!(sources.load(&profile.connection.id), Load { running: 1, waiting: 0 });
    drop(rows);
    assert_eq!(at_work(&sources, &profile, "leave_mark").await, "0");
}

#[tokio::test]
async fn a_timeout_ends_the_backends_work_and_is_an_error_of_its_own() {
    let (profile, _) = database();
    let (sources, profile) = (sources(), one_place(profile));
    let short = Limits { timeout: MOMENT, ..limits() };
    let sleeping = query("select 'timeout_mark', pg_sleep(600)");
    let error = sources.run(&profile, &sleeping, short, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { after } if after == MOMENT), "{error}");
    assert_eq!(at_work(&sources, &profile, "timeout_mark").await, "0");
}

#[tokio::test]
async fn a_cell_that_cannot_be_kept_ends_the_backends_work() {
    let (profile, _) = database();
    let (sources, profile) = (sources(), one_place(profile));
    let sql = "select case when i < 30000 then date '2026-01-01' else 'infinity' end as d, 'cell_mark'
               from (select generate_series(1, 1000000000) as i) as numbers";
    let rows = sources.run(&profile, &query(sql), limits(), CancellationToken::new()).await.unwrap();
    assert!(matches!(collected(rows).await.unwrap_err(), Error::Column { .. }));
    assert_eq!(at_work(&sources, &profile, "cell_mark").await, "0");
}

#[tokio::test]
async fn sqlite_stops_at_a_timeout_a_cancel_and_a_reader_who_leaves() {
    let made = Made::by("");
    let (sources, profile) = (sources(), one_place(made.profile()));
    let short = Limits { timeout: MOMENT, ..limits() };
    let error = sources.run(&profile, &query(FOREVER_SQLITE), short, CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");

    let cancel = CancellationToken::new();
    let (forever, id) = (query(FOREVER_SQLITE), profile.connection.id.clone());
    let (answer, ()) = tokio::join!(sources.run(&profile, &forever, limits(), cancel.clone()), async {
        while sources.load(&id).running == 0 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    });
    assert!(matches!(answer.unwrap_err(), Error::Cancelled));

    let mut rows = sources.run(&profile, &query(ENDLESS_SQLITE), limits(), CancellationToken::new()).await.unwrap();
    assert!(rows.stream.try_next().await.unwrap().is_some());
    drop(rows);
    let after = sources.run(&profile, &query("select 1"), limits(), CancellationToken::new()).await.unwrap();
    assert_eq!(lines_of(&collected(after).await.unwrap()[0]), ["1"]);
}

#[tokio::test]
async fn a_run_beyond_the_places_waits_in_sight_and_can_be_cancelled_there() {
    let made = Made::by("");
    let (sources, profile) = (sources(), one_place(made.profile()));
    let first = sources.run(&profile, &query(ENDLESS_SQLITE), limits(), CancellationToken::new()).await.unwrap();
    let cancel = CancellationToken::new();
    let (second, id) = (query("select 1"), profile.connection.id.clone());
    let (answer, ()) = tokio::join!(sources.run(&profile, &second, limits(), cancel.clone()), async {
        while sources.load(&id).waiting == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(sources.load(&id), Load { running: 1, waiting: 1 });
        cancel.cancel();
    });
    assert!(matches!(answer.unwrap_err(), Error::Cancelled));
    assert_eq!(sources.load(&id), Load { running: 1, waiting: 0 });
    // A description does not wait behind runs.
    assert_eq!(sources.columns(&profile, &query("select 1 as one")).await.unwrap().len(), 1);
    drop(first);
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_as_such() {
    let own = Postgres::start();
    let profile = server(own.port(), "postgres", "postgres", None, PostgresTls::Disable);
    let endless = query("select generate_series(1, 1000000000) as i");
    let mut rows = run(&profile, &endless, limits()).await.unwrap();
    assert!(rows.stream.try_next().await.unwrap().is_some());
    drop(own);
    let error = rows.stream.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
    assert!(matches!(refusal(&profile, &endless).await, Error::Unreachable { .. }));
}
