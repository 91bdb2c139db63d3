//! `/enduser/settings`: what a person may see and change of their own account: the profile and the sessions.
//!
//! Invariant: everything here is about the person of the session alone. What the schema hides from people is not shown, and what it
//! does not let them write is text, not a field; the same rule is asked again when something is sent.

use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value};
use world::Instant;

use super::{
    csrf::{self, FormSecret},
    html::{Markup, all, element, text, void},
    login_page::{self, Shown, company, with_form_cookie},
    page::{self, Page},
    return_address::ReturnAddress,
    session::{self, Session},
};
use crate::{
    Org,
    api::{
        edge::Address,
        users::own_profile::{self, own_profile},
    },
    error::{Answer, Fault, codes},
    model::{
        change::Change,
        log::{CallOrigin, Event, Party},
        schema::{self, Attribute, Kind},
        user::User,
    },
};

pub const PATH: &str = "/enduser/settings";
pub const PROFILE_PATH: &str = "/enduser/settings/profile";
pub const SESSIONS_PATH: &str = "/enduser/settings/sessions";
const TITLE: &str = "Your account";
const STALE: &str = "This page was open for too long or in another browser. Please try again.";
/// Fields of a form are prefixed, so that an attribute never takes the name of the form's own.
const PREFIX: &str = "profile.";

type Fields = Vec<(String, String)>;

/// `GET /enduser/settings`
pub async fn show(State(org): State<Org>, address: Address, headers: HeaderMap) -> Answer<Response> {
    match session::current(&org, &headers, &mut *org.db.read().await?).await? {
        Some(session) => {
            session::touch(&org, &session).await?;
            render(&org, &address, &headers, &session, &Said::default()).await
        }
        None => ask_to_sign_in(&org, &address, &headers).await,
    }
}

/// `POST /enduser/settings/profile`
pub async fn save_profile(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Form(given): Form<Fields>,
) -> Answer<Response> {
    let Some(session) = session::current(&org, &headers, &mut *org.db.read().await?).await? else {
        return ask_to_sign_in(&org, &address, &headers).await;
    };
    let schema = schema::of_type(&mut *org.db.read().await?, &session.user.type_id).await?;
    let mut changes = Map::new();
    for attribute in schema.attributes().filter(|attribute| is_field(attribute)) {
        let name = format!("{PREFIX}{}", attribute.name);
        if let Some((_, typed)) = given.iter().find(|(field, _)| *field == name) {
            let typed = typed.trim();
            let value = if typed.is_empty() { Value::Null } else { typed.into() };
            changes.insert(attribute.name.clone(), value);
        }
    }
    let mut said = Said { typed: changes, ..Said::default() };
    if !is_ours(&org, &headers, &address, &given) {
        said.problems.push(STALE.to_owned());
        return render(&org, &address, &headers, &session, &said).await;
    }
    match own_profile(&org, &session.user, origin, &said.typed).await {
        Ok(()) => Ok(Redirect::to(PATH).into_response()),
        Err(fault) if fault.code == &codes::E0000001 => {
            said.problems = fault.causes.iter().map(|cause| in_words(cause, &schema)).collect();
            render(&org, &address, &headers, &session, &said).await
        }
        Err(fault) => Err(fault),
    }
}

/// `POST /enduser/settings/sessions`: ends every session but this one.
pub async fn end_sessions(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Form(given): Form<Fields>,
) -> Answer<Response> {
    let Some(session) = session::current(&org, &headers, &mut *org.db.read().await?).await? else {
        return ask_to_sign_in(&org, &address, &headers).await;
    };
    if !is_ours(&org, &headers, &address, &given) {
        let said = Said { problems: vec![STALE.to_owned()], ..Said::default() };
        return render(&org, &address, &headers, &session, &said).await;
    }
    let mut change = Change::begin(&org, Party::user(&session.user), origin).await?;
    session::end_all_but(&mut change, &session.user_id, Some(&session)).await?;
    change.record(Event::new("user.session.clear").target(Party::user(&session.user)));
    change.commit().await?;
    Ok(Redirect::to(PATH).into_response())
}

fn is_ours(org: &Org, headers: &HeaderMap, address: &Address, given: &Fields) -> bool {
    let token = given.iter().find(|(name, _)| name == "_token").map(|(_, value)| value.as_str());
    csrf::form_is_ours(org, headers, &address.0, token.unwrap_or_default())
}

async fn ask_to_sign_in(org: &Org, address: &Address, headers: &HeaderMap) -> Answer<Response> {
    let from = ReturnAddress::parse_or_home(Some(PATH), &address.0);
    let shown = Shown { from: &from, login: "", kept: false, problem: None, status: StatusCode::OK };
    login_page::render(org, address, headers, &shown).await
}

