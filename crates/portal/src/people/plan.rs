//! What the wizard makes at the org through the token: shown call by call before any is made, and undone newest first.

use db::Conn;
use domain::{
    Actor, Permission,
    actor::Use,
    role::{DEFAULT_ROLES, GROUP_PREFIX},
};
use okta::{Api, NewApplication};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    checks::in_words,
    connected::Connected,
    log::By,
    set_up::groups_wanted,
    settings::{CLIENT_ID, CLIENT_SECRET, MADE, Settings},
};
use crate::{Error, Portal, Result};

/// The label of the application that the wizard makes.
const APPLICATION_LABEL: &str = "WebReports";
const ANOTHER_APPLICATION: &str = "another application is made for it";

/// What the wizard shall make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub groups: bool,
    pub application: bool,
}

/// One call, before it is made. `{…}` in a path stands for an id that an earlier call gives.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanStep {
    pub id: String,
    pub method: String,
    pub path: String,
    pub body: Option<Value>,
    /// The call in words.
    pub says: String,
    action: Action,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Group(&'static str),
    Application,
    Assign(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepDone {
    pub id: String,
    pub says: String,
    pub state: StepState,
    pub why: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    Done,
    Failed,
    Skipped,
}

impl StepState {
    pub const ALL: [StepState; 3] = [StepState::Done, StepState::Failed, StepState::Skipped];

    pub fn as_str(self) -> &'static str {
        match self {
            StepState::Done => "done",
            StepState::Failed => "failed",
            StepState::Skipped => "skipped",
        }
    }
}

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub steps: Vec<StepDone>,
    /// Of the application that was made; its secret went into the vault.
    pub client_id: Option<String>,
}

/// Something that set-up made at the org, remembered for its undoing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    issuer: String,
    kind: MadeKind,
    id: String,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MadeKind {
    Group,
    Application,
}

impl Portal {
    /// Every call that would be made, before any is.
    pub async fn plan(&self, actor: &Actor, wish: Wish) -> Result<Vec<PlanStep>> {
        actor.may(Use(Permission::Configure))?;
        let connected = self.connection_for_plan(wish.application.then_some(ANOTHER_APPLICATION)).await?;
        self.steps(&connected.api, wish).await
    }

    /// `not_while_on`: what cannot be done while people sign in over this connection.
    async fn connection_for_plan(&self, not_while_on: Option<&str>) -> Result<std::sync::Arc<Connected>> {
        let connected = self.connected().await?;
        let connected = connected.ok_or_else(|| Error::Conflict("give domain and API token first".to_owned()))?;
        match not_while_on {
            Some(what) if connected.is_enabled => {
                Err(Error::Conflict(format!("turn sign-in with Okta off before {what}")))
            }
            _ => Ok(connected),
        }
    }

    async fn steps(&self, api: &Api, wish: Wish) -> Result<Vec<PlanStep>> {
        let there = api.groups(GROUP_PREFIX).await?;
        let is_there = |wanted: &str| there.iter().any(|group| group.name == wanted);
        let mut steps = Vec::new();
        for group in groups_wanted().filter(|group| wish.groups && !is_there(group)) {
            steps.push(PlanStep {
                id: format!("group:{group}"),
                method: "POST".to_owned(),
                path: "/api/v1/groups".to_owned(),
                body: Some(group_body(group)),
                says: format!("Create the group {group}"),
                action: Action::Group(group),
            });
        }
        if wish.application {
            steps.push(PlanStep {
                id: "application".to_owned(),
                method: "POST".to_owned(),
                path: "/api/v1/apps".to_owned(),
                body: Some(self.new_application().body()),
                says: format!(
                    "Create the application {APPLICATION_LABEL}; its client secret goes into the vault and is not shown"
                ),
                action: Action::Application,
            });
            for group in groups_wanted().filter(|group| wish.groups || is_there(group)) {
                steps.push(PlanStep {
                    id: format!("assign:{group}"),
                    method: "PUT".to_owned(),
                    path: format!("/api/v1/apps/{{application}}/groups/{{{group}}}"),
                    body: Some(json!({})),
                    says: format!("Let the members of {group} use the application"),
                    action: Action::Assign(group),
                });
            }
        }
        Ok(steps)
    }

    fn new_application(&self) -> NewApplication {
        let sign_out_uris = self.config.public_addresses.iter().map(|address| address.to_string()).collect();
        NewApplication {
            label: APPLICATION_LABEL.to_owned(),
            redirect_uris: self.redirect_uris(),
            sign_out_uris,
            start_uri: self.address("/sign-in/okta"),
        }
    }

