//! Errors of the OAuth endpoints: `{error, error_description}`, with the words that go over Okta's wire.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::error::{Answer, Fault};

/// An answer that is an error, or the error part of a redirect.
#[derive(Clone, Debug)]
pub struct OAuthFault {
    pub status: StatusCode,
    pub error: &'static str,
    pub description: String,
    /// `WWW-Authenticate`, where the scheme asks for it.
    challenge: Option<String>,
    /// What failed inside: it is answered as any internal error is.
    internal: Option<Box<Fault>>,
}

pub type OAuthResult<T> = Result<T, OAuthFault>;

impl OAuthFault {
    pub fn new(status: u16, error: &'static str, description: impl Into<String>) -> OAuthFault {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        OAuthFault { status, error, description: description.into(), challenge: None, internal: None }
    }

    pub fn invalid_request(description: impl Into<String>) -> OAuthFault {
        OAuthFault::new(400, "invalid_request", description)
    }

    pub fn missing(parameter: &str) -> OAuthFault {
        OAuthFault::invalid_request(format!("The required parameter '{parameter}' is missing."))
    }

    /// For a request in which a parameter came twice.
    pub fn duplicate(names: &[&str]) -> OAuthFault {
        let names = names.join(", ");
        OAuthFault::invalid_request(format!(
            "Duplicate parameter provided in request. Duplicated parameters: [{names}]."
        ))
    }

    pub fn invalid_client(description: impl Into<String>) -> OAuthFault {
        OAuthFault::new(401, "invalid_client", description)
    }

    pub fn invalid_grant(description: impl Into<String>) -> OAuthFault {
        OAuthFault::new(400, "invalid_grant", description)
    }

    pub fn invalid_scope(description: impl Into<String>) -> OAuthFault {
        OAuthFault::new(400, "invalid_scope", description)
    }

    /// For a client that is not registered for what it asks.
    pub fn unauthorized_grant(registered: &[String]) -> OAuthFault {
        let registered = registered.join(", ");
        let text = format!(
            "The client is not authorized to use the provided grant type. Configured grant types: [{registered}]."
        );
        OAuthFault::new(400, "unauthorized_client", text)
    }

    /// No rule of a policy allows it.
    pub fn policy_denied() -> OAuthFault {
        let text = "Policy evaluation failed for this request, please check the policy configurations.";
        OAuthFault::new(401, "access_denied", text)
    }

    pub fn access_denied(description: impl Into<String>) -> OAuthFault {
        OAuthFault::new(400, "access_denied", description)
    }

    /// For what a bearer token opens: the challenge of RFC 6750.
    pub fn bearer(status: u16, error: &'static str, description: &'static str) -> OAuthFault {
        let challenge = format!("Bearer error=\"{error}\", error_description=\"{description}\"");
        OAuthFault { challenge: Some(challenge), ..OAuthFault::new(status, error, description) }
    }

    /// Error and description, for somebody who is only told of them; what failed inside stays a failure.
    pub fn told(self) -> Answer<(&'static str, String)> {
        match self.internal {
            Some(fault) => Err(*fault),
            None => Ok((self.error, self.description)),
        }
    }

    pub fn challenged(mut self, challenge: &str) -> OAuthFault {
        self.challenge = Some(challenge.to_owned());
        self
    }
}

impl IntoResponse for OAuthFault {
    fn into_response(self) -> Response {
        if let Some(fault) = self.internal {
            return fault.into_response();
        }
        let mut response =
            (self.status, Json(json!({ "error": self.error, "error_description": self.description }))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store"));
        if let Some(challenge) = self.challenge.and_then(|challenge| HeaderValue::from_str(&challenge).ok()) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<Fault> for OAuthFault {
    fn from(fault: Fault) -> OAuthFault {
        let description = "The authorization server encountered an unexpected condition that prevented it from fulfilling the request.";
        OAuthFault { internal: Some(Box::new(fault)), ..OAuthFault::new(500, "server_error", description) }
    }
}

impl From<crate::Error> for OAuthFault {
    fn from(error: crate::Error) -> OAuthFault {
        Fault::from(error).into()
    }
}

impl From<db::Error> for OAuthFault {
    fn from(error: db::Error) -> OAuthFault {
        Fault::from(error).into()
    }
}
