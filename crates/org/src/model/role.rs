//! Administrator roles: who has which, and what a role may do.
//!
//! Invariant: rights are asked for at every call; nothing of a person's rights is kept in a token or session.

use db::{Conn, Row, query};
use world::{Instant, World};

use super::{
    binding,
    id::{AppId, GroupId, RoleId, UserId},
    role_target::{self, RoleTarget},
};
use crate::{Error, Result};

macro_rules! role_types {
    ($($variant:ident $text:literal $label:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum RoleType { $($variant,)* }

        impl RoleType {
            pub const ALL: &[RoleType] = &[$(RoleType::$variant,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(RoleType::$variant => $text,)* }
            }

            pub fn label(self) -> &'static str {
                match self { $(RoleType::$variant => $label,)* }
            }

            pub fn parse(text: &str) -> Option<RoleType> {
                match text { $($text => Some(RoleType::$variant),)* _ => None }
            }
        }
    };
}

// Strongest first: `strongest` relies on it.
role_types! {
    SuperAdmin "SUPER_ADMIN" "Super Administrator";
    OrgAdmin "ORG_ADMIN" "Organizational Administrator";
    ApiAccessManagementAdmin "API_ACCESS_MANAGEMENT_ADMIN" "API Access Management Administrator";
    AppAdmin "APP_ADMIN" "Application Administrator";
    UserAdmin "USER_ADMIN" "Group Administrator";
    GroupMembershipAdmin "GROUP_MEMBERSHIP_ADMIN" "Group Membership Administrator";
    HelpDeskAdmin "HELP_DESK_ADMIN" "Help Desk Administrator";
    ReadOnlyAdmin "READ_ONLY_ADMIN" "Read-only Administrator";
    ReportAdmin "REPORT_ADMIN" "Report Administrator";
}

/// What a kind of role can be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    Groups,
    Apps,
}

impl RoleType {
    pub fn targets(self) -> Option<TargetKind> {
        match self {
            RoleType::UserAdmin | RoleType::GroupMembershipAdmin | RoleType::HelpDeskAdmin => Some(TargetKind::Groups),
            RoleType::AppAdmin => Some(TargetKind::Apps),
            _ => None,
        }
    }
}

/// One role given to one person or group.
#[derive(Clone, Debug)]
pub struct AdminRole {
    pub id: RoleId,
    pub kind: RoleType,
    pub assignee: Assignee,
    /// What it is limited to; empty: nothing.
    pub targets: Vec<RoleTarget>,
    pub created: Instant,
    pub last_updated: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee {
    User(UserId),
    Group(GroupId),
    /// An app that acts for itself.
    Client(AppId),
}

impl AdminRole {
    const COLUMNS: &str = "r.id, r.type, r.user_id, r.group_id, r.created_us, r.updated_us";

