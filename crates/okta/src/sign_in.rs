//! Sign-in at the org: authorization code with PKCE, state and nonce; the client's own check; sign-out.

use base64::{Engine, engine::general_purpose::STANDARD};
use net::{Outbound, Request};
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use serde::Deserialize;
use url::{Url, form_urlencoded};
use vault::Secret;
use world::World;

use crate::{
    Error, IdTokenFault, OrgAddress, Result,
    answer::{Line, is_json, json, said},
    discovery::{Known, Provider},
    id_token::{self, Expected},
};

/// Characters of base64url: 6 bits each, so 43 hold more than 256 bits.
const SECRET_CHARS: usize = 43;
/// A token that nobody ever made: asking about it tells whether the client is accepted.
const DUMMY_TOKEN: &str = "webreports-asks-whether-this-client-is-accepted";

/// Signs people in at one org through one client.
pub struct SignIn {
    line: Line,
    org: OrgAddress,
    client_id: String,
    client_secret: Secret,
    known: Known,
}

/// A sign-in that begins: where the browser goes, and what must come back with it.
pub struct Begun {
    pub authorize_url: Url,
    pub state: Secret,
    pub nonce: Secret,
    pub verifier: Secret,
}

/// Somebody whom the org vouches for.
pub struct Finished {
    pub issuer: String,
    pub subject: String,
    pub name: String,
    pub login: String,
    pub email: String,
    /// The groups claim. A hint: at 100 groups and more it is cut or missing.
    pub groups: Option<Vec<String>>,
    pub id_token: Secret,
}

/// An org that answered as itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    pub issuer: String,
    /// Seconds by which its clock is ahead of ours, when it told.
    pub clock_ahead_s: Option<i64>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<Secret>,
    access_token: Option<Secret>,
}

#[derive(Deserialize)]
struct OauthError {
    error: String,
    #[serde(default)]
    error_description: String,
}

#[derive(Deserialize)]
struct Introspection {
    active: bool,
}

impl SignIn {
    pub fn new(http: Outbound, org: OrgAddress, client_id: String, client_secret: Secret, world: World) -> SignIn {
        SignIn { line: Line::new(http, world).for_people(), org, client_id, client_secret, known: Known::default() }
    }

    pub fn org_address(&self) -> &OrgAddress {
        &self.org
    }

    /// Reads discovery now: the org answers, and calls itself what was configured.
    pub async fn reach(&self) -> Result<Reached> {
        self.known.read_provider(&self.line, &self.org).await?;
        let clock_ahead_s = self.line.skew_s();
        if let Some(by_s) = clock_ahead_s.filter(|by_s| by_s.unsigned_abs() > crate::answer::CLOCK_LEEWAY.as_secs()) {
            return Err(Error::ClockOff { by_s });
        }
        Ok(Reached { issuer: self.org.issuer().to_owned(), clock_ahead_s })
    }

    /// Asks about a token that does not exist: an answer of any kind means that client id and secret are accepted.
    pub async fn check_client(&self) -> Result<()> {
        let provider = self.known.provider(&self.line, &self.org).await?;
        let introspect = provider.introspect.clone().ok_or(Error::NotOffered("introspection"))?;
        let form = [("token", DUMMY_TOKEN), ("token_type_hint", "access_token")];
        let answer = self.line.send(self.post(introspect, &form)).await?;
        if !answer.is_success() {
            return Err(self.oauth_error("check the client", &answer));
        }
        let answer: Introspection = json("check the client", &answer)?;
        tracing::debug!(active = answer.active, "the client is accepted");
        Ok(())
    }

