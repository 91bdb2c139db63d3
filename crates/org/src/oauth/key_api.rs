//! Signing keys of custom authorization servers in the management API.

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};

use super::{
    key::{self, Purpose, Shown},
    server::{self, Server},
};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        caller::Caller,
        edge::Address,
    },
    error::{Answer, Fault},
    model::log::Event,
    operations::Routes,
};

pub fn operations() -> Routes {
    Routes::new()
        .on("listAuthorizationServerKeys", list)
        .on("getAuthorizationServerKey", get)
        .on("rotateAuthorizationServerKeys", rotate)
}

async fn list(State(org): State<Org>, address: Address, Path(id): Path<String>) -> Answer<Json<Vec<Value>>> {
    let server = server::custom(&mut *org.db.read().await?, &id).await?;
    all(&org, &address, &server).await
}

async fn all(org: &Org, address: &Address, server: &Server) -> Answer<Json<Vec<Value>>> {
    Ok(Json(key::shown(org, server).await?.iter().map(|key| body(address, server, key)).collect()))
}

async fn get(State(org): State<Org>, address: Address, Path((id, kid)): Path<(String, String)>) -> Answer<Json<Value>> {
    let server = server::custom(&mut *org.db.read().await?, &id).await?;
    let keys = key::shown(&org, &server).await?;
    let key = keys.iter().find(|key| key.kid == kid).ok_or_else(|| Fault::not_found(&kid, "JsonWebKey"))?;
    Ok(Json(body(&address, &server, key)))
}

/// `POST …/credentials/lifecycle/keyRotate`, for servers whose keys do not change by themselves.
async fn rotate(
    State(org): State<Org>,
    caller: Caller,
    address: Address,
    Path(id): Path<String>,
    given: Body,
) -> Answer<Json<Vec<Value>>> {
    let given = given.object()?;
    if given.text("use")? != Some("sig") {
        return Err(Fault::field("use", "The value must be sig"));
    }
    let server = server::custom(&mut *org.db.read().await?, &id).await?;
    if server.rotates {
        return Err(Fault::field("rotationMode", "Keys can only be rotated by hand when the rotation mode is MANUAL"));
    }
    let signing = key::signing_kid(&org, &server).await?;
    let mut change = caller.begin(&org).await?;
    let now = change.now;
    if key::rotate(&mut change, &server, Purpose::Published, &signing, now).await? {
        change.record(Event::new("app.oauth2.as.key.rollover").target(server.party()));
    }
    change.commit().await?;
    all(&org, &address, &server).await
}

fn body(address: &Address, server: &Server, key: &Shown) -> Value {
    let path = format!("/api/v1/authorizationServers/{}/credentials/keys/{}", server.id, key.kid);
    json!({
        "status": key.status,
        "alg": "RS256",
        "e": key.exponent,
        "n": key.modulus,
        "kid": key.kid,
        "kty": "RSA",
        "use": "sig",
        "_links": { "self": { "href": address.link(&path), "hints": { "allow": ["GET"] } } },
    })
}
