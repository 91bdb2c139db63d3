//! `/api/v1/authn`: the classic sign-in for programs, step by step. It ends with a session token.
//!
//! Invariant: wrong password, unknown name, locked and suspended people are one answer, E0000004, unless the policy lets people know that
//! they are locked out. A call fits the step that the state token is at, or it is E0000079.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use vault::Secret;

use super::{
    authn_body,
    credentials::{self, Attempt},
    factors::{self, Given},
    flow::{self, Next},
    new_password::{self, Setting},
    password_policy, session_token, sign_on,
    state_token::{self, State as SignIn, Step},
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        edge::Address,
        factors::kind as factor_kind,
    },
    error::{Answer, Fault, codes},
    model::{
        change::Change,
        factor::{self, Factor},
        log::{CallOrigin, Event, Party},
        user::{self, Status, User},
    },
};

/// Longer relay states are refused.
const RELAY_STATE_MAX: usize = 2_048;
const DEVICE_TOKEN_MAX: usize = 200;

/// `POST /api/v1/authn`
pub async fn begin(State(org): State<Org>, address: Address, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    if body.contains_key("stateToken") {
        return resume(&org, &address, &origin, &body).await;
    }
    if let Some(token) = body.text("token")? {
        return super::authn_recovery::by_token(&org, &address, &origin, &Secret::new(token)).await;
    }
    let relay_state = relay_state(&body)?;
    let login = body.text("username")?.filter(|login| !login.trim().is_empty()).ok_or_else(|| blank("username"))?;
    let password = body
        .text("password")?
        .filter(|password| !password.is_empty())
        .map(Secret::new)
        .ok_or_else(|| blank("password"))?;
    let user = match credentials::attempt(&org, &origin, login, &password).await? {
        Attempt::Accepted(user) | Attempt::PasswordExpired(user) => user,
        Attempt::Refused => return refused(&org, &address, login, relay_state).await,
        Attempt::TooSoon(_) => return Err(Fault::new(&codes::E0000047)),
    };
    let mut state = SignIn::after_password(&user.id, relay_state);
    if let Some(options) = body.child("options")? {
        state.detail.warns = options.flag("warnBeforePasswordExpired")?.unwrap_or(false);
        state.detail.enrolls_optional = options.flag("multiOptionalFactorEnroll")?.unwrap_or(false);
    }
    let device = body.child("context")?.map(|context| context.text("deviceToken")).transpose()?.flatten();
    if let Some(device) = device.filter(|device| !device.is_empty() && device.len() <= DEVICE_TOKEN_MAX) {
        state.detail.device = Some(sign_on::device_hash(&org.vault, &Secret::new(device)));
    }
    let change = Change::begin(&org, Party::user(&user), origin.clone()).await?;
    go_on(&org, &address, &origin, change, &user, state, None).await
}

pub(super) fn relay_state(body: &Map<String, Value>) -> Answer<Option<String>> {
    let relay_state = body.text("relayState")?.map(str::to_owned);
    if relay_state.as_ref().is_some_and(|relay_state| relay_state.len() > RELAY_STATE_MAX) {
        return Err(Fault::field("relayState", "The field is too long"));
    }
    Ok(relay_state)
}

pub(super) fn blank(field: &str) -> Fault {
    Fault::field(field, "The field cannot be left blank")
}

async fn refused(org: &Org, address: &Address, login: &str, relay_state: Option<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    if let Some(user) = user::by_login(&mut reader, login.trim()).await?
        && user.status == Status::LockedOut
        && password_policy::of(&mut reader, &user).await?.show_lockout
    {
        return Ok(Json(authn_body::locked_out(address, relay_state.as_deref())));
    }
    Err(Fault::new(&codes::E0000004))
}

/// The state behind a body's token, and the person.
pub(super) async fn at(
    change: &mut Change,
    org: &Org,
    body: &Map<String, Value>,
    steps: &[Step],
) -> Answer<(Secret, SignIn, User)> {
    let token = body.text("stateToken")?.map(Secret::new).ok_or_else(|| blank("stateToken"))?;
    let gone = || Fault::new(&codes::E0000011);
    let (state, _) = state_token::peek(change, org, &token).await?.ok_or_else(gone)?;
    let user = user::by_id(change, &state.user).await?.ok_or_else(gone)?;
    if !steps.is_empty() && !steps.contains(&state.step) {
        return Err(Fault::new(&codes::E0000079));
    }
    Ok((token, state, user))
}

/// Asks what is missing, and answers with that, or with a session token.
pub(super) async fn go_on(
    org: &Org,
    address: &Address,
    origin: &CallOrigin,
    mut change: Change,
    user: &User,
    state: SignIn,
    token: Option<&Secret>,
) -> Answer<Json<Value>> {
    let relay_state = state.relay_state.clone();
    match flow::advance(&mut change, org, origin, user, state, token).await? {
        Next::Done(proof) => {
            let (token, expires) = session_token::create(&mut change, org, &user.id, &proof).await?;
            change.record(Event::new("user.authentication.auth").target(Party::user(user)));
            change.commit().await?;
            Ok(Json(authn_body::success(user, &token, expires, relay_state.as_deref())))
        }
        Next::Wait(token, expires, state) => {
            let shown = authn_body::waiting(&mut change, address, user, &token, expires, &state, None).await?;
            change.commit().await?;
            Ok(Json(shown))
        }
        Next::Denied => {
            change.commit().await?;
            Err(Fault::new(&codes::E0000004))
        }
    }
}

