//! The sign-in page: a form that needs no script.
//!
//! Invariant: whatever went wrong, the page says the same for known and unknown names, and keeps what was typed but the password.

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use url::Url;
use vault::Secret;

use super::{
    cookie,
    credentials::{self, Attempt},
    csrf::{self, FormSecret},
    factor_page::{self, At},
    html::{Markup, element, text, void},
    page::{self, Page},
    return_address::ReturnAddress,
    session::{self, Proof},
    sign_on,
    state_token::State as SignIn,
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::{
        change::Change,
        log::{CallOrigin, Event, Party},
        organization,
        user::User,
    },
    oauth,
};

pub const PATH: &str = "/login/login.htm";
/// Longer names are nobody's; they are cut before they are shown again.
const LOGIN_SHOWN_MAX: usize = 200;

const REFUSED: &str = "Unable to sign in. Check the user name and the password.";
const STALE: &str = "This page was open for too long or in another browser. Please try again.";

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(rename = "fromURI")]
    from_uri: Option<String>,
}

/// What the page shows beside its frame.
pub(super) struct Shown<'a> {
    pub from: &'a ReturnAddress,
    pub login: &'a str,
    pub kept: bool,
    pub problem: Option<String>,
    pub status: StatusCode,
}

/// `GET /login/login.htm?fromURI=`
pub async fn show(
    State(org): State<Org>,
    address: Address,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Answer<Response> {
    let from = ReturnAddress::parse_or_home(asked.from_uri.as_deref(), &address.0);
    let mut reader = org.db.read().await?;
    let signed_in = session::current(&org, &headers, &mut reader).await?.is_some();
    let login = oauth::authorize::asking(&org, &mut reader, &from).await?.login_hint.unwrap_or_default();
    drop(reader);
    if signed_in && !oauth::mark::asks_again(&org, &from) {
        return Ok(Redirect::to(from.as_str()).into_response());
    }
    let shown = Shown { from: &from, login: &login, kept: false, problem: None, status: StatusCode::OK };
    render(&org, &address, &headers, &shown).await
}

#[derive(Deserialize)]
pub struct Given {
    username: String,
    password: Secret,
    #[serde(default)]
    remember: Option<String>,
    #[serde(rename = "fromURI", default)]
    from_uri: Option<String>,
    #[serde(rename = "_token", default)]
    token: String,
}

/// `POST /login/login.htm`
pub async fn submit(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Answer<Response> {
    let from = ReturnAddress::parse_or_home(given.from_uri.as_deref(), &address.0);
    let again = |problem: &str, status| Shown {
        from: &from,
        login: &given.username,
        kept: given.remember.is_some(),
        problem: Some(problem.to_owned()),
        status,
    };
    if !csrf::form_is_ours(&org, &headers, &address.0, &given.token) {
        return render(&org, &address, &headers, &again(STALE, StatusCode::FORBIDDEN)).await;
    }
    match credentials::attempt(&org, &origin, &given.username, &given.password).await? {
        Attempt::Accepted(user) | Attempt::PasswordExpired(user) => {
            let mut state = SignIn::after_password(&user.id, None);
            state.detail.kept = given.remember.is_some();
            state.detail.device =
                cookie::read(&headers, factor_page::DEVICE).map(|device| sign_on::device_hash(&org.vault, &device));
            let at = At { org: &org, address: &address, origin: &origin, headers: &headers, from: &from };
            let change = Change::begin(&org, Party::user(&user), origin.clone()).await?;
            factor_page::go_on(&at, change, &user, state, None).await
        }
        Attempt::Refused => render(&org, &address, &headers, &again(REFUSED, StatusCode::UNAUTHORIZED)).await,
        Attempt::TooSoon(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let problem = format!("Too many tries from here. Wait {seconds} s and try again.");
            render(&org, &address, &headers, &again(&problem, StatusCode::TOO_MANY_REQUESTS)).await
        }
    }
}

/// Begins the session and goes on.
pub(super) async fn signed_in(
    at: &At<'_>,
    mut change: Change,
    user: &User,
    proof: &Proof,
    kept: bool,
) -> Answer<Response> {
    let new = session::begin(&mut change, at.org, at.origin, at.headers, user, proof, kept).await?;
    change.record(Event::new("user.session.start").target(Party::user(user)).session(&new.session.external_id));
    change.commit().await?;
    let mut response = Redirect::to(at.from.as_str()).into_response();
    response.headers_mut().append(header::SET_COOKIE, new.cookie(&at.address.0));
    Ok(response)
}

pub(super) async fn render(org: &Org, address: &Address, headers: &HeaderMap, shown: &Shown<'_>) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let company = company(&mut reader).await?;
    let asking = oauth::authorize::asking(org, &mut reader, shown.from).await?;
    drop(reader);
    let secret = FormSecret::of(headers, &org.world);
    let login: String = shown.login.chars().take(LOGIN_SHOWN_MAX).collect();
    let focus: &[(&str, &str)] = &[("autofocus", "")];
    let (on_login, on_password) = if login.is_empty() { (focus, &[][..]) } else { (&[][..], focus) };
    let fields = page::hidden("_token", &secret.token(&org.vault))
        .and(page::hidden("fromURI", shown.from.as_str()))
        .and(page::field("User name", "username", "text", "username", &login, on_login))
        .and(page::field("Password", "password", "password", "current-password", "", on_password))
        .and(keep(shown.kept))
        .and(page::button("Sign in"));
    let help = element("summary", &[], text("Need help signing in?")).and(page::paragraph(
        "The user name is usually your e-mail address. If the password is lost or the account locked, ask an administrator for a new one; a lock by wrong passwords ends by itself after a while.",
    ));
    let problem: Vec<String> = shown.problem.iter().cloned().collect();
    let asks = asking.label.as_ref().map_or_else(Markup::nothing, |label| {
        element("p", &[("class", "asks")], text(&format!("to go on to {label}")))
    });
    let page = Page::new("Sign in", &company)
        .status(shown.status)
        .form_target(asking.redirect_origin)
        .body(page::heading("Sign in").and(asks).and(page::problem(&problem)))
        .body(page::form(PATH, fields))
        .body(element("details", &[], help));
    Ok(with_form_cookie(page.into_response(), &secret, &address.0))
}

fn keep(kept: bool) -> Markup {
    let mut attributes = vec![("id", "remember"), ("name", "remember"), ("type", "checkbox"), ("value", "yes")];
    if kept {
        attributes.push(("checked", ""));
    }
    let label = element("label", &[("for", "remember")], text("Keep me signed in"));
    element("div", &[("class", "keep")], void("input", &attributes).and(label))
}

pub(crate) fn with_form_cookie(mut response: Response, secret: &FormSecret, own: &Url) -> Response {
    if secret.is_new {
        response.headers_mut().append(header::SET_COOKIE, cookie::set(cookie::FORM, &secret.value, None, own));
    }
    response
}

pub(crate) async fn company(conn: &mut db::Conn) -> crate::Result<String> {
    Ok(organization::get(conn)
        .await?
        .map_or_else(|| "Built-in org".to_owned(), |organization| organization.company_name))
}
