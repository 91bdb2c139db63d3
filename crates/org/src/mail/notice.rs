//! Mails to administrators about the org itself.
//!
//! Invariant: only whoever subscribed to a notification gets it, and nobody is told of the same again within [`TOLD_EVERY`].

use std::time::Duration;

use db::Conn;
use vault::Secret;

use super::{Mail, Template, enqueue};
use crate::{
    Org, Result,
    model::{
        role::{self, RoleType},
        setting, subscription,
        user::{self, Status},
    },
};

/// Whether administrators are told of rate limits; they are while nobody has decided.
pub const RATE_LIMIT_SETTING: &str = "rateLimit.adminNotifications";
const TOLD_SETTING: &str = "rateLimit.told";
pub const TOLD_EVERY: Duration = Duration::from_secs(3_600);
const RECIPIENTS_MAX: i64 = 50;

/// Tells administrators that calls come near a rate limit, or beyond it.
pub async fn about_rate_limit(conn: &mut Conn, org: &Org, what: &str) -> Result<()> {
    if setting::value(conn, RATE_LIMIT_SETTING).await?.as_bool() == Some(false) {
        return Ok(());
    }
    let now = org.now();
    if setting::get(conn, TOLD_SETTING).await?.is_some_and(|(_, told)| now.since(told) < TOLD_EVERY) {
        return Ok(());
    }
    setting::set(conn, TOLD_SETTING, &true.into(), now).await?;
    for id in role::people_with_roles(conn, RECIPIENTS_MAX).await? {
        let Some(person) = user::by_id(conn, &id).await?.filter(|person| person.status == Status::Active) else {
            continue;
        };
        let roles: Vec<RoleType> = role::roles_of(conn, &id).await?.iter().map(|role| role.kind).collect();
        if !subscription::of_person(conn, id.as_str(), &roles, "RATELIMIT_NOTIFICATION").await? {
            continue;
        }
        let body = format!(
            "Hello {},\n\n{what}\n\nThe System Log has the calls. You get this mail because you are subscribed to notifications of rate limits.\n",
            person.profile.first_name()
        );
        let mail = Mail {
            recipient: person.profile.email(),
            subject: "Rate limits of your org",
            body: Secret::new(body),
            template: Template::RateLimit,
            user: Some(&person),
        };
        enqueue(conn, org, &mail).await?;
    }
    Ok(())
}
