//! Changing a person: partly (POST) or as a whole (PUT).

use axum::{
    extract::{Path, State},
    http::{HeaderMap, header},
    response::Response,
};
use db::Conn;
use serde_json::{Map, Value};

use super::{
    create::{given_recovery, refuse_invalid, refuse_taken_login, refuse_taken_values, refuse_weak},
    find,
    imported::{NewPassword, new_password},
    lifecycle::end_access,
    shown,
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        group_rules,
        paging::Asked,
        user_body::{self, Omitted},
    },
    error::{Answer, Fault, codes},
    model::{
        id::UserTypeId,
        log::{Event, Party},
        profile::Profile,
        reach::Object,
        schema::{self, Schema},
        user::{self, Status, User},
    },
    operations::Right,
    signin::{password_history, password_policy},
};

pub async fn update(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Body,
) -> Answer<Response> {
    let body = body.object()?;
    apply(&org, &caller, &asked, &headers, &name, &body, Extent::Partial).await
}

pub async fn replace(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Body,
) -> Answer<Response> {
    let body = body.object()?;
    apply(&org, &caller, &asked, &headers, &name, &body, Extent::Whole).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// What is absent stays.
    Partial,
    /// What is absent goes.
    Whole,
}

/// Refuses to change an attribute that the conditions of the caller's permissions leave out.
fn refuse_fixed(caller: &Caller, before: &Profile, after: &Profile, extent: Extent) -> Answer<()> {
    let operation = if matches!(extent, Extent::Whole) { "replaceUser" } else { "updateUser" };
    let fixed = caller.fixed_attributes(operation);
    let names = before.entries().chain(after.entries()).map(|(name, _)| name);
    let mut changed = names.filter(|name| before.value(name) != after.value(name));
    match changed.find(|name| fixed.includes(name)) {
        Some(name) => Err(Fault::new(&codes::E0000077).with_argument(name)),
        None => Ok(()),
    }
}

