//! What `/api/v1/authn` answers at each step.

use serde_json::{Value, json};
use vault::Secret;
use world::Instant;

use super::{
    authn::only_status,
    enrollment::{self, When},
    flow, password_policy, sign_on,
    state_token::{State, Step},
};
use crate::{
    api::{edge::Address, resource::link},
    error::Answer,
    model::{
        change::Change,
        factor::{self, Factor, FactorKind},
        user::User,
    },
};

const AUTHN: &str = "/api/v1/authn";

pub fn success(user: &User, token: &Secret, expires: Instant, relay_state: Option<&str>) -> Value {
    let mut answer = only_status("SUCCESS", relay_state);
    answer["expiresAt"] = expires.to_rfc3339_ms().into();
    answer["sessionToken"] = token.expose().into();
    answer["_embedded"] = json!({ "user": user_body(user) });
    answer
}

pub fn locked_out(address: &Address, relay_state: Option<&str>) -> Value {
    let mut answer = only_status("LOCKED_OUT", relay_state);
    let mut next = post(address, "/recovery/unlock");
    next["name"] = "unlock".into();
    answer["_links"] = json!({ "next": next });
    answer
}

/// A step that waits for the next call. `extra`: the factor that it is about, with what only this answer shows of it.
pub async fn waiting(
    change: &mut Change,
    address: &Address,
    user: &User,
    token: &Secret,
    expires: Instant,
    state: &State,
    extra: Option<(&Factor, Value)>,
) -> Answer<Value> {
    let mut answer = only_status(state.step.as_str(), state.relay_state.as_deref());
    answer["stateToken"] = token.expose().into();
    answer["expiresAt"] = expires.to_rfc3339_ms().into();
    let mut embedded = json!({ "user": user_body(user) });
    let mut links = json!({ "cancel": post(address, "/cancel") });
    let next = |name: &str, path: &str| {
        let mut next = post(address, path);
        next["name"] = name.into();
        next
    };
    match state.step {
        Step::PasswordExpired | Step::PasswordWarn | Step::PasswordReset => {
            let now = change.now;
            embedded["policy"] = json!({ "complexity": complexity(change, user).await? });
            if state.step == Step::PasswordWarn {
                let days = flow::days_left(change, user, now).await?.unwrap_or_default();
                embedded["policy"]["expiration"] = json!({ "passwordExpireDays": days });
                links["skip"] = next("skip", "/skip");
            }
            links["next"] = match state.step {
                Step::PasswordReset => next("resetPassword", "/credentials/reset_password"),
                _ => next("changePassword", "/credentials/change_password"),
            };
        }
        Step::Recovery => {
            embedded["user"]["recovery_question"] = json!({ "question": user.recovery_question });
            answer["recoveryType"] = state.detail.recovery.clone().unwrap_or_else(|| "PASSWORD".to_owned()).into();
            links["next"] = next("answer", "/recovery/answer");
        }
        Step::MfaEnroll => {
            embedded["factors"] = offered(change, address, user).await?;
            if may_skip(change, user, state).await? {
                links["skip"] = next("skip", "/skip");
            }
        }
        Step::MfaRequired => {
            let held = factor::of_user(change, &user.id).await?;
            let held = held.iter().filter(|factor| factor.active);
            embedded["factors"] = held.map(|factor| factor_body(address, factor, "verify", "/verify")).collect();
            let sign_on = sign_on::of(change, user, None).await?;
            embedded["policy"] = json!({
                "allowRememberDevice": sign_on.prompt == sign_on::Prompt::Device,
                "rememberDeviceByDefault": sign_on.remember_by_default,
                "rememberDeviceLifetimeInMinutes": sign_on.factor_lifetime.as_secs() / 60,
                "factorsPolicyInfo": {},
            });
        }
        Step::MfaEnrollActivate | Step::MfaChallenge => {
            let enrolls = state.step == Step::MfaEnrollActivate;
            let (name, path) = if enrolls { ("activate", "/lifecycle/activate") } else { ("verify", "/verify") };
            let known = match (&extra, &state.detail.factor) {
                (Some((factor, _)), _) => Some((*factor).clone()),
                (None, Some(id)) => factor::by_id(change, &user.id, id).await?,
                (None, None) => None,
            };
            if let Some(factor) = known {
                let mut shown = factor_body(address, &factor, name, path);
                if let Some((_, extra)) = extra.as_ref().filter(|(_, extra)| !extra.is_null()) {
                    shown["_embedded"] = match (enrolls, extra.get("challenge")) {
                        (true, _) => json!({ "activation": extra }),
                        (false, Some(challenge)) => json!({ "challenge": challenge }),
                        (false, None) => json!({ "challenge": extra }),
                    };
                }
                embedded["factor"] = shown;
                links["next"] = next(name, &format!("/factors/{}{path}", factor.id));
                if factor.kind == FactorKind::Email {
                    let path = if enrolls { "/lifecycle/resend" } else { "/verify/resend" };
                    links["resend"] = json!([next("email", &format!("/factors/{}{path}", factor.id))]);
                }
                if !enrolls {
                    answer["factorResult"] = "CHALLENGE".into();
                    answer["challengeType"] = "FACTOR".into();
                }
            }
            links["prev"] = post(address, "/previous");
        }
    }
    answer["_embedded"] = embedded;
    answer["_links"] = links;
    Ok(answer)
}

