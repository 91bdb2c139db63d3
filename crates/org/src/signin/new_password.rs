//! Setting a new password: by a link of one use, or because the old one has expired.
//!
//! Invariant: the policy is asked before a link or state token is used up, so a password that is refused costs nothing. A new password
//! ends what was built on the old one: sessions, tokens, links, counted failures.

use vault::Secret;

use super::{
    lockout, password_history, password_policy, session,
    state_token::{self, Step},
};
use crate::{
    Org, Result,
    model::{
        change::Change,
        link::{self, Purpose},
        log::{CallOrigin, Event, Party},
        user::{self, Status, User},
    },
    oauth,
};

/// What became of it.
#[derive(Debug)]
pub enum Setting {
    Done(Box<User>),
    /// The password does not meet the policy, and why.
    Refused(Vec<String>),
    /// The link or token was used, has lapsed, or never was.
    Gone,
    /// The old password was not the right one.
    OldPasswordWrong,
}

/// By `/welcome/{token}` or `/reset_password/{token}`.
pub async fn by_link(
    org: &Org,
    origin: &CallOrigin,
    purpose: Purpose,
    token: &Secret,
    password: &Secret,
) -> Result<Setting> {
    let mut reader = org.db.read().await?;
    let Some(id) = link::peek(&mut reader, &org.vault, purpose, token, org.now()).await? else {
        return Ok(Setting::Gone);
    };
    let Some(user) = user::by_id(&mut reader, &id).await? else { return Ok(Setting::Gone) };
    let policy = password_policy::of(&mut reader, &user).await?;
    drop(reader);
    let mut faults = password_policy::check(&policy, &user.profile, password);
    if faults.is_empty() && password_history::is_reused(org, &user.id, password).await? {
        faults.push(password_history::REUSED.to_owned());
    }
    if !faults.is_empty() {
        return Ok(Setting::Refused(faults));
    }
    let hash = org.passwords.hash(password).await?;
    let mut change = Change::begin(org, Party::user(&user), origin.clone()).await?;
    let now = change.now;
    if link::consume(&mut change, &org.vault, purpose, token, now).await?.is_none() {
        return Ok(Setting::Gone);
    }
    let Some(user) = user::by_id(&mut change, &id).await? else { return Ok(Setting::Gone) };
    let expected = match purpose {
        Purpose::Welcome => matches!(user.status, Status::Provisioned),
        Purpose::Unlock => false,
        Purpose::ResetPassword => {
            matches!(user.status, Status::Recovery | Status::Active | Status::PasswordExpired | Status::LockedOut)
        }
    };
    if !expected {
        return Ok(Setting::Gone);
    }
    store(org, &mut change, &user, &hash).await?;
    if purpose == Purpose::Welcome {
        change.record(Event::new("user.lifecycle.activate").target(Party::user(&user)));
    }
    let user = user::by_id(&mut change, &id).await?.unwrap_or(user);
    change.commit().await?;
    Ok(Setting::Done(Box::new(user)))
}

