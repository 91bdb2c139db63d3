//! Linked objects: relations between people, and who is linked to whom.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::Caller,
    edge::Address,
    users::{find as find_person, lifecycle::begin},
};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        id::UserId,
        linked_object::{self, End, LinkedObject},
        log::{Event, Party},
    },
    operations::Routes,
};

const RELATIONS_MAX: usize = 200;
const NAME_LEN_MAX: usize = 100;
const TEXT_LEN_MAX: usize = 1_000;
/// People in one answer; the API knows no pages here.
const LINKED_MAX: i64 = 10_000;

pub fn operations() -> Routes {
    Routes::new()
        .on("listLinkedObjectDefinitions", list)
        .on("createLinkedObjectDefinition", create)
        .on("getLinkedObjectDefinition", get)
        .on("deleteLinkedObjectDefinition", delete)
        .on("assignLinkedObjectValueForPrimary", link)
        .on("listLinkedObjectsForUser", linked)
        .on("deleteLinkedObjectForUser", unlink)
}

fn body(address: &Address, relation: &LinkedObject) -> Value {
    let end = |end: &End| {
        let mut shown = json!({ "name": end.name, "title": end.title, "type": "USER" });
        if let Some(description) = &end.description {
            shown["description"] = description.as_str().into();
        }
        shown
    };
    let path = format!("/api/v1/meta/schemas/user/linkedObjects/{}", relation.primary.name);
    json!({
        "primary": end(&relation.primary),
        "associated": end(&relation.associated),
        "_links": { "self": { "href": address.link(&path) } },
    })
}

fn party(relation: &LinkedObject) -> Party {
    Party::new(&relation.primary.name, "LinkedObject", &relation.associated.name, &relation.primary.title)
}

async fn find(conn: &mut Conn, name: &str) -> Answer<LinkedObject> {
    linked_object::named(conn, name).await?.ok_or_else(|| Fault::not_found(name, "LinkedObject"))
}

async fn list(State(org): State<Org>, address: Address) -> Answer<Json<Vec<Value>>> {
    let relations = linked_object::all(&mut *org.db.read().await?).await?;
    Ok(Json(relations.iter().map(|relation| body(&address, relation)).collect()))
}

async fn get(State(org): State<Org>, address: Address, Path(name): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&address, &find(&mut *org.db.read().await?, &name).await?)))
}

fn end(given: &Map<String, Value>, which: &str) -> Answer<End> {
    let field = |name: &str| format!("{which}.{name}");
    let given = given.child(which)?.ok_or_else(|| Fault::field(which, "The field cannot be left blank"))?;
    let text = |name: &str| -> Answer<String> {
        let text = given.text(name)?.unwrap_or_default().trim();
        if text.is_empty() {
            return Err(Fault::field(&field(name), "The field cannot be left blank"));
        }
        if text.chars().count() > TEXT_LEN_MAX {
            return Err(Fault::field(&field(name), "The field is too long"));
        }
        Ok(text.to_owned())
    };
    let name = text("name")?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain || name.starts_with(|first: char| first.is_ascii_digit()) || name.len() > NAME_LEN_MAX {
        return Err(Fault::field(&field("name"), "Does not match required pattern"));
    }
    if given.text("type")? != Some("USER") {
        return Err(Fault::field(&field("type"), "The type must be USER"));
    }
    Ok(End { name, title: text("title")?, description: given.text("description")?.map(str::to_owned) })
}

async fn create(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Response> {
    let given = given.object()?;
    let new = LinkedObject { primary: end(&given, "primary")?, associated: end(&given, "associated")? };
    let mut change = caller.begin(&org).await?;
    let known = linked_object::all(&mut change).await?;
    let taken = |name: &str| known.iter().any(|one| one.primary.name == name || one.associated.name == name);
    let ends = [("primary", &new.primary), ("associated", &new.associated)];
    let mut causes: Vec<String> = ends
        .iter()
        .filter(|(_, end)| taken(&end.name))
        .map(|(which, _)| format!("Linked object identifier for {which} is already in use."))
        .collect();
    if new.primary.name == new.associated.name && causes.is_empty() {
        causes.push("Linked object identifier for associated is already in use.".to_owned());
    }
    if !causes.is_empty() {
        let fault = Fault::new(&codes::E0000127).with_argument("Linked object identifier is already in use.");
        return Err(Fault { causes, ..fault });
    }
    if known.len() >= RELATIONS_MAX {
        return Err(Fault::field(
            "linkedObject",
            &format!("An org cannot have more than {RELATIONS_MAX} linked objects"),
        ));
    }
    let now = change.now;
    linked_object::create(&mut change, &new, now).await.map_err(Fault::taken("primary.name"))?;
    change.record(Event::new("directory.linked_object.create").target(party(&new)));
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body(&address, &new))).into_response())
}

async fn delete(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let relation = find(&mut change, &name).await?;
    linked_object::delete(&mut change, &relation.primary.name).await?;
    change.record(Event::new("directory.linked_object.delete").target(party(&relation)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The relation whose primary end has this name.
async fn by_primary(conn: &mut Conn, name: &str) -> Answer<LinkedObject> {
    let relation = find(conn, name).await?;
    if relation.primary.name == name { Ok(relation) } else { Err(Fault::not_found(name, "LinkedObject")) }
}

async fn link(
    State(org): State<Org>,
    caller: Caller,
    Path((associated, name, primary)): Path<(String, String, String)>,
) -> Answer<StatusCode> {
    let (mut change, associated) = begin(&org, &caller, &associated).await?;
    let relation = by_primary(&mut change, &name).await?;
    let primary = find_person(&mut change, &caller, &primary).await?;
    if primary.id == associated.id {
        return Err(Fault::field("primary", "A user cannot be linked to themselves"));
    }
    let now = change.now;
    linked_object::link(&mut change, &relation, &associated.id, &primary.id, now).await?;
    let event =
        Event::new("user.account.update_profile").target(Party::user(&associated)).target(Party::user(&primary));
    change.record(event.debug("linkedObject", relation.primary.name.as_str()));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn unlink(
    State(org): State<Org>,
    caller: Caller,
    Path((associated, name)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let (mut change, associated) = begin(&org, &caller, &associated).await?;
    let relation = by_primary(&mut change, &name).await?;
    if linked_object::unlink(&mut change, &relation, &associated.id).await? {
        let event = Event::new("user.account.update_profile").target(Party::user(&associated));
        change.record(event.debug("linkedObject", relation.primary.name.as_str()));
    }
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn linked(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, relation)): Path<(String, String)>,
) -> Answer<Json<Vec<Value>>> {
    let mut reader = org.db.read().await?;
    let user = find_person(&mut reader, &caller, &name).await?;
    let found = find(&mut reader, &relation).await?;
    let ids: Vec<UserId> = if found.primary.name == relation {
        linked_object::primary_of(&mut reader, &found, &user.id).await?.into_iter().collect()
    } else {
        linked_object::associated_of(&mut reader, &found, &user.id, LINKED_MAX).await?
    };
    let shown = |id: &UserId| json!({ "_links": { "self": { "href": address.link(&format!("/api/v1/users/{id}")) } } });
    Ok(Json(ids.iter().map(shown).collect()))
}