/// Whether enrolling can be left out: everything that must be there is.
pub async fn may_skip(change: &mut Change, user: &User, state: &State) -> Answer<bool> {
    let terms = enrollment::of(change, user, None).await?;
    let held = factor::of_user(change, &user.id).await?;
    let due = state.detail.factor_us.is_none()
        && (state.detail.needs_factor || sign_on::of(change, user, None).await?.require_factor);
    let must = terms.when == When::SignIn && terms.missing(&held).next().is_some();
    Ok(!due && !must)
}

async fn offered(change: &mut Change, address: &Address, user: &User) -> Answer<Value> {
    let terms = enrollment::of(change, user, None).await?;
    let held = factor::of_user(change, &user.id).await?;
    let one = |(kind, wanted): (FactorKind, enrollment::Wanted)| {
        let (name, provider) = kind.names();
        let own = held.iter().any(|factor| factor.active && factor.kind == kind);
        json!({
            "factorType": name,
            "provider": provider,
            "vendorName": provider,
            "enrollment": wanted.as_str(),
            "status": if own { "ACTIVE" } else { "NOT_SETUP" },
            "_links": { "enroll": post(address, "/factors") },
        })
    };
    Ok(terms.offered().map(one).collect())
}

fn factor_body(address: &Address, factor: &Factor, name: &str, path: &str) -> Value {
    let (kind, provider) = factor.kind.names();
    json!({
        "id": factor.id,
        "factorType": kind,
        "provider": provider,
        "vendorName": provider,
        "profile": factor.profile,
        "_links": { name: post(address, &format!("/factors/{}{path}", factor.id)) },
    })
}

fn post(address: &Address, path: &str) -> Value {
    link(address, &format!("{AUTHN}{path}"), &["POST"])
}

async fn complexity(change: &mut Change, user: &User) -> Answer<Value> {
    let policy = password_policy::of(change, user).await?;
    Ok(json!({
        "minLength": policy.min_length,
        "minLowerCase": policy.min_lower_case,
        "minUpperCase": policy.min_upper_case,
        "minNumber": policy.min_number,
        "minSymbol": policy.min_symbol,
        "excludeUsername": policy.exclude_username,
    }))
}

fn user_body(user: &User) -> Value {
    json!({
        "id": user.id.as_str(),
        "passwordChanged": user.password_changed.map(Instant::to_rfc3339_ms),
        "profile": {
            "login": user.login,
            "firstName": user.profile.first_name(),
            "lastName": user.profile.last_name(),
            "locale": user.profile.get("locale").unwrap_or("en_US"),
            "timeZone": user.profile.get("timezone").unwrap_or("America/Los_Angeles"),
        },
    })
}
