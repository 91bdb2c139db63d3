//! `/api/v1/authn`: the classic sign-in for programs. It ends with a session token.
//!
//! Invariant: wrong password, unknown name, locked and suspended people are one answer, E0000004.

use axum::{Json, extract::State};
use serde_json::{Map, Value, json};
use vault::Secret;
use world::Instant;

use super::{
    credentials::{self, Attempt},
    new_password::{self, Setting},
    password_policy, session_token,
    state_token::{self, State as SignInState},
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        edge::Address,
    },
    error::{Answer, Fault, codes},
    model::{
        change::Change,
        log::{CallOrigin, Event, Party},
        user::{self, Status, User},
    },
};

/// Longer relay states are refused.
const RELAY_STATE_MAX: usize = 2_048;

/// `POST /api/v1/authn`
pub async fn begin(State(org): State<Org>, address: Address, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    if let Some(token) = body.text("stateToken")? {
        return resume(&org, &address, &Secret::new(token)).await;
    }
    if body.text("token")?.is_some() {
        return Err(Fault::new(&codes::E0000011));
    }
    let relay_state = body.text("relayState")?.map(str::to_owned);
    if relay_state.as_ref().is_some_and(|relay_state| relay_state.len() > RELAY_STATE_MAX) {
        return Err(Fault::field("relayState", "The field is too long"));
    }
    let login = body.text("username")?.filter(|login| !login.trim().is_empty()).ok_or_else(|| blank("username"))?;
    let password = body
        .text("password")?
        .filter(|password| !password.is_empty())
        .map(Secret::new)
        .ok_or_else(|| blank("password"))?;
    match credentials::attempt(&org, &origin, login, &password).await? {
        Attempt::Accepted(user) => success(&org, origin, &user, relay_state).await,
        Attempt::PasswordExpired(user) => {
            let mut tx = org.db.begin().await?;
            let state = SignInState {
                user: user.id.clone(),
                status: Status::PasswordExpired,
                relay_state: relay_state.clone(),
            };
            let (token, expires) = state_token::create(&mut tx, &org, &state).await?;
            tx.commit().await?;
            expired(&org, &address, &user, &token, expires, relay_state).await
        }
        Attempt::Refused => Err(Fault::new(&codes::E0000004)),
        Attempt::TooSoon(_) => Err(Fault::new(&codes::E0000047)),
    }
}

fn blank(field: &str) -> Fault {
    Fault::field(field, "The field cannot be left blank")
}

/// Where a sign-in stands.
async fn resume(org: &Org, address: &Address, token: &Secret) -> Answer<Json<Value>> {
    let mut tx = org.db.begin().await?;
    let (state, expires) = state_token::peek(&mut tx, org, token).await?.ok_or_else(|| Fault::new(&codes::E0000011))?;
    let user = user::by_id(&mut tx, &state.user).await?.ok_or_else(|| Fault::new(&codes::E0000011))?;
    tx.commit().await?;
    expired(org, address, &user, token, expires, state.relay_state).await
}

/// `POST /api/v1/authn/credentials/change_password`
pub async fn change_password(State(org): State<Org>, origin: CallOrigin, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    let given = |name: &str| -> Answer<Secret> {
        Ok(Secret::new(body.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| blank(name))?))
    };
    let (token, old, new) = (given("stateToken")?, given("oldPassword")?, given("newPassword")?);
    let relay_state = {
        let mut tx = org.db.begin().await?;
        let found = state_token::peek(&mut tx, &org, &token).await?;
        tx.commit().await?;
        found.and_then(|(state, _)| state.relay_state)
    };
    match new_password::by_state(&org, &origin, &token, &old, &new).await? {
        Setting::Done(user) => success(&org, origin, &user, relay_state).await,
        Setting::Refused(faults) => Err(Fault { causes: faults, ..Fault::new(&codes::E0000080) }),
        Setting::OldPasswordWrong => Err(Fault::new(&codes::E0000014).with_cause("Old Password is not correct")),
        Setting::Gone => Err(Fault::new(&codes::E0000011)),
    }
}

/// `POST /api/v1/authn/cancel`
pub async fn cancel(State(org): State<Org>, body: Body) -> Answer<Json<Value>> {
    let body = body.object()?;
    let token = body.text("stateToken")?.map(Secret::new).ok_or_else(|| blank("stateToken"))?;
    let mut tx = org.db.begin().await?;
    let state = state_token::take(&mut tx, &org, &token).await?.ok_or_else(|| Fault::new(&codes::E0000011))?;
    tx.commit().await?;
    let mut answer = Map::new();
    if let Some(relay_state) = state.relay_state {
        answer.insert("relayState".to_owned(), relay_state.into());
    }
    Ok(Json(Value::Object(answer)))
}

async fn success(org: &Org, origin: CallOrigin, user: &User, relay_state: Option<String>) -> Answer<Json<Value>> {
    let mut change = Change::begin(org, Party::user(user), origin).await?;
    let (token, expires) = session_token::create(&mut change, org, &user.id).await?;
    change.record(Event::new("user.authentication.auth").target(Party::user(user)));
    change.commit().await?;
    let mut answer = json!({ "expiresAt": expires.to_rfc3339_ms(), "status": "SUCCESS" });
    if let Some(relay_state) = relay_state {
        answer["relayState"] = relay_state.into();
    }
    answer["sessionToken"] = token.expose().into();
    answer["_embedded"] = json!({ "user": user_body(user) });
    Ok(Json(answer))
}

async fn expired(
    org: &Org,
    address: &Address,
    user: &User,
    token: &Secret,
    expires: Instant,
    relay_state: Option<String>,
) -> Answer<Json<Value>> {
    let policy = password_policy::get(&mut *org.db.read().await?).await?;
    let mut answer =
        json!({ "stateToken": token.expose(), "expiresAt": expires.to_rfc3339_ms(), "status": "PASSWORD_EXPIRED" });
    if let Some(relay_state) = relay_state {
        answer["relayState"] = relay_state.into();
    }
    answer["_embedded"] = json!({
        "user": user_body(user),
        "policy": { "complexity": {
            "minLength": policy.min_length,
            "minLowerCase": policy.min_lower_case,
            "minUpperCase": policy.min_upper_case,
            "minNumber": policy.min_number,
            "minSymbol": policy.min_symbol,
            "excludeUsername": policy.exclude_username,
        } },
    });
    answer["_links"] = json!({
        "next": { "name": "changePassword", "href": address.link("/api/v1/authn/credentials/change_password"), "hints": { "allow": ["POST"] } },
        "cancel": { "href": address.link("/api/v1/authn/cancel"), "hints": { "allow": ["POST"] } },
    });
    Ok(Json(answer))
}

fn user_body(user: &User) -> Value {
    json!({
        "id": user.id.as_str(),
        "passwordChanged": user.password_changed.map(Instant::to_rfc3339_ms),
        "profile": {
            "login": user.login,
            "firstName": user.profile.first_name(),
            "lastName": user.profile.last_name(),
            "locale": user.profile.get("locale").unwrap_or("en_US"),
            "timeZone": user.profile.get("timezone").unwrap_or("America/Los_Angeles"),
        },
    })
}
