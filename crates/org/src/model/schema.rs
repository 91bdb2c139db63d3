//! Schemas: which attributes a profile may hold, and what their values must be like.
//!
//! Three kinds of profile have one: people (a schema for each user type), groups, and the users of each app. Invariant: a profile that
//! is stored was checked by [`Schema::check`]; it holds no null and no attribute that its schema does not know.

pub mod attribute;
pub mod base;

use db::{Conn, query};
use serde_json::{Map, Value};
use world::Instant;

pub use attribute::{Attribute, Kind};

use super::{
    id::{AppId, UserTypeId},
    profile::Profile,
};
use crate::{Error, Result};

/// Attributes that somebody may add to one schema.
pub const CUSTOM_MAX: usize = 250;
/// Of these, how many may be unique: each is a row a person.
pub const UNIQUE_MAX: usize = 5;

/// Whose profiles a schema describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The id of the user type's schema.
    People(String),
    Groups,
    AppUsers(AppId),
}

impl Owner {
    fn key(&self) -> String {
        match self {
            Owner::People(schema) => schema.clone(),
            Owner::Groups => "group".to_owned(),
            Owner::AppUsers(app) => format!("app/{app}"),
        }
    }

    fn base(&self) -> Vec<Attribute> {
        match self {
            Owner::People(_) => base::people(),
            Owner::Groups => base::groups(),
            Owner::AppUsers(_) => base::app_users(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Schema {
    pub owner: Owner,
    pub base: Vec<Attribute>,
    pub custom: Vec<Attribute>,
    /// `None` while nobody has changed it.
    pub changed: Option<Instant>,
}

/// The schema of a kind of profile.
pub async fn get(conn: &mut Conn, owner: Owner) -> Result<Schema> {
    let row = query("select base, custom, updated_us from profile_schema where id = $1");
    let row = row.bind(owner.key()).optional(conn).await?;
    let mut schema = Schema { base: owner.base(), custom: Vec::new(), changed: None, owner };
    if let Some(row) = row {
        for (name, definition) in object(&row.get::<String>("base")?)? {
            if let Some(attribute) = schema.base.iter_mut().find(|attribute| attribute.name == name) {
                attribute.lay_over(definition);
            }
        }
        for (name, definition) in object(&row.get::<String>("custom")?)? {
            schema.custom.push(Attribute::stored(name, definition)?);
        }
        schema.changed = Some(row.get("updated_us")?);
    }
    Ok(schema)
}

/// The schema of the people of a user type.
pub async fn of_type(conn: &mut Conn, kind: &UserTypeId) -> Result<Schema> {
    let row = query("select schema_id from user_type where id = $1").bind(kind.as_str()).one(conn).await?;
    get(conn, Owner::People(row.get("schema_id")?)).await
}

/// The schemas of all people, that of the default type first: lists of people may be asked by any of their attributes.
pub async fn of_all_types(conn: &mut Conn) -> Result<Vec<Schema>> {
    let rows = query("select schema_id from user_type order by is_default desc, id").all(conn).await?;
    let mut schemas = Vec::with_capacity(rows.len());
    for row in rows {
        schemas.push(get(conn, Owner::People(row.get("schema_id")?)).await?);
    }
    Ok(schemas)
}

/// Keeps a schema as it now is.
pub async fn save(conn: &mut Conn, schema: &Schema, now: Instant) -> Result<()> {
    let written = |attributes: &[Attribute]| {
        let entries =
            attributes.iter().map(|attribute| (attribute.name.clone(), attribute.definition().clone().into()));
        Value::Object(entries.collect()).to_string()
    };
    query(
        "insert into profile_schema (id, base, custom, created_us, updated_us) values ($1, $2, $3, $4, $4)
         on conflict (id) do update set base = excluded.base, custom = excluded.custom, updated_us = excluded.updated_us",
    )
    .bind(schema.owner.key())
    .bind(written(&schema.base))
    .bind(written(&schema.custom))
    .bind(now.whole_second())
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the schema of something that is gone.
pub async fn forget(conn: &mut Conn, owner: &Owner) -> Result<()> {
    query("delete from profile_schema where id = $1").bind(owner.key()).execute(conn).await?;
    query("delete from unique_attribute where schema_id = $1").bind(owner.key()).execute(conn).await?;
    Ok(())
}

fn object(text: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(text).map_err(|error| Error::Stored { what: "schema", reason: error.to_string() })
}

impl Schema {
    /// The id under which values of unique attributes are kept apart.
    pub(super) fn key(&self) -> String {
        self.owner.key()
    }

    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.base.iter().chain(&self.custom)
    }

    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes().find(|attribute| attribute.name == name)
    }

    /// The profile with the default of every attribute that has one and was given no value.
    pub fn with_defaults(&self, profile: Profile) -> Profile {
        let missing = self.attributes().filter(|attribute| profile.value(&attribute.name).is_none());
        let defaults: Map<String, Value> =
            missing.filter_map(|attribute| Some((attribute.name.clone(), attribute.default()?.clone()))).collect();
        profile.merged(defaults)
    }

    /// What is wrong with a profile, as the causes of an E0000001.
    pub fn check(&self, profile: &Profile) -> Vec<String> {
        let mut causes = Vec::new();
        for attribute in self.attributes().filter(|attribute| attribute.is_required()) {
            if profile.value(&attribute.name).is_none_or(attribute::is_blank) {
                causes.push(format!("{}: The field cannot be left blank", attribute.name));
            }
        }
        for (name, value) in profile.entries() {
            match self.attribute(name) {
                None => causes.push(format!("Property name '{name}' is not defined in profile")),
                Some(attribute) if attribute.is_required() && attribute::is_blank(value) => {}
                Some(attribute) => {
                    causes.extend(attribute.faults(value).into_iter().map(|reason| format!("{name}: {reason}")));
                }
            }
        }
        causes
    }
}
