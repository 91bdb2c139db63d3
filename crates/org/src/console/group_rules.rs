//! Whom a rule would put into its groups: asked while it is being written, before it is saved.

use axum::{Json, extract::State, http::HeaderMap};
use serde_json::{Map, Value};

use super::administrator::{Administrator, must_be_json};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        group_rules::{person::Ready, preview, read_expression},
    },
    error::{Answer, Fault},
    model::user,
    operations::Right,
};

/// `POST /admin/api/group-rules/preview`: about everybody, or about the `user` that the body names.
pub async fn show(
    State(org): State<Org>,
    administrator: Administrator,
    headers: HeaderMap,
    body: Body,
) -> Answer<Json<Value>> {
    must_be_json(&headers)?;
    let may_read_groups = Right::named("groups.read").is_some_and(|right| administrator.may(right));
    if !may_read_groups || !administrator.may(Right::READ_USERS) {
        return Err(Fault::forbidden());
    }
    let body = body.object()?;
    let empty = Map::new();
    let excluded = body.child("exclude")?.unwrap_or(&empty);
    let mut reader = org.db.read().await?;
    let rule = Ready {
        id: "preview".into(),
        targets: Vec::new(),
        expression: read_expression(&mut reader, body.text("expression")?.unwrap_or_default()).await?,
        excluded_people: excluded.texts("users")?.unwrap_or_default().into_iter().map(Into::into).collect(),
        excluded_groups: excluded.texts("groups")?.unwrap_or_default().into_iter().map(Into::into).collect(),
    };
    let Some(name) = body.text("user")? else {
        drop(reader);
        return Ok(Json(preview::everybody(&org, &rule).await?));
    };
    let user = user::find(&mut reader, name).await?.ok_or_else(|| Fault::not_found(name, "User"))?;
    drop(reader);
    Ok(Json(preview::one(&org, &rule, &user).await?))
}
