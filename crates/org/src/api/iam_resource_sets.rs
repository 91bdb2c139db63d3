//! Resource sets and what is in them.
//!
//! Invariant: a resource is kept under its name, whatever address it was given by, and was there when it was added.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    iam_roles::{described, page},
    paging::{Asked, Beyond},
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        app::App,
        change::Change,
        group,
        id::{ResourceId, ResourceSetId},
        log::{Event, Party},
        reach::Target,
        resource_name,
        resource_set::{self, RESOURCES_MAX, Resource, ResourceSet},
        user,
    },
    operations::Routes,
};

const PAGE: i64 = 100;
const RESOURCES_LIMIT: i64 = 100;
const RESOURCES_LIMIT_MAX: i64 = 1_000;
const SETS_MAX: i64 = 10_000;
const EXCLUDED_MAX: usize = 100;
const SETS: &str = "/api/v1/iam/resource-sets";

pub fn operations() -> Routes {
    Routes::new()
        .on("listResourceSets", list)
        .on("createResourceSet", create)
        .on("getResourceSet", get)
        .on("replaceResourceSet", replace)
        .on("deleteResourceSet", delete)
        .on("listResourceSetResources", list_resources)
        .on("addResourceSetResources", add_resources)
        .on("addResourceSetResource", add_resource)
        .on("getResourceSetResource", get_resource)
        .on("replaceResourceSetResource", replace_resource)
        .on("deleteResourceSetResource", delete_resource)
}

pub async fn find(conn: &mut Conn, text: &str) -> Answer<ResourceSet> {
    resource_set::by_id_or_label(conn, text).await?.ok_or_else(|| Fault::not_found(text, "IAMPolicy"))
}

pub fn path(set: &ResourceSetId) -> String {
    format!("{SETS}/{set}")
}

fn body(address: &Address, set: &ResourceSet) -> Value {
    let path = path(&set.id);
    json!({
        "id": set.id.as_str(),
        "label": set.label,
        "description": set.description,
        "created": set.created.to_rfc3339_ms(),
        "lastUpdated": set.last_updated.to_rfc3339_ms(),
        "_links": {
            "self": { "href": address.link(&path) },
            "resources": { "href": address.link(&format!("{path}/resources")) },
            "bindings": { "href": address.link(&format!("{path}/bindings")) },
        },
    })
}

pub fn party(set: &ResourceSet) -> Party {
    Party::new(set.id.as_str(), "ResourceSet", &set.label, &set.label)
}

fn resource_body(org: &Org, address: &Address, set: &ResourceSet, resource: &Resource) -> Value {
    let own = format!("{}/resources/{}", path(&set.id), resource.id);
    let mut links = json!({ "resource": { "href": address.link(&own) } });
    if let Some(target) = resource_name::parse(org.id.as_str(), &resource.name) {
        let place = address.link(&resource_name::path(&target));
        links["self"] = json!({ "href": place });
        match target {
            Target::People => links["users"] = json!({ "href": place }),
            Target::Groups => links["groups"] = json!({ "href": place }),
            _ => {}
        }
    }
    let mut body = json!({
        "id": resource.id.as_str(),
        "orn": resource.name,
        "created": resource.created.to_rfc3339_ms(),
        "lastUpdated": resource.last_updated.to_rfc3339_ms(),
        "_links": links,
    });
    if !resource.excluded.is_empty() {
        body["conditions"] = json!({ "Exclude": { "okta:ORN": resource.excluded } });
    }
    body
}

/// What a name or an address means.
fn target(org: &Org, text: &str) -> Option<Target> {
    if text.starts_with("orn:") {
        return resource_name::parse(org.id.as_str(), text);
    }
    let url = Url::parse(text).ok()?;
    org.addresses.iter().find(|address| address.origin() == url.origin())?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    resource_name::parse_path(&format!("{}{query}", url.path()))
}

