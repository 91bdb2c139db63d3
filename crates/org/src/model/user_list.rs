//! Lists of people: by filter, by search with an order, by the beginning of a name.

use std::collections::{HashMap, HashSet};

use db::{Conn, query};

use super::{
    condition::Condition,
    fold,
    id::{GroupId, GroupRuleId, UserId},
    starts_with,
    user::{self, User},
};
use crate::Result;

/// What a list is ordered by. Ties are broken by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Id,
    Created,
    Activated,
    StatusChanged,
    LastUpdated,
    Status,
    /// A profile attribute, folded; this is its name. Of a list the first value counts.
    Attribute(String),
}

impl Key {
    /// Every key as text, so that one cursor fits all. Microseconds between 2001 and 2286 all have 16 digits, so they sort as numbers
    /// do; what never happened sorts first.
    fn sql(&self) -> Condition {
        let digits = |column: &str| Condition::sql(format!("coalesce(cast({column} as text), '')"));
        match self {
            Key::Id => Condition::sql("u.id"),
            Key::Created => digits("u.created_us"),
            Key::Activated => digits("u.activated_us"),
            Key::StatusChanged => digits("u.status_changed_us"),
            Key::LastUpdated => digits("u.updated_us"),
            Key::Status => Condition::sql("u.status"),
            Key::Attribute(name) => {
                Condition::sql("coalesce((select k.folded from user_attribute k where k.user_id = u.id and k.position = 0 and k.name = ")
                    .text(name)
                    .then("), '')")
            }
        }
    }
}

/// Where a list goes on: the key and id of the last row that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub key: String,
    pub id: String,
}

#[derive(Clone, Debug)]
pub struct Listing {
    pub condition: Option<Condition>,
    /// What the list is limited to for whoever asks.
    pub within: Option<Condition>,
    pub with_deactivated: bool,
    pub key: Key,
    pub descending: bool,
    pub after: Option<Cursor>,
}

impl Default for Listing {
    fn default() -> Listing {
        Listing { condition: None, within: None, with_deactivated: false, key: Key::Id, descending: false, after: None }
    }
}

/// A page of people, each with its cursor.
pub async fn list(conn: &mut Conn, listing: &Listing, limit: i64) -> Result<Vec<(User, Cursor)>> {
    let key = listing.key.sql();
    let select = key.append(query(format!("select {}, ", User::COLUMNS)));
    let mut select = select.push(" as sort_key from org_user u where 1 = 1");
    if !listing.with_deactivated {
        select = select.push(" and u.status <> 'DEPROVISIONED'");
    }
    if let Some(condition) = &listing.condition {
        select = condition.append(select.push(" and "));
    }
    select = Condition::limit(select, listing.within.as_ref());
    let (sign, order) = if listing.descending { ("<", " desc") } else { (">", "") };
    if let Some(after) = &listing.after {
        let beyond = Condition::sql(" and (")
            .and_then(key.clone())
            .then(format!(" {sign} "))
            .text(&after.key)
            .then(" or (")
            .and_then(key.clone())
            .then(" = ")
            .text(&after.key)
            .then(format!(" and u.id {sign} "))
            .text(&after.id)
            .then("))");
        select = beyond.append(select);
    }
    let placeholder = select.next_placeholder();
    let select = select.push(&format!(" order by sort_key{order}, u.id{order} limit ${placeholder}")).bind(limit);
    let mut people = Vec::new();
    for row in select.all(conn).await? {
        let user = User::read(&row)?;
        let cursor = Cursor { key: row.get("sort_key")?, id: user.id.to_string() };
        people.push((user, cursor));
    }
    Ok(people)
}

/// People who are not deactivated and whose first name, last name, mail address or login begins with `text`.
pub async fn quick(conn: &mut Conn, text: &str, limit: i64, within: Option<&Condition>) -> Result<Vec<User>> {
    let sql = format!(
        "select {} from org_user u where u.status <> 'DEPROVISIONED' and (u.email_folded like $1 escape '\\' or u.login_folded like $1 escape '\\'
           or exists (select 1 from user_attribute x where x.user_id = u.id and x.name in ('firstName', 'lastName') and x.folded like $1 escape '\\'))",
        User::COLUMNS
    );
    let select = Condition::limit(query(sql).bind(starts_with(&fold(text))), within);
    let placeholder = select.next_placeholder();
    let rows = select.push(&format!(" order by u.id limit ${placeholder}")).bind(limit).all(conn).await?;
    rows.iter().map(User::read).collect()
}

/// A page of the people in a group.
pub async fn members(
    conn: &mut Conn,
    group: &GroupId,
    after: Option<&str>,
    limit: i64,
    within: Option<&Condition>,
) -> Result<Vec<User>> {
    let sql = format!(
        "select {} from group_member m join org_user u on u.id = m.user_id where m.group_id = $1 and m.user_id > $2",
        User::COLUMNS
    );
    let select = query(sql).bind(group.as_str()).bind(after.unwrap_or_default());
    let select = Condition::limit(select, within);
    let placeholder = select.next_placeholder();
    let rows = select.push(&format!(" order by m.user_id limit ${placeholder}")).bind(limit).all(conn).await?;
    rows.iter().map(User::read).collect()
}

/// Everybody who is not deactivated, in the order of ids, after one.
pub async fn page(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<User>> {
    let sql = format!(
        "select {} from org_user u where u.id > $1 and u.status <> 'DEPROVISIONED' order by u.id limit $2",
        User::COLUMNS
    );
    query(sql).bind(after).bind(limit).all(conn).await?.iter().map(User::read).collect()
}

/// The same, and nobody else changes these people until the transaction ends.
pub async fn locked_page(conn: &mut Conn, after: &str, limit: i64) -> Result<Vec<User>> {
    query(
        "update org_user set updated_us = updated_us where id in
            (select id from org_user where id > $1 and status <> 'DEPROVISIONED' order by id limit $2)",
    )
    .bind(after)
    .bind(limit)
    .execute(conn)
    .await?;
    page(conn, after, limit).await
}

/// One person, whom nobody else changes until the transaction ends.
pub async fn locked(conn: &mut Conn, id: &UserId) -> Result<Option<User>> {
    query("update org_user set updated_us = updated_us where id = $1").bind(id.as_str()).execute(conn).await?;
    user::by_id(conn, id).await
}

/// Ids and names of the groups of the people after one and up to another.
pub async fn groups_between(
    conn: &mut Conn,
    after: &str,
    last: &str,
) -> Result<HashMap<String, Vec<(String, String)>>> {
    let rows = query(
        "select m.user_id, g.id, g.name from group_member m join org_group g on g.id = m.group_id
         where m.user_id > $1 and m.user_id <= $2 order by m.user_id, g.id",
    );
    let mut groups: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for row in rows.bind(after).bind(last).all(conn).await? {
        groups.entry(row.get("user_id")?).or_default().push((row.get("id")?, row.get("name")?));
    }
    Ok(groups)
}

/// What a rule gave the people after one and up to another: person and group.
pub async fn given_between(
    conn: &mut Conn,
    rule: &GroupRuleId,
    after: &str,
    last: &str,
) -> Result<HashSet<(String, String)>> {
    let rows =
        query("select user_id, group_id from group_member_rule where rule_id = $1 and user_id > $2 and user_id <= $3");
    let rows = rows.bind(rule.as_str()).bind(after).bind(last).all(conn).await?;
    rows.iter().map(|row| Ok((row.get("user_id")?, row.get("group_id")?))).collect()
}
