//! Each test runs on SQLite and on PostgreSQL.

mod assignments;
mod connections;
mod fields;
mod listings;
mod people;
mod runs;
mod sign_ins;
mod views;

use db::{Conn, Db, query};
use domain::{
    Assignment, AssignmentId, Budget, Column, Connection, ConnectionId, ConnectionKind, DataType, Parameter, PersonId,
    ReportType, RoleId, View, ViewId, ViewVersion, view::Definition,
};
use world::{Instant, OsRandom};

use crate::connection::Publishers;

pub(crate) const NOW: Instant = Instant::from_seconds(1_700_000_000);

/// Runs a test on a fresh, migrated database of each kind.
pub(crate) async fn each(test: impl AsyncFn(Db)) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Db::open(&db::Address::Sqlite(folder.path().join("meta.db"))).await.unwrap();
    let postgres = testkit_postgres::Postgres::shared().fresh_database();
    for db in [sqlite, Db::open(&postgres.parse().unwrap()).await.unwrap()] {
        db::migrate::run(&db, crate::MIGRATIONS, NOW).await.unwrap();
        test(db).await;
    }
}

pub(crate) async fn add_person(conn: &mut Conn, id: &str) -> PersonId {
    query(
        "insert into person (id, source, issuer, subject, name, login, email, status, active, epoch, rights_us, created_us)
         values ($1, 'okta', 'http://localhost', $1, $1, $1, '', 'ACTIVE', 1, 0, 0, 0)",
    )
    .bind(id)
    .execute(conn)
    .await
    .unwrap();
    id.into()
}

pub(crate) async fn add_role(conn: &mut Conn, name: &str) -> RoleId {
    let id = format!("rol_{name}");
    query("insert into role (id, name, group_name, permissions, preset, created_us) values ($1, $2, $3, '[]', 0, 0)")
        .bind(&id)
        .bind(name)
        .bind(format!("WR{name}"))
        .execute(conn)
        .await
        .unwrap();
    id.into()
}

pub(crate) fn a_connection(name: &str) -> Connection {
    Connection {
        id: ConnectionId::new(&OsRandom),
        name: name.to_owned(),
        kind: ConnectionKind::Sqlite { path: "/srv/sales.db".to_owned() },
        budget: Budget::default(),
    }
}

pub(crate) async fn add_connection(conn: &mut Conn, name: &str) -> ConnectionId {
    let connection = a_connection(name);
    crate::connection::insert(conn, &connection, &Publishers::All, NOW).await.unwrap();
    connection.id
}

pub(crate) fn a_definition() -> Definition {
    Definition {
        sql: "select name from region where year = ?Year?".to_owned(),
        parameters: vec![Parameter {
            name: "Year".to_owned(),
            label: "Year".to_owned(),
            data_type: DataType::Integer,
            required: true,
            default: None,
            list: false,
        }],
        columns: vec![Column::found("name", DataType::Text)],
        types: vec![ReportType::Details],
    }
}

pub(crate) async fn add_view(conn: &mut Conn, name: &str, publisher: &str) -> ViewId {
    let view = View {
        id: ViewId::new(&OsRandom),
        name: name.to_owned(),
        title: format!("The {name}"),
        description: String::new(),
        category: "Sales".to_owned(),
        version: 1,
        publisher: publisher.into(),
    };
    crate::view::insert(conn, &view, NOW).await.unwrap();
    let version = ViewVersion {
        view: view.id.clone(),
        version: 1,
        definition: a_definition(),
        note: "first".to_owned(),
        published_by: publisher.into(),
        published_at: NOW,
    };
    crate::view::insert_version(conn, &version, "Petra").await.unwrap();
    view.id
}

pub(crate) fn an_assignment(view: &ViewId, connection: &ConnectionId, role: &RoleId) -> Assignment {
    Assignment {
        id: AssignmentId::new(&OsRandom),
        view: view.clone(),
        connection: connection.clone(),
        role: role.clone(),
        report_type: ReportType::Details,
        category: "Sales".to_owned(),
        description: String::new(),
        expires_at: None,
    }
}

#[tokio::test]
async fn a_database_is_new_until_its_first_migration() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = Db::open(&db::Address::Sqlite(folder.path().join("meta.db"))).await.unwrap();
    let postgres = testkit_postgres::Postgres::shared().fresh_database();
    for db in [sqlite, Db::open(&postgres.parse().unwrap()).await.unwrap()] {
        assert!(crate::is_new(&mut db.read().await.unwrap()).await.unwrap());
        db::migrate::run(&db, crate::MIGRATIONS, NOW).await.unwrap();
        assert!(!crate::is_new(&mut db.read().await.unwrap()).await.unwrap());
    }
}