/// The name of a resource that is to be added.
async fn named(conn: &mut Conn, org: &Org, text: &str) -> Answer<String> {
    let refused = |reason: &str| Fault::field("resources", &format!("'{text}' {reason}"));
    let target = target(org, text).ok_or_else(|| refused("is no resource of this org"))?;
    let there = match &target {
        Target::Person(id) => user::by_id(conn, &id.as_str().into()).await?.is_some(),
        Target::Group(id) | Target::MembersOf(id) => group::by_id(conn, &id.as_str().into()).await?.is_some(),
        Target::App(id) => crate::model::app::by_id(conn, &id.as_str().into()).await?.is_some(),
        Target::AppsNamed(name) => App::count_named(conn, name).await? > 0,
        Target::People | Target::Groups | Target::Apps | Target::Kind(_) | Target::Other(_) => true,
    };
    if there { Ok(resource_name::of(org.id.as_str(), &target)) } else { Err(refused("does not exist")) }
}

/// What the conditions of a body leave out.
fn excluded(org: &Org, given: &Map<String, Value>) -> Answer<Vec<String>> {
    let empty = Map::new();
    let rule = given.child("conditions")?.unwrap_or(&empty).child("Exclude")?.unwrap_or(&empty);
    let names = rule.texts("okta:ORN")?.unwrap_or_default();
    let known = |name: &String| resource_name::parse(org.id.as_str(), name).is_some();
    if names.len() > EXCLUDED_MAX || !names.iter().all(known) {
        return Err(Fault::field("conditions", "Resources that are left out are given by their names"));
    }
    Ok(names)
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Json<Value>> {
    let after = asked.after_id(ResourceSetId::PREFIX)?;
    let sets = resource_set::list(&mut *org.db.read().await?, after, PAGE + 1).await?;
    let rows = sets.iter().map(|set| (set.id.to_string(), body(&asked.address, set))).collect();
    Ok(Json(page(&asked, "resource-sets", SETS, rows, PAGE)))
}

async fn get(State(org): State<Org>, address: Address, Path(name): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&address, &find(&mut *org.db.read().await?, &name).await?)))
}

async fn create(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let (label, description) = described(&given)?;
    let wanted = given.texts("resources")?.unwrap_or_default();
    let mut change = caller.begin(&org).await?;
    if resource_set::count(&mut change).await? >= SETS_MAX {
        return Err(Fault::field("resourceSet", &format!("An org has at most {SETS_MAX} resource sets")));
    }
    let set =
        resource_set::create(&mut change, &org.world, &label, &description).await.map_err(Fault::taken("label"))?;
    add_all(&mut change, &org, &set, &wanted).await?;
    change.record(Event::new("iam.resourceset.create").target(party(&set)));
    change.commit().await?;
    Ok(Json(body(&address, &set)))
}

