//! What the rule of the password policy lets people do by themselves, and the mails that begin it.
//!
//! Invariant: whoever asks from outside gets the same answer whether or not there is such a person and whether or not they may.

use std::net::IpAddr;

use serde_json::Value;

use super::{
    decision::{self, Who},
    lockout,
};
use crate::{
    Org, Result, mail,
    model::{
        change::Change,
        link::{self, Purpose},
        log::{Event, Party},
        policy::Kind,
        user::{self, Status, User},
    },
};

/// Whether the rule allows this action, and the policy mails to begin it.
pub async fn allows(change: &mut Change, user: &User, address: Option<IpAddr>, purpose: Purpose) -> Result<bool> {
    let action = match purpose {
        Purpose::ResetPassword => "selfServicePasswordReset",
        Purpose::Unlock => "selfServiceUnlock",
        Purpose::Welcome => return Ok(false),
    };
    let who = Who::person(change, user, address).await?;
    let policy = decision::policy(change, Kind::Password, &who).await?;
    let rule = decision::rule_of(change, &policy, &who).await?;
    let access = rule.as_ref().and_then(|rule| rule.actions.get(action)).map(|action| &action["access"]);
    let factors = policy.settings.get("recovery").map(|recovery| &recovery["factors"]["okta_email"]["status"]);
    Ok(access.and_then(Value::as_str) == Some("ALLOW") && factors.and_then(Value::as_str) != Some("INACTIVE"))
}

/// Mails the link, when there is such a person who may have it.
pub async fn send(
    change: &mut Change,
    org: &Org,
    login: &str,
    address: Option<IpAddr>,
    purpose: Purpose,
) -> Result<()> {
    let Some(user) = user::by_login(change, login.trim()).await? else { return Ok(()) };
    let fits = match purpose {
        Purpose::ResetPassword => matches!(user.status, Status::Active | Status::PasswordExpired | Status::Recovery),
        Purpose::Unlock => user.status == Status::LockedOut,
        Purpose::Welcome => false,
    };
    if !fits || !user.provider.is_local() || !allows(change, &user, address, purpose).await? {
        return Ok(());
    }
    let token = link::create(change, &org.vault, &org.world, &user.id, purpose).await?;
    mail::send_link(change, org, &user, purpose, &token).await?;
    if purpose == Purpose::ResetPassword {
        change.record(Event::new("user.account.reset_password").target(Party::user(&user)));
    }
    Ok(())
}

/// Ends a lock.
pub async fn unlock(change: &mut Change, org: &Org, user: &User) -> Result<()> {
    let now = change.now;
    lockout::clear(change, &org.vault, user).await?;
    if user.status == Status::LockedOut {
        user::set_status(change, &user.id, Status::Active, now).await?;
        change.record(Event::new("user.account.unlock").target(Party::user(user)));
    }
    Ok(())
}
