//! State and age of the bridge, as the Sign-in page shows it.

use std::time::Duration;

use domain::{Actor, Permission, actor::Use};
use world::Instant;

use super::{
    lock,
    settings::{API_TOKEN, CLIENT_SECRET, SYNCED, Settings, TOKEN_FACTS},
    token_facts::{TOKEN_WINDOW, TokenFacts, TokenOwner},
};
use crate::{Portal, Result};

/// Days ahead of a token's lapse at which it is said louder. A used token is always 30 days ahead of its lapse, so 30 itself says
/// nothing; what stands for it is a token that was not used for three days.
const LAPSE_WARNING_DAYS: [u64; 4] = [27, 14, 7, 1];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A sync that is older than this has missed several turns.
const SYNC_LATE: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lamp {
    Ok,
    Warning,
    Failed,
    /// There is nothing to look at.
    None,
}

impl Lamp {
    pub const ALL: [Lamp; 4] = [Lamp::Ok, Lamp::Warning, Lamp::Failed, Lamp::None];

    pub fn as_str(self) -> &'static str {
        match self {
            Lamp::Ok => "ok",
            Lamp::Warning => "warning",
            Lamp::Failed => "failed",
            Lamp::None => "none",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Bridge {
    pub enabled: bool,
    pub domain: String,
    pub token: TokenState,
    pub client_secret: ClientSecretState,
    pub sync: SyncState,
    pub problems: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct TokenState {
    pub state: Lamp,
    pub owner: Option<TokenOwner>,
    pub rights: Vec<String>,
    pub last_use: Option<Instant>,
    pub lapses_at: Option<Instant>,
    /// False: the lapse day is the last success and 30 days.
    pub lapse_known: bool,
    pub connection: Option<String>,
    pub message: String,
}

#[derive(Clone, Debug)]
pub struct ClientSecretState {
    pub state: Lamp,
    pub set_at: Option<Instant>,
    pub message: String,
}

#[derive(Clone, Debug)]
pub struct SyncState {
    pub state: Lamp,
    pub last_at: Option<Instant>,
    pub people: i64,
    pub groups: i64,
    pub message: String,
}

impl Portal {
    pub async fn bridge(&self, actor: &Actor) -> Result<Bridge> {
        actor.may(Use(Permission::Configure))?;
        self.bridge_as_operator().await
    }

    /// The same at the command line of this machine.
    pub async fn bridge_as_operator(&self) -> Result<Bridge> {
        let mut conn = self.db.read().await?;
        let settings = Settings::load(&mut conn).await?;
        let people = store::person::count_of_org(&mut conn).await?;
        let groups = i64::try_from(store::org_group::all(&mut conn).await?.len()).unwrap_or(i64::MAX);
        let held = store::membership::held(&mut conn).await?;
        drop(conn);
        let token = self.token_state(&settings).await?;
        let client_secret = self.client_secret_state(&settings);
        let sync = self.sync_state(&settings, people, groups);
        let mut problems = Vec::new();
        if !held.is_empty() {
            problems.push(format!(
                "WRAdmin has no active member in the org; {} keeps administering WebReports until somebody is in it",
                held.join(", ")
            ));
        }
        if settings.is_enabled() {
            let lamps = [
                (token.state, &token.message),
                (client_secret.state, &client_secret.message),
                (sync.state, &sync.message),
            ];
            problems
                .extend(lamps.into_iter().filter(|(lamp, _)| *lamp != Lamp::Ok).map(|(_, message)| message.clone()));
            problems.extend(lock(&self.people.sync_status).sign_in_problem.clone());
            problems.dedup();
        }
        Ok(Bridge {
            enabled: settings.is_enabled(),
            domain: settings.domain().to_owned(),
            token,
            client_secret,
            sync,
            problems,
        })
    }

    async fn token_state(&self, settings: &Settings) -> Result<TokenState> {
        let facts: Option<TokenFacts> = settings.json(TOKEN_FACTS);
        let status = lock(&self.people.sync_status).clone();
        let here = self.connected().await?.and_then(|connected| connected.api.succeeded_at());
        let synced = settings.instant(SYNCED);
        let last_use = [here, synced, facts.as_ref().map(TokenFacts::read_at)].into_iter().flatten().max();
        // Every use moves the lapse by the token's window; where the list could be read, the window is the one that it told.
        let told = facts.as_ref().and_then(|facts| facts.expires_at().map(|at| at.since(facts.read_at())));
        let lapses_at = last_use.map(|used| used.plus(told.unwrap_or(TOKEN_WINDOW)));
        let (state, message) = if !settings.has_secret(API_TOKEN) {
            (Lamp::None, "no API token is given".to_owned())
        } else if let Some(problem) = status.token_problem {
            (Lamp::Failed, problem)
        } else {
            self.lapse_in_words(lapses_at)
        };
        Ok(TokenState {
            state,
            rights: facts.as_ref().and_then(|facts| facts.rights.clone()).unwrap_or_default(),
            last_use,
            lapses_at: lapses_at.filter(|_| state != Lamp::None),
            lapse_known: told.is_some(),
            connection: facts.as_ref().map(TokenFacts::connection_in_words),
            owner: facts.map(|facts| facts.owner),
            message,
        })
    }

    fn lapse_in_words(&self, lapses_at: Option<Instant>) -> (Lamp, String) {
        let Some(lapses_at) = lapses_at else {
            return (Lamp::Warning, "the API token has not been used yet".to_owned());
        };
        let left = lapses_at.since(self.now());
        let days = left.as_secs() / DAY.as_secs();
        let crossed =
            LAPSE_WARNING_DAYS.iter().rev().find(|ahead| left <= DAY * u32::try_from(**ahead).unwrap_or(u32::MAX));
        match crossed {
            _ if left.is_zero() => (Lamp::Failed, "the API token has lapsed: it was not used for too long".to_owned()),
            Some(1) => (Lamp::Failed, "the API token lapses within a day unless a call succeeds".to_owned()),
            Some(_) => {
                let days = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
                (Lamp::Warning, format!("the API token lapses in {days} unless a call succeeds"))
            }
            None => (Lamp::Ok, "the API token is used and renewed".to_owned()),
        }
    }

    fn client_secret_state(&self, settings: &Settings) -> ClientSecretState {
        let is_set = settings.has_secret(CLIENT_SECRET);
        let refused = lock(&self.people.sync_status).client_problem.clone();
        let (state, message) = match (is_set, refused) {
            (false, _) => (Lamp::None, "no client secret is given".to_owned()),
            (true, Some(problem)) => (Lamp::Failed, problem),
            (true, None) => (Lamp::Ok, "the client secret is set; the org does not tell when it lapses".to_owned()),
        };
        ClientSecretState { state, set_at: settings.changed_at(CLIENT_SECRET).filter(|_| is_set), message }
    }

    fn sync_state(&self, settings: &Settings, people: i64, groups: i64) -> SyncState {
        let last_at = settings.instant(SYNCED);
        let problem = lock(&self.people.sync_status).problem.clone();
        let age = last_at.map(|at| self.now().since(at));
        let (state, message) = match (settings.is_enabled(), age, problem) {
            (false, _, _) => (Lamp::None, "sign-in with Okta is off, so nothing is read".to_owned()),
            (true, Some(age), Some(problem)) if age <= self.config.rights_max_age => {
                (Lamp::Warning, format!("the org could not be read: {problem}"))
            }
            (true, _, Some(problem)) => (Lamp::Failed, format!("rights are too old to count: {problem}")),
            (true, None, None) => (Lamp::Warning, "people and groups have not been read yet".to_owned()),
            (true, Some(age), None) if age > SYNC_LATE => {
                (Lamp::Warning, "people and groups have not been read for a while".to_owned())
            }
            (true, Some(_), None) => (Lamp::Ok, "people and groups are in step with the org".to_owned()),
        };
        SyncState { state, last_at, people, groups, message }
    }
}
