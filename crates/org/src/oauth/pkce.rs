//! PKCE (RFC 7636), S256 alone.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use vault::same;

use super::fault::{OAuthFault, OAuthResult};

/// Base64url of a SHA-256.
const CHALLENGE_LEN: usize = 43;
const VERIFIER_LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

/// Reads the challenge of an authorize request.
pub fn challenge(challenge: Option<&str>, method: Option<&str>, required: bool) -> OAuthResult<Option<String>> {
    let Some(challenge) = challenge else {
        if required || method.is_some() {
            return Err(OAuthFault::invalid_request("PKCE code challenge is required by the application."));
        }
        return Ok(None);
    };
    if method != Some("S256") {
        return Err(OAuthFault::invalid_request("PKCE code challenge method is not supported. Valid values: [S256]"));
    }
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if challenge.len() != CHALLENGE_LEN || !challenge.bytes().all(is_base64url) {
        return Err(OAuthFault::invalid_request("PKCE code challenge contains illegal characters."));
    }
    Ok(Some(challenge.to_owned()))
}

/// Checks a verifier against the challenge; one without the other is refused for every client.
pub fn verify(challenge: Option<&str>, verifier: Option<&str>) -> OAuthResult<()> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(OAuthFault::invalid_request(
            "PKCE code challenge should be specified in the authorize request for code verification.",
        )),
        (Some(_), None) => Err(OAuthFault::invalid_request("PKCE code verifier is required by the application.")),
        (Some(challenge), Some(verifier)) => {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
            let matches = same(URL_SAFE_NO_PAD.encode(digest.as_ref()).as_bytes(), challenge.as_bytes());
            if VERIFIER_LENGTHS.contains(&verifier.len()) && matches {
                Ok(())
            } else {
                Err(OAuthFault::invalid_grant("PKCE verification failed."))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_passes_and_nothing_else() {
        // RFC 7636, appendix B.
        let (verifier, given) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(challenge(Some(given), Some("S256"), true).unwrap().as_deref(), Some(given));
        assert!(verify(Some(given), Some(verifier)).is_ok());
        assert_eq!(verify(Some(given), Some(&verifier.replace('d', "e"))).unwrap_err().error, "invalid_grant");
        assert_eq!(verify(Some(given), None).unwrap_err().error, "invalid_request");
        assert_eq!(verify(None, Some(verifier)).unwrap_err().error, "invalid_request");
        assert!(challenge(Some(given), None, false).is_err() && challenge(Some(given), Some("plain"), false).is_err());
        assert!(challenge(None, None, true).is_err() && challenge(None, None, false).unwrap().is_none());
        assert!(challenge(Some("short"), Some("S256"), false).is_err());
    }
}