    /// Where the browser goes to sign in. `redirect_uri` is where it comes back to.
    pub async fn begin(&self, redirect_uri: &str) -> Result<Begun> {
        let provider = self.known.provider(&self.line, &self.org).await?;
        let random = &self.line.world.random;
        let drawn = || Secret::new(random.base64url(SECRET_CHARS));
        let (state, nonce, verifier) = (drawn(), drawn(), drawn());
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier.expose().to_owned()));
        let scope = if provider.offers_groups { "openid profile email groups" } else { "openid profile email" };
        let mut authorize_url = provider.authorize.clone();
        authorize_url
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", scope)
            .append_pair("state", state.expose())
            .append_pair("nonce", nonce.expose())
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256");
        Ok(Begun { authorize_url, state, nonce, verifier })
    }

    /// The authorization response must come from the configured org (RFC 9207): `iss` fits when it is there, and it is there when
    /// the org announces it.
    pub async fn check_response_issuer(&self, iss: Option<&str>) -> Result<()> {
        let provider = self.known.provider(&self.line, &self.org).await?;
        match iss {
            Some(iss) if iss != self.org.issuer() => Err(Error::ResponseIssuer),
            None if provider.announces_issuer => Err(Error::ResponseIssuer),
            _ => Ok(()),
        }
    }

    /// Exchanges the code and checks the ID token. Keys are read again once when the token names one that is not known.
    pub async fn finish(
        &self,
        code: &Secret,
        redirect_uri: &str,
        nonce: &Secret,
        verifier: &Secret,
    ) -> Result<Finished> {
        let provider = self.known.provider(&self.line, &self.org).await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose()),
        ];
        let answer = self.line.send(self.post(provider.token.clone(), &form)).await?;
        if !answer.is_success() {
            return Err(self.oauth_error("exchange the code", &answer));
        }
        let tokens: TokenAnswer = json("exchange the code", &answer)?;
        let id_token = tokens.id_token.ok_or(Error::IdToken(IdTokenFault::Missing))?;
        let identity = self.check_id_token(&provider, &id_token, nonce, tokens.access_token.as_ref()).await?;
        Ok(Finished {
            issuer: self.org.issuer().to_owned(),
            subject: identity.subject,
            name: identity.name,
            login: identity.login,
            email: identity.email,
            groups: identity.groups,
            id_token,
        })
    }

    async fn check_id_token(
        &self,
        provider: &Provider,
        id_token: &Secret,
        nonce: &Secret,
        access_token: Option<&Secret>,
    ) -> Result<id_token::Identity> {
        let now = self.line.world.now();
        let expected = Expected { issuer: self.org.issuer(), client_id: &self.client_id, nonce, access_token, now };
        let keys = self.known.keys(&self.line, provider, false).await?;
        match id_token::check(id_token, &keys, &expected) {
            // The org may have rotated its keys since they were read.
            Err(Error::IdToken(IdTokenFault::Key)) => {
                let keys = self.known.keys(&self.line, provider, true).await?;
                id_token::check(id_token, &keys, &expected)
            }
            checked => checked,
        }
    }

    /// Where the browser ends its session at the org, and comes back from to `return_to`. None when the org offers no such place.
    pub async fn sign_out_url(&self, id_token: &Secret, return_to: &str) -> Result<Option<Url>> {
        let provider = self.known.provider(&self.line, &self.org).await?;
        Ok(provider.sign_out.clone().map(|mut url| {
            url.query_pairs_mut()
                .append_pair("id_token_hint", id_token.expose())
                .append_pair("post_logout_redirect_uri", return_to);
            url
        }))
    }

    /// A form with the client's credentials (client_secret_basic, RFC 6749 2.3.1).
    fn post(&self, url: Url, form: &[(&str, &str)]) -> Request {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let credentials = format!("{}:{}", encode(&self.client_id), encode(self.client_secret.expose()));
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        Request::new("POST", url)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", &format!("Basic {}", STANDARD.encode(credentials)))
            .body(body)
    }

    fn oauth_error(&self, what: &'static str, answer: &net::Answer) -> Error {
        if !is_json(answer) {
            return Error::NotJson { what, found: format!("status {} without JSON", answer.status) };
        }
        // Both endpoints answer 401 only to a client that did not prove itself (RFC 6749 5.2). Of an unknown client id Okta says
        // so in the form of its management API, which has no `error`.
        if answer.status == 401 {
            return Error::ClientRefused;
        }
        let Ok(body) = serde_json::from_slice::<OauthError>(&answer.body) else {
            return Error::Refused {
                what,
                status: answer.status,
                code: String::new(),
                summary: "it does not say why".to_owned(),
            };
        };
        match body.error.as_str() {
            "invalid_client" => Error::ClientRefused,
            "invalid_grant" => Error::CodeRefused(said(&body.error_description)),
            _ => Error::Refused {
                what,
                status: answer.status,
                code: said(&body.error),
                summary: said(&body.error_description),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::{Answer, HeaderMap, HeaderName};

    #[test]
    fn a_401_is_a_refused_client_in_whichever_form_the_org_says_it() {
        let org = OrgAddress::parse("https://acme.okta.com", false).unwrap();
        let http = Outbound::configured([org.origin().clone()]);
        let sign_in = SignIn::new(http, org, "0oa1".to_owned(), Secret::new("secret"), World::real());
        let said = |status: u16, body: &'static str| {
            let json = (HeaderName::from_static("content-type"), "application/json".parse().unwrap());
            let answer = Answer { status, headers: HeaderMap::from_iter([json]), body: body.into() };
            sign_in.oauth_error("check the client", &answer)
        };
        for body in [
            r#"{"error":"invalid_client","error_description":"The client secret is invalid."}"#,
            r#"{"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter.","errorCauses":[]}"#,
        ] {
            assert!(matches!(said(401, body), Error::ClientRefused), "{body}");
        }
        assert!(matches!(said(400, r#"{"error":"invalid_grant"}"#), Error::CodeRefused(_)));
        assert!(matches!(said(400, r#"{"error":"invalid_client"}"#), Error::ClientRefused));
    }
}
