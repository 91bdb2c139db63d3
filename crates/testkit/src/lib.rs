//! Starts the whole site for a test: portal and built-in org on free ports, in a temporary folder, with a clock that the test moves.
//!
//! A test speaks HTTP as a stranger would. [`Site::start`] seeds through the same doors as the demo; [`Site::blank`] leaves the
//! path to the test, [`Site::behind_wire`] lets the test disturb what passes between the two.

pub mod spellings;
pub mod wire;

pub use wire::{Fault, Wire};

use std::{path::PathBuf, sync::Arc, time::Duration};

use serde_json::{Value, json};
use server::{
    config::Config,
    demo::{
        browser::{Answer, Browser},
        passwords::DemoPasswords,
        people::{ORG_ADMINISTRATOR, PEOPLE},
        sample_data, seed,
        views::VIEWS,
    },
    serve::{RunningPortal, org_config, start_portal},
};
use tempfile::TempDir;
use url::Url;
use vault::Secret;
use world::{Instant, ManualClock, OsRandom, World};

/// The sample database of tests: 1,500 orders.
const SCALE: f64 = 0.001;
/// Where the clock of a test begins.
const BEGIN: &str = "2026-03-02T09:00:00Z";

fn begin() -> Instant {
    BEGIN.parse().expect("an instant")
}

/// A running site. Stops with the test.
pub struct Site {
    pub folder: TempDir,
    pub config: Config,
    /// The portal's clock.
    pub clock: Arc<ManualClock>,
    /// The org's own, which shows the same time until a test moves it alone.
    pub org_clock: Arc<ManualClock>,
    pub org: org::Running,
    pub portal: RunningPortal,
    pub passwords: DemoPasswords,
    pub org_url: Url,
    pub portal_url: Url,
    /// The connection between the two, once it is seeded.
    pub bridge: Option<seed::Bridge>,
    /// What lies between the two, where a test asked for it.
    wire: Option<Wire>,
}

impl Site {
    /// Portal and org with the demo's people, Views and assignments.
    pub async fn start() -> Site {
        Site::blank().await.seed().await
    }

    /// The same, with the clock where the world's is: for clients that look at their own.
    pub async fn start_now() -> Site {
        Site::blank_now().await.seed().await
    }

    /// The same, where the org listens with TLS as well, with a certificate of its own authority.
    pub async fn start_now_with_tls() -> Site {
        Site::with(&[("org-tls-listen", "127.0.0.1:0".to_owned())], World::real().now(), false).await.seed().await
    }

    /// Portal and org with nothing in them, and the clock where the world's is.
    pub async fn blank_now() -> Site {
        Site::with(&[], World::real().now(), false).await
    }

    /// The same on PostgreSQL: a database of its own for the portal and one for the org.
    pub async fn start_on_postgresql() -> Site {
        let server = testkit_postgres::Postgres::shared();
        let (portal, org) = (server.fresh_database(), server.fresh_database());
        Site::with(&[("database", portal), ("org-database", org)], begin(), false).await.seed().await
    }

    /// The demo's site, with a wire between portal and org that the test can disturb.
    pub async fn behind_wire() -> Site {
        Site::blank_behind_wire(&[]).await.seed().await
    }

