//! `/api/v1/authn/recovery`: a new password, or the end of a lock, for somebody who cannot sign in.
//!
//! Invariant: who asks from outside is told that a mail is on its way, whoever they name; only the token in that mail goes further.

use axum::{Json, extract::State};
use serde_json::{Map, Value};
use vault::Secret;

use super::{
    authn::{at, blank, go_on, only_status, relay_state},
    authn_body,
    lockout::Guess,
    new_password::{self, Setting},
    password_policy, self_service,
    state_token::{self, Detail, State as SignIn, Step},
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        edge::Address,
        users::create::normalised_answer,
    },
    error::{Answer, Fault, codes},
    model::{
        change::Change,
        link::{self, Purpose},
        log::{CallOrigin, Party},
        user::{self, Status, User},
    },
};

/// `POST /api/v1/authn/recovery/password`
pub async fn password(State(org): State<Org>, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    start(&org, &origin, &body.object()?, Purpose::ResetPassword).await
}

/// `POST /api/v1/authn/recovery/unlock`
pub async fn unlock(State(org): State<Org>, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    start(&org, &origin, &body.object()?, Purpose::Unlock).await
}

async fn start(org: &Org, origin: &CallOrigin, body: &Map<String, Value>, purpose: Purpose) -> Answer<Json<Value>> {
    let login = body.text("username")?.filter(|login| !login.trim().is_empty()).ok_or_else(|| blank("username"))?;
    let relay_state = relay_state(body)?;
    if body.text("factorType")?.is_some_and(|kind| !kind.eq_ignore_ascii_case("EMAIL")) {
        return Err(Fault::field("factorType", "Recovery goes by EMAIL in this org"));
    }
    // Each mail counts like a wrong password: nobody's mailbox is filled from one address.
    let guess = Guess::new(&org.vault, &format!("recovery {login}"), origin.address);
    if guess.wait(&mut *org.db.read().await?, org.now()).await?.is_some() {
        return Ok(Json(challenge(purpose, relay_state.as_deref())));
    }
    let mut change = Change::begin(org, Party::unknown(login.trim()), origin.clone()).await?;
    let now = change.now;
    let policy = password_policy::of_newcomer(&mut change, &[]).await?;
    guess.count(&mut change, &policy, now).await?;
    self_service::send(&mut change, org, login, origin.address, purpose).await?;
    change.commit().await?;
    Ok(Json(challenge(purpose, relay_state.as_deref())))
}

fn challenge(purpose: Purpose, relay_state: Option<&str>) -> Value {
    let mut answer = only_status("RECOVERY_CHALLENGE", relay_state);
    answer["factorResult"] = "WAITING".into();
    answer["factorType"] = "EMAIL".into();
    answer["recoveryType"] = kind(purpose).into();
    answer
}

fn kind(purpose: Purpose) -> &'static str {
    if purpose == Purpose::Unlock { "UNLOCK" } else { "PASSWORD" }
}

/// `POST /api/v1/authn/recovery/token`
pub async fn token(State(org): State<Org>, address: Address, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    let token = body.text("recoveryToken")?.map(Secret::new).ok_or_else(|| blank("recoveryToken"))?;
    by_token(&org, &address, &origin, &token).await
}

