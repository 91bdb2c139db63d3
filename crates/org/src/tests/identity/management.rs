//! OAuth for the management API: service apps, people who let an app act, and what each may do.

use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::{Reply, Site, id},
    browser::{Browser, Page},
    client::{ASSERTION, assertion, rsa},
    relying_party::RelyingParty,
};

struct Service {
    key: EncodingKey,
    app: String,
    client_id: String,
}

impl Service {
    async fn new(site: &Site) -> Service {
        let (key, jwk) = rsa();
        let app = json!({
            "label": "Robot", "signOnMode": "OPENID_CONNECT",
            "credentials": { "oauthClient": { "token_endpoint_auth_method": "private_key_jwt" } },
            "settings": { "oauthClient": {
                "application_type": "service", "grant_types": ["client_credentials"], "jwks": { "keys": [jwk] },
            } },
        });
        let app = site.post("/api/v1/apps", app).await.ok();
        let client_id = app["credentials"]["oauthClient"]["client_id"].as_str().unwrap().to_owned();
        Service { key, app: id(&app).to_owned(), client_id }
    }

    async fn ask(&self, site: &Site, scope: &str, jti: &str) -> Page {
        let browser = Browser::new(site);
        let now = site.running.org.now().as_seconds();
        let audience = format!("{}/oauth2/v1/token", site.base());
        let signed = assertion(&self.key, Algorithm::RS256, Some("key-1"), &self.client_id, &audience, now, jti);
        let fields = [
            ("grant_type", "client_credentials"),
            ("scope", scope),
            ("client_assertion_type", ASSERTION),
            ("client_assertion", &signed),
        ];
        // Some SDKs always send a proof: nobody asked for one.
        let request = browser.request(Method::POST, "/oauth2/v1/token").header("DPoP", "not.a.proof");
        browser.send(request.form(&fields)).await
    }

    async fn grant(&self, site: &Site, scope: &str) -> Value {
        let body = json!({ "scopeId": scope, "issuer": site.base() });
        site.post(&format!("/api/v1/apps/{}/grants", self.app), body).await.is(201).ok()
    }
}

async fn call(site: &Site, token: &Value, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = site.request(method, path).bearer_auth(token.as_str().unwrap());
    site.send(match body {
        Some(body) => request.json(&body),
        None => request.header("Content-Length", "0"),
    })
    .await
}

#[tokio::test]
async fn a_service_has_what_was_granted_to_it_and_what_its_roles_allow() {
    service(Site::start().await).await;
}

pub(super) async fn service(site: Site) {
    let service = Service::new(&site).await;
    let refused = service.ask(&site, "okta.users.read", "1").await.is(400).json();
    assert_eq!(
        refused,
        json!({ "error": "consent_required", "error_description": "You are not allowed any of the requested scopes." })
    );
    for (scope, error) in [
        ("okta.unicorns.read", "invalid_scope"),
        ("openid", "invalid_scope"),
        ("okta.users.read.self", "client_credentials_self_scope_requested"),
        ("", "invalid_scope"),
    ] {
        assert_eq!(service.ask(&site, scope, scope).await.is(400).json()["error"], error, "{scope}");
    }
    let granted = service.grant(&site, "okta.users.read").await;
    service.grant(&site, "okta.apps.manage").await;
    let tokens = service.ask(&site, "okta.users.read okta.groups.read", "2").await.is(200).json();
    assert_eq!(tokens["scope"], "okta.users.read", "what was not granted is left out");
    let token = &tokens["access_token"];
    call(&site, token, Method::GET, "/api/v1/users", None).await.refused(403, "E0000006");
    let roles = format!("/oauth2/v1/clients/{}/roles", service.client_id);
    let role = site.post(&roles, json!({ "type": "USER_ADMIN" })).await.is(200).ok();
    assert_eq!((&role["type"], &role["assignmentType"]), (&json!("USER_ADMIN"), &json!("CLIENT")));
    assert_eq!(site.get(&roles).await.ok(), json!([role]));
    assert_eq!(site.get(&format!("{roles}/{}", id(&role))).await.ok(), role);
    let people = call(&site, token, Method::GET, "/api/v1/users", None).await.is(200);
    assert!(!people.body.as_array().unwrap().is_empty());
    let lacking = call(&site, token, Method::GET, "/api/v1/groups", None).await;
    assert!(lacking.headers["www-authenticate"].contains("insufficient_scope"));
    lacking.refused(403, "E0000006");
    call(&site, token, Method::GET, "/api/v1/users/me", None).await.refused(404, "E0000007");
    let path = format!("/api/v1/apps/{}/grants/{}", service.app, id(&granted));
    site.delete(&path).await.is(204);
    let ended = call(&site, token, Method::GET, "/api/v1/users", None).await;
    assert!(ended.headers["www-authenticate"].contains("invalid_token"));
    ended.refused(401, "E0000011");
    site.delete(&format!("{roles}/{}", id(&role))).await.is(204);
    assert_eq!(site.get(&roles).await.ok(), json!([]));
}

