//! Set-up and the bridge over HTTP: claim, connect, check, create, turn on.

use axum::{
    Extension, Json,
    extract::State,
    http::header,
    response::{AppendHeaders, IntoResponse},
};
use portal::{Check, CheckName, Lamp, PlanStep, SetUp, StepDone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::Secret;

use super::{
    App, cookie,
    extract::Path,
    host::Address,
    problem::{Body, Problem, Problems},
    session::SessionBody,
    signed_in::{From, SignedIn},
    wire,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(claim))
        .routes(routes!(show, connect))
        .routes(routes!(check))
        .routes(routes!(plan))
        .routes(routes!(apply))
        .routes(routes!(undo))
        .routes(routes!(enable))
        .routes(routes!(disable))
        .routes(routes!(bridge))
}

/// The one-time code of the terminal, and the emergency administrator to make.
#[derive(Deserialize, ToSchema)]
struct Claim {
    #[schema(value_type = String, format = "password")]
    code: Secret,
    name: String,
    login: String,
    #[schema(value_type = String, format = "password")]
    password: Secret,
    #[serde(default)]
    email: String,
}

/// Makes the emergency administrator and signs in. After that set-up is closed to everybody else, for good.
#[utoipa::path(post, path = "/api/v1/setup/claim", tag = "set-up", request_body = Claim,
    responses((status = 200, body = SessionBody), Problems))]
async fn claim(
    State(app): State<App>,
    Extension(address): Extension<Address>,
    From(from): From,
    Body(claim): Body<Claim>,
) -> Result<impl IntoResponse, Problem> {
    let administrator =
        portal::NewAdministrator { name: claim.name, login: claim.login, email: claim.email, password: claim.password };
    let session = app.portal.claim_set_up(&claim.code, administrator, from).await?;
    let signed_in = app.portal.signed_in(&session).await?;
    let cookie = cookie::set(&address, cookie::SESSION, session.expose());
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(SessionBody::of(&app, &signed_in))))
}

/// What set-up knows. Secrets say only whether they are there.
#[derive(Serialize, ToSchema)]
struct SetUpBody {
    domain: String,
    client_id: String,
    client_secret_set: bool,
    api_token_set: bool,
    /// A plain http issuer on this machine is accepted: for the built-in org and for trying things, never for a tenant.
    allow_loopback_http: bool,
    okta_enabled: bool,
    /// What to enter as sign-in redirect URIs.
    redirect_uris: Vec<String>,
    /// What to enter as sign-out redirect URI.
    sign_out_uri: String,
    /// Groups that the default roles map to.
    groups: Vec<String>,
    checks: Vec<CheckBody>,
}

/// One thing that set-up tests by itself.
#[derive(Serialize, ToSchema)]
struct CheckBody {
    #[schema(value_type = wire::CheckName)]
    name: &'static str,
    title: String,
    #[schema(value_type = wire::CheckState)]
    state: &'static str,
    #[schema(required)]
    found: Option<String>,
    #[schema(required)]
    why: Option<String>,
    #[schema(required)]
    fix: Option<String>,
    details: Vec<String>,
    #[schema(required)]
    took_ms: Option<u64>,
}

impl CheckBody {
    fn of(check: Check) -> CheckBody {
        CheckBody {
            name: check.name.as_str(),
            title: check.title,
            state: check.state.as_str(),
            found: check.found,
            why: check.why,
            fix: check.fix,
            details: check.details,
            took_ms: check.took_ms,
        }
    }
}

impl SetUpBody {
    fn of(set_up: SetUp) -> SetUpBody {
        SetUpBody {
            domain: set_up.domain,
            client_id: set_up.client_id,
            client_secret_set: set_up.client_secret_set,
            api_token_set: set_up.api_token_set,
            allow_loopback_http: set_up.allow_loopback_http,
            okta_enabled: set_up.okta_enabled,
            redirect_uris: set_up.redirect_uris,
            sign_out_uri: set_up.sign_out_uri,
            groups: set_up.groups,
            checks: set_up.checks.into_iter().map(CheckBody::of).collect(),
        }
    }
}

/// What set-up knows.
#[utoipa::path(get, path = "/api/v1/setup", tag = "set-up", responses((status = 200, body = SetUpBody), Problems))]
async fn show(State(app): State<App>, signed_in: SignedIn) -> Result<Json<SetUpBody>, Problem> {
    Ok(Json(SetUpBody::of(app.portal.set_up(&signed_in.actor).await?)))
}

