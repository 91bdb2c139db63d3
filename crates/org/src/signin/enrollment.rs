//! The enrolment policy: which factors somebody may have, which they must, and when they are asked for them.

use std::net::IpAddr;

use db::Conn;
use serde_json::Value;

use super::decision::{self, Who};
use crate::{
    Result,
    model::{
        authenticator,
        factor::{Factor, FactorKind},
        policy::Kind,
        user::User,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    NotAllowed,
    Optional,
    Required,
}

impl Wanted {
    pub fn as_str(self) -> &'static str {
        match self {
            Wanted::NotAllowed => "NOT_ALLOWED",
            Wanted::Optional => "OPTIONAL",
            Wanted::Required => "REQUIRED",
        }
    }
}

/// When somebody is asked to enrol at sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At any sign-in.
    SignIn,
    /// When a factor is asked for and there is none.
    Challenge,
    Never,
}

#[derive(Clone, Debug)]
pub struct Terms {
    kinds: Vec<(FactorKind, Wanted)>,
    pub when: When,
}

pub async fn of(conn: &mut Conn, user: &User, address: Option<IpAddr>) -> Result<Terms> {
    let who = Who::person(conn, user, address).await?;
    let policy = decision::policy(conn, Kind::MfaEnroll, &who).await?;
    let rule = decision::rule_of(conn, &policy, &who).await?;
    let mut kinds = Vec::new();
    for entry in policy.settings.get("authenticators").and_then(Value::as_array).into_iter().flatten() {
        let Some(kind) = entry["key"].as_str().and_then(FactorKind::of_authenticator) else { continue };
        let wanted = match entry["enroll"]["self"].as_str() {
            Some("REQUIRED") => Wanted::Required,
            Some("OPTIONAL") => Wanted::Optional,
            _ => Wanted::NotAllowed,
        };
        if authenticator::is_active(conn, kind.authenticator()).await? {
            kinds.push((kind, wanted));
        }
    }
    let when = rule.as_ref().and_then(|rule| rule.actions.get("enroll")).and_then(|enroll| enroll["self"].as_str());
    let when = match when {
        Some("LOGIN") => When::SignIn,
        Some("CHALLENGE") => When::Challenge,
        _ => When::Never,
    };
    Ok(Terms { kinds, when })
}

impl Terms {
    pub fn wanted(&self, kind: FactorKind) -> Wanted {
        self.kinds.iter().find(|(known, _)| *known == kind).map_or(Wanted::NotAllowed, |(_, wanted)| *wanted)
    }

    /// The kinds that may be enrolled, with those that must be.
    pub fn offered(&self) -> impl Iterator<Item = (FactorKind, Wanted)> + '_ {
        self.kinds.iter().copied().filter(|(_, wanted)| *wanted != Wanted::NotAllowed)
    }

    /// Those that must be there and are not.
    pub fn missing<'a>(&'a self, factors: &'a [Factor]) -> impl Iterator<Item = FactorKind> + 'a {
        self.kinds
            .iter()
            .filter(|(_, wanted)| *wanted == Wanted::Required)
            .map(|(kind, _)| *kind)
            .filter(|kind| !factors.iter().any(|factor| factor.active && factor.kind == *kind))
    }
}
