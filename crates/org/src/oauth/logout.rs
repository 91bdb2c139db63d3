//! `logout`: an application ends the session at the org.
//!
//! Invariant: the way back leads only to an address that the application registered, byte for byte.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{
    access, authorize_answer as answer,
    client::{self, Client},
    fault::{OAuthFault, OAuthResult},
    frontchannel_logout,
    key::{self, Purpose},
    parameters::{Form, Parameters},
    server::Server,
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::log::CallOrigin,
    signin::{cookie, login_page, session, sign_out},
};

/// `GET …/v1/logout`
pub async fn by_query(
    org: State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    uri: Uri,
) -> Answer<Response> {
    logout(&org, &server, &address, &origin, &headers, &Parameters::parse(uri.query().unwrap_or_default())).await
}

/// `POST …/v1/logout`
pub async fn by_form(
    org: State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Form(parameters): Form,
) -> Answer<Response> {
    logout(&org, &server, &address, &origin, &headers, &parameters).await
}

/// Who asks, and whose session is meant; nobody in particular when the client gave no ID token.
struct Wish {
    client: Client,
    subject: Option<String>,
}

async fn logout(
    org: &Org,
    server: &Server,
    address: &Address,
    origin: &CallOrigin,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let company = login_page::company(&mut reader).await?;
    let wish = match wish(org, &mut reader, server, parameters).await {
        Ok(wish) => wish,
        Err(fault) if fault.status == StatusCode::INTERNAL_SERVER_ERROR => return Ok(fault.into_response()),
        Err(fault) => return Ok(answer::show_fault(&company, &fault)),
    };
    let target = parameters.get("post_logout_redirect_uri");
    if target.is_some_and(|target| !wish.client.oauth.post_logout_redirect_uris.iter().any(|known| known == target)) {
        let text = "The 'post_logout_redirect_uri' parameter must be a Logout redirect URI in the client app settings.";
        return Ok(answer::show_fault(&company, &OAuthFault::invalid_request(text)));
    }
    let current = session::current(org, headers, &mut reader).await?;
    drop(reader);
    // Somebody else may have signed in meanwhile: their session is not this application's to end.
    let meant =
        current.filter(|session| wish.subject.as_ref().is_none_or(|subject| subject == session.user_id.as_str()));
    let ended = meant.is_some();
    let mut told = Vec::new();
    if let Some(session) = &meant {
        told = frontchannel_logout::addresses(&mut *org.db.read().await?, address, &session.external_id).await?;
        sign_out::end_current(org, origin, headers).await?;
    }
    let location = match target {
        Some(target) => with_state(target, parameters.get("state")),
        None => login_page::PATH.to_owned(),
    };
    let mut response = if told.is_empty() {
        let mut response = StatusCode::FOUND.into_response();
        let location = HeaderValue::from_str(&location).unwrap_or(HeaderValue::from_static("/"));
        response.headers_mut().insert(header::LOCATION, location);
        response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        response
    } else {
        frontchannel_logout::page(&company, &told, &location)
    };
    if ended {
        response.headers_mut().append(header::SET_COOKIE, cookie::remove(cookie::SESSION, &address.0));
    }
    Ok(response)
}

async fn wish(org: &Org, conn: &mut db::Conn, server: &Server, parameters: &Parameters) -> OAuthResult<Wish> {
    let repeated = parameters.repeated();
    if !repeated.is_empty() {
        return Err(OAuthFault::duplicate(&repeated));
    }
    let (client_id, subject) = match (parameters.get("id_token_hint"), parameters.get("client_id")) {
        (Some(hint), client_id) => {
            let invalid = || OAuthFault::new(400, "invalid_token", "The id token is invalid.");
            let claims = key::verify(conn, server, Purpose::Published, hint).await?.ok_or_else(invalid)?;
            let text = |name: &str| claims.get(name).and_then(Value::as_str);
            let (Some(audience), Some(subject), Some(issuer)) = (text("aud"), text("sub"), text("iss")) else {
                return Err(invalid());
            };
            let is_id_token = text("jti").is_some_and(|jti| jti.starts_with("ID."));
            if !is_id_token
                || !access::is_issuer(org, server, issuer)
                || client_id.is_some_and(|client_id| client_id != audience)
            {
                return Err(invalid());
            }
            (audience.to_owned(), Some(subject.to_owned()))
        }
        (None, Some(client_id)) => (client_id.to_owned(), None),
        (None, None) => return Err(OAuthFault::missing("id_token_hint")),
    };
    let client = client::find(conn, &client_id).await?;
    let client =
        client.ok_or_else(|| OAuthFault::new(400, "invalid_client", "Invalid value for 'client_id' parameter."))?;
    Ok(Wish { client, subject })
}

fn with_state(target: &str, state: Option<&str>) -> String {
    let Some(state) = state else { return target.to_owned() };
    let separator = if target.contains('?') { '&' } else { '?' };
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
    format!("{target}{separator}{query}")
}