/// Where the org is, and what to sign in with there.
#[derive(Deserialize, ToSchema)]
struct Connect {
    /// `https://example.okta.com`
    domain: String,
    client_id: String,
    /// Write-only; left out, the old one stays.
    #[schema(value_type = Option<String>, format = "password")]
    client_secret: Option<Secret>,
    /// Write-only; left out, the old one stays.
    #[schema(value_type = Option<String>, format = "password")]
    api_token: Option<Secret>,
    #[serde(default)]
    allow_loopback_http: bool,
}

/// Keeps what set-up asks for. The checks wait again.
#[utoipa::path(put, path = "/api/v1/setup", tag = "set-up", request_body = Connect,
    responses((status = 200, body = SetUpBody), Problems))]
async fn connect(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(given): Body<Connect>,
) -> Result<Json<SetUpBody>, Problem> {
    let given = portal::NewBridge {
        domain: given.domain,
        client_id: given.client_id,
        client_secret: given.client_secret,
        api_token: given.api_token,
        allow_loopback_http: given.allow_loopback_http,
    };
    Ok(Json(SetUpBody::of(app.portal.connect(&signed_in.actor, given).await?)))
}

/// Runs one check by itself.
#[utoipa::path(post, path = "/api/v1/setup/checks/{name}", tag = "set-up", params(("name" = wire::CheckName, Path)),
    responses((status = 200, body = CheckBody), Problems))]
async fn check(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Json<CheckBody>, Problem> {
    let name = CheckName::parse(&name).ok_or_else(Problem::not_found)?;
    Ok(Json(CheckBody::of(app.portal.check(&signed_in.actor, name).await?)))
}

/// What the wizard shall create at the org through the token.
#[derive(Deserialize, ToSchema)]
struct Wish {
    #[serde(default)]
    groups: bool,
    #[serde(default)]
    application: bool,
}

/// Every call that would be made, before any is.
#[derive(Serialize, ToSchema)]
struct PlanBody {
    steps: Vec<PlanStepBody>,
}

#[derive(Serialize, ToSchema)]
struct PlanStepBody {
    id: String,
    method: String,
    path: String,
    #[schema(value_type = Option<Value>, required)]
    body: Option<Value>,
    /// The call in words.
    says: String,
}

impl PlanStepBody {
    fn of(step: PlanStep) -> PlanStepBody {
        PlanStepBody { id: step.id, method: step.method, path: step.path, body: step.body, says: step.says }
    }
}

/// What became of each call.
#[derive(Serialize, ToSchema)]
struct AppliedBody {
    steps: Vec<AppliedStep>,
    /// Of the application that was created; its secret went into the vault.
    #[schema(required)]
    client_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct AppliedStep {
    id: String,
    says: String,
    #[schema(value_type = wire::StepState)]
    state: &'static str,
    #[schema(required)]
    why: Option<String>,
}

impl AppliedStep {
    fn of(step: StepDone) -> AppliedStep {
        AppliedStep { id: step.id, says: step.says, state: step.state.as_str(), why: step.why }
    }
}

/// Says which calls would create the groups and the application.
#[utoipa::path(post, path = "/api/v1/setup/plan", tag = "set-up", request_body = Wish,
    responses((status = 200, body = PlanBody), Problems))]
async fn plan(State(app): State<App>, signed_in: SignedIn, Body(wish): Body<Wish>) -> Result<Json<PlanBody>, Problem> {
    let steps =
        app.portal.plan(&signed_in.actor, portal::Wish { groups: wish.groups, application: wish.application }).await?;
    Ok(Json(PlanBody { steps: steps.into_iter().map(PlanStepBody::of).collect() }))
}

/// Creates the groups and the application.
#[utoipa::path(post, path = "/api/v1/setup/plan/apply", tag = "set-up", request_body = Wish,
    responses((status = 200, body = AppliedBody), Problems))]
async fn apply(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(wish): Body<Wish>,
) -> Result<Json<AppliedBody>, Problem> {
    let wish = portal::Wish { groups: wish.groups, application: wish.application };
    let applied = app.portal.apply_plan(&signed_in.actor, wish).await?;
    Ok(Json(AppliedBody {
        steps: applied.steps.into_iter().map(AppliedStep::of).collect(),
        client_id: applied.client_id,
    }))
}

