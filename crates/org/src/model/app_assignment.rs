//! Who is assigned to an app: people directly, and everybody of assigned groups.
//!
//! Invariant: an assignment through a group is no row: it holds exactly while group, membership and group assignment do. A direct
//! one beats it.

use db::{Conn, Row, query};
use serde_json::{Map, Value};
use world::Instant;

use super::{
    app::App,
    condition::Condition,
    id::{AppId, GroupId, UserId},
    user::User,
};
use crate::{Error, Result};

/// One person's assignment to one app.
#[derive(Clone, Debug)]
pub struct AppUser {
    pub user_id: UserId,
    pub user_name: String,
    /// Whether the person is assigned directly, or only through a group.
    pub direct: bool,
    pub profile: Map<String, Value>,
    pub created: Instant,
    pub last_updated: Instant,
}

/// One group's assignment to one app.
#[derive(Clone, Debug)]
pub struct AppGroup {
    pub group_id: GroupId,
    pub priority: i64,
    pub profile: Map<String, Value>,
    pub created: Instant,
    pub last_updated: Instant,
}

/// Direct rows, and rows by group for those who have no direct one; deactivated people are in neither.
const APP_USERS: &str = "select u.id as user_id, u.login as login, d.user_name as user_name, coalesce(d.user_name_folded, u.login_folded) as folded, d.profile as profile, 1 as direct,
        d.created_us as created_us, d.updated_us as updated_us
    from app_user d join org_user u on u.id = d.user_id
    where d.app_id = $1 and u.status <> 'DEPROVISIONED'
    union all
    select u.id, u.login, null, u.login_folded, min(g.profile), 0, min(m.added_us), min(m.added_us)
    from app_group g join group_member m on m.group_id = g.group_id join org_user u on u.id = m.user_id
    where g.app_id = $1 and u.status <> 'DEPROVISIONED'
        and not exists (select 1 from app_user d where d.app_id = g.app_id and d.user_id = u.id)
    group by u.id, u.login, u.login_folded";

