//! What the org knows, and how it is told to misbehave.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use url::Url;
use world::{Clock, Instant, ManualClock, OsRandom, Random};

use crate::{CLIENT_ID, keys::SigningKey};

/// A way in which answers fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection stays open and nothing comes.
    Silent,
    /// 429 with a reset in 30 s.
    TooMany,
    /// 503.
    Failing,
    /// 200 with a page, as a proxy's sign-in wall has.
    Html,
    /// 200 MB of JSON.
    Huge,
    /// E0000006.
    Forbidden,
    /// 200 with `[]`.
    Empty,
}

/// A way in which ID tokens are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    Issuer,
    Audience,
    OtherAudienceToo,
    AuthorizedParty,
    Nonce,
    Signature,
    AlgorithmNone,
    AlgorithmHs256,
    KeyUnnamed,
    KeyUnknown,
    Expired,
    AccessTokenHash,
    NotAToken,
    Missing,
    /// Good, but with this many groups in the claim.
    GroupsClaim(usize),
    /// Good, without a groups claim.
    NoGroupsClaim,
}

pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) login: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) updated: Instant,
}

pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) moved: Instant,
}

/// A code that was given out and not used yet.
pub(crate) struct Code {
    pub(crate) person: String,
    pub(crate) nonce: String,
    pub(crate) challenge: String,
    pub(crate) redirect_uri: String,
}

pub(crate) struct State {
    pub(crate) issuer: String,
    pub(crate) announced_issuer: Option<String>,
    pub(crate) announces_issuer: bool,
    clock: Arc<ManualClock>,
    pub(crate) clock_ahead_s: i64,
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) members: BTreeSet<(String, String)>,
    pub(crate) applications: BTreeMap<String, serde_json::Value>,
    pub(crate) assignments: BTreeSet<(String, String)>,
    pub(crate) codes: BTreeMap<String, Code>,
    pub(crate) key: SigningKey,
    pub(crate) tamper: Option<Tamper>,
    pub(crate) faults: Vec<(String, Fault)>,
    pub(crate) token_revoked: bool,
    pub(crate) client_refused: bool,
    pub(crate) rate_limit: i64,
    pub(crate) requests: Vec<String>,
}

impl State {
    pub(crate) fn new(issuer: String, clock: Arc<ManualClock>) -> State {
        State {
            issuer,
            announced_issuer: None,
            announces_issuer: false,
            clock,
            clock_ahead_s: 0,
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            members: BTreeSet::new(),
            applications: BTreeMap::new(),
            assignments: BTreeSet::new(),
            codes: BTreeMap::new(),
            key: SigningKey::first(),
            tamper: None,
            faults: Vec::new(),
            token_revoked: false,
            client_refused: false,
            rate_limit: 10_000,
            requests: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_us(self.clock.now().as_us() + self.clock_ahead_s * 1_000_000)
    }

    pub(crate) fn fault(&self, path: &str) -> Option<Fault> {
        self.faults.iter().find(|(prefix, _)| path.starts_with(prefix.as_str())).map(|(_, fault)| *fault)
    }

    pub(crate) fn put_user(&mut self, id: &str, login: &str, first_name: &str, last_name: &str) {
        let user = User {
            id: id.to_owned(),
            status: "ACTIVE".to_owned(),
            login: login.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            updated: self.now().whole_second(),
        };
        self.users.insert(id.to_owned(), user);
    }

    pub(crate) fn add_user(&mut self, login: &str) -> String {
        let id = new_id("00u");
        let first = login.split('@').next().unwrap_or(login).to_owned();
        self.put_user(&id, login, &first, "Person");
        id
    }

    pub(crate) fn put_group(&mut self, name: &str) -> String {
        if let Some(group) = self.groups.values().find(|group| group.name == name) {
            return group.id.clone();
        }
        let id = new_id("00g");
        let moved = self.now().whole_second();
        self.groups.insert(id.clone(), Group { id: id.clone(), name: name.to_owned(), moved });
        id
    }

    pub(crate) fn join(&mut self, person: &str, group: &str) {
        let id = self.put_group(group);
        self.members.insert((id.clone(), person.to_owned()));
        self.moved(&id);
    }

    pub(crate) fn leave(&mut self, person: &str, group: &str) {
        let id = self.put_group(group);
        self.members.remove(&(id.clone(), person.to_owned()));
        self.moved(&id);
    }

    /// Okta keeps whole seconds here, and so do we: two changes within one second look like one.
    fn moved(&mut self, group: &str) {
        let now = self.now().whole_second();
        if let Some(group) = self.groups.get_mut(group) {
            group.moved = now;
        }
    }

    pub(crate) fn remove_group(&mut self, name: &str) {
        let ids: Vec<String> =
            self.groups.values().filter(|group| group.name == name).map(|group| group.id.clone()).collect();
        for id in ids {
            self.groups.remove(&id);
            self.members.retain(|(group, _)| *group != id);
        }
    }

    pub(crate) fn set_status(&mut self, person: &str, status: &str) {
        let now = self.now().whole_second();
        if let Some(user) = self.users.get_mut(person) {
            user.status = status.to_owned();
            user.updated = now;
        }
    }

    pub(crate) fn rotate_keys(&mut self) {
        self.key = self.key.next();
    }

    pub(crate) fn authorize(&mut self, url: &Url, person: &str) -> String {
        let get = |name: &str| {
            url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        assert_eq!(get("client_id"), CLIENT_ID, "the browser is sent with the client's id");
        assert_eq!(get("code_challenge_method"), "S256", "PKCE is always used");
        assert_eq!(get("response_type"), "code", "the code flow is the only one");
        let code = new_id("code");
        let pending = Code {
            person: person.to_owned(),
            nonce: get("nonce"),
            challenge: get("code_challenge"),
            redirect_uri: get("redirect_uri"),
        };
        self.codes.insert(code.clone(), pending);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", &code).append_pair("state", &get("state"));
        if self.announces_issuer {
            query.append_pair("iss", &self.issuer);
        }
        query.finish()
    }
}

pub(crate) fn new_id(prefix: &str) -> String {
    let random: &dyn Random = &OsRandom;
    format!("{prefix}{}", random.base62(17))
}
