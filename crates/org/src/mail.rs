//! The outbox: mails to people, kept from the moment they are asked for.
//!
//! Invariant: a mail is written in the transaction that it tells of, so neither is without the other. What it says can lead into an
//! account; it is sealed in the vault and in no log.

pub mod delivery;
pub mod notice;
pub mod queue;

use db::{Conn, Migration, query};
use vault::Secret;
use world::Instant;

use crate::{
    Org, Result,
    model::{
        id,
        link::{self, Purpose},
        user::User,
    },
};

/// 0070.
pub const MIGRATIONS: &[Migration] = &[Migration::new(70, "outbox", include_str!("../migrations/0070_outbox.sql"))];

/// What ids of mails begin with.
pub const PREFIX: &str = "oml";
/// Mails that one person can have waiting; the oldest gives way to a new one.
pub const WAITING_PER_PERSON_MAX: i64 = 50;
/// Mails that are done with are kept so long, and are removed so many at once.
const KEPT_DAYS: u64 = 30;
const FORGOTTEN_AT_ONCE: i64 = 100;

/// What a mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    Activation,
    PasswordReset,
    Unlock,
    FactorActivation,
    FactorChallenge,
    RateLimit,
}

impl Template {
    pub fn as_str(self) -> &'static str {
        match self {
            Template::Activation => "UserActivation",
            Template::PasswordReset => "ForgotPassword",
            Template::Unlock => "AccountUnlock",
            Template::FactorActivation => "EmailFactorVerification",
            Template::FactorChallenge => "EmailChallenge",
            Template::RateLimit => "RateLimitNotification",
        }
    }
}

/// A mail that is to be sent.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    pub recipient: &'a str,
    pub subject: &'a str,
    /// Plain text.
    pub body: Secret,
    pub template: Template,
    pub user: Option<&'a User>,
}

/// What the vault knows the body of this mail by.
pub fn identity(id: &str) -> String {
    format!("mail {id}")
}

/// Puts a mail into the outbox; its id.
pub async fn enqueue(conn: &mut Conn, org: &Org, mail: &Mail<'_>) -> Result<String> {
    let now = org.now();
    make_room(conn, mail, now).await?;
    let id = id::generate(PREFIX, &org.world);
    query(
        "insert into outbox (id, created_us, recipient, subject, body, template, user_id, status, attempts)
         values ($1, $2, $3, $4, $5, $6, $7, 'QUEUED', 0)",
    )
    .bind(&id)
    .bind(now)
    .bind(mail.recipient)
    .bind(mail.subject)
    .bind(org.vault.seal(&identity(&id), &mail.body))
    .bind(mail.template.as_str())
    .bind(mail.user.map(|user| user.id.as_str()))
    .execute(conn)
    .await?;
    Ok(id)
}

/// Sends somebody a link of one use, which ends the older ones.
pub async fn send_link(conn: &mut Conn, org: &Org, user: &User, purpose: Purpose, token: &Secret) -> Result<()> {
    let address = crate::state::base(org.first_address());
    let link = format!("{address}{}{}", purpose.path(), token.expose());
    let (template, subject, what) = match purpose {
        Purpose::Welcome => {
            (Template::Activation, "Activate your account", "An account was made for you. Choose a password here:")
        }
        Purpose::ResetPassword => (
            Template::PasswordReset,
            "Reset your password",
            "A new password was asked for your account. Choose it here:",
        ),
        Purpose::Unlock => {
            (Template::Unlock, "Unlock your account", "Wrong passwords have locked your account. Unlock it here:")
        }
    };
    let body = format!(
        "Hello {},\n\n{what}\n{link}\n\nThe link can be used once, until {}. Your username is {}.\n\
         If you did not expect this mail, tell your administrator.\n",
        user.profile.first_name(),
        link::lasts_until(purpose, org.now()).to_rfc3339_ms(),
        user.login
    );
    let mail = Mail { recipient: user.profile.email(), subject, body: Secret::new(body), template, user: Some(user) };
    enqueue(conn, org, &mail).await?;
    Ok(())
}

/// Mails of long ago go, and of what waits for one person the oldest beyond [`WAITING_PER_PERSON_MAX`].
async fn make_room(conn: &mut Conn, mail: &Mail<'_>, now: Instant) -> Result<()> {
    query(
        "delete from outbox where id in
            (select id from outbox where status in ('SENT', 'FAILED') and created_us < $1 order by created_us limit $2)",
    )
    .bind(now.minus(std::time::Duration::from_secs(KEPT_DAYS * 86_400)))
    .bind(FORGOTTEN_AT_ONCE)
    .execute(conn)
    .await?;
    let Some(user) = mail.user else { return Ok(()) };
    let waiting = query("select id from outbox where user_id = $1 and status = 'QUEUED' order by id desc");
    let waiting = waiting.bind(user.id.as_str()).all(conn).await?;
    for row in waiting.iter().skip(usize::try_from(WAITING_PER_PERSON_MAX - 1).unwrap_or_default()) {
        query("delete from outbox where id = $1").bind(row.get::<String>("id")?).execute(conn).await?;
    }
    Ok(())
}
