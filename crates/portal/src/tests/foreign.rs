//! A foreign id, or an unknown one, is answered as if nothing were there, whatever is asked of it.

use super::*;
use crate::{FileFormat, NewPreview};

fn is_not_found<T>(answer: crate::Result<T>) -> bool {
    matches!(answer, Err(Error::NotFound))
}

#[tokio::test]
async fn a_foreign_run_is_not_there() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    for (who, id) in [
        (stranger(), run.clone()),
        (publisher(), run.clone()),
        (user(), "run_unknown".into()),
        (user(), "../portal".into()),
    ] {
        let portal = &site.portal;
        assert!(is_not_found(portal.run(&who, &id).await));
        assert!(is_not_found(portal.keep_run(&who, &id).await));
        assert!(is_not_found(portal.page(&who, &id, 0, 10, &Arrangement::default()).await));
        assert!(is_not_found(portal.export(&who, &id, FileFormat::Csv, Arrangement::default()).await));
        assert!(is_not_found(portal.follow_run(&who, &id).await.map(|_| ())));
        assert!(is_not_found(portal.cancel_run(&who, &id).await));
        assert!(is_not_found(portal.remove_run(&who, &id).await));
        assert_eq!(portal.runs(&stranger(), None, &Default::default()).await.unwrap().items, []);
    }
    assert_eq!(site.rows(&user(), &run).await.as_array().unwrap().len(), 5);
    // Whoever may see all results sees it.
    assert_eq!(site.rows(&admin(), &run).await.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_report_that_is_not_assigned_to_ones_roles_is_not_there() {
    let site = Site::start().await;
    let report = site.report("select id from sale", vec![]).await;
    assert!(is_not_found(site.portal.execute(&stranger(), &report, new_run(&[])).await));
    assert!(is_not_found(site.portal.execute(&publisher(), &report, new_run(&[])).await));
    assert!(is_not_found(site.portal.execute(&user(), &"asg_unknown".into(), new_run(&[])).await));
    let no_permission = actor("nora", &[], &["User"]);
    assert!(is_not_found(site.portal.execute(&no_permission, &report, new_run(&[])).await));
    assert_eq!(site.portal.available(&no_permission, &Default::default()).await.unwrap().items, []);
    assert_eq!(site.portal.available(&stranger(), &Default::default()).await.unwrap().items, []);
    assert_eq!(site.portal.available(&user(), &Default::default()).await.unwrap().items.len(), 1);
    assert_eq!(site.portal.available(&admin(), &Default::default()).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn a_foreign_view_is_not_there() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale", vec![]).await;
    let assignment = site.assign(&view, &connection).await;
    for (who, id) in [(stranger(), view.clone()), (user(), view.clone()), (admin(), "viw_unknown".into())] {
        let portal = &site.portal;
        assert!(is_not_found(portal.view(&who, &id).await));
        assert!(is_not_found(portal.view_version(&who, &id, 1).await));
        assert!(is_not_found(
            portal.publish_next(&who, &id, 1, new_view("sales", "select 1 as one", &connection)).await
        ));
        assert!(is_not_found(portal.remove_view(&who, &id).await));
    }
    assert!(is_not_found(site.portal.assign(&stranger(), new_assignments(&view, &connection)).await));
    assert!(is_not_found(site.portal.unassign(&stranger(), &assignment).await));
    assert!(is_not_found(site.portal.unassign(&admin(), &"asg_unknown".into()).await));
    assert_eq!(site.portal.views(&stranger(), &Default::default()).await.unwrap().items, []);
    assert_eq!(site.portal.assignments(&stranger(), &Default::default()).await.unwrap().items, []);
    assert_eq!(site.portal.view(&publisher(), &view).await.unwrap().assignments_count, 1);
}

#[tokio::test]
async fn a_connection_that_names_other_publishers_is_not_there() {
    let site = Site::start().await;
    let new = NewConnection { publishers: Publishers::Only(vec![]), ..new_connection("Closed", &site.sales()) };
    let closed = site.portal.add_connection(&admin(), new).await.unwrap().id;
    let petra = publisher();
    let portal = &site.portal;
    assert!(is_not_found(portal.connection(&petra, &closed).await));
    assert!(is_not_found(portal.catalog(&petra, &closed).await));
    assert!(is_not_found(portal.connection(&user(), &closed).await));
    assert!(is_not_found(portal.connection(&admin(), &"con_unknown".into()).await));
    let refused = portal.publish(&petra, new_view("sales", "select id from sale", &closed)).await;
    assert!(refusal(refused.unwrap_err(), "connection_id").contains("no such connection"));
    let preview =
        NewPreview { sql: "select 1 as one".to_owned(), parameters: vec![], values: Values::new(), connection: closed };
    assert!(
        refusal(portal.preview(&petra, preview).await.unwrap_err(), "connection_id").contains("no such connection")
    );
    assert_eq!(portal.connections(&petra, &Default::default()).await.unwrap().items, []);
}

#[tokio::test]
async fn what_takes_a_permission_says_which() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let (petra, ursula, portal) = (publisher(), user(), &site.portal);
    let needs = |answer: crate::Result<()>, permission: Permission| {
        assert!(matches!(answer, Err(Error::PermissionNeeded(needed)) if needed == permission), "{answer:?}");
    };
    let new = || new_connection("Another", &site.sales());
    needs(portal.add_connection(&petra, new()).await.map(drop), Permission::Configure);
    needs(portal.change_connection(&petra, &connection, new()).await.map(drop), Permission::Configure);
    needs(portal.remove_connection(&petra, &connection).await, Permission::Configure);
    needs(portal.test_connection(&petra, &connection).await.map(drop), Permission::Configure);
    needs(portal.connections(&ursula, &Default::default()).await.map(drop), Permission::Publish);
    needs(portal.publish(&ursula, new_view("x", "select 1 as one", &connection)).await.map(drop), Permission::Publish);
    needs(portal.inspect(&ursula, "select 1").await.map(drop), Permission::Publish);
    needs(portal.views(&ursula, &Default::default()).await.map(drop), Permission::Publish);
    needs(portal.assignments(&ursula, &Default::default()).await.map(drop), Permission::Publish);
    needs(portal.assign(&ursula, new_assignments(&"viw_x".into(), &connection)).await.map(drop), Permission::Publish);
    needs(portal.defined_fields(&ursula, &Default::default()).await.map(drop), Permission::ManageUsers);
    needs(portal.add_defined_field(&petra, region_field()).await.map(drop), Permission::ManageUsers);
    needs(
        portal.change_defined_field(&petra, &"fld_x".into(), region_field()).await.map(drop),
        Permission::ManageUsers,
    );
    needs(portal.remove_defined_field(&petra, &"fld_x".into()).await, Permission::ManageUsers);
    needs(portal.set_field_value(&petra, &ursula.person, &"fld_x".into(), None).await, Permission::ManageUsers);
}