#[tokio::test]
async fn a_service_with_a_limited_role_reaches_what_its_role_reaches() {
    let site = Site::start().await;
    let service = Service::new(&site).await;
    for scope in ["okta.users.read", "okta.groups.read", "okta.apps.read"] {
        service.grant(&site, scope).await;
    }
    let (ada, group) = (site.new_user("ada@example.com").await, site.new_group("Staff").await);
    let membership = format!("/api/v1/groups/{}/users/{}", id(&group), id(&ada));
    site.call_as(&site.token, Method::PUT, &membership, None).await.is(204);
    let roles = format!("/oauth2/v1/clients/{}/roles", service.client_id);
    let role = site.post(&roles, json!({ "type": "HELP_DESK_ADMIN" })).await.is(200).ok();
    let targets = format!("{roles}/{}/targets/groups", id(&role));
    site.call_as(&site.token, Method::PUT, &format!("{targets}/{}", id(&group)), None).await.is(204);
    assert_eq!(site.get(&targets).await.ok()[0]["id"], group["id"]);
    site.delete(&format!("{targets}/{}", id(&group))).await.refused(400, "E0000001");
    let tokens = service.ask(&site, "okta.users.read okta.groups.read okta.apps.read", "1").await.is(200).json();
    let token = &tokens["access_token"];
    let people = call(&site, token, Method::GET, "/api/v1/users", None).await.is(200).ok();
    assert_eq!(people.as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [id(&ada)]);
    let root = format!("/api/v1/users/{}", site.administrator.id);
    call(&site, token, Method::GET, &root, None).await.refused(404, "E0000007");
    call(&site, token, Method::GET, "/api/v1/apps", None).await.refused(403, "E0000006");

    // A custom role over all apps opens these, and nothing that the token has no scope for.
    let reading = json!({ "label": "Apps", "description": "x", "permissions": ["okta.apps.manage"] });
    let reading = site.post("/api/v1/iam/roles", reading).await.ok();
    let apps = json!({ "label": "Apps", "description": "x", "resources": [format!("{}/api/v1/apps", site.base())] });
    let apps = site.post("/api/v1/iam/resource-sets", apps).await.ok();
    let custom = json!({ "type": "CUSTOM", "role": id(&reading), "resource-set": id(&apps) });
    let given = site.post(&roles, custom).await.is(200).ok();
    assert_eq!((&given["type"], &given["assignmentType"]), (&json!("CUSTOM"), &json!("CLIENT")));
    call(&site, token, Method::GET, "/api/v1/apps", None).await.is(200);
    let deactivate = format!("/api/v1/apps/{}/lifecycle/deactivate", service.app);
    call(&site, token, Method::POST, &deactivate, None).await.refused(403, "E0000006");
    site.delete(&format!("{roles}/{}", id(&given))).await.is(204);
    call(&site, token, Method::GET, "/api/v1/apps", None).await.refused(403, "E0000006");
}

#[tokio::test]
async fn a_change_by_a_service_names_the_service_as_its_author() {
    let site = Site::start().await;
    let service = Service::new(&site).await;
    service.grant(&site, "okta.trustedOrigins.manage").await;
    let roles = format!("/oauth2/v1/clients/{}/roles", service.client_id);
    site.post(&roles, json!({ "type": "ORG_ADMIN" })).await.is(200);
    let tokens = service.ask(&site, "okta.trustedOrigins.manage", "1").await.is(200).json();
    let body = json!({ "name": "Portal", "origin": "https://p.test", "scopes": [{ "type": "CORS" }] });
    let path = "/api/v1/trustedOrigins";
    let made = call(&site, &tokens["access_token"], Method::POST, path, Some(body)).await.is(200).ok();
    assert_eq!(made["createdBy"], service.client_id);
    let event = &site.events("security.trusted_origin.create").await[0];
    assert_eq!(
        (&event["actor"]["id"], &event["actor"]["type"]),
        (&json!(service.client_id), &json!("PublicClientApp"))
    );
}

