//! The outbox, for administrators: what was mailed, what waits, what failed.
//!
//! Invariant: what a mail says is opened here alone, and only for whoever could act for its recipient anyway: a link in it leads into an
//! account.

use axum::{Json, extract::State};
use db::Conn;
use serde_json::{Value, json};

use super::administrator::Administrator;
use crate::{
    Org,
    api::paging::{Asked, Beyond, invalid_cursor},
    error::{Answer, Fault},
    mail::{
        self,
        queue::{self, Kept},
    },
    model::{id::UserId, role::RoleType},
};

const LIMIT: i64 = 50;
const LIMIT_MAX: i64 = 200;

/// `GET /admin/api/outbox`: newest first; `after` goes on behind the mail of that id.
pub async fn list(State(org): State<Org>, administrator: Administrator, asked: Asked) -> Answer<Json<Value>> {
    if !administrator.has_role(RoleType::SuperAdmin) && !administrator.has_role(RoleType::OrgAdmin) {
        return Err(Fault::forbidden());
    }
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let before = asked.get("after");
    if before.is_some_and(|id| !id.starts_with(mail::PREFIX)) {
        return Err(invalid_cursor());
    }
    let mut reader = org.db.read().await?;
    let mut mails = queue::page(&mut reader, before, limit + 1).await?;
    let more = i64::try_from(mails.len()).unwrap_or(i64::MAX) > limit;
    mails.truncate(usize::try_from(limit).unwrap_or_default());
    let next = mails.last().filter(|_| more).map(|mail| mail.id.clone());
    let mut shown = Vec::with_capacity(mails.len());
    for mail in &mails {
        shown.push(body(&org, &mut reader, &administrator, mail).await?);
    }
    Ok(Json(json!({ "mails": shown, "next": next, "sends": org.config.mail.is_some() })))
}

async fn body(org: &Org, conn: &mut Conn, administrator: &Administrator, mail: &Kept) -> Answer<Value> {
    let readable = match &mail.user_id {
        Some(id) => administrator.must_outrank(conn, &UserId::from(id.as_str())).await.is_ok(),
        None => administrator.has_role(RoleType::SuperAdmin),
    };
    let text = if readable { Some(mail.body(&org.vault)?.expose().to_owned()) } else { None };
    Ok(json!({
        "id": mail.id,
        "created": mail.created.to_rfc3339_ms(),
        "recipient": mail.recipient,
        "subject": mail.subject,
        "template": mail.template,
        "userId": mail.user_id,
        "status": mail.status,
        "attempts": mail.attempts,
        "lastError": mail.last_error,
        "sent": mail.sent.map(|sent| sent.to_rfc3339_ms()),
        "body": text,
    }))
}
