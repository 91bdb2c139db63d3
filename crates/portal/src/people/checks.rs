//! The six checks of set-up: each by itself, each with what it found, why it failed and what to do.

use std::collections::BTreeMap;

use domain::{
    Actor, Permission,
    actor::Use,
    role::{ADMIN_GROUP, GROUP_PREFIX},
};

use super::{connected::Connected, lock, set_up::groups_wanted, token_facts::TokenFacts};
use crate::{Portal, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckName {
    Domain,
    Client,
    Token,
    TokenRights,
    Groups,
    Administrator,
}

impl CheckName {
    /// In the order in which one depends on the other.
    pub const ALL: &[CheckName] = &[
        CheckName::Domain,
        CheckName::Client,
        CheckName::Token,
        CheckName::TokenRights,
        CheckName::Groups,
        CheckName::Administrator,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            CheckName::Domain => "domain",
            CheckName::Client => "client",
            CheckName::Token => "token",
            CheckName::TokenRights => "token_rights",
            CheckName::Groups => "groups",
            CheckName::Administrator => "administrator",
        }
    }

    pub fn parse(text: &str) -> Option<CheckName> {
        CheckName::ALL.iter().copied().find(|name| name.as_str() == text)
    }

    fn title(self) -> &'static str {
        match self {
            CheckName::Domain => "The domain answers and is the issuer",
            CheckName::Client => "The org accepts the client",
            CheckName::Token => "The API token is valid",
            CheckName::TokenRights => "The API token may do what is needed",
            CheckName::Groups => "The six groups are there",
            CheckName::Administrator => "Somebody is in WRAdmin",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckState {
    /// Not run since the settings changed.
    Waiting,
    Passed,
    Failed,
    /// It could not be told: what it needs is not there yet, or the org could not be asked.
    Unknown,
}

impl CheckState {
    pub const ALL: [CheckState; 4] = [CheckState::Waiting, CheckState::Passed, CheckState::Failed, CheckState::Unknown];

    pub fn as_str(self) -> &'static str {
        match self {
            CheckState::Waiting => "waiting",
            CheckState::Passed => "passed",
            CheckState::Failed => "failed",
            CheckState::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: CheckName,
    pub title: String,
    pub state: CheckState,
    pub found: Option<String>,
    pub why: Option<String>,
    pub fix: Option<String>,
    pub details: Vec<String>,
    pub took_ms: Option<u64>,
}

impl Check {
    fn new(name: CheckName, state: CheckState) -> Check {
        let title = name.title().to_owned();
        Check { name, title, state, found: None, why: None, fix: None, details: Vec::new(), took_ms: None }
    }

    fn passed(name: CheckName, found: String) -> Check {
        Check { found: Some(found), ..Check::new(name, CheckState::Passed) }
    }

    fn failed(name: CheckName, why: impl Into<String>, fix: impl Into<String>) -> Check {
        Check { why: Some(why.into()), fix: Some(fix.into()), ..Check::new(name, CheckState::Failed) }
    }

    fn missing(name: CheckName, fix: &str) -> Check {
        Check {
            why: Some("this needs something that is not given yet".to_owned()),
            fix: Some(fix.to_owned()),
            ..Check::new(name, CheckState::Unknown)
        }
    }

    fn of_error(name: CheckName, error: &okta::Error) -> Check {
        Check::failed(name, in_words(error), error.fix())
    }

    fn details(mut self, details: Vec<String>) -> Check {
        self.details = details;
        self
    }
}

/// The error with its cause, for people. Of the org it names the origin at most; no secret is in any of them.
pub(crate) fn in_words(error: &okta::Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.take(2).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The last result of each check, of one revision of the settings.
#[derive(Default)]
pub(crate) struct Results {
    revision: i64,
    checks: BTreeMap<CheckName, Check>,
}

impl Portal {
    /// Runs one check.
    pub async fn check(&self, actor: &Actor, name: CheckName) -> Result<Check> {
        actor.may(Use(Permission::Configure))?;
        self.check_now(name).await
    }

    pub async fn check_as_operator(&self, name: CheckName) -> Result<Check> {
        self.check_now(name).await
    }

    pub(crate) async fn check_now(&self, name: CheckName) -> Result<Check> {
        let connected = self.connected().await?;
        let check = self.run_check(connected.as_deref(), name).await;
        let revision = connected.as_ref().map_or(0, |connected| connected.revision);
        let mut results = lock(&self.people.checks);
        if results.revision != revision {
            *results = Results { revision, checks: BTreeMap::new() };
        }
        results.checks.insert(name, check.clone());
        Ok(check)
    }

    /// All six, those not run since the settings changed as waiting.
    pub(crate) fn check_results(&self, revision: i64) -> Vec<Check> {
        let results = lock(&self.people.checks);
        let known = |name: &CheckName| results.checks.get(name).filter(|_| results.revision == revision).cloned();
        CheckName::ALL
            .iter()
            .map(|name| known(name).unwrap_or_else(|| Check::new(*name, CheckState::Waiting)))
            .collect()
    }

    /// The switch, which made `revision`, counts as a change of the settings and touches nothing that a check looks at.
    pub(crate) fn keep_check_results(&self, revision: i64) {
        let mut results = lock(&self.people.checks);
        if results.revision == revision - 1 {
            results.revision = revision;
        }
    }

    pub(crate) async fn run_check(&self, connected: Option<&Connected>, name: CheckName) -> Check {
        let began = std::time::Instant::now();
        let mut check = match connected {
            None => Check::missing(name, "give the Okta domain first"),
            Some(connected) => match name {
                CheckName::Domain => domain(connected).await,
                CheckName::Client => client(connected).await,
                CheckName::Token => self.token(connected).await,
                CheckName::TokenRights => self.token_rights(connected).await,
                CheckName::Groups => groups(connected).await,
                CheckName::Administrator => administrator(connected).await,
            },
        };
        check.took_ms = Some(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        check
    }

    async fn token(&self, connected: &Connected) -> Check {
        let facts = match self.read_token_facts(connected).await {
            Ok(facts) => facts,
            Err(error) => return Check::of_error(CheckName::Token, &error),
        };
        let mut details = vec![match facts.expires_at() {
            Some(at) => {
                format!("lapses on {} unless it is used before; every use renews it", &at.to_rfc3339_ms()[..10])
            }
            None => "when it lapses cannot be read; a token lapses 30 days after its last use".to_owned(),
        }];
        details.push(facts.connection_in_words());
        let name = facts.name.as_ref().map(|name| format!("`{name}`, ")).unwrap_or_default();
        let found = format!("{name}it acts as {} ({})", facts.owner.name, facts.owner.login);
        Check::passed(CheckName::Token, found).details(details)
    }

    async fn token_rights(&self, connected: &Connected) -> Check {
        let name = CheckName::TokenRights;
        let api = &connected.api;
        let me = match api.me().await {
            Ok(me) => me,
            Err(error) => return Check::of_error(name, &error),
        };
        // One harmless call for each right that the bridge needs.
        let groups = api.groups(GROUP_PREFIX).await;
        let members = match groups.as_ref().ok().and_then(|groups| groups.first()) {
            Some(group) => api.members(&group.id).await.map(|_| ()),
            None => Ok(()),
        };
        let tried = [
            ("read groups", groups.map(|_| ())),
            ("read a group's members", members),
            ("read people", api.try_reading_people().await),
            ("read a person's groups", api.groups_of(&me.id).await.map(|_| ())),
        ];
        let mut details = Vec::new();
        let mut first_error = None;
        for (right, tried) in tried {
            match tried {
                Ok(()) => details.push(format!("{right}: yes")),
                Err(error) => {
                    details.push(format!("{right}: no, {}", in_words(&error)));
                    first_error.get_or_insert(error);
                }
            }
        }
        let roles = match api.roles_of(&me.id).await {
            Ok(roles) if roles.is_empty() => "no administrator role".to_owned(),
            Ok(roles) => roles.into_iter().map(|role| role.label).collect::<Vec<_>>().join(", "),
            Err(_) => "administrator roles that the token may not read".to_owned(),
        };
        match first_error {
            None => Check::passed(name, format!("{} has {roles}", me.login)).details(details),
            Some(error) => Check { found: Some(format!("{} has {roles}", me.login)), ..Check::of_error(name, &error) }
                .details(details),
        }
    }

    /// What the org tells of the token, kept for the page that shows the bridge.
    async fn read_token_facts(&self, connected: &Connected) -> Result<TokenFacts, okta::Error> {
        let facts = TokenFacts::read(&connected.api, self.now()).await?;
        if let Err(error) = self.keep_token_facts(connected.revision, &facts).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what the org tells of the token could not be kept"
            );
        }
        Ok(facts)
    }
}

async fn domain(connected: &Connected) -> Check {
    match connected.sign_in.reach().await {
        Ok(reached) => {
            let clock = reached.clock_ahead_s.map(|by_s| format!("its clock and ours differ by {} s", by_s.abs()));
            Check::passed(CheckName::Domain, format!("{} answers, and calls itself so", reached.issuer))
                .details(clock.into_iter().collect())
        }
        Err(error) => Check::of_error(CheckName::Domain, &error),
    }
}

async fn client(connected: &Connected) -> Check {
    match connected.sign_in.check_client().await {
        Ok(()) => Check::passed(CheckName::Client, "client id and secret are accepted".to_owned()),
        Err(error) => Check::of_error(CheckName::Client, &error),
    }
}

async fn groups(connected: &Connected) -> Check {
    let found = match connected.api.groups(GROUP_PREFIX).await {
        Ok(found) => found,
        Err(error) => return Check::of_error(CheckName::Groups, &error),
    };
    let is_there = |wanted: &str| found.iter().any(|group| group.name == wanted);
    let details = groups_wanted()
        .map(|wanted| format!("{wanted}: {}", if is_there(wanted) { "there" } else { "missing" }))
        .collect();
    let missing: Vec<&str> = groups_wanted().filter(|wanted| !is_there(wanted)).collect();
    if missing.is_empty() {
        let more = found.len() - groups_wanted().count();
        let more = if more == 0 { String::new() } else { format!(", and {more} more that begin with {GROUP_PREFIX}") };
        return Check::passed(CheckName::Groups, format!("all six are there{more}")).details(details);
    }
    let fix = "let the wizard create them, or add them in the Admin Console: Directory > Groups > Add group";
    Check::failed(CheckName::Groups, format!("{} missing: {}", missing.len(), missing.join(", ")), fix).details(details)
}

async fn administrator(connected: &Connected) -> Check {
    let name = CheckName::Administrator;
    let fix = "put somebody into WRAdmin in the Admin Console: Directory > Groups > WRAdmin > Manage people";
    let groups = match connected.api.groups(ADMIN_GROUP).await {
        Ok(groups) => groups,
        Err(error) => return Check::of_error(name, &error),
    };
    let Some(group) = groups.into_iter().find(|group| group.name == ADMIN_GROUP) else {
        return Check::failed(name, format!("there is no group {ADMIN_GROUP}"), "create the groups first");
    };
    let members = match connected.api.members(&group.id).await {
        Ok(members) => members,
        Err(error) => return Check::of_error(name, &error),
    };
    let active: Vec<String> =
        members.iter().filter(|user| user.is_active()).map(|user| format!("{} ({})", user.name, user.login)).collect();
    match (active.first(), members.len()) {
        (Some(first), _) => {
            let more = if active.len() == 1 { String::new() } else { format!(" and {} more", active.len() - 1) };
            Check::passed(name, format!("{first}{more} can administer WebReports"))
                .details(active.into_iter().take(20).collect())
        }
        (None, 0) => Check::failed(name, format!("{ADMIN_GROUP} is empty: nobody could administer WebReports"), fix),
        (None, count) => Check::failed(name, format!("none of the {count} people in {ADMIN_GROUP} is active"), fix),
    }
}
