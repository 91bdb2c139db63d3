//! Execute shows and Download keeps: what nobody keeps is on no list and goes, and never under somebody's eyes.

use domain::RunState;

use super::*;
use crate::{EXECUTE_RESULT_AGE, retention::LOOKED_AT_FOR};

const MINUTE: Duration = Duration::from_secs(60);

async fn listed(portal: &Portal) -> usize {
    portal.runs(&user(), None, &Default::default()).await.unwrap().items.len()
}

/// A run that is shown and not kept, at its end.
async fn shown(site: &Site) -> RunStatus {
    let report = site.report("select id from sale order by id", vec![]).await;
    let run = NewRun { keep: false, ..new_run(&[]) };
    let run = site.portal.execute(&user(), &report, run).await.unwrap().run.id;
    site.ended(&user(), &run).await
}

#[tokio::test]
async fn execute_is_not_on_completed_until_it_is_kept() {
    let site = Site::start().await;
    let run = shown(&site).await;
    assert_eq!((run.run.kept, run.run.expires_at), (false, Some(NOW.plus(EXECUTE_RESULT_AGE))));
    assert_eq!(run.actions, ["view", "download", "keep", "delete", "re-execute"]);
    assert_eq!(listed(&site.portal).await, 0);
    assert_eq!(site.rows(&user(), &run.run.id).await.as_array().unwrap().len(), 5);

    let kept = site.portal.keep_run(&user(), &run.run.id).await.unwrap();
    assert_eq!((kept.run.kept, kept.run.expires_at), (true, Some(NOW.plus(30 * DAY))));
    assert_eq!(kept.actions, ["view", "download", "delete", "re-execute"]);
    assert_eq!(site.portal.keep_run(&user(), &run.run.id).await.unwrap(), kept);
    assert_eq!(listed(&site.portal).await, 1);
}

#[tokio::test]
async fn download_is_kept_from_its_beginning() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    let download = NewRun { asked: Asked::Download, keep: false, ..new_run(&[]) };
    assert!(site.portal.execute(&user(), &report, download).await.unwrap().run.kept);
    assert_eq!(listed(&site.portal).await, 1);
}

#[tokio::test]
async fn what_nobody_keeps_goes_with_its_data_also_after_a_crash() {
    let site = Site::start().await;
    let run = shown(&site).await.run.id;
    let portal = site.open_again().await;
    assert_eq!(portal.page(&user(), &run, 0, 10, &Arrangement::default()).await.unwrap().total, 5);
    site.clock.advance(EXECUTE_RESULT_AGE - MINUTE);
    assert_eq!(portal.remove_expired().await.unwrap(), 0);
    site.clock.advance(MINUTE);
    assert_eq!(portal.remove_expired().await.unwrap(), 1);
    assert!(portal.results.file(&run).is_err());
    assert!(matches!(portal.run(&user(), &run).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_somebody_looks_at_does_not_go() {
    let site = Site::start().await;
    let run = shown(&site).await.run.id;
    site.clock.advance(EXECUTE_RESULT_AGE - MINUTE);
    for _ in 0..6 {
        site.portal.page(&user(), &run, 0, 1, &Arrangement::default()).await.unwrap();
        site.clock.advance(LOOKED_AT_FOR - MINUTE);
        assert_eq!(site.portal.remove_expired().await.unwrap(), 0);
    }
    site.clock.advance(LOOKED_AT_FOR * 2);
    assert_eq!(site.portal.remove_expired().await.unwrap(), 1);
}

#[tokio::test]
async fn a_run_that_brought_nothing_cannot_be_kept() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let report = super::runs::endless(&site, &connection).await;
    let new = NewRun { keep: false, ..new_run(&[]) };
    let run = site.portal.execute(&user(), &report, new).await.unwrap();
    assert_eq!(run.actions, ["keep", "cancel"]);
    let cancelled = site.portal.cancel_run(&user(), &run.run.id).await.unwrap();
    assert_eq!((cancelled.run.state, cancelled.actions.contains(&"keep")), (RunState::Cancelled, false));
    assert!(matches!(site.portal.keep_run(&user(), &run.run.id).await, Err(Error::Conflict(_))));
    site.quiet(&connection).await;
}

#[tokio::test]
async fn the_same_key_asked_to_keep_is_another_request() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    let new = |keep| NewRun { keep, idempotency_key: Some("once".to_owned()), ..new_run(&[]) };
    let first = site.portal.execute(&user(), &report, new(false)).await.unwrap().run.id;
    assert!(matches!(site.portal.execute(&user(), &report, new(true)).await, Err(Error::Conflict(_))));
    site.ended(&user(), &first).await;
    site.portal.keep_run(&user(), &first).await.unwrap();
    assert_eq!(site.portal.execute(&user(), &report, new(false)).await.unwrap().run.id, first);
}
