//! The page on which a person lets an application have what it asks for, or not.
//!
//! Invariant: what is stored is what the request behind the form asks for, read again; the form only says yes or no, and what was left out.

use axum::{
    extract::{Form, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    authorize::Call,
    authorize_loaded::{self as loaded, Loaded},
    authorize_request::origin_of,
    consent,
    custom_scope::CustomScope,
    mark::Mark,
    parameters::Parameters,
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::{
        change::Change,
        log::{CallOrigin, Event, Party},
    },
    signin::{
        csrf::{self, FormSecret},
        html::{Markup, all, element, text, void},
        login_page,
        page::{self, Page},
        return_address::ReturnAddress,
        session::{self, Session},
    },
};

pub const PATH: &str = "/login/consent";
const FIELDS_MAX: usize = 600;

/// Shows the page in place of an answer.
pub(super) fn show(call: &Call<'_>, loaded: &Loaded, session: &Session, scopes: &[(CustomScope, bool)]) -> Response {
    let (org, label) = (call.org, &loaded.client.app.label);
    let secret = FormSecret::of(call.headers, &org.world);
    let from = ReturnAddress::of(call.path, &call.outer.without("sessionToken").encode());
    let entries = all(scopes.iter().map(|(scope, _)| entry(scope)));
    let fields = page::hidden("_token", &secret.token(&org.vault))
        .and(page::hidden("fromURI", from.as_str()))
        .and(element("ul", &[("class", "scopes")], entries))
        .and(choice("allow", "Allow access", "primary"))
        .and(choice("deny", "Do not allow", "plain"));
    let who = format!("Signed in as {}", session.user.login);
    let page = Page::new("Allow access", call.company)
        .form_target(origin_of(&loaded.destination.redirect_uri))
        .body(page::heading(&format!("{label} asks for access")))
        .body(element("p", &[("class", "asks")], text(&who)))
        .body(page::paragraph("It would like to:"))
        .body(page::form(PATH, fields));
    login_page::with_form_cookie(page.into_response(), &secret, &call.address.0)
}

fn entry(scope: &CustomScope) -> Markup {
    let about = scope.description.as_deref().map_or_else(Markup::nothing, |about| element("small", &[], text(about)));
    let words = element("span", &[], text(scope.title())).and(about);
    let content = if scope.is_optional {
        let attributes = [("type", "checkbox"), ("name", "scope"), ("value", scope.name.as_str()), ("checked", "")];
        element("label", &[], void("input", &attributes).and(words))
    } else {
        words
    };
    element("li", &[], content)
}

fn choice(value: &'static str, label: &str, class: &'static str) -> Markup {
    let attributes = [("type", "submit"), ("name", "decision"), ("value", value), ("class", class)];
    element("button", &attributes, text(label))
}

/// `POST /login/consent`
pub async fn submit(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer<Response> {
    let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let from = field("fromURI").and_then(|from| ReturnAddress::parse(from, &address.0));
    let mut reader = org.db.read().await?;
    let company = login_page::company(&mut reader).await?;
    let session = session::current(&org, &headers, &mut reader).await?;
    let found = match &from {
        Some(from) => loaded::behind(&org, &mut reader, from).await?,
        None => None,
    };
    drop(reader);
    let ours = csrf::form_is_ours(&org, &headers, &address.0, field("_token").unwrap_or_default());
    let (Some(from), Some(loaded), true) = (from, found, ours && fields.len() <= FIELDS_MAX) else {
        let lines =
            ["This page was open for too long or in another browser. Go back to the application and try again."];
        return Ok(page::error_page(&company, StatusCode::BAD_REQUEST, "That did not work", &lines));
    };
    // Whoever is not signed in any more begins again.
    let Some(session) = session else { return Ok(Redirect::to(from.as_str()).into_response()) };
    let allowed = field("decision") == Some("allow");
    if allowed {
        let ticked = |scope: &CustomScope| {
            !scope.is_optional || fields.iter().any(|(name, value)| name == "scope" && *value == scope.name)
        };
        let mut change = Change::begin(&org, Party::user(&session.user), origin).await?;
        let asked = &loaded.asked.scopes;
        let needed =
            consent::needed(&mut change, &loaded.server, &loaded.custom, &loaded.client, &session.user_id, asked)
                .await?;
        let scopes: Vec<String> =
            needed.into_iter().map(|(scope, _)| scope).filter(ticked).map(|scope| scope.name).collect();
        let (server, app) = (&loaded.server, &loaded.client.app);
        consent::grant_by_user(&mut change, &org.world, server, &app.id, &session.user_id, &scopes).await?;
        let event = Event::new("app.oauth2.as.consent.grant").target(Party::app(app)).session(&session.external_id);
        change.record(event.debug("grantedScopes", scopes.join(",")));
        change.commit().await?;
    }
    let mark = if allowed { Mark::Consented } else { Mark::Denied };
    let query = mark.put(&org, &Parameters::parse(from.query()), session.user_id.as_str());
    Ok(Redirect::to(ReturnAddress::of(from.path(), &query).as_str()).into_response())
}