/// Removes what the wizard created at the org, newest first.
#[utoipa::path(post, path = "/api/v1/setup/plan/undo", tag = "set-up",
    responses((status = 200, body = AppliedBody), Problems))]
async fn undo(State(app): State<App>, signed_in: SignedIn) -> Result<Json<AppliedBody>, Problem> {
    let steps = app.portal.undo_plan(&signed_in.actor).await?;
    Ok(Json(AppliedBody { steps: steps.into_iter().map(AppliedStep::of).collect(), client_id: None }))
}

/// Turns sign-in through the org on, once every check has passed.
#[utoipa::path(post, path = "/api/v1/setup/enable", tag = "set-up",
    responses((status = 200, body = SetUpBody), Problems))]
async fn enable(State(app): State<App>, signed_in: SignedIn) -> Result<Json<SetUpBody>, Problem> {
    Ok(Json(SetUpBody::of(app.portal.enable(&signed_in.actor).await?)))
}

/// Turns sign-in through the org off.
#[utoipa::path(post, path = "/api/v1/setup/disable", tag = "set-up",
    responses((status = 200, body = SetUpBody), Problems))]
async fn disable(State(app): State<App>, signed_in: SignedIn) -> Result<Json<SetUpBody>, Problem> {
    Ok(Json(SetUpBody::of(app.portal.disable(&signed_in.actor).await?)))
}

/// State and age of the bridge to the org.
#[derive(Serialize, ToSchema)]
struct BridgeBody {
    enabled: bool,
    domain: String,
    token: TokenBody,
    client_secret: ClientSecretBody,
    sync: SyncBody,
    problems: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct TokenBody {
    #[schema(value_type = wire::Lamp)]
    state: &'static str,
    #[schema(required)]
    owner: Option<OwnerBody>,
    rights: Vec<String>,
    #[schema(value_type = Option<wire::Instant>, required)]
    last_use: Option<String>,
    #[schema(value_type = Option<wire::Instant>, required)]
    lapses_at: Option<String>,
    /// False: the lapse day is the last success and 30 days.
    lapse_known: bool,
    /// Where calls may come from.
    #[schema(required)]
    connection: Option<String>,
    message: String,
}

#[derive(Serialize, ToSchema)]
struct OwnerBody {
    login: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
struct ClientSecretBody {
    #[schema(value_type = wire::Lamp)]
    state: &'static str,
    #[schema(value_type = Option<wire::Instant>, required)]
    set_at: Option<String>,
    message: String,
}

#[derive(Serialize, ToSchema)]
struct SyncBody {
    #[schema(value_type = wire::Lamp)]
    state: &'static str,
    #[schema(value_type = Option<wire::Instant>, required)]
    last_at: Option<String>,
    people: i64,
    groups: i64,
    message: String,
    rights_max_age_s: u64,
}

/// State and age of the bridge: whose token, which rights, when it lapses; the client secret; the last reading.
#[utoipa::path(get, path = "/api/v1/bridge", tag = "set-up", responses((status = 200, body = BridgeBody), Problems))]
async fn bridge(State(app): State<App>, signed_in: SignedIn) -> Result<Json<BridgeBody>, Problem> {
    let bridge = app.portal.bridge(&signed_in.actor).await?;
    let at = |instant: Option<world::Instant>| instant.map(world::Instant::to_rfc3339_ms);
    let lamp = Lamp::as_str;
    Ok(Json(BridgeBody {
        enabled: bridge.enabled,
        domain: bridge.domain,
        token: TokenBody {
            state: lamp(bridge.token.state),
            owner: bridge.token.owner.map(|owner| OwnerBody { login: owner.login, name: owner.name }),
            rights: bridge.token.rights,
            last_use: at(bridge.token.last_use),
            lapses_at: at(bridge.token.lapses_at),
            lapse_known: bridge.token.lapse_known,
            connection: bridge.token.connection,
            message: bridge.token.message,
        },
        client_secret: ClientSecretBody {
            state: lamp(bridge.client_secret.state),
            set_at: at(bridge.client_secret.set_at),
            message: bridge.client_secret.message,
        },
        sync: SyncBody {
            state: lamp(bridge.sync.state),
            last_at: at(bridge.sync.last_at),
            people: bridge.sync.people,
            groups: bridge.sync.groups,
            message: bridge.sync.message,
            rights_max_age_s: app.portal.config.rights_max_age.as_secs(),
        },
        problems: bridge.problems,
    }))
}
