//! Lists of people: by filter, by search with an order, by the beginning of a name.

use db::{Conn, query};

use super::{condition::Condition, fold, id::GroupId, starts_with, user::User};
use crate::Result;

/// What a list is ordered by. Ties are broken by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Id,
    Created,
    Activated,
    StatusChanged,
    LastUpdated,
    Status,
    /// A profile attribute, folded; this is its name.
    Attribute(&'static str),
}

impl Key {
    /// Every key as text, so that one cursor fits all. Microseconds between 2001 and 2286 all have 16 digits, so they sort as numbers
    /// do; what never happened sorts first.
    fn sql(self) -> String {
        let digits = |column: &str| format!("coalesce(cast({column} as text), '')");
        match self {
            Key::Id => "u.id".to_owned(),
            Key::Created => digits("u.created_us"),
            Key::Activated => digits("u.activated_us"),
            Key::StatusChanged => digits("u.status_changed_us"),
            Key::LastUpdated => digits("u.updated_us"),
            Key::Status => "u.status".to_owned(),
            Key::Attribute(name) => format!(
                "coalesce((select k.folded from user_attribute k where k.user_id = u.id and k.name = '{name}' and k.position = 0), '')"
            ),
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
    pub with_deactivated: bool,
    pub key: Key,
    pub descending: bool,
    pub after: Option<Cursor>,
}

impl Default for Listing {
    fn default() -> Listing {
        Listing { condition: None, with_deactivated: false, key: Key::Id, descending: false, after: None }
    }
}

/// A page of people, each with its cursor.
pub async fn list(conn: &mut Conn, listing: &Listing, limit: i64) -> Result<Vec<(User, Cursor)>> {
    let key = listing.key.sql();
    let mut select = query(format!("select {}, {key} as sort_key from org_user u where 1 = 1", User::COLUMNS));
    if !listing.with_deactivated {
        select = select.push(" and u.status <> 'DEPROVISIONED'");
    }
    if let Some(condition) = &listing.condition {
        select = condition.append(select.push(" and "));
    }
    let (sign, order) = if listing.descending { ("<", " desc") } else { (">", "") };
    if let Some(after) = &listing.after {
        let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
        let condition = format!(" and ({key} {sign} ${first} or ({key} = ${first} and u.id {sign} ${second}))");
        select = select.push(&condition).bind(&after.key).bind(&after.id);
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
pub async fn quick(conn: &mut Conn, text: &str, limit: i64) -> Result<Vec<User>> {
    let sql = format!(
        "select {} from org_user u where u.status <> 'DEPROVISIONED' and (u.email_folded like $1 escape '\\' or u.login_folded like $1 escape '\\'
           or exists (select 1 from user_attribute x where x.user_id = u.id and x.name in ('firstName', 'lastName') and x.folded like $1 escape '\\'))
         order by u.id limit $2",
        User::COLUMNS
    );
    let rows = query(sql).bind(starts_with(&fold(text))).bind(limit).all(conn).await?;
    rows.iter().map(User::read).collect()
}

/// A page of the people in a group.
pub async fn members(conn: &mut Conn, group: &GroupId, after: Option<&str>, limit: i64) -> Result<Vec<User>> {
    let sql = format!(
        "select {} from group_member m join org_user u on u.id = m.user_id
         where m.group_id = $1 and m.user_id > $2 order by m.user_id limit $3",
        User::COLUMNS
    );
    let rows = query(sql).bind(group.as_str()).bind(after.unwrap_or_default()).bind(limit).all(conn).await?;
    rows.iter().map(User::read).collect()
}
