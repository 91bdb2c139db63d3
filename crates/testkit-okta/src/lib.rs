//! A small org for tests: it speaks the calls that the client half makes, and has every fault that it must survive.
//!
//! It is not the built-in org: that one is exact, this one can be told to be down, slow, busy, or lying. Its time is a clock that
//! the test moves.

mod answers;
mod keys;
mod management;
mod oauth;
mod state;

pub use state::{Fault, Tamper};

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use tokio::task::JoinHandle;
use url::Url;
use world::{Instant, ManualClock};

use state::State;

/// The client id and its secret that the org accepts.
pub const CLIENT_ID: &str = "0oaWebReports0000000";
pub const CLIENT_SECRET: &str = "client-secret-of-the-fake-org";
/// The API token that the org accepts.
pub const API_TOKEN: &str = "00tokenOfTheFakeOrg";
/// The token's owner.
pub const TOKEN_OWNER: &str = "00uOlivia00000000000";

/// A running org. It stops when it is dropped.
pub struct FakeOrg {
    url: Url,
    shared: Shared,
    served: JoinHandle<()>,
}

pub(crate) type Shared = Arc<Mutex<State>>;

impl FakeOrg {
    /// Starts an org with the token's owner as its only person, and no groups.
    pub async fn start(clock: Arc<ManualClock>) -> FakeOrg {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = Url::parse(&format!("http://{}/", listener.local_addr().expect("a bound port"))).expect("an address");
        let shared: Shared = Arc::new(Mutex::new(State::new(url.as_str().trim_end_matches('/').to_owned(), clock)));
        let app: Router = management::routes()
            .merge(oauth::routes())
            .layer(axum::middleware::from_fn_with_state(shared.clone(), answers::outer))
            .with_state(shared.clone());
        let served = tokio::spawn(async move {
            let _ = axum::serve(listener, app).await;
        });
        let org = FakeOrg { url, shared, served };
        org.state().put_user(TOKEN_OWNER, "olivia@acme.example", "Olivia", "Owner");
        org
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// `http://127.0.0.1:port`, as an administrator types it.
    pub fn domain(&self) -> String {
        self.state().issuer.clone()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Makes a group; its id.
    pub fn group(&self, name: &str) -> String {
        self.state().put_group(name)
    }

    /// The six groups and WRAPI.
    pub fn groups(&self) {
        for name in ["WRAdmin", "WRRoleAdmin", "WRUser", "WRPublisher", "WRScheduler", "WRQueue", "WRAPI"] {
            self.group(name);
        }
    }

    /// Makes a person who is a member of these groups (made where they are missing); their id.
    pub fn person(&self, login: &str, groups: &[&str]) -> String {
        let id = self.state().add_user(login);
        for group in groups {
            self.join(&id, group);
        }
        id
    }

    pub fn join(&self, person: &str, group: &str) {
        self.state().join(person, group);
    }

    pub fn leave(&self, person: &str, group: &str) {
        self.state().leave(person, group);
    }

    /// Removes a group with its members.
    pub fn remove_group(&self, name: &str) {
        self.state().remove_group(name);
    }

    pub fn set_status(&self, person: &str, status: &str) {
        self.state().set_status(person, status);
    }

    pub fn group_names(&self) -> Vec<String> {
        self.state().groups.values().map(|group| group.name.clone()).collect()
    }

    pub fn application_count(&self) -> usize {
        self.state().applications.len()
    }

    /// Everything whose path begins with `prefix` fails in this way from now on.
    pub fn fail(&self, prefix: &str, fault: Fault) {
        self.state().faults.push((prefix.to_owned(), fault));
    }

    pub fn recover(&self) {
        self.state().faults.clear();
    }

    /// ID tokens are wrong in this way from now on.
    pub fn tamper(&self, tamper: Option<Tamper>) {
        self.state().tamper = tamper;
    }

    /// Signs with a new key, under a new name, and forgets the old one.
    pub fn rotate_keys(&self) {
        self.state().rotate_keys();
    }

    /// Refuses the token from now on, or takes it again.
    pub fn revoke_token(&self, revoked: bool) {
        self.state().token_revoked = revoked;
    }

    /// Refuses the client from now on, as after its secret was rotated, or takes it again.
    pub fn refuse_client(&self, refused: bool) {
        self.state().client_refused = refused;
    }

    /// The org's clock is ahead of the test's by this many seconds.
    pub fn set_clock_ahead_s(&self, by_s: i64) {
        self.state().clock_ahead_s = by_s;
    }

    /// What the org calls itself in discovery.
    pub fn call_itself(&self, issuer: &str) {
        self.state().announced_issuer = Some(issuer.to_owned());
    }

    /// The org announces that its authorization responses carry `iss`.
    pub fn announce_response_issuer(&self) {
        self.state().announces_issuer = true;
    }

    /// Calls per minute that the org allows and tells.
    pub fn set_rate_limit(&self, limit: i64) {
        self.state().rate_limit = limit;
    }

    /// The token's owner may no longer do what begins with this path.
    pub fn forbid(&self, prefix: &str) {
        self.fail(prefix, Fault::Forbidden);
    }

    /// How many requests came whose path begins with `prefix`.
    pub fn request_count(&self, prefix: &str) -> usize {
        self.state().requests.iter().filter(|path| path.starts_with(prefix)).count()
    }

    /// What a browser brings back after `person` signed in at the address that it was sent to: the callback's query.
    pub fn sign_in(&self, authorize_url: &Url, person: &str) -> String {
        self.state().authorize(authorize_url, person)
    }

    pub fn now(&self) -> Instant {
        self.state().now()
    }

    /// Stops answering: the port is closed.
    pub async fn stop(mut self) {
        self.served.abort();
        // The port is shut once the task is gone, and not before.
        let _ = (&mut self.served).await;
    }
}

impl Drop for FakeOrg {
    fn drop(&mut self) {
        self.served.abort();
    }
}
