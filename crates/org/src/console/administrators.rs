//! Everybody with an administrator role, which no call of the public API lists in one go.

use axum::{Json, extract::State};
use db::query;
use serde_json::{Value, json};

use super::administrator::Administrator;
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        role::{self, AdminRole, Assignee, RoleType},
        user::{self, User},
    },
    operations::Right,
};

/// One org has no more administrators than the console shows.
const LISTED_MAX: i64 = 500;

/// `GET /admin/api/administrators`: strongest first.
pub async fn list(State(org): State<Org>, administrator: Administrator) -> Answer<Json<Value>> {
    if !Right::named("roles.read").is_some_and(|right| administrator.may(right)) {
        return Err(Fault::forbidden());
    }
    let mut reader = org.db.read().await?;
    let ids = query(
        "select user_id as id from admin_role where user_id is not null
         union select m.user_id from admin_role r join group_member m on m.group_id = r.group_id order by id limit $1",
    );
    let mut found: Vec<(User, Vec<AdminRole>)> = Vec::new();
    for row in ids.bind(LISTED_MAX).all(&mut reader).await? {
        let id = row.get::<String>("id")?.into();
        if let Some(user) = user::by_id(&mut reader, &id).await? {
            found.push((user, role::roles_of(&mut reader, &id).await?));
        }
    }
    let rank = |roles: &[AdminRole]| {
        let strongest = role::strongest(roles);
        RoleType::ALL.iter().position(|kind| Some(*kind) == strongest).unwrap_or(RoleType::ALL.len())
    };
    found.sort_by(|(one, its), (other, others)| rank(its).cmp(&rank(others)).then_with(|| one.login.cmp(&other.login)));
    Ok(Json(Value::Array(found.iter().map(|(user, roles)| body(user, roles)).collect())))
}

fn body(user: &User, roles: &[AdminRole]) -> Value {
    let roles: Vec<Value> = roles
        .iter()
        .map(|role| {
            let by = match role.assignee {
                Assignee::User(_) => "USER",
                Assignee::Group(_) => "GROUP",
                Assignee::Client(_) => "CLIENT",
            };
            json!({ "id": role.id.as_str(), "type": role.kind.as_str(), "label": role.kind.label(), "assignmentType": by })
        })
        .collect();
    json!({
        "user": {
            "id": user.id.as_str(),
            "login": user.login,
            "firstName": user.profile.first_name(),
            "lastName": user.profile.last_name(),
            "email": user.profile.email(),
            "status": user.status.as_str(),
        },
        "roles": roles,
    })
}
