//! What goes wrong: [`Error`] while starting or in the model, [`Fault`] as the answer to a request.
//!
//! Invariant: a fault carries a code of the table in `codes`, whose text and status are Okta's. The cause of an internal error goes
//! to the log with the fault's `errorId`; the caller sees the id alone.

pub mod codes;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use codes::Code;
use serde_json::{Value, json};
use world::Random;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the org's database failed")]
    Database(#[from] db::Error),
    #[error("the org's vault failed")]
    Vault(#[from] vault::Error),
    #[error("the client for outbound calls could not be made")]
    Outbound(#[from] net::Error),
    #[error("setting `{name}` is wrong: {reason}")]
    Setting { name: &'static str, reason: String },
    #[error("the org cannot listen on {address}")]
    Listen { address: std::net::SocketAddr, source: std::io::Error },
    #[error("the org's data folder {place} cannot be used")]
    Folder { place: String, source: std::io::Error },
    #[error("the org's certificate could not be made or read: {reason}")]
    Certificate { reason: String },
    #[error("a stored {what} cannot be read: {reason}")]
    Stored { what: &'static str, reason: String },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) const TAKEN: &str = "An object with this field already exists in the current organization";

/// An answer that is an error, in Okta's form.
#[derive(Clone, Debug)]
pub struct Fault {
    pub code: &'static Code,
    /// Fills the `{0}` of the summary.
    pub argument: String,
    pub causes: Vec<String>,
    /// What happened inside, for the log alone.
    pub internal: Option<String>,
    /// `WWW-Authenticate`, where the scheme asks for it.
    pub challenge: Option<&'static str>,
}

pub type Answer<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    pub fn new(code: &'static Code) -> Fault {
        Fault { code, argument: String::new(), causes: Vec::new(), internal: None, challenge: None }
    }

    /// E0000001: `field` is what the summary names, the causes say why, each as `field: reason`.
    pub fn invalid(field: &str, causes: impl IntoIterator<Item = String>) -> Fault {
        Fault { argument: field.to_owned(), causes: causes.into_iter().collect(), ..Fault::new(&codes::E0000001) }
    }

    /// E0000001 with one cause, about one field.
    pub fn field(field: &str, reason: &str) -> Fault {
        Fault::invalid(field, [format!("{field}: {reason}")])
    }

    /// What an error of the model means when it may be that another object has this field's value: two calls at once can both find
    /// it free, and then the database decides.
    pub fn taken(field: &str) -> impl Fn(Error) -> Fault {
        move |error| match error {
            Error::Database(db::Error::Conflict { .. }) => Fault::field(field, TAKEN),
            other => other.into(),
        }
    }

    /// E0000007; `kind` is Okta's internal word, such as `User` or `UserGroup`.
    pub fn not_found(id: &str, kind: &str) -> Fault {
        Fault { argument: format!("Resource not found: {id} ({kind})"), ..Fault::new(&codes::E0000007) }
    }

    pub fn forbidden() -> Fault {
        Fault::new(&codes::E0000006)
    }

    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Fault {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        Fault { internal: Some(text), ..Fault::new(&codes::E0000009) }
    }

    pub fn with_cause(mut self, cause: impl Into<String>) -> Fault {
        self.causes.push(cause.into());
        self
    }

    pub fn challenged(mut self, challenge: &'static str) -> Fault {
        self.challenge = Some(challenge);
        self
    }

    pub fn with_argument(mut self, argument: impl Into<String>) -> Fault {
        self.argument = argument.into();
        self
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn summary(&self) -> String {
        self.code.summary.replace("{0}", &self.argument)
    }

    /// The error object.
    pub fn body(&self, error_id: &str) -> Value {
        let causes: Vec<Value> = self.causes.iter().map(|cause| json!({ "errorSummary": cause })).collect();
        json!({
            "errorCode": self.code.code,
            "errorSummary": self.summary(),
            "errorLink": self.code.code,
            "errorId": error_id,
            "errorCauses": causes,
        })
    }
}

/// A new `errorId`.
pub fn error_id(random: &dyn Random) -> String {
    format!("oae{}", random.base64url(22))
}

/// The body is written by the outermost layer (`api::finish`), which gives it its id and logs it: handlers have no randomness.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        match &error {
            Error::Vault(vault::Error::PasswordsBusy) => Fault::new(&codes::E0000047),
            _ => Fault::internal(&error),
        }
    }
}

impl From<db::Error> for Fault {
    fn from(error: db::Error) -> Fault {
        Error::from(error).into()
    }
}

impl From<vault::Error> for Fault {
    fn from(error: vault::Error) -> Fault {
        Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use world::SeededRandom;

    #[test]
    fn a_fault_has_the_form_of_oktas_error_object() {
        let fault = Fault::not_found("abc", "User");
        let id = error_id(&SeededRandom::new(1));
        let expected = json!({
            "errorCode": "E0000007", "errorSummary": "Not found: Resource not found: abc (User)", "errorLink": "E0000007",
            "errorId": id, "errorCauses": [],
        });
        assert_eq!(fault.body(&id), expected);
        assert_eq!(id.len(), 25);
        assert_eq!(fault.into_response().status(), 404);
    }

    #[test]
    fn an_internal_error_keeps_its_cause_out_of_the_answer() {
        let fault = Fault::from(Error::Stored { what: "user", reason: "secret detail".to_owned() });
        assert!(!fault.body("oae").to_string().contains("secret detail"));
        assert!(fault.internal.unwrap().contains("secret detail"));
    }
}
