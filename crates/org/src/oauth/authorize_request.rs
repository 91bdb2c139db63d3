//! An authorize request, read and checked.
//!
//! Invariant: before a redirect URI is known to be the client's, nothing is redirected. It is compared byte for byte.

use super::{
    client::{self, Client},
    fault::{OAuthFault, OAuthResult},
    mark::{ANYBODY, Mark},
    parameters::Parameters,
    pkce, scope,
};
use crate::Result;

/// How the answer is brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    Query,
    Fragment,
    FormPost,
    /// A page that tells the window that opened it, or the page around it.
    PostMessage,
}

/// What an answer carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResponseTypes {
    pub code: bool,
    pub token: bool,
    pub id_token: bool,
}

impl ResponseTypes {
    /// Reads `response_type`; `None`: it names something else, or nothing.
    fn read(text: Option<&str>) -> Option<ResponseTypes> {
        let mut types = ResponseTypes::default();
        for word in text?.split(' ') {
            let slot = match word {
                "code" => &mut types.code,
                "token" => &mut types.token,
                "id_token" => &mut types.id_token,
                _ => return None,
            };
            if std::mem::replace(slot, true) {
                return None;
            }
        }
        Some(types)
    }

    /// Whether something comes back that must not stand in a query.
    pub fn has_token(self) -> bool {
        self.token || self.id_token
    }

    /// The grants that it is made of.
    pub fn grant_types(self) -> Vec<&'static str> {
        let both = [(self.code, "authorization_code"), (self.has_token(), "implicit")];
        both.into_iter().filter(|(asked, _)| *asked).map(|(_, grant)| grant).collect()
    }
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
    pub consent: bool,
}

/// What is asked for, all of it valid.
#[derive(Clone, Debug)]
pub struct Asked {
    pub response: ResponseTypes,
    pub scopes: Vec<String>,
    pub nonce: Option<String>,
    pub challenge: Option<String>,
    pub prompt: Prompt,
    pub max_age_s: Option<i64>,
    /// The assurance levels of which one must be met.
    pub acr_values: Vec<String>,
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
    let has_token = ResponseTypes::read(once("response_type")).is_some_and(ResponseTypes::has_token);
    let mode = match once("response_mode") {
        Some("form_post") => ResponseMode::FormPost,
        Some("okta_post_message") => ResponseMode::PostMessage,
        Some("fragment") => ResponseMode::Fragment,
        // What is refused is refused in the fragment too: an error tells whoever reads logs nothing, a token would.
        _ if has_token => ResponseMode::Fragment,
        _ => ResponseMode::Query,
    };
    let state = once("state").map(str::to_owned);
    Ok(Ok((client, Destination { redirect_uri: redirect_uri.to_owned(), mode, state })))
}

/// Checks everything else. The error goes to the destination.
pub fn check(known: &scope::Known<'_>, client: &Client, parameters: &Parameters) -> OAuthResult<Asked> {
    let repeated = parameters.repeated();
    if !repeated.is_empty() {
        return Err(OAuthFault::duplicate(&repeated));
    }
    check_state(parameters.get("state"))?;
    let response = response(client, parameters)?;
    let refused = |text: &str| Err(OAuthFault::invalid_request(text));
    let nonce = parameters.get("nonce").map(str::to_owned);
    if nonce.as_ref().is_some_and(|nonce| nonce.len() > NONCE_MAX) {
        return refused("Invalid request");
    }
    if response.has_token() && nonce.is_none() {
        // The two full stops are Okta's.
        return refused(
            "The 'nonce' parameter is required for authorize requests with either the 'id_token' or 'token' response types..",
        );
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
    let scopes = scope::asked(known, &client.oauth, parameters.get("scope"))?;
    if response.id_token && !scopes.iter().any(|scope| scope == "openid") {
        return Err(OAuthFault::invalid_scope(
            "Requests for ID tokens or access tokens with OpenID scopes require the 'openid' scope.",
        ));
    }
    let required = response.code && (client.oauth.pkce_required || client.is_public());
    let challenge =
        pkce::challenge(parameters.get("code_challenge"), parameters.get("code_challenge_method"), required)?;
    let acr_values = parameters.get("acr_values").unwrap_or_default();
    let acr_values = acr_values.split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect();
    Ok(Asked { response, scopes, nonce, challenge, prompt, max_age_s, acr_values })
}

fn check_state(state: Option<&str>) -> OAuthResult<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b',' | b'.' | b'_' | b'-');
    match state {
        Some(state) if state.len() <= STATE_MAX && state.bytes().all(allowed) => Ok(()),
        _ => Err(OAuthFault::invalid_request("The authentication request has an invalid 'state' parameter.")),
    }
}

fn response(client: &Client, parameters: &Parameters) -> OAuthResult<ResponseTypes> {
    let registered = |kind: &str| client.oauth.response_types.iter().any(|known| known == kind);
    let types = ResponseTypes::read(parameters.get("response_type")).filter(|types| {
        [(types.code, "code"), (types.token, "token"), (types.id_token, "id_token")]
            .iter()
            .all(|(asked, kind)| !asked || registered(kind))
    });
    let types = types.ok_or_else(|| {
        let known = client.oauth.response_types.join(", ");
        let text = format!(
            "The response type is not supported by the authorization server. Configured response types: [{known}]."
        );
        OAuthFault::new(400, "unsupported_response_type", text)
    })?;
    if !types.grant_types().into_iter().all(|grant| client.allows(grant)) {
        return Err(OAuthFault::unauthorized_grant(&client.oauth.grant_types));
    }
    let refused = |text: &str| Err(OAuthFault::new(400, "unsupported_response_mode", text));
    match parameters.get("response_mode") {
        Some("query") if types.has_token() => {
            refused("'query' response mode cannot be used with either the 'id_token' or 'token' response types.")
        }
        None | Some("query" | "fragment" | "form_post" | "okta_post_message") => Ok(types),
        Some(_) => refused(
            "The response mode is not supported by the authorization server. Valid response modes: [query, fragment, form_post, okta_post_message].",
        ),
    }
}

fn prompt(text: Option<&str>) -> OAuthResult<Prompt> {
    let mut prompt = Prompt::default();
    for word in text.unwrap_or_default().split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err(invalid_prompt()),
        }
    }
    if prompt.none && (prompt.login || prompt.consent) { Err(invalid_prompt()) } else { Ok(prompt) }
}

fn invalid_prompt() -> OAuthFault {
    OAuthFault::invalid_request(
        "Invalid value for 'prompt' parameter. Supported values: [none, login, consent, login consent]",
    )
}

/// Whether the person must give the password again although there is a session from `password_at`.
pub fn needs_password(org: &crate::Org, asked: &Asked, parameters: &Parameters, password_at: world::Instant) -> bool {
    if Mark::AskedAgain.at(org, parameters, ANYBODY).is_some_and(|at| password_at >= at) {
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
        assert_eq!(prompt(Some("login consent")).unwrap(), Prompt { none: false, login: true, consent: true });
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