async fn add_all(change: &mut Change, org: &Org, set: &ResourceSet, wanted: &[String]) -> Answer<()> {
    let there = resource_set::resources(change, &set.id).await?.len();
    if there + wanted.len() > RESOURCES_MAX {
        return Err(Fault::field("resources", &format!("A resource set has at most {RESOURCES_MAX} resources")));
    }
    for text in wanted {
        let name = named(change, org, text).await?;
        resource_set::add_resource(change, &org.world, &set.id, &name, &[]).await?;
    }
    Ok(())
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let (label, description) = described(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &name).await?;
    let now = change.now;
    resource_set::update(&mut change, &before.id, &label, &description, now).await.map_err(Fault::taken("label"))?;
    let set = find(&mut change, before.id.as_str()).await?;
    change.record(Event::new("iam.resourceset.update").target(party(&set)));
    change.commit().await?;
    Ok(Json(body(&address, &set)))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let set = find(&mut change, &name).await?;
    resource_set::delete(&mut change, &set.id).await?;
    change.record(Event::new("iam.resourceset.delete").target(party(&set)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_resources(State(org): State<Org>, asked: Asked, Path(name): Path<String>) -> Answer<Json<Value>> {
    let limit = asked.limit(RESOURCES_LIMIT, RESOURCES_LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(ResourceId::PREFIX)?.unwrap_or_default();
    let mut reader = org.db.read().await?;
    let set = find(&mut reader, &name).await?;
    let resources = resource_set::resources(&mut reader, &set.id).await?;
    let rows = resources.iter().filter(|resource| resource.id.as_str() > after);
    let rows = rows
        .map(|resource| (resource.id.to_string(), resource_body(&org, &asked.address, &set, resource)))
        .take(usize::try_from(limit + 1).unwrap_or(usize::MAX))
        .collect();
    let mut answer = page(&asked, "resources", &format!("{}/resources", path(&set.id)), rows, limit);
    answer["_links"]["resource-set"] = json!({ "href": asked.address.link(&path(&set.id)) });
    Ok(Json(answer))
}

async fn add_resources(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let wanted = given.object()?.texts("additions")?.unwrap_or_default();
    let mut change = caller.begin(&org).await?;
    let set = find(&mut change, &name).await?;
    add_all(&mut change, &org, &set, &wanted).await?;
    change.record(Event::new("iam.resourceset.resources.add").target(party(&set)));
    change.commit().await?;
    Ok(Json(body(&address, &set)))
}

async fn add_resource(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(name): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let given = given.object()?;
    let text = given.text("resourceOrnOrUrl")?.unwrap_or_default().to_owned();
    let excluded = excluded(&org, &given)?;
    let mut change = caller.begin(&org).await?;
    let set = find(&mut change, &name).await?;
    if resource_set::resources(&mut change, &set.id).await?.len() >= RESOURCES_MAX {
        return Err(Fault::field("resources", &format!("A resource set has at most {RESOURCES_MAX} resources")));
    }
    let name = named(&mut change, &org, &text).await?;
    let id = resource_set::add_resource(&mut change, &org.world, &set.id, &name, &excluded).await?;
    let id = id.ok_or_else(|| Fault::field("resourceOrnOrUrl", crate::error::TAKEN))?;
    change.record(Event::new("iam.resourceset.resources.add").target(party(&set)).debug("resource", name));
    let resource = resource(&mut change, &set, id.as_str()).await?;
    change.commit().await?;
    Ok(Json(resource_body(&org, &address, &set, &resource)))
}

async fn resource(conn: &mut Conn, set: &ResourceSet, id: &str) -> Answer<Resource> {
    let found = resource_set::resources(conn, &set.id).await?.into_iter().find(|known| known.id.as_str() == id);
    found.ok_or_else(|| Fault::not_found(id, "ResourceSetResource"))
}

async fn get_resource(
    State(org): State<Org>,
    address: Address,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let set = find(&mut reader, &name).await?;
    let resource = resource(&mut reader, &set, &id).await?;
    Ok(Json(resource_body(&org, &address, &set, &resource)))
}

async fn replace_resource(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let excluded = excluded(&org, &given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let set = find(&mut change, &name).await?;
    let before = resource(&mut change, &set, &id).await?;
    let now = change.now;
    resource_set::set_excluded(&mut change, &before.id, &excluded, now).await?;
    change.record(Event::new("iam.resourceset.resources.update").target(party(&set)).debug("resource", before.name));
    let after = resource(&mut change, &set, &id).await?;
    change.commit().await?;
    Ok(Json(resource_body(&org, &address, &set, &after)))
}

async fn delete_resource(
    State(org): State<Org>,
    caller: Caller,
    Path((name, id)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let set = find(&mut change, &name).await?;
    let resource = resource(&mut change, &set, &id).await?;
    resource_set::remove_resource(&mut change, &resource.id).await?;
    change.record(Event::new("iam.resourceset.resources.delete").target(party(&set)).debug("resource", resource.name));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
