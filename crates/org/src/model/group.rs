//! Groups and memberships.
//!
//! Invariant: everybody is in Everyone, and a membership that changes moves the group's `lastMembershipUpdated`.

use db::{Conn, Row, query};
use world::{Instant, World};

use super::{
    condition::Condition,
    fold,
    id::{GroupId, UserId},
    index,
    profile::Profile,
};
use crate::{Error, Result};

pub const EVERYONE: &str = "Everyone";
pub const EVERYONE_DESCRIPTION: &str = "All users in your organization";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupType {
    OktaGroup,
    BuiltIn,
    AppGroup,
}

impl GroupType {
    pub fn as_str(self) -> &'static str {
        match self {
            GroupType::OktaGroup => "OKTA_GROUP",
            GroupType::BuiltIn => "BUILT_IN",
            GroupType::AppGroup => "APP_GROUP",
        }
    }

    pub fn parse(text: &str) -> Option<GroupType> {
        [GroupType::OktaGroup, GroupType::BuiltIn, GroupType::AppGroup].into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Clone, Debug)]
pub struct Group {
    pub id: GroupId,
    pub kind: GroupType,
    pub name: String,
    pub description: Option<String>,
    /// What the schema of groups has beyond name and description.
    pub custom: Profile,
    pub created: Instant,
    pub last_updated: Instant,
    pub last_membership_updated: Instant,
}

impl Group {
    pub(crate) const COLUMNS: &str =
        "g.id, g.type, g.name, g.description, g.profile, g.created_us, g.updated_us, g.membership_updated_us";

    pub(crate) fn read(row: &Row) -> Result<Group> {
        let (kind, custom): (String, String) = (row.get("type")?, row.get("profile")?);
        Ok(Group {
            id: row.get::<String>("id")?.into(),
            kind: GroupType::parse(&kind)
                .ok_or_else(|| Error::Stored { what: "group", reason: format!("unknown type {kind}") })?,
            name: row.get("name")?,
            description: row.get("description")?,
            custom: Profile::parse(&custom)
                .ok_or_else(|| Error::Stored { what: "group", reason: "the profile is no JSON object".to_owned() })?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
            last_membership_updated: row.get("membership_updated_us")?,
        })
    }
}

pub async fn create(
    conn: &mut Conn,
    world: &World,
    kind: GroupType,
    name: &str,
    description: Option<&str>,
) -> Result<Group> {
    let id = GroupId::new(world);
    let now = world.now().whole_second();
    query(
        "insert into org_group (id, type, name, name_folded, description, description_folded, created_us, updated_us, membership_updated_us)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $7)",
    )
    .bind(id.as_str())
    .bind(kind.as_str())
    .bind(name)
    .bind(fold(name))
    .bind(description)
    .bind(description.map(fold))
    .bind(now)
    .execute(conn)
    .await?;
    let (name, description) = (name.to_owned(), description.map(str::to_owned));
    let custom = Profile::default();
    Ok(Group { id, kind, name, description, custom, created: now, last_updated: now, last_membership_updated: now })
}

/// Sets what a group's profile has beyond name and description. That it changed is said by [`update`].
pub async fn set_custom(conn: &mut Conn, id: &GroupId, custom: &Profile) -> Result<()> {
    let update = query("update org_group set profile = $1 where id = $2");
    update.bind(custom.to_text()).bind(id.as_str()).execute(conn).await?;
    query("delete from group_attribute where group_id = $1").bind(id.as_str()).execute(conn).await?;
    for (name, position, value, folded) in index::rows(custom.entries()) {
        query("insert into group_attribute (group_id, name, position, value, folded) values ($1, $2, $3, $4, $5)")
            .bind(id.as_str())
            .bind(name)
            .bind(position)
            .bind(value)
            .bind(folded)
            .execute(conn)
            .await?;
    }
    Ok(())
}

pub async fn by_id(conn: &mut Conn, id: &GroupId) -> Result<Option<Group>> {
    let sql = format!("select {} from org_group g where g.id = $1", Group::COLUMNS);
    let row = query(sql).bind(id.as_str()).optional(conn).await?;
    row.map(|row| Group::read(&row)).transpose()
}

pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Group>> {
    let sql = format!("select {} from org_group g where g.name_folded = $1", Group::COLUMNS);
    let row = query(sql).bind(fold(name)).optional(conn).await?;
    row.map(|row| Group::read(&row)).transpose()
}

