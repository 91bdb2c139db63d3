//! Runs: from Execute to the rows, and every way to end.

use domain::{RunState, run::Failure};

use super::*;

#[tokio::test]
async fn a_report_runs_and_its_rows_outlive_its_database() {
    let site = Site::start().await;
    let report = site.report("select id, amount, customer from sale order by id", vec![]).await;
    let queued = site.execute(&user(), &report).await;
    assert_eq!((queued.run.state, queued.actions.as_slice()), (RunState::Queued, ["cancel"].as_slice()));
    let done = site.ended(&user(), &queued.run.id).await;
    assert_eq!((done.run.state, done.run.rows, done.readable_rows), (RunState::Completed, 5, 5));
    assert_eq!(done.actions, ["view", "download", "delete", "re-execute"]);
    assert!(done.run.bytes > 0 && !done.run.cut_at_rows_max);
    assert_eq!(done.run.expires_at, Some(NOW.plus(30 * DAY)));

    std::fs::remove_file(site.sales()).unwrap();
    let rows = site.rows(&user(), &done.run.id).await;
    assert_eq!(rows[0], json!([1, 10.5, "Ann"]));
    assert_eq!(rows[2], json!([3, null, "Cäsar"]));
    let listed = site.portal.runs(&user(), None, &Default::default()).await.unwrap();
    assert_eq!(listed.items, [done]);
}

#[tokio::test]
async fn a_page_is_sorted_and_filtered_by_a_closed_grammar() {
    let site = Site::start().await;
    let report = site.report("select id, year, customer from sale order by id", vec![]).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    let arrangement: Arrangement = serde_json::from_value(json!({
        "sort": [{ "column": "id", "descending": true }],
        "filter": [{ "column": "year", "op": "eq", "values": ["2026"] }],
    }))
    .unwrap();
    let page = site.portal.page(&user(), &run, 1, 2, &arrangement).await.unwrap();
    assert_eq!((page.total, page.total_final), (4, true));
    assert_eq!(json!(cells(&page.rows).unwrap()), json!([[4, 2026, "Dora"], [3, 2026, "Cäsar"]]));

    let unknown: Arrangement = serde_json::from_value(json!({ "sort": [{ "column": "1; drop table sale" }] })).unwrap();
    let error = site.portal.page(&user(), &run, 0, 1, &unknown).await.unwrap_err();
    assert!(refusal(error, "sort").contains("no column"));
    let unfit: Arrangement =
        serde_json::from_value(json!({ "filter": [{ "column": "id", "op": "eq", "values": ["x"] }] })).unwrap();
    let error = site.portal.page(&user(), &run, 0, 1, &unfit).await.unwrap_err();
    assert!(refusal(error, "filter").contains("whole numbers"));
}

#[tokio::test]
async fn parameters_are_asked_for_and_read_into_their_types() {
    let site = Site::start().await;
    let report = site.report("select id from sale where year = ?Year? order by id", vec![year()]).await;
    let missing = site.portal.execute(&user(), &report, new_run(&[])).await.unwrap_err();
    assert!(matches!(missing, Error::ParametersMissing { names, .. } if names == ["Year"]));
    let invalid = site.portal.execute(&user(), &report, new_run(&[("Year", "2026 or 1=1")])).await.unwrap_err();
    assert!(refusal(invalid, "Year").contains("not a whole number"));
    let unknown =
        site.portal.execute(&user(), &report, new_run(&[("Year", "2026"), ("Month", "1")])).await.unwrap_err();
    assert!(refusal(unknown, "Month").contains("no such parameter"));
    assert_eq!(site.portal.runs(&admin(), None, &Default::default()).await.unwrap().items, []);

    let run = site.portal.execute(&user(), &report, new_run(&[("Year", " 2025 ")])).await.unwrap().run;
    let done = site.ended(&user(), &run.id).await;
    assert_eq!(site.rows(&user(), &run.id).await, json!([[1]]));
    assert_eq!(
        (done.run.parameters[0].label.as_str(), &done.run.parameters[0].values),
        ("Year of sale", &vec![Value::Integer(2025)])
    );
}

