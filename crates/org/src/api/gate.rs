//! The gate before every handler of the table: the form of the request, who calls, the rate limit, right and scope, and at last
//! what the request says.
//!
//! Invariant: default deny. What a row does not allow does not reach its handler.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    caller::{self, By, Caller},
    limits::{Decision, Mode, Share},
    scope::{self, Outcome},
    validate,
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    mail::notice,
    model::{
        fold,
        log::{self, CallOrigin, Event, Party},
        user::User,
    },
    operations::{
        Needs, Operation,
        facts::{Call, Content, facts},
        permissions::Ask,
    },
};

/// Where a browser is sent with a client's id in the query.
const AUTHORIZE: [&str; 2] = ["authorize", "authorizeCustomAS"];
const CLIENT_LEN_MAX: usize = 64;
const TOO_MANY: &str = "too many requests";

/// The layer of one operation.
pub async fn pass(operation: &'static Operation, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Some(org) = parts.extensions.get::<Org>().cloned() else {
        return Fault {
            internal: Some("the request did not pass the edge".to_owned()),
            ..Fault::new(&codes::E0000009)
        }
        .into_response();
    };
    let (admitted, decision, share) = admit(&org, operation, &parts).await;
    let place = org.limits.enter(&share);
    let mut response = match admitted {
        Ok(_) if place.is_none() => Fault::new(&codes::E0000047).into_response(),
        Err(refused) => refused,
        Ok(caller) => {
            if let Some(caller) = caller {
                parts.extensions.insert(caller.origin.clone());
                parts.extensions.insert(caller);
            }
            match validate::check(operation, &parts, body).await {
                Ok(body) => next.run(Request::from_parts(parts, body)).await,
                Err(refused) => refused,
            }
        }
    };
    show(decision, response.headers_mut());
    response
}

/// Writes what is left of the bucket into an answer.
pub fn show(decision: Option<Decision>, headers: &mut HeaderMap) {
    if let Some(decision) = decision {
        headers.insert("x-rate-limit-limit", HeaderValue::from(decision.limit));
        headers.insert("x-rate-limit-remaining", HeaderValue::from(decision.remaining));
        headers.insert("x-rate-limit-reset", HeaderValue::from(decision.reset));
    }
}

async fn admit(
    org: &Org,
    operation: &'static Operation,
    parts: &Parts,
) -> (Result<Option<Caller>, Response>, Option<Decision>, Share) {
    let asked = operation.needs != Needs::Nothing;
    let known = if asked { Some(caller::authenticate(org, parts).await) } else { None };
    let share = match &known {
        Some(Ok(caller)) => share_of(caller, operation),
        _ => Share::of_stranger(parts.extensions.get::<CallOrigin>().and_then(|origin| origin.address)),
    };
    let decision = org.limits.count(&parts.method, parts.uri.path(), &share, org.now());
    if let Some(decision) = decision.filter(|decision| decision.exceeded) {
        let refused =
            match refuse_for_now(org, decision, known.as_ref().and_then(|known| known.as_ref().ok()), parts).await {
                Ok(()) => Fault::new(&codes::E0000047),
                Err(fault) => fault,
            };
        return (Err(refused.into_response()), Some(decision), share);
    }
    if let Some(refused) = check_form(operation, parts) {
        return (Err(refused), decision, share);
    }
    let caller = known.as_ref().and_then(|known| known.as_ref().ok());
    if let Some(decision) = decision.filter(|decision| decision.first_warning)
        && let Err(fault) = warn(org, decision, caller, parts).await
    {
        return (Err(fault.into_response()), Some(decision), share);
    }
    if let Err(refused) = check_client(org, operation, parts).await {
        return (Err(refused.into_response()), decision, share);
    }
    let admitted = match known {
        None => Ok(None),
        Some(Err(fault)) => Err(fault.into_response()),
        Some(Ok(caller)) => Box::pin(may(org, operation, caller, parts.uri.path())).await.map(Some),
    };
    (admitted, decision, share)
}

fn share_of(caller: &Caller, operation: &'static Operation) -> Share {
    match &caller.by {
        By::Token(row) => Share::Token(row.id.to_string()),
        By::OAuth { client_id, .. } => Share::Client(client_id.clone()),
        By::Session => Share::Person(caller.user.id.to_string(), operation.id),
    }
}

/// The first call too many of a window is worth an event.
async fn refuse_for_now(org: &Org, decision: Decision, caller: Option<&Caller>, parts: &Parts) -> Answer<()> {
    if !decision.first_violation {
        return Ok(());
    }
    let event = Event::new("system.org.rate_limit.violation").outcome(log::Outcome::Deny, TOO_MANY);
    let what = format!("Calls were refused: {} went beyond its rate limit.", parts.uri.path());
    tell(org, event.debug("threshold", decision.limit), caller, parts, Some(&what)).await
}