#[tokio::test]
async fn grants_of_an_app_are_listed_and_each_is_made_once() {
    let site = Site::start().await;
    let service = Service::new(&site).await;
    let granted = service.grant(&site, "okta.users.read").await;
    let own = format!("/api/v1/apps/{}/grants", service.app);
    assert_eq!((&granted["source"], &granted["scopeId"]), (&json!("ADMIN"), &json!("okta.users.read")));
    assert_eq!(granted["clientId"], service.client_id);
    assert_eq!(site.get(&own).await.ok(), json!([granted]));
    let expanded = site.get(&format!("{own}/{}?expand=scope", id(&granted))).await.ok();
    assert_eq!(expanded["_embedded"]["scope"]["id"], "okta.users.read");
    for body in [
        json!({ "scopeId": "okta.users.read", "issuer": site.base() }),
        json!({ "scopeId": "okta.unicorns.read", "issuer": site.base() }),
        json!({ "scopeId": "okta.groups.read", "issuer": "https://other.test" }),
    ] {
        site.post(&own, body).await.refused(400, "E0000001");
    }
    let (_, token) = site.administrator(crate::model::role::RoleType::AppAdmin).await;
    let body = json!({ "scopeId": "okta.groups.read", "issuer": site.base() });
    site.call_as(&token, Method::POST, &own, Some(body)).await.refused(403, "E0000006");
}

#[tokio::test]
async fn a_person_s_token_acts_with_that_person_s_rights_of_now() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let own = format!("/api/v1/apps/{}/grants", party.app);
    for scope in ["okta.users.read", "okta.users.read.self", "okta.groups.manage"] {
        site.post(&own, json!({ "scopeId": scope, "issuer": site.base() })).await.is(201);
    }
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &[("scope", "openid okta.users.read okta.users.read.self")]).await;
    let token = &tokens["access_token"];
    let me = call(&site, token, Method::GET, "/api/v1/users/me", None).await.is(200).ok();
    assert_eq!(me["id"], party.user["id"]);
    call(&site, token, Method::GET, "/api/v1/users", None).await.refused(403, "E0000006");
    let user = id(&party.user);
    site.post(&format!("/api/v1/users/{user}/roles"), json!({ "type": "READ_ONLY_ADMIN" })).await.is(201);
    call(&site, token, Method::GET, "/api/v1/users", None).await.is(200);
    let new = json!({ "profile": { "name": "x" } });
    call(&site, token, Method::POST, "/api/v1/groups", Some(new)).await.refused(403, "E0000006");
    site.act(&format!("/api/v1/users/{user}/lifecycle/suspend")).await.ok();
    call(&site, token, Method::GET, "/api/v1/users/me", None).await.refused(401, "E0000011");
}

#[tokio::test]
async fn whoever_manages_apps_cannot_take_over_one_that_may_do_more() {
    let site = Site::start().await;
    let service = Service::new(&site).await;
    let path = format!("/api/v1/apps/{}", service.app);
    let app = site.get(&path).await.ok();
    let (_, token) = site.administrator(crate::model::role::RoleType::AppAdmin).await;
    site.call_as(&token, Method::PUT, &path, Some(app.clone())).await.is(200);
    let roles = format!("/oauth2/v1/clients/{}/roles", service.client_id);
    site.post(&roles, json!({ "type": "SUPER_ADMIN" })).await.is(200);
    site.call_as(&token, Method::PUT, &path, Some(app.clone())).await.refused(403, "E0000006");
    let client = format!("/oauth2/v1/clients/{}", service.client_id);
    let metadata = site.get(&client).await.ok();
    site.call_as(&token, Method::PUT, &client, Some(metadata)).await.refused(403, "E0000006");
    site.put(&path, app).await.is(200);
}
