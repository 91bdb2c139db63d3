//! The org itself, and the document by which clients tell its engine.

use axum::{Json, extract::State};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
};
use crate::{
    Error, Org,
    error::{Answer, Fault},
    model::{
        log::{Event, Party},
        organization::{self, Organization},
    },
    operations::Routes,
};

/// What may be set beside the company's name.
const DETAILS: [&str; 9] = [
    "address1",
    "address2",
    "city",
    "country",
    "endUserSupportHelpURL",
    "phoneNumber",
    "postalCode",
    "state",
    "supportPhoneNumber",
];
const WEBSITE: &str = "website";
const LEN_MAX: usize = 255;

pub fn operations() -> Routes {
    Routes::new()
        .on("getOrgSettings", get)
        .on("updateOrgSettings", update)
        .on("replaceOrgSettings", replace)
        .on("getWellknownOrgMetadata", metadata)
}

async fn found(conn: &mut Conn) -> Answer<Organization> {
    let missing = || Error::Stored { what: "org", reason: "its row is missing".to_owned() };
    Ok(organization::get(conn).await?.ok_or_else(missing)?)
}

fn body(address: &Address, organization: &Organization) -> Value {
    let mut body = Map::new();
    for name in DETAILS.into_iter().chain([WEBSITE]) {
        body.insert(name.to_owned(), organization.details.get(name).cloned().unwrap_or(Value::Null));
    }
    body.insert("companyName".to_owned(), organization.company_name.clone().into());
    body.insert("id".to_owned(), organization.id.as_str().into());
    body.insert("created".to_owned(), organization.created.to_rfc3339_ms().into());
    body.insert("lastUpdated".to_owned(), organization.last_updated.to_rfc3339_ms().into());
    body.insert("expiresAt".to_owned(), Value::Null);
    body.insert("status".to_owned(), "ACTIVE".into());
    body.insert("subdomain".to_owned(), address.0.host_str().and_then(|host| host.split('.').next()).into());
    let link = |path: &str| json!({ "href": address.link(path) });
    let links = json!({
        "preferences": link("/api/v1/org/preferences"),
        "uploadLogo": { "href": address.link("/api/v1/org/logo"), "hints": { "allow": ["POST"] } },
        "oktaCommunication": link("/api/v1/org/privacy/oktaCommunication"),
        "logo": null,
        "oktaSupport": link("/api/v1/org/privacy/oktaSupport"),
        "contacts": link("/api/v1/org/contacts"),
    });
    body.insert("_links".to_owned(), links);
    Value::Object(body)
}

async fn get(State(org): State<Org>, address: Address) -> Answer<Json<Value>> {
    Ok(Json(body(&address, &found(&mut *org.db.read().await?).await?)))
}

async fn update(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let mut change = caller.begin(&org).await?;
    let before = found(&mut change).await?;
    let company_name = given.text("companyName")?.unwrap_or(&before.company_name).to_owned();
    let mut details = before.details.clone();
    details.extend(details_of(&given)?);
    save(change, &address, &company_name, &details).await
}

async fn replace(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let company_name = given.text("companyName")?.unwrap_or_default().to_owned();
    let details = details_of(&given)?;
    save(caller.begin(&org).await?, &address, &company_name, &details).await
}

fn details_of(given: &Map<String, Value>) -> Answer<Map<String, Value>> {
    let mut details = Map::new();
    for name in DETAILS.into_iter().chain([WEBSITE]) {
        if let Some(text) = given.text(name)? {
            if text.chars().count() > LEN_MAX {
                return Err(Fault::field(name, "The field is too long"));
            }
            details.insert(name.to_owned(), text.into());
        }
    }
    Ok(details)
}

async fn save(
    mut change: crate::model::change::Change,
    address: &Address,
    company_name: &str,
    details: &Map<String, Value>,
) -> Answer<Json<Value>> {
    let company_name = company_name.trim();
    if company_name.is_empty() || company_name.chars().count() > LEN_MAX {
        return Err(Fault::field("companyName", &format!("The field must be between 1 and {LEN_MAX} characters")));
    }
    let now = change.now;
    organization::update(&mut change, company_name, details, now).await?;
    let after = found(&mut change).await?;
    change.record(Event::new("support.org.update").target(Party::new(
        after.id.as_str(),
        "Organization",
        &after.company_name,
        &after.company_name,
    )));
    change.commit().await?;
    Ok(Json(body(address, &after)))
}

/// Public. `v1`: the engine that has no interaction endpoints, so that clients and widgets take the classic way.
async fn metadata(State(org): State<Org>, address: Address) -> Json<Value> {
    Json(json!({ "id": org.id.as_str(), "pipeline": "v1", "_links": { "organization": { "href": address.base() } } }))
}
