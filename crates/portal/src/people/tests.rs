//! People as they come and go: a portal over a small org that can be told to misbehave, on SQLite and where it matters PostgreSQL.

mod bridge;
mod faults;
mod plan;
mod set_up;
mod sign_in;
mod sync;

use std::{net::IpAddr, sync::Arc, time::Duration};

use domain::Actor;
use tempfile::TempDir;
use testkit_okta::{API_TOKEN, CLIENT_ID, CLIENT_SECRET, FakeOrg};
use url::Url;
use vault::{KeySource, Secret};
use world::{Instant, ManualClock, OsRandom, World};

use super::*;
use crate::{Error, Listing, Portal, PortalConfig};

const PASSWORD: &str = "correct horse battery staple";
/// Longer than the sync waits between two turns.
const A_WHILE: Duration = Duration::from_secs(30);

fn from() -> IpAddr {
    "10.0.0.1".parse().unwrap()
}

/// A portal beside an org whose six groups are there and whose administrator is `ada`.
struct Bench {
    portal: Portal,
    org: FakeOrg,
    clock: Arc<ManualClock>,
    address: Url,
    ada: String,
    _folder: TempDir,
}

impl Bench {
    /// A portal that nobody set up.
    async fn blank() -> Bench {
        Bench::over(None).await
    }

    async fn over(database: Option<db::Address>) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Instant::from_seconds(1_800_000_000)));
        let org = FakeOrg::start(clock.clone()).await;
        org.groups();
        let ada = org.person("ada@acme.example", &["WRAdmin"]);
        let address: Url = "http://localhost:8080".parse().unwrap();
        let config = PortalConfig {
            data_folder: folder.path().join("data"),
            database: database.unwrap_or_else(|| db::Address::Sqlite(folder.path().join("data/portal.db"))),
            master_key: KeySource::File(folder.path().join("keys/portal.key")),
            public_addresses: vec![address.clone()],
            rights_max_age: Duration::from_secs(15 * 60),
            session_idle: Duration::from_secs(2 * 60 * 60),
            session_absolute: Duration::from_secs(12 * 60 * 60),
            results_keep: Duration::from_secs(24 * 60 * 60),
            okta_ca_pem: None,
        };
        let portal = Portal::open(config, World { clock: clock.clone(), random: Arc::new(OsRandom) }).await.unwrap();
        // The tests say when the sync turns; by itself it does no more.
        portal.runner.stopping.cancel();
        Bench { portal, org, clock, address, ada, _folder: folder }
    }

    /// A portal that is set up, with sign-in on.
    async fn ready() -> Bench {
        let bench = Bench::blank().await;
        bench.turn_on().await;
        bench
    }

    async fn turn_on(&self) -> Actor {
        let emergency = self.claim().await;
        self.portal.connect(&emergency, self.new_bridge()).await.unwrap();
        self.portal.enable(&emergency).await.unwrap();
        emergency
    }

    fn new_administrator(&self) -> NewAdministrator {
        NewAdministrator {
            name: "Emergency".to_owned(),
            login: "emergency".to_owned(),
            email: String::new(),
            password: Secret::new(PASSWORD),
        }
    }

    /// The emergency administrator.
    async fn claim(&self) -> Actor {
        let code = self.portal.offer_set_up_code().await.unwrap().unwrap();
        let session = self.portal.claim_set_up(&code, self.new_administrator(), from()).await.unwrap();
        self.portal.signed_in(&session).await.unwrap().actor
    }

    fn new_bridge(&self) -> NewBridge {
        NewBridge {
            domain: self.org.domain(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: Some(Secret::new(CLIENT_SECRET)),
            api_token: Some(Secret::new(API_TOKEN)),
            allow_loopback_http: true,
        }
    }

    /// Through the org and back, as a browser goes.
    async fn sign_in(&self, person: &str) -> Result<Secret, Error> {
        let begun = self.portal.begin_sign_in(&self.address, None).await?;
        let query = self.org.sign_in(&begun.authorize_url, person);
        let finished = self.portal.finish_sign_in(&self.address, Some(&begun.browser), &query, from()).await?;
        Ok(finished.session)
    }

    /// The names of somebody's roles at this moment.
    async fn roles(&self, session: &Secret) -> Result<Vec<String>, Error> {
        Ok(self.portal.signed_in(session).await?.actor.roles.into_iter().map(|role| role.name).collect())
    }

    /// Time passes, and the org is asked.
    async fn sync_later(&self) -> Synced {
        self.clock.advance(A_WHILE);
        self.portal.sync().await.unwrap()
    }

    /// The administrator from the org.
    async fn ada(&self) -> Actor {
        let session = self.sign_in(&self.ada).await.unwrap();
        self.portal.signed_in(&session).await.unwrap().actor
    }

    /// What the log tells, oldest first.
    async fn log(&self, actor: &Actor) -> Vec<String> {
        let listing = Listing { sort: Some("at".to_owned()), limit: Some(500), ..Listing::default() };
        self.portal.log(actor, &listing).await.unwrap().items.into_iter().map(|entry| entry.what).collect()
    }
}

fn is_signed_out<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::NotSignedIn))
}
