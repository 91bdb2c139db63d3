//! Targets: what a standard role is limited to. A role without any is limited to nothing.
//!
//! Invariant: a target stays when what it names goes, so that a limited role never becomes an unlimited one by that.

use db::{Conn, Row, query};
use world::World;

use super::{
    id,
    reach::Target,
    role::{AdminRole, Assignee},
};
use crate::Result;

/// Of one role.
pub const PER_ROLE_MAX: usize = 1_000;
const ID_PREFIX: &str = "irt";

/// What was named: a group, every app of a name, or one app of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    Group(String),
    Apps(String),
    App(String, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTarget {
    pub id: String,
    pub named: Named,
}

impl RoleTarget {
    fn read(row: &Row) -> Result<RoleTarget> {
        let (group, name, app): (Option<String>, Option<String>, Option<String>) =
            (row.get("group_id")?, row.get("app_name")?, row.get("app_id")?);
        let named = match (group, name, app) {
            (Some(group), ..) => Named::Group(group),
            (None, Some(name), Some(app)) => Named::App(name, app),
            (None, name, _) => Named::Apps(name.unwrap_or_default()),
        };
        Ok(RoleTarget { id: row.get("id")?, named })
    }

    /// What it means: of a group the group itself and the people in it.
    pub fn reached(&self) -> Vec<Target> {
        match &self.named {
            Named::Group(id) => vec![Target::Group(id.clone()), Target::MembersOf(id.clone())],
            Named::Apps(name) => vec![Target::AppsNamed(name.clone())],
            Named::App(_, id) => vec![Target::App(id.clone())],
        }
    }
}

fn column(role: &AdminRole) -> &'static str {
    if matches!(role.assignee, Assignee::Client(_)) { "client_role_id" } else { "admin_role_id" }
}

/// The targets of a role, oldest first.
pub async fn of_role(conn: &mut Conn, role: &AdminRole) -> Result<Vec<RoleTarget>> {
    let sql = format!("select id, group_id, app_name, app_id from role_target where {} = $1 order by id", column(role));
    query(sql).bind(role.id.as_str()).all(conn).await?.iter().map(RoleTarget::read).collect()
}

pub async fn add(conn: &mut Conn, world: &World, role: &AdminRole, named: &Named) -> Result<()> {
    let (group, name, app) = match named {
        Named::Group(id) => (Some(id), None, None),
        Named::Apps(name) => (None, Some(name), None),
        Named::App(name, id) => (None, Some(name), Some(id)),
    };
    let sql = format!(
        "insert into role_target (id, {}, group_id, app_name, app_id, created_us) values ($1, $2, $3, $4, $5, $6)",
        column(role)
    );
    query(sql)
        .bind(id::generate(ID_PREFIX, world))
        .bind(role.id.as_str())
        .bind(group.cloned())
        .bind(name.cloned())
        .bind(app.cloned())
        .bind(world.now().whole_second())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn remove(conn: &mut Conn, id: &str) -> Result<()> {
    query("delete from role_target where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

/// Removes every target of a role, so that it is limited no more.
pub async fn remove_all(conn: &mut Conn, role: &AdminRole) -> Result<()> {
    let sql = format!("delete from role_target where {} = $1", column(role));
    query(sql).bind(role.id.as_str()).execute(conn).await?;
    Ok(())
}