    /// Makes the calls of the plan, one after the other. One that fails stops those that build on it, and no other.
    pub async fn apply_plan(&self, actor: &Actor, wish: Wish) -> Result<Applied> {
        actor.may(Use(Permission::Configure))?;
        let connected = self.connection_for_plan(wish.application.then_some(ANOTHER_APPLICATION)).await?;
        let api = &connected.api;
        let mut groups: Vec<(String, String)> =
            api.groups(GROUP_PREFIX).await?.into_iter().map(|group| (group.name, group.id)).collect();
        let mut application: Option<okta::Application> = None;
        let mut done = Vec::new();
        for step in self.steps(api, wish).await? {
            let outcome = match &step.action {
                Action::Group(name) => match api.create_group(&group_body(name)).await {
                    Ok(group) => {
                        self.remember(actor, &connected, MadeKind::Group, &group.id, name).await?;
                        groups.push((group.name, group.id));
                        (StepState::Done, None)
                    }
                    Err(error) => failed(&error),
                },
                Action::Application => match api.create_application(&self.new_application().body()).await {
                    Ok(made) => {
                        self.take_over(actor, &connected, &made).await?;
                        application = Some(made);
                        (StepState::Done, None)
                    }
                    Err(error) => failed(&error),
                },
                Action::Assign(name) => {
                    let group = groups.iter().find(|(known, _)| known == name).map(|(_, id)| id);
                    match (&application, group) {
                        (Some(application), Some(group)) => match api.assign_group(&application.id, group).await {
                            Ok(()) => (StepState::Done, None),
                            Err(error) => failed(&error),
                        },
                        _ => (StepState::Skipped, Some("what it builds on was not made".to_owned())),
                    }
                }
            };
            done.push(StepDone { id: step.id, says: step.says, state: outcome.0, why: outcome.1 });
        }
        Ok(Applied { steps: done, client_id: application.map(|application| application.client_id) })
    }

    /// Keeps client id and secret of a new application, and remembers that it was made here.
    async fn take_over(&self, actor: &Actor, connected: &Connected, made: &okta::Application) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::setting::put(&mut tx, CLIENT_ID, &made.client_id, self.now()).await?;
        store::setting::put_secret(&mut tx, &self.vault, CLIENT_SECRET, &made.client_secret, self.now()).await?;
        self.next_revision(&mut tx).await?;
        self.remember_in(&mut tx, actor, connected, MadeKind::Application, &made.id, APPLICATION_LABEL).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn remember(&self, actor: &Actor, connected: &Connected, kind: MadeKind, id: &str, name: &str) -> Result<()> {
        let mut tx = self.db.begin().await?;
        self.remember_in(&mut tx, actor, connected, kind, id, name).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn remember_in(
        &self,
        conn: &mut Conn,
        actor: &Actor,
        connected: &Connected,
        kind: MadeKind,
        id: &str,
        name: &str,
    ) -> Result<()> {
        let mut made: Vec<Made> = Settings::load(conn).await?.json(MADE).unwrap_or_default();
        made.push(Made { issuer: connected.org.issuer().to_owned(), kind, id: id.to_owned(), name: name.to_owned() });
        self.keep_made(conn, &made).await?;
        let what = match kind {
            MadeKind::Group => "created a group at the org",
            MadeKind::Application => "created an application at the org",
        };
        self.note(conn, By::Actor(actor), "set-up", what, name).await
    }

    async fn keep_made(&self, conn: &mut Conn, made: &[Made]) -> Result<()> {
        let json = serde_json::to_string(made).map_err(std::io::Error::other)?;
        store::setting::put(conn, MADE, &json, self.now()).await?;
        Ok(())
    }

    /// Removes what the wizard made at the org, newest first. A group that people are in by now stays.
    pub async fn undo_plan(&self, actor: &Actor) -> Result<Vec<StepDone>> {
        actor.may(Use(Permission::Configure))?;
        let connected = self.connection_for_plan(Some("what was made for it is removed")).await?;
        let api = &connected.api;
        let issuer = connected.org.issuer();
        let made: Vec<Made> = Settings::load(&mut *self.db.read().await?).await?.json(MADE).unwrap_or_default();
        let mut done = Vec::new();
        for thing in made.into_iter().rev().filter(|thing| thing.issuer == issuer) {
            let (says, removed) = match thing.kind {
                MadeKind::Application => {
                    (format!("Delete the application {}", thing.name), api.delete_application(&thing.id).await)
                }
                MadeKind::Group => {
                    let says = format!("Delete the group {}", thing.name);
                    match api.members(&thing.id).await {
                        Ok(members) if !members.is_empty() => {
                            let why = format!("{} people are in it by now", members.len());
                            done.push(StepDone { id: thing.id, says, state: StepState::Skipped, why: Some(why) });
                            continue;
                        }
                        Ok(_) => (says, api.delete_group(&thing.id).await),
                        Err(error) => (says, Err(error)),
                    }
                }
            };
            let (state, why) = match removed {
                // What somebody removed by hand is gone as well.
                Ok(()) | Err(okta::Error::NotFound { .. }) => {
                    self.forget(actor, &thing).await?;
                    (StepState::Done, None)
                }
                Err(error) => failed(&error),
            };
            done.push(StepDone { id: thing.id, says, state, why });
        }
        Ok(done)
    }

    /// Takes one thing off the list as it is now: somebody else may have made another since it was read.
    async fn forget(&self, actor: &Actor, thing: &Made) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let settings = Settings::load(&mut tx).await?;
        let mut left: Vec<Made> = settings.json(MADE).unwrap_or_default();
        left.retain(|known| known != thing);
        self.keep_made(&mut tx, &left).await?;
        if thing.kind == MadeKind::Application && settings.client_id() == thing.id {
            store::setting::clear(&mut tx, CLIENT_ID).await?;
            store::setting::clear(&mut tx, CLIENT_SECRET).await?;
            self.next_revision(&mut tx).await?;
        }
        self.note(&mut tx, By::Actor(actor), "set-up", "removed what set-up had created at the org", &thing.name)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

fn group_body(group: &str) -> Value {
    let role = DEFAULT_ROLES.iter().find(|role| role.group == group).map_or(group, |role| role.name);
    json!({"profile": {"name": group, "description": format!("WebReports: holds the role {role}")}})
}

fn failed(error: &okta::Error) -> (StepState, Option<String>) {
    (StepState::Failed, Some(format!("{}; {}", in_words(error), error.fix())))
}
