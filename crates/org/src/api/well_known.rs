//! What a client's app on a phone asks for before somebody registers it as an authenticator.

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::paging::Asked;
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::app,
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new().on("getWellKnownAppAuthenticatorConfiguration", app_authenticators)
}

/// No authenticator of this org is an app of somebody's own, so that a client that there is has none.
async fn app_authenticators(State(org): State<Org>, asked: Asked) -> Answer<Json<Value>> {
    let client = asked.get("oauthClientId").ok_or_else(|| Fault::new(&codes::E0000028))?;
    if app::by_client_id(&mut *org.db.read().await?, client).await?.is_none() {
        return Err(Fault::not_found(client, "PublicClientApp"));
    }
    Ok(Json(json!([])))
}
