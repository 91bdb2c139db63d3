//! Assignments: who may assign what, and until when it may be run.

use super::*;

#[tokio::test]
async fn a_lapsed_assignment_says_so_and_its_results_stay() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale", vec![]).await;
    let new = NewAssignments { expiration_days: Some(2), ..new_assignments(&view, &connection) };
    let report = site.portal.assign(&admin(), new).await.unwrap()[0].assignment.clone();
    assert_eq!(report.expires_at, Some(NOW.plus(2 * DAY)));
    let run = site.run_to_end(&user(), &report.id).await.run.id;
    site.clock.advance(2 * DAY);
    let lapsed = site.portal.execute(&user(), &report.id, new_run(&[])).await.unwrap_err();
    assert!(matches!(lapsed, Error::Lapsed { report } if report == "Sales by region"));
    assert!(matches!(site.portal.execute(&stranger(), &report.id, new_run(&[])).await, Err(Error::NotFound)));
    assert_eq!(site.portal.available(&user(), &Default::default()).await.unwrap().items, []);
    assert_eq!(site.rows(&user(), &run).await.as_array().unwrap().len(), 5);

    // Assigning the same again renews it under its id.
    let renewed = site.assign(&view, &connection).await;
    assert_eq!(renewed, report.id);
    site.run_to_end(&user(), &renewed).await;
}

#[tokio::test]
async fn a_publisher_assigns_their_own_views_on_their_own_connections() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale", vec![]).await;
    let new = NewAssignments { category: Some("Mine".to_owned()), ..new_assignments(&view, &connection) };
    let assigned = site.portal.assign(&publisher(), new).await.unwrap();
    assert_eq!(
        (assigned[0].assignment.category.as_str(), assigned[0].assignment.description.as_str()),
        ("Mine", "What was sold")
    );
    assert_eq!(site.portal.assignments(&publisher(), &Default::default()).await.unwrap().items, assigned);
    let closed = NewConnection { publishers: Publishers::Only(vec![]), ..new_connection("Closed", &site.sales()) };
    let closed = site.portal.add_connection(&admin(), closed).await.unwrap().id;
    let refused = site.portal.assign(&publisher(), new_assignments(&view, &closed)).await;
    assert!(refusal(refused.unwrap_err(), "connection_id").contains("no such"));
    site.portal.unassign(&publisher(), &assigned[0].assignment.id).await.unwrap();
}

#[tokio::test]
async fn one_call_assigns_all_or_nothing() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale", vec![]).await;
    let refused =
        async |new: NewAssignments, field: &str| refusal(site.portal.assign(&admin(), new).await.unwrap_err(), field);
    let new = || new_assignments(&view, &connection);
    let no_role = NewAssignments { roles: vec![user_role(), "rol_none".into()], ..new() };
    assert!(refused(no_role, "role_ids").await.contains("does not exist"));
    let no_type = NewAssignments { types: vec![ReportType::Details, ReportType::Visualize], ..new() };
    assert!(refused(no_type, "types").await.contains("Visualize"));
    assert!(refused(NewAssignments { views: vec![], ..new() }, "view_ids").await.contains("at least one"));
    assert!(
        refused(NewAssignments { expiration_days: Some(0), ..new() }, "expiration_days").await.contains("between 1")
    );
    assert!(
        refused(NewAssignments { connection: "con_none".into(), ..new() }, "connection_id").await.contains("no such")
    );
    assert_eq!(site.portal.assignments(&admin(), &Default::default()).await.unwrap().items, []);

    let both = NewAssignments { roles: vec![user_role(), "rol_testOther".into()], ..new() };
    assert_eq!(site.portal.assign(&admin(), both).await.unwrap().len(), 2);
    assert_eq!(site.portal.available(&stranger(), &Default::default()).await.unwrap().items.len(), 1);
}
