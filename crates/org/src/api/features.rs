//! Features that an administrator turns on and off.
//!
//! Invariant: what is on has all that it depends on.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Map, Value, json};

use super::{caller::Caller, edge::Address, limits, paging::Asked};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        feature::{self, ALL, Feature},
        log::{Event, Party},
    },
    operations::Routes,
};

const FORCE: &str = "force";

pub fn operations() -> Routes {
    Routes::new()
        .on("listFeatures", list)
        .on("getFeature", get)
        .on("listFeatureDependencies", dependencies)
        .on("listFeatureDependents", dependents)
        .on("updateFeatureLifecycle", update)
}

fn find(id: &str) -> Answer<&'static Feature> {
    Feature::by_id(id).ok_or_else(|| Fault::not_found(id, "Feature"))
}

fn body(address: &Address, feature: &Feature, decided: &Value) -> Value {
    let path = format!("/api/v1/features/{}", feature.id);
    json!({
        "id": feature.id,
        "type": "self-service",
        "name": feature.name,
        "description": feature.description,
        "stage": { "state": "OPEN", "value": "EA" },
        "status": if feature.is_on(decided) { "ENABLED" } else { "DISABLED" },
        "_links": {
            "self": { "href": address.link(&path), "hints": { "allow": ["POST"] } },
            "dependencies": { "href": address.link(&format!("{path}/dependencies")) },
            "dependents": { "href": address.link(&format!("{path}/dependents")) },
        },
    })
}

async fn list(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    let decided = feature::decided(&mut *org.db.read().await?).await?;
    Ok(Json(ALL.iter().map(|feature| body(&address, feature, &decided)).collect()))
}

async fn get(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let feature = find(&id)?;
    let decided = feature::decided(&mut *org.db.read().await?).await?;
    Ok(Json(body(&address, feature, &decided)))
}

async fn dependencies(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let feature = find(&id)?;
    let decided = feature::decided(&mut *org.db.read().await?).await?;
    Ok(Json(feature.dependencies.iter().map(|feature| body(&address, feature, &decided)).collect()))
}

async fn dependents(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Value>> {
    let feature = find(&id)?;
    let decided = feature::decided(&mut *org.db.read().await?).await?;
    Ok(Json(feature.dependents().map(|feature| body(&address, feature, &decided)).collect()))
}

async fn update(
    State(org): State<Org>,
    caller: Caller,
    asked: Asked,
    Path((id, lifecycle)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let feature = find(&id)?;
    let on = match lifecycle.to_ascii_uppercase().as_str() {
        "ENABLE" => true,
        "DISABLE" => false,
        _ => return Err(Fault::field("lifecycle", "The lifecycle must be ENABLE or DISABLE")),
    };
    let forced = asked.get("mode").is_some_and(|mode| mode.eq_ignore_ascii_case(FORCE));
    let mut change = caller.begin(&org).await?;
    let mut decided = match feature::decided(&mut change).await? {
        Value::Object(decided) => decided,
        _ => Map::new(),
    };
    let mut turned = Vec::new();
    turn(feature, on, forced, &mut decided, &mut turned)?;
    let decided = Value::Object(decided);
    let now = change.now;
    feature::decide(&mut change, &decided, now).await?;
    for feature in turned {
        let kind = if on { "system.feature.enable" } else { "system.feature.disable" };
        change.record(Event::new(kind).target(Party::new(feature.id, "Feature", feature.name, feature.name)));
    }
    change.commit().await?;
    limits::reload(&org).await?;
    Ok(Json(body(&asked.address, feature, &decided)))
}

/// Turns a feature, and with force first those that stand in the way.
fn turn(
    feature: &'static Feature,
    on: bool,
    forced: bool,
    decided: &mut Map<String, Value>,
    turned: &mut Vec<&'static Feature>,
) -> Answer<()> {
    let others: Vec<&'static Feature> = if on { feature.dependencies.to_vec() } else { feature.dependents().collect() };
    for other in others {
        if other.is_on(&Value::Object(decided.clone())) == on {
            continue;
        }
        if !forced {
            return Err(Fault::new(&codes::E0000141));
        }
        turn(other, on, forced, decided, turned)?;
    }
    if feature.is_on(&Value::Object(decided.clone())) != on {
        turned.push(feature);
    }
    decided.insert(feature.id.to_owned(), on.into());
    Ok(())
}
