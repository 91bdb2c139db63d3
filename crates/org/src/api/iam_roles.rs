//! Custom roles and their permissions.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{
    body::{Body, Properties},
    caller::{ATTRIBUTES, Caller},
    edge::Address,
    paging::Asked,
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        custom_role::{self, CustomRole, Permission},
        id::CustomRoleId,
        log::{Event, Party},
    },
    operations::{Routes, permissions},
};

const PAGE: i64 = 100;
const ROLES_MAX: i64 = 100;
pub const LABEL_LEN_MAX: usize = 255;
pub const DESCRIPTION_LEN_MAX: usize = 1_024;
const PERMISSIONS_MAX: usize = 200;
const CONDITION_ATTRIBUTES_MAX: usize = 100;

pub fn operations() -> Routes {
    Routes::new()
        .on("listRoles", list)
        .on("createRole", create)
        .on("getRole", get)
        .on("replaceRole", replace)
        .on("deleteRole", delete)
        .on("listRolePermissions", list_permissions)
        .on("getRolePermission", get_permission)
        .on("createRolePermission", create_permission)
        .on("replaceRolePermission", replace_permission)
        .on("deleteRolePermission", delete_permission)
}

pub async fn find(conn: &mut Conn, text: &str) -> Answer<CustomRole> {
    custom_role::by_id_or_label(conn, text).await?.ok_or_else(|| Fault::not_found(text, "CustomRole"))
}

fn path(role: &CustomRole) -> String {
    format!("/api/v1/iam/roles/{}", role.id)
}

fn body(address: &Address, role: &CustomRole) -> Value {
    let path = path(role);
    json!({
        "id": role.id.as_str(),
        "label": role.label,
        "description": role.description,
        "created": role.created.to_rfc3339_ms(),
        "lastUpdated": role.last_updated.to_rfc3339_ms(),
        "_links": {
            "self": { "href": address.link(&path) },
            "permissions": { "href": address.link(&format!("{path}/permissions")) },
        },
    })
}

fn permission_body(address: &Address, role: &CustomRole, permission: &Permission) -> Value {
    let path = path(role);
    let mut body = json!({
        "label": permission.name,
        "created": permission.created.to_rfc3339_ms(),
        "lastUpdated": permission.last_updated.to_rfc3339_ms(),
        "_links": {
            "role": { "href": address.link(&path) },
            "self": { "href": address.link(&format!("{path}/permissions/{}", permission.name)) },
        },
    });
    if let Some(conditions) = &permission.conditions {
        body["conditions"] = Value::Object(conditions.clone());
    }
    body
}

fn party(role: &CustomRole) -> Party {
    Party::new(role.id.as_str(), "CustomRole", &role.label, &role.label)
}

/// Label and description of a body.
pub fn described(given: &Map<String, Value>) -> Answer<(String, String)> {
    let label = given.text("label")?.unwrap_or_default().trim().to_owned();
    if label.is_empty() || label.chars().count() > LABEL_LEN_MAX {
        return Err(Fault::field("label", &format!("The field must be between 1 and {LABEL_LEN_MAX} characters")));
    }
    let description = given.text("description")?.unwrap_or_default().to_owned();
    if description.chars().count() > DESCRIPTION_LEN_MAX {
        return Err(Fault::field(
            "description",
            &format!("The field must be at most {DESCRIPTION_LEN_MAX} characters"),
        ));
    }
    Ok((label, description))
}

/// The answer to a list: the rows, and a link to the next page.
pub fn page(asked: &Asked, name: &str, place: &str, mut rows: Vec<(String, Value)>, limit: i64) -> Value {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let mut links = Map::new();
    if let Some((last, _)) = rows.last().filter(|_| more) {
        let next = asked.address.link(&format!("{place}?after={last}&limit={limit}"));
        links.insert("next".to_owned(), json!({ "href": next }));
    }
    let rows: Vec<Value> = rows.into_iter().map(|(_, body)| body).collect();
    json!({ name: rows, "_links": links })
}

async fn list(State(org): State<Org>, asked: Asked) -> Answer<Json<Value>> {
    let after = asked.after_id(CustomRoleId::PREFIX)?;
    let roles = custom_role::list(&mut *org.db.read().await?, after, PAGE + 1).await?;
    let rows = roles.iter().map(|role| (role.id.to_string(), body(&asked.address, role))).collect();
    Ok(Json(page(&asked, "roles", "/api/v1/iam/roles", rows, PAGE)))
}

async fn get(State(org): State<Org>, address: Address, Path(name): Path<String>) -> Answer<Json<Value>> {
    Ok(Json(body(&address, &find(&mut *org.db.read().await?, &name).await?)))
}

fn must_be_known(permission: &str) -> Answer<()> {
    if permissions::is_known(permission) {
        return Ok(());
    }
    Err(Fault::field("permissions", &format!("'{permission}' is not a permission that this org has")))
}

