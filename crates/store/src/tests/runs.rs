//! Runs: forward-only states, one run for one idempotency key, retention.

use domain::{
    Asked, Run, RunId, RunState, Value,
    run::{Failure, GivenParameter},
};

use super::*;
use crate::{
    Listing,
    run::{self, Completed, Ended, Expiry},
};

fn a_run(person: &str) -> Run {
    Run {
        id: RunId::new(&OsRandom),
        assignment: None,
        view: "viw_1".into(),
        view_version: 3,
        title: "Sales".to_owned(),
        report_type: ReportType::Details,
        connection_name: "Sales".to_owned(),
        role: None,
        role_name: "User".to_owned(),
        person: person.into(),
        person_name: "Ursula".to_owned(),
        asked: Asked::Download,
        kept: true,
        state: RunState::Queued,
        parameters: vec![GivenParameter {
            name: "Year".into(),
            label: "Year".into(),
            values: vec![Value::Integer(1995)],
        }],
        columns: vec![Column::found("name", DataType::Text)],
        query_identity: "abc".to_owned(),
        withheld: vec!["@RegionID".to_owned()],
        rows: 0,
        bytes: 0,
        cut_at_rows_max: false,
        database_us: 0,
        created_at: NOW,
        started_at: None,
        finished_at: None,
        expires_at: None,
        failure: None,
    }
}

fn after(seconds: i64) -> Instant {
    Instant::from_seconds(NOW.as_seconds() + seconds)
}

fn completed() -> Completed {
    Completed {
        rows: 7,
        bytes: 900,
        sha256: "00".repeat(32),
        cut_at_rows_max: true,
        database_us: 12,
        finished_at: NOW,
        expires_at: Expiry { if_kept: after(60), if_not: after(10) },
    }
}

fn ended(state: RunState) -> Ended {
    let failure = Failure { slug: "x".to_owned(), detail: "no such table: y".to_owned(), hint: None, ours: false };
    Ended {
        state,
        rows: 1,
        database_us: 2,
        failure: Some(failure),
        finished_at: NOW,
        expires_at: Expiry { if_kept: NOW, if_not: NOW },
    }
}

#[tokio::test]
async fn a_run_comes_back_as_it_was_recorded() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let run = a_run("per_u");
        assert!(run::insert(&mut tx, &run, "node", None).await.unwrap());
        assert_eq!(run::find(&mut tx, &run.id).await.unwrap(), Some(run.clone()));
        assert!(run::begin(&mut tx, &run.id, NOW).await.unwrap());
        let columns = [Column::found("other", DataType::Decimal)];
        assert!(run::set_columns(&mut tx, &run.id, &columns).await.unwrap());
        assert!(run::complete(&mut tx, &run.id, &completed()).await.unwrap());
        let found = run::find(&mut tx, &run.id).await.unwrap().unwrap();
        assert_eq!((found.state, found.rows, found.bytes, found.cut_at_rows_max), (RunState::Completed, 7, 900, true));
        assert_eq!(found.columns, columns);
        assert!(run::completed(&mut tx).await.unwrap().contains(&run.id));
    })
    .await;
}

#[tokio::test]
async fn a_state_never_goes_back() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        for last in [RunState::Failed, RunState::Cancelled, RunState::Interrupted] {
            let run = a_run("per_u");
            run::insert(&mut tx, &run, "node", None).await.unwrap();
            assert!(!run::complete(&mut tx, &run.id, &completed()).await.unwrap(), "queued is not running");
            assert!(!run::delete(&mut tx, &run.id).await.unwrap(), "it has not ended");
            assert!(run::end(&mut tx, &run.id, &ended(last)).await.unwrap());
            assert!(!run::begin(&mut tx, &run.id, NOW).await.unwrap());
            assert!(!run::complete(&mut tx, &run.id, &completed()).await.unwrap());
            assert!(!run::end(&mut tx, &run.id, &ended(RunState::Failed)).await.unwrap());
            let found = run::find(&mut tx, &run.id).await.unwrap().unwrap();
            assert_eq!((found.state, found.failure), (last, ended(last).failure));
            assert!(run::delete(&mut tx, &run.id).await.unwrap());
        }
    })
    .await;
}