    fn read(row: &Row) -> Result<AdminRole> {
        let kind: String = row.get("type")?;
        let user: Option<String> = row.get("user_id")?;
        let group: Option<String> = row.get("group_id")?;
        let stored = |reason: String| Error::Stored { what: "administrator role", reason };
        let assignee = match (user, group) {
            (Some(user), None) => Assignee::User(user.into()),
            (None, Some(group)) => Assignee::Group(group.into()),
            _ => return Err(stored("it belongs to nobody".to_owned())),
        };
        Ok(AdminRole {
            id: row.get::<String>("id")?.into(),
            kind: RoleType::parse(&kind).ok_or_else(|| stored(format!("unknown type {kind}")))?,
            assignee,
            targets: Vec::new(),
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }
}

/// Every role that a person has now, by own assignment or through a group.
pub async fn roles_of(conn: &mut Conn, user: &UserId) -> Result<Vec<AdminRole>> {
    let sql = format!(
        "select {} from admin_role r
         where r.user_id = $1 or r.group_id in (select group_id from group_member where user_id = $1) order by r.id",
        AdminRole::COLUMNS
    );
    let rows = query(sql).bind(user.as_str()).all(conn).await?;
    with_targets(conn, rows.iter().map(AdminRole::read).collect::<Result<_>>()?).await
}

/// Roles with their targets: only few kinds have any.
async fn with_targets(conn: &mut Conn, mut roles: Vec<AdminRole>) -> Result<Vec<AdminRole>> {
    for role in roles.iter_mut().filter(|role| role.kind.targets().is_some()) {
        role.targets = role_target::of_role(conn, role).await?;
    }
    Ok(roles)
}

/// The roles assigned to this group itself.
pub async fn roles_of_group(conn: &mut Conn, group: &GroupId) -> Result<Vec<AdminRole>> {
    let sql = format!("select {} from admin_role r where r.group_id = $1 order by r.id", AdminRole::COLUMNS);
    let rows = query(sql).bind(group.as_str()).all(conn).await?;
    with_targets(conn, rows.iter().map(AdminRole::read).collect::<Result<_>>()?).await
}

/// Whether being in the group makes somebody an administrator of any kind.
pub async fn is_given_by(conn: &mut Conn, group: &GroupId) -> Result<bool> {
    Ok(!roles_of_group(conn, group).await?.is_empty() || !binding::of_group(conn, group).await?.is_empty())
}

/// The roles of an app: what it may do where it acts for itself.
pub async fn roles_of_client(conn: &mut Conn, app: &AppId) -> Result<Vec<AdminRole>> {
    let rows = query("select id, type, created_us, updated_us from client_role where app_id = $1 order by id");
    let rows = rows.bind(app.as_str()).all(conn).await?;
    let read = |row: &Row| {
        let kind: String = row.get("type")?;
        Ok(AdminRole {
            id: row.get::<String>("id")?.into(),
            kind: RoleType::parse(&kind)
                .ok_or_else(|| Error::Stored { what: "administrator role", reason: format!("unknown type {kind}") })?,
            assignee: Assignee::Client(app.clone()),
            targets: Vec::new(),
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    };
    with_targets(conn, rows.iter().map(read).collect::<Result<_>>()?).await
}

/// `None`: the assignee has it already.
pub async fn grant(conn: &mut Conn, world: &World, kind: RoleType, assignee: &Assignee) -> Result<Option<AdminRole>> {
    let id = RoleId::new(world);
    let now = world.now().whole_second();
    let (sql, assignee_id) = match assignee {
        Assignee::User(user) => (
            "insert into admin_role (id, type, user_id, created_us, updated_us) values ($1, $2, $3, $4, $4) on conflict do nothing",
            user.as_str(),
        ),
        Assignee::Group(group) => (
            "insert into admin_role (id, type, group_id, created_us, updated_us) values ($1, $2, $3, $4, $4) on conflict do nothing",
            group.as_str(),
        ),
        Assignee::Client(app) => (
            "insert into client_role (id, type, app_id, created_us, updated_us) values ($1, $2, $3, $4, $4) on conflict do nothing",
            app.as_str(),
        ),
    };
    let done = query(sql).bind(id.as_str()).bind(kind.as_str()).bind(assignee_id).bind(now).execute(conn).await?;
    Ok((done == 1).then(|| AdminRole {
        id,
        kind,
        assignee: assignee.clone(),
        targets: Vec::new(),
        created: now,
        last_updated: now,
    }))
}

/// `false`: there was no such assignment.
pub async fn revoke(conn: &mut Conn, id: &RoleId) -> Result<bool> {
    Ok(query("delete from admin_role where id = $1").bind(id.as_str()).execute(conn).await? == 1)
}

/// `false`: the app had no such role.
pub async fn revoke_from_client(conn: &mut Conn, id: &RoleId) -> Result<bool> {
    Ok(query("delete from client_role where id = $1").bind(id.as_str()).execute(conn).await? == 1)
}

/// Whether an administrator is to be told of what concerns administrators.
pub async fn set_notified(conn: &mut Conn, role: &AdminRole, notified: bool) -> Result<()> {
    let sql = match role.assignee {
        Assignee::Client(_) => "update client_role set notified = $1 where id = $2",
        _ => "update admin_role set notified = $1 where id = $2",
    };
    query(sql).bind(i64::from(notified)).bind(role.id.as_str()).execute(conn).await?;
    Ok(())
}

/// A page of the people who are administrators of any kind, by whatever way, in id order.
pub async fn administrators(conn: &mut Conn, after: Option<&str>, limit: i64) -> Result<Vec<UserId>> {
    let rows = query(
        "select id from (
             select user_id as id from admin_role where user_id is not null
             union select g.user_id from admin_role r join group_member g on g.group_id = r.group_id
             union select user_id from role_binding_member where user_id is not null
             union select g.user_id from role_binding_member b join group_member g on g.group_id = b.group_id
         ) x where id > $1 order by id limit $2",
    );
    let rows = rows.bind(after.unwrap_or_default()).bind(limit).all(conn).await?;
    rows.iter().map(|row| Ok(row.get::<String>("id")?.into())).collect()
}

/// People who can sign in and are super administrators, by whatever way: while this is 0, nobody can grant a role.
pub async fn count_active_super_administrators(conn: &mut Conn) -> Result<i64> {
    let count = query(
        "select count(*) as n from org_user u where u.status in ('ACTIVE', 'PASSWORD_EXPIRED', 'RECOVERY', 'LOCKED_OUT', 'PROVISIONED')
         and (exists (select 1 from admin_role r where r.user_id = u.id and r.type = 'SUPER_ADMIN')
              or exists (select 1 from admin_role r join group_member m on m.group_id = r.group_id
                         where m.user_id = u.id and r.type = 'SUPER_ADMIN'))",
    );
    Ok(count.one(conn).await?.get("n")?)
}

/// Everybody who has a role, in person or by a group, in the order of their ids.
pub async fn people_with_roles(conn: &mut Conn, limit: i64) -> Result<Vec<UserId>> {
    let ids = query(
        "select user_id as id from admin_role where user_id is not null
         union select m.user_id from admin_role r join group_member m on m.group_id = r.group_id order by id limit $1",
    );
    let rows = ids.bind(limit).all(conn).await?;
    rows.iter().map(|row| Ok(UserId::from(row.get::<String>("id")?))).collect()
}

/// Whoever is a super administrator in person for longest.
pub async fn first_super_administrator(conn: &mut Conn) -> Result<Option<UserId>> {
    let row = query(
        "select r.user_id from admin_role r join org_user u on u.id = r.user_id
         where r.type = 'SUPER_ADMIN' and u.status <> 'DEPROVISIONED' order by r.created_us, r.user_id limit 1",
    );
    Ok(row.optional(conn).await?.map(|row| row.get::<String>("user_id")).transpose()?.map(UserId::from))
}

/// The strongest of some roles: how lists name what somebody is.
pub fn strongest(roles: &[AdminRole]) -> Option<RoleType> {
    RoleType::ALL.iter().copied().find(|kind| roles.iter().any(|role| role.kind == *kind))
}
