//! Who holds which role, and in which of the org's groups people were last seen.

use std::collections::BTreeMap;

use db::{Conn, query};
use domain::{PersonId, Role, RoleId};
use world::Instant;

use crate::{Result, person::Source, role};

/// People of one page at most.
const PEOPLE_AT_ONCE_MAX: usize = 500;

/// Somebody who holds a role through the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub person: PersonId,
    pub name: String,
    pub subject: String,
    pub is_active: bool,
    /// The org no longer says so; the membership is kept since it is the last one.
    pub is_held: bool,
}

/// The roles of a person.
pub async fn roles_of(conn: &mut Conn, person: &PersonId) -> Result<Vec<Role>> {
    let rows = query(
        "select r.id, r.name, r.group_name, r.permissions, r.preset from membership m join role r on r.id = m.role_id
         where m.person_id = $1 order by lower(r.name), r.id",
    );
    rows.bind(person.as_str()).all(conn).await?.iter().map(role::read).collect()
}

/// The names of the roles of several people, for a list.
pub async fn role_names_of(conn: &mut Conn, people: &[PersonId]) -> Result<BTreeMap<PersonId, Vec<String>>> {
    let mut names: BTreeMap<PersonId, Vec<String>> = BTreeMap::new();
    for people in people.chunks(PEOPLE_AT_ONCE_MAX) {
        let placeholders = (1..=people.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
        let mut statement = query(format!(
            "select m.person_id, r.name from membership m join role r on r.id = m.role_id
             where m.person_id in ({placeholders}) order by lower(r.name), r.id"
        ));
        for person in people {
            statement = statement.bind(person.as_str());
        }
        for row in statement.all(conn).await? {
            names.entry(row.get::<String>("person_id")?.into()).or_default().push(row.get("name")?);
        }
    }
    Ok(names)
}

/// Everybody who holds a role through the org.
pub async fn holders(conn: &mut Conn, role: &RoleId) -> Result<Vec<Holder>> {
    let rows = query(
        "select p.id, p.name, p.subject, p.active, m.held from membership m join person p on p.id = m.person_id
         where m.role_id = $1 and m.source = 'okta' order by p.id",
    );
    let rows = rows.bind(role.as_str()).all(conn).await?;
    rows.iter()
        .map(|row| {
            Ok(Holder {
                person: row.get::<String>("id")?.into(),
                name: row.get("name")?,
                subject: row.get("subject")?,
                is_active: row.get("active")?,
                is_held: row.get("held")?,
            })
        })
        .collect()
}

/// Gives a role. `true`: it is new. One that was held is confirmed by it.
pub async fn add(conn: &mut Conn, person: &PersonId, role: &RoleId, source: Source, now: Instant) -> Result<bool> {
    let added = query(
        "insert into membership (person_id, role_id, source, since_us, held) values ($1, $2, $3, $4, 0)
         on conflict (person_id, role_id) do nothing",
    )
    .bind(person.as_str())
    .bind(role.as_str())
    .bind(source.as_str())
    .bind(now)
    .execute(conn)
    .await?;
    if added == 0 {
        set_held(conn, person, role, false).await?;
    }
    Ok(added == 1)
}

/// Takes a role that came from the org.
pub async fn remove(conn: &mut Conn, person: &PersonId, role: &RoleId) -> Result<bool> {
    let removed = query("delete from membership where person_id = $1 and role_id = $2 and source = 'okta'");
    Ok(removed.bind(person.as_str()).bind(role.as_str()).execute(conn).await? == 1)
}

/// Takes every role that another org gave than the one with this issuer.
pub async fn remove_of_other_issuers(conn: &mut Conn, issuer: &str) -> Result<u64> {
    let removed = query(
        "delete from membership where source = 'okta' and person_id in (select id from person where issuer <> $1 and source = 'okta')",
    );
    Ok(removed.bind(issuer).execute(conn).await?)
}

/// Marks a membership as kept although the org no longer says so. `true`: the mark changed.
pub async fn set_held(conn: &mut Conn, person: &PersonId, role: &RoleId, held: bool) -> Result<bool> {
    let changed = query("update membership set held = $3 where person_id = $1 and role_id = $2 and held <> $3");
    Ok(changed.bind(person.as_str()).bind(role.as_str()).bind(held).execute(conn).await? == 1)
}

/// The names of those whose membership is kept although the org no longer says so.
pub async fn held(conn: &mut Conn) -> Result<Vec<String>> {
    let rows = query(
        "select p.name from membership m join person p on p.id = m.person_id where m.held = 1 order by p.name limit 20",
    );
    rows.all(conn).await?.iter().map(|row| Ok(row.get("name")?)).collect()
}

pub async fn count_of_person(conn: &mut Conn, person: &PersonId) -> Result<i64> {
    let row =
        query("select count(*) as n from membership where person_id = $1").bind(person.as_str()).one(conn).await?;
    Ok(row.get("n")?)
}

/// The groups of the org that a person was last seen in.
pub async fn groups_of(conn: &mut Conn, person: &PersonId) -> Result<Vec<String>> {
    let rows = query("select name from person_group where person_id = $1 order by name")
        .bind(person.as_str())
        .all(conn)
        .await?;
    rows.iter().map(|row| Ok(row.get("name")?)).collect()
}

/// Replaces the groups of a person.
pub async fn set_groups(conn: &mut Conn, person: &PersonId, names: &[String]) -> Result<()> {
    query("delete from person_group where person_id = $1").bind(person.as_str()).execute(conn).await?;
    for name in names {
        join_group(conn, person, name).await?;
    }
    Ok(())
}

pub async fn join_group(conn: &mut Conn, person: &PersonId, name: &str) -> Result<()> {
    let statement =
        query("insert into person_group (person_id, name) values ($1, $2) on conflict (person_id, name) do nothing");
    statement.bind(person.as_str()).bind(name).execute(conn).await?;
    Ok(())
}

pub async fn leave_group(conn: &mut Conn, person: &PersonId, name: &str) -> Result<()> {
    query("delete from person_group where person_id = $1 and name = $2")
        .bind(person.as_str())
        .bind(name)
        .execute(conn)
        .await?;
    Ok(())
}
