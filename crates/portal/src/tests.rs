//! The reports part as people use it: bare actors, SQLite files as sources, no HTTP.

mod assignments;
mod connections;
mod exports;
mod fields;
mod foreign;
mod kept;
mod recovery;
mod runs;
mod views;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use domain::{
    Actor, Asked, AssignmentId, Budget, ConnectionId, ConnectionKind, DataType, FieldValue, Parameter, Permission,
    Permissions, ReportType, Role, RoleId, RunId, Value, Values, ViewId,
};
use futures::StreamExt;
use serde_json::json;
use tempfile::TempDir;
use vault::KeySource;
use world::{Instant, ManualClock, OsRandom, World};

use crate::{
    Arrangement, Error, NewAssignments, NewConnection, NewField, NewRun, NewView, Portal, PortalConfig, Publishers,
    RunStatus, cells,
};

const NOW: Instant = Instant::from_seconds(1_700_000_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A query that never ends and never gives a row.
const ENDLESS: &str = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as total from n";

/// A portal with one source database, in a folder of its own.
struct Site {
    portal: Portal,
    clock: Arc<ManualClock>,
    folder: TempDir,
}

impl Site {
    async fn start() -> Site {
        Site::start_on(None).await
    }

    /// With the metadata elsewhere than in the data folder.
    async fn start_on(database: Option<db::Address>) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let sales = rusqlite::Connection::open(folder.path().join("sales.db")).unwrap();
        sales
            .execute_batch(
                "create table sale (id integer not null, region_id integer not null, year integer not null, amount decimal(12, 2), customer text);
                 insert into sale values (1, 1, 2025, '10.50', 'Ann'), (2, 1, 2026, '20.00', '=1+1'), (3, 2, 2026, null, 'Cäsar'),
                     (4, 2, 2026, '40.25', 'Dora'), (5, 3, 2026, '50.00', 'Emil');",
            )
            .unwrap();
        let clock = Arc::new(ManualClock::at(NOW));
        let database = database.unwrap_or_else(|| db::Address::Sqlite(folder.path().join("data/portal.db")));
        let portal = open_on(database, folder.path(), clock.clone()).await.unwrap();
        for role in ["User", "Other"] {
            let mut tx = portal.db.begin().await.unwrap();
            let role = Role {
                name: format!("Test{role}"),
                group: format!("WRTest{role}"),
                ..role_of(role, Permissions::default())
            };
            store::role::insert(&mut tx, &role, NOW).await.unwrap();
            tx.commit().await.unwrap();
        }
        Site { portal, clock, folder }
    }

    /// The path of the source database.
    fn sales(&self) -> PathBuf {
        self.folder.path().join("sales.db")
    }

    /// Another process over the same folder, as after a crash.
    async fn open_again(&self) -> Portal {
        self.portal.hold.release();
        open(self.folder.path(), self.clock.clone()).await.unwrap()
    }

    async fn connection(&self) -> ConnectionId {
        self.connection_with("Sales", Budget::default()).await
    }

    async fn connection_with(&self, name: &str, budget: Budget) -> ConnectionId {
        let new = NewConnection { budget, ..new_connection(name, &self.sales()) };
        self.portal.add_connection(&admin(), new).await.unwrap().id
    }

    async fn publish(&self, connection: &ConnectionId, sql: &str, parameters: Vec<Parameter>) -> ViewId {
        let new = NewView { parameters, ..new_view("sales", sql, connection) };
        self.portal.publish(&publisher(), new).await.unwrap().view.id
    }

    /// Publishes a query and assigns it to the role `User`.
    async fn report(&self, sql: &str, parameters: Vec<Parameter>) -> AssignmentId {
        let connection = self.connection().await;
        self.report_on(&connection, sql, parameters).await
    }

    async fn report_on(&self, connection: &ConnectionId, sql: &str, parameters: Vec<Parameter>) -> AssignmentId {
        let view = self.publish(connection, sql, parameters).await;
        self.assign(&view, connection).await
    }

    async fn assign(&self, view: &ViewId, connection: &ConnectionId) -> AssignmentId {
        let assigned = self.portal.assign(&admin(), new_assignments(view, connection)).await.unwrap();
        assigned[0].assignment.id.clone()
    }

    async fn execute(&self, actor: &Actor, report: &AssignmentId) -> RunStatus {
        self.portal.execute(actor, report, new_run(&[])).await.unwrap()
    }

    /// Follows a run to its end.
    async fn ended(&self, actor: &Actor, run: &RunId) -> RunStatus {
        let states = self.portal.follow_run(actor, run).await.unwrap();
        let mut states = std::pin::pin!(states);
        let mut last = None;
        while let Some(status) = states.next().await {
            last = Some(status);
        }
        last.filter(|status| status.run.state.is_final()).expect("the run ends")
    }

    async fn run_to_end(&self, actor: &Actor, report: &AssignmentId) -> RunStatus {
        let run = self.execute(actor, report).await.run.id;
        self.ended(actor, &run).await
    }

    /// Every row of a result, as the API gives them.
    async fn rows(&self, actor: &Actor, run: &RunId) -> serde_json::Value {
        let page = self.portal.page(actor, run, 0, 1_000, &Arrangement::default()).await.unwrap();
        json!(cells(&page.rows).unwrap())
    }

    /// Waits until the source database works for nobody.
    async fn quiet(&self, connection: &ConnectionId) {
        for _ in 0..2_000 {
            if self.portal.sources.load(connection).running == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the database still works for a run that has ended");
    }

    async fn has_file(&self, run: &RunId) -> bool {
        self.portal.results.file(run).is_ok()
    }

    async fn add_person(&self, id: &str) {
        let mut tx = self.portal.db.begin().await.unwrap();
        store::person::insert_local(&mut tx, &id.into(), id, id, "", "", NOW).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn open(folder: &Path, clock: Arc<ManualClock>) -> crate::Result<Portal> {
    open_on(db::Address::Sqlite(folder.join("data/portal.db")), folder, clock).await
}

async fn open_on(database: db::Address, folder: &Path, clock: Arc<ManualClock>) -> crate::Result<Portal> {
    let config = PortalConfig {
        data_folder: folder.join("data"),
        database,
        master_key: KeySource::File(folder.join("keys/portal.key")),
        public_addresses: vec!["http://localhost:8080".parse().unwrap()],
        rights_max_age: Duration::from_secs(900),
        session_idle: Duration::from_secs(7_200),
        session_absolute: Duration::from_secs(43_200),
        results_keep: 30 * DAY,
        okta_ca_pem: None,
    };
    Portal::open(config, World { clock, random: Arc::new(OsRandom) }).await
}

fn actor(name: &str, permissions: &[Permission], roles: &[&str]) -> Actor {
    let permissions = Permissions::of(permissions);
    let mut held: Vec<Role> = roles.iter().map(|role| role_of(role, Permissions::default())).collect();
    held.push(role_of("Rights", permissions));
    Actor::new(format!("per_{name}").as_str().into(), name.to_owned(), name.to_owned(), held, Vec::new(), NOW)
}

fn role_of(name: &str, permissions: Permissions) -> Role {
    Role {
        id: format!("rol_test{name}").as_str().into(),
        name: name.to_owned(),
        group: format!("WR{name}"),
        permissions,
        preset: false,
    }
}

fn admin() -> Actor {
    actor("anna", Permission::ALL, &[])
}

fn publisher() -> Actor {
    actor("petra", &[Permission::Publish, Permission::Execute], &[])
}

/// Holds the role that reports are assigned to.
fn user() -> Actor {
    actor("ursula", &[Permission::Execute], &["User"])
}

/// Has the same permissions and another role.
fn stranger() -> Actor {
    actor("stefan", &[Permission::Execute, Permission::Publish], &["Other"])
}

fn with_field(actor: &Actor, value: i64) -> Actor {
    let fields = vec![FieldValue::of("@RegionID", vec![Value::Integer(value)])];
    Actor::new(actor.person.clone(), actor.name.clone(), actor.login.clone(), actor.roles.clone(), fields, NOW)
}

fn user_role() -> RoleId {
    "rol_testUser".into()
}

fn new_connection(name: &str, file: &Path) -> NewConnection {
    NewConnection {
        name: name.to_owned(),
        kind: ConnectionKind::Sqlite { path: file.display().to_string() },
        budget: Budget::default(),
        password: None,
        publishers: Publishers::All,
    }
}

fn new_view(name: &str, sql: &str, connection: &ConnectionId) -> NewView {
    NewView {
        name: name.to_owned(),
        title: "Sales by region".to_owned(),
        description: "What was sold".to_owned(),
        category: "Sales".to_owned(),
        sql: sql.to_owned(),
        parameters: Vec::new(),
        columns: Vec::new(),
        note: String::new(),
        connection: connection.clone(),
    }
}

fn new_assignments(view: &ViewId, connection: &ConnectionId) -> NewAssignments {
    NewAssignments {
        views: vec![view.clone()],
        connection: connection.clone(),
        roles: vec![user_role()],
        types: vec![ReportType::Details],
        category: None,
        description: None,
        expiration_days: None,
    }
}

fn new_run(parameters: &[(&str, &str)]) -> NewRun {
    let parameters: Values =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
    NewRun { parameters, asked: Asked::Execute, keep: true, idempotency_key: None }
}

fn year() -> Parameter {
    Parameter {
        name: "Year".to_owned(),
        label: "Year of sale".to_owned(),
        data_type: DataType::Integer,
        required: true,
        default: None,
        list: false,
    }
}

fn region_field() -> NewField {
    NewField {
        name: "Region".to_owned(),
        identifier: "@RegionID".to_owned(),
        description: "The region that a person may see".to_owned(),
        data_type: DataType::Integer,
    }
}

/// The message for one field of a refusal.
fn refusal(error: Error, field: &str) -> String {
    match error {
        Error::Invalid(errors) => errors.get(field).unwrap_or_else(|| panic!("no `{field}` in {errors:?}")).clone(),
        other => panic!("{other:?}"),
    }
}
