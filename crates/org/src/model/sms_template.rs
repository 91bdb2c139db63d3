//! SMS templates: the text of a message, in languages. One of each type.

use db::{Conn, Row, query};
use serde_json::{Map, Value};
use world::{Instant, World};

use super::id::SmsTemplateId;
use crate::{Error, Result};

#[derive(Clone, Debug)]
pub struct SmsTemplate {
    pub id: SmsTemplateId,
    pub content: SmsContent,
    pub created: Instant,
    pub last_updated: Instant,
}

#[derive(Clone, Debug)]
pub struct SmsContent {
    pub name: String,
    pub kind: String,
    pub template: String,
    pub translations: Map<String, Value>,
}

impl SmsTemplate {
    fn read(row: &Row) -> Result<SmsTemplate> {
        let translations: String = row.get("translations")?;
        Ok(SmsTemplate {
            id: row.get::<String>("id")?.into(),
            content: SmsContent {
                name: row.get("name")?,
                kind: row.get("type")?,
                template: row.get("template")?,
                translations: serde_json::from_str(&translations)
                    .map_err(|error| Error::Stored { what: "SMS template", reason: error.to_string() })?,
            },
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }
}

/// There is one of each type, so all of them are few.
pub async fn all(conn: &mut Conn) -> Result<Vec<SmsTemplate>> {
    let rows = query("select * from sms_template order by id").all(conn).await?;
    rows.iter().map(SmsTemplate::read).collect()
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<SmsTemplate>> {
    let row = query("select * from sms_template where id = $1").bind(id).optional(conn).await?;
    row.map(|row| SmsTemplate::read(&row)).transpose()
}

pub async fn create(conn: &mut Conn, world: &World, content: &SmsContent) -> Result<SmsTemplateId> {
    let id = SmsTemplateId::new(world);
    query(
        "insert into sms_template (id, name, type, template, translations, created_us, updated_us) values ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(id.as_str())
    .bind(&content.name)
    .bind(&content.kind)
    .bind(&content.template)
    .bind(Value::Object(content.translations.clone()).to_string())
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    Ok(id)
}

pub async fn update(conn: &mut Conn, id: &SmsTemplateId, content: &SmsContent, now: Instant) -> Result<()> {
    query(
        "update sms_template set name = $1, type = $2, template = $3, translations = $4, updated_us = $5 where id = $6",
    )
    .bind(&content.name)
    .bind(&content.kind)
    .bind(&content.template)
    .bind(Value::Object(content.translations.clone()).to_string())
    .bind(now.whole_second())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn delete(conn: &mut Conn, id: &SmsTemplateId) -> Result<()> {
    query("delete from sms_template where id = $1").bind(id.as_str()).execute(conn).await?;
    Ok(())
}
