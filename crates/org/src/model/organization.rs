//! The org's own row.

use db::{Conn, Row, query};
use serde_json::{Map, Value};
use world::{Instant, World};

use super::id::OrgId;
use crate::{Error, Result};

#[derive(Clone, Debug)]
pub struct Organization {
    pub id: OrgId,
    pub company_name: String,
    /// What else `/api/v1/org` holds: address, phone, support and so on.
    pub details: Map<String, Value>,
    pub created: Instant,
    pub last_updated: Instant,
}

impl Organization {
    fn read(row: &Row) -> Result<Organization> {
        let details: String = row.get("details")?;
        let stored = |error: serde_json::Error| Error::Stored { what: "org", reason: error.to_string() };
        Ok(Organization {
            id: row.get::<String>("id")?.into(),
            company_name: row.get("company_name")?,
            details: serde_json::from_str(&details).map_err(stored)?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }
}

/// The org, once it was made.
pub async fn get(conn: &mut Conn) -> Result<Option<Organization>> {
    let row = query("select id, company_name, details, created_us, updated_us from org").optional(conn).await?;
    row.map(|row| Organization::read(&row)).transpose()
}

pub async fn create(conn: &mut Conn, world: &World, company_name: &str) -> Result<OrgId> {
    let id = OrgId::new(world);
    query("insert into org (id, company_name, details, created_us, updated_us) values ($1, $2, '{}', $3, $3)")
        .bind(id.as_str())
        .bind(company_name)
        .bind(world.now().whole_second())
        .execute(conn)
        .await?;
    Ok(id)
}

pub async fn update(conn: &mut Conn, company_name: &str, details: &Map<String, Value>, now: Instant) -> Result<()> {
    query("update org set company_name = $1, details = $2, updated_us = $3")
        .bind(company_name)
        .bind(Value::Object(details.clone()).to_string())
        .bind(now.whole_second())
        .execute(conn)
        .await?;
    Ok(())
}
