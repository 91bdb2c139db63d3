//! User name and password: the one place where they are checked.
//!
//! Invariant: known and unknown names, locked and suspended people cost the same work and get the same refusal. What was counted and
//! the status that it leads to are decided in one transaction after the work, so guesses in parallel gain nothing.

use std::time::Duration;

use vault::{Passwords, Secret};
use world::Instant;

use super::{
    lockout::{self, Counted, Guess},
    password_policy::{self, PasswordPolicy},
    sign_on,
};
use crate::{
    Org, Result,
    model::{
        change::Change,
        log::{CallOrigin, Event, Outcome, Party},
        user::{self, Status, User},
    },
};

/// What a try led to.
#[derive(Debug)]
pub enum Attempt {
    Accepted(User),
    /// The password was right, but another one must be set.
    PasswordExpired(User),
    /// Wrong, unknown, locked or not allowed: nobody outside learns which.
    Refused,
    /// Too soon after wrong passwords from the same address; nothing was checked.
    TooSoon(Duration),
}

/// Checks a name with its password.
pub async fn attempt(org: &Org, origin: &CallOrigin, login: &str, password: &Secret) -> Result<Attempt> {
    let guess = Guess::new(&org.vault, login, origin.address);
    let hash = {
        let mut reader = org.db.read().await?;
        if let Some(wait) = guess.wait(&mut reader, org.now()).await? {
            return Ok(Attempt::TooSoon(wait));
        }
        match user::by_login(&mut reader, login.trim()).await? {
            Some(user) if user.provider.is_local() => user::password_hash(&mut reader, &user.id).await?,
            _ => None,
        }
    };
    let matches = org.passwords.verify(password, hash.as_deref()).await?;
    let renewed = match &hash {
        Some(hash) if matches && Passwords::outdated(hash) => Some(org.passwords.hash(password).await?),
        _ => None,
    };
    decide(org, origin, login, &guess, matches, hash.as_deref(), renewed.as_deref()).await
}

async fn decide(
    org: &Org,
    origin: &CallOrigin,
    login: &str,
    guess: &Guess,
    matches: bool,
    checked: Option<&str>,
    renewed: Option<&str>,
) -> Result<Attempt> {
    let mut change = Change::begin(org, Party::unknown(login.trim()), origin.clone()).await?;
    let now = change.now;
    let mut found = user::by_login(&mut change, login.trim()).await?;
    let policy = match &found {
        Some(user) => password_policy::of(&mut change, user).await?,
        None => password_policy::of_newcomer(&mut change, &[]).await?,
    };
    guess.lapse(&mut change, &policy, now).await?;
    if let Some(user) = &found
        && lockout::unlock_if_due(&mut change, user, now).await?
    {
        change.record(Event::new("user.account.unlock").target(Party::user(user)).debug("reason", "AUTO_UNLOCK"));
        found = user::by_id(&mut change, &user.id).await?;
    }
    let closed = guess.is_closed(&mut change, &policy, now).await?;
    // The hash that was checked must still be the person's: a password that was changed meanwhile lets nobody in.
    let same_hash = match &found {
        Some(user) => user::password_hash(&mut change, &user.id).await?.as_deref() == checked,
        None => false,
    };
    let outcome = match found {
        Some(user)
            if matches && same_hash && !closed && matches!(user.status, Status::Active | Status::PasswordExpired) =>
        {
            if allowed(&mut change, &user, origin).await? {
                accept(&mut change, guess, &policy, user, renewed, now).await?
            } else {
                Attempt::Refused
            }
        }
        found => {
            refuse(&mut change, guess, &policy, login, found, now).await?;
            Attempt::Refused
        }
    };
    change.commit().await?;
    Ok(outcome)
}

/// Whether the sign-on policy lets this person in from where they are.
async fn allowed(change: &mut Change, user: &User, origin: &CallOrigin) -> Result<bool> {
    let sign_on = sign_on::of(change, user, origin.address).await?;
    if sign_on.allowed {
        return Ok(true);
    }
    let event =
        Event::new("policy.evaluate_sign_on").outcome(Outcome::Deny, "Sign-on policy evaluation resulted in DENY");
    let event = event.target(Party::user(user));
    change.record(match &sign_on.decided {
        Some((policy, rule)) => event.target(policy.party()).target(rule.party()),
        None => event,
    });
    change.record(failed(&user.login, Some(user), "VERIFICATION_ERROR"));
    Ok(false)
}

async fn accept(
    change: &mut Change,
    guess: &Guess,
    policy: &PasswordPolicy,
    user: User,
    renewed: Option<&str>,
    now: Instant,
) -> Result<Attempt> {
    guess.forget(change).await?;
    if let Some(hash) = renewed {
        user::renew_password_hash(change, &user.id, hash).await?;
    }
    let expires =
        user.password_changed.map(|changed| changed.plus(Duration::from_secs(u64::from(policy.max_age_days) * 86_400)));
    if user.status == Status::Active && policy.max_age_days > 0 && expires.is_some_and(|expires| expires <= now) {
        user::set_status(change, &user.id, Status::PasswordExpired, now).await?;
        change.record(Event::new("user.account.expire_password").target(Party::user(&user)));
        return Ok(Attempt::PasswordExpired(user));
    }
    if user.status == Status::PasswordExpired {
        return Ok(Attempt::PasswordExpired(user));
    }
    Ok(Attempt::Accepted(user))
}

/// Counts every refusal, that of a right password during a lock too: otherwise the missing delay would tell that it was right.
async fn refuse(
    change: &mut Change,
    guess: &Guess,
    policy: &PasswordPolicy,
    login: &str,
    found: Option<User>,
    now: Instant,
) -> Result<()> {
    let limit_reached = guess.count(change, policy, now).await? == Counted::LimitReached;
    let locked = match &found {
        Some(user) if limit_reached => lockout::lock(change, user, policy, now).await?,
        _ => false,
    };
    let reason = if found.as_ref().is_some_and(|user| locked || user.status == Status::LockedOut) {
        "LOCKED_OUT"
    } else {
        "INVALID_CREDENTIALS"
    };
    change.record(failed(login.trim(), found.as_ref(), reason));
    if let Some(user) = found.filter(|_| locked) {
        change.record(Event::new("user.account.lock").target(Party::user(&user)));
    }
    Ok(())
}

fn failed(login: &str, user: Option<&User>, reason: &str) -> Event {
    let event = Event::new("user.session.start").outcome(Outcome::Failure, reason);
    match user {
        Some(user) => event.target(Party::user(user)),
        None => event.target(Party::unknown(login)),
    }
}
