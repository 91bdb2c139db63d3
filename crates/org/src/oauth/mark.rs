//! Marks on an authorize request that comes back from a page of ours: what the person did there.
//!
//! A mark says when, and holds a keyed hash over that, the request, and whom it is about. It is good for this request alone and for
//! [`LIFE`]; a request from outside cannot carry one.

use std::time::Duration;

use world::Instant;

use super::parameters::Parameters;
use crate::{Org, signin::return_address::ReturnAddress};

/// After so long the question is asked anew.
const LIFE: Duration = Duration::from_secs(600);
/// Stands for nobody in particular.
pub const ANYBODY: &str = "";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The password was to be given once more (`prompt=login`, `max_age`): the request is served by whoever gave one since.
    AskedAgain,
    /// The person let the application have what it asks for, or as much of it as could be left out.
    Consented,
    Denied,
}

impl Mark {
    const ALL: [Mark; 3] = [Mark::AskedAgain, Mark::Consented, Mark::Denied];

    fn name(self) -> &'static str {
        match self {
            Mark::AskedAgain => "_asked_again",
            Mark::Consented => "_consented",
            Mark::Denied => "_denied",
        }
    }

    /// The request with this mark, and with those that it bears already.
    pub fn put(self, org: &Org, parameters: &Parameters, about: &str) -> String {
        let asked = org.now().as_us().to_string();
        let hash = self.hash(org, &asked, &without_marks(parameters).encode(), about);
        format!("{}&{}={asked}.{hash}", parameters.without(self.name()).encode(), self.name())
    }

    /// When it was put, when it is ours and fresh.
    pub fn at(self, org: &Org, parameters: &Parameters, about: &str) -> Option<Instant> {
        let (asked, given) = parameters.get(self.name())?.split_once('.')?;
        let expected = self.hash(org, asked, &without_marks(parameters).encode(), about);
        let at = Instant::from_us(asked.parse().ok()?);
        let fresh = at <= org.now() && org.now().since(at) < LIFE;
        (fresh && vault::same(expected.as_bytes(), given.as_bytes())).then_some(at)
    }

    fn hash(self, org: &Org, asked: &str, request: &str, about: &str) -> String {
        org.vault.keyed_hash("authorize mark", format!("{}\0{asked}\0{about}\0{request}", self.name()).as_bytes())
    }
}

/// The request as the application sent it.
pub fn without_marks(parameters: &Parameters) -> Parameters {
    Mark::ALL.iter().fold(parameters.clone(), |parameters, mark| parameters.without(mark.name()))
}

/// Whether the sign-in page is shown on the way to such a request, though somebody is signed in.
pub fn asks_again(org: &Org, from: &ReturnAddress) -> bool {
    Mark::AskedAgain.at(org, &Parameters::parse(from.query()), ANYBODY).is_some()
}
