//! Which scopes of the management API there are: what can be granted to an application.

use axum::Json;
use serde_json::{Value, json};

use super::administrator::Administrator;
use crate::{
    error::{Answer, Fault},
    operations::{self, Right},
};

/// `GET /admin/api/scopes`
pub async fn list(administrator: Administrator) -> Answer<Json<Value>> {
    if !Right::named("appGrants.read").is_some_and(|right| administrator.may(right)) {
        return Err(Fault::forbidden());
    }
    Ok(Json(json!({ "scopes": operations::scopes() })))
}
