//! The second factor on the org's own pages: proving one, and enrolling one where a policy asks for it.
//!
//! Security keys need a script, which these pages do without; whoever has nothing else is told so. Invariant: a page only carries the
//! state token on; what is asked and what it leads to is decided by `flow`.

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use vault::Secret;

use super::{
    cookie,
    csrf::{self, FormSecret},
    enrollment,
    factors::{self, Given as Answered, QUESTIONS},
    flow::{self, Next},
    html::{Markup, element, text, void},
    login_page::{self, company, with_form_cookie},
    page::{self, Page},
    password_page,
    return_address::ReturnAddress,
    session::{self, Proof},
    sign_on::{self, Prompt},
    state_token::{self, State as SignIn, Step},
};
use crate::{
    Org,
    api::edge::Address,
    error::Answer,
    model::{
        change::Change,
        factor::{self, Factor, FactorKind},
        log::{CallOrigin, Event, Party},
        user::{self, User},
    },
    oauth,
};

pub const PATH: &str = "/login/factor";
/// The cookie of a device on which a factor need not be proven each time.
pub const DEVICE: &str = "DT";
const DEVICE_LEN: usize = 43;
const DEVICE_LIFE: std::time::Duration = std::time::Duration::from_secs(365 * 24 * 3_600);
const STALE: &str = "This page was open for too long or in another browser. Please try again.";

/// Everything about a request that the pages need.
pub struct At<'a> {
    pub org: &'a Org,
    pub address: &'a Address,
    pub origin: &'a CallOrigin,
    pub headers: &'a HeaderMap,
    pub from: &'a ReturnAddress,
}

/// Goes on with a sign-in: to the page of what is missing, or, with a session, to where it began.
pub async fn go_on(
    at: &At<'_>,
    mut change: Change,
    user: &User,
    state: SignIn,
    token: Option<&Secret>,
) -> Answer<Response> {
    let (org, kept, strengthened) = (at.org, state.detail.kept, state.detail.session.clone());
    match flow::advance(&mut change, org, at.origin, user, state, token).await? {
        Next::Done(proof) => match strengthened {
            Some(session) => strengthen(at, change, &session, &proof).await,
            None => login_page::signed_in(at, change, user, &proof, kept).await,
        },
        Next::Wait(token, _, state) => {
            change.commit().await?;
            show_step(at, user, &token, &state, &[]).await
        }
        Next::Denied => {
            change.commit().await?;
            denied(at).await
        }
    }
}

/// The session that was there goes on, with the factor noted.
async fn strengthen(at: &At<'_>, mut change: Change, session: &str, proof: &Proof) -> Answer<Response> {
    let now = change.now;
    let Some(session) = session::by_public_id(&mut change, session, now).await? else {
        return denied(at).await;
    };
    session::note_factor(&mut change, &session, proof).await?;
    let event = Event::new("user.authentication.auth_via_mfa").target(Party::user(&session.user));
    change.record(event.session(&session.external_id));
    change.commit().await?;
    Ok(Redirect::to(at.from.as_str()).into_response())
}

async fn denied(at: &At<'_>) -> Answer<Response> {
    let problem = "Unable to sign in. The sign-in policy of this org does not allow it.".to_owned();
    let shown = login_page::Shown {
        from: at.from,
        login: "",
        kept: false,
        problem: Some(problem),
        status: StatusCode::FORBIDDEN,
    };
    login_page::render(at.org, at.address, at.headers, &shown).await
}

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(rename = "fromURI")]
    from_uri: Option<String>,
}