#[tokio::test]
async fn one_idempotency_key_of_one_person_is_one_run() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let first = a_run("per_u");
        assert!(run::insert(&mut tx, &first, "node", Some("key")).await.unwrap());
        assert!(!run::insert(&mut tx, &a_run("per_u"), "node", Some("key")).await.unwrap());
        assert!(run::insert(&mut tx, &a_run("per_v"), "node", Some("key")).await.unwrap());
        assert!(run::insert(&mut tx, &a_run("per_u"), "node", None).await.unwrap());
        assert!(run::insert(&mut tx, &a_run("per_u"), "node", None).await.unwrap());
        let found = run::find_by_key(&mut tx, &"per_u".into(), "key").await.unwrap().unwrap();
        assert_eq!(found.id, first.id);
        assert_eq!(run::find_by_key(&mut tx, &"per_w".into(), "key").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn lists_are_by_person_and_state_and_a_run_outlives_its_assignment() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let (connection, role) = (add_connection(&mut tx, "one").await, add_role(&mut tx, "User").await);
        let view = add_view(&mut tx, "sales", "per_petra").await;
        let assignment = an_assignment(&view, &connection, &role);
        crate::assignment::assign(&mut tx, &assignment, NOW).await.unwrap();
        let run = Run { assignment: Some(assignment.id.clone()), ..a_run("per_u") };
        run::insert(&mut tx, &run, "node", None).await.unwrap();
        run::insert(&mut tx, &a_run("per_v"), "node", None).await.unwrap();
        run::begin(&mut tx, &run.id, NOW).await.unwrap();
        let available =
            crate::assignment::available(&mut tx, &"per_u".into(), None, NOW, &Listing::default()).await.unwrap();
        assert_eq!(available.items[0].last_run_at, Some(NOW));

        crate::assignment::delete(&mut tx, &assignment.id).await.unwrap();
        assert_eq!(run::find(&mut tx, &run.id).await.unwrap().unwrap().assignment, None);
        let own = run::list(&mut tx, Some(&"per_u".into()), None, &Listing::default()).await.unwrap();
        assert_eq!(own.items.len(), 1);
        let running = run::list(&mut tx, None, Some(RunState::Running), &Listing::default()).await.unwrap();
        assert_eq!(running.items[0].id, run.id);
        for sort in [
            "created",
            "started_at",
            "finished",
            "expires_at",
            "took_ms",
            "-took_ms",
            "title",
            "state",
            "person",
            "connection",
            "rows",
            "-bytes",
        ] {
            let listing =
                Listing { sort: Some(sort.to_owned()), limit: Some(1), q: Some("ursula".to_owned()), after: None };
            let first = run::list(&mut tx, None, None, &listing).await.unwrap();
            let second = run::list(&mut tx, None, None, &Listing { after: first.next, ..listing }).await.unwrap();
            assert_eq!((second.items.len(), second.next), (1, None), "{sort}");
        }
        assert_eq!(run::unfinished(&mut tx, &"per_u".into(), 10).await.unwrap(), [run.id]);
    })
    .await;
}

#[tokio::test]
async fn what_is_due_is_found_once_it_has_ended() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let run = a_run("per_u");
        run::insert(&mut tx, &run, "node", None).await.unwrap();
        run::begin(&mut tx, &run.id, NOW).await.unwrap();
        let due = after(60);
        assert_eq!(run::expired(&mut tx, due, 10).await.unwrap(), []);
        run::complete(&mut tx, &run.id, &completed()).await.unwrap();
        assert_eq!(run::expired(&mut tx, NOW, 10).await.unwrap(), []);
        assert_eq!(run::expired(&mut tx, due, 10).await.unwrap(), [run.id]);
    })
    .await;
}

#[tokio::test]
async fn a_run_that_is_not_kept_is_on_no_list_and_goes_sooner() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let run = Run { asked: Asked::Execute, kept: false, ..a_run("per_u") };
        run::insert(&mut tx, &run, "node", None).await.unwrap();
        run::begin(&mut tx, &run.id, NOW).await.unwrap();
        run::complete(&mut tx, &run.id, &completed()).await.unwrap();
        assert_eq!(run::list(&mut tx, None, None, &Listing::default()).await.unwrap().items, []);
        assert_eq!(run::find(&mut tx, &run.id).await.unwrap().unwrap().expires_at, Some(after(10)));

        run::put_off(&mut tx, &run.id, after(5)).await.unwrap();
        assert_eq!(
            run::expired(&mut tx, after(10), 10).await.unwrap(),
            std::slice::from_ref(&run.id),
            "looking brings nothing nearer"
        );
        run::put_off(&mut tx, &run.id, after(20)).await.unwrap();
        assert!(!run::delete_expired(&mut tx, &run.id, after(10)).await.unwrap(), "somebody looked meanwhile");

        assert!(run::keep(&mut tx, &run.id, after(60)).await.unwrap());
        assert!(!run::keep(&mut tx, &run.id, after(90)).await.unwrap(), "it is kept already");
        run::put_off(&mut tx, &run.id, after(90)).await.unwrap();
        let kept = run::list(&mut tx, None, None, &Listing::default()).await.unwrap().items;
        assert_eq!((kept[0].kept, kept[0].expires_at), (true, Some(after(60))));
        assert!(run::delete_expired(&mut tx, &run.id, after(60)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_run_that_is_kept_while_it_goes_on_stays_as_long_as_any() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let run = Run { asked: Asked::Execute, kept: false, ..a_run("per_u") };
        run::insert(&mut tx, &run, "node", None).await.unwrap();
        run::begin(&mut tx, &run.id, NOW).await.unwrap();
        assert!(run::keep(&mut tx, &run.id, after(90)).await.unwrap());
        assert_eq!(run::find(&mut tx, &run.id).await.unwrap().unwrap().expires_at, None);
        run::complete(&mut tx, &run.id, &completed()).await.unwrap();
        assert_eq!(run::find(&mut tx, &run.id).await.unwrap().unwrap().expires_at, Some(after(60)));

        let failed = Run { asked: Asked::Execute, kept: false, ..a_run("per_u") };
        run::insert(&mut tx, &failed, "node", None).await.unwrap();
        run::end(&mut tx, &failed.id, &ended(RunState::Failed)).await.unwrap();
        assert!(!run::keep(&mut tx, &failed.id, after(90)).await.unwrap(), "there is nothing to keep");
    })
    .await;
}

#[tokio::test]
async fn what_a_node_left_is_found_by_the_node_alone() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let (own, other) = (a_run("per_u"), a_run("per_u"));
        run::insert(&mut tx, &own, "node_1", None).await.unwrap();
        run::insert(&mut tx, &other, "node_2", None).await.unwrap();
        assert_eq!(run::unfinished_of_node(&mut tx, "node_1", 10).await.unwrap(), std::slice::from_ref(&own.id));
        run::end(&mut tx, &own.id, &ended(RunState::Interrupted)).await.unwrap();
        assert_eq!(run::unfinished_of_node(&mut tx, "node_1", 10).await.unwrap(), []);
    })
    .await;
}