/// Keeps a step and shows it, with what only this answer has.
async fn wait(
    org: &Org,
    address: &Address,
    mut change: Change,
    user: &User,
    token: &Secret,
    state: SignIn,
    extra: Option<(&Factor, Value)>,
) -> Answer<Json<Value>> {
    let expires = state_token::put(&mut change, org, token, &state).await?;
    let shown = authn_body::waiting(&mut change, address, user, token, expires, &state, extra).await?;
    change.commit().await?;
    Ok(Json(shown))
}

async fn begin_step(org: &Org, origin: &CallOrigin) -> Answer<Change> {
    Ok(Change::begin(org, Party::system(), origin.clone()).await?)
}

/// Where a sign-in stands.
async fn resume(org: &Org, address: &Address, origin: &CallOrigin, body: &Map<String, Value>) -> Answer<Json<Value>> {
    let mut change = begin_step(org, origin).await?;
    let (token, state, user) = at(&mut change, org, body, &[]).await?;
    wait(org, address, change, &user, &token, state, None).await
}

/// `POST /api/v1/authn/credentials/change_password`
pub async fn change_password(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    body: Body,
) -> Answer<Json<Value>> {
    let body = body.object()?;
    let given = |name: &str| -> Answer<Secret> {
        Ok(Secret::new(body.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| blank(name))?))
    };
    let (old, new) = (given("oldPassword")?, given("newPassword")?);
    let mut change = begin_step(&org, &origin).await?;
    let (token, state, _) = at(&mut change, &org, &body, &[Step::PasswordExpired, Step::PasswordWarn]).await?;
    change.commit().await?;
    match new_password::by_state(&org, &origin, &token, &old, &new).await? {
        Setting::Done(user) => {
            let change = Change::begin(&org, Party::user(&user), origin.clone()).await?;
            go_on(&org, &address, &origin, change, &user, state, None).await
        }
        Setting::Refused(faults) => Err(Fault { causes: faults, ..Fault::new(&codes::E0000080) }),
        Setting::OldPasswordWrong => Err(Fault::new(&codes::E0000014).with_cause("Old Password is not correct")),
        Setting::Gone => Err(Fault::new(&codes::E0000011)),
    }
}

/// `POST /api/v1/authn/cancel`
pub async fn cancel(State(org): State<Org>, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    let token = body.text("stateToken")?.map(Secret::new).ok_or_else(|| blank("stateToken"))?;
    let mut tx = org.db.begin().await?;
    let state = state_token::take(&mut tx, &org, &token).await?.ok_or_else(|| Fault::new(&codes::E0000011))?;
    tx.commit().await?;
    let mut answer = Map::new();
    if let Some(relay_state) = state.relay_state {
        answer.insert("relayState".to_owned(), relay_state.into());
    }
    Ok(Json(Value::Object(answer)))
}

/// `POST /api/v1/authn/previous`
pub async fn previous(State(org): State<Org>, address: Address, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    let mut change = begin_step(&org, &origin).await?;
    let (token, mut state, user) = at(&mut change, &org, &body, &[Step::MfaChallenge, Step::MfaEnrollActivate]).await?;
    if state.step == Step::MfaEnrollActivate {
        if let Some(pending) = current(&mut change, &user, &state).await?.filter(|factor| !factor.active) {
            factor::delete(&mut change, &pending.id).await?;
        }
        state.step = Step::MfaEnroll;
    } else {
        state.step = Step::MfaRequired;
    }
    state.detail.factor = None;
    wait(&org, &address, change, &user, &token, state, None).await
}

/// `POST /api/v1/authn/skip`
pub async fn skip(State(org): State<Org>, address: Address, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    let mut change = begin_step(&org, &origin).await?;
    let (token, mut state, user) = at(&mut change, &org, &body, &[Step::PasswordWarn, Step::MfaEnroll]).await?;
    if state.step == Step::PasswordWarn {
        state.detail.warned = true;
    } else if authn_body::may_skip(&mut change, &user, &state).await? {
        state.detail.skipped_enrollment = true;
    } else {
        return Err(Fault::new(&codes::E0000079));
    }
    go_on(&org, &address, &origin, change, &user, state, Some(&token)).await
}

/// The factor that a state is about.
async fn current(change: &mut Change, user: &User, state: &SignIn) -> Answer<Option<Factor>> {
    Ok(match &state.detail.factor {
        Some(id) => factor::by_id(change, &user.id, id).await?,
        None => None,
    })
}