pub async fn update(conn: &mut Conn, id: &GroupId, name: &str, description: Option<&str>, now: Instant) -> Result<()> {
    query("update org_group set name = $1, name_folded = $2, description = $3, description_folded = $4, updated_us = $5 where id = $6")
        .bind(name)
        .bind(fold(name))
        .bind(description)
        .bind(description.map(fold))
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, id: &GroupId) -> Result<()> {
    query("delete from org_group where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// The groups that a person is in, Everyone among them, in id order.
pub async fn groups_of(conn: &mut Conn, user: &UserId) -> Result<Vec<Group>> {
    page_of(conn, user, None, MEMBERSHIPS_MAX, None).await
}

/// Nobody is in more groups than this as far as one answer goes.
pub const MEMBERSHIPS_MAX: i64 = 10_000;

/// A page of the groups that a person is in, those after `after`.
pub async fn page_of(
    conn: &mut Conn,
    user: &UserId,
    after: Option<&str>,
    limit: i64,
    within: Option<&Condition>,
) -> Result<Vec<Group>> {
    let sql = format!(
        "select {} from group_member m join org_group g on g.id = m.group_id where m.user_id = $1 and m.group_id > $2",
        Group::COLUMNS
    );
    let select = query(sql).bind(user.as_str()).bind(after.unwrap_or_default());
    let select = Condition::limit(select, within);
    let placeholder = select.next_placeholder();
    let rows = select.push(&format!(" order by m.group_id limit ${placeholder}")).bind(limit).all(conn).await?;
    rows.iter().map(Group::read).collect()
}

pub async fn is_member(conn: &mut Conn, group: &GroupId, user: &UserId) -> Result<bool> {
    let row = query("select 1 from group_member where group_id = $1 and user_id = $2");
    Ok(row.bind(group.as_str()).bind(user.as_str()).optional(conn).await?.is_some())
}

/// By hand. `false`: the person was in it already; whoever was in it by a rule is in it by hand too from then on.
pub async fn add_member(conn: &mut Conn, group: &GroupId, user: &UserId, now: Instant) -> Result<bool> {
    let added = query("insert into group_member (group_id, user_id, added_us) values ($1, $2, $3) on conflict (group_id, user_id) do nothing")
        .bind(group.as_str())
        .bind(user.as_str())
        .bind(now.whole_second())
        .execute(conn)
        .await?;
    if added == 1 {
        membership_changed(conn, group, now).await?;
    } else {
        let update = query("update group_member set by_hand = 1 where group_id = $1 and user_id = $2 and by_hand = 0");
        update.bind(group.as_str()).bind(user.as_str()).execute(conn).await?;
    }
    Ok(added == 1)
}

/// Whatever kept the person there. `false`: the person was not in it.
pub async fn remove_member(conn: &mut Conn, group: &GroupId, user: &UserId, now: Instant) -> Result<bool> {
    let removed = query("delete from group_member where group_id = $1 and user_id = $2");
    let removed = removed.bind(group.as_str()).bind(user.as_str()).execute(conn).await?;
    if removed == 1 {
        let rules = query("delete from group_member_rule where group_id = $1 and user_id = $2");
        rules.bind(group.as_str()).bind(user.as_str()).execute(conn).await?;
        membership_changed(conn, group, now).await?;
    }
    Ok(removed == 1)
}

/// A new person is in Everyone from the start.
pub async fn add_to_everyone(conn: &mut Conn, user: &UserId, now: Instant) -> Result<()> {
    query("insert into group_member (group_id, user_id, added_us) select id, $1, $2 from org_group where type = 'BUILT_IN' and name = 'Everyone'")
        .bind(user.as_str())
        .bind(now.whole_second())
        .execute(conn)
        .await?;
    query("update org_group set membership_updated_us = $1 where type = 'BUILT_IN' and name = 'Everyone'")
        .bind(now.whole_second())
        .execute(conn)
        .await?;
    Ok(())
}

/// A person who is about to be deleted leaves every group, and each group says that its members changed.
pub async fn leave_all(conn: &mut Conn, user: &UserId, now: Instant) -> Result<()> {
    query("update org_group set membership_updated_us = $1 where id in (select group_id from group_member where user_id = $2)")
        .bind(now.whole_second())
        .bind(user.as_str())
        .execute(conn)
        .await?;
    query("delete from group_member_rule where user_id = $1").bind(user.as_str()).execute(conn).await?;
    query("delete from group_member where user_id = $1").bind(user.as_str()).execute(conn).await?;
    Ok(())
}

pub async fn count_members(conn: &mut Conn, group: &GroupId) -> Result<i64> {
    let count =
        query("select count(*) as n from group_member where group_id = $1").bind(group.as_str()).one(conn).await?;
    Ok(count.get("n")?)
}

pub async fn count_apps(conn: &mut Conn, group: &GroupId) -> Result<i64> {
    let count = query("select count(*) as n from app_group where group_id = $1").bind(group.as_str()).one(conn).await?;
    Ok(count.get("n")?)
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from org_group").one(conn).await?.get("n")?)
}

pub(super) async fn membership_changed(conn: &mut Conn, group: &GroupId, now: Instant) -> Result<()> {
    let update = query("update org_group set membership_updated_us = $1 where id = $2");
    update.bind(now.whole_second()).bind(group.as_str()).execute(conn).await?;
    Ok(())
}
