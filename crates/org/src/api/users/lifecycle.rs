//! A person's status, and what it means for sessions, assignments, tokens and roles.
//!
//! Invariant: whoever loses access loses sessions in the same transaction; the last super administrator cannot lose it.

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::json;

use super::find;
use crate::{
    Org,
    api::{
        caller::{Caller, token_party},
        group_rules,
        paging::Asked,
    },
    error::{Answer, Fault, codes},
    mail,
    model::{
        app, app_assignment,
        change::Change,
        id::UserId,
        link::{self, Purpose},
        log::{Event, Party},
        role::{self, Assignee},
        token,
        user::{self, Status, User},
    },
    oauth::grant,
    signin::{lockout, session},
};

/// What lifecycle calls answer that have nothing to say.
pub fn nothing() -> Response {
    Json(json!({})).into_response()
}

/// Begins a change to the person that a path names, by somebody who may.
pub async fn begin(org: &Org, caller: &Caller, name: &str) -> Answer<(Change, User)> {
    let mut change = caller.begin(org).await?;
    let user = find(&mut change, caller, name).await?;
    caller.must_outrank(&mut change, &user.id).await?;
    Ok((change, user))
}

/// Ends what a person is signed in with, here and at apps.
pub async fn end_access(change: &mut Change, user: &UserId) -> Answer<()> {
    let now = change.now;
    session::end_all(change, user).await?;
    grant::end_all_of_user(change, user, now).await?;
    Ok(())
}

/// Refuses a change that leaves nobody who could give roles, where there was somebody before.
pub async fn keep_a_super_administrator(conn: &mut Conn, before: i64) -> Answer<()> {
    if before > 0 && role::count_active_super_administrators(conn).await? == 0 {
        return Err(Fault::invalid(
            "role",
            ["The last super administrator cannot be removed or lose access".to_owned()],
        ));
    }
    Ok(())
}

async fn set(change: &mut Change, user: &User, status: Status, event: &'static str) -> Answer<()> {
    let now = change.now;
    user::set_status(change, &user.id, status, now).await?;
    change.record(Event::new(event).target(Party::user(user)));
    group_rules::reconsider(change, &user.id).await?;
    Ok(())
}

pub async fn activate(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if !matches!(user.status, Status::Staged | Status::Deprovisioned | Status::Provisioned) {
        return Err(Fault::new(&codes::E0000016));
    }
    let ready = user.has_password || !user.provider.is_local();
    let status = if ready { Status::Active } else { Status::Provisioned };
    set(&mut change, &user, status, "user.lifecycle.activate").await?;
    welcomed(&org, change, &asked, &user, ready, true).await
}

pub async fn reactivate(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if !matches!(user.status, Status::Provisioned | Status::Recovery) {
        return Err(Fault::new(&codes::E0000038));
    }
    let now = change.now;
    user::set_password_hash(&mut change, &user.id, None, now).await?;
    set(&mut change, &user, Status::Provisioned, "user.lifecycle.reactivate").await?;
    welcomed(&org, change, &asked, &user, false, false).await
}

/// Without a mail the caller gets the link by which the person sets a password. `by_mail` is what holds when the caller says nothing.
async fn welcomed(
    org: &Org,
    mut change: Change,
    asked: &Asked,
    user: &User,
    ready: bool,
    by_mail: bool,
) -> Answer<Response> {
    if ready {
        change.commit().await?;
        return Ok(nothing());
    }
    let token = link::create(&mut change, &org.vault, &org.world, &user.id, Purpose::Welcome).await?;
    let sent = asked.flag("sendEmail", by_mail);
    if sent {
        mail::send_link(&mut change, org, user, Purpose::Welcome, &token).await?;
    }
    change.commit().await?;
    if sent {
        return Ok(nothing());
    }
    let url = asked.address.link(&format!("{}{}", Purpose::Welcome.path(), token.expose()));
    Ok(Json(json!({ "activationUrl": url, "activationToken": token.expose() })).into_response())
}

pub async fn deactivate(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if user.status == Status::Deprovisioned {
        return Err(Fault::new(&codes::E0000038));
    }
    end_person(&org, &mut change, &user).await?;
    change.commit().await?;
    Ok(nothing())
}

/// Deactivates: everything that the person could act by ends with the status.
pub async fn end_person(org: &Org, change: &mut Change, user: &User) -> Answer<()> {
    let now = change.now;
    let supers = role::count_active_super_administrators(change).await?;
    for app in app::assigned_to(change, &user.id).await? {
        if app_assignment::unassign_user(change, &app.id, &user.id).await? {
            change.record(
                Event::new("application.user_membership.remove").target(Party::user(user)).target(Party::app(&app)),
            );
        }
    }
    app_assignment::unassign_everywhere(change, &user.id).await?;
    for row in
        token::list(change, &token::Listing { owner: Some(&user.id), ..token::Listing::default() }, now, TOKENS_MAX)
            .await?
    {
        change.record(Event::new("system.api_token.revoke").target(token_party(&row)));
    }
    token::revoke_all(change, &user.id, now).await?;
    for given in role::roles_of(change, &user.id).await? {
        if given.assignee == Assignee::User(user.id.clone()) && role::revoke(change, &given.id).await? {
            change.record(
                Event::new("user.account.privilege.revoke")
                    .target(Party::user(user))
                    .debug("privilegeRevoked", given.kind.label()),
            );
        }
    }
    user::forget_credentials(change, &user.id).await?;
    link::end_all(change, &user.id).await?;
    lockout::clear(change, &org.vault, user).await?;
    end_access(change, &user.id).await?;
    set(change, user, Status::Deprovisioned, "user.lifecycle.deactivate").await?;
    keep_a_super_administrator(change, supers).await
}

/// Nobody makes more tokens than this.
const TOKENS_MAX: i64 = 10_000;

pub async fn suspend(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if user.status != Status::Active {
        return Err(Fault::invalid("suspendUser", ["Cannot suspend a user that is not active".to_owned()]));
    }
    let supers = role::count_active_super_administrators(&mut change).await?;
    end_access(&mut change, &user.id).await?;
    set(&mut change, &user, Status::Suspended, "user.lifecycle.suspend").await?;
    keep_a_super_administrator(&mut change, supers).await?;
    change.commit().await?;
    Ok(nothing())
}

pub async fn unsuspend(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if user.status != Status::Suspended {
        return Err(Fault::invalid("unsuspendUser", ["Cannot unsuspend a user that is not suspended".to_owned()]));
    }
    set(&mut change, &user, Status::Active, "user.lifecycle.unsuspend").await?;
    change.commit().await?;
    Ok(nothing())
}

pub async fn unlock(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    if user.status != Status::LockedOut {
        return Err(Fault::new(&codes::E0000032).with_cause("The user is not locked out."));
    }
    lockout::clear(&mut change, &org.vault, &user).await?;
    set(&mut change, &user, Status::Active, "user.account.unlock_by_admin").await?;
    change.commit().await?;
    Ok(nothing())
}
