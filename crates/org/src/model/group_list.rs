//! Lists of groups: by filter, by search with an order, by the beginning of a name.

use db::{Conn, query};

use super::{condition::Condition, fold, group::Group, starts_with, user_list::Cursor};
use crate::Result;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Id,
    Name,
    Description,
    Created,
    LastUpdated,
    LastMembershipUpdated,
}

impl Key {
    /// Every key as text, so that one cursor fits all; see `user_list`.
    fn sql(self) -> &'static str {
        match self {
            Key::Id => "g.id",
            Key::Name => "g.name_folded",
            Key::Description => "coalesce(g.description_folded, '')",
            Key::Created => "cast(g.created_us as text)",
            Key::LastUpdated => "cast(g.updated_us as text)",
            Key::LastMembershipUpdated => "cast(g.membership_updated_us as text)",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Listing {
    pub condition: Option<Condition>,
    /// What the list is limited to for whoever asks.
    pub within: Option<Condition>,
    /// The beginning of the name.
    pub prefix: Option<String>,
    pub key: Key,
    pub descending: bool,
    pub after: Option<Cursor>,
}

/// A page of groups, each with its cursor.
pub async fn list(conn: &mut Conn, listing: &Listing, limit: i64) -> Result<Vec<(Group, Cursor)>> {
    let key = listing.key.sql();
    let mut select = query(format!("select {}, {key} as sort_key from org_group g where 1 = 1", Group::COLUMNS));
    if let Some(condition) = &listing.condition {
        select = condition.append(select.push(" and "));
    }
    select = Condition::limit(select, listing.within.as_ref());
    if let Some(prefix) = &listing.prefix {
        let placeholder = select.next_placeholder();
        select = select
            .push(&format!(" and g.name_folded like ${placeholder} escape '\\'"))
            .bind(starts_with(&fold(prefix)));
    }
    let (sign, order) = if listing.descending { ("<", " desc") } else { (">", "") };
    if let Some(after) = &listing.after {
        let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
        let condition = format!(" and ({key} {sign} ${first} or ({key} = ${first} and g.id {sign} ${second}))");
        select = select.push(&condition).bind(&after.key).bind(&after.id);
    }
    let placeholder = select.next_placeholder();
    let select = select.push(&format!(" order by sort_key{order}, g.id{order} limit ${placeholder}")).bind(limit);
    let mut groups = Vec::new();
    for row in select.all(conn).await? {
        let group = Group::read(&row)?;
        let cursor = Cursor { key: row.get("sort_key")?, id: group.id.to_string() };
        groups.push((group, cursor));
    }
    Ok(groups)
}
