//! The sign-in as a machine: after each step it is asked anew what is still missing.
//!
//! Order: the sign-on policy, a factor, an expired password, a warning, factors that must be enrolled, and then the session. Invariant:
//! nothing but [`Next::Done`] leads to a session, and a step that is done is noted in the state before the next is asked for.

use std::time::Duration;

use vault::Secret;
use world::Instant;

use super::{
    enrollment::{self, When},
    password_policy,
    session::Proof,
    sign_on,
    state_token::{self, State, Step},
};
use crate::{
    Org, Result,
    model::{
        change::Change,
        factor::{self, Factor},
        log::{CallOrigin, Event, Outcome, Party},
        user::{self, Status, User},
    },
};

const DAY: Duration = Duration::from_secs(86_400);

/// What comes after a step.
#[derive(Debug)]
pub enum Next {
    Done(Proof),
    /// The state is kept under this token until then.
    Wait(Secret, Instant, State),
    /// Policies let nobody on from here.
    Denied,
}

/// Goes on with a sign-in. `token`: the one that it already has, which ends when nothing is missing any more.
pub async fn advance(
    change: &mut Change,
    org: &Org,
    origin: &CallOrigin,
    user: &User,
    mut state: State,
    token: Option<&Secret>,
) -> Result<Next> {
    let now = change.now;
    let status = user::by_id(change, &user.id).await?.map(|user| user.status);
    if !matches!(status, Some(Status::Active | Status::PasswordExpired)) {
        return end(change, org, token, Next::Denied).await;
    }
    let sign_on = sign_on::of(change, user, origin.address).await?;
    if !sign_on.allowed {
        let event =
            Event::new("policy.evaluate_sign_on").outcome(Outcome::Deny, "Sign-on policy evaluation resulted in DENY");
        change.record(event.target(Party::user(user)));
        return end(change, org, token, Next::Denied).await;
    }
    let factors: Vec<Factor> =
        factor::of_user(change, &user.id).await?.into_iter().filter(|factor| factor.active).collect();
    let terms = enrollment::of(change, user, origin.address).await?;
    let remembered = match &state.detail.device {
        Some(device) => sign_on::verified_at(change, device, user).await?,
        None => None,
    };
    let asked = (sign_on.require_factor && !sign_on.is_remembered(remembered, now)) || state.detail.needs_factor;
    let factor_due = asked && state.detail.factor_us.is_none();
    let wait = if factor_due && !factors.is_empty() {
        Some(Step::MfaRequired)
    } else if is_expired(change, user, now).await? {
        Some(Step::PasswordExpired)
    } else if state.detail.warns && !state.detail.warned && days_left(change, user, now).await?.is_some() {
        Some(Step::PasswordWarn)
    } else {
        let offers = terms.offered().any(|(kind, _)| !factors.iter().any(|factor| factor.kind == kind));
        let must = terms.missing(&factors).next().is_some();
        let at_sign_in = terms.when == When::SignIn && must;
        let at_challenge = factor_due && terms.when != When::Never;
        if factor_due && !(at_challenge && offers) {
            return end(change, org, token, Next::Denied).await;
        }
        let optional = state.detail.enrolls_optional && !state.detail.skipped_enrollment && offers;
        let wanted = at_sign_in || at_challenge || (optional && terms.when == When::SignIn);
        wanted.then_some(Step::MfaEnroll)
    };
    let Some(step) = wait else {
        let proof = state.proof();
        return end(change, org, token, Next::Done(proof)).await;
    };
    state.step = step;
    state.detail.factor = None;
    keep(change, org, state, token).await
}

/// Keeps a state under its token, or under a new one.
pub async fn keep(change: &mut Change, org: &Org, state: State, token: Option<&Secret>) -> Result<Next> {
    Ok(match token {
        Some(token) => {
            let expires = state_token::put(change, org, token, &state).await?;
            Next::Wait(token.clone(), expires, state)
        }
        None => {
            let (token, expires) = state_token::create(change, org, &state).await?;
            Next::Wait(token, expires, state)
        }
    })
}

/// The token ends with the sign-in. Of two who finish with one token, one does.
async fn end(change: &mut Change, org: &Org, token: Option<&Secret>, next: Next) -> Result<Next> {
    match token {
        Some(token) if state_token::take(change, org, token).await?.is_none() => Ok(Next::Denied),
        _ => Ok(next),
    }
}

/// Whether the person must set another password, by status or by the policy's age.
async fn is_expired(change: &mut Change, user: &User, now: Instant) -> Result<bool> {
    let status = user::by_id(change, &user.id).await?.map(|user| user.status);
    if status == Some(Status::PasswordExpired) {
        return Ok(true);
    }
    let policy = password_policy::of(change, user).await?;
    let life = DAY.saturating_mul(policy.max_age_days);
    Ok(policy.max_age_days > 0 && user.password_changed.is_some_and(|changed| changed.plus(life) <= now))
}

/// How many days the password is still good, a day that was begun counted whole, when the policy wants that said.
pub async fn days_left(change: &mut Change, user: &User, now: Instant) -> Result<Option<u64>> {
    let policy = password_policy::of(change, user).await?;
    let Some(changed) = user.password_changed.filter(|_| policy.max_age_days > 0 && policy.warn_days > 0) else {
        return Ok(None);
    };
    let left = changed.plus(DAY.saturating_mul(policy.max_age_days)).since(now).as_secs().div_ceil(DAY.as_secs());
    Ok((left <= u64::from(policy.warn_days)).then_some(left))
}