/// `GET /login/factor?fromURI=`: somebody who is signed in is asked for more.
pub async fn show(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Answer<Response> {
    let from = ReturnAddress::parse_or_home(asked.from_uri.as_deref(), &address.0);
    let current = session::current(&org, &headers, &mut *org.db.read().await?).await?;
    let at = At { org: &org, address: &address, origin: &origin, headers: &headers, from: &from };
    let Some(current) = current else {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("fromURI", from.as_str()).finish();
        return Ok(Redirect::to(&format!("{}?{query}", login_page::PATH)).into_response());
    };
    let mut state = SignIn::after_password(&current.user.id, None);
    state.detail.needs_factor = true;
    state.detail.session = Some(current.public_id.clone());
    let change = Change::begin(&org, Party::user(&current.user), origin.clone()).await?;
    go_on(&at, change, &current.user, state, None).await
}

#[derive(Deserialize)]
pub struct Given {
    #[serde(rename = "stateToken")]
    state_token: Secret,
    #[serde(default)]
    factor: String,
    /// `send`, `verify`, `enroll`, `activate`, `back` or `skip`.
    #[serde(default)]
    act: String,
    #[serde(default)]
    code: Option<Secret>,
    #[serde(default)]
    question: String,
    #[serde(default)]
    remember: Option<String>,
    #[serde(rename = "fromURI", default)]
    from_uri: Option<String>,
    #[serde(rename = "_token", default)]
    token: String,
}

/// `POST /login/factor`
pub async fn submit(
    State(org): State<Org>,
    address: Address,
    origin: CallOrigin,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Answer<Response> {
    let from = ReturnAddress::parse_or_home(given.from_uri.as_deref(), &address.0);
    let at = At { org: &org, address: &address, origin: &origin, headers: &headers, from: &from };
    let mut change = Change::begin(&org, Party::system(), origin.clone()).await?;
    let found = state_token::peek(&mut change, &org, &given.state_token).await?;
    let user = match &found {
        Some((state, _)) => user::by_id(&mut change, &state.user).await?,
        None => None,
    };
    let (Some((state, _)), Some(user)) = (found, user) else { return begin_again(&at).await };
    if !csrf::form_is_ours(&org, &headers, &address.0, &given.token) {
        change.commit().await?;
        return show_step(&at, &user, &given.state_token, &state, &[STALE.to_owned()]).await;
    }
    match act(&at, change, &user, state.clone(), &given).await {
        // What is wrong with an answer is said on the page that asked for it.
        Err(fault) if fault.code.status < 500 => {
            let words = fault.causes.first().cloned().unwrap_or_else(|| fault.summary());
            let words = words.split_once(": ").map_or(words.clone(), |(_, words)| words.to_owned());
            show_step(&at, &user, &given.state_token, &state, &[words]).await
        }
        other => other,
    }
}

async fn begin_again(at: &At<'_>) -> Answer<Response> {
    let shown = login_page::Shown {
        from: at.from,
        login: "",
        kept: false,
        problem: Some("It took too long. Sign in again.".to_owned()),
        status: StatusCode::UNAUTHORIZED,
    };
    login_page::render(at.org, at.address, at.headers, &shown).await
}

async fn act(at: &At<'_>, mut change: Change, user: &User, mut state: SignIn, given: &Given) -> Answer<Response> {
    let (org, now, token) = (at.org, change.now, &given.state_token);
    let proves = matches!(state.step, Step::MfaRequired | Step::MfaChallenge);
    let enrolls = matches!(state.step, Step::MfaEnroll | Step::MfaEnrollActivate);
    let answered = Answered { pass_code: given.code.clone(), answer: given.code.clone(), ..Answered::default() };
    let own = factor::by_id(&mut change, &user.id, &given.factor).await?;
    match (given.act.as_str(), own) {
        ("send", Some(factor)) if proves && factor.active => {
            factors::challenge(&mut change, org, user, &factor).await?;
            state.step = Step::MfaChallenge;
            state.detail.factor = Some(factor.id);
        }
        ("verify", Some(factor)) if proves && factor.active => {
            let mut change = factors::check(change, org, user, &factor, &answered, &at.address.0).await?;
            state.note_factor(factor.kind.method(), now);
            let event = Event::new("user.authentication.auth_via_mfa").target(Party::user(user));
            change.record(event.debug("factor", factor.kind.names().0));
            let remembered = if given.remember.is_some() { Some(remember(at, &mut change, user).await?) } else { None };
            let mut response = go_on(at, change, user, state, Some(token)).await?;
            if let Some(device) = remembered {
                let line = cookie::set(DEVICE, &device, Some(DEVICE_LIFE), &at.address.0);
                response.headers_mut().append(header::SET_COOKIE, line);
            }
            return Ok(response);
        }
        ("enroll", _) if enrolls => {
            let kind = FactorKind::of_authenticator(&given.factor).filter(|kind| *kind != FactorKind::WebAuthn);
            let Some(kind) = kind else { return begin_again(at).await };
            let mut profile = Map::new();
            if kind == FactorKind::Question {
                profile.insert("question".to_owned(), given.question.clone().into());
                let answer = given.code.as_ref().map(|code| code.expose().to_owned()).unwrap_or_default();
                profile.insert("answer".to_owned(), answer.into());
            }
            let made = factors::enroll(&mut change, org, user, kind, &profile, false).await?;
            if made.active {
                state.note_factor(kind.method(), now);
                return go_on(at, change, user, state, Some(token)).await;
            }
            if kind == FactorKind::Email {
                factors::activation(&mut change, org, user, &made, &at.address.0).await?;
            }
            state.step = Step::MfaEnrollActivate;
            state.detail.factor = Some(made.id);
        }
        ("activate", Some(factor)) if enrolls && !factor.active => {
            let (change, active) = factors::activate(change, org, user, &factor, &answered, &at.address.0).await?;
            state.note_factor(active.kind.method(), now);
            return go_on(at, change, user, state, Some(token)).await;
        }
        ("back", _) if proves => state.step = Step::MfaRequired,
        ("back", _) if enrolls => state.step = Step::MfaEnroll,
        ("skip", _) if state.step == Step::MfaEnroll => {
            state.detail.skipped_enrollment = true;
            return go_on(at, change, user, state, Some(token)).await;
        }
        _ => return begin_again(at).await,
    }
    state_token::put(&mut change, org, token, &state).await?;
    change.commit().await?;
    show_step(at, user, token, &state, &[]).await
}

/// Remembers the browser; the token for its cookie.
async fn remember(at: &At<'_>, change: &mut Change, user: &User) -> Answer<Secret> {
    let device = cookie::read(at.headers, DEVICE).filter(|device| device.len() == DEVICE_LEN);
    let device = device.unwrap_or_else(|| Secret::new(at.org.world.random.base64url(DEVICE_LEN)));
    let now = change.now;
    sign_on::remember(change, &sign_on::device_hash(&at.org.vault, &device), user, now).await?;
    Ok(device)
}

/// The page of a step.
async fn show_step(at: &At<'_>, user: &User, token: &Secret, state: &SignIn, faults: &[String]) -> Answer<Response> {
    if matches!(state.step, Step::PasswordExpired | Step::PasswordWarn | Step::PasswordReset | Step::Recovery) {
        return password_page::expired(at.org, at.address, at.headers, token, at.from, faults).await;
    }
    let org = at.org;
    let mut reader = org.db.read().await?;
    let company = company(&mut reader).await?;
    let held = factor::of_user(&mut reader, &user.id).await?;
    let asking = oauth::authorize::asking(org, &mut reader, at.from).await?;
    let secret = FormSecret::of(at.headers, &org.world);
    let form = |factor: &str, act: &str, fields: Markup| {
        let hidden = page::hidden("_token", &secret.token(&org.vault))
            .and(page::hidden("fromURI", at.from.as_str()))
            .and(page::hidden("stateToken", token.expose()))
            .and(page::hidden("factor", factor))
            .and(page::hidden("act", act));
        page::form(PATH, hidden.and(fields))
    };
    let named = state.detail.factor.as_ref().and_then(|id| held.iter().find(|factor| factor.id == *id));
    let (title, content) = match (state.step, named) {
        (Step::MfaChallenge, Some(factor)) => {
            let sign_on = sign_on::of(&mut reader, user, at.origin.address).await?;
            let remember = sign_on.prompt == Prompt::Device;
            let fields = answer_field(factor).and(if remember { remember_box() } else { Markup::nothing() });
            let back = form("", "back", page::button("Another way"));
            let again = if factor.kind == FactorKind::Email {
                form(&factor.id, "send", page::button("Send another code"))
            } else {
                Markup::nothing()
            };
            ("Verify it is you", form(&factor.id, "verify", fields.and(page::button("Verify"))).and(again).and(back))
        }
        (Step::MfaEnrollActivate, Some(factor)) => {
            let shown = match factor.secret(&org.vault)? {
                Some(secret) => authenticator_app(&company, user, &secret),
                None => page::paragraph("A code was sent to your e-mail address."),
            };
            let fields = code_field("Code").and(page::button("Set up"));
            let back = form("", "back", page::button("Another way"));
            ("Set up a second factor", shown.and(form(&factor.id, "activate", fields)).and(back))
        }
        (Step::MfaEnroll, _) => {
            let terms = enrollment::of(&mut reader, user, at.origin.address).await?;
            let mut forms = Markup::nothing();
            for (kind, _) in terms.offered() {
                let known = held.iter().any(|factor| factor.active && factor.kind == kind);
                if !known && kind != FactorKind::WebAuthn {
                    let fields = if kind == FactorKind::Question { question_fields() } else { Markup::nothing() };
                    let label = format!("Set up {}", label(kind));
                    forms = forms.and(form(kind.authenticator(), "enroll", fields.and(page::button(&label))));
                }
            }
            ("Set up a second factor", page::paragraph("This org asks for more than a password.").and(forms))
        }
        _ => {
            let mut forms = Markup::nothing();
            for factor in held.iter().filter(|factor| factor.active) {
                forms = forms.and(match factor.kind {
                    FactorKind::WebAuthn => {
                        page::paragraph("A security key cannot be used on this page. Use another factor.")
                    }
                    kind => form(&factor.id, "send", page::button(&format!("Use {}", label(kind)))),
                });
            }
            ("Verify it is you", forms)
        }
    };
    drop(reader);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    let page = Page::new(title, &company)
        .status(status)
        .form_target(asking.redirect_origin)
        .body(page::heading(title).and(page::problem(faults)))
        .body(content);
    Ok(with_form_cookie(page.into_response(), &secret, &at.address.0))
}

fn label(kind: FactorKind) -> &'static str {
    match kind {
        FactorKind::Email => "a code by e-mail",
        FactorKind::OktaTotp => "the authenticator app",
        FactorKind::GoogleTotp => "Google Authenticator",
        FactorKind::Question => "the security question",
        FactorKind::WebAuthn => "a security key",
    }
}

fn code_field(label: &str) -> Markup {
    page::field(label, "code", "text", "one-time-code", "", &[("autofocus", "")])
}

fn answer_field(factor: &Factor) -> Markup {
    match factor.kind {
        FactorKind::Question => {
            let question = factor.profile.get("questionText").and_then(Value::as_str).unwrap_or("Answer");
            page::field(question, "code", "password", "off", "", &[("autofocus", "")])
        }
        FactorKind::Email => page::paragraph("A code was sent to your e-mail address.").and(code_field("Code")),
        _ => code_field("Code of the app"),
    }
}

fn question_fields() -> Markup {
    let mut options = Markup::nothing();
    for (name, question) in QUESTIONS {
        options = options.and(element("option", &[("value", name)], text(question)));
    }
    let choice = element("label", &[("for", "question")], text("Question")).and(element(
        "select",
        &[("id", "question"), ("name", "question")],
        options,
    ));
    choice.and(page::field("Answer", "code", "password", "off", "", &[]))
}

fn remember_box() -> Markup {
    let attributes = [("id", "remember"), ("name", "remember"), ("type", "checkbox"), ("value", "yes")];
    let label = element("label", &[("for", "remember")], text("Do not ask again on this device"));
    element("div", &[("class", "keep")], void("input", &attributes).and(label))
}

/// What the app needs, to be typed in or opened.
fn authenticator_app(company: &str, user: &User, secret: &Secret) -> Markup {
    let shared = super::totp::base32(secret.expose_bytes());
    let address = factors::otpauth(company, user, &shared);
    page::paragraph("Add an account to the app with this key, then type the code that it shows.")
        .and(element("p", &[], element("code", &[("id", "secret")], text(&shared))))
        .and(element("p", &[], element("a", &[("href", &address)], text("Open the app on this device"))))
}
