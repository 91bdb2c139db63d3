//! An org on a free port with a clock that tests move, and a client that checks every answer.

use std::{collections::HashMap, sync::Arc, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use world::{Instant, ManualClock, OsRandom, World};

use super::conformance::{self, Seen};
use crate::{
    OrgConfig, Running,
    config::RateLimitSettings,
    model::{
        group,
        profile::Profile,
        role::{self, Assignee, RoleType},
        token::{self, Network, TokenRow},
        user::{self, NewUser, Provider, Status, User},
    },
    signin::password_policy::PasswordPolicy,
    start,
};

/// 2027-01-15T08:00:00Z.
pub(crate) const BEGINNING: Instant = Instant::from_seconds(1_800_000_000);

pub(crate) struct Site {
    pub running: Running,
    pub clock: Arc<ManualClock>,
    client: reqwest::Client,
    pub folder: TempDir,
    /// A super administrator's token.
    pub token: String,
    pub administrator: User,
}

/// An answer, already checked for what all answers have.
#[derive(Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub links: HashMap<String, String>,
    pub body: Value,
}

impl Reply {
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The answer is this error; its causes.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Vec<String> {
        assert_eq!((self.status, self.body["errorCode"].as_str().unwrap_or_default()), (status, code), "{}", self.body);
        let causes = self.body["errorCauses"].as_array().unwrap();
        causes.iter().map(|cause| cause["errorSummary"].as_str().unwrap().to_owned()).collect()
    }
}

impl Site {
    pub(crate) async fn start() -> Site {
        Site::with(|config| config).await
    }

    /// An org whose limits are counted.
    pub(crate) async fn with_limits() -> Site {
        Site::with(|config| OrgConfig { rate_limits: RateLimitSettings::default(), ..config }).await
    }

