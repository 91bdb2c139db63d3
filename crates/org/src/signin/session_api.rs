//! `/api/v1/sessions`: the API of sessions, for a browser's own one and for administrators.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use vault::Secret;

use super::{
    cookie, csrf,
    session::{self, Session},
    session_token, sign_out,
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault, codes},
    model::{
        change::Change,
        log::{CallOrigin, Event, Party},
    },
};

const KIND: &str = "AppSession";

/// `POST /api/v1/sessions`: exchanges a session token.
pub async fn create(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    body: Body,
) -> Answer<Response> {
    let body = body.object()?;
    let token = body
        .text("sessionToken")?
        .map(Secret::new)
        .ok_or_else(|| Fault::field("sessionToken", "The field cannot be left blank"))?;
    let mut change = Change::begin(&org, Party::system(), origin.clone()).await?;
    let found = session_token::consume(&mut change, &org, &token).await?;
    let (user, proof) = found.ok_or_else(|| Fault::new(&codes::E0000004))?;
    let new = session::begin(&mut change, &org, &origin, &headers, &user, &proof, false).await?;
    change.record(Event::new("user.session.start").target(Party::user(&user)).session(&new.session.external_id));
    change.commit().await?;
    let mut response = Json(body_of(&org, &address, &new.session, false)).into_response();
    // Only a page of ours gets the cookie: another site could sign somebody in as itself.
    if csrf::is_from_own_page(&headers, &address.0) {
        response.headers_mut().append(header::SET_COOKIE, new.cookie(&address.0));
    }
    Ok(response)
}

/// `GET /api/v1/sessions/me`
pub async fn me(State(org): State<Org>, address: Address, headers: HeaderMap) -> Answer<Json<Value>> {
    let session = own(&org, &headers).await?;
    Ok(Json(body_of(&org, &address, &session, true)))
}

/// `POST /api/v1/sessions/me/lifecycle/refresh`
pub async fn refresh_me(State(org): State<Org>, address: Address, headers: HeaderMap) -> Answer<Json<Value>> {
    trusted(&org, &headers, &address).await?;
    let session = own(&org, &headers).await?;
    Ok(Json(body_of(&org, &address, &renewed(&org, session).await?, true)))
}

/// `DELETE /api/v1/sessions/me`
pub async fn end_me(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
) -> Answer<Response> {
    trusted(&org, &headers, &address).await?;
    own(&org, &headers).await?;
    sign_out::end_current(&org, &origin, &headers).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie::remove(cookie::SESSION, &address.0));
    Ok(response)
}

/// `GET /api/v1/sessions/{sessionId}`
pub async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let session = by_id(&org, &id).await?;
    Ok(Json(body_of(&org, &address, &session, false)))
}

/// `POST /api/v1/sessions/{sessionId}/lifecycle/refresh`
pub async fn refresh(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let session = by_id(&org, &id).await?;
    Ok(Json(body_of(&org, &address, &renewed(&org, session).await?, false)))
}

/// `DELETE /api/v1/sessions/{sessionId}`
pub async fn end(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let session = by_id(&org, &id).await?;
    let mut change = caller.begin(&org).await?;
    caller.must_outrank(&mut change, &session.user_id).await?;
    if session::end(&mut change, &session).await? {
        change.record(Event::new("user.session.end").target(Party::user(&session.user)).session(&session.external_id));
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn own(org: &Org, headers: &HeaderMap) -> Answer<Session> {
    let found = session::current(org, headers, &mut *org.db.read().await?).await?;
    found.ok_or_else(|| Fault::not_found("me", KIND))
}

async fn by_id(org: &Org, id: &str) -> Answer<Session> {
    let found = session::by_public_id(&mut *org.db.read().await?, id, org.now()).await?;
    found.ok_or_else(|| Fault::not_found(id, KIND))
}

async fn renewed(org: &Org, mut session: Session) -> Answer<Session> {
    let mut tx = org.db.begin().await?;
    session.expires = session::renew(&mut tx, &session, org.now()).await?;
    tx.commit().await?;
    Ok(session)
}

/// Calls by cookie that change something come from our own page or a trusted one.
async fn trusted(org: &Org, headers: &HeaderMap, address: &Address) -> Answer<()> {
    let trusted = csrf::is_from_trusted_page(&mut *org.db.read().await?, headers, &address.0).await?;
    if trusted { Ok(()) } else { Err(Fault::new(&codes::E0000212)) }
}

fn body_of(org: &Org, address: &Address, session: &Session, own: bool) -> Value {
    let path = if own { "/api/v1/sessions/me".to_owned() } else { format!("/api/v1/sessions/{}", session.public_id) };
    let user = if own { "/api/v1/users/me".to_owned() } else { format!("/api/v1/users/{}", session.user_id) };
    json!({
        "id": session.public_id,
        "userId": session.user_id.as_str(),
        "login": session.user.login,
        "createdAt": session.created.whole_second().to_rfc3339_ms(),
        "expiresAt": session.expires.whole_second().to_rfc3339_ms(),
        "status": "ACTIVE",
        "lastPasswordVerification": session.password_at.whole_second().to_rfc3339_ms(),
        "lastFactorVerification": session.factor_at.map(|at| at.whole_second().to_rfc3339_ms()),
        "amr": session.amr,
        "idp": { "id": org.id.as_str(), "type": "OKTA" },
        "mfaActive": session.factor_at.is_some(),
        "_links": {
            "self": { "href": address.link(&path), "hints": { "allow": ["GET", "DELETE"] } },
            "refresh": { "href": address.link(&format!("{path}/lifecycle/refresh")), "hints": { "allow": ["POST"] } },
            "user": { "name": session.user.profile.display_name(), "href": address.link(&user), "hints": { "allow": ["GET"] } },
        },
    })
}
