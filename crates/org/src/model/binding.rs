//! Bindings: a custom role over a resource set, and its members. One member is one assignment of a role to somebody.
//!
//! Invariant: a binding without members gives nobody anything.

use db::{Conn, Row, query};
use world::{Instant, World};

use super::{
    custom_role,
    id::{AppId, CustomRoleId, GroupId, ResourceSetId, RoleId, UserId},
    reach::Part,
    resource_name, resource_set,
    role::Assignee,
};
use crate::{Error, Result};

/// One member of one binding, with what it is a member of.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: RoleId,
    pub assignee: Assignee,
    pub role: CustomRoleId,
    pub role_label: String,
    pub set: ResourceSetId,
    pub created: Instant,
}

const SELECT: &str = "select m.id, m.user_id, m.group_id, m.app_id, m.created_us, b.role_id, b.set_id, c.label
    from role_binding_member m join role_binding b on b.id = m.binding_id join custom_role c on c.id = b.role_id where ";

fn read(row: &Row) -> Result<Member> {
    let (user, group, app): (Option<String>, Option<String>, Option<String>) =
        (row.get("user_id")?, row.get("group_id")?, row.get("app_id")?);
    let assignee = match (user, group, app) {
        (Some(user), ..) => Assignee::User(user.into()),
        (_, Some(group), _) => Assignee::Group(group.into()),
        (.., Some(app)) => Assignee::Client(app.into()),
        _ => return Err(Error::Stored { what: "member of a binding", reason: "it is nobody".to_owned() }),
    };
    Ok(Member {
        id: row.get::<String>("id")?.into(),
        assignee,
        role: row.get::<String>("role_id")?.into(),
        role_label: row.get("label")?,
        set: row.get::<String>("set_id")?.into(),
        created: row.get("created_us")?,
    })
}

async fn members(conn: &mut Conn, condition: &str, value: &str) -> Result<Vec<Member>> {
    let rows = query(format!("{SELECT}{condition} order by m.id")).bind(value).all(conn).await?;
    rows.iter().map(read).collect()
}

/// What a person is a member of, by themselves or through a group.
pub async fn of_user(conn: &mut Conn, user: &UserId) -> Result<Vec<Member>> {
    let condition = "(m.user_id = $1 or m.group_id in (select group_id from group_member where user_id = $1))";
    members(conn, condition, user.as_str()).await
}

pub async fn of_group(conn: &mut Conn, group: &GroupId) -> Result<Vec<Member>> {
    members(conn, "m.group_id = $1", group.as_str()).await
}

pub async fn of_client(conn: &mut Conn, app: &AppId) -> Result<Vec<Member>> {
    members(conn, "m.app_id = $1", app.as_str()).await
}

/// The members of one binding: a page in id order.
pub async fn of_binding(
    conn: &mut Conn,
    set: &ResourceSetId,
    role: &CustomRoleId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Member>> {
    let rows = query(format!("{SELECT} b.set_id = $1 and b.role_id = $2 and m.id > $3 order by m.id limit $4"));
    let rows = rows.bind(set.as_str()).bind(role.as_str()).bind(after.unwrap_or_default()).bind(limit);
    rows.all(conn).await?.iter().map(read).collect()
}

pub async fn member(conn: &mut Conn, id: &RoleId) -> Result<Option<Member>> {
    Ok(members(conn, "m.id = $1", id.as_str()).await?.into_iter().next())
}

/// A page of the roles that are bound to a set, in their order.
pub async fn roles_of_set(
    conn: &mut Conn,
    set: &ResourceSetId,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<CustomRoleId>> {
    let rows = query("select role_id from role_binding where set_id = $1 and role_id > $2 order by role_id limit $3");
    let rows = rows.bind(set.as_str()).bind(after.unwrap_or_default()).bind(limit).all(conn).await?;
    rows.iter().map(|row| Ok(row.get::<String>("role_id")?.into())).collect()
}

pub async fn exists(conn: &mut Conn, set: &ResourceSetId, role: &CustomRoleId) -> Result<bool> {
    let found = query("select id from role_binding where set_id = $1 and role_id = $2");
    Ok(found.bind(set.as_str()).bind(role.as_str()).optional(conn).await?.is_some())
}

/// Binds a role to a set, where it is not bound yet, and gives it a member. `None`: that member is there already.
pub async fn add(
    conn: &mut Conn,
    world: &World,
    set: &ResourceSetId,
    role: &CustomRoleId,
    assignee: &Assignee,
) -> Result<Option<RoleId>> {
    bind(conn, world, set, role).await?;
    let (column, value) = match assignee {
        Assignee::User(id) => ("user_id", id.as_str()),
        Assignee::Group(id) => ("group_id", id.as_str()),
        Assignee::Client(id) => ("app_id", id.as_str()),
    };
    let id = RoleId::new(world);
    let sql = format!(
        "insert into role_binding_member (id, binding_id, {column}, created_us)
         select $1, id, $2, $3 from role_binding where set_id = $4 and role_id = $5 on conflict do nothing"
    );
    let added = query(sql)
        .bind(id.as_str())
        .bind(value)
        .bind(world.now().whole_second())
        .bind(set.as_str())
        .bind(role.as_str())
        .execute(conn)
        .await?;
    Ok((added == 1).then_some(id))
}

/// Binds a role to a set without anybody.
pub async fn bind(conn: &mut Conn, world: &World, set: &ResourceSetId, role: &CustomRoleId) -> Result<()> {
    query("insert into role_binding (id, set_id, role_id, created_us) values ($1, $2, $3, $4) on conflict do nothing")
        .bind(RoleId::new(world).as_str())
        .bind(set.as_str())
        .bind(role.as_str())
        .bind(world.now().whole_second())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn remove(conn: &mut Conn, set: &ResourceSetId, role: &CustomRoleId) -> Result<()> {
    let removed = query("delete from role_binding where set_id = $1 and role_id = $2");
    removed.bind(set.as_str()).bind(role.as_str()).execute(conn).await?;
    Ok(())
}

pub async fn remove_member(conn: &mut Conn, id: &RoleId) -> Result<()> {
    query("delete from role_binding_member where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// What a membership lets somebody do, and over what.
#[derive(Clone, Debug)]
pub struct Grant {
    pub permissions: Vec<custom_role::Permission>,
    pub parts: Vec<Part>,
}

/// What memberships give together. The parts of a resource that leaves something out are its own.
pub async fn grants(conn: &mut Conn, org: &str, members: &[Member]) -> Result<Vec<Grant>> {
    let mut grants = Vec::with_capacity(members.len());
    for member in members {
        let permissions = custom_role::permissions(conn, &member.role).await?;
        let resources = resource_set::resources(conn, &member.set).await?;
        let parts = resources.iter().filter_map(|resource| {
            let target = resource_name::parse(org, &resource.name)?;
            let except = resource.excluded.iter().filter_map(|name| resource_name::parse(org, name)).collect();
            Some(Part { targets: vec![target], except })
        });
        let parts = parts.collect();
        grants.push(Grant { permissions, parts });
    }
    Ok(grants)
}
