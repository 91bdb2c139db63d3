//! Sending what is in the outbox, where the configuration names a mail server. Without one everything stays in the outbox.
//!
//! Invariant: a mail is sent at least once or given up: after a refusal at once, after failures that may pass with the attempt
//! [`ATTEMPTS_MAX`]. Whoever takes one up holds it for [`HELD`].

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::authentication::Credentials,
};

use super::queue::{self, Kept};
use crate::{
    Error, Org, Result,
    config::{MailProfile, MailSecurity},
};

pub const ATTEMPTS_MAX: i64 = 10;
const HELD: Duration = Duration::from_secs(120);
/// A mail server has so long for a mail.
const SENT_WITHIN: Duration = Duration::from_secs(30);
const LOOKED_AT_EVERY: Duration = Duration::from_secs(1);
const AT_ONCE: i64 = 10;
/// The first pause after a failure; each is twice as long as the one before, up to the last.
pub const PAUSE: Duration = Duration::from_secs(60);
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3_600);
const ERROR_LEN_MAX: usize = 300;

/// Sends for as long as the org runs.
pub async fn work(org: Org) {
    let Some(profile) = org.config.mail.clone() else { return };
    let transport = match transport(&profile) {
        Ok(transport) => transport,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "no mail can be sent");
            return;
        }
    };
    loop {
        match pass(&org, &profile, &transport).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "mails could not be sent"),
        }
        tokio::time::sleep(LOOKED_AT_EVERY).await;
    }
}

type Transport = AsyncSmtpTransport<Tokio1Executor>;

fn transport(profile: &MailProfile) -> Result<Transport> {
    let wrong = |error: lettre::transport::smtp::Error| Error::Setting { name: "mail", reason: error.to_string() };
    let builder = match profile.security {
        MailSecurity::Tls => Transport::relay(&profile.host).map_err(wrong)?,
        MailSecurity::StartTls => Transport::starttls_relay(&profile.host).map_err(wrong)?,
        MailSecurity::None => Transport::builder_dangerous(&profile.host),
    };
    let builder = builder.port(profile.port).timeout(Some(SENT_WITHIN));
    let credentials = profile.username.clone().zip(profile.password.as_ref());
    Ok(match credentials {
        Some((name, password)) => builder.credentials(Credentials::new(name, password.expose().to_owned())).build(),
        None => builder.build(),
    })
}

/// `false`: there was nothing to send.
async fn pass(org: &Org, profile: &MailProfile, transport: &Transport) -> Result<bool> {
    let now = org.now();
    if !queue::is_due(&mut *org.db.read().await?, now).await? {
        return Ok(false);
    }
    let mut tx = org.db.begin().await?;
    let mails = queue::take(&mut tx, now, now.plus(HELD), AT_ONCE).await?;
    tx.commit().await?;
    for mail in mails {
        let sent = send(org, profile, transport, &mail).await;
        let mut tx = org.db.begin().await?;
        match sent {
            Ok(()) => queue::sent(&mut tx, &mail.id, org.now()).await?,
            Err(Failure { reason, may_pass }) => {
                let again =
                    (may_pass && mail.attempts + 1 < ATTEMPTS_MAX).then(|| org.now().plus(pause(mail.attempts)));
                tracing::warn!(mail = %mail.id, reason, again = again.is_some(), "a mail could not be sent");
                queue::failed(&mut tx, &mail.id, &reason, again).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(true)
}

fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts).unwrap_or(u32::MAX).min(16);
    PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(PAUSE_MAX)
}

struct Failure {
    reason: String,
    may_pass: bool,
}

impl Failure {
    fn for_good(reason: impl std::fmt::Display) -> Failure {
        Failure { reason: shortened(&reason), may_pass: false }
    }
}

fn shortened(reason: &impl std::fmt::Display) -> String {
    reason.to_string().chars().take(ERROR_LEN_MAX).collect()
}

async fn send(org: &Org, profile: &MailProfile, transport: &Transport, mail: &Kept) -> Result<(), Failure> {
    let from: Mailbox = profile.from.parse().map_err(Failure::for_good)?;
    let to: Mailbox = mail.recipient.parse().map_err(Failure::for_good)?;
    let body = mail.body(&org.vault).map_err(Failure::for_good)?;
    let message = Message::builder().from(from).to(to).subject(&mail.subject).header(ContentType::TEXT_PLAIN);
    let message = message.body(body.expose().to_owned()).map_err(Failure::for_good)?;
    match transport.send(message).await {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure { reason: shortened(&error), may_pass: !error.is_permanent() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_the_longest() {
        assert_eq!((pause(0), pause(1), pause(3)), (PAUSE, 2 * PAUSE, 8 * PAUSE));
        assert_eq!((pause(12), pause(i64::MAX)), (PAUSE_MAX, PAUSE_MAX));
    }
}
