//! Ways in and out of a session that are plain addresses: `/login/signout` and `/login/sessionCookieRedirect`.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::Url;
use vault::Secret;

use super::{
    cookie,
    login_page::{self, company},
    page,
    return_address::ReturnAddress,
    session, session_token,
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::{
        change::Change,
        log::{CallOrigin, Event, Party},
        trusted_origin,
    },
};

#[derive(Debug, Default, Deserialize)]
pub struct SignOut {
    #[serde(rename = "fromURI")]
    from_uri: Option<String>,
}

/// `GET /login/signout?fromURI=`
pub async fn sign_out(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Query(asked): Query<SignOut>,
) -> Answer<Response> {
    end_current(&org, &origin, &headers).await?;
    let target = match asked.from_uri.as_deref() {
        Some(text) => target(&org, text, &address.0).await?,
        None => None,
    };
    let mut response = Redirect::to(target.as_deref().unwrap_or(login_page::PATH)).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie::remove(cookie::SESSION, &address.0));
    Ok(response)
}

/// Ends the session of a request, if it has one.
pub async fn end_current(org: &Org, origin: &CallOrigin, headers: &HeaderMap) -> Answer<()> {
    let current = session::current(org, headers, &mut *org.db.read().await?).await?;
    let Some(current) = current else { return Ok(()) };
    let mut change = Change::begin(org, Party::user(&current.user), origin.clone()).await?;
    if session::end(&mut change, &current).await? {
        change.record(Event::new("user.session.end").target(Party::user(&current.user)).session(&current.external_id));
    }
    Ok(change.commit().await?)
}

/// A local path, or an address whose origin is trusted for REDIRECT.
async fn target(org: &Org, text: &str, own: &Url) -> Answer<Option<String>> {
    if let Some(local) = ReturnAddress::parse(text, own) {
        return Ok(Some(local.as_str().to_owned()));
    }
    let Ok(url) = Url::parse(text) else { return Ok(None) };
    let origin = url.origin();
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    if !plain || !origin.is_tuple() {
        return Ok(None);
    }
    let trusted =
        trusted_origin::is_trusted(&mut *org.db.read().await?, &origin.ascii_serialization(), "REDIRECT").await?;
    Ok(trusted.then(|| url.into()))
}

#[derive(Debug, Deserialize)]
pub struct CookieRedirect {
    #[serde(default)]
    token: Option<Secret>,
    #[serde(rename = "redirectUrl", default)]
    redirect_url: Option<String>,
}

/// `GET /login/sessionCookieRedirect?token=&redirectUrl=`
pub async fn cookie_redirect(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Query(asked): Query<CookieRedirect>,
) -> Answer<Response> {
    let target = match asked.redirect_url.as_deref() {
        Some(text) => target(&org, text, &address.0).await?,
        None => Some("/".to_owned()),
    };
    let Some(target) = target else {
        let company = company(&mut *org.db.read().await?).await?;
        let lines = ["The address to return to is not one that this org trusts."];
        return Ok(page::error_page(&company, StatusCode::BAD_REQUEST, "This link leads nowhere", &lines));
    };
    let mut change = Change::begin(&org, Party::system(), origin.clone()).await?;
    let found = match asked.token.as_ref() {
        Some(token) => session_token::consume(&mut change, &org, token).await?,
        None => None,
    };
    let Some((user, proof)) = found else {
        return Ok(Redirect::to(login_page::PATH).into_response());
    };
    let new = session::begin(&mut change, &org, &origin, &headers, &user, &proof, false).await?;
    change.record(Event::new("user.session.start").target(Party::user(&user)).session(&new.session.external_id));
    change.commit().await?;
    let mut response = Redirect::to(&target).into_response();
    response.headers_mut().append(header::SET_COOKIE, new.cookie(&address.0));
    Ok(response)
}
