//! `/activate`: a person types the code that a device shows, sees which application asks, and allows it or not.
//!
//! Invariant: only somebody signed in decides, by a form of ours, and never in the step that named the code: a link with a code in it
//! allows nothing by itself.

use axum::{
    extract::{Form, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use db::Conn;
use serde::Deserialize;

use super::{
    access_policy::{self, Request},
    client::{self, Client},
    consent,
    custom_scope::{self, CustomScope},
    device::{self, GRANT_TYPE, Waiting},
    grant::{self, NewGrant},
    server::{self, Server},
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::{
        app,
        change::Change,
        log::{CallOrigin, Event, Outcome, Party},
    },
    signin::{
        csrf::{self, FormSecret},
        html::{Markup, all, element, text},
        login_page,
        page::{self, Page},
        return_address::ReturnAddress,
        session::{self, Session},
    },
};

pub const PATH: &str = "/activate";
const UNKNOWN: &str = "The code is not right, or it has expired. Look at the device again.";
const STALE: &str = "This page was open for too long or in another browser. Please try again.";
const CODE_SHOWN_MAX: usize = 20;

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    user_code: Option<String>,
}

/// `GET /activate?user_code=`
pub async fn show(
    State(org): State<Org>,
    address: Address,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Answer<Response> {
    let code = asked.user_code.unwrap_or_default();
    if session::current(&org, &headers, &mut *org.db.read().await?).await?.is_none() {
        return Ok(to_sign_in(&code));
    }
    ask_code(&org, &address, &headers, &code, None, StatusCode::OK).await
}

fn to_sign_in(code: &str) -> Response {
    let pair = |name: &str, value: &str| {
        url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
    };
    let from = ReturnAddress::of(PATH, &pair("user_code", code));
    let location = format!("{}?{}", login_page::PATH, pair("fromURI", from.as_str()));
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

#[derive(Debug, Deserialize)]
pub struct Given {
    #[serde(default)]
    user_code: String,
    #[serde(default)]
    decision: Option<String>,
    #[serde(rename = "_token", default)]
    token: String,
}

/// `POST /activate`: first with the code, then with the decision too.
pub async fn submit(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let Some(session) = session::current(&org, &headers, &mut reader).await? else {
        return Ok(to_sign_in(&given.user_code));
    };
    let waiting = device::waiting(&mut reader, &org, &given.user_code).await?;
    drop(reader);
    if !csrf::form_is_ours(&org, &headers, &address.0, &given.token) {
        return ask_code(&org, &address, &headers, &given.user_code, Some(STALE), StatusCode::FORBIDDEN).await;
    }
    session::touch(&org, &session).await?;
    let Some(waiting) = waiting else {
        return ask_code(&org, &address, &headers, &given.user_code, Some(UNKNOWN), StatusCode::BAD_REQUEST).await;
    };
    match given.decision.as_deref() {
        None => ask_person(&org, &address, &headers, &given.user_code, &session, &waiting).await,
        Some(decision) => decide(&org, origin, &session, &waiting, decision == "allow").await,
    }
}

async fn ask_code(
    org: &Org,
    address: &Address,
    headers: &HeaderMap,
    code: &str,
    problem: Option<&str>,
    status: StatusCode,
) -> Answer<Response> {
    let company = login_page::company(&mut *org.db.read().await?).await?;
    let secret = FormSecret::of(headers, &org.world);
    let code: String = code.chars().take(CODE_SHOWN_MAX).collect();
    let field =
        page::field("Code", "user_code", "text", "off", &code, &[("autofocus", ""), ("autocapitalize", "characters")]);
    let fields = page::hidden("_token", &secret.token(&org.vault)).and(field).and(page::button("Next"));
    let problem: Vec<String> = problem.into_iter().map(str::to_owned).collect();
    let page = Page::new("Activate a device", &company)
        .status(status)
        .body(page::heading("Activate a device").and(page::paragraph("Type the code that the device shows.")))
        .body(page::problem(&problem))
        .body(page::form(PATH, fields));
    Ok(login_page::with_form_cookie(page.into_response(), &secret, &address.0))
}

/// Server, client and scopes behind a code.
async fn behind(conn: &mut Conn, waiting: &Waiting) -> Answer<Option<(Server, Client, Vec<CustomScope>)>> {
    let Some(server) = server::by_id(conn, &waiting.server_id).await?.filter(|server| server.active) else {
        return Ok(None);
    };
    let app = app::by_id(conn, &waiting.app_id.as_str().into()).await?;
    let client = match app.and_then(|app| app.client_id) {
        Some(client_id) => client::find(conn, &client_id).await?,
        None => None,
    };
    let custom = custom_scope::of_server(conn, &server).await?;
    Ok(client.map(|client| (server, client, custom)))
}

async fn ask_person(
    org: &Org,
    address: &Address,
    headers: &HeaderMap,
    code: &str,
    session: &Session,
    waiting: &Waiting,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let company = login_page::company(&mut reader).await?;
    let found = behind(&mut reader, waiting).await?;
    drop(reader);
    let Some((_, client, custom)) = found else {
        return ask_code(org, address, headers, code, Some(UNKNOWN), StatusCode::BAD_REQUEST).await;
    };
    let secret = FormSecret::of(headers, &org.world);
    let shown = custom.iter().filter(|scope| waiting.scopes.contains(&scope.name));
    let shown: Vec<Markup> = shown.map(|scope| element("li", &[], text(scope.title()))).collect();
    let scopes = if shown.is_empty() {
        Markup::nothing()
    } else {
        page::paragraph("It would like to:").and(element("ul", &[("class", "scopes")], all(shown)))
    };
    let choice = |value: &'static str, label: &str, class: &'static str| {
        let attributes = [("type", "submit"), ("name", "decision"), ("value", value), ("class", class)];
        element("button", &attributes, text(label))
    };
    let fields = page::hidden("_token", &secret.token(&org.vault))
        .and(page::hidden("user_code", code))
        .and(choice("allow", "Allow", "primary"))
        .and(choice("deny", "Do not allow", "plain"));
    let about = format!(
        "{} on a device asks to act as {}. Go on only if the device is in front of you.",
        client.app.label, session.user.login
    );
    let page = Page::new("Activate a device", &company)
        .body(page::heading("Is this your device?").and(page::paragraph(&about)).and(scopes))
        .body(page::form(PATH, fields));
    Ok(login_page::with_form_cookie(page.into_response(), &secret, &address.0))
}

async fn decide(
    org: &Org,
    origin: CallOrigin,
    session: &Session,
    waiting: &Waiting,
    allowed: bool,
) -> Answer<Response> {
    let mut change = Change::begin(org, Party::user(&session.user), origin).await?;
    let company = login_page::company(&mut change).await?;
    let refused =
        |line: &str| page::error_page(&company, StatusCode::FORBIDDEN, "The device was not activated", &[line]);
    let Some((server, client, custom)) = behind(&mut change, waiting).await? else {
        return Ok(refused(UNKNOWN));
    };
    let now = change.now;
    let sign_on = |event: Event| event.target(Party::app(&client.app)).session(&session.external_id);
    let mut granted = None;
    if allowed {
        if !app::assigned(&mut change, &client.app, &session.user).await? {
            change
                .record(sign_on(Event::new("user.authentication.sso").outcome(Outcome::Failure, "user_not_assigned")));
            change.commit().await?;
            return Ok(refused("You are not assigned to this application. Ask an administrator."));
        }
        let request = Request {
            client_id: &client.client_id,
            grant_types: &[GRANT_TYPE],
            user: Some(&session.user),
            scopes: &waiting.scopes,
        };
        let Some(terms) = access_policy::evaluate(&mut change, &server, &request).await? else {
            return Ok(refused("A policy of this org does not allow it. Ask an administrator."));
        };
        // Saying yes here, with the scopes in view, is the consent.
        let needed = consent::needed(&mut change, &server, &custom, &client, &session.user_id, &waiting.scopes).await?;
        let names: Vec<String> = needed.into_iter().map(|(scope, _)| scope.name).collect();
        consent::grant_by_user(&mut change, &org.world, &server, &client.app.id, &session.user_id, &names).await?;
        let new = NewGrant {
            server: &server,
            app: &client.app,
            user: Some(&session.user_id),
            session_id: Some(&session.external_id),
            scopes: &waiting.scopes,
            auth_time: Some(session.password_at),
            amr: &session.amr,
            acr: None,
            grant_type: GRANT_TYPE,
            terms,
        };
        granted = Some(grant::create(&mut change, org, &new).await?);
        change.record(sign_on(Event::new("user.authentication.sso")));
    }
    if !device::decide(&mut change, waiting, granted.as_ref(), now).await? {
        return Ok(refused(UNKNOWN));
    }
    change.commit().await?;
    let (title, line) = if allowed {
        ("Device activated", "You can go back to the device now.")
    } else {
        ("Device not activated", "The device was told that you do not allow it.")
    };
    Ok(Page::new(title, &company).body(page::heading(title).and(page::paragraph(line))).into_response())
}
