//! Problems: the one place that knows status codes. Answers are `application/problem+json` (RFC 9457) with a stable `type`.
//!
//! The match over `portal::Error` has no `_` arm: a new error does not compile until its answer is decided. What a person may not
//! know of is a 404; what went wrong inside is logged whole, and the reader sees a reference number.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response as Described, ResponseBuilder},
};

use super::wire;

/// What went wrong, in words for a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind of problem: `/problems/<slug>`.
    #[serde(rename = "type")]
    #[schema(value_type = wire::ProblemType)]
    pub kind: String,
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hint: Option<String>,
    /// Number under which the server's log tells the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reference: Option<String>,
    /// A message for each field of the request that does not fit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, String>,
    /// Parameters that need a value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

impl Problem {
    /// `slug` is one of [`KINDS`].
    pub fn new(status: u16, slug: &str, detail: impl std::fmt::Display) -> Problem {
        debug_assert!(KINDS.iter().any(|(known, _)| *known == slug), "`{slug}` is not among the kinds of problems");
        Problem {
            kind: format!("/problems/{slug}"),
            title: title(slug).to_owned(),
            status,
            detail: detail.to_string(),
            hint: None,
            reference: None,
            errors: BTreeMap::new(),
            missing: Vec::new(),
        }
    }

    pub fn not_found() -> Problem {
        Problem::new(404, "not-found", "there is nothing here, or nothing for you")
    }

    /// One field of the request that does not fit.
    pub fn field(field: &str, message: &str) -> Problem {
        let problem = Problem::new(422, "invalid", format!("{field}: {message}"));
        problem.errors(BTreeMap::from([(field.to_owned(), message.to_owned())]))
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    pub fn errors(mut self, errors: BTreeMap<String, String>) -> Problem {
        self.errors = errors;
        self
    }

    pub fn missing(mut self, missing: Vec<String>) -> Problem {
        self.missing = missing;
        self
    }

    /// Something of ours failed. The log has the whole chain of causes under the reference that the reader sees.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
        let reference = noted(error);
        let problem = Problem::new(500, "internal", "something went wrong on our side");
        Problem { reference: Some(reference), ..problem }
            .hint("try again; if it stays, give the reference to your administrator")
    }
}

/// Writes the error with its causes into the log, and gives the reference under which it is found there.
fn noted(error: &(dyn std::error::Error + 'static)) -> String {
    let reference = reference();
    tracing::error!(%reference, error = %crate::doctor::chain(error), "a request failed");
    reference
}

fn reference() -> String {
    use world::Random;
    let random: &dyn Random = &world::OsRandom;
    random.text(b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 8)
}

/// Every kind of problem: the last part of its `type`, and its title. A kind never changes its name.
pub const KINDS: &[(&str, &str)] = &[
    ("not-signed-in", "Sign in to go on"),
    ("permission-needed", "You may not do this"),
    ("csrf", "This request did not come from a page of ours"),
    ("not-found", "Not found"),
    ("view-changed", "Somebody published this View meanwhile"),
    ("conflict", "This does not fit what is already there"),
    ("invalid", "Something in this needs to be put right"),
    ("parameters-missing", "The report needs values"),
    ("rights-too-old", "Your rights could not be confirmed"),
    ("no-role", "You have no role in WebReports yet"),
    ("lapsed", "This assignment has lapsed"),
    ("checks-not-passed", "Not every check has passed"),
    ("wrong-credentials", "User name or password is wrong"),
    ("sign-in-failed", "Sign-in did not work"),
    ("okta-off", "Sign-in with Okta is switched off"),
    ("account-inactive", "The Okta org does not let this account in"),
    ("groups-unread", "Your groups could not be read"),
    ("org-unreachable", "The Okta org could not be reached"),
    ("org-broke-off", "The Okta org broke off in the middle of its answer"),
    ("org-slow", "The Okta org did not answer in time"),
    ("org-busy", "The Okta org takes no more calls at this moment"),
    ("org-failed", "The Okta org did not answer as it should"),
    ("org-unexpected", "The Okta org did not answer as it should"),
    ("issuer-mismatch", "The org is another one than the configured one"),
    ("token-refused", "The Okta org refuses the API token of WebReports"),
    ("client-refused", "The Okta org refuses the client id or secret of WebReports"),
    ("sign-in-expired", "This sign-in is no longer good"),
    ("access-denied", "The Okta org ended the sign-in"),
    ("clock-off", "The clocks of this server and of the org differ"),
    ("token-invalid", "The org's answer could not be believed"),
    ("too-many", "Too many at once"),
    ("wait", "Wait a moment"),
    ("misdirected", "Unknown address"),
    ("too-large", "This is too large"),
    ("timeout", "This took too long"),
    ("stopping", "The server is stopping"),
    ("source-failed", "The report's database said no"),
    ("gone", "The data of this result is no longer there"),
    ("method", "This address does not take that method"),
    ("interrupted", "The run was interrupted"),
    ("rights-ended", "The rights of the person who began it ended"),
    ("internal", "Something went wrong"),
];

fn title(slug: &str) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == slug).map_or("Something went wrong", |(_, title)| title)
}

