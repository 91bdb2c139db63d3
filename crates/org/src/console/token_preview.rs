//! What a custom authorization server would put into its tokens, without giving any out.
//!
//! Invariant: nothing is signed and nothing is written down. A refusal is told in the words that an application would be given.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use serde_json::{Map, Value, json};

use super::administrator::{Administrator, must_be_json};
use crate::{
    Org,
    api::{
        body::{Body, Properties},
        edge::Address,
    },
    error::{Answer, Fault},
    model::{
        app::{self, App},
        app_assignment,
        user::{self, User},
    },
    oauth::{
        access_policy::{self, Request},
        claim_value::{self, About, For},
        claims, custom_scope,
        fault::{OAuthFault, OAuthResult},
        grant::{self, Grant, NewGrant, seconds},
        mint::{Identity, Place},
        scope::{self, Known},
        server::{self, Server},
    },
    operations::Right,
};

/// A client that acts for itself: without a person.
const CLIENT_CREDENTIALS: &str = "client_credentials";
const NEEDED: [&str; 2] = ["authorizationServers.read", "apps.read"];

/// `POST /admin/api/authorization-servers/{id}/token-preview`: of `clientId`, `grantType`, `user` and `scopes`.
pub async fn show(
    State(org): State<Org>,
    administrator: Administrator,
    address: Address,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Body,
) -> Answer<Json<Value>> {
    must_be_json(&headers)?;
    let has = |name: &str| Right::named(name).is_some_and(|right| administrator.may(right));
    if !NEEDED.into_iter().all(has) || !administrator.may(Right::READ_USERS) {
        return Err(Fault::forbidden());
    }
    let body = body.object()?;
    let mut reader = org.db.read().await?;
    let server = server::custom(&mut reader, &id).await?;
    let app = match body.text("clientId")? {
        Some(client_id) => app::by_client_id(&mut reader, client_id).await?,
        None => None,
    };
    let app = app.ok_or_else(|| Fault::field("clientId", "No application has this client ID"))?;
    let grant_type = body.text("grantType")?.unwrap_or_default().to_owned();
    let user = match body.text("user")?.filter(|_| grant_type != CLIENT_CREDENTIALS) {
        Some(name) => {
            let found = user::find(&mut reader, name).await?;
            Some(found.ok_or_else(|| Fault::field("user", "Nobody has this ID or user name"))?)
        }
        None if grant_type == CLIENT_CREDENTIALS => None,
        None => return Err(Fault::field("user", "The field cannot be left blank")),
    };
    let scopes = body.texts("scopes")?.unwrap_or_default().join(" ");
    drop(reader);
    let asked = Asked { address: &address, server: &server, app: &app, user: user.as_ref(), grant_type: &grant_type };
    match preview(&org, &asked, &scopes).await {
        Ok(shown) => Ok(Json(shown)),
        Err(fault) => {
            let (error, description) = fault.told()?;
            Ok(Json(json!({ "refused": { "error": error, "description": description } })))
        }
    }
}

struct Asked<'a> {
    address: &'a Address,
    server: &'a Server,
    app: &'a App,
    user: Option<&'a User>,
    grant_type: &'a str,
}

async fn preview(org: &Org, asked: &Asked<'_>, scopes: &str) -> OAuthResult<Value> {
    let (server, app, user) = (asked.server, asked.app, asked.user);
    let mut reader = org.db.read().await?;
    let client = app.oauth().ok_or_else(|| OAuthFault::invalid_client("The application is no OAuth client."))?;
    if !client.grant_types.iter().any(|grant| grant == asked.grant_type) {
        return Err(OAuthFault::unauthorized_grant(&client.grant_types));
    }
    let custom = custom_scope::of_server(&mut reader, server).await?;
    let known = Known { server, custom: &custom, granted: &[] };
    let given = (!scopes.is_empty()).then_some(scopes);
    let scopes = if user.is_some() { scope::asked(&known, &client, given)? } else { scope::of_client(&known, given)? };
    if let Some(user) = user
        && app_assignment::app_user(&mut reader, &app.id, &user.id).await?.is_none()
    {
        return Err(OAuthFault::access_denied("User is not assigned to the client application."));
    }
    let client_id = app.client_id.as_deref().unwrap_or(app.id.as_str());
    let request = Request { client_id, grant_types: &[asked.grant_type], user, scopes: &scopes };
    let decided = access_policy::deciding(&mut reader, server, &request).await?;
    let (policy, rule) = decided.ok_or_else(OAuthFault::policy_denied)?;
    let new = NewGrant {
        server,
        app,
        user: user.map(|user| &user.id),
        session_id: None,
        scopes: &scopes,
        auth_time: user.is_some().then(|| org.now()),
        amr: &["pwd".to_owned()],
        acr: None,
        grant_type: asked.grant_type,
        terms: rule.terms(),
    };
    let grant = grant::imagined(org, &new);
    drop(reader);
    let tokens = tokens(org, asked, &grant, &scopes).await?;
    Ok(json!({
        "policy": { "id": policy.id, "name": policy.name },
        "rule": { "id": rule.id, "name": rule.name },
        "tokens": tokens,
    }))
}

/// The claims of each token, and what `/userinfo` would tell.
async fn tokens(org: &Org, asked: &Asked<'_>, grant: &Grant, scopes: &[String]) -> OAuthResult<Map<String, Value>> {
    let (server, app, user) = (asked.server, asked.app, asked.user);
    let mut reader = org.db.read().await?;
    let about = About { server, app, user, grant, scopes };
    let values = claim_value::of(org, &mut reader, &about, For::AccessToken).await?;
    let issued = org.now();
    let access = claims::Access {
        server,
        address: asked.address,
        app,
        user,
        grant,
        scopes,
        jti: &format!("AT.{}", grant.id),
        issued,
        expires: issued.plus(seconds(grant.terms(server).access_token_s)),
    };
    let mut shown = Map::new();
    shown.insert("accessToken".to_owned(), claims::access_token(&access, values));
    let Some(user) = user.filter(|_| grant.has_scope("openid")) else { return Ok(shown) };
    let values = claim_value::of(org, &mut reader, &about, For::ThinIdentity).await?;
    let place = Place { org, server, address: asked.address, app };
    let identity = Identity { grant, user, scopes, nonce: None, access_token: None, code: None, thin: true };
    shown.insert("idToken".to_owned(), claims::id_token(&mut reader, &place, &identity, values).await?);
    let values = claim_value::of(org, &mut reader, &about, For::Identity).await?;
    let told = claims::user_info(&mut reader, server, app, user, scopes, values).await?;
    shown.insert("userInfo".to_owned(), told);
    Ok(shown)
}
