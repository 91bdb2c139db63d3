//! Discovery and keys of the issuer: read from the configured address alone, and believed only where they name its own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use net::Request;
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use url::Url;
use world::Instant;

use crate::{
    Error, OrgAddress, Result,
    answer::{Line, json},
};

/// How long a discovery document and its keys are used before they are read again.
const AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

const WHAT: &str = "read the discovery document";

#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) authorize: Url,
    pub(crate) token: Url,
    pub(crate) keys: Url,
    pub(crate) introspect: Option<Url>,
    pub(crate) sign_out: Option<Url>,
    /// Whether the scope of the groups claim can be asked for.
    pub(crate) offers_groups: bool,
    /// Whether every authorization response names its issuer (RFC 9207).
    pub(crate) announces_issuer: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Url,
    token_endpoint: Url,
    jwks_uri: Url,
    introspection_endpoint: Option<Url>,
    end_session_endpoint: Option<Url>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What was last read of an issuer.
#[derive(Default)]
pub(crate) struct Known {
    provider: Mutex<Option<(Instant, Arc<Provider>)>>,
    keys: Mutex<Option<(Instant, Arc<CoreJsonWebKeySet>)>>,
}

impl Known {
    /// The provider, read again once it is old.
    pub(crate) async fn provider(&self, line: &Line, org: &OrgAddress) -> Result<Arc<Provider>> {
        if let Some(known) = young(&self.provider, line.world.now()) {
            return Ok(known);
        }
        self.read_provider(line, org).await
    }

    /// The provider, read now.
    pub(crate) async fn read_provider(&self, line: &Line, org: &OrgAddress) -> Result<Arc<Provider>> {
        let url = Url::parse(&format!("{}/.well-known/openid-configuration", org.issuer()));
        let url = url.expect("an issuer is an address, and a path can be added to it");
        let answer = line.send(Request::new("GET", url).header("accept", "application/json")).await?;
        if answer.status == 404 {
            return Err(Error::NotFound { what: WHAT });
        }
        let document: Document = json(WHAT, &answer)?;
        let provider = Arc::new(checked(document, org)?);
        *self.provider.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some((line.world.now(), provider.clone()));
        Ok(provider)
    }

    /// The signing keys; `again` reads them whatever is known, after a token named one that is not.
    pub(crate) async fn keys(&self, line: &Line, provider: &Provider, again: bool) -> Result<Arc<CoreJsonWebKeySet>> {
        if let Some(known) = young(&self.keys, line.world.now()).filter(|_| !again) {
            return Ok(known);
        }
        let answer = line.send(Request::new("GET", provider.keys.clone()).header("accept", "application/json")).await?;
        let keys: CoreJsonWebKeySet = json("read the org's keys", &answer)?;
        let keys = Arc::new(keys);
        *self.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((line.world.now(), keys.clone()));
        Ok(keys)
    }
}

fn young<T>(slot: &Mutex<Option<(Instant, Arc<T>)>>, now: Instant) -> Option<Arc<T>> {
    let slot = slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    slot.as_ref().filter(|(read_at, _)| now.since(*read_at) < AGE_MAX).map(|(_, known)| known.clone())
}

fn checked(document: Document, org: &OrgAddress) -> Result<Provider> {
    if document.issuer != org.issuer() {
        let found = crate::answer::said(&document.issuer);
        return Err(Error::IssuerMismatch { expected: org.issuer().to_owned(), found });
    }
    let own = |endpoint: &'static str, url: &Url| {
        if org.is_same_origin(url) { Ok(()) } else { Err(Error::ForeignEndpoint { endpoint }) }
    };
    own("authorization_endpoint", &document.authorization_endpoint)?;
    own("token_endpoint", &document.token_endpoint)?;
    own("jwks_uri", &document.jwks_uri)?;
    if let Some(url) = &document.introspection_endpoint {
        own("introspection_endpoint", url)?;
    }
    if let Some(url) = &document.end_session_endpoint {
        own("end_session_endpoint", url)?;
    }
    let offers = |list: &[String], wanted: &str| list.is_empty() || list.iter().any(|offered| offered == wanted);
    if !offers(&document.code_challenge_methods_supported, "S256") {
        return Err(Error::NotOffered("PKCE with S256"));
    }
    if !offers(&document.id_token_signing_alg_values_supported, "RS256") {
        return Err(Error::NotOffered("ID tokens signed with RS256"));
    }
    Ok(Provider {
        authorize: document.authorization_endpoint,
        token: document.token_endpoint,
        keys: document.jwks_uri,
        introspect: document.introspection_endpoint,
        sign_out: document.end_session_endpoint,
        offers_groups: document.scopes_supported.iter().any(|scope| scope == "groups"),
        announces_issuer: document.authorization_response_iss_parameter_supported,
    })
}