async fn apply(
    org: &Org,
    caller: &Caller,
    asked: &Asked,
    headers: &HeaderMap,
    name: &str,
    body: &Map<String, Value>,
    extent: Extent,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let before = find(&mut reader, caller, name).await?;
    let manages = !caller.on_self_alone;
    let kind = wanted_type(&mut reader, body, &before, extent, manages).await?;
    let schema = schema::of_type(&mut reader, &kind).await?;
    let changes = body.child("profile")?;
    let proposed = proposed(&before, &schema, changes, extent);
    refuse_invalid(schema.check(&proposed))?;
    refuse_fixed(caller, &before.profile, &proposed, extent)?;
    let empty = Map::new();
    let credentials = body.child("credentials")?.unwrap_or(&empty);
    let password = new_password(credentials)?;
    let recovery = given_recovery(credentials)?;
    if password.is_some() || recovery.is_some() {
        // People change these against what they know: change_password, change_recovery_question. Who may change profiles alone may not.
        let within = caller.reach(Right::MANAGE_USERS);
        if !manages || !within.includes(&mut reader, Object::Person, before.id.as_str()).await? {
            return Err(Fault::forbidden());
        }
    }
    if let Some(password) = &password {
        if !before.provider.is_local() {
            return Err(Fault::new(&codes::E0000035));
        }
        if let NewPassword::Own(password) = password {
            refuse_weak(&password_policy::of(&mut reader, &before).await?, &proposed, password)?;
        }
    }
    drop(reader);
    if let Some(NewPassword::Own(password)) = &password
        && asked.flag("strict", false)
        && password_history::is_reused(org, &before.id, password).await?
    {
        return Err(Fault::field("password", password_history::REUSED));
    }
    let password_hash = match &password {
        Some(password) => Some(password.kept(org).await?),
        None => None,
    };
    let recovery = match recovery {
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
    let schema = schema::of_type(&mut change, &kind).await?;
    let profile = self::proposed(&before, &schema, changes, extent);
    refuse_invalid(schema.check(&profile))?;
    let rewritten = profile != before.profile;
    if rewritten || kind != before.type_id {
        refuse_unwritable(&schema, &before.profile, &profile, manages)?;
        refuse_taken_login(&mut change, profile.login(), Some(&before.id)).await?;
        refuse_taken_values(&mut change, &schema, &profile, Some(&before.id)).await?;
        user::update_profile(&mut change, &before.id, &kind, &profile, now).await.map_err(Fault::taken("login"))?;
        if rewritten {
            change.record(Event::new("user.account.update_profile").target(Party::user(&before)));
        }
        if kind != before.type_id {
            change.record(Event::new("user.account.update_user_type").target(Party::user(&before)));
        }
        group_rules::reconsider(&mut change, &before.id).await?;
    }
    if let Some((question, answer_hash)) = &recovery {
        user::set_recovery(&mut change, &before.id, question, answer_hash, now).await?;
        change.record(Event::new("user.account.update_profile").target(Party::user(&before)));
    }
    if let Some(hash) = &password_hash {
        if matches!(password, Some(NewPassword::Own(_))) {
            user::set_password_hash(&mut change, &before.id, Some(hash), now).await?;
        } else {
            user::set_imported_hash(&mut change, &before.id, hash, now).await?;
        }
        if matches!(before.status, Status::Provisioned | Status::Recovery | Status::PasswordExpired) {
            user::set_status(&mut change, &before.id, Status::Active, now).await?;
        }
        end_access(&mut change, &before.id).await?;
        change.record(Event::new("user.account.update_password").target(Party::user(&before)));
    }
    let after = user::by_id(&mut change, &before.id).await?.ok_or_else(|| Fault::not_found(name, "User"))?;
    let response = shown(&mut change, caller, &asked.address, &after, Omitted::default()).await?;
    change.commit().await?;
    Ok(response)
}

/// The user type that the person shall have: only a whole replacement by an administrator may name another.
async fn wanted_type(
    conn: &mut Conn,
    body: &Map<String, Value>,
    before: &User,
    extent: Extent,
    manages: bool,
) -> Answer<UserTypeId> {
    let given = body.child("type")?.map(|kind| kind.text("id")).transpose()?.flatten();
    let Some(id) = given.filter(|id| *id != before.type_id.as_str()) else { return Ok(before.type_id.clone()) };
    if extent == Extent::Partial {
        return Err(Fault::field("type", "The user type can only be changed by a full replacement"));
    }
    if !manages {
        return Err(Fault::forbidden());
    }
    Ok(user::type_by_id(conn, &id.into()).await?.ok_or_else(|| Fault::not_found(id, "CVDType"))?.id)
}

/// Passwords are recovered by these, so people cannot change them without proof that they read the new address's mail.
pub const RECOVERY: [&str; 2] = ["email", "secondEmail"];

/// Refuses a value that this caller, or nobody, may change: E0000077 and E0000078.
pub(super) fn refuse_unwritable(schema: &Schema, before: &Profile, after: &Profile, manages: bool) -> Answer<()> {
    let changed = schema.attributes().filter(|attribute| before.value(&attribute.name) != after.value(&attribute.name));
    for attribute in changed {
        let own =
            manages || (attribute.own_permission() == "READ_WRITE" && !RECOVERY.contains(&attribute.name.as_str()));
        match attribute.mutability() {
            "READ_ONLY" => return Err(Fault::new(&codes::E0000077).with_argument(&attribute.name)),
            "IMMUTABLE" if before.value(&attribute.name).is_some() => {
                return Err(Fault::new(&codes::E0000078).with_argument(&attribute.name));
            }
            _ if !own => return Err(Fault::new(&codes::E0000077).with_argument(&attribute.name)),
            _ => {}
        }
    }
    Ok(())
}

/// The profile as it would be. What nobody may change stays though a replacement does not name it.
pub(super) fn proposed(
    before: &User,
    schema: &Schema,
    changes: Option<&Map<String, Value>>,
    extent: Extent,
) -> Profile {
    let proposed = match (changes, extent) {
        (None, _) => return before.profile.clone(),
        (Some(changes), Extent::Partial) => before.profile.clone().merged(changes.clone()),
        (Some(changes), Extent::Whole) => {
            let kept = schema.attributes().filter(|attribute| attribute.mutability() == "READ_ONLY");
            let kept = kept
                .filter_map(|attribute| Some((attribute.name.clone(), before.profile.value(&attribute.name)?.clone())));
            Profile::from_json(kept.collect()).merged(changes.clone())
        }
    };
    schema.with_defaults(proposed)
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