/// The call with which a bucket comes near its limit.
async fn warn(org: &Org, decision: Decision, caller: Option<&Caller>, parts: &Parts) -> Answer<()> {
    let event = Event::new("system.org.rate_limit.warning")
        .debug("threshold", decision.limit.saturating_sub(decision.remaining))
        .debug("limit", decision.limit);
    let what = format!("Calls of {} come near its rate limit.", parts.uri.path());
    tell(org, event, caller, parts, Some(&what)).await
}

/// Writes an event of its own; `mail` is what subscribed administrators are told.
async fn tell(org: &Org, event: Event, caller: Option<&Caller>, parts: &Parts, mail: Option<&str>) -> Answer<()> {
    let origin = caller.map(|caller| caller.origin.clone()).or_else(|| parts.extensions.get::<CallOrigin>().cloned());
    let event = event.by(caller.map_or_else(Party::system, Caller::party)).from(&origin.unwrap_or_default());
    let mut tx = org.db.begin().await?;
    log::write(&mut tx, &org.world, &event).await?;
    if let Some(what) = mail {
        notice::about_rate_limit(&mut tx, org, what).await?;
    }
    Ok(tx.commit().await?)
}

/// Where people are sent to sign in, one client from one address and device has a limit of its own.
async fn check_client(org: &Org, operation: &'static Operation, parts: &Parts) -> Answer<()> {
    if !AUTHORIZE.contains(&operation.id) {
        return Ok(());
    }
    let query: Vec<(String, String)> =
        serde_urlencoded::from_str(parts.uri.query().unwrap_or_default()).unwrap_or_default();
    let client = query.into_iter().find(|(name, _)| name == "client_id").map(|(_, id)| id).unwrap_or_default();
    let client: String = client.chars().take(CLIENT_LEN_MAX).collect();
    let origin = parts.extensions.get::<CallOrigin>().cloned().unwrap_or_default();
    let device = origin.user_agent.unwrap_or_default();
    let whose = format!("{client} {:?} {device}", Share::of_stranger(origin.address));
    let Some((mode, decision)) = org.limits.count_client(whose, org.now()) else { return Ok(()) };
    if decision.first_violation {
        let event = match mode {
            Mode::Enforce => Event::new("system.client.rate_limit.violation").outcome(log::Outcome::Deny, TOO_MANY),
            Mode::Preview | Mode::Disable => {
                Event::new("system.client.rate_limit.notification").outcome(log::Outcome::Allow, TOO_MANY)
            }
        };
        tell(org, event.debug("threshold", decision.limit).debug("clientId", client), None, parts, None).await?;
    }
    if mode == Mode::Enforce { Err(Fault::new(&codes::E0000047)) } else { Ok(()) }
}

/// Right first, then scope: whoever lacks both learns of the right.
async fn may(org: &Org, operation: &'static Operation, caller: Caller, path: &str) -> Result<Caller, Response> {
    let caller = check_right(org, operation, caller, path).await.map_err(IntoResponse::into_response)?;
    check_scope(operation, &caller)?;
    Ok(caller)
}

/// May this caller do this operation on the objects that the path names?
async fn check_right(org: &Org, operation: &'static Operation, mut caller: Caller, path: &str) -> Answer<Caller> {
    let Needs::Right { right, or_self } = operation.needs else { return Ok(caller) };
    let reach = caller.reach(Ask { right, operation: Some(operation.id) });
    let on_self = or_self && names_self(path, &caller.user);
    caller.on_self = on_self;
    if reach.is_nothing() {
        caller.on_self_alone = on_self;
        return if on_self { Ok(caller) } else { Err(Fault::forbidden()) };
    }
    let objects = scope::objects(operation.path, path);
    let outcome = match scope::decide(operation, &caller, &reach, &objects) {
        Some(outcome) => outcome,
        None => Box::pin(scope::judge(org, &caller, &reach, &objects)).await?,
    };
    match outcome {
        Outcome::Within => Ok(caller),
        _ if on_self => {
            caller.on_self_alone = true;
            Ok(caller)
        }
        Outcome::Beyond => Err(Fault::forbidden()),
        Outcome::Unseen(fault) => Err(fault),
    }
}

