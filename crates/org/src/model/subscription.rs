//! What administrators are told of by mail: each by their own decision, else by that for one of their roles, else by the role's default.

use db::{Conn, query};

use super::role::RoleType;
use crate::Result;

pub const TYPES: [&str; 13] = [
    "AD_AGENT",
    "AGENT_AUTO_UPDATE_NOTIFICATION",
    "AGENT_AUTO_UPDATE_NOTIFICATION_LDAP",
    "APP_IMPORT",
    "CONNECTOR_AGENT",
    "IWA_AGENT",
    "LDAP_AGENT",
    "OKTA_ANNOUNCEMENT",
    "OKTA_UPDATE",
    "RATELIMIT_NOTIFICATION",
    "REPORT_SUSPICIOUS_ACTIVITY",
    "USER_DEPROVISION",
    "USER_LOCKED_OUT",
];
/// What nobody is told of who has not asked for it.
const ON_REQUEST: [&str; 2] = ["USER_DEPROVISION", "USER_LOCKED_OUT"];

/// What was decided for a person or a role; none where nothing was.
pub async fn decided(conn: &mut Conn, subject: &str, kind: &str) -> Result<Option<bool>> {
    let row = query("select subscribed from subscription where subject = $1 and type = $2");
    let row = row.bind(subject).bind(kind).optional(conn).await?;
    Ok(row.map(|row| row.get("subscribed")).transpose()?)
}

pub async fn decide(conn: &mut Conn, subject: &str, kind: &str, subscribed: bool) -> Result<()> {
    query(
        "insert into subscription (subject, type, subscribed) values ($1, $2, $3)
         on conflict (subject, type) do update set subscribed = excluded.subscribed",
    )
    .bind(subject)
    .bind(kind)
    .bind(subscribed)
    .execute(conn)
    .await?;
    Ok(())
}

fn usual(role: RoleType, kind: &str) -> bool {
    matches!(role, RoleType::SuperAdmin | RoleType::OrgAdmin) && !ON_REQUEST.contains(&kind)
}

pub async fn of_role(conn: &mut Conn, role: RoleType, kind: &str) -> Result<bool> {
    Ok(decided(conn, role.as_str(), kind).await?.unwrap_or_else(|| usual(role, kind)))
}

/// Whether somebody with these roles is told.
pub async fn of_person(conn: &mut Conn, id: &str, roles: &[RoleType], kind: &str) -> Result<bool> {
    if let Some(own) = decided(conn, id, kind).await? {
        return Ok(own);
    }
    for role in roles {
        if of_role(conn, *role, kind).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