/// What came of a form that was sent: what is wrong with it, and what was typed.
#[derive(Default)]
struct Said {
    problems: Vec<String>,
    typed: Map<String, Value>,
}

async fn render(org: &Org, address: &Address, headers: &HeaderMap, session: &Session, said: &Said) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let company = company(&mut reader).await?;
    let user = crate::model::user::by_id(&mut reader, &session.user_id).await?;
    let user = user.ok_or_else(|| Fault::not_found(session.user_id.as_str(), "User"))?;
    let schema = schema::of_type(&mut reader, &user.type_id).await?;
    let sessions = session::all_of(&mut reader, &user.id, org.now()).await?;
    drop(reader);
    let secret = FormSecret::of(headers, &org.world);
    let token = secret.token(&org.vault);
    let back = element("p", &[("class", "links")], element("a", &[("href", "/")], text("Your applications")));
    let body = page::heading(TITLE)
        .and(page::problem(&said.problems))
        .and(profile(&schema.attributes().collect::<Vec<_>>(), &user, said, &token))
        .and(list_of(&sessions, session, &token))
        .and(back);
    let status = if said.problems.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = Page::new(TITLE, &company).status(status).wide().body(body);
    Ok(with_form_cookie(page.into_response(), &secret, &address.0))
}

/// What people may write and a line can hold. Mail addresses, to which passwords are recovered, are an administrator's to change.
fn is_field(attribute: &Attribute) -> bool {
    let written = attribute.own_permission() == "READ_WRITE" && attribute.mutability() == "READ_WRITE";
    written && attribute.kind == Kind::Text && !own_profile::RECOVERY.contains(&attribute.name.as_str())
}

fn title(attribute: &Attribute) -> &str {
    attribute.definition().get("title").and_then(Value::as_str).unwrap_or(&attribute.name)
}

fn profile(attributes: &[&Attribute], user: &User, said: &Said, token: &str) -> Markup {
    let shown = |name: &str| match user.profile.value(name) {
        Some(Value::String(value)) => value.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let seen = attributes.iter().filter(|attribute| attribute.own_permission() != "HIDE" && !is_field(attribute));
    let facts = seen.filter(|attribute| user.profile.value(&attribute.name).is_some()).map(|attribute| {
        element("dt", &[], text(title(attribute))).and(element("dd", &[], text(&shown(&attribute.name))))
    });
    let fields = attributes.iter().filter(|attribute| is_field(attribute)).map(|attribute| {
        let typed = said.typed.get(&attribute.name).map(|value| value.as_str().unwrap_or_default().to_owned());
        let (name, value) = (format!("{PREFIX}{}", attribute.name), typed.unwrap_or_else(|| shown(&attribute.name)));
        let mut given =
            vec![("id", name.as_str()), ("name", name.as_str()), ("type", "text"), ("value", value.as_str())];
        if attribute.is_required() {
            given.push(("required", ""));
        }
        let label = element("label", &[("for", name.as_str())], text(title(attribute)));
        element("div", &[("class", "field")], label.and(void("input", &given)))
    });
    let form = page::hidden("_token", token).and(element("div", &[("class", "fields")], all(fields))).and(element(
        "button",
        &[("type", "submit"), ("class", "primary narrow")],
        text("Save your profile"),
    ));
    element("h2", &[], text("Profile")).and(element("dl", &[], all(facts))).and(page::form(PROFILE_PATH, form))
}

fn list_of(sessions: &[Session], own: &Session, token: &str) -> Markup {
    let lines = sessions.iter().map(|session| {
        let here = if session.public_id == own.public_id { "This browser. " } else { "" };
        let (begun, used) = (in_minutes(session.created), in_minutes(session.used));
        element("li", &[], text(&format!("{here}Signed in {begun}, last used {used}.")))
    });
    let list = element("ul", &[("class", "sessions")], all(lines));
    let end = if sessions.len() > 1 {
        let button = element("button", &[("type", "submit"), ("class", "plain")], text("Sign out everywhere but here"));
        page::form(SESSIONS_PATH, page::hidden("_token", token).and(button))
    } else {
        Markup::nothing()
    };
    element("h2", &[], text("Where you are signed in")).and(list).and(end)
}

/// `2026-11-25 08:30 UTC`
fn in_minutes(at: Instant) -> String {
    const MINUTES: usize = "2026-11-25T08:30".len();
    let written = at.to_rfc3339_ms();
    format!("{} UTC", written.get(..MINUTES).unwrap_or(&written).replace('T', " "))
}

/// A cause names the attribute as the API does; people know it by its title.
fn in_words(cause: &str, schema: &schema::Schema) -> String {
    match cause.split_once(": ") {
        Some((name, reason)) => {
            let title = schema.attribute(name).map_or(name, title);
            format!("{title}: {reason}")
        }
        None => cause.to_owned(),
    }
}
