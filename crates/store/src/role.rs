//! Roles: name, the org's group, permissions.

use db::{Conn, Row, query};
use domain::{DEFAULT_ROLES, Permissions, Role, RoleId};
use world::{Instant, Random};

use crate::{Error, Listing, Page, Result, listing::SortKey};

/// Roles at most: a request reads all of one person's, a page shows all of them.
pub const ROLES_MAX: i64 = 500;

/// A role with the number of people who hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRole {
    pub role: Role,
    pub people_count: i64,
}

const COLUMNS: &str = "r.id, r.name, r.group_name, r.permissions, r.preset";

/// What the list can be sorted by.
pub const SORTS: &[SortKey] = &[
    SortKey::text("name", "lower(r.name)"),
    SortKey::text("group", "lower(r.group_name)"),
    SortKey::number("created", "r.created_us"),
];

/// Makes the default roles that are missing.
pub async fn make_defaults(conn: &mut Conn, random: &(dyn Random + '_), now: Instant) -> Result<()> {
    for default in DEFAULT_ROLES {
        let role = Role {
            id: RoleId::new(random),
            name: default.name.to_owned(),
            group: default.group.to_owned(),
            permissions: Permissions::of(default.permissions),
            preset: true,
        };
        add(conn, &role, now, "on conflict (group_name) do nothing").await?;
    }
    Ok(())
}

/// Adds a role. A conflict: its name or its group is taken.
pub async fn insert(conn: &mut Conn, role: &Role, now: Instant) -> Result<()> {
    add(conn, role, now, "").await
}

async fn add(conn: &mut Conn, role: &Role, now: Instant, on_conflict: &'static str) -> Result<()> {
    let permissions = serde_json::to_string(&role.permissions);
    let permissions = permissions.map_err(|source| Error::Malformed { column: "role.permissions", source })?;
    query("insert into role (id, name, group_name, permissions, preset, created_us) values ($1, $2, $3, $4, $5, $6) ")
        .push(on_conflict)
        .bind(role.id.as_str())
        .bind(&role.name)
        .bind(&role.group)
        .bind(permissions)
        .bind(role.preset)
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn all(conn: &mut Conn) -> Result<Vec<Role>> {
    let statement = query(format!("select {COLUMNS} from role r order by lower(r.name), r.id limit $1"));
    statement.bind(ROLES_MAX).all(conn).await?.iter().map(read).collect()
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from role").one(conn).await?.get("n")?)
}

pub async fn by_group(conn: &mut Conn, group: &str) -> Result<Option<Role>> {
    let statement = query(format!("select {COLUMNS} from role r where r.group_name = $1"));
    statement.bind(group).optional(conn).await?.as_ref().map(read).transpose()
}

pub async fn list(conn: &mut Conn, listing: &Listing) -> Result<Page<ListedRole>> {
    let listed = listing.read(SORTS, "name")?;
    let statement = query(format!(
        "select {COLUMNS}, {},
             (select count(*) from membership m join person p on p.id = m.person_id where m.role_id = r.id and p.active = 1)
                 as people_count
         from role r where 1 = 1",
        listed.sort_column()
    ));
    let read_listed = |row: &Row| Ok(ListedRole { role: read(row)?, people_count: row.get("people_count")? });
    listed.page(listed.search(statement, &["r.name", "r.group_name"]), "r.id", conn, read_listed).await
}

pub(crate) fn read(row: &Row) -> Result<Role> {
    let permissions: String = row.get("permissions")?;
    let permissions = serde_json::from_str(&permissions);
    Ok(Role {
        id: row.get::<String>("id")?.into(),
        name: row.get("name")?,
        group: row.get("group_name")?,
        permissions: permissions.map_err(|source| Error::Malformed { column: "role.permissions", source })?,
        preset: row.get("preset")?,
    })
}
