//! An authorize request, read and checked.
//!
//! Invariant: before a redirect URI is known to be the client's, nothing is redirected. It is compared byte for byte.

use super::{
    client::{self, Client},
    custom_scope::CustomScope,
    fault::{OAuthFault, OAuthResult},
    parameters::Parameters,
    pkce, reauthentication, scope,
    server::Server,
};
use crate::Result;

/// How the answer is brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

/// Where an answer goes, once client and redirect URI are known.
#[derive(Clone, Debug)]
pub struct Destination {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    pub state: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
}

/// What is asked for, all of it valid.
#[derive(Clone, Debug)]
pub struct Asked {
    pub scopes: Vec<String>,
    pub nonce: Option<String>,
    pub challenge: Option<String>,
    pub prompt: Prompt,
    pub max_age_s: Option<i64>,
}

const STATE_MAX: usize = 2_048;
const NONCE_MAX: usize = 1_024;

/// Finds out who asks and where the answer goes. The error is for a page of ours: it is never redirected.
pub async fn destination(conn: &mut db::Conn, parameters: &Parameters) -> Result<OAuthResult<(Client, Destination)>> {
    let repeated = parameters.repeated();
    let unclear = repeated.iter().any(|name| matches!(*name, "client_id" | "redirect_uri"));
    let client = match parameters.get("client_id").filter(|_| !unclear) {
        Some(client_id) => client::find(conn, client_id).await?,
        None => None,
    };
    let Some(client) = client else {
        return Ok(Err(OAuthFault::new(400, "invalid_client", "Invalid value for 'client_id' parameter.")));
    };
    let redirect_uri =
        parameters.get("redirect_uri").filter(|given| client.oauth.redirect_uris.iter().any(|known| known == given));
    let Some(redirect_uri) = redirect_uri else {
        let text = "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.";
        return Ok(Err(OAuthFault::invalid_request(text)));
    };
    let once = |name: &str| parameters.get(name).filter(|_| !repeated.contains(&name));
    let mode = match once("response_mode") {
        Some("fragment") => ResponseMode::Fragment,
        Some("form_post") => ResponseMode::FormPost,
        _ => ResponseMode::Query,
    };
    let state = once("state").map(str::to_owned);
    Ok(Ok((client, Destination { redirect_uri: redirect_uri.to_owned(), mode, state })))
}

/// Checks everything else. The error goes to the destination.
pub fn check(server: &Server, custom: &[CustomScope], client: &Client, parameters: &Parameters) -> OAuthResult<Asked> {
    let repeated = parameters.repeated();
    if !repeated.is_empty() {
        return Err(OAuthFault::invalid_request(format!(
            "Duplicate parameter provided in request. Duplicated parameters: [{}].",
            repeated.join(", ")
        )));
    }
    if parameters.has("request") {
        return Err(OAuthFault::new(
            400,
            "request_not_supported",
            "The authorize request object is not supported by this client.",
        ));
    }
    if parameters.has("request_uri") {
        return Err(OAuthFault::new(
            400,
            "request_uri_not_supported",
            "The authorize request uri is not supported by this client.",
        ));
    }
    check_state(parameters.get("state"))?;
    check_response(client, parameters)?;
    let refused = |text: &str| Err(OAuthFault::invalid_request(text));
    let nonce = parameters.get("nonce").map(str::to_owned);
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > NONCE_MAX) {
        return refused("Invalid request");
    }
    let max_age_s = match parameters.get("max_age") {
        None => None,
        Some(text) => match text.parse::<i32>() {
            Ok(age) if age >= 0 => Some(i64::from(age)),
            _ => return refused("Invalid value for 'max_age' parameter. It should be within range 0 - 2^31-1."),
        },
    };
    let prompt = prompt(parameters.get("prompt"))?;
    if prompt.none && max_age_s == Some(0) {
        return refused("'prompt' parameter must not have the value 'none' for request with 'zero' as max_age.");
    }
    let scopes = scope::asked(server, custom, &client.oauth, parameters.get("scope"))?;
    let required = client.oauth.pkce_required || client.is_public();
    let challenge =
        pkce::challenge(parameters.get("code_challenge"), parameters.get("code_challenge_method"), required)?;
    Ok(Asked { scopes, nonce, challenge, prompt, max_age_s })
}

