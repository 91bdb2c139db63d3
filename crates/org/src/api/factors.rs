//! `/api/v1/users/{userId}/factors`: what administrators, and programs on behalf of people, do with factors.
//!
//! Invariant: secrets are in the answer that makes them alone; answers are in none.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    paging::Asked,
    resource::link,
    users::{
        find as find_user,
        lifecycle::{begin, nothing},
    },
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        change::Change,
        factor::{self, Factor, FactorKind},
        log::{Event, Party},
        user::{Status, User},
    },
    operations::Routes,
    signin::{
        enrollment,
        factors::{self, Given, QUESTIONS},
        sign_on,
    },
};

pub fn operations() -> Routes {
    Routes::new()
        .on("listFactors", list)
        .on("enrollFactor", enroll)
        .on("listSupportedFactors", catalog)
        .on("listSupportedSecurityQuestions", questions)
        .on("getFactor", get)
        .on("unenrollFactor", unenroll)
        .on("activateFactor", activate)
        .on("resendEnrollFactor", resend)
        .on("verifyFactor", verify)
        .on("getFactorTransactionStatus", transaction)
        .on("resetFactors", reset)
}

/// A factor on the wire, with the links of its state.
pub fn body(address: &Address, factor: &Factor) -> Value {
    let (kind, provider) = factor.kind.names();
    let user = format!("/api/v1/users/{}", factor.user_id);
    let path = format!("{user}/factors/{}", factor.id);
    let mut links = Map::new();
    links.insert("self".to_owned(), link(address, &path, &["GET", "DELETE"]));
    links.insert("user".to_owned(), link(address, &user, &["GET"]));
    if factor.active {
        links.insert("verify".to_owned(), link(address, &format!("{path}/verify"), &["POST"]));
    } else {
        let mut activate = link(address, &format!("{path}/lifecycle/activate"), &["POST"]);
        activate["name"] = "activate".into();
        links.insert("activate".to_owned(), activate);
        if factor.kind == FactorKind::Email {
            links.insert("resend".to_owned(), link(address, &format!("{path}/resend"), &["POST"]));
        }
    }
    let mut body = json!({
        "id": factor.id,
        "factorType": kind,
        "provider": provider,
        "vendorName": provider,
        "status": if factor.active { "ACTIVE" } else { "PENDING_ACTIVATION" },
        "created": factor.created.to_rfc3339_ms(),
        "lastUpdated": factor.last_updated.to_rfc3339_ms(),
        "_links": links,
    });
    if !factor.profile.is_empty() {
        body["profile"] = Value::Object(factor.profile.clone());
    }
    body
}

/// Nobody weaker than an administrator proves or takes away what that administrator signs in with.
async fn begin_on(org: &Org, caller: &Caller, name: &str) -> Answer<(Change, User)> {
    let (change, user) = begin(org, caller, name).await?;
    if matches!(user.status, Status::Deprovisioned) {
        return Err(Fault::new(&codes::E0000038));
    }
    Ok((change, user))
}

async fn find(conn: &mut Conn, user: &User, id: &str) -> Answer<Factor> {
    factor::by_id(conn, &user.id, id).await?.ok_or_else(|| Fault::not_found(id, "UserFactor"))
}

async fn list(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let user = find_user(&mut reader, &caller, &name).await?;
    let found = factor::of_user(&mut reader, &user.id).await?;
    Ok(Json(found.iter().map(|factor| body(&address, factor)).collect()))
}

async fn get(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let user = find_user(&mut reader, &caller, &name).await?;
    Ok(Json(body(&address, &find(&mut reader, &user, &id).await?)))
}

async fn catalog(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let user = find_user(&mut reader, &caller, &name).await?;
    let terms = enrollment::of(&mut reader, &user, None).await?;
    let held = factor::of_user(&mut reader, &user.id).await?;
    let path = format!("/api/v1/users/{}/factors", user.id);
    let one = |(kind, wanted): (FactorKind, enrollment::Wanted)| {
        let (name, provider) = kind.names();
        let own = held.iter().find(|factor| factor.kind == kind);
        let mut links = Map::new();
        links.insert("enroll".to_owned(), link(&address, &path, &["POST"]));
        if kind == FactorKind::Question {
            links.insert("question".to_owned(), link(&address, &format!("{path}/questions"), &["GET"]));
        }
        json!({
            "factorType": name,
            "provider": provider,
            "vendorName": provider,
            "enrollment": wanted.as_str(),
            "status": match own {
                Some(factor) if factor.active => "ACTIVE",
                Some(_) => "PENDING_ACTIVATION",
                None => "NOT_SETUP",
            },
            "_links": links,
        })
    };
    Ok(Json(terms.offered().map(one).collect()))
}

