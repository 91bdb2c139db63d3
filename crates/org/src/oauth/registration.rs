//! Dynamic client registration (RFC 7591, RFC 7592): OAuth clients under the names that OAuth gives their settings. A client is an OIDC app.
//!
//! Invariant: what may be registered is what may be made as an app, by the same checks; their refusals are told in the words of RFC 7591.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{fault::OAuthFault, grant};
use crate::{
    Org,
    api::{
        app_check::{self, Checked},
        apps,
        body::{Body, Properties},
        caller::Caller,
        paging::{Asked, Beyond},
    },
    error::{Answer, Fault, codes},
    model::{
        app::{self, App, SignOnMode},
        client_key, client_secret,
        condition::Condition,
        fold,
        id::AppId,
        log::{Event, Party},
        reach::Object,
        starts_with,
    },
    operations::{Right, Routes},
};

const LIMIT: i64 = 20;
const LIMIT_MAX: i64 = 200;
/// What the client's settings are called here and there.
const SETTINGS: [&str; 16] = [
    "client_uri",
    "logo_uri",
    "application_type",
    "redirect_uris",
    "post_logout_redirect_uris",
    "response_types",
    "grant_types",
    "initiate_login_uri",
    "tos_uri",
    "policy_uri",
    "jwks",
    "jwks_uri",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "request_object_signing_alg",
    "id_token_encrypted_response_alg",
];

pub fn operations() -> Routes {
    Routes::new()
        .on("listClients", list)
        .on("createClient", create)
        .on("getClient", get)
        .on("replaceClient", replace)
        .on("deleteClient", delete)
        .on("generateNewClientSecret", new_secret)
}

