//! Scopes: which are known, and what a request for some of them leads to.

use super::{
    custom_scope::{Consent, CustomScope},
    fault::{OAuthFault, OAuthResult},
    server::Server,
};
use crate::{model::app::OAuthClient, operations};

/// Longer scope parameters are refused.
const LEN_MAX: usize = 4_096;
/// How the names of the management API's scopes begin.
const MANAGEMENT: &str = "okta.";
/// What OpenID Connect defines; every server has them.
pub const OPEN_ID: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// What a server knows of scopes, for one client.
pub struct Known<'a> {
    pub server: &'a Server,
    pub custom: &'a [CustomScope],
    /// The scopes of the management API that were granted to the client.
    pub granted: &'a [String],
}

/// The scopes of a request on behalf of a person, each once, in the order in which they were asked for. Of the management API's, those
/// that the client was not granted are left out.
pub fn asked(known: &Known<'_>, client: &OAuthClient, text: Option<&str>) -> OAuthResult<Vec<String>> {
    let scopes = words(text)?;
    if scopes.is_empty() {
        return Err(OAuthFault::invalid_scope("No scopes were requested."));
    }
    known.check(&scopes)?;
    let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
    let without_person = |scope: &String| {
        known.custom.iter().any(|custom| custom.name == *scope)
            || scope.starts_with(MANAGEMENT)
            || scope == "offline_access"
    };
    if !has("openid") && !scopes.iter().all(without_person) {
        return Err(OAuthFault::invalid_scope(
            "Requests for ID tokens or access tokens with OpenID scopes require the 'openid' scope.",
        ));
    }
    if has("offline_access") && !client.grant_types.iter().any(|grant| grant == "refresh_token") {
        return Err(OAuthFault::invalid_scope(
            "The following scopes are not allowed for this request: [offline_access].",
        ));
    }
    known.granted_of(scopes)
}

/// The scopes of a refresh: those that were granted, or fewer.
pub fn narrowed(granted: &[String], text: Option<&str>) -> OAuthResult<Vec<String>> {
    let scopes = words(text)?;
    if scopes.is_empty() {
        return Ok(granted.to_vec());
    }
    let denied: Vec<&str> = scopes.iter().filter(|scope| !granted.contains(scope)).map(String::as_str).collect();
    if denied.is_empty() {
        return Ok(scopes);
    }
    let denied = denied.join(", ");
    Err(OAuthFault::access_denied(format!(
        "Some of the scopes requested for the refresh request were not granted in the original authorize request. Denied scopes: {denied}."
    )))
}

/// The scopes that a client asks for itself; a custom server's defaults when it names none.
pub fn of_client(known: &Known<'_>, text: Option<&str>) -> OAuthResult<Vec<String>> {
    let scopes = words(text)?;
    if scopes.is_empty() {
        let defaults: Vec<String> =
            known.custom.iter().filter(|scope| scope.is_default).map(|scope| scope.name.clone()).collect();
        if defaults.is_empty() {
            return Err(OAuthFault::invalid_scope(
                "The authorization server resource does not have any configured default scopes, 'scope' must be provided.",
            ));
        }
        return Ok(defaults);
    }
    if scopes.iter().any(|scope| OPEN_ID.contains(&scope.as_str())) {
        return Err(OAuthFault::invalid_scope("Cannot request 'openid' scopes using client credentials."));
    }
    known.check(&scopes)?;
    if known.server.is_org() {
        if scopes.iter().any(|scope| scope.ends_with(".self")) {
            let text = "The 'client_credentials' grant type may not request .self scopes.";
            return Err(OAuthFault::new(400, "client_credentials_self_scope_requested", text));
        }
        if !scopes.iter().all(|scope| scope.starts_with(MANAGEMENT)) {
            return Err(no_such_scope());
        }
    }
    let of_people =
        known.custom.iter().filter(|scope| scope.consent == Consent::Required && scopes.contains(&scope.name));
    let of_people: Vec<&str> = of_people.map(|scope| scope.name.as_str()).collect();
    if !of_people.is_empty() {
        let text = format!(
            "The following scopes require user consent and cannot be granted for the client credentials grant type: [{}].",
            of_people.join(", ")
        );
        return Err(OAuthFault::new(400, "consent_required", text));
    }
    known.granted_of(scopes)
}

impl Known<'_> {
    fn check(&self, scopes: &[String]) -> OAuthResult<()> {
        let is_known = |scope: &String| {
            OPEN_ID.contains(&scope.as_str())
                || (self.server.is_org() && (scope == "groups" || operations::is_scope(scope)))
                || self.custom.iter().any(|known| known.name == *scope)
        };
        if scopes.iter().all(is_known) { Ok(()) } else { Err(no_such_scope()) }
    }

    /// Scopes of the management API are granted to an app first. Whoever asks for some and has none gets nothing.
    fn granted_of(&self, mut scopes: Vec<String>) -> OAuthResult<Vec<String>> {
        let is_management = |scope: &String| self.server.is_org() && scope.starts_with(MANAGEMENT);
        let asked = scopes.iter().any(is_management);
        scopes.retain(|scope| !is_management(scope) || self.granted.contains(scope));
        if asked && !scopes.iter().any(is_management) {
            return Err(OAuthFault::new(400, "consent_required", "You are not allowed any of the requested scopes."));
        }
        Ok(scopes)
    }
}

fn no_such_scope() -> OAuthFault {
    OAuthFault::invalid_scope("One or more scopes are not configured for the authorization server resource.")
}

fn words(text: Option<&str>) -> OAuthResult<Vec<String>> {
    let text = text.unwrap_or_default();
    let allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if text.len() > LEN_MAX || !text.bytes().all(allowed) {
        return Err(OAuthFault::invalid_scope(
            "The requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource owner.",
        ));
    }
    let mut scopes: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !scopes.iter().any(|scope| scope == word) {
            scopes.push(word.to_owned());
        }
    }
    Ok(scopes)
}