/// `POST /api/v1/authn/factors`
pub async fn enroll(State(org): State<Org>, address: Address, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    let kind = factor_kind(&body)?;
    let profile = body.child("profile")?.cloned().unwrap_or_default();
    let mut change = begin_step(&org, &origin).await?;
    let (token, mut state, user) = at(&mut change, &org, &body, &[Step::MfaEnroll, Step::MfaEnrollActivate]).await?;
    let made = factors::enroll(&mut change, &org, &user, kind, &profile, false).await?;
    if made.active {
        let now = change.now;
        state.note_factor(kind.method(), now);
        return go_on(&org, &address, &origin, change, &user, state, Some(&token)).await;
    }
    let activation = factors::activation(&mut change, &org, &user, &made, &address.0).await?;
    state.step = Step::MfaEnrollActivate;
    state.detail.factor = Some(made.id.clone());
    wait(&org, &address, change, &user, &token, state, Some((&made, activation))).await
}

/// `POST /api/v1/authn/factors/{factorId}/lifecycle/activate`
pub async fn activate(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    Path(id): Path<String>,
    body: Body,
) -> Answer<Json<Value>> {
    let body = body.object()?;
    let given = Given::read(&body)?;
    let mut change = begin_step(&org, &origin).await?;
    let (token, mut state, user) = at(&mut change, &org, &body, &[Step::MfaEnrollActivate]).await?;
    let pending = of_path(&mut change, &user, &state, &id).await?;
    let (change, active) = factors::activate(change, &org, &user, &pending, &given, &address.0).await?;
    let now = change.now;
    state.note_factor(active.kind.method(), now);
    go_on(&org, &address, &origin, change, &user, state, Some(&token)).await
}

/// The factor of the path, when it is the one that the state is about.
async fn of_path(change: &mut Change, user: &User, state: &SignIn, id: &str) -> Answer<Factor> {
    let found = current(change, user, state).await?.filter(|factor| factor.id == id);
    found.ok_or_else(|| Fault::not_found(id, "UserFactor"))
}

/// `POST /api/v1/authn/factors/{factorId}/lifecycle/resend`
pub async fn resend_activation(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    Path(id): Path<String>,
    body: Body,
) -> Answer<Json<Value>> {
    let body = body.object()?;
    let mut change = begin_step(&org, &origin).await?;
    let (token, state, user) = at(&mut change, &org, &body, &[Step::MfaEnrollActivate]).await?;
    let pending = of_path(&mut change, &user, &state, &id).await?;
    let activation = factors::activation(&mut change, &org, &user, &pending, &address.0).await?;
    wait(&org, &address, change, &user, &token, state, Some((&pending, activation))).await
}

#[derive(Debug, Default, Deserialize)]
pub struct Remembering {
    #[serde(rename = "rememberDevice", default)]
    remember_device: bool,
}

/// `POST /api/v1/authn/factors/{factorId}/verify`: sends a code or makes a challenge; with an answer, judges it.
pub async fn verify(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    Path(id): Path<String>,
    Query(remembering): Query<Remembering>,
    body: Body,
) -> Answer<Json<Value>> {
    let body = body.object()?;
    let given = Given::read(&body)?;
    let mut change = begin_step(&org, &origin).await?;
    let (token, mut state, user) = at(&mut change, &org, &body, &[Step::MfaRequired, Step::MfaChallenge]).await?;
    let found = factor::by_id(&mut change, &user.id, &id).await?.filter(|factor| factor.active);
    let found = found.ok_or_else(|| Fault::not_found(&id, "UserFactor"))?;
    if given.is_empty() {
        let challenge = factors::challenge(&mut change, &org, &user, &found).await?.unwrap_or(Value::Null);
        state.step = Step::MfaChallenge;
        state.detail.factor = Some(found.id.clone());
        return wait(&org, &address, change, &user, &token, state, Some((&found, challenge))).await;
    }
    let mut change = factors::check(change, &org, &user, &found, &given, &address.0).await?;
    let now = change.now;
    state.note_factor(found.kind.method(), now);
    if let Some(device) = state.detail.device.as_ref().filter(|_| remembering.remember_device) {
        sign_on::remember(&mut change, device, &user, now).await?;
    }
    let event = Event::new("user.authentication.auth_via_mfa").target(Party::user(&user));
    change.record(event.debug("factor", found.kind.names().0));
    go_on(&org, &address, &origin, change, &user, state, Some(&token)).await
}

/// `POST /api/v1/authn/factors/{factorId}/verify/resend`
pub async fn resend_challenge(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    Path(id): Path<String>,
    body: Body,
) -> Answer<Json<Value>> {
    let body = body.object()?;
    let mut change = begin_step(&org, &origin).await?;
    let (token, state, user) = at(&mut change, &org, &body, &[Step::MfaChallenge]).await?;
    let found = of_path(&mut change, &user, &state, &id).await?;
    let challenge = factors::challenge(&mut change, &org, &user, &found).await?;
    let Some(challenge) = challenge else { return Err(Fault::new(&codes::E0000079)) };
    wait(&org, &address, change, &user, &token, state, Some((&found, challenge))).await
}

/// For answers that have nothing but a status.
pub(super) fn only_status(status: &str, relay_state: Option<&str>) -> Value {
    let mut answer = json!({ "status": status });
    if let Some(relay_state) = relay_state {
        answer["relayState"] = relay_state.into();
    }
    answer
}