    pub(crate) async fn with(change: impl FnOnce(OrgConfig) -> OrgConfig) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let config = OrgConfig::local(folder.path().join("data"), folder.path().join("keys"));
        let config = OrgConfig { rate_limits: RateLimitSettings { percent: 0, token_share_percent: 50 }, ..config };
        let clock = Arc::new(ManualClock::at(BEGINNING));
        let world = World { clock: clock.clone(), random: Arc::new(OsRandom) };
        let running = start(change(config), world).await.unwrap();
        let client = client();
        let mut tx = running.org.db.begin().await.unwrap();
        let administrator = person(&running, &mut tx, "root@example.com").await;
        role::grant(&mut tx, &running.org.world, RoleType::SuperAdmin, &Assignee::User(administrator.id.clone()))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let mut site = Site { running, clock, client, folder, token: String::new(), administrator };
        let owner = site.administrator.clone();
        site.token = site.token_of(&owner, Network::Anywhere).await.1;
        site
    }

    pub(crate) fn base(&self) -> String {
        format!("http://localhost:{}", self.running.http_address.port())
    }

    /// Somebody active without a password.
    pub(crate) async fn person(&self, login: &str) -> User {
        let mut tx = self.running.org.db.begin().await.unwrap();
        let user = person(&self.running, &mut tx, login).await;
        tx.commit().await.unwrap();
        user
    }

    /// Somebody with this role, and a token of theirs.
    pub(crate) async fn administrator(&self, kind: RoleType) -> (User, String) {
        let user = self.person(&format!("{}@example.com", kind.as_str().to_lowercase())).await;
        let mut tx = self.running.org.db.begin().await.unwrap();
        role::grant(&mut tx, &self.running.org.world, kind, &Assignee::User(user.id.clone())).await.unwrap();
        tx.commit().await.unwrap();
        let (_, value) = self.token_of(&user, Network::Anywhere).await;
        (user, value)
    }

    pub(crate) async fn token_of(&self, user: &User, network: Network) -> (TokenRow, String) {
        let org = &self.running.org;
        let mut tx = org.db.begin().await.unwrap();
        let (row, value) =
            token::create(&mut tx, &org.vault, &org.world, &user.id, "a test's", &network).await.unwrap();
        tx.commit().await.unwrap();
        (row, value.expose().to_owned())
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// A POST without a body.
    pub(crate) async fn act(&self, path: &str) -> Reply {
        self.call(Method::POST, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.call_as(&self.token, method, path, body).await
    }

    pub(crate) async fn call_as(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
        let request = self.request(method, path).header("Authorization", format!("SSWS {token}"));
        self.send(match body {
            Some(body) => request.json(&body),
            None => request.header("Content-Length", "0"),
        })
        .await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base()) };
        self.client.request(method, url).header("Accept", "application/json")
    }

    /// A call of the administrator's whose answer need not be JSON.
    pub(crate) fn plain(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base()));
        request.header("Authorization", format!("SSWS {}", self.token))
    }

    /// Status, content type and content of an answer, held against the tables as every other.
    pub(crate) async fn send_raw(&self, request: reqwest::RequestBuilder) -> (u16, String, Vec<u8>) {
        let request = request.build().unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let content = response.bytes().await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&content).into_owned();
        conformance::hold(&Seen { method: &method, path: &path, status, headers: &headers, text: &text });
        let kind = headers.get("content-type").map(|kind| kind.to_str().unwrap().to_owned()).unwrap_or_default();
        (status, kind, content)
    }

    /// What a browser gets that is nobody.
    pub(crate) async fn anonymous(&self, url: &str) -> reqwest::Response {
        self.client.get(url).send().await.unwrap()
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let request = request.build().unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = self.client.execute(request).await.unwrap();
        let status = response.status().as_u16();
        let all_headers = response.headers().clone();
        let mut headers = HashMap::new();
        let mut links = HashMap::new();
        for (name, value) in &all_headers {
            let value = value.to_str().unwrap();
            if name == "link" {
                let (url, relation) = value.split_once(">; rel=").unwrap();
                links.insert(relation.trim_matches('"').to_owned(), url.trim_start_matches('<').to_owned());
            } else {
                let before = headers.insert(name.to_string(), value.to_owned());
                assert!(before.is_none() || name == "vary", "{name} comes twice");
            }
        }
        let text = response.text().await.unwrap();
        if status != 421 {
            conformance::hold(&Seen { method: &method, path: &path, status, headers: &all_headers, text: &text });
        }
        let body =
            if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
        let reply = Reply { status, headers, links, body };
        check(&reply);
        reply
    }

    /// Every event of the log of this type, oldest first.
    pub(crate) async fn events(&self, kind: &str) -> Vec<Value> {
        let filter = format!("/api/v1/logs?limit=1000&filter=eventType+eq+%22{kind}%22");
        self.get(&filter).await.ok().as_array().unwrap().clone()
    }

    /// Returns once so many events of this type are in the log: what goes on beside requests has no answer to wait for.
    pub(crate) async fn until_logged(&self, kind: &str, count: usize) {
        let wait = async {
            while self.events(kind).await.len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("the event is logged");
    }

    /// Ends the org in the middle of whatever it does; what it kept lies in the folder.
    pub(crate) async fn die(self) -> TempDir {
        self.running.stop().await;
        self.folder
    }

    pub(crate) async fn new_user(&self, login: &str) -> Value {
        self.advance(Duration::from_millis(1));
        let profile = json!({ "firstName": "Ada", "lastName": "Byron", "login": login, "email": login });
        self.post(
            "/api/v1/users?activate=true",
            json!({ "profile": profile, "credentials": { "password": { "value": PASSWORD } } }),
        )
        .await
        .ok()
    }

    /// The default password policy from now on.
    pub(crate) async fn password_policy(&self, policy: &PasswordPolicy) {
        let default = self.default_policy("PASSWORD").await;
        let mut body = default.clone();
        body["settings"] = Value::Object(policy.settings());
        self.put(&format!("/api/v1/policies/{}", id(&default)), body).await.is(200);
    }

    /// The policy of this type that holds for whoever no other holds for.
    pub(crate) async fn default_policy(&self, kind: &str) -> Value {
        let all = self.get(&format!("/api/v1/policies?type={kind}")).await.ok();
        all.as_array().unwrap().last().unwrap().clone()
    }

    pub(crate) async fn new_group(&self, name: &str) -> Value {
        // Ids sort by the millisecond.
        self.advance(Duration::from_millis(1));
        self.post("/api/v1/groups", json!({ "profile": { "name": name } })).await.ok()
    }
}

pub(crate) const PASSWORD: &str = "Correct-Horse-7-Battery";

pub(crate) fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test is the org's client")]
fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

async fn person(running: &Running, tx: &mut db::Tx, login: &str) -> User {
    let org = &running.org;
    let type_id = user::default_type(tx).await.unwrap().id;
    let profile = Profile::of(login, login, "Test", "Person");
    let new = NewUser {
        type_id,
        status: Status::Active,
        profile,
        password_hash: None,
        provider: Provider::okta(),
        recovery: None,
    };
    let user = user::create(tx, &org.world, &new).await.unwrap();
    group::add_to_everyone(tx, &user.id, org.now()).await.unwrap();
    user
}

/// What every answer of the management API has beside what `conformance` asks for.
#[track_caller]
fn check(reply: &Reply) {
    let header = |name: &str| reply.headers.get(name).map(String::as_str).unwrap_or_default();
    if reply.status == 421 {
        return;
    }
    assert_eq!(header("cache-control"), "no-cache, no-store");
    assert_eq!((header("pragma"), header("expires")), ("no-cache", "0"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(!header("content-security-policy").is_empty() && !header("date").is_empty());
    assert!(!reply.headers.contains_key("set-cookie"), "API calls set no cookie");
    if !reply.body.is_null() {
        assert_eq!(header("content-type"), "application/json", "{}", reply.body);
    }
}
