//! Where a role of a person comes from: the one grant that an assignment is, and what it is over.

use axum::{
    Json,
    extract::{Path, State},
};
use db::Conn;
use serde_json::{Value, json};

use super::{
    caller::Caller,
    edge::Address,
    roles::{roles_of, unknown},
    users,
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{binding, group, id::ResourceSetId, reach::Target, resource_name, resource_set, role::Assignee, user},
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new()
        .on("getUserAssignedRoleGovernance", all)
        .on("getRoleAssignmentGovernanceGrant", one)
        .on("getRoleAssignmentGovernanceGrantResources", resources)
}

/// An assignment of a person's: over a resource set, or over some targets.
enum Over {
    Set(ResourceSetId),
    Targets(Vec<Target>),
}

async fn found(conn: &mut Conn, caller: &Caller, name: &str, id: &str) -> Answer<(user::User, Over)> {
    let user = users::find(conn, caller, name).await?;
    let members = binding::of_user(conn, &user.id).await?;
    if let Some(member) = members.into_iter().find(|member| member.id.as_str() == id) {
        return Ok((user, Over::Set(member.set)));
    }
    let roles = roles_of(conn, &Assignee::User(user.id.clone())).await?;
    let role = roles.into_iter().find(|role| role.id.as_str() == id).ok_or_else(|| unknown(id))?;
    let targets = role.targets.iter().filter_map(|target| target.reached().into_iter().next());
    Ok((user, Over::Targets(targets.collect())))
}

fn path(user: &user::User, role: &str) -> String {
    format!("/api/v1/users/{}/roles/{role}/governance", user.id)
}

fn grant(address: &Address, user: &user::User, role: &str) -> Value {
    let own = format!("{}/{role}", path(user, role));
    json!({
        "grantId": role,
        "type": "CUSTOM",
        "_links": {
            "self": { "href": address.link(&own) },
            "resources": { "href": address.link(&format!("{own}/resources")) },
        },
    })
}

async fn all(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let (user, _) = found(&mut *org.db.read().await?, &caller, &name, &id).await?;
    Ok(Json(json!({
        "grants": [grant(&address, &user, &id)],
        "_links": {
            "self": { "href": address.link(&path(&user, &id)) },
            "assignee": { "href": address.link(&format!("/api/v1/users/{}", user.id)) },
        },
    })))
}

async fn one(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id, wanted)): Path<(String, String, String)>,
) -> Answer<Json<Value>> {
    let (user, _) = found(&mut *org.db.read().await?, &caller, &name, &id).await?;
    must_be_the(&id, &wanted)?;
    Ok(Json(grant(&address, &user, &id)))
}

/// An assignment is its only grant.
fn must_be_the(role: &str, wanted: &str) -> Answer<()> {
    if role == wanted { Ok(()) } else { Err(Fault::not_found(wanted, "RoleGovernanceSource")) }
}

async fn resources(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path((name, id, wanted)): Path<(String, String, String)>,
) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let (user, over) = found(&mut reader, &caller, &name, &id).await?;
    must_be_the(&id, &wanted)?;
    let targets = match over {
        Over::Targets(targets) => targets,
        Over::Set(set) => {
            let resources = resource_set::resources(&mut reader, &set).await?;
            resources.iter().filter_map(|one| resource_name::parse(org.id.as_str(), &one.name)).collect()
        }
    };
    let mut shown = Vec::with_capacity(targets.len());
    for target in &targets {
        let name = resource_name::of(org.id.as_str(), target);
        let label = match target {
            Target::Group(id) | Target::MembersOf(id) => {
                group::by_id(&mut reader, &id.as_str().into()).await?.map(|group| group.name)
            }
            _ => None,
        };
        shown.push(json!({ "label": label.unwrap_or_else(|| name.clone()), "resource": name }));
    }
    let own = format!("{}/{id}/resources", path(&user, &id));
    Ok(Json(json!({ "resources": shown, "_links": { "self": { "href": address.link(&own) } } })))
}
