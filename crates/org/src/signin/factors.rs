//! Enrolling, activating and checking factors: the one place where that is done, for the management API and for sign-in alike.
//!
//! Invariant: a wrong answer is counted in a transaction that is kept although the answer is a refusal, and too many close the factor for
//! a while; what was right once is not right again.

use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;
use vault::Secret;
use world::Instant;

use super::{
    enrollment::{self, Wanted},
    totp::{self, Reading},
    webauthn::{self, Expected},
};
use crate::{
    Org,
    api::body::Properties,
    error::{Answer, Fault, codes},
    mail::{self, Mail, Template},
    model::{
        change::Change,
        factor::{self, Factor, FactorKind, NewFactor},
        log::{Event, Outcome, Party},
        organization,
        user::User,
    },
};

/// Wrong answers in a row until the factor is closed, and for how long.
const FAILURES_MAX: i64 = 5;
const CLOSED_FOR: Duration = Duration::from_secs(300);
/// How long a code or challenge is good.
pub const CODE_LIFE: Duration = Duration::from_secs(300);
const CODE_DIGITS: usize = 6;
const SECRET_BYTES: usize = 20;
const CHALLENGE_LEN: usize = 43;
/// Factors of one person.
const FACTORS_MAX: usize = 20;
const ANSWER_LEN_MIN: usize = 4;
const ANSWER_LEN_MAX: usize = 256;

/// Questions that may be answered as a factor.
pub const QUESTIONS: [(&str, &str); 20] = [
    ("disliked_food", "What is the food you least liked as a child?"),
    ("name_of_first_plush_toy", "What is the name of your first stuffed animal?"),
    ("first_award", "What did you earn your first medal or award for?"),
    ("favorite_security_question", "What is your favorite security question?"),
    ("favorite_toy", "What is the toy/stuffed animal you liked the most as a kid?"),
    ("first_computer_game", "What was the first computer game you played?"),
    ("favorite_movie_quote", "What is your favorite movie quote?"),
    ("first_sports_team_mascot", "What was the mascot of the first sports team you played on?"),
    ("first_music_purchase", "What music album or song did you first purchase?"),
    ("favorite_art_piece", "What is your favorite piece of art?"),
    ("grandmother_favorite_desert", "What was your grandmother's favorite dessert?"),
    ("first_thing_cooked", "What was the first thing you learned to cook?"),
    ("childhood_dream_job", "What was your dream job as a child?"),
    ("first_kiss_location", "Where did you have your first kiss?"),
    ("place_where_significant_other_was_met", "Where did you meet your spouse/significant other?"),
    ("favorite_vacation_location", "Where did you go for your favorite vacation?"),
    ("new_years_two_thousand", "Where were you on New Year's Eve in the year 2000?"),
    ("favorite_speaker_actor", "Who is your favorite speaker/orator?"),
    ("favorite_book_movie_character", "Who is your favorite book/movie character?"),
    ("favorite_sports_player", "Who is your favorite sports player?"),
];

/// What somebody gives to prove that a factor is theirs.
#[derive(Debug, Default)]
pub struct Given {
    pub pass_code: Option<Secret>,
    pub answer: Option<Secret>,
    pub client_data: Option<String>,
    pub authenticator_data: Option<String>,
    pub signature: Option<String>,
    pub attestation: Option<String>,
}