#[tokio::test]
async fn a_reader_sees_the_rows_of_their_own_field_value_and_without_one_none() {
    let site = Site::start().await;
    site.portal.add_defined_field(&admin(), region_field()).await.unwrap();
    let report = site.report("select id from sale where region_id = @RegionID order by id", vec![]).await;

    let own = site.run_to_end(&with_field(&user(), 2), &report).await;
    assert_eq!(site.rows(&user(), &own.run.id).await, json!([[3], [4]]));
    assert_eq!(own.run.withheld, Vec::<String>::new());

    let none = site.run_to_end(&user(), &report).await;
    assert_eq!((none.run.state, none.run.rows), (RunState::Completed, 0));
    assert_eq!(none.run.withheld, ["@RegionID"]);
    assert_eq!(site.rows(&user(), &none.run.id).await, json!([]));
    assert_ne!(none.run.query_identity, own.run.query_identity);
}

#[tokio::test]
async fn the_connections_limit_cuts_the_result_and_says_so() {
    let site = Site::start().await;
    let connection = site.connection_with("Small", Budget { rows_max: 3, ..Budget::default() }).await;
    let report = site.report_on(&connection, "select id from sale order by id", vec![]).await;
    let done = site.run_to_end(&user(), &report).await;
    assert_eq!((done.run.state, done.run.rows, done.run.cut_at_rows_max), (RunState::Completed, 3, true));
    assert_eq!(site.rows(&user(), &done.run.id).await, json!([[1], [2], [3]]));
}

#[tokio::test]
async fn a_failure_keeps_the_databases_own_words() {
    let site = Site::start().await;
    let report = site.report("select id, customer from sale", vec![]).await;
    let sales = rusqlite::Connection::open(site.sales()).unwrap();
    sales.execute_batch("alter table sale rename to sale_old").unwrap();
    let failed = site.run_to_end(&user(), &report).await;
    assert_eq!((failed.run.state, failed.actions.as_slice()), (RunState::Failed, ["delete", "re-execute"].as_slice()));
    let Failure { slug, detail, ours, .. } = failed.run.failure.unwrap();
    assert_eq!((slug.as_str(), ours), ("source-failed", false));
    assert!(detail.contains("no such table: sale"), "{detail}");
    let page = site.portal.page(&user(), &failed.run.id, 0, 10, &Arrangement::default()).await;
    assert!(matches!(page, Err(Error::NoData(_))));
}