async fn create(State(org): State<Org>, caller: Caller, address: Address, given: Body) -> Answer<Json<Value>> {
    let given = given.object()?;
    let (label, description) = described(&given)?;
    let wanted = given.texts("permissions")?.unwrap_or_default();
    if wanted.is_empty() || wanted.len() > PERMISSIONS_MAX {
        return Err(Fault::field("permissions", &format!("A role has between 1 and {PERMISSIONS_MAX} permissions")));
    }
    wanted.iter().try_for_each(|permission| must_be_known(permission))?;
    let mut change = caller.begin(&org).await?;
    if custom_role::count(&mut change).await? >= ROLES_MAX {
        return Err(Fault::field("role", &format!("An org has at most {ROLES_MAX} custom roles")));
    }
    let role =
        custom_role::create(&mut change, &org.world, &label, &description).await.map_err(Fault::taken("label"))?;
    let now = change.now;
    for permission in &wanted {
        custom_role::set_permission(&mut change, &role.id, permission, None, now).await?;
    }
    change.record(Event::new("iam.role.create").target(party(&role)));
    change.commit().await?;
    Ok(Json(body(&address, &role)))
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
    custom_role::update(&mut change, &before.id, &label, &description, now).await.map_err(Fault::taken("label"))?;
    let role = find(&mut change, before.id.as_str()).await?;
    change.record(Event::new("iam.role.update").target(party(&role)));
    change.commit().await?;
    Ok(Json(body(&address, &role)))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let role = find(&mut change, &name).await?;
    custom_role::delete(&mut change, &role.id).await?;
    change.record(Event::new("iam.role.delete").target(party(&role)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_permissions(State(org): State<Org>, address: Address, Path(name): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let role = find(&mut reader, &name).await?;
    let permissions = custom_role::permissions(&mut reader, &role.id).await?;
    let bodies: Vec<Value> =
        permissions.iter().map(|permission| permission_body(&address, &role, permission)).collect();
    Ok(Json(json!({ "permissions": bodies })))
}

async fn permission(conn: &mut Conn, role: &CustomRole, name: &str) -> Answer<Permission> {
    let found = custom_role::permissions(conn, &role.id).await?.into_iter().find(|known| known.name == name);
    found.ok_or_else(|| Fault::not_found(name, "Permission"))
}

async fn get_permission(
    State(org): State<Org>,
    address: Address,
    Path((name, wanted)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let role = find(&mut reader, &name).await?;
    let permission = permission(&mut reader, &role, &wanted).await?;
    Ok(Json(permission_body(&address, &role, &permission)))
}

/// The conditions of a body: which attributes of people a permission is about.
fn conditions(permission: &str, given: &Map<String, Value>) -> Answer<Option<Map<String, Value>>> {
    let Some(conditions) = given.child("conditions")? else { return Ok(None) };
    let refused = |reason: &str| Err(Fault::field("conditions", reason));
    if !permissions::takes_conditions(permission) {
        return refused("This permission takes no conditions");
    }
    let mut kept = Map::new();
    for word in ["include", "exclude"] {
        let Some(rule) = conditions.child(word)? else { continue };
        let attributes = rule.texts(ATTRIBUTES)?.unwrap_or_default();
        if attributes.is_empty() || attributes.len() > CONDITION_ATTRIBUTES_MAX || rule.len() > 1 {
            return refused(&format!("A condition names attributes under '{ATTRIBUTES}'"));
        }
        kept.insert(word.to_owned(), json!({ ATTRIBUTES: attributes }));
    }
    match kept.len() {
        0 => Ok(None),
        1 => Ok(Some(kept)),
        _ => refused("Attributes are either included or excluded"),
    }
}

async fn create_permission(
    State(org): State<Org>,
    caller: Caller,
    Path((name, wanted)): Path<(String, String)>,
    given: Body,
) -> Answer<StatusCode> {
    must_be_known(&wanted)?;
    let conditions = conditions(&wanted, &given.optional())?;
    let mut change = caller.begin(&org).await?;
    let role = find(&mut change, &name).await?;
    let now = change.now;
    custom_role::set_permission(&mut change, &role.id, &wanted, conditions.as_ref(), now).await?;
    change.record(Event::new("iam.role.permissions.add").target(party(&role)).debug("permission", wanted));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn replace_permission(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, wanted)): Path<(String, String)>,
    given: Body,
) -> Answer<Json<Value>> {
    let conditions = conditions(&wanted, &given.optional())?;
    let mut change = caller.begin(&org).await?;
    let role = find(&mut change, &name).await?;
    permission(&mut change, &role, &wanted).await?;
    let now = change.now;
    custom_role::set_permission(&mut change, &role.id, &wanted, conditions.as_ref(), now).await?;
    let kind = if conditions.is_some() {
        "iam.role.permission.conditions.add"
    } else {
        "iam.role.permission.conditions.delete"
    };
    change.record(Event::new(kind).target(party(&role)).debug("permission", wanted.as_str()));
    let permission = permission(&mut change, &role, &wanted).await?;
    change.commit().await?;
    Ok(Json(permission_body(&address, &role, &permission)))
}

async fn delete_permission(
    State(org): State<Org>,
    caller: Caller,
    Path((name, wanted)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let role = find(&mut change, &name).await?;
    if !custom_role::remove_permission(&mut change, &role.id, &wanted).await? {
        return Err(Fault::not_found(&wanted, "Permission"));
    }
    change.record(Event::new("iam.role.permissions.delete").target(party(&role)).debug("permission", wanted));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
