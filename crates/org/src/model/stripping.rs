//! Taking an attribute that is no longer defined out of every profile that has it.
//!
//! Everything happens in the transaction of the change of the schema, [`AT_ONCE`] profiles at a time.

use db::{Conn, query};
use serde_json::{Map, Value};
use world::Instant;

use super::{
    group,
    id::{AppId, UserTypeId},
    literal,
    profile::Profile,
    user::{self, User},
};
use crate::{Error, Result};

const AT_ONCE: i64 = 200;

/// Out of the profiles of the people of a user type.
pub async fn people(conn: &mut Conn, kind: &UserTypeId, name: &str, now: Instant) -> Result<()> {
    let mut after = String::new();
    loop {
        let rows = query(
            "select u.id from org_user u where u.type_id = $1 and u.id > $2 and u.profile like $3 escape '\\' order by u.id limit $4",
        );
        let rows = rows.bind(kind.as_str()).bind(&after).bind(naming(name)).bind(AT_ONCE).all(conn).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.get("id")?;
        for row in rows {
            let id = row.get::<String>("id")?.into();
            if let Some(User { profile, .. }) = user::by_id(conn, &id).await?
                && profile.value(name).is_some()
            {
                user::update_profile(conn, &id, kind, &without(profile, name), now).await?;
            }
        }
    }
}

/// Out of the profiles of groups.
pub async fn groups(conn: &mut Conn, name: &str) -> Result<()> {
    let mut after = String::new();
    loop {
        let rows = query(
            "select g.id from org_group g where g.id > $1 and g.profile like $2 escape '\\' order by g.id limit $3",
        );
        let rows = rows.bind(&after).bind(naming(name)).bind(AT_ONCE).all(conn).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.get("id")?;
        for row in rows {
            let id = row.get::<String>("id")?.into();
            if let Some(group) = group::by_id(conn, &id).await? {
                group::set_custom(conn, &id, &without(group.custom, name)).await?;
            }
        }
    }
}

/// Profiles whose JSON has the name in it: all that matter, and maybe a few that do not.
fn naming(name: &str) -> String {
    format!("%\"{}\":%", literal(name))
}

/// Out of the profiles of an app's users.
pub async fn app_users(conn: &mut Conn, app: &AppId, name: &str) -> Result<()> {
    let mut after = String::new();
    loop {
        let rows =
            query("select user_id, profile from app_user where app_id = $1 and user_id > $2 order by user_id limit $3");
        let rows = rows.bind(app.as_str()).bind(&after).bind(AT_ONCE).all(conn).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.get("user_id")?;
        for row in &rows {
            let text: String = row.get("profile")?;
            let mut profile: Map<String, Value> = serde_json::from_str(&text)
                .map_err(|error| Error::Stored { what: "app user", reason: error.to_string() })?;
            if profile.shift_remove(name).is_some() {
                query("update app_user set profile = $1 where app_id = $2 and user_id = $3")
                    .bind(Value::Object(profile).to_string())
                    .bind(app.as_str())
                    .bind(row.get::<String>("user_id")?)
                    .execute(conn)
                    .await?;
            }
        }
    }
}

fn without(profile: Profile, name: &str) -> Profile {
    profile.merged([(name.to_owned(), Value::Null)].into_iter().collect())
}
