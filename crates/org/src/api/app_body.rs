//! How an app looks on the wire.
//!
//! Invariant: the client secret is shown to whoever may read secrets, and is missing for everybody else.

use db::Conn;
use serde_json::{Map, Value, json};

use super::{app_logo, caller::Caller, edge::Address};
use crate::{
    Org,
    error::Answer,
    model::{
        app::{App, SignOnMode},
        client_key, client_secret,
    },
    operations::Right,
};

/// An app, its newest active secret with it.
pub async fn body(conn: &mut Conn, org: &Org, caller: &Caller, address: &Address, app: &App) -> Answer<Value> {
    let mut secret = None;
    if app.sign_on_mode == SignOnMode::OpenIdConnect && caller.reach(Right::READ_SECRETS).includes_app(app) {
        let secrets = client_secret::of_app(conn, &app.id).await?;
        secret = secrets.iter().rfind(|secret| secret.active).map(|secret| secret.open(&org.vault)).transpose()?;
    }
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    put("id", app.id.as_str().into());
    put("orn", format!("orn:okta:idp:{}:apps:{}:{}", org.id, app.name, app.id).into());
    put("name", app.name.clone().into());
    put("label", app.label.clone().into());
    put("status", if app.active { "ACTIVE" } else { "INACTIVE" }.into());
    put("lastUpdated", app.last_updated.to_rfc3339_ms().into());
    put("created", app.created.to_rfc3339_ms().into());
    put("accessibility", part(app, "accessibility"));
    put("visibility", part(app, "visibility"));
    put("features", json!([]));
    put("signOnMode", app.sign_on_mode.as_str().into());
    put("credentials", credentials(app, secret.as_ref().map(|secret| secret.expose())));
    put("settings", settings(app));
    if let Some(profile) = app.document.get("profile") {
        put("profile", profile.clone());
    }
    put("_links", links(address, app));
    Ok(Value::Object(body))
}

fn part(app: &App, name: &str) -> Value {
    app.document.get(name).cloned().unwrap_or_else(|| json!({}))
}

fn settings(app: &App) -> Value {
    let mut settings = part(app, "settings");
    if let Some(jwks) = settings.pointer_mut("/oauthClient/jwks") {
        *jwks = client_key::shown(jwks);
    }
    settings
}

fn credentials(app: &App, secret: Option<&str>) -> Value {
    let mut credentials = part(app, "credentials");
    if let (Some(client_id), Some(Value::Object(stored))) = (&app.client_id, credentials.get("oauthClient").cloned()) {
        let mut client = Map::new();
        client
            .insert("autoKeyRotation".to_owned(), stored.get("autoKeyRotation").cloned().unwrap_or(Value::Bool(true)));
        client.insert("client_id".to_owned(), client_id.clone().into());
        if let Some(secret) = secret {
            client.insert("client_secret".to_owned(), secret.into());
        }
        client.extend(stored);
        credentials["oauthClient"] = Value::Object(client);
    }
    if credentials.get("signing").is_none() {
        credentials["signing"] = json!({});
    }
    credentials
}

fn links(address: &Address, app: &App) -> Value {
    let link = |rest: &str| address.link(&format!("/api/v1/apps/{}{rest}", app.id));
    let logo_type = if app.logo_id.is_some() { "image/png" } else { "image/svg+xml" };
    let mut links = json!({
        "uploadLogo": { "href": link("/logo"), "hints": { "allow": ["POST"] } },
        "appLinks": [],
        "groups": { "href": link("/groups") },
        "logo": [{ "name": "medium", "href": app_logo::link(address, app), "type": logo_type }],
        "users": { "href": link("/users") },
    });
    if let Some(url) = app.link_url() {
        let name = if app.sign_on_mode == SignOnMode::OpenIdConnect { "oidc_client_link" } else { "login" };
        links["appLinks"] = json!([{ "name": name, "href": url, "type": "text/html" }]);
    }
    if app.sign_on_mode == SignOnMode::OpenIdConnect {
        links["clientCredentials"] =
            json!([{ "name": "secret", "href": link("/credentials/secrets"), "hints": { "allow": ["GET", "POST"] } }]);
    }
    if app.sign_on_mode == SignOnMode::Saml2 {
        links["metadata"] = json!({ "href": link("/sso/saml/metadata"), "type": "application/xml" });
    }
    let other = if app.active { "deactivate" } else { "activate" };
    links[other] = json!({ "href": link(&format!("/lifecycle/{other}")) });
    links
}
