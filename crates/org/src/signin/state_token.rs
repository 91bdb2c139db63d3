//! State tokens: a sign-in that goes on, since more is asked than a name and a password.
//!
//! Invariant: a state token that leads to a session is taken by one conditional delete; until then it may be tried again.

use std::time::Duration;

use db::{Conn, query};
use serde::{Deserialize, Serialize};
use vault::Secret;
use world::Instant;

use super::session::Proof;
use crate::{Error, Org, Result, model::id::UserId};

pub const LIFE: Duration = Duration::from_secs(300);
const LEN: usize = 42;
const SWEPT_AT_ONCE: i64 = 100;

macro_rules! steps {
    ($($variant:ident $text:literal;)*) => {
        /// Where a sign-in stands, as the API writes it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Step { $($variant,)* }

        impl Step {
            pub fn as_str(self) -> &'static str {
                match self { $(Step::$variant => $text,)* }
            }

            fn parse(text: &str) -> Option<Step> {
                match text { $($text => Some(Step::$variant),)* _ => None }
            }
        }
    };
}

steps! {
    PasswordExpired "PASSWORD_EXPIRED";
    PasswordWarn "PASSWORD_WARN";
    PasswordReset "PASSWORD_RESET";
    Recovery "RECOVERY";
    MfaEnroll "MFA_ENROLL";
    MfaEnrollActivate "MFA_ENROLL_ACTIVATE";
    MfaRequired "MFA_REQUIRED";
    MfaChallenge "MFA_CHALLENGE";
}

/// What a sign-in has behind it, and what was asked for at its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    pub amr: Vec<String>,
    /// When a factor was verified, in µs since 1970.
    pub factor_us: Option<i64>,
    /// The factor that is being proven or enrolled.
    pub factor: Option<String>,
    /// The cookie is to outlive the browser's window.
    pub kept: bool,
    /// The keyed hash of the device's token.
    pub device: Option<String>,
    pub warns: bool,
    pub warned: bool,
    pub enrolls_optional: bool,
    pub skipped_enrollment: bool,
    /// A factor is wanted whatever the sign-on policy says.
    pub needs_factor: bool,
    /// Not a new session: the one of this public id is strengthened.
    pub session: Option<String>,
    /// `PASSWORD` or `UNLOCK`, while somebody recovers.
    pub recovery: Option<String>,
}

/// What a state token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub user: UserId,
    pub step: Step,
    pub relay_state: Option<String>,
    pub detail: Detail,
}

impl State {
    /// Of somebody whose password was right.
    pub fn after_password(user: &UserId, relay_state: Option<String>) -> State {
        let detail = Detail { amr: Proof::password().amr, ..Detail::default() };
        State { user: user.clone(), step: Step::MfaRequired, relay_state, detail }
    }

    pub fn proof(&self) -> Proof {
        Proof { amr: self.detail.amr.clone(), factor_at: self.detail.factor_us.map(Instant::from_us) }
    }

    /// Notes that a factor was verified.
    pub fn note_factor(&mut self, method: &str, now: Instant) {
        let proof = self.proof().with_factor(method, now);
        self.detail.amr = proof.amr;
        self.detail.factor_us = Some(now.as_us());
        self.detail.factor = None;
    }
}

/// Makes a token for a state that was not kept yet.
pub async fn create(conn: &mut Conn, org: &Org, state: &State) -> Result<(Secret, Instant)> {
    let now = org.now();
    query("delete from sign_in_state where token_hash in (select token_hash from sign_in_state where expires_us < $1 order by expires_us limit $2)")
        .bind(now)
        .bind(SWEPT_AT_ONCE)
        .execute(conn)
        .await?;
    let token = Secret::new(format!("00{}", org.world.random.base64url(LEN - 2)));
    let expires = now.plus(LIFE);
    query(
        "insert into sign_in_state (token_hash, user_id, status, relay_state, expires_us, detail) values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(hash(org, &token))
    .bind(state.user.as_str())
    .bind(state.step.as_str())
    .bind(state.relay_state.clone())
    .bind(expires)
    .bind(detail(state)?)
    .execute(conn)
    .await?;
    Ok((token, expires))
}

/// Keeps how far the sign-in of a token has come; its window begins again.
pub async fn put(conn: &mut Conn, org: &Org, token: &Secret, state: &State) -> Result<Instant> {
    let expires = org.now().plus(LIFE);
    query("update sign_in_state set status = $1, detail = $2, expires_us = $3 where token_hash = $4")
        .bind(state.step.as_str())
        .bind(detail(state)?)
        .bind(expires)
        .bind(hash(org, token))
        .execute(conn)
        .await?;
    Ok(expires)
}

fn detail(state: &State) -> Result<String> {
    serde_json::to_string(&state.detail)
        .map_err(|error| Error::Stored { what: "sign-in state", reason: error.to_string() })
}

/// What the token stands for, leaving it as it is. Its window begins again.
pub async fn peek(conn: &mut Conn, org: &Org, token: &Secret) -> Result<Option<(State, Instant)>> {
    let now = org.now();
    let expires = now.plus(LIFE);
    let row = query(
        "update sign_in_state set expires_us = $1 where token_hash = $2 and expires_us > $3
         returning user_id, status, relay_state, detail",
    );
    let row = row.bind(expires).bind(hash(org, token)).bind(now).optional(conn).await?;
    row.map(|row| Ok((read(&row)?, expires))).transpose()
}

/// Takes the token: of any number of callers at once one gets what it stands for.
pub async fn take(conn: &mut Conn, org: &Org, token: &Secret) -> Result<Option<State>> {
    let row = query(
        "delete from sign_in_state where token_hash = $1 and expires_us > $2 returning user_id, status, relay_state, detail",
    );
    let row = row.bind(hash(org, token)).bind(org.now()).optional(conn).await?;
    row.map(|row| read(&row)).transpose()
}

fn read(row: &db::Row) -> Result<State> {
    let stored = |reason: String| Error::Stored { what: "sign-in state", reason };
    let (step, detail): (String, String) = (row.get("status")?, row.get("detail")?);
    Ok(State {
        user: row.get::<String>("user_id")?.into(),
        step: Step::parse(&step).ok_or_else(|| stored(format!("unknown step {step}")))?,
        relay_state: row.get("relay_state")?,
        detail: serde_json::from_str(&detail).map_err(|error| stored(error.to_string()))?,
    })
}

fn hash(org: &Org, token: &Secret) -> String {
    org.vault.keyed_hash("state token", token.expose_bytes())
}