/// By a state token, with the old password once more.
pub async fn by_state(
    org: &Org,
    origin: &CallOrigin,
    token: &Secret,
    old: &Secret,
    password: &Secret,
) -> Result<Setting> {
    let mut change = Change::begin(org, Party::system(), origin.clone()).await?;
    let Some((state, _)) = state_token::peek(&mut change, org, token).await? else { return Ok(Setting::Gone) };
    let fits = |user: &User| matches!(user.status, Status::PasswordExpired | Status::Active);
    if !matches!(state.step, Step::PasswordExpired | Step::PasswordWarn) {
        return Ok(Setting::Gone);
    }
    let Some(user) = user::by_id(&mut change, &state.user).await?.filter(fits) else {
        return Ok(Setting::Gone);
    };
    let old_hash = user::password_hash(&mut change, &user.id).await?;
    let policy = password_policy::of(&mut change, &user).await?;
    let mut faults = password_policy::check(&policy, &user.profile, password);
    change.commit().await?;
    if !org.passwords.verify(old, old_hash.as_deref()).await? {
        // A guess at the old password costs the token: the next one begins with the sign-in, where guesses are counted.
        let mut tx = org.db.begin().await?;
        state_token::take(&mut tx, org, token).await?;
        tx.commit().await?;
        return Ok(Setting::OldPasswordWrong);
    }
    if faults.is_empty() && vault::same(old.expose_bytes(), password.expose_bytes()) {
        faults.push("Choose a password that differs from the old one".to_owned());
    }
    if faults.is_empty() && password_history::is_reused(org, &user.id, password).await? {
        faults.push(password_history::REUSED.to_owned());
    }
    if !faults.is_empty() {
        return Ok(Setting::Refused(faults));
    }
    let hash = org.passwords.hash(password).await?;
    let mut change = Change::begin(org, Party::user(&user), origin.clone()).await?;
    if state_token::take(&mut change, org, token).await?.is_none() {
        return Ok(Setting::Gone);
    }
    let still = user::by_id(&mut change, &user.id).await?.filter(fits);
    if still.is_none() || user::password_hash(&mut change, &user.id).await? != old_hash {
        return Ok(Setting::Gone);
    }
    store(org, &mut change, &user, &hash).await?;
    let user = user::by_id(&mut change, &user.id).await?.unwrap_or(user);
    change.commit().await?;
    Ok(Setting::Done(Box::new(user)))
}

/// By a state token of somebody who recovers, without the old password.
pub async fn by_recovery(org: &Org, origin: &CallOrigin, token: &Secret, password: &Secret) -> Result<Setting> {
    let mut change = Change::begin(org, Party::system(), origin.clone()).await?;
    let state = state_token::peek(&mut change, org, token).await?.map(|(state, _)| state);
    let Some(state) = state.filter(|state| state.step == Step::PasswordReset) else { return Ok(Setting::Gone) };
    let fits = |user: &User| {
        let statuses =
            [Status::Active, Status::PasswordExpired, Status::Recovery, Status::LockedOut, Status::Provisioned];
        statuses.contains(&user.status)
    };
    let Some(user) = user::by_id(&mut change, &state.user).await?.filter(fits) else { return Ok(Setting::Gone) };
    let policy = password_policy::of(&mut change, &user).await?;
    change.commit().await?;
    let mut faults = password_policy::check(&policy, &user.profile, password);
    if faults.is_empty() && password_history::is_reused(org, &user.id, password).await? {
        faults.push(password_history::REUSED.to_owned());
    }
    if !faults.is_empty() {
        return Ok(Setting::Refused(faults));
    }
    let hash = org.passwords.hash(password).await?;
    let mut change = Change::begin(org, Party::user(&user), origin.clone()).await?;
    if state_token::take(&mut change, org, token).await?.is_none() {
        return Ok(Setting::Gone);
    }
    let Some(user) = user::by_id(&mut change, &user.id).await?.filter(fits) else { return Ok(Setting::Gone) };
    store(org, &mut change, &user, &hash).await?;
    if user.status == Status::Provisioned {
        change.record(Event::new("user.lifecycle.activate").target(Party::user(&user)));
    }
    let user = user::by_id(&mut change, &user.id).await?.unwrap_or(user);
    change.commit().await?;
    Ok(Setting::Done(Box::new(user)))
}

async fn store(org: &Org, change: &mut Change, user: &User, hash: &str) -> Result<()> {
    let now = change.now;
    user::set_password_hash(change, &user.id, Some(hash), now).await?;
    if user.status != Status::Active {
        user::set_status(change, &user.id, Status::Active, now).await?;
    }
    lockout::clear(change, &org.vault, user).await?;
    session::end_all(change, &user.id).await?;
    oauth::grant::end_all_of_user(change, &user.id, now).await?;
    change.record(Event::new("user.account.update_password").target(Party::user(user)));
    Ok(())
}
