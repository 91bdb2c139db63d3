//! Who is asked about bills and about technical matters.

use axum::{
    Json,
    extract::{Path, State},
};
use db::Conn;
use serde_json::{Value, json};

use super::changed;
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault},
    model::{
        id::UserId,
        role, setting,
        user::{self, Status},
    },
    operations::Routes,
};

const TYPES: [&str; 2] = ["BILLING", "TECHNICAL"];

pub fn operations() -> Routes {
    Routes::new().on("listOrgContactTypes", list).on("getOrgContactUser", get).on("replaceOrgContactUser", replace)
}

fn path(kind: &str) -> String {
    format!("/api/v1/org/contacts/{}", kind.to_lowercase())
}

fn setting_of(kind: &str) -> Answer<String> {
    match TYPES.iter().find(|known| known.eq_ignore_ascii_case(kind)) {
        Some(known) => Ok(format!("contact.{known}")),
        None => Err(Fault::not_found(kind, "OrgContactType")),
    }
}

fn body(address: &Address, id: &str) -> Json<Value> {
    let link = address.link(&format!("/api/v1/users/{id}"));
    Json(json!({ "userId": id, "_links": { "user": { "href": link } } }))
}

async fn list(address: Address) -> Json<Value> {
    let one = |kind: &&str| {
        let link = json!({ "href": address.link(&path(kind)) });
        json!({ "contactType": kind, "_links": { kind.to_lowercase(): link } })
    };
    Json(TYPES.iter().map(one).collect())
}

async fn get(State(org): State<Org>, address: Address, Path(kind): Path<String>) -> Answer<Json<Value>> {
    let setting = setting_of(&kind)?;
    let mut reader = org.db.read().await?;
    let id = contact(&mut reader, &setting).await?;
    Ok(body(&address, &id.ok_or_else(|| Fault::not_found(&kind, "OrgContact"))?))
}

/// Whoever was named, while they are there; else whoever is a super administrator for longest.
async fn contact(conn: &mut Conn, name: &str) -> Answer<Option<String>> {
    if let Some(named) = setting::value(conn, name).await?.as_str()
        && user::by_id(conn, &UserId::from(named)).await?.is_some_and(|user| user.status != Status::Deprovisioned)
    {
        return Ok(Some(named.to_owned()));
    }
    Ok(role::first_super_administrator(conn).await?.map(|id| id.to_string()))
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(kind): Path<String>,
    given: Body,
) -> Answer<Json<Value>> {
    let (setting, given) = (setting_of(&kind)?, given.object()?);
    let id = given.text("userId")?.unwrap_or_default();
    let mut change = caller.begin(&org).await?;
    let user = user::by_id(&mut change, &UserId::from(id)).await?;
    if !user.is_some_and(|user| user.status != Status::Deprovisioned) {
        return Err(Fault::field("userId", "There is no such person"));
    }
    let now = change.now;
    setting::set(&mut change, &setting, &json!(id), now).await?;
    change.record(changed(&org, &setting));
    change.commit().await?;
    Ok(body(&address, id))
}
