//! Start-up and stop: nothing is left under way, nothing is left behind.

use domain::{Run, RunState};

use super::{
    runs::{endless, until_running},
    *,
};

#[tokio::test]
async fn what_a_dead_process_left_is_interrupted_and_its_files_go() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    let done = site.run_to_end(&user(), &report).await.run;
    // As a process that was killed would leave it: a run that goes on, and a file of a run that never completed.
    let orphan = Run { id: "run_orphan".into(), ..done.clone() };
    let mut tx = site.portal.db.begin().await.unwrap();
    store::run::insert(&mut tx, &orphan, &site.portal.node, None).await.unwrap();
    store::run::begin(&mut tx, &orphan.id, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let results = site.folder.path().join("data/results");
    let file = |run: &RunId| results.join(format!("{run}.parquet"));
    std::fs::copy(file(&done.id), file(&orphan.id)).unwrap();
    std::fs::write(results.join("run_draft.parquet.part"), b"half").unwrap();

    let portal = site.open_again().await;
    let interrupted = portal.run(&user(), &orphan.id).await.unwrap();
    assert_eq!(interrupted.run.state, RunState::Interrupted);
    assert!(interrupted.run.failure.unwrap().detail.contains("the server stopped"));
    assert!(!file(&orphan.id).exists() && !results.join("run_draft.parquet.part").exists());
    let page = portal.page(&user(), &done.id, 0, 10, &Arrangement::default()).await.unwrap();
    assert_eq!(page.total, 5);
}

#[tokio::test]
async fn a_command_beside_a_running_portal_leaves_its_runs_and_files_alone() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let report = endless(&site, &connection).await;
    let run = site.execute(&user(), &report).await.run.id;
    until_running(&site, &run).await;
    let draft = site.folder.path().join("data/results/run_other.parquet.part");
    std::fs::write(&draft, b"half").unwrap();
    let world = World { clock: site.clock.clone(), random: Arc::new(OsRandom) };

    let beside = Portal::open_beside(site.portal.config.clone(), world.clone()).await.unwrap();
    assert!(beside.is_at_work().unwrap());
    beside.shut_down(Duration::ZERO).await;
    assert_eq!(site.portal.run(&user(), &run).await.unwrap().run.state, RunState::Running);
    assert!(draft.exists());
    let second = Portal::open(site.portal.config.clone(), world.clone()).await;
    assert!(matches!(second.err(), Some(Error::Conflict(_))));
    assert_eq!(site.portal.run(&user(), &run).await.unwrap().run.state, RunState::Running);

    site.portal.shut_down(Duration::ZERO).await;
    let beside = Portal::open_beside(site.portal.config.clone(), world).await.unwrap();
    assert!(!beside.is_at_work().unwrap());
}

#[tokio::test]
async fn a_stop_waits_for_what_runs_and_then_interrupts_it() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let report = endless(&site, &connection).await;
    let run = site.execute(&user(), &report).await.run.id;
    until_running(&site, &run).await;
    site.portal.shut_down(Duration::ZERO).await;
    site.quiet(&connection).await;
    let portal = site.open_again().await;
    let run = portal.run(&user(), &run).await.unwrap().run;
    assert_eq!((run.state, run.failure.unwrap().slug.as_str()), (RunState::Interrupted, "interrupted"));
}

#[tokio::test]
async fn a_portal_that_stops_begins_nothing_new() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    site.portal.ready().await.unwrap();
    site.portal.runner.stopping.cancel();
    assert!(matches!(site.portal.ready().await, Err(Error::Stopping)));
    assert!(matches!(site.portal.execute(&user(), &report, new_run(&[])).await, Err(Error::Stopping)));
}

#[tokio::test]
async fn a_database_without_its_key_refuses_to_start() {
    let site = Site::start().await;
    std::fs::remove_file(site.folder.path().join("keys/portal.key")).unwrap();
    let refused = open(site.folder.path(), site.clock.clone()).await;
    assert!(matches!(refused.err(), Some(Error::Vault(vault::Error::KeyMissing { .. }))));
}

#[tokio::test]
async fn a_database_with_another_databases_key_refuses_to_start() {
    let (site, other) = (Site::start().await, Site::start().await);
    let key = |site: &Site| site.folder.path().join("keys/portal.key");
    std::fs::copy(key(&other), key(&site)).unwrap();
    let refused = open(site.folder.path(), site.clock.clone()).await;
    assert!(matches!(refused.err(), Some(Error::Store(store::Error::Vault(vault::Error::NotOpened { .. })))));
}

#[tokio::test]
async fn a_portal_keeps_its_metadata_in_postgresql_as_well() {
    let address: db::Address = testkit_postgres::Postgres::shared().fresh_database().parse().unwrap();
    let site = Site::start_on(Some(address.clone())).await;
    let report = site.report("select id from sale where year = ?Year? order by id", vec![year()]).await;
    let request = NewRun { idempotency_key: Some("key".to_owned()), ..new_run(&[("Year", "2025")]) };
    let run = site.portal.execute(&user(), &report, request.clone()).await.unwrap().run.id;
    assert_eq!(site.portal.execute(&user(), &report, request).await.unwrap().run.id, run);
    assert_eq!(site.ended(&user(), &run).await.run.state, RunState::Completed);
    assert_eq!(site.rows(&user(), &run).await, json!([[1]]));
    let taken = site
        .portal
        .publish(
            &publisher(),
            new_view("SALES", "select 1 as one", &site.connection_with("Two", Budget::default()).await),
        )
        .await;
    assert!(refusal(taken.unwrap_err(), "name").contains("another View"));
    // Opened again it is not new: without its key it refuses.
    std::fs::remove_file(site.folder.path().join("keys/portal.key")).unwrap();
    let refused = open_on(address, site.folder.path(), site.clock.clone()).await;
    assert!(matches!(refused.err(), Some(Error::Vault(vault::Error::KeyMissing { .. }))));
}