/// The problems that any call may answer with, for the description of the API.
pub struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let answer = |words: &str| {
            let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            ResponseBuilder::new().description(words).content("application/problem+json", problem).build().into()
        };
        BTreeMap::from([
            ("4XX".to_owned(), answer("The request cannot be answered as it is.")),
            ("5XX".to_owned(), answer("The portal or the org behind it failed.")),
        ])
    }
}

impl From<portal::Error> for Problem {
    fn from(error: portal::Error) -> Problem {
        use portal::Error;
        match &error {
            Error::NotFound => Problem::not_found(),
            Error::PermissionNeeded(_) => {
                Problem::new(403, "permission-needed", &error).hint("ask an administrator for a role that has it")
            }
            Error::Lapsed { .. } => Problem::new(403, "lapsed", &error),
            Error::ParametersMissing { names, .. } => Problem::new(422, "parameters-missing", &error)
                .missing(names.clone())
                .hint("ask the reader for these values and run it again"),
            Error::Invalid(errors) => Problem::new(422, "invalid", &error).errors(errors.clone()),
            Error::Conflict(_) => Problem::new(409, "conflict", &error),
            Error::ViewChanged { .. } => Problem::new(409, "view-changed", &error)
                .hint("look at what was published, or publish yours as the version after it"),
            Error::TooMany(_) => Problem::new(429, "too-many", &error).hint("try again in a moment"),
            Error::NotSignedIn => Problem::new(401, "not-signed-in", &error),
            Error::RightsTooOld { .. } => Problem::new(503, "rights-too-old", &error).hint(
                "this ends by itself once the org answers again; an administrator sees why on Management > Sign-in",
            ),
            Error::NoRole { .. } => Problem::new(403, "no-role", &error),
            Error::WrongCredentials => Problem::new(401, "wrong-credentials", &error),
            Error::Wait { .. } => Problem::new(429, "wait", &error),
            Error::SignInFailed(_) => Problem::new(400, "sign-in-failed", &error).hint("sign in again"),
            Error::OktaOff => Problem::new(409, "okta-off", &error),
            Error::AccountNotActive(_) => {
                Problem::new(403, "account-inactive", &error).hint("ask your Okta administrator")
            }
            Error::GroupsUnread => Problem::new(503, "groups-unread", &error),
            Error::Stopping => Problem::new(503, "stopping", &error),
            Error::Org(cause) => {
                let (status, slug) = org_problem(cause);
                Problem { reference: Some(noted(&error)), ..Problem::new(status, slug, &error) }.hint(cause.fix())
            }
            Error::ChecksNotPassed(_) => {
                Problem::new(409, "checks-not-passed", &error).hint("run them again and do what each says")
            }
            Error::NoData(_) => Problem::new(410, "gone", &error).hint("run the report again"),
            Error::Source(cause) => {
                if cause.ours() {
                    return Problem::internal(&error);
                }
                let problem = Problem::new(422, "source-failed", cause);
                match cause.fix() {
                    Some(fix) => problem.hint(fix),
                    None => problem,
                }
            }
            Error::Net(_)
            | Error::Results(_)
            | Error::Export(_)
            | Error::Store(_)
            | Error::Vault(_)
            | Error::Files(_) => Problem::internal(&error),
        }
    }
}

