//! Connection profiles: what may be reached, and who learns what of it.

use domain::PostgresTls;
use vault::Secret;

use super::*;

fn postgres(host: &str) -> ConnectionKind {
    ConnectionKind::PostgreSql {
        host: host.to_owned(),
        port: 5432,
        database: "sales".to_owned(),
        user: "reader".to_owned(),
        tls: PostgresTls::Verify,
    }
}

#[tokio::test]
async fn the_portals_own_files_are_never_a_source() {
    let site = Site::start().await;
    let own = site.folder.path().join("data/portal.db");
    std::os::unix::fs::symlink(&own, site.folder.path().join("harmless.db")).unwrap();
    for path in [
        "data/portal.db",
        "data/portal.db-wal",
        "data/results",
        "data/../data/portal.db",
        "harmless.db",
        "keys/portal.key",
    ] {
        let new = new_connection("Own", &site.folder.path().join(path));
        let refused = site.portal.add_connection(&admin(), new).await.unwrap_err();
        assert!(refusal(refused, "sqlite.path").contains("own data"), "{path}");
    }
    let relative = site.portal.add_connection(&admin(), new_connection("Relative", Path::new("sales.db"))).await;
    assert!(refusal(relative.unwrap_err(), "sqlite.path").contains("begins with /"));
}

#[tokio::test]
async fn a_file_that_becomes_the_portals_own_later_is_refused_when_it_runs() {
    let site = Site::start().await;
    let link = site.folder.path().join("link.db");
    std::os::unix::fs::symlink(site.sales(), &link).unwrap();
    let connection = site.portal.add_connection(&admin(), new_connection("Link", &link)).await.unwrap().id;
    let report = site.report_on(&connection, "select id from sale", vec![]).await;
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(site.folder.path().join("data/portal.db"), &link).unwrap();
    let failed = site.run_to_end(&user(), &report).await;
    assert_eq!(failed.run.state, domain::RunState::Failed);
    assert!(site.portal.catalog(&admin(), &connection).await.is_err());
}

#[tokio::test]
async fn whoever_moves_a_profile_gives_its_password_again() {
    let site = Site::start().await;
    let new = |host: &str, password: Option<&str>| NewConnection {
        kind: postgres(host),
        password: password.map(Secret::new),
        ..new_connection("Warehouse", &site.sales())
    };
    let id = site.portal.add_connection(&admin(), new("db.example.com", Some("hunter2"))).await.unwrap().id;
    let moved = site.portal.change_connection(&admin(), &id, new("db.elsewhere.com", None)).await;
    assert!(refusal(moved.unwrap_err(), "password").contains("again"));
    let kept = site.portal.change_connection(&admin(), &id, new("db.example.com", None)).await.unwrap();
    assert!(kept.password_set);
    let moved = site.portal.change_connection(&admin(), &id, new("db.elsewhere.com", Some("hunter3"))).await.unwrap();
    assert!(moved.password_set);
    let removed = site.portal.change_connection(&admin(), &id, new("db.elsewhere.com", Some(""))).await.unwrap();
    assert!(!removed.password_set);
    assert!(!format!("{kept:?} {moved:?}").contains("hunter"));
}

#[tokio::test]
async fn a_publisher_knows_a_profile_by_its_name_alone() {
    let site = Site::start().await;
    let id = site.connection().await;
    let seen = site.portal.connection(&publisher(), &id).await.unwrap();
    assert_eq!((seen.name.as_str(), seen.kind, seen.settings, seen.publishers), ("Sales", "sqlite", None, None));
    assert_eq!(seen.actions, ["publish"]);
    let configured = site.portal.connection(&admin(), &id).await.unwrap();
    assert!(configured.settings.is_some());
    assert_eq!(configured.actions, ["edit", "test", "delete", "publish"]);
    let catalog = site.portal.catalog(&publisher(), &id).await.unwrap();
    assert_eq!(catalog.tables[0].name, "sale");
}

