//! Pages on which a person sets a password: `/welcome/{token}`, `/reset_password/{token}`, and when the old one has expired.

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use vault::Secret;

use super::{
    csrf::{self, FormSecret},
    factor_page::{self, At},
    html::{Markup, element, text},
    login_page::{self, company, with_form_cookie},
    new_password::{self, Setting},
    page::{self, Page},
    password_policy,
    return_address::ReturnAddress,
    state_token::{self, State as SignIn},
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::{
        change::Change,
        link::{self, Purpose},
        log::{CallOrigin, Party},
        user,
    },
    oauth,
};

pub const EXPIRED_PATH: &str = "/login/password_expired";
const DIFFERENT: &str = "The two passwords differ. Type the new one twice.";
const STALE: &str = "This page was open for too long or in another browser. Please try again.";

pub async fn show_welcome(
    org: State<Org>,
    address: Address,
    headers: HeaderMap,
    token: Path<String>,
) -> Answer<Response> {
    show(org, address, headers, token, Purpose::Welcome).await
}

pub async fn show_reset(
    org: State<Org>,
    address: Address,
    headers: HeaderMap,
    token: Path<String>,
) -> Answer<Response> {
    show(org, address, headers, token, Purpose::ResetPassword).await
}

async fn show(
    State(org): State<Org>,
    address: Address,
    headers: HeaderMap,
    Path(token): Path<String>,
    purpose: Purpose,
) -> Answer<Response> {
    by_link(&org, &address, &headers, purpose, &Secret::new(token), &[]).await
}

#[derive(Deserialize)]
pub struct Given {
    password: Secret,
    repeated: Secret,
    #[serde(rename = "_token", default)]
    token: String,
}

pub async fn submit_welcome(
    org: State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    token: Path<String>,
    given: Form<Given>,
) -> Answer<Response> {
    submit(org, address, origin, headers, token, given, Purpose::Welcome).await
}

pub async fn submit_reset(
    org: State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    token: Path<String>,
    given: Form<Given>,
) -> Answer<Response> {
    submit(org, address, origin, headers, token, given, Purpose::ResetPassword).await
}

async fn submit(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(given): Form<Given>,
    purpose: Purpose,
) -> Answer<Response> {
    let token = Secret::new(token);
    let fault = if !csrf::form_is_ours(&org, &headers, &address.0, &given.token) {
        Some(STALE)
    } else if given.password != given.repeated {
        Some(DIFFERENT)
    } else {
        None
    };
    if let Some(fault) = fault {
        return by_link(&org, &address, &headers, purpose, &token, &[fault.to_owned()]).await;
    }
    match new_password::by_link(&org, &origin, purpose, &token, &given.password).await? {
        Setting::Done(user) => {
            let at =
                At { org: &org, address: &address, origin: &origin, headers: &headers, from: &ReturnAddress::home() };
            let change = Change::begin(&org, Party::user(&user), origin.clone()).await?;
            factor_page::go_on(&at, change, &user, SignIn::after_password(&user.id, None), None).await
        }
        Setting::Refused(faults) => by_link(&org, &address, &headers, purpose, &token, &faults).await,
        Setting::Gone | Setting::OldPasswordWrong => gone(&org).await,
    }
}

/// The form of a link; a link that is gone says so, and never whose it was.
async fn by_link(
    org: &Org,
    address: &Address,
    headers: &HeaderMap,
    purpose: Purpose,
    token: &Secret,
    faults: &[String],
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let known = link::peek(&mut reader, &org.vault, purpose, token, org.now()).await?;
    let known = match known {
        Some(id) => user::by_id(&mut reader, &id).await?,
        None => None,
    };
    let Some(user) = known else {
        drop(reader);
        return gone(org).await;
    };
    let company = company(&mut reader).await?;
    let rules = password_policy::of(&mut reader, &user).await?.rules();
    drop(reader);
    let secret = FormSecret::of(headers, &org.world);
    let (title, label) = match purpose {
        Purpose::Welcome => ("Welcome", "Choose a password to begin."),
        Purpose::ResetPassword | Purpose::Unlock => ("Set a new password", "The old one no longer works."),
    };
    // The form goes back to the address that it came from: the token is in the path and nowhere in the page.
    let fields =
        page::hidden("_token", &secret.token(&org.vault)).and(new_fields(&rules)).and(page::button("Set password"));
    let form = element("form", &[("method", "post")], fields);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = Page::new(title, &company)
        .status(status)
        .body(page::heading(title).and(element("p", &[("class", "asks")], text(label))).and(page::problem(faults)))
        .body(form);
    Ok(with_form_cookie(page.into_response(), &secret, &address.0))
}

