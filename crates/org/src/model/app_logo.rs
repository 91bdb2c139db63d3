//! Logos that were uploaded for apps.
//!
//! Invariant: a logo has an id of its own, new with each upload, so that what a browser has kept is never an old one.

use db::{Conn, query};
use world::World;

use super::id::AppId;
use crate::Result;

const ID_LEN: usize = 17;
const ID_PREFIX: &str = "fs0";

pub struct Logo {
    pub media_type: String,
    pub content: Vec<u8>,
}

/// Puts a logo in the place of the one that there was.
pub async fn set(conn: &mut Conn, world: &World, app: &AppId, media_type: &str, content: Vec<u8>) -> Result<()> {
    query("delete from app_logo where app_id = $1").bind(app.as_str()).execute(conn).await?;
    query("insert into app_logo (id, app_id, media_type, content, updated_us) values ($1, $2, $3, $4, $5)")
        .bind(format!("{ID_PREFIX}{}", world.random.base62(ID_LEN)))
        .bind(app.as_str())
        .bind(media_type)
        .bind(content)
        .bind(world.now())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Logo>> {
    let row = query("select media_type, content from app_logo where id = $1").bind(id).optional(conn).await?;
    row.map(|row| Ok(Logo { media_type: row.get("media_type")?, content: row.get("content")? })).transpose()
}