fn check_state(state: Option<&str>) -> OAuthResult<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b',' | b'.' | b'_' | b'-');
    match state {
        Some(state) if state.len() <= STATE_MAX && state.bytes().all(allowed) => Ok(()),
        _ => Err(OAuthFault::invalid_request("The authentication request has an invalid 'state' parameter.")),
    }
}

fn check_response(client: &Client, parameters: &Parameters) -> OAuthResult<()> {
    if parameters.get("response_type") != Some("code") {
        let text = "The response type is not supported by the authorization server. Configured response types: [code].";
        return Err(OAuthFault::new(400, "unsupported_response_type", text));
    }
    let allowed = client.allows("authorization_code") && client.oauth.response_types.iter().any(|kind| kind == "code");
    if !allowed {
        let types = client.oauth.grant_types.join(", ");
        let text =
            format!("The client is not authorized to use the provided grant type. Configured grant types: [{types}].");
        return Err(OAuthFault::new(400, "unauthorized_client", text));
    }
    match parameters.get("response_mode") {
        None | Some("query" | "fragment" | "form_post") => Ok(()),
        Some("okta_post_message") => {
            let text = "'okta_post_message' response mode cannot be used with the 'code' response type.";
            Err(OAuthFault::new(400, "unsupported_response_mode", text))
        }
        Some(_) => {
            let text = "The response mode is not supported by the authorization server. Valid response modes: [query, fragment, form_post, okta_post_message].";
            Err(OAuthFault::new(400, "unsupported_response_mode", text))
        }
    }
}

fn prompt(text: Option<&str>) -> OAuthResult<Prompt> {
    let mut prompt = Prompt::default();
    let mut consent = false;
    for word in text.unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            // Whatever an app's consent method is: Okta asks nobody about scopes whose own consent is IMPLICIT, as all of ours are.
            "consent" => consent = true,
            _ => return Err(invalid_prompt()),
        }
    }
    if prompt.none && (prompt.login || consent) { Err(invalid_prompt()) } else { Ok(prompt) }
}

fn invalid_prompt() -> OAuthFault {
    OAuthFault::invalid_request(
        "Invalid value for 'prompt' parameter. Supported values: [none, login, consent, login consent]",
    )
}

/// Whether the person must give the password again although there is a session from `password_at`.
pub fn needs_password(org: &crate::Org, asked: &Asked, parameters: &Parameters, password_at: world::Instant) -> bool {
    if reauthentication::asked_at(org, parameters).is_some_and(|at| password_at >= at) {
        return false;
    }
    let too_old = asked
        .max_age_s
        .is_some_and(|max_age| org.now().since(password_at).as_secs() > max_age.unsigned_abs() || max_age == 0);
    asked.prompt.login || too_old
}

/// The origin of a redirect URI, in the form in which a Content-Security-Policy names it.
pub fn origin_of(redirect_uri: &str) -> Option<String> {
    let url = url::Url::parse(redirect_uri).ok()?;
    if matches!(url.scheme(), "http" | "https") {
        return Some(url.origin().ascii_serialization());
    }
    let plain = url.scheme().bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    plain.then(|| format!("{}:", url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_has_okta_s_characters() {
        assert!(check_state(Some("abcXYZ019,._-")).is_ok());
        for wrong in [None, Some("a b"), Some("a<b"), Some("https://x")] {
            assert!(check_state(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn prompts_exclude_one_another() {
        assert_eq!(prompt(Some("login consent")).unwrap(), Prompt { none: false, login: true });
        assert_eq!(prompt(None).unwrap(), Prompt::default());
        assert!(prompt(Some("none login")).is_err() && prompt(Some("select_account")).is_err());
    }

    #[test]
    fn an_origin_is_no_path() {
        assert_eq!(origin_of("http://127.0.0.1:8080/OIDCCallback?x").as_deref(), Some("http://127.0.0.1:8080"));
        assert_eq!(origin_of("com.example.app:/callback").as_deref(), Some("com.example.app:"));
        assert_eq!(origin_of("nothing"), None);
    }
}
