//! What needs a secret of the person's own: a new password against the old one or against the recovery answer, a new question.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::Map;
use vault::Secret;

use super::{
    create::{given_password, given_recovery, normalised_answer},
    find,
    lifecycle::{begin, end_access},
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::{By, Caller},
        user_body,
    },
    error::{Answer, Fault, codes},
    model::{
        change::Change,
        id::UserId,
        log::{Event, Party},
        user::{self, Status, User},
    },
    oauth::grant,
    signin::{lockout, lockout::Guess, password_history, password_policy, session},
};

pub async fn change_password(
    State(org): State<Org>,
    caller: Caller,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Body,
) -> Answer<Response> {
    let body = body.object()?;
    let user = found(&org, &caller, &name).await?;
    let fits = matches!(user.status, Status::Staged | Status::Active | Status::PasswordExpired | Status::Recovery);
    if !fits || !user.provider.is_local() {
        return Err(Fault::new(&codes::E0000035));
    }
    let old = body.child("oldPassword")?.map(|old| old.text("value")).transpose()?.flatten().map(Secret::new);
    let new = body.child("newPassword")?.map(|new| new.text("value")).transpose()?.flatten().map(Secret::new);
    let revoke_sessions = body.flag("revokeSessions")?.unwrap_or(false);
    let (Some(old), Some(new)) = (old, new) else {
        return Err(Fault::invalid("password", ["oldPassword and newPassword must be given".to_owned()]));
    };
    must_know(&org, &caller, &user, &old, "Old Password is not correct").await?;
    refuse_weak(&org, &user, &new).await?;
    let hash = org.passwords.hash(&new).await?;
    let mut change = rest(&org, &caller, &user).await?;
    new_password(&org, &mut change, &user, &hash).await?;
    if revoke_sessions {
        // Whoever changes their own password goes on with the session that they do it by.
        let own = match caller.by {
            By::Session if caller.user.id == user.id => session::current(&org, &headers, &mut change).await?,
            _ => None,
        };
        session::end_all_but(&mut change, &user.id, own.as_ref()).await?;
    }
    // What apps were granted ends with the password that it was granted by.
    let now = change.now;
    grant::end_all_of_user(&mut change, &user.id, now).await?;
    answered(change, &user.id).await
}

pub async fn change_recovery_question(
    State(org): State<Org>,
    caller: Caller,
    Path(name): Path<String>,
    body: Body,
) -> Answer<Response> {
    let body = body.object()?;
    let user = found(&org, &caller, &name).await?;
    if !matches!(user.status, Status::Staged | Status::Active | Status::Recovery) || !user.provider.is_local() {
        return Err(Fault::new(&codes::E0000036));
    }
    let given = given_recovery(&body)?;
    let (question, answer) =
        given.ok_or_else(|| Fault::field("recovery_question", "The recovery question must be given"))?;
    let password = given_password(&body)?.ok_or_else(|| Fault::field("password", "The password must be given"))?;
    must_know(&org, &caller, &user, &password, "Password is not correct").await?;
    let answer_hash = org.passwords.hash(&answer).await?;
    let mut change = rest(&org, &caller, &user).await?;
    let now = change.now;
    user::set_recovery(&mut change, &user.id, &question, &answer_hash, now).await?;
    change.record(Event::new("user.account.update_profile").target(Party::user(&user)));
    answered(change, &user.id).await
}

pub async fn recover(State(org): State<Org>, caller: Caller, Path(name): Path<String>, body: Body) -> Answer<Response> {
    let body = body.object()?;
    let user = found(&org, &caller, &name).await?;
    if user.status != Status::Active || user.recovery_question.is_none() || !user.provider.is_local() {
        return Err(Fault::new(&codes::E0000034));
    }
    let empty = Map::new();
    let answer = body.child("recovery_question")?.unwrap_or(&empty).text("answer")?.unwrap_or_default();
    let new = given_password(&body)?.ok_or_else(|| Fault::field("password", "The password must be given"))?;
    let hash = user::recovery_answer_hash(&mut *org.db.read().await?, &user.id).await?;
    counted(&org, &caller, &user, &normalised_answer(answer), hash.as_deref(), Fault::new(&codes::E0000087)).await?;
    refuse_weak(&org, &user, &new).await?;
    let hash = org.passwords.hash(&new).await?;
    let mut change = rest(&org, &caller, &user).await?;
    new_password(&org, &mut change, &user, &hash).await?;
    end_access(&mut change, &user.id).await?;
    answered(change, &user.id).await
}

async fn found(org: &Org, caller: &Caller, name: &str) -> Answer<User> {
    let mut reader = org.db.read().await?;
    let user = find(&mut reader, caller, name).await?;
    caller.must_outrank(&mut reader, &user.id).await?;
    Ok(user)
}

async fn must_know(org: &Org, caller: &Caller, user: &User, password: &Secret, reason: &str) -> Answer<()> {
    let hash = user::password_hash(&mut *org.db.read().await?, &user.id).await?;
    counted(org, caller, user, password, hash.as_deref(), Fault::new(&codes::E0000014).with_cause(reason)).await
}

/// Compares what was given; wrong ones count as wrong passwords at sign-in do, so that a stolen session cannot guess on.
async fn counted(
    org: &Org,
    caller: &Caller,
    user: &User,
    given: &Secret,
    hash: Option<&str>,
    wrong: Fault,
) -> Answer<()> {
    let guess = Guess::new(&org.vault, &user.login, caller.origin.address);
    if guess.wait(&mut *org.db.read().await?, org.now()).await?.is_some() {
        return Err(wrong);
    }
    if org.passwords.verify(given, hash).await? {
        return Ok(());
    }
    let mut change = caller.begin(org).await?;
    let policy = password_policy::of(&mut change, user).await?;
    let now = change.now;
    guess.count(&mut change, &policy, now).await?;
    change.commit().await?;
    Err(wrong)
}

/// E0000014 with the policy's reason.
async fn refuse_weak(org: &Org, user: &User, password: &Secret) -> Answer<()> {
    let policy = password_policy::of(&mut *org.db.read().await?, user).await?;
    let faults = password_policy::check(&policy, &user.profile, password);
    if let Some(fault) = faults.into_iter().next() {
        return Err(Fault::new(&codes::E0000014).with_cause(fault));
    }
    if password_history::is_reused(org, &user.id, password).await? {
        return Err(Fault::new(&codes::E0000014).with_cause(password_history::REUSED));
    }
    Ok(())
}

/// The transaction, begun after the slow work, on a person of the same status as before it.
async fn rest(org: &Org, caller: &Caller, before: &User) -> Answer<Change> {
    let (change, user) = begin(org, caller, before.id.as_str()).await?;
    if user.status == before.status { Ok(change) } else { Err(Fault::new(&codes::E0000038)) }
}

async fn new_password(org: &Org, change: &mut Change, user: &User, hash: &str) -> Answer<()> {
    let now = change.now;
    user::set_password_hash(change, &user.id, Some(hash), now).await?;
    if matches!(user.status, Status::Recovery | Status::PasswordExpired) {
        user::set_status(change, &user.id, Status::Active, now).await?;
    }
    lockout::clear(change, &org.vault, user).await?;
    change.record(Event::new("user.account.update_password").target(Party::user(user)));
    Ok(())
}

async fn answered(mut change: Change, id: &UserId) -> Answer<Response> {
    let after = user::by_id(&mut change, id).await?.ok_or_else(|| Fault::not_found(id.as_str(), "User"))?;
    change.commit().await?;
    Ok(Json(user_body::credentials(&after, false)).into_response())
}