    /// The same with nothing in it, and configured in this way.
    pub async fn blank_behind_wire(more: &[(&'static str, String)]) -> Site {
        Site::with(more, begin(), true).await
    }

    /// Portal and org with nothing in them, configured in this way.
    pub async fn blank_with(more: &[(&'static str, String)]) -> Site {
        Site::with(more, begin(), false).await
    }

    /// Portal and org with nothing in them.
    pub async fn blank() -> Site {
        Site::with(&[], begin(), false).await
    }

    async fn with(more: &[(&'static str, String)], begin: Instant, with_wire: bool) -> Site {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut flags = vec![
            ("home", folder.path().display().to_string()),
            ("listen", "127.0.0.1:0".to_owned()),
            ("addresses", "http://localhost:0".to_owned()),
            ("org-listen", "127.0.0.1:0".to_owned()),
            ("org-tls-listen", String::new()),
            ("org-addresses", "http://localhost:0".to_owned()),
        ];
        flags.extend(more.iter().cloned());
        let config = Config::load(None, &|_| None, &flags).expect("the test's configuration");
        let clock = Arc::new(ManualClock::at(begin));
        let org_clock = Arc::new(ManualClock::at(begin));
        let world = |clock: &Arc<ManualClock>| World { clock: clock.clone(), random: Arc::new(OsRandom) };
        let wire = if with_wire { Some(Wire::open(org_clock.clone()).await) } else { None };
        let mut org_config = org_config(&config);
        // Without addresses the org takes those that it listens on.
        org_config.addresses = wire.iter().map(|wire| wire.url.clone()).collect();
        let org = org::start(org_config, world(&org_clock)).await.expect("the org starts");
        if let Some(wire) = &wire {
            wire.lead_to(org.http_address);
        }
        let portal = start_portal(&config, world(&clock)).await.expect("the portal starts");
        let logins: Vec<&str> =
            PEOPLE.iter().map(|person| person.login).chain([seed::EMERGENCY_LOGIN, ORG_ADMINISTRATOR.2]).collect();
        let known = DemoPasswords::load(&config.keys_folder()).expect("passwords");
        let passwords = known.unwrap_or_else(|| {
            DemoPasswords::make(&config.keys_folder(), &logins, &OsRandom).expect("passwords can be kept")
        });
        let org_url = org.org.first_address().clone();
        let portal_url: Url = format!("http://localhost:{}", portal.address.port()).parse().expect("an address");
        Site { folder, config, clock, org_clock, org, portal, passwords, org_url, portal_url, bridge: None, wire }
    }

    async fn seed(self) -> Site {
        let code = self.portal.portal.offer_set_up_code().await.expect("a code").expect("set-up is open");
        self.seed_by(&code).await
    }

    /// Seeds a blank site with the set-up code that it offered.
    pub async fn seed_by(mut self, code: &Secret) -> Site {
        let sample = self.sample().await;
        let doors = self.doors();
        let link = self.org.first_administrator_link.clone();
        let bridge = doors.seed_org(link.as_ref(), PEOPLE).await.expect("the org is seeded");
        let mut administrator = doors.set_up(code, &bridge).await.expect("set-up passes");
        doors.seed_reports(&mut administrator, &sample, VIEWS, PEOPLE).await.expect("reports are seeded");
        self.bridge = Some(bridge);
        self
    }

    /// The doors of the seed, as the demo uses them.
    pub fn doors(&self) -> seed::Site<'_> {
        seed::Site { org: self.org_url.clone(), portal: self.portal_url.clone(), passwords: &self.passwords }
    }

    /// The sample database, made if it is not there.
    pub async fn sample(&self) -> PathBuf {
        let path = seed::sample_path(&self.config);
        let made = path.clone();
        tokio::task::spawn_blocking(move || sample_data::write(&made, SCALE, &|_| ()))
            .await
            .expect("a thread")
            .expect("sample data");
        path
    }

    pub fn now(&self) -> Instant {
        world::Clock::now(self.clock.as_ref())
    }

    /// Time passes, here and at the org.
    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
        self.org_clock.advance(duration);
    }

    /// Where the org listens with TLS, and the file of the authority that vouches for it.
    pub fn org_with_tls(&self) -> (Url, PathBuf) {
        let address = self.org.https_address.expect("the site was started with TLS");
        let url = format!("https://localhost:{}", address.port()).parse().expect("an address");
        (url, self.org.org.config.data_folder.join(org::tls::AUTHORITY_FILE))
    }

    /// What lies between portal and org.
    pub fn wire(&self) -> &Wire {
        self.wire.as_ref().expect("the site was started with a wire")
    }

    /// The portal stops, runs get `grace` to end, and starts again where it was: same port, same data, same clock.
    pub async fn restart_portal(mut self, grace: Duration) -> Site {
        self.config.listen = self.portal.address;
        self.config.addresses = vec![self.portal_url.clone()];
        self.portal.stop_within(grace).await;
        let world = World { clock: self.clock.clone(), random: Arc::new(OsRandom) };
        self.portal = start_portal(&self.config, world).await.expect("the portal starts again");
        self
    }

    /// The copies of both SQLite files that are made before migrations run on a database that holds something: what an update
    /// leaves behind. Empty for PostgreSQL.
    pub async fn copies_before_migrations(&self) -> Vec<PathBuf> {
        const LATER: db::Migration = db::Migration::new(9_999, "later", "create table later (id text primary key)");
        let org_migrations = org::start::migrations();
        let mut copies = Vec::new();
        for (db, known) in [(&self.portal.portal.db, store::MIGRATIONS), (&self.org.org.db, &org_migrations[..])] {
            let migrations: Vec<db::Migration> = known.iter().copied().chain([LATER]).collect();
            copies.extend(db::migrate::run(db, &migrations, self.now()).await.expect("a later migration runs").copy);
        }
        copies
    }

    /// Somebody who is not signed in.
    pub fn stranger(&self) -> Person {
        let http = net::Outbound::configured([self.org_url.clone(), self.portal_url.clone()]);
        Person { browser: Browser::new(http), base: self.portal_url.clone() }
    }

    /// A person of the demo, signed in at the portal through the org: `pia`, `ada`, ...
    pub async fn sign_in(&self, name: &str) -> Person {
        let demo = PEOPLE.iter().find(|person| person.login.starts_with(&format!("{name}@")));
        assert!(demo.is_some(), "no {name} in the demo");
        let mut person = self.stranger();
        self.doors().sign_in(&mut person.browser, demo).await.expect("the person signs in");
        person
    }

    /// The emergency administrator, signed in at the portal itself.
    pub async fn sign_in_emergency(&self) -> Person {
        let mut person = self.stranger();
        let password = self.passwords.of(seed::EMERGENCY_LOGIN).expect("a password").expose();
        let session =
            person.post("/api/v1/session", json!({"login": seed::EMERGENCY_LOGIN, "password": password})).await;
        session.expect(200);
        person.browser.always("x-csrf-token", session.json["csrf_token"].as_str().expect("a token").to_owned());
        person
    }

    /// Whoever calls the org's API with the seed's token.
    pub fn org_api(&self) -> Person {
        let mut caller = self.stranger();
        caller.base = self.org_url.clone();
        let token = self.bridge.as_ref().expect("the site is seeded").api_token.expose();
        caller.browser.always("authorization", format!("SSWS {token}"));
        caller
    }

    pub fn password(&self, login: &str) -> Secret {
        self.passwords.of(login).expect("a login of the demo").clone()
    }
}

/// Somebody with a browser at one site.
pub struct Person {
    pub browser: Browser,
    pub base: Url,
}

/// An answer: status and JSON (null where it is none).
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub json: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    fn of(answer: Answer) -> Reply {
        let text = answer.text();
        Reply {
            status: answer.status,
            json: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
            bytes: answer.body,
        }
    }

    /// Fails the test with the answer's words unless the status is this one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Reply {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    pub fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.text)).to_owned()
    }

    pub fn items(&self) -> &[Value] {
        self.json["items"].as_array().map_or_else(|| panic!("no items in {}", self.text), Vec::as_slice)
    }

    /// The slug of a problem.
    pub fn problem(&self) -> &str {
        self.json["type"].as_str().unwrap_or_default().trim_start_matches("/problems/")
    }
}

impl Person {
    pub async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let url = self.base.join(path).expect("a path");
        Reply::of(self.browser.call(method, &url, body.as_ref()).await.expect("an answer"))
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        self.call("GET", path, None).await
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Reply {
        self.call("POST", path, Some(body)).await
    }

