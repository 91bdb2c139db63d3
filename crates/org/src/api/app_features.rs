//! Features of an app: what it would be provisioned with. A part of the capabilities can be changed; the rest stays.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Map, Value, json};

use super::{apps::find, body::Body, caller::Caller, edge::Address};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::App,
        app_feature::{self, Feature},
        log::{Event, Party},
    },
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new()
        .on("listFeaturesForApplication", list)
        .on("getFeatureForApplication", get)
        .on("updateFeatureForApplication", update)
}

/// A feature is on as soon as one of its capabilities is.
fn is_on(capabilities: &Value) -> bool {
    match capabilities {
        Value::Object(object) => {
            object.get("status").and_then(Value::as_str) == Some("ENABLED") || object.values().any(is_on)
        }
        _ => false,
    }
}

fn body(address: &Address, app: &App, feature: Feature, capabilities: Value) -> Value {
    let description = match feature {
        Feature::UserProvisioning => "User provisioning settings from the org to a downstream application",
        Feature::InboundProvisioning => "In-bound provisioning settings from an application to the org",
    };
    let path = format!("/api/v1/apps/{}/features/{}", app.id, feature.as_str());
    json!({
        "name": feature.as_str(),
        "status": if is_on(&capabilities) { "ENABLED" } else { "DISABLED" },
        "description": description,
        "capabilities": without_nulls(capabilities),
        "_links": { "self": { "href": address.link(&path), "hints": { "allow": ["GET", "PUT"] } } },
    })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

fn named(name: &str) -> Answer<Feature> {
    Feature::parse(name).ok_or_else(|| Fault::not_found(name, "ApplicationFeature"))
}

async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    let mut shown = Vec::new();
    for feature in Feature::ALL {
        let capabilities = app_feature::capabilities(&mut reader, &app.id, feature).await?;
        shown.push(body(&address, &app, feature, capabilities));
    }
    Ok(Json(shown))
}

async fn get(
    State(org): State<Org>,
    address: Address,
    Path((id, name)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let feature = named(&name)?;
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    let capabilities = app_feature::capabilities(&mut reader, &app.id, feature).await?;
    Ok(Json(body(&address, &app, feature, capabilities)))
}

async fn update(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((id, name)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let (feature, given) = (named(&name)?, given.object()?);
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    let mut capabilities = app_feature::capabilities(&mut change, &app.id, feature).await?;
    lay_over(&mut capabilities, &given)?;
    app_feature::save(&mut change, &app.id, feature, &capabilities).await?;
    change.record(Event::new("application.lifecycle.update").target(Party::app(&app)));
    change.commit().await?;
    Ok(Json(body(&address, &app, feature, capabilities)))
}

/// Changes what is given, as far as it is known and of the same JSON type.
fn lay_over(known: &mut Value, given: &Map<String, Value>) -> Answer<()> {
    for (name, value) in given {
        match (known.get_mut(name), value) {
            (Some(inner @ Value::Object(_)), Value::Object(value)) => lay_over(inner, value)?,
            (Some(slot @ (Value::String(_) | Value::Null)), Value::String(_))
            | (Some(slot @ Value::Bool(_)), Value::Bool(_)) => *slot = value.clone(),
            (None, _) | (_, Value::Null) => {}
            (Some(_), _) => return Err(Fault::new(&codes::E0000003)),
        }
    }
    Ok(())
}