/// Exchanges the token of a mail, which is used up by it.
pub(super) async fn by_token(org: &Org, address: &Address, origin: &CallOrigin, token: &Secret) -> Answer<Json<Value>> {
    let mut change = Change::begin(org, Party::system(), origin.clone()).await?;
    let now = change.now;
    let mut found = None;
    for purpose in [Purpose::ResetPassword, Purpose::Unlock, Purpose::Welcome] {
        if let Some(user) = link::consume(&mut change, &org.vault, purpose, token, now).await? {
            found = Some((purpose, user));
            break;
        }
    }
    let Some((purpose, id)) = found else { return Err(Fault::new(&codes::E0000105)) };
    let user = user::by_id(&mut change, &id).await?.ok_or_else(|| Fault::new(&codes::E0000105))?;
    let fits = match purpose {
        Purpose::Welcome => user.status == Status::Provisioned,
        Purpose::ResetPassword => {
            matches!(user.status, Status::Active | Status::PasswordExpired | Status::Recovery | Status::LockedOut)
        }
        Purpose::Unlock => user.status == Status::LockedOut,
    };
    if !fits {
        return Err(Fault::new(&codes::E0000105));
    }
    let asks = user.recovery_question.is_some() && purpose != Purpose::Welcome;
    if purpose == Purpose::Unlock && !asks {
        return unlocked(org, change, &user, None).await;
    }
    let step = if asks { Step::Recovery } else { Step::PasswordReset };
    let detail = Detail { recovery: Some(kind(purpose).to_owned()), ..Detail::default() };
    let state = SignIn { user: user.id.clone(), step, relay_state: None, detail };
    let (token, expires) = state_token::create(&mut change, org, &state).await?;
    let shown = authn_body::waiting(&mut change, address, &user, &token, expires, &state, None).await?;
    change.commit().await?;
    Ok(Json(shown))
}

async fn unlocked(org: &Org, mut change: Change, user: &User, relay_state: Option<&str>) -> Answer<Json<Value>> {
    self_service::unlock(&mut change, org, user).await?;
    change.commit().await?;
    let mut answer = only_status("SUCCESS", relay_state);
    answer["recoveryType"] = "UNLOCK".into();
    Ok(Json(answer))
}

/// `POST /api/v1/authn/recovery/answer`
pub async fn answer(State(org): State<Org>, address: Address, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    let given = normalised_answer(body.text("answer")?.ok_or_else(|| blank("answer"))?);
    let mut change = Change::begin(&org, Party::system(), origin.clone()).await?;
    let (_, _, user) = at(&mut change, &org, &body, &[Step::Recovery]).await?;
    let hash = user::recovery_answer_hash(&mut change, &user.id).await?;
    change.commit().await?;
    let guess = Guess::new(&org.vault, &user.login, origin.address);
    let too_soon = guess.wait(&mut *org.db.read().await?, org.now()).await?.is_some();
    let right = !too_soon && org.passwords.verify(&given, hash.as_deref()).await?;
    let mut change = Change::begin(&org, Party::user(&user), origin.clone()).await?;
    let now = change.now;
    let (token, mut state, user) = at(&mut change, &org, &body, &[Step::Recovery]).await?;
    if !right {
        let policy = password_policy::of(&mut change, &user).await?;
        guess.count(&mut change, &policy, now).await?;
        change.commit().await?;
        return Err(Fault::new(&codes::E0000087));
    }
    if state.detail.recovery.as_deref() == Some("UNLOCK") {
        state_token::take(&mut change, &org, &token).await?;
        return unlocked(&org, change, &user, state.relay_state.as_deref()).await;
    }
    state.step = Step::PasswordReset;
    let expires = state_token::put(&mut change, &org, &token, &state).await?;
    let shown = authn_body::waiting(&mut change, &address, &user, &token, expires, &state, None).await?;
    change.commit().await?;
    Ok(Json(shown))
}

/// `POST /api/v1/authn/credentials/reset_password`
pub async fn reset_password(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    body: Body,
) -> Answer<Json<Value>> {
    let body = body.object()?;
    let password = body.text("newPassword")?.filter(|text| !text.is_empty()).map(Secret::new);
    let password = password.ok_or_else(|| blank("newPassword"))?;
    let mut change = Change::begin(&org, Party::system(), origin.clone()).await?;
    let (token, state, _) = at(&mut change, &org, &body, &[Step::PasswordReset]).await?;
    change.commit().await?;
    match new_password::by_recovery(&org, &origin, &token, &password).await? {
        Setting::Done(user) => {
            let change = Change::begin(&org, Party::user(&user), origin.clone()).await?;
            let next = SignIn::after_password(&user.id, state.relay_state);
            go_on(&org, &address, &origin, change, &user, next, None).await
        }
        Setting::Refused(faults) => Err(Fault { causes: faults, ..Fault::new(&codes::E0000080) }),
        Setting::Gone | Setting::OldPasswordWrong => Err(Fault::new(&codes::E0000011)),
    }
}
