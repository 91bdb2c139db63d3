//! Trusted origins.

use db::Conn;
use serde_json::{Map, Value, json};
use url::Url;
use world::{Instant, World};

use super::{
    body::Properties,
    filter::compile::{Column, EQ, Field},
    resource::{self, Events, Resource},
};
use crate::{
    Result,
    error::{Answer, Fault},
    model::{
        id::UserId,
        log::Party,
        trusted_origin::{self, OriginContent, SCOPES, TrustedOrigin},
    },
    operations::Routes,
};

const NAME_LEN_MAX: usize = 255;

pub fn operations() -> Routes {
    resource::operations::<TrustedOrigin>("TrustedOrigin", "TrustedOrigins")
}

impl Resource for TrustedOrigin {
    type Content = OriginContent;

    const KIND: &'static str = "TrustedOrigin";
    const PATH: &'static str = "/api/v1/trustedOrigins";
    const SEARCHED: &'static [&'static str] = &["r.name", "r.origin"];
    const EVENTS: Events = Events {
        created: Some("security.trusted_origin.create"),
        updated: Some("security.trusted_origin.update"),
        deleted: Some("security.trusted_origin.delete"),
        activated: Some("security.trusted_origin.activate"),
        deactivated: Some("security.trusted_origin.deactivate"),
    };

    fn content(given: &Map<String, Value>) -> Answer<OriginContent> {
        content(given)
    }

    fn body(&self) -> Value {
        let scopes: Vec<Value> = self.scopes.iter().map(|scope| json!({ "type": scope })).collect();
        json!({
            "id": self.id.as_str(),
            "name": self.name,
            "origin": self.origin,
            "status": if self.active { "ACTIVE" } else { "INACTIVE" },
            "scopes": scopes,
            "created": self.created.to_rfc3339_ms(),
            "createdBy": self.created_by,
            "lastUpdated": self.last_updated.to_rfc3339_ms(),
            "lastUpdatedBy": self.last_updated_by,
        })
    }

    fn field(name: &str) -> Option<Field> {
        Some(match name {
            "name" => Field::new(Column::Exact("r.name"), EQ),
            "origin" => Field::new(Column::Exact("r.origin"), EQ),
            "status" => Field::new(Column::Exact("r.status"), EQ),
            "type" => Field::new(Column::Around("r.scopes like '%\"' ||", "|| '\"%'"), EQ),
            _ => return None,
        })
    }

    async fn insert(conn: &mut Conn, world: &World, content: &OriginContent, by: &UserId) -> Result<String> {
        Ok(trusted_origin::create(conn, world, content, by).await?.to_string())
    }

    async fn update(&self, conn: &mut Conn, content: &OriginContent, by: &UserId, now: Instant) -> Result<()> {
        trusted_origin::update(conn, &self.id, content, by, now).await
    }

    fn fault(error: crate::Error) -> Fault {
        let by_name = matches!(&error, crate::Error::Database(db::Error::Conflict { constraint, .. }) if constraint.contains("name"));
        Fault::taken(if by_name { "name" } else { "origin" })(error)
    }

    fn party(&self) -> Party {
        Party::new(self.id.as_str(), TrustedOrigin::KIND, &self.origin, &self.name)
    }
}

fn content(given: &Map<String, Value>) -> Answer<OriginContent> {
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let text = given.text("origin")?.unwrap_or_default().trim_end_matches('/');
    let parsed = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let origin =
        parsed.map(|url| url.origin().ascii_serialization()).filter(|origin| origin.eq_ignore_ascii_case(text));
    let origin =
        origin.ok_or_else(|| Fault::field("origin", "The origin must be a scheme, a host and an optional port"))?;
    let mut scopes = Vec::new();
    for scope in given.get("scopes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
        let kind = scope.get("type").and_then(Value::as_str).unwrap_or_default();
        let known = SCOPES
            .iter()
            .find(|known| **known == kind)
            .ok_or_else(|| Fault::field("scopes", "The scope type is not valid"))?;
        if !scopes.iter().any(|scope| scope == known) {
            scopes.push((*known).to_owned());
        }
    }
    if scopes.is_empty() {
        return Err(Fault::field("scopes", "At least one scope must be given"));
    }
    Ok(OriginContent { name, origin, scopes })
}
