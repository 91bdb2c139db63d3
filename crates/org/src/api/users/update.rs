//! Changing a person: partly (POST) or as a whole (PUT).

use axum::{
    extract::{Path, State},
    http::{HeaderMap, header},
    response::Response,
};
use serde_json::{Map, Value};

use super::{
    create::{given_password, given_recovery, refuse_invalid, refuse_taken_login, refuse_weak},
    find,
    lifecycle::end_access,
    shown,
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
        user_body::{self, Omitted},
    },
    error::{Answer, Fault, codes},
    model::{
        log::{Event, Party},
        profile::{self, Profile},
        user::{self, Status, User},
    },
};

pub async fn update(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Body,
) -> Answer<Response> {
    let body = body.object()?;
    apply(&org, &caller, &address, &headers, &name, &body, Extent::Partial).await
}

pub async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Body,
) -> Answer<Response> {
    let body = body.object()?;
    apply(&org, &caller, &address, &headers, &name, &body, Extent::Whole).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// What is absent stays.
    Partial,
    /// What is absent goes.
    Whole,
}

async fn apply(
    org: &Org,
    caller: &Caller,
    address: &Address,
    headers: &HeaderMap,
    name: &str,
    body: &Map<String, Value>,
    extent: Extent,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let before = find(&mut reader, caller, name).await?;
    let changes = body.child("profile")?;
    let proposed = proposed(&before, changes, extent);
    refuse_invalid(profile::check(&proposed))?;
    let empty = Map::new();
    let credentials = body.child("credentials")?.unwrap_or(&empty);
    let password = given_password(credentials)?;
    if let Some(password) = &password {
        if !before.provider.is_local() {
            return Err(Fault::new(&codes::E0000035));
        }
        refuse_weak(&mut reader, &proposed, password).await?;
    }
    drop(reader);
    let password_hash = match &password {
        Some(password) => Some(org.passwords.hash(password).await?),
        None => None,
    };
    let recovery = match given_recovery(credentials)? {
        Some((question, answer)) => Some((question, org.passwords.hash(&answer).await?)),
        None => None,
    };

    let mut change = caller.begin(org).await?;
    let now = change.now;
    let before = user::by_id(&mut change, &before.id).await?.ok_or_else(|| Fault::not_found(name, "User"))?;
    caller.must_outrank(&mut change, &before.id).await?;
    must_match(headers, &before)?;
    if before.status == Status::Deprovisioned {
        return Err(Fault::new(&codes::E0000038));
    }
    // Once more from what is there now: another change may have come in between.
    let profile = self::proposed(&before, changes, extent);
    refuse_invalid(profile::check(&profile))?;
    if profile != before.profile {
        refuse_taken_login(&mut change, profile.login(), Some(&before.id)).await?;
        user::update_profile(&mut change, &before.id, &profile, now).await.map_err(Fault::taken("login"))?;
        change.record(Event::new("user.account.update_profile").target(Party::user(&before)));
    }
    if let Some((question, answer_hash)) = &recovery {
        user::set_recovery(&mut change, &before.id, question, answer_hash, now).await?;
        change.record(Event::new("user.account.update_profile").target(Party::user(&before)));
    }
    if let Some(hash) = &password_hash {
        user::set_password_hash(&mut change, &before.id, Some(hash), now).await?;
        if matches!(before.status, Status::Provisioned | Status::Recovery | Status::PasswordExpired) {
            user::set_status(&mut change, &before.id, Status::Active, now).await?;
        }
        end_access(&mut change, &before.id).await?;
        change.record(Event::new("user.account.update_password").target(Party::user(&before)));
    }
    let after = user::by_id(&mut change, &before.id).await?.ok_or_else(|| Fault::not_found(name, "User"))?;
    let response = shown(&mut change, address, &after, Omitted::default()).await?;
    change.commit().await?;
    Ok(response)
}

fn proposed(before: &User, changes: Option<&Map<String, Value>>, extent: Extent) -> Profile {
    match (changes, extent) {
        (None, _) => before.profile.clone(),
        (Some(changes), Extent::Partial) => before.profile.clone().merged(changes.clone()),
        (Some(changes), Extent::Whole) => Profile::from_json(changes.clone()),
    }
}

/// `If-Match` is optional; given, it must be the tag of what is there.
fn must_match(headers: &HeaderMap, user: &User) -> Answer<()> {
    let Some(given) = headers.get(header::IF_MATCH) else { return Ok(()) };
    let given = given.to_str().unwrap_or_default().trim();
    let bare = given.strip_prefix("W/").unwrap_or(given);
    if given != "*" && !(bare.len() >= 2 && bare.starts_with('"') && bare.ends_with('"')) {
        return Err(Fault::new(&codes::E0000242));
    }
    let own = user_body::entity_tag(user);
    if given == "*" || bare == own.strip_prefix("W/").unwrap_or(&own) {
        Ok(())
    } else {
        Err(Fault::new(&codes::E0000231))
    }
}