#[allow(clippy::result_large_err, reason = "a response is what is sent")]
fn check_scope(operation: &'static Operation, caller: &Caller) -> Result<(), Response> {
    let By::OAuth { scopes, .. } = &caller.by else { return Ok(()) };
    let granted = operation.scope.is_some_and(|scope| {
        let own = format!("{scope}.self");
        scopes.iter().any(|granted| granted == scope || (caller.on_self && *granted == own))
    });
    if granted {
        return Ok(());
    }
    let challenge = "Bearer error=\"insufficient_scope\", error_description=\"The access token lacks a scope that this call needs\"";
    Err(Fault::forbidden().challenged(challenge).into_response())
}

/// Whether the person in the path is the caller: `me`, the id, or the login.
fn names_self(path: &str, user: &User) -> bool {
    let Some(segment) = path.strip_prefix("/api/v1/users/").and_then(|rest| rest.split('/').next()) else {
        return false;
    };
    let encoded = format!("x={}", segment.replace('+', "%2B"));
    let Ok(pairs) = serde_urlencoded::from_str::<Vec<(String, String)>>(&encoded) else { return false };
    let Some((_, name)) = pairs.into_iter().next() else { return false };
    name == "me" || name == user.id.as_str() || fold(&name) == fold(&user.login)
}

/// The form of a call: length given, and what is sent and accepted is what the operation takes and answers, JSON for nearly all.
fn check_form(operation: &Operation, parts: &Parts) -> Option<Response> {
    if !parts.uri.path().starts_with("/api/v1/") {
        return None;
    }
    let headers = &parts.headers;
    if !accepts(headers, &medias(operation, |call| &call.answers)) {
        return Some(Fault::new(&codes::E0000019).into_response());
    }
    let writes = matches!(parts.method, Method::POST | Method::PUT | Method::PATCH);
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    let chunked = headers.contains_key(header::TRANSFER_ENCODING);
    if writes && length.is_none() && !chunked && parts.version <= Version::HTTP_11 {
        return Some(StatusCode::LENGTH_REQUIRED.into_response());
    }
    let has_body = chunked || length.is_some_and(|length| length > 0);
    if !has_body {
        return None;
    }
    match headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default()) {
        None => Some(Fault::new(&codes::E0000018).into_response()),
        Some(given) if medias(operation, |call| &call.bodies).contains(&media_type(given).as_str()) => None,
        Some(_) => Some(Fault::new(&codes::E0000021).into_response()),
    }
}

/// The media types of an operation's bodies or answers; JSON where none is told.
fn medias(operation: &Operation, of: fn(&Call) -> &Vec<Content>) -> Vec<&'static str> {
    let contents = facts().call(operation.id).map(of).into_iter().flatten();
    let mut medias: Vec<_> = contents.filter_map(|content| Some(content.body.as_ref()?.0)).collect();
    if medias.contains(&"text/xml") {
        medias.push("application/xml");
    }
    if medias.is_empty() {
        medias.push("application/json");
    }
    medias
}

/// A media type without its parameters, in lower case.
fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn accepts(headers: &HeaderMap, offered: &[&str]) -> bool {
    let mut given = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .peekable();
    let fits = |wanted: &str| match wanted.strip_suffix("/*") {
        Some("*") => true,
        Some(kind) => offered.iter().any(|media| media.split('/').next() == Some(kind)),
        None => wanted.is_empty() || offered.contains(&wanted),
    };
    given.peek().is_none() || given.any(|entry| fits(&media_type(entry)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request as HttpRequest;

    fn form(method: &str, headers: &[(&str, &str)]) -> Option<StatusCode> {
        let operation = crate::operations::find(&method.parse().unwrap(), "/api/v1/users").unwrap();
        let mut request = HttpRequest::builder().method(method).uri("/api/v1/users");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check_form(operation, &request.body(()).unwrap().into_parts().0).map(|response| response.status())
    }

    #[test]
    fn only_json_is_taken_and_a_type_without_a_body_is_not_judged() {
        assert_eq!(form("GET", &[]), None);
        assert_eq!(form("GET", &[("accept", "text/html, application/json;q=0.9")]), None);
        assert_eq!(form("GET", &[("accept", "text/html")]), Some(StatusCode::BAD_REQUEST));
        assert_eq!(form("POST", &[]), Some(StatusCode::LENGTH_REQUIRED));
        assert_eq!(form("POST", &[("content-length", "0"), ("content-type", "application/octet-stream")]), None);
        assert_eq!(
            form(
                "POST",
                &[("content-length", "2"), ("content-type", "application/json; okta-response=omitCredentials")]
            ),
            None
        );
        assert_eq!(form("POST", &[("content-length", "2")]), Some(StatusCode::BAD_REQUEST));
        assert_eq!(
            form("POST", &[("content-length", "2"), ("content-type", "text/plain")]),
            Some(StatusCode::BAD_REQUEST)
        );
    }
}
