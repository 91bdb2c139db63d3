//! Scopes: which are known, and what a request for some of them leads to.

use super::{
    custom_scope::CustomScope,
    fault::{OAuthFault, OAuthResult},
    server::Server,
};
use crate::model::app::OAuthClient;

/// Longer scope parameters are refused.
const LEN_MAX: usize = 4_096;
/// What OpenID Connect defines; every server has them.
pub const OPEN_ID: [&str; 6] = ["openid", "profile", "email", "address", "phone", "offline_access"];

/// The scopes of an authorize request, each once, in the order in which they were asked for.
pub fn asked(
    server: &Server,
    custom: &[CustomScope],
    client: &OAuthClient,
    text: Option<&str>,
) -> OAuthResult<Vec<String>> {
    let scopes = words(text)?;
    if scopes.is_empty() {
        return Err(OAuthFault::invalid_scope("No scopes were requested."));
    }
    known(server, custom, &scopes)?;
    let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
    let of_custom = |scope: &String| custom.iter().any(|known| known.name == *scope);
    if !has("openid") && !scopes.iter().all(|scope| of_custom(scope) || scope == "offline_access") {
        return Err(OAuthFault::invalid_scope(
            "Requests for ID tokens or access tokens with OpenID scopes require the 'openid' scope.",
        ));
    }
    if has("offline_access") && !client.grant_types.iter().any(|grant| grant == "refresh_token") {
        return Err(OAuthFault::invalid_scope(
            "The following scopes are not allowed for this request: [offline_access].",
        ));
    }
    Ok(scopes)
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

/// The scopes that a client asks for itself; the server's defaults when it names none.
pub fn of_client(server: &Server, custom: &[CustomScope], text: Option<&str>) -> OAuthResult<Vec<String>> {
    let scopes = words(text)?;
    if scopes.is_empty() {
        let defaults: Vec<String> =
            custom.iter().filter(|scope| scope.is_default).map(|scope| scope.name.clone()).collect();
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
    known(server, custom, &scopes)?;
    Ok(scopes)
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

/// Scopes of the management API are granted to an app first; no app has any as long as no call grants them.
fn known(server: &Server, custom: &[CustomScope], scopes: &[String]) -> OAuthResult<()> {
    if server.is_org() && scopes.iter().any(|scope| scope.starts_with("okta.")) {
        return Err(OAuthFault::new(400, "consent_required", "You are not allowed any of the requested scopes."));
    }
    let is_known = |scope: &String| {
        OPEN_ID.contains(&scope.as_str())
            || (server.is_org() && scope == "groups")
            || custom.iter().any(|known| known.name == *scope)
    };
    if scopes.iter().all(is_known) {
        return Ok(());
    }
    Err(OAuthFault::invalid_scope("One or more scopes are not configured for the authorization server resource."))
}