/// What the org did, by the names that the sign-in page has words for.
fn org_problem(cause: &portal::OrgError) -> (u16, &'static str) {
    use portal::OrgError;
    match cause {
        OrgError::Unreachable(_) | OrgError::Tls(_) | OrgError::NotSent(_) => (502, "org-unreachable"),
        OrgError::BrokeOff(_) => (502, "org-broke-off"),
        OrgError::Slow(_) => (504, "org-slow"),
        OrgError::RateLimited { .. } | OrgError::ShareUsed { .. } => (503, "org-busy"),
        OrgError::ServerFailed { .. } => (502, "org-failed"),
        OrgError::TooLarge(_)
        | OrgError::NotJson { .. }
        | OrgError::Malformed { .. }
        | OrgError::ForeignLink { .. }
        | OrgError::TooManyPages { .. }
        | OrgError::NotOffered(_)
        | OrgError::NotFound { .. }
        | OrgError::Refused { .. } => (502, "org-unexpected"),
        OrgError::IssuerMismatch { .. } | OrgError::ForeignEndpoint { .. } | OrgError::ResponseIssuer => {
            (502, "issuer-mismatch")
        }
        OrgError::TokenRefused | OrgError::RightMissing { .. } => (502, "token-refused"),
        OrgError::ClientRefused => (502, "client-refused"),
        OrgError::CodeRefused(_) => (400, "sign-in-expired"),
        OrgError::OrgSaid { .. } => (403, "access-denied"),
        OrgError::ClockOff { .. } => (502, "clock-off"),
        OrgError::IdToken(_) => (502, "token-invalid"),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self)).into_response()
    }
}

/// A JSON body whose faults are answered as a problem.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Body(body)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(415, "invalid", "the body is not JSON")
                .hint("send it with Content-Type: application/json")),
            Err(JsonRejection::BytesRejection(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::new(413, "too-large", "the body is larger than this call takes"))
            }
            Err(rejection) => Err(Problem::new(422, "invalid", without_value(&rejection.body_text()))),
        }
    }
}

/// What does not fit, without the value that was sent: it may be a secret in the wrong place.
fn without_value(text: &str) -> String {
    for (before, after) in [("string \"", "\", expected"), ("unknown variant `", "`, expected")] {
        if let (Some(begin), Some(end)) = (text.find(before), text.rfind(after))
            && begin + before.len() <= end
        {
            let kept = before.trim_end_matches([' ', '"', '`']);
            return format!("{}{kept}{}", &text[..begin], &text[end + 1..]);
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_does_not_fit_is_not_repeated() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Kind {
            Sqlite,
        }
        #[derive(Debug, serde::Deserialize)]
        struct Wanted {
            #[expect(dead_code, reason = "it is only read")]
            port: Option<u16>,
            #[expect(dead_code, reason = "it is only read")]
            kind: Option<Kind>,
        }
        for (body, said) in [
            (r#"{"port":"hunter2\", expected \"x"}"#, "invalid type: string, expected u16 at line 1 column 33"),
            (r#"{"kind":"hunter2"}"#, "unknown variant, expected `sqlite` at line 1 column 17"),
            (r#"{"port":true}"#, "invalid type: boolean `true`, expected u16 at line 1 column 12"),
        ] {
            let error = serde_json::from_str::<Wanted>(body).unwrap_err().to_string();
            assert_eq!(without_value(&error), said);
        }
    }
}
