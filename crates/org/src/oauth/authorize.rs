//! `authorize`: a person signs in to an application.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use db::Conn;
use vault::Secret;

use super::{
    assurance, authorize_answer as answer,
    authorize_issue::{self as issue, Issued},
    authorize_loaded::{self as loaded, Loaded, Refused},
    authorize_request::{self as request},
    consent_page,
    fault::OAuthFault,
    mark::{ANYBODY, Mark},
    parameters::{Form, Parameters},
    server::Server,
};
use crate::{
    Org, Result,
    api::edge::Address,
    error::Answer,
    model::{
        change::Change,
        log::{CallOrigin, Event, Outcome, Party},
    },
    signin::{
        app_access::{self, Access},
        decision::Who,
        factor_page, login_page,
        return_address::ReturnAddress,
        session::{self, NewSession, Session},
        session_token,
    },
};

/// The application on whose behalf somebody is at the sign-in page.
#[derive(Default)]
pub struct Asking {
    pub label: Option<String>,
    /// Where the page's form may end.
    pub redirect_origin: Option<String>,
    /// The user name that the application suggests.
    pub login_hint: Option<String>,
}

/// Who asks, when a return address is an authorize request that can be served.
pub async fn asking(org: &Org, conn: &mut Conn, from: &ReturnAddress) -> Result<Asking> {
    let Some(loaded) = loaded::behind(org, conn, from).await? else { return Ok(Asking::default()) };
    Ok(Asking {
        redirect_origin: request::origin_of(&loaded.destination.redirect_uri),
        login_hint: loaded.parameters.get("login_hint").map(str::to_owned),
        label: Some(loaded.client.app.label),
    })
}

/// What a request is answered with beside its parameters.
pub(super) struct Call<'a> {
    pub org: &'a Org,
    pub server: &'a Server,
    pub address: &'a Address,
    pub origin: &'a CallOrigin,
    pub headers: &'a HeaderMap,
    pub path: &'a str,
    /// What the browser brought.
    pub outer: &'a Parameters,
    pub company: &'a str,
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
    outer: &Parameters,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let company = login_page::company(&mut reader).await?;
    let loaded = match loaded::load(org, &mut reader, server, outer).await? {
        Ok(loaded) => loaded,
        Err(Refused::Here(fault)) => return Ok(answer::show_fault(&company, &fault)),
        Err(Refused::There(destination, fault)) => return Ok(answer::send_fault(&company, &destination, &fault)),
    };
    let current = session::current(org, headers, &mut reader).await?;
    drop(reader);
    let call = Call { org, server, address, origin, headers, path, outer, company: &company };
    let (session, new) = match current {
        Some(session) => (Some(session), None),
        None => match begin_by_token(&call, &loaded).await? {
            Some(new) => (Some(new.session.clone()), Some(new)),
            None => (None, None),
        },
    };
    let mut response = serve(&call, &loaded, session).await?;
    if let Some(new) = new {
        response.headers_mut().append(header::SET_COOKIE, new.cookie(&address.0));
    }
    Ok(response)
}

/// Serves a request for whoever is signed in, or asks for what is missing: a password, a stronger one, consent.
async fn serve(call: &Call<'_>, loaded: &Loaded, session: Option<Session>) -> Answer<Response> {
    let asked = &loaded.asked;
    let refuse = |fault: &OAuthFault| answer::send_fault(call.company, &loaded.destination, fault);
    let is_signed_in = session.is_some();
    let usable = session.filter(|session| !request::needs_password(call.org, asked, call.outer, session.password_at));
    let Some(session) = usable else {
        if !asked.prompt.none {
            return Ok(to_sign_in(call, loaded));
        }
        let text = if is_signed_in {
            "The client specified not to prompt, but the client app requires re-authentication or MFA."
        } else {
            "The client specified not to prompt, but the user is not logged in."
        };
        return Ok(refuse(&OAuthFault::new(400, "login_required", text)));
    };
    if let Some(response) = ask_app_policy(call, loaded, &session).await? {
        return Ok(response);
    }
    let acr = match assurance::met(&asked.acr_values, &session.amr) {
        Ok(acr) => acr,
        Err(fault) => return Ok(refuse(&fault)),
    };
    if Mark::Denied.at(call.org, call.outer, session.user_id.as_str()).is_some() {
        let text = "The resource owner or authorization server denied the request.";
        return Ok(refuse(&OAuthFault::new(403, "access_denied", text)));
    }
    session::touch(call.org, &session).await?;
    match issue::issue(call, loaded, &session, acr).await {
        Ok(Issued::Parameters(parameters)) => Ok(answer::send(call.company, &loaded.destination, parameters)),
        Ok(Issued::ConsentNeeded(scopes)) if asked.prompt.none => {
            let names: Vec<&str> = scopes.iter().map(|(scope, _)| scope.name.as_str()).collect();
            let text = format!("The following scopes require user consent: [{}].", names.join(", "));
            Ok(refuse(&OAuthFault::new(400, "consent_required", text)))
        }
        Ok(Issued::ConsentNeeded(scopes)) => Ok(consent_page::show(call, loaded, &session, &scopes)),
        Err(fault) if fault.status == StatusCode::INTERNAL_SERVER_ERROR => Ok(fault.into_response()),
        Err(fault) => Ok(refuse(&fault)),
    }
}

