//! Asking for the password once more, though somebody is signed in (`prompt=login`, `max_age`).
//!
//! The authorize request goes on after the sign-in with a mark: when it was asked, and a keyed hash over that and the request. With the
//! mark the request is served by whoever gave a password since.

use std::time::Duration;

use world::Instant;

use super::parameters::Parameters;
use crate::{Org, signin::return_address::ReturnAddress};

/// The parameter that carries the mark.
pub const NAME: &str = "_asked_again";
/// After so long the question is asked anew.
const LIFE: Duration = Duration::from_secs(600);

/// The request with its mark.
pub fn mark(org: &Org, parameters: &Parameters) -> String {
    let request = parameters.without(NAME).encode();
    let asked = org.now().as_us().to_string();
    let hash = hash(org, &asked, &request);
    format!("{request}&{NAME}={asked}.{hash}")
}

/// When the password was asked for again, when the mark is ours and fresh.
pub fn asked_at(org: &Org, parameters: &Parameters) -> Option<Instant> {
    let (asked, given) = parameters.get(NAME)?.split_once('.')?;
    let expected = hash(org, asked, &parameters.without(NAME).encode());
    let at = Instant::from_us(asked.parse().ok()?);
    let fresh = at <= org.now() && org.now().since(at) < LIFE;
    (fresh && vault::same(expected.as_bytes(), given.as_bytes())).then_some(at)
}

/// Whether the sign-in page is shown on the way to such a request.
pub fn is_asked(org: &Org, from: &ReturnAddress) -> bool {
    asked_at(org, &Parameters::parse(from.query())).is_some()
}

fn hash(org: &Org, asked: &str, request: &str) -> String {
    org.vault.keyed_hash("asked again", format!("{asked}\0{request}").as_bytes())
}
