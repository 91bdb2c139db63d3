//! Memberships by whom they are: by hand, by rules, or both.
//!
//! Invariant: somebody is in a group as long as a hand or a rule keeps them there; a membership that begins or ends moves the group's
//! `lastMembershipUpdated`.

use db::{Conn, query};
use world::Instant;

use super::{
    group,
    id::{GroupId, GroupRuleId, UserId},
};
use crate::Result;

/// By a rule. `true`: the person was not in the group before.
pub async fn give(conn: &mut Conn, group: &GroupId, user: &UserId, rule: &GroupRuleId, now: Instant) -> Result<bool> {
    let added = query(
        "insert into group_member (group_id, user_id, added_us, by_hand) values ($1, $2, $3, 0) on conflict (group_id, user_id) do nothing",
    );
    let added = added.bind(group.as_str()).bind(user.as_str()).bind(now.whole_second()).execute(conn).await? == 1;
    query("insert into group_member_rule (group_id, user_id, rule_id) values ($1, $2, $3) on conflict do nothing")
        .bind(group.as_str())
        .bind(user.as_str())
        .bind(rule.as_str())
        .execute(conn)
        .await?;
    if added {
        group::membership_changed(conn, group, now).await?;
    }
    Ok(added)
}

/// Takes back what a rule gave. `true`: nothing else keeps the person in the group, and the membership ended.
pub async fn take_back(
    conn: &mut Conn,
    group: &GroupId,
    user: &UserId,
    rule: &GroupRuleId,
    now: Instant,
) -> Result<bool> {
    let taken = query("delete from group_member_rule where group_id = $1 and user_id = $2 and rule_id = $3");
    if taken.bind(group.as_str()).bind(user.as_str()).bind(rule.as_str()).execute(conn).await? == 0 {
        return Ok(false);
    }
    let ended = query(
        "delete from group_member where group_id = $1 and user_id = $2 and by_hand = 0
         and not exists (select 1 from group_member_rule k where k.group_id = $1 and k.user_id = $2)",
    );
    let ended = ended.bind(group.as_str()).bind(user.as_str()).execute(conn).await? == 1;
    if ended {
        group::membership_changed(conn, group, now).await?;
    }
    Ok(ended)
}

/// What was a rule's becomes a hand's: the memberships stay when the rule goes.
pub async fn keep_by_hand(conn: &mut Conn, rule: &GroupRuleId) -> Result<()> {
    query(
        "update group_member set by_hand = 1 where exists
            (select 1 from group_member_rule k where k.group_id = group_member.group_id and k.user_id = group_member.user_id and k.rule_id = $1)",
    )
    .bind(rule.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// The rules that put somebody into a group.
pub async fn rules_behind(conn: &mut Conn, group: &GroupId, user: &UserId) -> Result<Vec<GroupRuleId>> {
    let rows = query("select rule_id from group_member_rule where group_id = $1 and user_id = $2 order by rule_id");
    let rows = rows.bind(group.as_str()).bind(user.as_str()).all(conn).await?;
    rows.iter().map(|row| Ok(row.get::<String>("rule_id")?.into())).collect()
}

/// Some of the memberships that a rule gave: everything is taken back piece by piece.
pub async fn given_by(conn: &mut Conn, rule: &GroupRuleId, limit: i64) -> Result<Vec<(GroupId, UserId)>> {
    let rows =
        query("select group_id, user_id from group_member_rule where rule_id = $1 order by user_id, group_id limit $2");
    let rows = rows.bind(rule.as_str()).bind(limit).all(conn).await?;
    rows.iter().map(|row| Ok((row.get::<String>("group_id")?.into(), row.get::<String>("user_id")?.into()))).collect()
}

/// What rules gave one person: rule and group.
pub async fn given_to(conn: &mut Conn, user: &UserId) -> Result<Vec<(GroupRuleId, GroupId)>> {
    let rows = query("select rule_id, group_id from group_member_rule where user_id = $1 order by rule_id, group_id");
    let rows = rows.bind(user.as_str()).all(conn).await?;
    rows.iter().map(|row| Ok((row.get::<String>("rule_id")?.into(), row.get::<String>("group_id")?.into()))).collect()
}

/// Ids and names of the groups that somebody is in.
pub async fn groups_of(conn: &mut Conn, user: &UserId) -> Result<Vec<(String, String)>> {
    let rows = query(
        "select g.id, g.name from group_member m join org_group g on g.id = m.group_id where m.user_id = $1 order by g.id limit $2",
    );
    let rows = rows.bind(user.as_str()).bind(group::MEMBERSHIPS_MAX).all(conn).await?;
    rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect()
}