/// A refusal of ours, or one in the words of RFC 7591.
pub enum Refused {
    Fault(Fault),
    Metadata(OAuthFault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Refused {
        Refused::Fault(fault)
    }
}

impl From<crate::Error> for Refused {
    fn from(error: crate::Error) -> Refused {
        Refused::Fault(error.into())
    }
}

impl From<db::Error> for Refused {
    fn from(error: db::Error) -> Refused {
        Refused::Fault(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Refused::Fault(fault) => fault.into_response(),
            Refused::Metadata(fault) => fault.into_response(),
        }
    }
}

type Registered<T> = Result<T, Refused>;

/// What a check of an app says, for a client.
fn in_words(fault: Fault) -> Refused {
    if fault.code.code != codes::E0000001.code {
        return Refused::Fault(fault);
    }
    let error = if fault.argument == "redirect_uris" { "invalid_redirect_uri" } else { "invalid_client_metadata" };
    let said = fault.causes.first().cloned().unwrap_or_else(|| fault.summary());
    let description = said.split_once(": ").map_or(said.clone(), |(_, reason)| reason.to_owned());
    Refused::Metadata(OAuthFault::new(400, error, description))
}

async fn find(conn: &mut Conn, client_id: &str) -> Answer<App> {
    let found = app::by_client_id(conn, client_id).await?;
    found.ok_or_else(|| Fault::not_found(client_id, "PublicClientApp"))
}

async fn list(State(org): State<Org>, caller: Caller, asked: Asked) -> Answer<Response> {
    let limit = asked.limit(LIMIT, LIMIT_MAX, Beyond::Cut)?;
    let after = asked.after_id(AppId::PREFIX)?.unwrap_or_default();
    let mut select = app::select().push(" and a.sign_on_mode = 'OPENID_CONNECT'");
    if let Some(text) = asked.get("q") {
        let placeholder = select.next_placeholder();
        let condition = format!(" and a.label_folded like ${placeholder} escape '\\'");
        select = select.push(&condition).bind(starts_with(&fold(text)));
    }
    select = Condition::limit(select, caller.sees(Right::READ_APPS, Object::App, "a.id").as_ref());
    let (first, second) = (select.next_placeholder(), select.next_placeholder() + 1);
    let select =
        select.push(&format!(" and a.id > ${first} order by a.id limit ${second}")).bind(after).bind(limit + 1);
    let apps = app::from_rows(&select.all(&mut *org.db.read().await?).await?)?;
    Ok(asked.page(apps, limit, |app| app.id.to_string(), |app| body(app, None)))
}

async fn get(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut reader = org.db.read().await?;
    let app = find(&mut reader, &id).await?;
    Ok(Json(with_secret(&mut reader, &org, &caller, &app).await?))
}

async fn create(State(org): State<Org>, caller: Caller, given: Body) -> Registered<Response> {
    let checked = checked(&given.object()?)?;
    let mut change = caller.begin(&org).await?;
    let app = apps::insert(&org, &mut change, &checked, true).await.map_err(in_words)?;
    change.record(Event::new("app.oauth2.client.lifecycle.create").target(Party::app(&app)));
    let body = with_secret(&mut change, &org, &caller, &app).await?;
    change.commit().await?;
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

async fn replace(
    State(org): State<Org>,
    caller: Caller,
    Path(id): Path<String>,
    given: Body,
) -> Registered<Json<Value>> {
    let given = given.object()?;
    if given.text("client_id")?.is_some_and(|given| given != id) {
        return Err(Refused::Metadata(OAuthFault::new(
            400,
            "invalid_client_metadata",
            "'client_id' cannot be changed",
        )));
    }
    let mut change = caller.begin(&org).await?;
    let before = find(&mut change, &id).await?;
    caller.must_outrank_client(&mut change, &before.id).await?;
    let mut checked = checked(&given)?;
    // What registration knows nothing of stays as an administrator set it.
    for name in ["accessibility", "visibility", "profile"] {
        if let Some(kept) = before.document.get(name) {
            checked.document.insert(name.to_owned(), kept.clone());
        }
    }
    let now = change.now;
    app::update(&mut change, &before.id, &checked.label, &checked.document, now).await?;
    apps::first_secret(&org, &mut change, &before, &checked).await?;
    let app = find(&mut change, &id).await?;
    change.record(Event::new("app.oauth2.client.lifecycle.update").target(Party::app(&app)));
    let body = with_secret(&mut change, &org, &caller, &app).await?;
    change.commit().await?;
    Ok(Json(body))
}

async fn delete(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    let now = change.now;
    grant::end_all_of_app(&mut change, &app.id, now).await?;
    app::delete(&mut change, &app.id).await?;
    change.record(Event::new("app.oauth2.client.lifecycle.delete").target(Party::app(&app)));
    change.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A secret in place of every one that there was.
async fn new_secret(State(org): State<Org>, caller: Caller, Path(id): Path<String>) -> Answer<Json<Value>> {
    let mut change = caller.begin(&org).await?;
    let app = find(&mut change, &id).await?;
    caller.must_outrank_client(&mut change, &app.id).await?;
    let has_secret = app.oauth().is_some_and(|client| client.token_endpoint_auth_method.starts_with("client_secret"));
    if !has_secret {
        return Err(Fault::field("token_endpoint_auth_method", "This client does not authenticate with a secret"));
    }
    for secret in client_secret::of_app(&mut change, &app.id).await? {
        client_secret::delete(&mut change, &secret.id).await?;
    }
    let secret = client_secret::generate(&org.world);
    client_secret::create(&mut change, &org.vault, &org.world, &app.id, &secret, true).await?;
    change.record(Event::new("app.oauth2.credentials.lifecycle.create").target(Party::app(&app)));
    let body = with_secret(&mut change, &org, &caller, &app).await?;
    change.commit().await?;
    Ok(Json(body))
}

/// Metadata as the body of an app.
fn checked(given: &Map<String, Value>) -> Registered<Checked> {
    let mut client = Map::new();
    for name in SETTINGS {
        if let Some(value) = given.get(name).filter(|value| !value.is_null()) {
            client.insert(name.to_owned(), value.clone());
        }
    }
    let mut credentials = Map::new();
    if let Some(method) = given.get("token_endpoint_auth_method").filter(|method| !method.is_null()) {
        credentials.insert("token_endpoint_auth_method".to_owned(), method.clone());
    }
    let app = json!({
        "label": given.get("client_name"),
        "signOnMode": SignOnMode::OpenIdConnect.as_str(),
        "settings": { "oauthClient": client },
        "credentials": { "oauthClient": credentials },
    });
    let Value::Object(app) = app else { return Err(Fault::new(&codes::E0000003).into()) };
    app_check::check(&app).map_err(|mut fault| {
        if fault.argument == "label" {
            fault.causes = vec!["client_name: 'client_name' must be between 1 and 100 characters".to_owned()];
        }
        in_words(fault)
    })
}

async fn with_secret(conn: &mut Conn, org: &Org, caller: &Caller, app: &App) -> Answer<Value> {
    let mut secret = None;
    if caller.reach(Right::READ_SECRETS).includes_app(app) {
        let secrets = client_secret::of_app(conn, &app.id).await?;
        secret = secrets.iter().rfind(|secret| secret.active).map(|secret| secret.open(&org.vault)).transpose()?;
    }
    Ok(body(app, secret.as_ref().map(|secret| secret.expose())))
}

fn body(app: &App, secret: Option<&str>) -> Value {
    let settings = app.document.get("settings").and_then(|settings| settings.get("oauthClient"));
    let setting = |name: &str| settings.and_then(|settings| settings.get(name)).cloned().unwrap_or_default();
    let method = app.oauth().map(|client| client.token_endpoint_auth_method).unwrap_or_default();
    let mut body = Map::new();
    body.insert("client_id".to_owned(), app.client_id.clone().into());
    if let Some(secret) = secret {
        body.insert("client_secret".to_owned(), secret.into());
    }
    body.insert("client_id_issued_at".to_owned(), app.created.as_seconds().into());
    if method.starts_with("client_secret") {
        body.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    body.insert("client_name".to_owned(), app.label.clone().into());
    for name in ["client_uri", "logo_uri"] {
        body.insert(name.to_owned(), setting(name));
    }
    for name in ["redirect_uris", "post_logout_redirect_uris", "response_types", "grant_types"] {
        body.insert(name.to_owned(), setting(name));
    }
    body.insert("token_endpoint_auth_method".to_owned(), method.into());
    body.insert("application_type".to_owned(), setting("application_type"));
    for name in SETTINGS {
        let value = if name == "jwks" { client_key::shown(&setting(name)) } else { setting(name) };
        if !value.is_null() && !body.contains_key(name) {
            body.insert(name.to_owned(), value);
        }
    }
    Value::Object(body)
}