impl AppUser {
    fn read(row: &Row) -> Result<AppUser> {
        let login: String = row.get("login")?;
        let user_name: Option<String> = row.get("user_name")?;
        Ok(AppUser {
            user_id: row.get::<String>("user_id")?.into(),
            user_name: user_name.unwrap_or(login),
            direct: row.get("direct")?,
            profile: object(row)?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }
}

impl AppGroup {
    fn read(row: &Row) -> Result<AppGroup> {
        Ok(AppGroup {
            group_id: row.get::<String>("group_id")?.into(),
            priority: row.get("priority")?,
            profile: object(row)?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }
}

fn object(row: &Row) -> Result<Map<String, Value>> {
    let text: String = row.get("profile")?;
    serde_json::from_str(&text).map_err(|error| Error::Stored { what: "app assignment", reason: error.to_string() })
}

/// Whether a person may use an app: it is active, and they are assigned to it in one way or the other.
pub async fn assigned(conn: &mut Conn, app: &App, user: &User) -> Result<bool> {
    Ok(app.active && app_user(conn, &app.id, &user.id).await?.is_some())
}

pub async fn app_user(conn: &mut Conn, app: &AppId, user: &UserId) -> Result<Option<AppUser>> {
    let sql = format!(
        "select user_id, login, user_name, profile, cast(direct as bigint) as direct, created_us, updated_us from ({APP_USERS}) x where user_id = $2"
    );
    let row = query(sql).bind(app.as_str()).bind(user.as_str()).optional(conn).await?;
    row.map(|row| AppUser::read(&row)).transpose()
}

/// A page of the people assigned to an app, in id order; `prefix` is the beginning of their user name.
pub async fn app_users(
    conn: &mut Conn,
    app: &AppId,
    after: Option<&str>,
    prefix: Option<&str>,
    limit: i64,
    within: Option<&Condition>,
) -> Result<Vec<AppUser>> {
    let sql = format!(
        "select user_id, login, user_name, profile, cast(direct as bigint) as direct, created_us, updated_us from ({APP_USERS}) x where user_id > $2"
    );
    let select = query(sql).bind(app.as_str()).bind(after.unwrap_or_default());
    let mut select = Condition::limit(select, within);
    if let Some(prefix) = prefix {
        let placeholder = select.next_placeholder();
        let condition = format!(" and folded like ${placeholder} escape '\\'");
        select = select.push(&condition).bind(super::starts_with(&super::fold(prefix)));
    }
    let placeholder = select.next_placeholder();
    let rows = select.push(&format!(" order by user_id limit ${placeholder}")).bind(limit).all(conn).await?;
    rows.iter().map(AppUser::read).collect()
}

/// Assigns a person directly, or changes the direct assignment.
pub async fn assign_user(
    conn: &mut Conn,
    app: &AppId,
    user: &UserId,
    user_name: Option<&str>,
    profile: &Map<String, Value>,
    now: Instant,
) -> Result<()> {
    query(
        "insert into app_user (app_id, user_id, user_name, user_name_folded, profile, created_us, updated_us) values ($1, $2, $3, $4, $5, $6, $6)
         on conflict (app_id, user_id) do update set user_name = excluded.user_name, user_name_folded = excluded.user_name_folded, profile = excluded.profile, updated_us = excluded.updated_us",
    )
    .bind(app.as_str())
    .bind(user.as_str())
    .bind(user_name)
    .bind(user_name.map(super::fold))
    .bind(Value::Object(profile.clone()).to_string())
    .bind(now.whole_second())
    .execute(conn)
    .await?;
    Ok(())
}

/// `false`: there was no direct assignment.
pub async fn unassign_user(conn: &mut Conn, app: &AppId, user: &UserId) -> Result<bool> {
    let removed = query("delete from app_user where app_id = $1 and user_id = $2");
    Ok(removed.bind(app.as_str()).bind(user.as_str()).execute(conn).await? == 1)
}

/// Ends the direct assignments of a person: at deactivation.
pub async fn unassign_everywhere(conn: &mut Conn, user: &UserId) -> Result<u64> {
    Ok(query("delete from app_user where user_id = $1").bind(user.as_str()).execute(conn).await?)
}

pub async fn app_group(conn: &mut Conn, app: &AppId, group: &GroupId) -> Result<Option<AppGroup>> {
    let row = query(
        "select group_id, priority, profile, created_us, updated_us from app_group where app_id = $1 and group_id = $2",
    );
    let row = row.bind(app.as_str()).bind(group.as_str()).optional(conn).await?;
    row.map(|row| AppGroup::read(&row)).transpose()
}

/// A page of the groups assigned to an app, in id order.
pub async fn app_groups(
    conn: &mut Conn,
    app: &AppId,
    after: Option<&str>,
    limit: i64,
    within: Option<&Condition>,
) -> Result<Vec<AppGroup>> {
    let select = query(
        "select group_id, priority, profile, created_us, updated_us from app_group where app_id = $1 and group_id > $2",
    );
    let select = Condition::limit(select.bind(app.as_str()).bind(after.unwrap_or_default()), within);
    let placeholder = select.next_placeholder();
    let rows = select.push(&format!(" order by group_id limit ${placeholder}")).bind(limit).all(conn).await?;
    rows.iter().map(AppGroup::read).collect()
}

/// Assigns a group, or changes its assignment; without a priority it comes last.
pub async fn assign_group(
    conn: &mut Conn,
    app: &AppId,
    group: &GroupId,
    priority: Option<i64>,
    profile: &Map<String, Value>,
    now: Instant,
) -> Result<()> {
    let priority = match priority {
        Some(priority) => priority,
        None => {
            let row = query("select coalesce(max(priority) + 1, 0) as next from app_group where app_id = $1")
                .bind(app.as_str())
                .one(conn)
                .await?;
            row.get("next")?
        }
    };
    query(
        "insert into app_group (app_id, group_id, priority, profile, created_us, updated_us) values ($1, $2, $3, $4, $5, $5)
         on conflict (app_id, group_id) do update set priority = excluded.priority, profile = excluded.profile, updated_us = excluded.updated_us",
    )
    .bind(app.as_str())
    .bind(group.as_str())
    .bind(priority)
    .bind(Value::Object(profile.clone()).to_string())
    .bind(now.whole_second())
    .execute(conn)
    .await?;
    Ok(())
}

/// `false`: the group was not assigned.
pub async fn unassign_group(conn: &mut Conn, app: &AppId, group: &GroupId) -> Result<bool> {
    let removed = query("delete from app_group where app_id = $1 and group_id = $2");
    Ok(removed.bind(app.as_str()).bind(group.as_str()).execute(conn).await? == 1)
}

/// A page of the apps that a group is assigned to, in id order.
pub async fn apps_of_group(
    conn: &mut Conn,
    group: &GroupId,
    after: Option<&str>,
    limit: i64,
    within: Option<&Condition>,
) -> Result<Vec<App>> {
    let select = super::app::select()
        .push(" and a.id in (select app_id from app_group where group_id = $1) and a.id > $2")
        .bind(group.as_str())
        .bind(after.unwrap_or_default());
    let select = Condition::limit(select, within);
    let placeholder = select.next_placeholder();
    let rows = select.push(&format!(" order by a.id limit ${placeholder}")).bind(limit);
    super::app::from_rows(&rows.all(conn).await?)
}
