//! ID tokens: every check of OpenID Connect Core 3.1.3.7 before one claim is believed.

use std::str::FromStr;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, ClientId, IdToken, IdTokenClaims,
    IdTokenVerifier, IssuerUrl, Nonce, SignatureVerificationError,
    core::{
        CoreGenderClaim, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    },
};
use serde::{Deserialize, Serialize};
use vault::Secret;
use world::Instant;

use crate::{Error, IdTokenFault, Result, answer::CLOCK_LEEWAY};

/// The claims of ours that are not in the standard.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct GroupsClaim {
    #[serde(default)]
    groups: Option<Vec<String>>,
}

impl AdditionalClaims for GroupsClaim {}

type Token = IdToken<GroupsClaim, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Claims = IdTokenClaims<GroupsClaim, CoreGenderClaim>;

/// What a good token says.
pub(crate) struct Identity {
    pub(crate) subject: String,
    pub(crate) name: String,
    pub(crate) login: String,
    pub(crate) email: String,
    /// The groups claim; none when the token has none.
    pub(crate) groups: Option<Vec<String>>,
}

/// What a token has to fit.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) nonce: &'a Secret,
    pub(crate) access_token: Option<&'a Secret>,
    pub(crate) now: Instant,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// Checks a token that came from the token endpoint a moment ago.
pub(crate) fn check(token: &Secret, keys: &CoreJsonWebKeySet, expected: &Expected<'_>) -> Result<Identity> {
    let fault = |fault: IdTokenFault| Error::IdToken(fault);
    let header = token.expose().split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).ok().and_then(|json| serde_json::from_slice::<Header>(&json).ok());
    let header = header.ok_or(fault(IdTokenFault::Malformed))?;
    if header.alg != "RS256" {
        return Err(fault(IdTokenFault::Algorithm));
    }
    if header.kid.is_none_or(|kid| kid.is_empty()) {
        return Err(fault(IdTokenFault::Key));
    }
    let token = Token::from_str(token.expose()).map_err(|_| fault(IdTokenFault::Malformed))?;
    let issuer = IssuerUrl::new(expected.issuer.to_owned()).map_err(|_| fault(IdTokenFault::Issuer))?;
    let (now, leeway) = (expected.now, CLOCK_LEEWAY);
    let verifier: IdTokenVerifier<'_, CoreJsonWebKey> =
        IdTokenVerifier::new_public_client(ClientId::new(expected.client_id.to_owned()), issuer, keys.clone())
            .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256])
            .set_time_fn(move || date_time(now.minus(leeway)));
    let nonce = Nonce::new(expected.nonce.expose().to_owned());
    let claims = token.claims(&verifier, &nonce).map_err(|error| {
        // A token that was made for us just now and has run out tells of clocks, not of the token.
        let by_s = token_age_s(&token, now);
        match error {
            ClaimsVerificationError::Expired(_) if by_s.unsigned_abs() > leeway.as_secs() => {
                Error::ClockOff { by_s: -by_s }
            }
            other => fault(which(&other)),
        }
    })?;
    let age_s = now.as_seconds() - claims.issue_time().timestamp();
    if age_s.unsigned_abs() > leeway.as_secs() {
        return Err(Error::ClockOff { by_s: -age_s });
    }
    if claims.authorized_party().is_some_and(|party| party.as_str() != expected.client_id) {
        return Err(fault(IdTokenFault::Audience));
    }
    check_access_token(&token, claims, &verifier, expected.access_token)?;
    Ok(identity(claims))
}

fn token_age_s(token: &Token, now: Instant) -> i64 {
    let payload = token.to_string();
    let payload = payload.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let claims = payload.and_then(|json| serde_json::from_slice::<serde_json::Value>(&json).ok());
    let issued = claims.and_then(|claims| claims["iat"].as_i64());
    issued.map_or(0, |issued| now.as_seconds() - issued)
}

fn which(error: &ClaimsVerificationError) -> IdTokenFault {
    match error {
        ClaimsVerificationError::Expired(_) => IdTokenFault::Expired,
        ClaimsVerificationError::InvalidIssuer(_) => IdTokenFault::Issuer,
        ClaimsVerificationError::InvalidAudience(_) => IdTokenFault::Audience,
        ClaimsVerificationError::InvalidNonce(_) => IdTokenFault::Nonce,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::AmbiguousKeyId(_) => {
                IdTokenFault::Key
            }
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::NoSignature
            | SignatureVerificationError::UnsupportedAlg(_) => IdTokenFault::Algorithm,
            _ => IdTokenFault::Signature,
        },
        _ => IdTokenFault::Malformed,
    }
}

/// `at_hash`, when it is there, ties the access token to this ID token.
fn check_access_token(
    token: &Token,
    claims: &Claims,
    verifier: &IdTokenVerifier<'_, CoreJsonWebKey>,
    access_token: Option<&Secret>,
) -> Result<()> {
    let Some(said) = claims.access_token_hash() else { return Ok(()) };
    let wrong = || Error::IdToken(IdTokenFault::AccessTokenHash);
    let access_token = AccessToken::new(access_token.ok_or_else(wrong)?.expose().to_owned());
    let algorithm = token.signing_alg().map_err(|_| wrong())?;
    let key = token.signing_key(verifier).map_err(|_| wrong())?;
    let computed = AccessTokenHash::from_token(&access_token, algorithm, key).map_err(|_| wrong())?;
    if computed == *said { Ok(()) } else { Err(wrong()) }
}

fn identity(claims: &Claims) -> Identity {
    let login = claims.preferred_username().map(|login| login.to_string()).unwrap_or_default();
    let name = claims.name().and_then(|name| name.get(None)).map(|name| name.to_string());
    Identity {
        subject: claims.subject().to_string(),
        name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| login.clone()),
        email: claims.email().map(|email| email.to_string()).unwrap_or_default(),
        groups: claims.additional_claims().groups.clone(),
        login,
    }
}

fn date_time(instant: Instant) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(instant.as_us()).unwrap_or_default()
}