pub(super) async fn gone(org: &Org) -> Answer<Response> {
    let company = company(&mut *org.db.read().await?).await?;
    let lines = ["This link was used before or has expired.", "Ask an administrator for a new one."];
    Ok(page::error_page(&company, StatusCode::FORBIDDEN, "Link no longer valid", &lines))
}

fn new_fields(rules: &[String]) -> Markup {
    let described: &[(&str, &str)] = &[("aria-describedby", "rules")];
    page::field("New password", "password", "password", "new-password", "", described)
        .and(page::list("rules", "rules", rules))
        .and(page::field("New password once more", "repeated", "password", "new-password", "", &[]))
}

/// After the right password of somebody who must change it.
pub(super) async fn expired(
    org: &Org,
    address: &Address,
    headers: &HeaderMap,
    token: &Secret,
    from: &ReturnAddress,
    faults: &[String],
) -> Answer<Response> {
    let mut tx = org.db.begin().await?;
    let state = state_token::peek(&mut tx, org, token).await?;
    tx.commit().await?;
    let mut reader = org.db.read().await?;
    let company = company(&mut reader).await?;
    let user = match state {
        Some((state, _)) => user::by_id(&mut reader, &state.user).await?,
        None => None,
    };
    let rules = match &user {
        Some(user) => password_policy::of(&mut reader, user).await?.rules(),
        None => Vec::new(),
    };
    let asking = oauth::authorize::asking(org, &mut reader, from).await?;
    drop(reader);
    let secret = FormSecret::of(headers, &org.world);
    let fields = page::hidden("_token", &secret.token(&org.vault))
        .and(page::hidden("stateToken", token.expose()))
        .and(page::hidden("fromURI", from.as_str()))
        .and(page::field("Old password", "old_password", "password", "current-password", "", &[("autofocus", "")]))
        .and(new_fields(&rules))
        .and(page::button("Change password"));
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = Page::new("Change password", &company)
        .status(status)
        .form_target(asking.redirect_origin)
        .body(page::heading("Your password has expired").and(element(
            "p",
            &[("class", "asks")],
            text("Choose a new one to go on."),
        )))
        .body(page::problem(faults).and(page::form(EXPIRED_PATH, fields)));
    Ok(with_form_cookie(page.into_response(), &secret, &address.0))
}

#[derive(Deserialize)]
pub struct Expired {
    #[serde(rename = "stateToken")]
    state_token: Secret,
    old_password: Secret,
    password: Secret,
    repeated: Secret,
    #[serde(rename = "fromURI", default)]
    from_uri: Option<String>,
    #[serde(rename = "_token", default)]
    token: String,
}

/// `POST /login/password_expired`
pub async fn submit_expired(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Form(given): Form<Expired>,
) -> Answer<Response> {
    let from = ReturnAddress::parse_or_home(given.from_uri.as_deref(), &address.0);
    let fault = if !csrf::form_is_ours(&org, &headers, &address.0, &given.token) {
        Some(STALE)
    } else if given.password != given.repeated {
        Some(DIFFERENT)
    } else {
        None
    };
    if let Some(fault) = fault {
        return expired(&org, &address, &headers, &given.state_token, &from, &[fault.to_owned()]).await;
    }
    let mut tx = org.db.begin().await?;
    let before = state_token::peek(&mut tx, &org, &given.state_token).await?;
    tx.commit().await?;
    match new_password::by_state(&org, &origin, &given.state_token, &given.old_password, &given.password).await? {
        Setting::Done(user) => {
            let at = At { org: &org, address: &address, origin: &origin, headers: &headers, from: &from };
            let state = before.map_or_else(|| SignIn::after_password(&user.id, None), |(state, _)| state);
            let change = Change::begin(&org, Party::user(&user), origin.clone()).await?;
            factor_page::go_on(&at, change, &user, state, None).await
        }
        Setting::Refused(faults) => expired(&org, &address, &headers, &given.state_token, &from, &faults).await,
        Setting::Gone | Setting::OldPasswordWrong => {
            let problem = "The old password was not right, or it took too long. Sign in again.".to_owned();
            let shown = login_page::Shown {
                from: &from,
                login: "",
                kept: false,
                problem: Some(problem),
                status: StatusCode::UNAUTHORIZED,
            };
            login_page::render(&org, &address, &headers, &shown).await
        }
    }
}