#[tokio::test]
async fn cancel_stops_the_databases_work_and_keeps_nothing() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let report = endless(&site, &connection).await;
    let run = site.execute(&user(), &report).await.run.id;
    until_running(&site, &run).await;
    let page = site.portal.page(&user(), &run, 0, 10, &Arrangement::default()).await.unwrap();
    assert_eq!((page.total, page.total_final, page.rows.num_rows()), (0, false, 0));
    let cancelled = site.portal.cancel_run(&user(), &run).await.unwrap();
    assert_eq!(
        (cancelled.run.state, cancelled.actions.as_slice()),
        (RunState::Cancelled, ["delete", "re-execute"].as_slice())
    );
    site.quiet(&connection).await;
    assert!(!site.has_file(&run).await);
    let page = site.portal.page(&user(), &run, 0, 10, &Arrangement::default()).await;
    assert!(matches!(page, Err(Error::NoData(_))));
    // A second cancel finds it done; an ended run cannot be cancelled.
    assert_eq!(site.portal.cancel_run(&user(), &run).await.unwrap().run.state, RunState::Cancelled);
    site.portal.remove_run(&user(), &run).await.unwrap();
    assert!(matches!(site.portal.run(&user(), &run).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_run_that_goes_on_is_cancelled_before_it_is_removed() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let report = endless(&site, &connection).await;
    let run = site.execute(&user(), &report).await.run.id;
    assert!(matches!(site.portal.remove_run(&user(), &run).await, Err(Error::Conflict(_))));
    site.portal.cancel_run(&user(), &run).await.unwrap();
    site.portal.remove_run(&user(), &run).await.unwrap();
    site.quiet(&connection).await;
}

/// Makes the row of a person who comes from the org.
async fn from_the_org(site: &Site, actor: &Actor, epoch: i64) {
    let mut tx = site.portal.db.begin().await.unwrap();
    db::query(
        "insert into person (id, source, issuer, subject, name, login, email, status, active, epoch, rights_us, created_us)
         values ($1, 'okta', 'i', 's', 'Ursula', 'u', 'u', 'ACTIVE', 1, $2, 0, 0)",
    )
    .bind(actor.person.as_str())
    .bind(epoch)
    .execute(&mut tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn turning_the_org_off_ends_what_its_people_have_under_way() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let report = endless(&site, &connection).await;
    from_the_org(&site, &user(), 0).await;
    let run = site.execute(&user(), &report).await.run.id;
    until_running(&site, &run).await;
    site.portal.disable(&admin()).await.unwrap();
    site.quiet(&connection).await;
    let run = site.portal.run(&admin(), &run).await.unwrap().run;
    assert_eq!((run.state, run.failure.unwrap().slug.as_str()), (RunState::Interrupted, "rights-ended"));
}

#[tokio::test]
async fn a_run_is_not_recorded_for_rights_that_ended_since_they_were_read() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    from_the_org(&site, &user(), 4).await;
    let reader = user().in_epoch(4);
    site.run_to_end(&reader, &report).await;
    let mut tx = site.portal.db.begin().await.unwrap();
    store::person::end_sessions(&mut tx, &reader.person).await.unwrap();
    tx.commit().await.unwrap();
    let refused = site.portal.execute(&reader, &report, new_run(&[])).await;
    assert!(matches!(refused, Err(Error::NotSignedIn)));
    assert_eq!(site.portal.runs(&reader, None, &crate::Listing::default()).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn runs_end_with_their_persons_rights() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let report = endless(&site, &connection).await;
    let run = site.execute(&user(), &report).await.run.id;
    until_running(&site, &run).await;
    assert_eq!(site.portal.end_runs_of(&stranger().person).await.unwrap(), 0);
    assert_eq!(site.portal.end_runs_of(&user().person).await.unwrap(), 1);
    site.quiet(&connection).await;
    let run = site.portal.run(&admin(), &run).await.unwrap().run;
    assert_eq!((run.state, run.failure.unwrap().slug.as_str()), (RunState::Interrupted, "rights-ended"));
}

#[tokio::test]
async fn a_connection_runs_no_more_at_once_than_it_allows() {
    let site = Site::start().await;
    let connection = site.connection_with("One", Budget { concurrent_max: 1, ..Budget::default() }).await;
    let report = endless(&site, &connection).await;
    let first = site.execute(&user(), &report).await.run.id;
    until_running(&site, &first).await;
    let second = site.execute(&user(), &report).await.run.id;
    assert_eq!(site.portal.run(&user(), &second).await.unwrap().run.state, RunState::Queued);
    assert_eq!(site.portal.cancel_run(&user(), &second).await.unwrap().run.state, RunState::Cancelled);
    site.portal.cancel_run(&user(), &first).await.unwrap();
    site.quiet(&connection).await;
}

#[tokio::test]
async fn one_person_has_a_limited_number_of_runs_under_way() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let report = endless(&site, &connection).await;
    for _ in 0..crate::runner::ACTIVE_OF_PERSON_MAX {
        site.execute(&user(), &report).await;
    }
    assert!(matches!(site.portal.execute(&user(), &report, new_run(&[])).await, Err(Error::TooMany(_))));
    site.portal.end_runs_of(&user().person).await.unwrap();
    site.quiet(&connection).await;
}

#[tokio::test]
async fn a_request_that_comes_twice_under_one_key_runs_once() {
    let site = Site::start().await;
    let report = site.report("select id from sale where year = ?Year?", vec![year()]).await;
    let request =
        |year: &str, key: &str| NewRun { idempotency_key: Some(key.to_owned()), ..new_run(&[("Year", year)]) };
    let (ursula, stefan) = (user(), actor("uwe", &[Permission::Execute], &["User"]));
    let (one, two) = tokio::join!(
        site.portal.execute(&ursula, &report, request("2026", "key")),
        site.portal.execute(&ursula, &report, request("2026", "key")),
    );
    let run = one.unwrap().run.id;
    assert_eq!(two.unwrap().run.id, run);
    site.ended(&ursula, &run).await;
    assert_eq!(site.portal.execute(&ursula, &report, request("2026", "key")).await.unwrap().run.id, run);
    let other = site.portal.execute(&ursula, &report, request("2025", "key")).await;
    assert!(matches!(other, Err(Error::Conflict(_))));
    let foreign = site.portal.execute(&stefan, &report, request("2026", "key")).await.unwrap();
    assert_ne!(foreign.run.id, run);
    assert_eq!(site.portal.runs(&admin(), None, &Default::default()).await.unwrap().items.len(), 2);
}

#[tokio::test]
async fn results_go_when_their_time_is_up() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    site.clock.advance(30 * DAY - Duration::from_secs(1));
    assert_eq!(site.portal.remove_expired().await.unwrap(), 0);
    assert!(site.has_file(&run).await);
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(site.portal.remove_expired().await.unwrap(), 1);
    assert!(!site.has_file(&run).await);
    assert!(matches!(site.portal.run(&user(), &run).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_removed_run_leaves_no_file() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    site.portal.remove_run(&user(), &run).await.unwrap();
    assert!(!site.has_file(&run).await);
    assert!(matches!(site.portal.remove_run(&user(), &run).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_running_result_is_read_while_it_fills() {
    let site = Site::start().await;
    let connection = site.connection_with("Large", Budget { rows_max: 100_000_000, ..Budget::default() }).await;
    let sql = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n";
    let report = site.report_on(&connection, sql, vec![]).await;
    let run = site.execute(&user(), &report).await.run.id;
    let states = site.portal.follow_run(&user(), &run).await.unwrap();
    let mut states = std::pin::pin!(states);
    while states.next().await.expect("it goes on until it is cancelled").readable_rows == 0 {}
    let page = site.portal.page(&user(), &run, 0, 3, &Arrangement::default()).await.unwrap();
    assert!(!page.total_final);
    assert_eq!(json!(cells(&page.rows).unwrap()), json!([[1], [2], [3]]));
    site.portal.cancel_run(&user(), &run).await.unwrap();
    let mut last = None;
    while let Some(status) = states.next().await {
        last = Some(status);
    }
    assert_eq!(last.unwrap().run.state, RunState::Cancelled);
    site.quiet(&connection).await;
    assert!(!site.has_file(&run).await);
}

#[tokio::test]
async fn what_people_do_is_in_the_log() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale", vec![]).await;
    let report = site.assign(&view, &connection).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    drop(site.portal.export(&user(), &run, crate::FileFormat::Csv, Arrangement::default()).await.unwrap());
    site.portal.remove_run(&user(), &run).await.unwrap();
    site.portal.unassign(&admin(), &report).await.unwrap();
    site.portal.remove_view(&publisher(), &view).await.unwrap();
    site.portal.remove_connection(&admin(), &connection).await.unwrap();

    let listing = crate::Listing { sort: Some("at".to_owned()), ..Default::default() };
    let entries = store::log_entry::list(&mut site.portal.db.read().await.unwrap(), None, &listing).await.unwrap();
    let mut told: Vec<String> =
        entries.items.iter().map(|entry| format!("{}: {} {}", entry.person_name, entry.kind, entry.what)).collect();
    told.sort();
    let mut expected = [
        "anna: connection added a connection profile",
        "anna: connection removed a connection profile",
        "anna: assignment assigned a report",
        "anna: assignment removed an assignment",
        "petra: view published a View",
        "petra: view removed a View",
        "ursula: run execute",
        "ursula: run download",
        "ursula: run delete",
    ];
    expected.sort_unstable();
    assert_eq!(told, expected);
}

/// A report that never ends. SQLite tells a query's columns from its first row, so the View is published with an end, and the
/// table that the end stands in is emptied.
pub(super) async fn endless(site: &Site, connection: &ConnectionId) -> AssignmentId {
    let sales = rusqlite::Connection::open(site.sales()).unwrap();
    sales.execute_batch("create table bound (last integer); insert into bound values (10)").unwrap();
    let sql =
        ENDLESS.replace("from n)", "from n where i < coalesce((select max(last) from bound), 9000000000000000000))");
    let report = site.report_on(connection, &sql, vec![]).await;
    sales.execute_batch("delete from bound").unwrap();
    report
}

pub(super) async fn until_running(site: &Site, run: &RunId) {
    let states = site.portal.follow_run(&user(), run).await.unwrap();
    let mut states = std::pin::pin!(states);
    while states.next().await.expect("the run begins").run.state == RunState::Queued {}
}
