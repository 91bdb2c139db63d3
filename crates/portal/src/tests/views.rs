//! Publish: what is refused, what a version fixes, what a preview shows.

use domain::Column;

use super::*;
use crate::NewPreview;

#[tokio::test]
async fn publishing_finds_the_columns_and_keeps_the_publishers_words_for_them() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let column = Column {
        label: "Betrag".to_owned(),
        width: Some(120),
        visible: false,
        ..Column::found("amount", DataType::Text)
    };
    let new = NewView {
        columns: vec![column],
        parameters: vec![year()],
        ..new_view("sales", "select id, amount from sale where year = ?Year?", &connection)
    };
    let view = site.portal.publish(&publisher(), new).await.unwrap();
    let columns = &view.shown.definition.columns;
    assert_eq!(
        (columns[0].name.as_str(), columns[0].label.as_str(), columns[0].data_type),
        ("id", "Id", DataType::Integer)
    );
    assert_eq!(
        (columns[1].label.as_str(), columns[1].data_type, columns[1].visible),
        ("Betrag", DataType::Decimal, false)
    );
    assert_eq!((view.view.version, view.publisher_name.as_str(), view.shown.published_at), (1, "petra", NOW));
}

#[tokio::test]
async fn a_version_stays_as_it_was_and_a_run_says_which_it_ran() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale where id = 1", vec![]).await;
    let report = site.assign(&view, &connection).await;
    let first = site.run_to_end(&user(), &report).await;
    let next =
        NewView { note: "all of them".to_owned(), ..new_view("sales", "select id, year from sale", &connection) };
    let published = site.portal.publish_next(&publisher(), &view, 1, next).await.unwrap();
    assert_eq!(published.view.version, 2);
    assert_eq!(published.versions.iter().map(|version| version.version).collect::<Vec<_>>(), [2, 1]);
    let second = site.run_to_end(&user(), &report).await;
    assert_eq!((first.run.view_version, first.run.rows), (1, 1));
    assert_eq!((second.run.view_version, second.run.rows, second.run.columns.len()), (2, 5, 2));
    // A View stays its publisher's, also when an administrator mends it.
    let mended = new_view("sales", "select id from sale where id = 2", &connection);
    assert_eq!(site.portal.publish_next(&admin(), &view, 2, mended).await.unwrap().publisher_name, "anna");
    assert_eq!(site.portal.views(&publisher(), &Default::default()).await.unwrap().items[0].view.version, 3);
    let old = site.portal.view_version(&publisher(), &view, 1).await.unwrap();
    assert_eq!(old.shown.definition.sql, "select id from sale where id = 1");
    assert!(matches!(site.portal.view_version(&publisher(), &view, 4).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_beside_its_field() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let refused =
        async |new: NewView, field: &str| refusal(site.portal.publish(&publisher(), new).await.unwrap_err(), field);
    let new = |sql: &str| new_view("sales", sql, &connection);
    assert!(refused(new("select id from sale; delete from sale"), "sql").await.contains("more than one statement"));
    assert!(refused(new("select id from sale where x = @Nobody"), "sql").await.contains("@Nobody"));
    assert!(refused(new("select id from sale where year = ?Year?"), "parameters").await.contains("not declared"));
    let unused = NewView { parameters: vec![year()], ..new("select id from sale") };
    assert!(refused(unused, "parameters").await.contains("not in the query"));
    let sql = "select id from sale where year = ?Year?";
    let twice = NewView { parameters: vec![year(), year()], ..new(sql) };
    assert!(refused(twice, "parameters").await.contains("twice"));
    let default = Parameter { default: Some("soon".to_owned()), ..year() };
    assert!(refused(NewView { parameters: vec![default], ..new(sql) }, "parameters").await.contains("whole number"));
    let label = Parameter { label: " ".to_owned(), ..year() };
    assert!(refused(NewView { parameters: vec![label], ..new(sql) }, "parameters").await.contains("label"));
    let column = NewView { columns: vec![Column::found("nothing", DataType::Text)], ..new("select id from sale") };
    assert!(refused(column, "columns").await.contains("no column `nothing`"));
    assert!(refused(NewView { name: "1 sale".to_owned(), ..new("select 1 as one") }, "name").await.contains("letter"));
    assert!(refused(NewView { title: String::new(), ..new("select 1 as one") }, "title").await.contains("title"));
    let unknown = NewView { connection: "con_unknown".into(), ..new("select 1 as one") };
    assert!(refused(unknown, "connection_id").await.contains("no such"));
    let failed = site.portal.publish(&publisher(), new("select id from nowhere")).await;
    assert!(matches!(failed, Err(Error::Source(_))));
    for sql in [
        "delete from sale",
        "update sale set year = 1",
        "insert into sale select * from sale",
        "pragma user_version = 7",
        "attach 'x.db' as x",
    ] {
        assert!(site.portal.publish(&publisher(), new(sql)).await.is_err(), "{sql}");
    }
    assert_eq!(site.portal.views(&admin(), &Default::default()).await.unwrap().items, []);
    site.publish(&connection, "select 1 as one", vec![]).await;
    let taken = NewView { name: "SALES".to_owned(), ..new("select 1 as one") };
    assert!(refused(taken, "name").await.contains("another View"));
}

#[tokio::test]
async fn inspecting_finds_parameters_identifiers_and_faults_without_a_database() {
    let site = Site::start().await;
    site.portal.add_defined_field(&admin(), region_field()).await.unwrap();
    let found = site
        .portal
        .inspect(&publisher(), "select 1 where a = ?Year? and r = @regionid and b = ?Year? and x = @Other")
        .await
        .unwrap();
    assert_eq!(
        (found.parameters, found.fields),
        (vec!["Year".to_owned()], vec!["@regionid".to_owned(), "@Other".to_owned()])
    );
    assert_eq!(found.problems.len(), 1);
    assert!(found.problems[0].message.contains("@Other"));
    let broken = site.portal.inspect(&publisher(), "select 1\n;\nselect 2").await.unwrap();
    assert_eq!(broken.problems[0].line, Some(3));
}

#[tokio::test]
async fn a_preview_shows_the_first_rows_under_the_publishers_own_values() {
    let site = Site::start().await;
    site.portal.add_defined_field(&admin(), region_field()).await.unwrap();
    let connection = site.connection().await;
    let preview = |sql: &str| NewPreview {
        sql: sql.to_owned(),
        parameters: vec![],
        values: Values::new(),
        connection: connection.clone(),
    };
    let shown = site
        .portal
        .preview(&with_field(&publisher(), 1), preview("select id from sale where region_id = @RegionID"))
        .await
        .unwrap();
    assert_eq!(shown.columns, [("id".to_owned(), DataType::Integer)]);
    assert_eq!(json!(cells(&shown.batches[0]).unwrap()), json!([[1], [2]]));
    let withheld =
        site.portal.preview(&publisher(), preview("select id from sale where region_id = @RegionID")).await.unwrap();
    assert_eq!((withheld.withheld.as_slice(), withheld.batches.len()), (["@RegionID".to_owned()].as_slice(), 0));
    let many = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n";
    let cut = site.portal.preview(&publisher(), preview(many)).await.unwrap();
    assert!(cut.was_cut);
    assert_eq!(cut.batches.iter().map(arrow::record_batch::RecordBatch::num_rows).sum::<usize>(), 100);
    site.quiet(&connection).await;
    assert_eq!(site.portal.runs(&admin(), None, &Default::default()).await.unwrap().items, []);
}

#[tokio::test]
async fn a_removed_view_takes_its_assignments_and_leaves_its_runs() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale", vec![]).await;
    let report = site.assign(&view, &connection).await;
    let run = site.run_to_end(&user(), &report).await.run.id;
    site.portal.remove_view(&publisher(), &view).await.unwrap();
    assert!(matches!(site.portal.execute(&user(), &report, new_run(&[])).await, Err(Error::NotFound)));
    let kept = site.portal.run(&user(), &run).await.unwrap();
    assert_eq!((kept.run.assignment, kept.actions.as_slice()), (None, ["view", "download", "delete"].as_slice()));
    assert_eq!(site.rows(&user(), &run).await.as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_version_that_began_from_an_older_one_is_not_put_over_a_newer_one() {
    let site = Site::start().await;
    let connection = site.connection().await;
    let view = site.publish(&connection, "select id from sale", vec![]).await;
    let next = |sql: &str| new_view("sales", sql, &connection);
    site.portal.publish_next(&admin(), &view, 1, next("select id, year from sale")).await.unwrap();
    let error = site.portal.publish_next(&publisher(), &view, 1, next("select year from sale")).await.unwrap_err();
    assert!(matches!(&error, Error::ViewChanged { version: 2, by, expected: 1 } if by == "anna"), "{error:?}");
    assert_eq!(site.portal.view(&publisher(), &view).await.unwrap().shown.definition.sql, "select id, year from sale");
    let third = site.portal.publish_next(&publisher(), &view, 2, next("select year from sale")).await.unwrap();
    assert_eq!(third.view.version, 3);
}
