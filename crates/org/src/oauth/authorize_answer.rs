//! The answer of an authorize request, brought back by query, fragment, a form that submits itself, or a message to another window.

use std::sync::LazyLock;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{
    authorize_request::{Destination, ResponseMode, origin_of},
    fault::OAuthFault,
};
use crate::signin::{
    html::{self, all, element, text},
    page::{self, Page},
};

const SUBMIT: &str = "document.forms[0].submit()";
/// The message is data beside the script, never part of it.
const POST_MESSAGE: &str = "(function(){var m=document.getElementById('message').dataset;(window.opener||window.parent).postMessage(JSON.parse(m.content),m.origin)})()";

static SUBMIT_HASH: LazyLock<String> = LazyLock::new(|| hash(SUBMIT));
static POST_MESSAGE_HASH: LazyLock<String> = LazyLock::new(|| hash(POST_MESSAGE));

fn hash(script: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, script.as_bytes());
    format!("sha256-{}", STANDARD.encode(digest.as_ref()))
}

/// Sends parameters back.
pub fn send(company: &str, destination: &Destination, mut parameters: Vec<(&'static str, String)>) -> Response {
    if let Some(state) = &destination.state {
        parameters.push(("state", state.clone()));
    }
    let mut response = match destination.mode {
        ResponseMode::Query => redirect(
            &destination.redirect_uri,
            if destination.redirect_uri.contains('?') { '&' } else { '?' },
            &parameters,
        ),
        ResponseMode::Fragment => redirect(&destination.redirect_uri, '#', &parameters),
        ResponseMode::FormPost => form_post(company, &destination.redirect_uri, &parameters),
        ResponseMode::PostMessage => post_message(company, &destination.redirect_uri, &parameters),
    };
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
    response
}

pub fn send_fault(company: &str, destination: &Destination, fault: &OAuthFault) -> Response {
    send(
        company,
        destination,
        vec![("error", fault.error.to_owned()), ("error_description", fault.description.clone())],
    )
}

/// A page of ours, for what may not be redirected.
pub fn show_fault(company: &str, fault: &OAuthFault) -> Response {
    let lines = element(
        "dl",
        &[],
        all([
            element("dt", &[], text("Error code")).and(element("dd", &[], text(fault.error))),
            element("dt", &[], text("Description")).and(element("dd", &[], text(&fault.description))),
        ]),
    );
    let help =
        page::paragraph("The application that sent you here is not set up as this org expects. Tell whoever runs it.");
    let page = Page::new("Sign-in cannot go on", company).status(StatusCode::BAD_REQUEST);
    page.body(page::heading("Sign-in cannot go on").and(lines).and(help)).into_response()
}

fn redirect(uri: &str, separator: char, parameters: &[(&'static str, String)]) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters.iter().map(|(name, value)| (*name, value.as_str())))
        .finish();
    match HeaderValue::from_str(&format!("{uri}{separator}{query}")) {
        Ok(location) => {
            let mut response = (StatusCode::FOUND, Body::empty()).into_response();
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn form_post(company: &str, uri: &str, parameters: &[(&'static str, String)]) -> Response {
    let fields = all(parameters.iter().map(|(name, value)| page::hidden(name, value)));
    let button = element("noscript", &[], page::button("Go on"));
    let form = element("form", &[("method", "post"), ("action", uri)], fields.and(button));
    Page::new("Signed in", company)
        .form_target(origin_of(uri))
        .script_hash(SUBMIT_HASH.clone())
        .body(page::heading("Going back to the application").and(form).and(html::script(SUBMIT)))
        .into_response()
}

/// Only pages of the redirect URI's origin get the message, and only they may hold this page in a frame.
fn post_message(company: &str, uri: &str, parameters: &[(&'static str, String)]) -> Response {
    let Some(origin) = origin_of(uri).filter(|origin| origin.starts_with("http")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let content: Map<String, Value> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
    let content = Value::Object(content).to_string();
    let message = element(
        "p",
        &[("id", "message"), ("data-content", &content), ("data-origin", &origin)],
        text("Going back to the application"),
    );
    Page::new("Signed in", company)
        .framed_by(origin.clone())
        .script_hash(POST_MESSAGE_HASH.clone())
        .body(message.and(html::script(POST_MESSAGE)))
        .into_response()
}