#[tokio::test]
async fn who_manages_reports_knows_the_profiles_that_they_assign_on_by_name() {
    let site = Site::start().await;
    let only = NewConnection { publishers: Publishers::Only(vec![]), ..new_connection("Closed", &site.sales()) };
    let id = site.portal.add_connection(&admin(), only).await.unwrap().id;
    let manager = actor("mara", &[Permission::ManageReports], &[]);
    let listed = site.portal.connections(&manager, &crate::Listing::default()).await.unwrap().items;
    assert_eq!((listed[0].name.as_str(), &listed[0].settings, listed[0].actions.len()), ("Closed", &None, 0));
    assert_eq!(site.portal.connection(&manager, &id).await.unwrap(), listed[0]);
    assert!(matches!(site.portal.catalog(&manager, &id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn the_portals_own_postgresql_is_never_a_source_whatever_its_address() {
    let server = testkit_postgres::Postgres::shared();
    let url = server.fresh_database();
    let site = Site::start_on(Some(url.parse().unwrap())).await;
    let kind = |database: &str| ConnectionKind::PostgreSql {
        host: "localhost".to_owned(),
        port: server.port(),
        database: database.to_owned(),
        user: "postgres".to_owned(),
        tls: domain::PostgresTls::Disable,
    };
    let own = NewConnection { kind: kind(url.rsplit('/').next().unwrap()), ..new_connection("Own", &site.sales()) };
    let own = site.portal.add_connection(&admin(), own).await.unwrap().id;
    let refused = site.portal.catalog(&admin(), &own).await;
    assert!(matches!(refused, Err(Error::Source(source::Error::Own { .. }))), "{refused:?}");
    let steps = site.portal.test_connection(&admin(), &own).await.unwrap();
    assert!(steps.last().unwrap().why.as_deref().unwrap_or_default().contains("belongs to the portal itself"));
    // Another database of the same server is one.
    let other = NewConnection { kind: kind("postgres"), ..new_connection("Other", &site.sales()) };
    let other = site.portal.add_connection(&admin(), other).await.unwrap().id;
    site.portal.catalog(&admin(), &other).await.unwrap();
}

#[tokio::test]
async fn a_profile_is_tested_step_by_step() {
    let site = Site::start().await;
    let id = site.connection().await;
    let steps = site.portal.test_connection(&admin(), &id).await.unwrap();
    assert!(!steps.is_empty() && steps.iter().all(|step| step.ok), "{steps:?}");
    std::fs::remove_file(site.sales()).unwrap();
    let steps = site.portal.test_connection(&admin(), &id).await.unwrap();
    let last = steps.last().unwrap();
    assert!(!last.ok && last.why.is_some() && last.fix.is_some(), "{steps:?}");
}

#[tokio::test]
async fn each_field_that_does_not_fit_has_a_message() {
    let site = Site::start().await;
    let new = NewConnection {
        name: " ".to_owned(),
        kind: ConnectionKind::PostgreSql {
            host: "user:secret@db".to_owned(),
            port: 0,
            database: String::new(),
            user: "reader".to_owned(),
            tls: PostgresTls::Verify,
        },
        budget: Budget { timeout_ms: 1, rows_max: 0, concurrent_max: 0 },
        password: None,
        publishers: Publishers::All,
    };
    let Err(Error::Invalid(errors)) = site.portal.add_connection(&admin(), new).await else { panic!("it is refused") };
    let fields: Vec<&str> = errors.keys().map(String::as_str).collect();
    let expected = [
        "concurrent_max",
        "name",
        "postgresql.database",
        "postgresql.host",
        "postgresql.port",
        "rows_max",
        "timeout_ms",
    ];
    assert_eq!(fields, expected);
    site.connection().await;
    let taken = site.portal.add_connection(&admin(), new_connection("SALES", &site.sales())).await;
    assert!(refusal(taken.unwrap_err(), "name").contains("another"));
}

#[tokio::test]
async fn a_profile_in_use_stays() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale", vec![]).await;
    let assignment = site.assign(&view, &connection).await;
    let used = site.portal.remove_connection(&admin(), &connection).await;
    assert!(matches!(used, Err(Error::Conflict(message)) if message.contains("1 assignments")));
    site.portal.unassign(&admin(), &assignment).await.unwrap();
    site.portal.remove_connection(&admin(), &connection).await.unwrap();
}