/// What the policy of the application answers instead of letting the person in.
async fn ask_app_policy(call: &Call<'_>, loaded: &Loaded, session: &Session) -> Answer<Option<Response>> {
    let (org, app) = (call.org, &loaded.client.app);
    let since = Mark::AskedAgain.at(org, call.outer, ANYBODY);
    let mut reader = org.db.read().await?;
    let who = Who::person(&mut reader, &session.user, call.origin.address).await?;
    let access = app_access::check(&mut reader, &app.id, &who, session, since, org.now()).await?;
    drop(reader);
    let refuse = |fault: &OAuthFault| answer::send_fault(call.company, &loaded.destination, fault);
    Ok(match access {
        Access::Allowed => None,
        Access::Denied => {
            let mut change = Change::begin(org, Party::user(&session.user), call.origin.clone()).await?;
            let event = Event::new("user.authentication.sso").outcome(Outcome::Deny, "app_sign_on_policy_denied");
            change.record(event.target(Party::app(app)).session(&session.external_id));
            change.commit().await?;
            Some(refuse(&OAuthFault::policy_denied()))
        }
        Access::Again | Access::Factor if loaded.asked.prompt.none => {
            let text = "The client specified not to prompt, but the client app requires re-authentication or MFA.";
            Some(refuse(&OAuthFault::new(400, "login_required", text)))
        }
        Access::Again => Some(to_page(call, login_page::PATH, true)),
        Access::Factor => Some(to_page(call, factor_page::PATH, true)),
    })
}

/// A session token is worth a session where there is none.
async fn begin_by_token(call: &Call<'_>, loaded: &Loaded) -> Answer<Option<NewSession>> {
    let org = call.org;
    let token = loaded.parameters.get("sessionToken").or_else(|| call.outer.get("sessionToken"));
    let Some(token) = token.map(Secret::new) else { return Ok(None) };
    let mut change = Change::begin(org, Party::system(), call.origin.clone()).await?;
    let Some((user, proof)) = session_token::consume(&mut change, org, &token).await? else { return Ok(None) };
    let new = session::begin(&mut change, org, call.origin, call.headers, &user, &proof, false).await?;
    change.record(Event::new("user.session.start").target(Party::user(&user)).session(&new.session.external_id));
    change.commit().await?;
    Ok(Some(new))
}

/// To the sign-in page, and from there back to this request.
fn to_sign_in(call: &Call<'_>, loaded: &Loaded) -> Response {
    to_page(call, login_page::PATH, loaded.asked.prompt.login || loaded.asked.max_age_s.is_some())
}

/// To a page of ours, and from there back to this request. `again`: although somebody is signed in.
fn to_page(call: &Call<'_>, page: &str, again: bool) -> Response {
    let plain = call.outer.without("sessionToken");
    let query = if again { Mark::AskedAgain.put(call.org, &plain, ANYBODY) } else { plain.encode() };
    let from = ReturnAddress::of(call.path, &query);
    let location = format!(
        "{}?{}",
        page,
        url::form_urlencoded::Serializer::new(String::new()).append_pair("fromURI", from.as_str()).finish()
    );
    (StatusCode::FOUND, [(header::LOCATION, location), (header::REFERRER_POLICY, "no-referrer".to_owned())])
        .into_response()
}
