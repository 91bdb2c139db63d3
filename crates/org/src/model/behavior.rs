//! Behaviors: what counts as unusual when somebody signs in.

use db::{Conn, Row, query};
use serde_json::{Value, json};
use world::{Instant, World};

use super::{id::BehaviorId, resource::Stored};
use crate::{Error, Result};

#[derive(Clone, Debug)]
pub struct Behavior {
    pub id: BehaviorId,
    pub name: String,
    pub kind: String,
    pub active: bool,
    pub settings: Value,
    pub created: Instant,
    pub last_updated: Instant,
}

/// What a behavior is made of or changed to.
#[derive(Clone, Debug)]
pub struct BehaviorContent {
    pub name: String,
    pub kind: String,
    /// None: active, or as it was.
    pub active: Option<bool>,
    pub settings: Value,
}

impl Stored for Behavior {
    const TABLE: &'static str = "behavior";
    const COLUMNS: &'static str = "r.id, r.name, r.type, r.status, r.settings, r.created_us, r.updated_us";
    const PREFIX: &'static str = BehaviorId::PREFIX;

    fn read(row: &Row) -> Result<Behavior> {
        let (status, settings): (String, String) = (row.get("status")?, row.get("settings")?);
        Ok(Behavior {
            id: row.get::<String>("id")?.into(),
            name: row.get("name")?,
            kind: row.get("type")?,
            active: status == "ACTIVE",
            settings: serde_json::from_str(&settings)
                .map_err(|error| Error::Stored { what: "behavior", reason: error.to_string() })?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn active(&self) -> bool {
        self.active
    }
}

fn status(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "INACTIVE" }
}

pub async fn create(conn: &mut Conn, world: &World, content: &BehaviorContent) -> Result<BehaviorId> {
    let id = BehaviorId::new(world);
    query(
        "insert into behavior (id, name, type, status, settings, created_us, updated_us) values ($1, $2, $3, $4, $5, $6, $6)",
    )
    .bind(id.as_str())
    .bind(&content.name)
    .bind(&content.kind)
    .bind(status(content.active.unwrap_or(true)))
    .bind(content.settings.to_string())
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    Ok(id)
}

pub async fn update(conn: &mut Conn, before: &Behavior, content: &BehaviorContent, now: Instant) -> Result<()> {
    query("update behavior set name = $1, status = $2, settings = $3, updated_us = $4 where id = $5")
        .bind(&content.name)
        .bind(status(content.active.unwrap_or(before.active)))
        .bind(content.settings.to_string())
        .bind(now.whole_second())
        .bind(before.id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn count(conn: &mut Conn) -> Result<i64> {
    Ok(query("select count(*) as n from behavior").one(conn).await?.get("n")?)
}

/// Those that a new org has.
pub async fn create_usual(conn: &mut Conn, world: &World) -> Result<()> {
    let history = |events: u32| json!({ "maxEventsUsedForEvaluation": events, "minEventsNeededForEvaluation": 0 });
    let place = |granularity: &str, events: u32| {
        let mut settings = history(events);
        settings["granularity"] = granularity.into();
        settings
    };
    let mut near = place("LAT_LONG", 20);
    near["radiusKilometers"] = 20.into();
    for (name, kind, settings) in [
        ("New Geo-Location", "ANOMALOUS_LOCATION", near),
        ("New Device", "ANOMALOUS_DEVICE", history(20)),
        ("New IP", "ANOMALOUS_IP", history(50)),
        ("New State", "ANOMALOUS_LOCATION", place("SUBDIVISION", 15)),
        ("New Country", "ANOMALOUS_LOCATION", place("COUNTRY", 10)),
        ("New City", "ANOMALOUS_LOCATION", place("CITY", 20)),
        ("Velocity", "VELOCITY", json!({ "velocityKph": 805 })),
    ] {
        let content = BehaviorContent { name: name.to_owned(), kind: kind.to_owned(), active: Some(true), settings };
        create(conn, world, &content).await?;
    }
    Ok(())
}