async fn questions(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<Json<Vec<Value>>> {
    find_user(&mut *org.db.read().await?, &caller, &name).await?;
    Ok(Json(QUESTIONS.iter().map(|(name, text)| json!({ "question": name, "questionText": text })).collect()))
}

async fn enroll(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path(name): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let kind = kind(&given)?;
    let profile = given.child("profile")?.cloned().unwrap_or_default();
    let (mut change, user) = begin_on(&org, &caller, &name).await?;
    let made = factors::enroll(&mut change, &org, &user, kind, &profile, asked.flag("activate", false)).await?;
    let mut shown = body(&asked.address, &made);
    if !made.active {
        let activation = factors::activation(&mut change, &org, &user, &made, &asked.address.0).await?;
        shown["_embedded"] = json!({ "activation": activation });
    }
    change.commit().await?;
    Ok(Json(shown))
}

/// The kind that a body names.
pub fn kind(given: &Map<String, Value>) -> Answer<FactorKind> {
    let (kind, provider) = (given.text("factorType")?.unwrap_or_default(), given.text("provider")?.unwrap_or("OKTA"));
    FactorKind::parse(kind, provider)
        .ok_or_else(|| Fault::field("factorType", "Factors of this type and provider are not supported"))
}

async fn unenroll(
    State(org): State<Org>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    let found = find(&mut change, &user, &id).await?;
    factor::delete(&mut change, &found.id).await?;
    sign_on::forget_devices(&mut change, &user).await?;
    let event = Event::new("user.mfa.factor.deactivate").target(Party::user(&user));
    change.record(event.debug("factor", found.kind.names().0));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn reset(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<Response> {
    let (mut change, user) = begin(&org, &caller, &name).await?;
    for found in factor::of_user(&mut change, &user.id).await? {
        factor::delete(&mut change, &found.id).await?;
    }
    sign_on::forget_devices(&mut change, &user).await?;
    change.record(Event::new("user.mfa.factor.reset_all").target(Party::user(&user)));
    change.commit().await?;
    Ok(nothing())
}

async fn activate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = Given::read(&given.optional())?;
    let (mut change, user) = begin_on(&org, &caller, &name).await?;
    let found = find(&mut change, &user, &id).await?;
    if found.active {
        return Err(Fault::new(&codes::E0000107));
    }
    let (change, active) = factors::activate(change, &org, &user, &found, &given, &address.0).await?;
    change.commit().await?;
    Ok(Json(body(&address, &active)))
}

async fn resend(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (mut change, user) = begin_on(&org, &caller, &name).await?;
    let found = find(&mut change, &user, &id).await?;
    if found.kind != FactorKind::Email || found.active {
        return Err(Fault::new(&codes::E0000107));
    }
    factors::activation(&mut change, &org, &user, &found, &address.0).await?;
    change.commit().await?;
    Ok(Json(body(&address, &found)))
}

/// Without a code: sends one, or makes a challenge. With one: proves it.
async fn verify(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = Given::read(&given.optional())?;
    let (mut change, user) = begin_on(&org, &caller, &name).await?;
    let found = find(&mut change, &user, &id).await?;
    if !found.active {
        return Err(Fault::new(&codes::E0000107));
    }
    if given.is_empty()
        && let Some(challenge) = factors::challenge(&mut change, &org, &user, &found).await?
    {
        change.commit().await?;
        let path = format!("/api/v1/users/{}/factors/{}/verify", user.id, found.id);
        let mut answer =
            json!({ "factorResult": "CHALLENGE", "_links": { "verify": link(&address, &path, &["POST"]) } });
        match challenge.get("expiresAt") {
            Some(expires) => answer["expiresAt"] = expires.clone(),
            None => answer["_embedded"] = challenge,
        }
        return Ok(Json(answer));
    }
    let mut change = factors::check(change, &org, &user, &found, &given, &address.0).await?;
    let event = Event::new("user.authentication.auth_via_mfa").target(Party::user(&user));
    change.record(event.debug("factor", found.kind.names().0));
    change.commit().await?;
    Ok(Json(json!({ "factorResult": "SUCCESS" })))
}

/// Transactions are those of push notifications, which this org does not send.
async fn transaction(
    State(org): State<Org>,
    caller: Caller,
    Path((name, id, transaction)): Path<(String, String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let user = find_user(&mut reader, &caller, &name).await?;
    find(&mut reader, &user, &id).await?;
    Err(Fault::not_found(&transaction, "FactorTransaction"))
}
