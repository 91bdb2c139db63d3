//! People: reading one, and which operations there are.

pub mod create;
pub mod credentials;
pub mod delete;
pub mod imported;
pub mod lifecycle;
pub mod list;
pub mod own_profile;
pub mod passwords;
pub mod related;
pub mod update;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Value, json};

use super::{
    caller::Caller,
    edge::Address,
    paging::Asked,
    user_body::{self, Omitted},
};
use crate::{
    Org,
    error::{Answer, Fault},
    model::{
        schema,
        user::{self, User},
    },
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new()
        .on("listUsers", list::list)
        .on("createUser", create::create)
        .on("getUser", get)
        .on("updateUser", update::update)
        .on("replaceUser", update::replace)
        .on("deleteUser", delete::delete)
        .on("activateUser", lifecycle::activate)
        .on("reactivateUser", lifecycle::reactivate)
        .on("deactivateUser", lifecycle::deactivate)
        .on("suspendUser", lifecycle::suspend)
        .on("unsuspendUser", lifecycle::unsuspend)
        .on("unlockUser", lifecycle::unlock)
        .on("expirePassword", passwords::expire)
        .on("expirePasswordWithTempPassword", passwords::expire_with_temporary)
        .on("resetPassword", passwords::reset)
        .on("forgotPassword", passwords::forgot)
        .on("forgotPasswordSetNewPassword", credentials::recover)
        .on("changePassword", credentials::change_password)
        .on("changeRecoveryQuestion", credentials::change_recovery_question)
        .on("listUserGroups", related::groups)
        .on("listUserBlocks", related::blocks)
        .on("listUserDevices", related::devices)
        .on("listAppLinks", related::app_links)
        .on("revokeUserSessions", related::clear_sessions)
}

/// The person that a path names: `me`, an id, a login, or the part of a login before `@` when it is one person's alone.
pub async fn find(conn: &mut Conn, caller: &Caller, name: &str) -> Answer<User> {
    let found = if name == "me" { user::by_id(conn, &caller.user.id).await? } else { user::find(conn, name).await? };
    found.ok_or_else(|| Fault::not_found(name, "User"))
}

/// One person, with the tag that `If-Match` takes.
pub async fn get(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    headers: HeaderMap,
    asked: Asked,
    Path(name): Path<String>,
) -> Answer<Response> {
    let mut reader = org.db.read().await?;
    let user = find(&mut reader, &caller, &name).await?;
    let mut body = user_body::full(&mut reader, &address, &user, Omitted::asked(&headers)).await?;
    caller.hidden_attributes().conceal(&mut body);
    if caller.on_self_alone {
        let schema = schema::of_type(&mut reader, &user.type_id).await?;
        user_body::hide_from_self(&mut body, &schema);
    }
    if asked.get("expand").is_some_and(|expand| expand.split(',').any(|name| name == "blocks")) {
        body["_embedded"] = json!({ "blocks": related::blocks_of(&user) });
    }
    Ok(tagged(body, &user))
}

/// A person as the answer to a call about them.
pub async fn shown(
    conn: &mut Conn,
    caller: &Caller,
    address: &Address,
    user: &User,
    omitted: Omitted,
) -> Answer<Response> {
    let mut body = user_body::full(conn, address, user, omitted).await?;
    caller.hidden_attributes().conceal(&mut body);
    Ok(tagged(body, user))
}

fn tagged(body: Value, user: &User) -> Response {
    let mut response = Json(body).into_response();
    if let Ok(tag) = HeaderValue::from_str(&user_body::entity_tag(user)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