    pub async fn put(&mut self, path: &str, body: Value) -> Reply {
        self.call("PUT", path, Some(body)).await
    }

    pub async fn delete(&mut self, path: &str) -> Reply {
        self.call("DELETE", path, None).await
    }

    /// The assignment of a View that this person can run.
    pub async fn assignment(&mut self, view: &str) -> String {
        let available = self.get("/api/v1/available?limit=200").await;
        let found = available.expect(200).items().iter().find(|report| report["name"] == view);
        found.unwrap_or_else(|| panic!("{view} is not available: {}", available.text))["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    }

    /// Runs a report and waits for its end, following its events.
    pub async fn run(&mut self, view: &str, parameters: Value) -> Value {
        let assignment = self.assignment(view).await;
        let begun =
            self.post(&format!("/api/v1/assignments/{assignment}/runs"), json!({"parameters": parameters})).await;
        let id = begun.expect(201).id();
        self.finished(&id).await
    }

    /// Waits for a run's end.
    pub async fn finished(&mut self, id: &str) -> Value {
        // The stream of events ends with the run, and the browser reads an answer whole.
        self.get(&format!("/api/v1/runs/{id}/events")).await.expect(200);
        self.get(&format!("/api/v1/runs/{id}")).await.expect(200).json.clone()
    }

    /// Rows of a finished run, in the order asked for.
    pub async fn rows(&mut self, id: &str, sort: Value, filter: Value) -> Reply {
        self.post(
            &format!("/api/v1/runs/{id}/page"),
            json!({"offset": 0, "limit": 1000, "sort": sort, "filter": filter}),
        )
        .await
    }
}
