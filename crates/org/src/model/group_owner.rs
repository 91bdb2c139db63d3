//! Owners of groups: people, or groups.

use db::{Conn, query};
use world::Instant;

use super::id::{GroupId, UserId};
use crate::Result;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    Person(UserId),
    Group(GroupId),
}

impl Owner {
    pub fn id(&self) -> &str {
        match self {
            Owner::Person(id) => id.as_str(),
            Owner::Group(id) => id.as_str(),
        }
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Owner::Person(_) => "USER",
            Owner::Group(_) => "GROUP",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Owning {
    pub owner: Owner,
    pub updated: Instant,
}

/// A page of the owners of a group; of one kind where one is given.
pub async fn list(
    conn: &mut Conn,
    group: &GroupId,
    kind: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Owning>> {
    let rows = query(
        "select owner_id, user_id, updated_us from group_owner where group_id = $1 and owner_id > $2
            and ($3 = '' or ($3 = 'USER' and user_id is not null) or ($3 = 'GROUP' and user_id is null)) order by owner_id limit $4",
    );
    let rows = rows.bind(group.as_str()).bind(after.unwrap_or_default()).bind(kind.unwrap_or_default()).bind(limit);
    let mut owners = Vec::new();
    for row in rows.all(conn).await? {
        let id: String = row.get("owner_id")?;
        let is_person = row.get::<Option<String>>("user_id")?.is_some();
        let owner = if is_person { Owner::Person(id.into()) } else { Owner::Group(id.into()) };
        owners.push(Owning { owner, updated: row.get("updated_us")? });
    }
    Ok(owners)
}

/// `false`: it owns the group already.
pub async fn add(conn: &mut Conn, group: &GroupId, owner: &Owner, now: Instant) -> Result<bool> {
    let (user, other) = match owner {
        Owner::Person(user) => (Some(user.as_str()), None),
        Owner::Group(group) => (None, Some(group.as_str())),
    };
    let done = query(
        "insert into group_owner (group_id, owner_id, user_id, owner_group_id, updated_us) values ($1, $2, $3, $4, $5)
         on conflict (group_id, owner_id) do nothing",
    );
    let done = done.bind(group.as_str()).bind(owner.id()).bind(user).bind(other).bind(now.whole_second());
    Ok(done.execute(conn).await? == 1)
}

/// `false`: it did not own the group.
pub async fn remove(conn: &mut Conn, group: &GroupId, owner: &str) -> Result<bool> {
    let done = query("delete from group_owner where group_id = $1 and owner_id = $2");
    Ok(done.bind(group.as_str()).bind(owner).execute(conn).await? == 1)
}
