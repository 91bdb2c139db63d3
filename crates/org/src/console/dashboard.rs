//! The console's first page: how much of everything there is, what waits for somebody, what happened last.

use std::time::Duration;

use axum::{Json, extract::State};
use db::{Conn, query};
use serde_json::{Map, Value, json};
use world::Instant;

use super::administrator::Administrator;
use crate::{
    Org, Result,
    error::Answer,
    model::{
        app, group,
        log::{self, Reading, Window},
        token,
        user::{self, Status},
    },
    operations::Right,
};

const RECENT: i64 = 10;
const RECENT_WITHIN: Duration = Duration::from_secs(7 * 24 * 3_600);
const LAPSING_WITHIN: Duration = Duration::from_secs(7 * 24 * 3_600);

/// `GET /admin/api/dashboard`
pub async fn show(State(org): State<Org>, administrator: Administrator) -> Answer<Json<Value>> {
    let now = org.now();
    let mut reader = org.db.read().await?;
    let counts = user::count_by_status(&mut reader).await?;
    let people: Map<String, Value> =
        counts.iter().map(|(status, count)| (status.as_str().to_owned(), (*count).into())).collect();
    let tokens = token::count(&mut reader, now).await?;
    let tasks = tasks(&mut reader, &counts, now).await?;
    let may_read_log = Right::named("logs.read").is_some_and(|right| administrator.may(right));
    let recent = if may_read_log { recent(&mut reader, now).await? } else { Vec::new() };
    Ok(Json(json!({
        "people": people,
        "groups": group::count(&mut reader).await?,
        "apps": app::count(&mut reader).await?,
        "tokens": tokens,
        "tasks": tasks,
        "recent": recent,
    })))
}

async fn recent(conn: &mut Conn, now: Instant) -> Result<Vec<Value>> {
    let window = Window {
        since: now.minus(RECENT_WITHIN),
        until: None,
        event_type: None,
        reading: Reading::Bounded { after: None, descending: true },
    };
    Ok(log::read(conn, &window, RECENT).await?.into_iter().map(|logged| logged.body).collect())
}

async fn tasks(conn: &mut Conn, counts: &[(Status, i64)], now: Instant) -> Result<Vec<Value>> {
    let of = |status: Status| counts.iter().find(|(known, _)| *known == status).map_or(0, |(_, count)| *count);
    let lapsing =
        query("select count(*) as n from api_token where revoked_us is null and expires_us > $1 and expires_us <= $2");
    let lapsing: i64 = lapsing.bind(now).bind(now.plus(LAPSING_WITHIN)).one(conn).await?.get("n")?;
    let unassigned = query(
        "select count(*) as n from app a where a.status = 'ACTIVE' and not exists (select 1 from app_user u where u.app_id = a.id)
            and not exists (select 1 from app_group g where g.app_id = a.id)",
    );
    let unassigned: i64 = unassigned.one(conn).await?.get("n")?;
    let found = [
        (
            "tokens-lapsing",
            lapsing,
            "API token lapses",
            "API tokens lapse",
            "Within 7 days, unless a call is made with it.",
            "/admin/security/api/tokens",
        ),
        (
            "people-locked",
            of(Status::LockedOut),
            "person is locked out",
            "people are locked out",
            "After wrong passwords. The lock ends by itself, or by Unlock.",
            "/admin/directory/people?status=LOCKED_OUT",
        ),
        (
            "people-pending",
            of(Status::Provisioned),
            "person has not set a password yet",
            "people have not set a password yet",
            "Send the activation link again, or give it to them.",
            "/admin/directory/people?status=PROVISIONED",
        ),
        (
            "apps-unassigned",
            unassigned,
            "application is assigned to nobody",
            "applications are assigned to nobody",
            "Nobody can sign in to it until a person or a group is assigned.",
            "/admin/applications",
        ),
    ];
    let tasks = found.into_iter().filter(|(_, count, ..)| *count > 0);
    Ok(tasks.map(|(kind, count, one, many, detail, href)| json!({ "kind": kind, "title": format!("{count} {}", if count == 1 { one } else { many }), "detail": detail, "href": href })).collect())
}
