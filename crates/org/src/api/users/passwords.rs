//! What administrators do to passwords: expire, reset, start a recovery.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::json;
use vault::Secret;

use super::{
    lifecycle::{begin, end_access, nothing},
    shown,
};
use crate::{
    Org,
    api::{caller::Caller, paging::Asked, user_body::Omitted},
    error::{Answer, Fault, codes},
    mail,
    model::{
        change::Change,
        link::{self, Purpose},
        log::{Event, Party},
        user::{self, Status, User},
    },
    signin::{lockout, password_policy},
};

const TEMPORARY_LEN: usize = 12;
const TEMPORARY_TRIES: usize = 1_000;
/// No characters that are mistaken for others, since somebody reads it out.
const TEMPORARY_ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#%+=?";

pub async fn expire(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    must_be_active_with_password(&user)?;
    let after = expired(&mut change, &user).await?;
    let response = shown(&mut change, &caller, &asked.address, &after, Omitted::default()).await?;
    change.commit().await?;
    Ok(response)
}

/// The temporary password is in the answer alone.
pub async fn expire_with_temporary(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let user = super::find(&mut reader, &caller, &name).await?;
    must_be_active_with_password(&user)?;
    let password = temporary(&org, &mut reader, &user).await?;
    drop(reader);
    let hash = org.passwords.hash(&password).await?;
    let (mut change, user) = begin(&org, &caller, user.id.as_str()).await?;
    must_be_active_with_password(&user)?;
    let now = change.now;
    user::set_password_hash(&mut change, &user.id, Some(&hash), now).await?;
    lockout::clear(&mut change, &org.vault, &user).await?;
    if asked.flag("revokeSessions", false) {
        end_access(&mut change, &user.id).await?;
    }
    expired(&mut change, &user).await?;
    change.commit().await?;
    Ok(Json(json!({ "tempPassword": password.expose() })).into_response())
}

fn must_be_active_with_password(user: &User) -> Answer<()> {
    let fits = matches!(user.status, Status::Active | Status::PasswordExpired) && user.has_password;
    if fits { Ok(()) } else { Err(Fault::new(&codes::E0000038)) }
}

async fn expired(change: &mut Change, user: &User) -> Answer<User> {
    let now = change.now;
    user::set_status(change, &user.id, Status::PasswordExpired, now).await?;
    change.record(Event::new("user.account.expire_password").target(Party::user(user)));
    user::by_id(change, &user.id).await?.ok_or_else(|| Fault::not_found(user.id.as_str(), "User"))
}

/// A password that the policy lets pass.
async fn temporary(org: &Org, conn: &mut Conn, user: &User) -> Answer<Secret> {
    let policy = password_policy::of(conn, user).await?;
    for _ in 0..TEMPORARY_TRIES {
        let password = Secret::new(org.world.random.text(TEMPORARY_ALPHABET, TEMPORARY_LEN));
        if password_policy::check(&policy, &user.profile, &password).is_empty() {
            return Ok(password);
        }
    }
    Err(Fault::new(&codes::E0000017)
        .with_cause("The password policy asks for more than a temporary password can have."))
}

pub async fn reset(State(org): State<Org>, caller: Caller, asked: Asked, Path(name): Path<String>) -> Answer<Response> {
    if asked.get("sendEmail").is_none() {
        return Err(Fault::new(&codes::E0000028).with_cause("sendEmail: The parameter is required"));
    }
    let (mut change, user) = begin(&org, &caller, &name).await?;
    let resettable =
        matches!(user.status, Status::Active | Status::PasswordExpired | Status::Recovery | Status::LockedOut);
    if !resettable || !user.provider.is_local() {
        return Err(Fault::new(&codes::E0000038));
    }
    let now = change.now;
    user::set_status(&mut change, &user.id, Status::Recovery, now).await?;
    lockout::clear(&mut change, &org.vault, &user).await?;
    if asked.flag("revokeSessions", false) {
        end_access(&mut change, &user.id).await?;
    }
    change.record(Event::new("user.account.reset_password").target(Party::user(&user)));
    reset_link(&org, change, &asked, &user).await
}

/// A recovery that leaves the old password valid until a new one is set.
pub async fn forgot(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if user.status != Status::Active || user.recovery_question.is_none() || !user.provider.is_local() {
        return Err(Fault::new(&codes::E0000034));
    }
    change.record(Event::new("user.account.reset_password").target(Party::user(&user)));
    reset_link(&org, change, &asked, &user).await
}

async fn reset_link(org: &Org, mut change: Change, asked: &Asked, user: &User) -> Answer<Response> {
    let token = link::create(&mut change, &org.vault, &org.world, &user.id, Purpose::ResetPassword).await?;
    let sent = asked.flag("sendEmail", true);
    if sent {
        mail::send_link(&mut change, org, user, Purpose::ResetPassword, &token).await?;
    }
    change.commit().await?;
    if sent {
        return Ok(nothing());
    }
    let url = asked.address.link(&format!("{}{}", Purpose::ResetPassword.path(), token.expose()));
    Ok(Json(json!({ "resetPasswordUrl": url })).into_response())
}
