//! The policy of an app: whether somebody may sign in to it now, and what is missing for it.

use std::time::Duration;

use db::Conn;
use serde_json::Value;
use world::Instant;

use super::{
    decision::{self, Who},
    session::Session,
};
use crate::{Result, model::id::AppId};

/// What an app's policy says to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Allowed,
    Denied,
    /// The password was given too long ago.
    Again,
    /// A second factor is missing, or one that is good enough.
    Factor,
}

/// Asks the policy of an app. `since`: when the person was sent to sign in for this very request; what was proven after it is fresh.
pub async fn check(
    conn: &mut Conn,
    app: &AppId,
    who: &Who<'_>,
    session: &Session,
    since: Option<Instant>,
    now: Instant,
) -> Result<Access> {
    let Some((_, rule)) = decision::app_rule(conn, app, who).await? else { return Ok(Access::Denied) };
    let sign_on = rule.actions.get("appSignOn").cloned().unwrap_or_default();
    if sign_on["access"] != "ALLOW" {
        return Ok(Access::Denied);
    }
    let method = &sign_on["verificationMethod"];
    let limit = method["reauthenticateIn"].as_str().and_then(duration);
    let stale = |at: Instant| limit.is_some_and(|limit| now.since(at) >= limit) && since.is_none_or(|since| at < since);
    if stale(session.password_at) {
        return Ok(Access::Again);
    }
    let constraints = method["constraints"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fits = constraints.is_empty() || constraints.iter().any(|constraint| meets(constraint, &session.amr));
    let both = session.amr.iter().any(|method| method == "mfa");
    let second = method["factorMode"] == "2FA";
    if (second && (!both || session.factor_at.is_none_or(stale))) || !fits {
        return Ok(Access::Factor);
    }
    Ok(Access::Allowed)
}

/// Whether a name and a password alone never do, or nobody is let in at all.
pub async fn asks_for_factor(conn: &mut Conn, app: &AppId, who: &Who<'_>) -> Result<bool> {
    let Some((_, rule)) = decision::app_rule(conn, app, who).await? else { return Ok(true) };
    let sign_on = rule.actions.get("appSignOn").cloned().unwrap_or_default();
    let method = &sign_on["verificationMethod"];
    let password: Vec<String> = vec!["pwd".to_owned()];
    let constraints = method["constraints"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fits = constraints.is_empty() || constraints.iter().any(|constraint| meets(constraint, &password));
    Ok(sign_on["access"] != "ALLOW" || method["factorMode"] == "2FA" || !fits)
}

/// Whether what was used meets a constraint: something known, something possessed, and how well that is kept.
fn meets(constraint: &Value, amr: &[String]) -> bool {
    let used = |methods: &[&str]| amr.iter().any(|known| methods.contains(&known.as_str()));
    let asked = |side: &str| constraint.get(side).filter(|side| side["required"] != false);
    let knowledge = asked("knowledge").is_none() || used(&["pwd", "kba"]);
    let possession = asked("possession").is_none_or(|possession| {
        let strong = ["phishingResistant", "hardwareProtection", "deviceBound"]
            .iter()
            .any(|property| possession[*property] == "REQUIRED");
        if strong { used(&["hwk"]) } else { used(&["hwk", "otp", "email"]) }
    });
    knowledge && possession
}

/// A duration of ISO 8601 without years and months, such as `PT2H`.
pub fn duration(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.parse().ok()?;
    if !text.starts_with('P') {
        return None;
    }
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let hours = days * 24 + i64::from(span.get_hours());
    let seconds = hours.checked_mul(60)?.checked_add(span.get_minutes())?.checked_mul(60)?;
    u64::try_from(seconds.checked_add(span.get_seconds())?).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_policies() {
        for (text, seconds) in [("PT0S", 0), ("PT2H", 7_200), ("P1D", 86_400), ("PT43800H", 157_680_000)] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["2 hours", "", "P1M", "PT-2H", "-PT2H"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_constraint_is_met_by_what_was_used() {
        let amr = |methods: &[&str]| methods.iter().map(|method| (*method).to_owned()).collect::<Vec<_>>();
        let possession: Value = serde_json::json!({ "possession": { "deviceBound": "REQUIRED" } });
        assert!(!meets(&possession, &amr(&["pwd", "otp", "mfa"])) && meets(&possession, &amr(&["pwd", "hwk", "mfa"])));
        let any: Value = serde_json::json!({ "knowledge": { "types": ["PASSWORD"] }, "possession": {} });
        assert!(meets(&any, &amr(&["pwd", "otp"])) && !meets(&any, &amr(&["pwd"])));
    }
}
