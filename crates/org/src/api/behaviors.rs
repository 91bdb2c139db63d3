//! Behaviors: what counts as unusual when somebody signs in.

use db::Conn;
use serde_json::{Map, Value, json};
use world::{Instant, World};

use super::{
    body::Properties,
    caller::Caller,
    resource::{self, Act, Events, Resource},
};
use crate::{
    Result,
    error::{Answer, Fault},
    model::{
        behavior::{self, Behavior, BehaviorContent},
        id::UserId,
        log::Party,
    },
    operations::Routes,
};

const NAME_LEN_MAX: usize = 128;
/// Behaviors of an org.
const BEHAVIORS_MAX: i64 = 100;
const GRANULARITIES: [&str; 4] = ["CITY", "COUNTRY", "LAT_LONG", "SUBDIVISION"];
const RADIUS_MAX: i64 = 20_000;
const VELOCITY_MAX: i64 = 100_000;

pub fn operations() -> Routes {
    resource::operations::<Behavior>("BehaviorDetectionRule", "BehaviorDetectionRules")
}

impl Resource for Behavior {
    type Content = BehaviorContent;

    const KIND: &'static str = "BehaviorSettings";
    const PATH: &'static str = "/api/v1/behaviors";
    const LIMIT: i64 = 200;
    const EVENTS: Events = Events {
        created: Some("security.behavior.settings.create"),
        updated: Some("security.behavior.settings.update"),
        deleted: Some("security.behavior.settings.delete"),
        activated: Some("security.behavior.settings.update"),
        deactivated: Some("security.behavior.settings.update"),
    };

    fn content(given: &Map<String, Value>) -> Answer<BehaviorContent> {
        content(given)
    }

    fn body(&self) -> Value {
        json!({
            "id": self.id.as_str(),
            "name": self.name,
            "type": self.kind,
            "status": if self.active { "ACTIVE" } else { "INACTIVE" },
            "settings": self.settings,
            "created": self.created.to_rfc3339_ms(),
            "lastUpdated": self.last_updated.to_rfc3339_ms(),
        })
    }

    async fn insert(conn: &mut Conn, world: &World, content: &BehaviorContent, _: &UserId) -> Result<String> {
        Ok(behavior::create(conn, world, content).await?.to_string())
    }

    async fn update(&self, conn: &mut Conn, content: &BehaviorContent, _: &UserId, now: Instant) -> Result<()> {
        behavior::update(conn, self, content, now).await
    }

    async fn judge(conn: &mut Conn, _: &Caller, act: Act<'_, Behavior>) -> Answer<()> {
        match act {
            Act::Create(_) => {
                if behavior::count(conn).await? < BEHAVIORS_MAX {
                    return Ok(());
                }
                Err(Fault::field("name", &format!("At most {BEHAVIORS_MAX} behaviors are allowed")))
            }
            Act::Replace(before, content) if before.kind != content.kind => {
                Err(Fault::field("type", "The type of a behavior cannot be changed"))
            }
            _ => Ok(()),
        }
    }

    fn party(&self) -> Party {
        Party::new(self.id.as_str(), Behavior::KIND, &self.name, &self.name)
    }
}

fn content(given: &Map<String, Value>) -> Answer<BehaviorContent> {
    let name = given.text("name")?.unwrap_or_default().trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_LEN_MAX {
        return Err(Fault::field("name", &format!("The field must be between 1 and {NAME_LEN_MAX} characters")));
    }
    let empty = Map::new();
    let said = given.child("settings")?.unwrap_or(&empty);
    let kind = given.text("type")?.unwrap_or_default().to_owned();
    let settings = match kind.as_str() {
        "VELOCITY" => json!({ "velocityKph": number(said, "velocityKph", 1, VELOCITY_MAX, 805)? }),
        "ANOMALOUS_LOCATION" => location(said)?,
        "ANOMALOUS_IP" => history(said, 0, 50)?,
        "ANOMALOUS_DEVICE" | "ANOMALOUS_ASN" => history(said, 1, 20)?,
        _ => return Err(Fault::field("type", "The type of the behavior is not known")),
    };
    let active = given.text("status")?.map(|status| status == "ACTIVE");
    Ok(BehaviorContent { name, kind, active, settings })
}

fn history(said: &Map<String, Value>, min: i64, usual: i64) -> Answer<Value> {
    Ok(json!({
        "maxEventsUsedForEvaluation": number(said, "maxEventsUsedForEvaluation", min, 100, usual)?,
        "minEventsNeededForEvaluation": number(said, "minEventsNeededForEvaluation", 0, 10, 0)?,
    }))
}

fn location(said: &Map<String, Value>) -> Answer<Value> {
    let mut settings = history(said, 1, 20)?;
    let granularity = said.text("granularity")?.unwrap_or_default();
    if !GRANULARITIES.contains(&granularity) {
        return Err(Fault::field("granularity", &format!("The value must be one of {}", GRANULARITIES.join(", "))));
    }
    settings["granularity"] = granularity.into();
    if granularity == "LAT_LONG" {
        if !said.contains_key("radiusKilometers") {
            return Err(Fault::field("radiusKilometers", "The field cannot be left blank"));
        }
        settings["radiusKilometers"] = number(said, "radiusKilometers", 1, RADIUS_MAX, 20)?.into();
    }
    Ok(settings)
}

fn number(said: &Map<String, Value>, name: &str, min: i64, max: i64, usual: i64) -> Answer<i64> {
    let number = said.get(name).filter(|value| !value.is_null()).map_or(Some(usual), Value::as_i64);
    number
        .filter(|number| (min..=max).contains(number))
        .ok_or_else(|| Fault::field(name, &format!("The value must be between {min} and {max}")))
}
