//! Group rules as they are stored. What they mean is in `api::group_rules`.
//!
//! Invariant: a rule's name is unique without regard to case; the groups and people that it names stand in the order given.

use std::collections::HashMap;

use db::{Conn, Query, Row, query};
use world::{Instant, World};

use super::{
    fold,
    id::{GroupId, GroupRuleId, UserId},
    literal,
};
use crate::{Error, Result};

macro_rules! words {
    ($(#[$comment:meta])* $name:ident $($variant:ident $text:literal;)*) => {
        $(#[$comment])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant,)* }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            pub fn parse(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// Invalid: a group that the rule cannot do without is gone.
    RuleStatus
    Active "ACTIVE";
    Inactive "INACTIVE";
    Invalid "INVALID";
}

words! {
    /// What a rule names a group for.
    Use
    Target "TARGET";
    Condition "CONDITION";
    Excluded "EXCLUDED";
}

#[derive(Clone, Debug)]
pub struct GroupRule {
    pub id: GroupRuleId,
    pub name: String,
    pub status: RuleStatus,
    pub expression: String,
    pub targets: Vec<GroupId>,
    pub excluded_groups: Vec<GroupId>,
    pub excluded_people: Vec<UserId>,
    pub created: Instant,
    pub last_updated: Instant,
}

/// What people say of a rule.
#[derive(Clone, Debug)]
pub struct RuleContent {
    pub name: String,
    pub expression: String,
    pub targets: Vec<GroupId>,
    /// Groups that the expression asks for by id.
    pub conditions: Vec<GroupId>,
    pub excluded_groups: Vec<GroupId>,
    pub excluded_people: Vec<UserId>,
}

const COLUMNS: &str = "r.id, r.name, r.status, r.expression, r.created_us, r.updated_us";

/// A rule without what it names.
fn bare(row: &Row) -> Result<GroupRule> {
    let status: String = row.get("status")?;
    Ok(GroupRule {
        id: row.get::<String>("id")?.into(),
        name: row.get("name")?,
        status: RuleStatus::parse(&status)
            .ok_or_else(|| Error::Stored { what: "group rule", reason: format!("unknown status {status}") })?,
        expression: row.get("expression")?,
        targets: Vec::new(),
        excluded_groups: Vec::new(),
        excluded_people: Vec::new(),
        created: row.get("created_us")?,
        last_updated: row.get("updated_us")?,
    })
}

async fn read(conn: &mut Conn, row: &Row) -> Result<GroupRule> {
    let rule = bare(row)?;
    Ok(GroupRule {
        targets: groups_named(conn, &rule.id, Use::Target).await?,
        excluded_groups: groups_named(conn, &rule.id, Use::Excluded).await?,
        excluded_people: excluded_people(conn, &rule.id).await?,
        ..rule
    })
}

async fn groups_named(conn: &mut Conn, id: &GroupRuleId, of: Use) -> Result<Vec<GroupId>> {
    let rows = query("select group_id from group_rule_group where rule_id = $1 and use = $2 order by position");
    let rows = rows.bind(id.as_str()).bind(of.as_str()).all(conn).await?;
    rows.iter().map(|row| Ok(row.get::<String>("group_id")?.into())).collect()
}

async fn excluded_people(conn: &mut Conn, id: &GroupRuleId) -> Result<Vec<UserId>> {
    let rows = query("select user_id from group_rule_exclusion where rule_id = $1 order by position, user_id");
    let rows = rows.bind(id.as_str()).all(conn).await?;
    rows.iter().map(|row| Ok(row.get::<String>("user_id")?.into())).collect()
}

pub async fn by_id(conn: &mut Conn, id: &GroupRuleId) -> Result<Option<GroupRule>> {
    let row =
        query(format!("select {COLUMNS} from group_rule r where r.id = $1")).bind(id.as_str()).optional(conn).await?;
    match row {
        Some(row) => Ok(Some(read(conn, &row).await?)),
        None => Ok(None),
    }
}

pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<GroupRuleId>> {
    let row = query("select id from group_rule where name_folded = $1").bind(fold(name)).optional(conn).await?;
    Ok(row.map(|row| row.get::<String>("id")).transpose()?.map(Into::into))
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from group_rule").one(conn).await?.get("n")?)
}

/// A page of rules, those whose name has the word, after an id.
pub async fn list(conn: &mut Conn, word: Option<&str>, after: Option<&str>, limit: i64) -> Result<Vec<GroupRule>> {
    let sql = format!(
        "select {COLUMNS} from group_rule r where r.id > $1 and r.name_folded like $2 escape '\\' order by r.id limit $3"
    );
    let pattern = format!("%{}%", literal(&fold(word.unwrap_or_default())));
    all(conn, query(sql).bind(after.unwrap_or_default()).bind(pattern).bind(limit)).await
}

async fn all(conn: &mut Conn, select: Query) -> Result<Vec<GroupRule>> {
    let rows = select.all(conn).await?;
    let mut rules = Vec::with_capacity(rows.len());
    for row in &rows {
        rules.push(read(conn, row).await?);
    }
    Ok(rules)
}

/// Every rule that is active, in three statements however many there are: they are asked about whoever changes.
pub async fn active(conn: &mut Conn) -> Result<Vec<GroupRule>> {
    let rows = query(format!("select {COLUMNS} from group_rule r where r.status = 'ACTIVE' order by r.id"));
    let mut rules = Vec::new();
    for row in rows.all(conn).await? {
        rules.push(bare(&row)?);
    }
    if rules.is_empty() {
        return Ok(rules);
    }
    let positions: HashMap<String, usize> =
        rules.iter().enumerate().map(|(position, rule)| (rule.id.to_string(), position)).collect();
    let groups = query(
        "select g.rule_id, g.group_id, g.use from group_rule_group g join group_rule r on r.id = g.rule_id
         where r.status = 'ACTIVE' order by g.rule_id, g.position",
    );
    for row in groups.all(conn).await? {
        let Some(position) = positions.get(&row.get::<String>("rule_id")?) else { continue };
        let id = row.get::<String>("group_id")?.into();
        match Use::parse(&row.get::<String>("use")?) {
            Some(Use::Target) => rules[*position].targets.push(id),
            Some(Use::Excluded) => rules[*position].excluded_groups.push(id),
            Some(Use::Condition) | None => {}
        }
    }
    let people = query(
        "select e.rule_id, e.user_id from group_rule_exclusion e join group_rule r on r.id = e.rule_id
         where r.status = 'ACTIVE' order by e.rule_id, e.position",
    );
    for row in people.all(conn).await? {
        if let Some(position) = positions.get(&row.get::<String>("rule_id")?) {
            rules[*position].excluded_people.push(row.get::<String>("user_id")?.into());
        }
    }
    Ok(rules)
}

/// The rules that cannot do without a group: it is a target, or their expression asks for it.
pub async fn needing(conn: &mut Conn, group: &GroupId) -> Result<Vec<GroupRule>> {
    let sql = format!(
        "select {COLUMNS} from group_rule r
         where r.id in (select rule_id from group_rule_group where group_id = $1 and use in ('TARGET', 'CONDITION')) order by r.id"
    );
    all(conn, query(sql).bind(group.as_str())).await
}

/// Rules that were stopped and still have memberships to take back.
pub async fn stopped_with_members(conn: &mut Conn) -> Result<Vec<GroupRuleId>> {
    let rows = query(
        "select r.id from group_rule r where r.status = 'INACTIVE'
         and exists (select 1 from group_member_rule k where k.rule_id = r.id) order by r.id",
    );
    rows.all(conn).await?.iter().map(|row| Ok(row.get::<String>("id")?.into())).collect()
}

/// Whether any rule puts people into this group.
pub async fn is_target(conn: &mut Conn, group: &GroupId) -> Result<bool> {
    let row = query("select 1 as n from group_rule_group where group_id = $1 and use = 'TARGET' limit 1");
    Ok(row.bind(group.as_str()).optional(conn).await?.is_some())
}

pub async fn create(conn: &mut Conn, world: &World, content: &RuleContent) -> Result<GroupRuleId> {
    let id = GroupRuleId::new(world);
    query(
        "insert into group_rule (id, name, name_folded, status, expression, created_us, updated_us)
         values ($1, $2, $3, 'INACTIVE', $4, $5, $5)",
    )
    .bind(id.as_str())
    .bind(&content.name)
    .bind(fold(&content.name))
    .bind(&content.expression)
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    write_named(conn, &id, content).await?;
    Ok(id)
}

pub async fn update(conn: &mut Conn, id: &GroupRuleId, content: &RuleContent, now: Instant) -> Result<()> {
    query(
        "update group_rule set name = $1, name_folded = $2, expression = $3, status = 'INACTIVE', updated_us = $4 where id = $5",
    )
    .bind(&content.name)
    .bind(fold(&content.name))
    .bind(&content.expression)
    .bind(now.whole_second())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    query("delete from group_rule_group where rule_id = $1").bind(id.as_str()).execute(conn).await?;
    query("delete from group_rule_exclusion where rule_id = $1").bind(id.as_str()).execute(conn).await?;
    write_named(conn, id, content).await
}

async fn write_named(conn: &mut Conn, id: &GroupRuleId, content: &RuleContent) -> Result<()> {
    let named = [
        (Use::Target, &content.targets),
        (Use::Condition, &content.conditions),
        (Use::Excluded, &content.excluded_groups),
    ];
    for (of, groups) in named {
        for (position, group) in (0_i64..).zip(groups) {
            query(
                "insert into group_rule_group (rule_id, group_id, use, position) values ($1, $2, $3, $4)
                 on conflict (rule_id, use, group_id) do nothing",
            )
            .bind(id.as_str())
            .bind(group.as_str())
            .bind(of.as_str())
            .bind(position)
            .execute(conn)
            .await?;
        }
    }
    for (position, person) in (0_i64..).zip(&content.excluded_people) {
        write_exclusion(conn, id, person, position).await?;
    }
    Ok(())
}

async fn write_exclusion(conn: &mut Conn, id: &GroupRuleId, person: &UserId, position: i64) -> Result<bool> {
    let done = query(
        "insert into group_rule_exclusion (rule_id, user_id, position) values ($1, $2, $3) on conflict (rule_id, user_id) do nothing",
    );
    Ok(done.bind(id.as_str()).bind(person.as_str()).bind(position).execute(conn).await? == 1)
}

/// The rule leaves this person alone from now on. `false`: it did already.
pub async fn exclude(conn: &mut Conn, id: &GroupRuleId, person: &UserId) -> Result<bool> {
    let last = query("select coalesce(max(position), -1) as n from group_rule_exclusion where rule_id = $1");
    let last: i64 = last.bind(id.as_str()).one(conn).await?.get("n")?;
    write_exclusion(conn, id, person, last + 1).await
}

/// Sets the status, and whether the rule is yet to be asked about everybody.
pub async fn set_status(
    conn: &mut Conn,
    id: &GroupRuleId,
    status: RuleStatus,
    pending: bool,
    now: Instant,
) -> Result<()> {
    query("update group_rule set status = $1, pending_after = $2, updated_us = $3 where id = $4")
        .bind(status.as_str())
        .bind(pending.then_some(""))
        .bind(now.whole_second())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// The rule is to be asked about everybody, from the beginning.
pub async fn ask_everybody(conn: &mut Conn, id: &GroupRuleId) -> Result<()> {
    query("update group_rule set pending_after = '' where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}

/// Moves on in asking a rule about everybody; `None` is the end. `false`: somebody else did, or it is no longer wanted.
pub async fn move_on(conn: &mut Conn, id: &GroupRuleId, from: &str, to: Option<&str>) -> Result<bool> {
    let done =
        query("update group_rule set pending_after = $1 where id = $2 and pending_after = $3 and status = 'ACTIVE'");
    Ok(done.bind(to).bind(id.as_str()).bind(from).execute(conn).await? == 1)
}

/// The rules that are yet to be asked about everybody, and whom they were asked about last.
pub async fn pending(conn: &mut Conn) -> Result<Vec<(GroupRuleId, String)>> {
    let rows = query(
        "select id, pending_after from group_rule where pending_after is not null and status = 'ACTIVE' order by id",
    );
    rows.all(conn)
        .await?
        .iter()
        .map(|row| Ok((row.get::<String>("id")?.into(), row.get::<String>("pending_after")?)))
        .collect()
}

/// Where asking about everybody stands; `None`: it is done.
pub async fn pending_after(conn: &mut Conn, id: &GroupRuleId) -> Result<Option<String>> {
    let row = query("select pending_after from group_rule where id = $1 and status = 'ACTIVE'");
    let row = row.bind(id.as_str()).optional(conn).await?;
    Ok(row.map(|row| row.get("pending_after")).transpose()?.flatten())
}

pub async fn delete(conn: &mut Conn, id: &GroupRuleId) -> Result<()> {
    query("delete from group_rule where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}