impl Given {
    pub fn read(body: &Map<String, Value>) -> Answer<Given> {
        let text = |name: &str| -> Answer<Option<String>> { Ok(body.text(name)?.map(str::to_owned)) };
        Ok(Given {
            pass_code: text("passCode")?.map(Secret::new),
            answer: text("answer")?.map(Secret::new),
            client_data: text("clientData")?,
            authenticator_data: text("authenticatorData")?,
            signature: text("signatureData")?,
            attestation: text("attestation")?,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.pass_code.is_none() && self.answer.is_none() && self.client_data.is_none()
    }
}

/// Begins to give somebody a factor. `active`: without a proof that it is theirs, where that is possible.
pub async fn enroll(
    change: &mut Change,
    org: &Org,
    user: &User,
    kind: FactorKind,
    profile: &Map<String, Value>,
    active: bool,
) -> Answer<Factor> {
    let terms = enrollment::of(change, user, None).await?;
    if terms.wanted(kind) == Wanted::NotAllowed {
        return Err(Fault::field("factorType", "The factor type is not allowed by the enrollment policy"));
    }
    let known = factor::of_user(change, &user.id).await?;
    if !kind.is_many() && known.iter().any(|factor| factor.active && factor.kind == kind) {
        return Err(Fault::field("factorType", "A factor of this type is already set up."));
    }
    for pending in known.iter().filter(|factor| !factor.active && factor.kind == kind) {
        factor::delete(change, &pending.id).await?;
    }
    if known.len() >= FACTORS_MAX {
        return Err(Fault::field("factorType", "The user has too many factors"));
    }
    let mut kept = Map::new();
    let mut secret = None;
    let mut answer = None;
    match kind {
        FactorKind::Email => {
            let email = profile.text("email")?.unwrap_or(user.profile.email());
            if !email.eq_ignore_ascii_case(user.profile.email()) {
                return Err(Fault::field("email", "The address must be that of the user's profile"));
            }
            kept.insert("email".to_owned(), user.profile.email().into());
        }
        FactorKind::OktaTotp | FactorKind::GoogleTotp => {
            secret = Some(Secret::from_bytes(org.world.random.bytes::<SECRET_BYTES>().to_vec()));
            kept.insert("credentialId".to_owned(), user.login.clone().into());
        }
        FactorKind::Question => {
            let question = profile.text("question")?.unwrap_or_default();
            let (question, text) = QUESTIONS
                .into_iter()
                .find(|(known, _)| *known == question)
                .ok_or_else(|| Fault::field("question", "The question is not one of those that are offered"))?;
            let given = normalised(profile.text("answer")?.unwrap_or_default());
            if !(ANSWER_LEN_MIN..=ANSWER_LEN_MAX).contains(&given.chars().count()) {
                let reason =
                    format!("The security question answer must be at least {ANSWER_LEN_MIN} characters in length");
                return Err(Fault::field("answer", &reason));
            }
            answer = Some(given);
            kept.insert("question".to_owned(), question.into());
            kept.insert("questionText".to_owned(), text.into());
        }
        FactorKind::WebAuthn => {}
    }
    let active = kind == FactorKind::Question || (active && kind == FactorKind::Email);
    let new = NewFactor { user: &user.id, kind, active, profile: &kept, secret: secret.as_ref() };
    let made = factor::create(change, &org.vault, &org.world, &new).await?;
    if let Some(answer) = answer {
        factor::set_answer(change, &made.id, &answer_hash(org, &made, &answer)).await?;
    }
    if active {
        change.record(Event::new("user.mfa.factor.activate").target(Party::user(user)).debug("factor", kind.names().0));
    }
    Ok(made)
}

fn normalised(answer: &str) -> String {
    answer.trim().to_lowercase()
}

fn answer_hash(org: &Org, factor: &Factor, answer: &str) -> String {
    org.vault.keyed_hash("factor answer", format!("{}\0{answer}", factor.id).as_bytes())
}

fn code_hash(org: &Org, factor: &Factor, code: &str) -> String {
    org.vault.keyed_hash("factor code", format!("{}\0{code}", factor.id).as_bytes())
}

/// What is needed to activate a factor that waits for it; a code by mail is sent.
pub async fn activation(change: &mut Change, org: &Org, user: &User, factor: &Factor, own: &Url) -> Answer<Value> {
    let now = change.now;
    Ok(match factor.kind {
        FactorKind::OktaTotp | FactorKind::GoogleTotp => {
            let secret = factor.secret(&org.vault)?.unwrap_or_else(|| Secret::new(""));
            let shared = totp::base32(secret.expose_bytes());
            json!({ "timeStep": totp::STEP_S, "sharedSecret": shared, "encoding": "base32", "keyLength": shared.len() })
        }
        FactorKind::Email => {
            let until = send_code(change, org, user, factor, Template::FactorActivation).await?;
            json!({ "expiresAt": until.to_rfc3339_ms() })
        }
        FactorKind::WebAuthn => {
            let challenge = new_challenge(change, org, factor, now).await?;
            let company = organization::get(change).await?.map(|organization| organization.company_name);
            let others = factor::of_user(change, &user.id).await?;
            let others: Vec<Value> = others
                .iter()
                .filter(|other| other.active && other.kind == factor.kind)
                .map(|other| json!({ "type": "public-key", "id": other.profile.get("credentialId") }))
                .collect();
            json!({
                "attestation": "none",
                "authenticatorSelection": { "userVerification": "preferred", "requireResidentKey": false },
                "challenge": challenge,
                "excludeCredentials": others,
                "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
                "rp": { "id": own.host_str(), "name": company },
                "user": { "id": user.id.as_str(), "name": user.login, "displayName": user.profile.display_name() },
            })
        }
        FactorKind::Question => Value::Null,
    })
}

async fn new_challenge(change: &mut Change, org: &Org, factor: &Factor, now: Instant) -> Answer<String> {
    let challenge = org.world.random.base64url(CHALLENGE_LEN);
    factor::set_code(change, &factor.id, &code_hash(org, factor, &challenge), now.plus(CODE_LIFE)).await?;
    Ok(challenge)
}

/// Sends a code, which ends the one before; until when it is good.
async fn send_code(
    change: &mut Change,
    org: &Org,
    user: &User,
    factor: &Factor,
    template: Template,
) -> Answer<Instant> {
    let code = org.world.random.text(b"0123456789", CODE_DIGITS);
    let until = change.now.plus(CODE_LIFE);
    factor::set_code(change, &factor.id, &code_hash(org, factor, &code), until).await?;
    let body = format!(
        "Hello {},\n\nyour verification code is {code}\n\nIt can be used once, until {}.\n\
         If you are not signing in right now, somebody knows your password: change it.\n",
        user.profile.first_name(),
        until.to_rfc3339_ms()
    );
    let recipient = factor.profile.get("email").and_then(Value::as_str).unwrap_or(user.profile.email());
    let mail =
        Mail { recipient, subject: "Your verification code", body: Secret::new(body), template, user: Some(user) };
    mail::enqueue(change, org, &mail).await?;
    Ok(until)
}

/// Asks somebody to prove a factor: sends a code or makes a challenge. `None`: there is nothing to send, the person has it at hand.
pub async fn challenge(change: &mut Change, org: &Org, user: &User, factor: &Factor) -> Answer<Option<Value>> {
    let now = change.now;
    must_be_open(factor, now)?;
    Ok(match factor.kind {
        FactorKind::Email => {
            let until = send_code(change, org, user, factor, Template::FactorChallenge).await?;
            Some(json!({ "expiresAt": until.to_rfc3339_ms() }))
        }
        FactorKind::WebAuthn => {
            let challenge = new_challenge(change, org, factor, now).await?;
            Some(json!({
                "challenge": { "challenge": challenge, "userVerification": "preferred", "extensions": {} },
                "credentialId": factor.profile.get("credentialId"),
            }))
        }
        FactorKind::OktaTotp | FactorKind::GoogleTotp | FactorKind::Question => None,
    })
}

fn must_be_open(factor: &Factor, now: Instant) -> Answer<()> {
    let closed = factor.failures >= FAILURES_MAX && now.since(factor.failed) < CLOSED_FOR;
    if closed { Err(Fault::new(&codes::E0000069)) } else { Ok(()) }
}

/// Proves a factor that waits for activation, and makes it one that counts. The change is committed if it is refused.
pub async fn activate(
    mut change: Change,
    org: &Org,
    user: &User,
    factor: &Factor,
    given: &Given,
    own: &Url,
) -> Answer<(Change, Factor)> {
    let now = change.now;
    let mut proven = factor.clone();
    let mut secret = None;
    if factor.kind == FactorKind::WebAuthn {
        let registered = match (&given.client_data, &given.attestation) {
            (Some(client_data), Some(attestation)) => {
                let origin = own.origin().ascii_serialization();
                let expected = expected(own, &origin);
                let is_challenge = |challenge: &str| Some(code_hash(org, factor, challenge)) == factor.code_hash;
                webauthn::register(&Expected { is_challenge: &is_challenge, ..expected }, client_data, attestation)
            }
            _ => None,
        };
        let fresh = factor.code_until.is_some_and(|until| until > now);
        let Some(credential) = registered.filter(|_| fresh) else {
            return Err(refused(change, user, factor, Fault::new(&codes::E0000068), now).await?);
        };
        factor::advance(&mut change, &factor.id, i64::from(credential.counter)).await?;
        proven.profile.insert("credentialId".to_owned(), credential.id.into());
        proven.profile.insert("authenticatorName".to_owned(), "Security key".into());
        secret = Some(Secret::from_bytes(credential.key));
    } else {
        change = check(change, org, user, factor, given, own).await?;
    }
    factor::activate(&mut change, &org.vault, &proven, secret.as_ref(), now).await?;
    let name = factor.kind.names().0;
    change.record(Event::new("user.mfa.factor.activate").target(Party::user(user)).debug("factor", name));
    let active = factor::by_id(&mut change, &user.id, &factor.id).await?;
    let active = active.ok_or_else(|| Fault::not_found(&factor.id, "UserFactor"))?;
    Ok((change, active))
}

fn expected<'a>(own: &'a Url, origin: &'a str) -> Expected<'a> {
    Expected { rp_id: own.host_str().unwrap_or_default(), origin, is_challenge: &|_| false }
}

/// Proves a factor. The change goes on if that worked; it is committed, with the failure counted, if it is refused.
pub async fn check(
    mut change: Change,
    org: &Org,
    user: &User,
    factor: &Factor,
    given: &Given,
    own: &Url,
) -> Answer<Change> {
    let now = change.now;
    must_be_open(factor, now)?;
    let wrong =
        || Fault::new(&codes::E0000068).with_cause("Your passcode doesn't match our records. Please try again.");
    let code = given.pass_code.as_ref().map(|code| code.expose().trim()).unwrap_or_default();
    let fault = match factor.kind {
        FactorKind::OktaTotp | FactorKind::GoogleTotp => {
            let secret = factor.secret(&org.vault)?.unwrap_or_else(|| Secret::new(""));
            match totp::read(secret.expose_bytes(), code, now) {
                Reading::Right(step) if factor::advance(&mut change, &factor.id, step).await? => None,
                Reading::Right(_) => Some(Fault::new(&codes::E0000082)),
                Reading::OutsideWindow => Some(Fault::new(&codes::E0000083)),
                Reading::Wrong => Some(wrong()),
            }
        }
        FactorKind::Email => {
            let hash = code_hash(org, factor, code);
            let taken = !code.is_empty() && factor::take_code(&mut change, &factor.id, &hash, now).await?;
            (!taken).then(wrong)
        }
        FactorKind::Question => {
            let answer = given.answer.as_ref().or(given.pass_code.as_ref());
            let hash = answer.map(|answer| answer_hash(org, factor, &normalised(answer.expose())));
            let right = hash.is_some() && hash == factor.answer_hash;
            if right {
                factor::forgive(&mut change, &factor.id).await?;
            }
            (!right).then(|| {
                Fault::new(&codes::E0000068).with_cause("Your answer doesn't match our records. Please try again.")
            })
        }
        FactorKind::WebAuthn => {
            let right = check_assertion(&mut change, org, factor, given, own, now).await?;
            (!right).then(wrong)
        }
    };
    match fault {
        None => Ok(change),
        Some(fault) => Err(refused(change, user, factor, fault, now).await?),
    }
}

async fn check_assertion(
    change: &mut Change,
    org: &Org,
    factor: &Factor,
    given: &Given,
    own: &Url,
    now: Instant,
) -> Answer<bool> {
    let (Some(client_data), Some(data), Some(signature)) =
        (&given.client_data, &given.authenticator_data, &given.signature)
    else {
        return Ok(false);
    };
    let Some(key) = factor.secret(&org.vault)? else { return Ok(false) };
    let Some(hash) = factor.code_hash.clone() else { return Ok(false) };
    let origin = own.origin().ascii_serialization();
    let is_challenge = |challenge: &str| code_hash(org, factor, challenge) == hash;
    let expected = Expected { is_challenge: &is_challenge, ..expected(own, &origin) };
    let Some(counter) = webauthn::check(&expected, key.expose_bytes(), client_data, data, signature) else {
        return Ok(false);
    };
    if !factor::take_code(change, &factor.id, &hash, now).await? {
        return Ok(false);
    }
    // Authenticators without a counter always say 0; one that goes back is a copy.
    let counter = i64::from(counter);
    Ok((counter == 0 && factor.counter == 0) || factor::advance(change, &factor.id, counter).await?)
}

/// Counts the failure and keeps that.
async fn refused(mut change: Change, user: &User, factor: &Factor, fault: Fault, now: Instant) -> Answer<Fault> {
    let before = if now.since(factor.failed) < CLOSED_FOR { factor.failures } else { 0 };
    factor::count_failure(&mut change, &factor.id, before + 1, now).await?;
    let event = Event::new("user.authentication.auth_via_mfa").outcome(Outcome::Failure, "INVALID_CREDENTIALS");
    change.record(event.target(Party::user(user)).debug("factor", factor.kind.names().0));
    change.commit().await?;
    Ok(fault)
}

/// Where an app for codes learns the secret from.
pub fn otpauth(company: &str, user: &User, shared: &str) -> String {
    let label: String = url::form_urlencoded::byte_serialize(user.login.as_bytes()).collect();
    let issuer: String = url::form_urlencoded::byte_serialize(company.as_bytes()).collect();
    format!("otpauth://totp/{label}?secret={shared}&issuer={issuer}&digits={}&period={}", totp::DIGITS, totp::STEP_S)
}
