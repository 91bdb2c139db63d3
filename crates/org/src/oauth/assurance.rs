//! Assurance: how somebody must have signed in (`acr_values`).

use super::fault::{OAuthFault, OAuthResult};

const ANY_FACTOR: [&str; 3] =
    ["urn:okta:loa:1fa:any", "urn:okta:loa:1fa:any:ifpossible", "urn:okta:loa:2fa:any:ifpossible"];
const PASSWORD: &str = "urn:okta:loa:1fa:pwd";
const TWO_FACTORS: &str = "urn:okta:loa:2fa:any";
/// Factors that no fisher can pass on.
const RESISTANT: [&str; 2] = ["phr", "phrh"];

/// The first of the asked levels that a session meets; nothing when nothing was asked. What is not known is not met.
pub fn met(asked: &[String], amr: &[String]) -> OAuthResult<Option<String>> {
    if asked.is_empty() {
        return Ok(None);
    }
    let used = |method: &str| amr.iter().any(|known| known == method);
    let meets = |level: &&String| match level.as_str() {
        level if ANY_FACTOR.contains(&level) => true,
        PASSWORD => used("pwd"),
        TWO_FACTORS => used("mfa"),
        level if RESISTANT.contains(&level) => used("pop") || used("hwk"),
        _ => false,
    };
    match asked.iter().find(meets) {
        Some(level) => Ok(Some(level.clone())),
        None => Err(OAuthFault::new(
            400,
            "unmet_authentication_requirements",
            "Unable to meet the authentication requirements imposed by 'acr_values' parameter.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_met_or_the_request_fails() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (password, both) = (texts(&["pwd"]), texts(&["pwd", "otp", "mfa"]));
        assert_eq!(met(&[], &password).unwrap(), None);
        assert_eq!(met(&texts(&[TWO_FACTORS, PASSWORD]), &password).unwrap().as_deref(), Some(PASSWORD));
        assert_eq!(met(&texts(&[TWO_FACTORS]), &both).unwrap().as_deref(), Some(TWO_FACTORS));
        for level in [TWO_FACTORS, "phr", "urn:other"] {
            assert!(met(&texts(&[level]), &password).is_err(), "{level}");
        }
    }
}
