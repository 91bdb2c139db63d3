//! `authorize`: a person signs in to an application.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use db::Conn;
use vault::Secret;

use super::{
    authorize_answer as answer,
    authorize_request::{self as request, Asked, Destination},
    client::Client,
    custom_scope,
    fault::{OAuthFault, OAuthResult},
    grant::{self, Code, NewGrant},
    parameters::{Form, Parameters},
    reauthentication,
    server::Server,
};
use crate::{
    Org, Result,
    api::edge::Address,
    error::Answer,
    model::{
        app,
        change::Change,
        log::{CallOrigin, Event, Outcome, Party},
    },
    signin::{
        login_page,
        return_address::ReturnAddress,
        session::{self, NewSession, Session},
        session_token,
    },
};

/// The application on whose behalf somebody is at the sign-in page.
pub struct Asking {
    pub label: String,
    /// Where the page's form may end.
    pub redirect_origin: Option<String>,
}

/// Who asks, when a return address is an authorize request whose client and redirect URI are right.
pub async fn asking(conn: &mut Conn, from: &ReturnAddress) -> Result<Option<Asking>> {
    if !is_authorize(from.path()) {
        return Ok(None);
    }
    let found = request::destination(conn, &Parameters::parse(from.query())).await?.ok();
    Ok(found.map(|(client, destination)| Asking {
        label: client.app.label,
        redirect_origin: request::origin_of(&destination.redirect_uri),
    }))
}

/// The user name that an authorize request suggests.
pub fn login_hint(from: &ReturnAddress) -> Option<String> {
    let hint = Parameters::parse(from.query()).get("login_hint").map(str::to_owned);
    hint.filter(|_| is_authorize(from.path()))
}

fn is_authorize(path: &str) -> bool {
    path.starts_with("/oauth2/") && path.ends_with("/v1/authorize")
}

/// `GET …/v1/authorize`
pub async fn by_query(
    org: State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    uri: Uri,
) -> Answer<Response> {
    let parameters = Parameters::parse(uri.query().unwrap_or_default());
    authorize(&org, &server, &address, &origin, &headers, uri.path(), &parameters).await
}

/// `POST …/v1/authorize`
pub async fn by_form(
    org: State<Org>,
    server: Server,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    uri: Uri,
    Form(parameters): Form,
) -> Answer<Response> {
    authorize(&org, &server, &address, &origin, &headers, uri.path(), &parameters).await
}

async fn authorize(
    org: &Org,
    server: &Server,
    address: &Address,
    origin: &CallOrigin,
    headers: &HeaderMap,
    path: &str,
    parameters: &Parameters,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let company = login_page::company(&mut reader).await?;
    let (client, destination) = match request::destination(&mut reader, parameters).await? {
        Ok(found) => found,
        Err(fault) => return Ok(answer::show_fault(&company, &fault)),
    };
    let custom = custom_scope::of_server(&mut reader, server).await?;
    let current = session::current(org, headers, &mut reader).await?;
    drop(reader);
    let asked = match request::check(server, &custom, &client, &parameters.without(reauthentication::NAME)) {
        Ok(asked) => asked,
        Err(fault) => return Ok(answer::send_fault(&company, &destination, &fault)),
    };
    let (session, new) = match current {
        Some(session) => (Some(session), None),
        None => match begin_by_token(org, origin, headers, parameters).await? {
            Some(new) => (Some(new.session.clone()), Some(new)),
            None => (None, None),
        },
    };
    let usable = session.filter(|session| !request::needs_password(org, &asked, parameters, session.password_at));
    let mut response = match usable {
        Some(session) => {
            session::touch(org, &session).await?;
            match grant_code(org, server, origin, &client, &destination, &asked, &session).await {
                Ok(code) => answer::send(&company, &destination, vec![("code", code.expose().to_owned())]),
                Err(fault) if fault.status == StatusCode::INTERNAL_SERVER_ERROR => fault.into_response(),
                Err(fault) => answer::send_fault(&company, &destination, &fault),
            }
        }
        None if asked.prompt.none => {
            let fault = OAuthFault::new(
                400,
                "login_required",
                "The client specified not to prompt, but the user is not logged in.",
            );
            answer::send_fault(&company, &destination, &fault)
        }
        None => to_sign_in(org, path, &asked, parameters),
    };
    if let Some(new) = new {
        response.headers_mut().append(header::SET_COOKIE, new.cookie(&address.0));
    }
    Ok(response)
}

/// A session token is worth a session where there is none.
async fn begin_by_token(
    org: &Org,
    origin: &CallOrigin,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Answer<Option<NewSession>> {
    let Some(token) = parameters.get("sessionToken").map(Secret::new) else { return Ok(None) };
    let mut change = Change::begin(org, Party::system(), origin.clone()).await?;
    let Some(user) = session_token::consume(&mut change, org, &token).await? else { return Ok(None) };
    let new = session::begin(&mut change, org, headers, &user, false).await?;
    change.record(Event::new("user.session.start").target(Party::user(&user)).session(&new.session.external_id));
    change.commit().await?;
    Ok(Some(new))
}

/// To the sign-in page, and from there back to this request.
fn to_sign_in(org: &Org, path: &str, asked: &Asked, parameters: &Parameters) -> Response {
    let again = asked.prompt.login || asked.max_age_s.is_some();
    let plain = parameters.without("sessionToken");
    let query = if again { reauthentication::mark(org, &plain) } else { plain.encode() };
    let from = ReturnAddress::of(path, &query);
    let location = format!(
        "{}?{}",
        login_page::PATH,
        url::form_urlencoded::Serializer::new(String::new()).append_pair("fromURI", from.as_str()).finish()
    );
    (StatusCode::FOUND, [(header::LOCATION, location), (header::REFERRER_POLICY, "no-referrer".to_owned())])
        .into_response()
}

async fn grant_code(
    org: &Org,
    server: &Server,
    origin: &CallOrigin,
    client: &Client,
    destination: &Destination,
    asked: &Asked,
    session: &Session,
) -> OAuthResult<Secret> {
    let mut change = Change::begin(org, Party::user(&session.user), origin.clone()).await?;
    let sign_on = |event: Event| event.target(Party::app(&client.app)).session(&session.external_id);
    if !app::assigned(&mut change, &client.app, &session.user).await? {
        let text = "User is not assigned to the client application.";
        change.record(sign_on(Event::new("user.authentication.sso").outcome(Outcome::Failure, "user_not_assigned")));
        change.commit().await?;
        return Err(OAuthFault::access_denied(text));
    }
    let new = NewGrant {
        server,
        app: &client.app,
        user: Some(&session.user_id),
        session_id: Some(&session.external_id),
        scopes: &asked.scopes,
        auth_time: Some(session.password_at),
        amr: &session.amr,
    };
    let grant = grant::create(&mut change, org, &new).await?;
    let code = Code {
        redirect_uri: destination.redirect_uri.clone(),
        nonce: asked.nonce.clone(),
        challenge: asked.challenge.clone(),
    };
    let value = grant::create_code(&mut change, org, &grant, &code).await?;
    change.record(sign_on(Event::new("user.authentication.sso")));
    let authorized = Event::new(server.event("app.oauth2.authorize.code", "app.oauth2.as.authorize.code"));
    change.record(sign_on(authorized.debug("requestedScopes", asked.scopes.join(","))));
    change.commit().await?;
    Ok(value)
}
