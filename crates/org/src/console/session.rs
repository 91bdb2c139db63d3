//! Who is at the console, and what they may do there.

use axum::{Json, extract::State, http::HeaderMap};
use serde_json::{Value, json};

use super::administrator::Administrator;
use crate::{
    Org, Result,
    api::edge::Address,
    error::{Answer, Fault, codes},
    model::{
        log::{Event, Party},
        organization,
        role::{AdminRole, RoleType},
    },
    operations::Right,
    signin::{
        password_policy,
        session::{self, Session},
    },
};

/// What the console calls a right, and what the operations table calls it.
const RIGHTS: [(&str, &str); 28] = [
    ("people.read", "users.read"),
    ("people.reset", "users.reset"),
    ("people.manage", "users.manage"),
    ("groups.read", "groups.read"),
    ("groups.manage", "groups.manage"),
    ("membership.manage", "groups.members"),
    ("apps.read", "apps.read"),
    ("apps.secrets", "apps.secrets"),
    ("apps.manage", "apps.manage"),
    ("grants.read", "appGrants.read"),
    ("grants.manage", "appGrants.manage"),
    ("types.read", "userTypes.read"),
    ("types.manage", "userTypes.manage"),
    ("schemas.read", "schemas.read"),
    ("schemas.manage", "schemas.manage"),
    ("servers.read", "authorizationServers.read"),
    ("servers.manage", "authorizationServers.manage"),
    ("tokens.read", "apiTokens.read"),
    ("tokens.create", "apiTokens.create"),
    ("network.read", "networkZones.read"),
    ("network.manage", "networkZones.manage"),
    ("origins.read", "trustedOrigins.read"),
    ("origins.manage", "trustedOrigins.manage"),
    ("roles.read", "roles.read"),
    ("roles.manage", "roles.manage"),
    ("log.read", "logs.read"),
    ("org.read", "orgs.read"),
    ("org.manage", "orgs.manage"),
];

/// `GET /admin/api/session`
pub async fn show(
    State(org): State<Org>,
    administrator: Administrator,
    address: Address,
    headers: HeaderMap,
) -> Answer<Json<Value>> {
    let current = session::current(&org, &headers, &mut *org.db.read().await?).await?;
    let current = current.ok_or_else(|| Fault::new(&codes::E0000011))?;
    session::touch(&org, &current).await?;
    let mut change = administrator.begin(&org).await?;
    change.record(
        Event::new("user.session.access_admin_app").target(Party::user(&current.user)).session(&current.external_id),
    );
    change.commit().await?;
    Ok(Json(body(&org, &address, &current, &administrator.roles).await?))
}

/// The session as the console sees it.
pub(super) async fn body(org: &Org, address: &Address, session: &Session, roles: &[AdminRole]) -> Result<Value> {
    let mut reader = org.db.read().await?;
    let organization = organization::get(&mut reader).await?;
    let kinds: Vec<RoleType> =
        RoleType::ALL.iter().copied().filter(|kind| roles.iter().any(|role| role.kind == *kind)).collect();
    let held = |name: &str| Right::named(name).is_some_and(|right| kinds.iter().any(|kind| right.held_by(*kind)));
    let rights: Vec<&str> = RIGHTS.iter().filter(|(_, right)| held(right)).map(|(name, _)| *name).collect();
    let labels: Vec<Value> = kinds.iter().map(|kind| json!({ "type": kind.as_str(), "label": kind.label() })).collect();
    let user = &session.user;
    Ok(json!({
        "user": {
            "id": user.id.as_str(),
            "login": user.login,
            "firstName": user.profile.first_name(),
            "lastName": user.profile.last_name(),
            "email": user.profile.email(),
        },
        "roles": labels,
        "rights": rights,
        "csrfToken": session::csrf_token(org, session),
        "org": {
            "id": org.id.as_str(),
            "companyName": organization.map(|organization| organization.company_name),
            "issuer": address.base(),
            "version": env!("CARGO_PKG_VERSION"),
        },
        "idleMinutes": session.idle.as_secs() / 60,
    }))
}

/// `GET /admin/api/password-policy`: for everybody, since the first administrator has no session yet.
pub async fn password_rules(State(org): State<Org>) -> Answer<Json<Value>> {
    let policy = password_policy::of_newcomer(&mut *org.db.read().await?, &[]).await?;
    Ok(Json(json!({ "rules": policy.rules() })))
}
