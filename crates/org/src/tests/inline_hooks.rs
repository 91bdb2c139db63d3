//! Inline hooks and their keys.

use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value, json};

use super::{
    databases,
    hook_service::{Say, Service},
    site::{Site, id},
};
use crate::OrgConfig;

const PATH: &str = "/api/v1/inlineHooks";
const KEYS: &str = "/api/v1/hook-keys";

fn hook(name: &str, config: Value) -> Value {
    let kind = if config["authType"].is_string() { "OAUTH" } else { "HTTP" };
    json!({
        "name": name,
        "type": "com.okta.oauth2.tokens.transform",
        "version": "1.0.0",
        "channel": { "type": kind, "version": "1.0.0", "config": config },
    })
}

fn by_header(uri: &str) -> Value {
    json!({ "uri": uri, "method": "POST", "headers": [], "authScheme": { "type": "HEADER", "key": "Authorization", "value": "hunter2" } })
}

async fn site_with(service: &Service) -> Site {
    let origin = service.origin.clone();
    Site::with(|config| OrgConfig { hook_origins: vec![origin], ..config }).await
}

#[tokio::test]
async fn an_inline_hook_is_made_changed_and_deleted_when_inactive() {
    databases::each(async |site| {
        let made = site.post(PATH, hook("Tokens", by_header("https://hooks.example.test/"))).await.is(200).ok();
        assert!(made["channel"]["config"]["authScheme"].get("value").is_none());
        let path = format!("{PATH}/{}", id(&made));
        assert_eq!(site.get(&path).await.ok(), made);
        site.post(PATH, hook("Tokens", by_header("https://hooks.example.test/"))).await.refused(400, "E0000001");
        let list = |kind: &'static str| site.get(if kind.is_empty() { PATH } else { kind });
        assert_eq!(list("").await.ok().as_array().unwrap().len(), 1);
        let of_kind = "/api/v1/inlineHooks?type=com.okta.import.transform";
        assert_eq!(list(of_kind).await.ok(), json!([]));
        let renamed = site.post(&path, json!({ "name": "Renamed" })).await.ok();
        assert_eq!((&renamed["name"], &renamed["channel"]), (&json!("Renamed"), &made["channel"]));
        let moved = json!({ "channel": { "config": { "uri": "https://elsewhere.example.test/" } } });
        site.post(&path, moved).await.refused(400, "E0000001");
        let mut whole = hook("Whole", by_header("https://elsewhere.example.test/"));
        whole.as_object_mut().unwrap().remove("type");
        assert_eq!(site.put(&path, whole).await.ok()["type"], "com.okta.oauth2.tokens.transform");
        site.delete(&path).await.refused(400, "E0000001");
        site.act(&format!("{path}/lifecycle/deactivate")).await.is(200);
        site.post(&format!("{path}/execute"), json!({})).await.refused(400, "E0000001");
        site.act(&format!("{path}/lifecycle/activate")).await.is(200);
        site.act(&format!("{path}/lifecycle/deactivate")).await.is(200);
        site.delete(&path).await.is(204);
        site.get(&path).await.refused(404, "E0000007");
    })
    .await;
}

#[tokio::test]
async fn a_hook_that_could_not_prove_who_calls_is_refused() {
    let site = Site::start().await;
    let uri = "https://hooks.example.test/";
    let oauth = |kind: &str| json!({ "uri": uri, "authType": kind, "clientId": "client", "tokenUrl": "https://id.example.test/token" });
    for config in [
        json!({ "uri": "http://hooks.example.test/" }),
        json!({ "uri": uri, "authScheme": { "type": "HEADER", "key": "k" } }),
        oauth("client_secret_post"),
        oauth("private_key_jwt"),
        json!({ "uri": uri, "authType": "client_secret_post", "clientSecret": "hunter2", "clientId": "client", "tokenUrl": "http://id.example.test/token" }),
        json!({ "uri": uri, "authType": "private_key_jwt", "clientId": "client", "tokenUrl": "https://id.example.test/token", "hookKeyId": "HKY1" }),
    ] {
        site.post(PATH, hook("Tokens", config)).await.refused(400, "E0000001");
    }
    let mut without = hook("Tokens", by_header(uri));
    without.as_object_mut().unwrap().remove("type");
    site.post(PATH, without).await.refused(400, "E0000001");
}

#[tokio::test]
async fn executing_a_hook_brings_what_its_service_answers() {
    let mut service = Service::start().await;
    let site = site_with(&service).await;
    let made = site.post(PATH, hook("Tokens", by_header(&service.uri("/ask")))).await.ok();
    let path = format!("{PATH}/{}/execute", id(&made));
    let answer = json!({ "commands": [{ "type": "com.okta.identity.patch", "value": [{ "op": "add", "path": "/claims/x", "value": "y" }] }] });
    service.says([Say::Body(answer.clone())]);
    let payload = json!({ "eventType": "com.okta.oauth2.tokens.transform", "source": "a test" });
    assert_eq!(site.post(&path, payload.clone()).await.is(200).ok(), answer);
    let asked = service.call().await;
    assert_eq!((asked.header("authorization"), asked.json()), ("hunter2", payload.clone()));
    for (says, status, code) in [
        (vec![Say::Status(500), Say::Status(500)], 502, "E0000134"),
        (vec![Say::Status(403)], 400, "E0000135"),
        (vec![Say::Body(json!([]))], 400, "E0000135"),
        (vec![Say::Silence, Say::Silence], 504, "E0000137"),
    ] {
        service.says(says);
        site.post(&path, payload.clone()).await.refused(status, code);
    }
    assert_eq!(site.events("inline_hook.executed").await.len(), 5);
}

#[tokio::test]
async fn a_hook_gets_a_token_first_where_it_is_to_prove_itself_by_oauth() {
    let mut service = Service::start().await;
    let site = site_with(&service).await;
    let key = site.post(KEYS, json!({ "name": "Key" })).await.is(200).ok();
    let config = |kind: &str, proof: (&str, Value)| {
        let mut config = json!({ "uri": service.uri("/ask"), "authType": kind, "clientId": "client", "tokenUrl": service.uri("/token"), "scope": "ask" });
        config[proof.0] = proof.1;
        config
    };
    let by_secret = hook("By secret", config("client_secret_post", ("clientSecret", "hunter2".into())));
    let by_key = hook("By key", config("private_key_jwt", ("hookKeyId", key["id"].clone())));
    for (body, name) in [(by_secret, "secret"), (by_key, "key")] {
        let made = site.post(PATH, body).await.is(200).ok();
        service.says([Say::Body(json!({ "access_token": "opensesame" })), Say::Body(json!({ "commands": [] }))]);
        site.post(&format!("{PATH}/{}/execute", id(&made)), json!({ "eventType": "x" })).await.is(200);
        let (token, asked) = (service.call().await, service.call().await);
        let form: std::collections::HashMap<String, String> = serde_urlencoded::from_str(&token.body).unwrap();
        assert_eq!((token.path.as_str(), form["grant_type"].as_str()), ("/token", "client_credentials"));
        assert_eq!(form["scope"], "ask");
        if name == "secret" {
            assert_eq!((form["client_id"].as_str(), form["client_secret"].as_str()), ("client", "hunter2"));
        } else {
            let public = &key["_embedded"];
            let text = |name: &str| public[name].as_str().unwrap();
            let verifier = DecodingKey::from_rsa_components(text("n"), text("e")).unwrap();
            let validation = crate::oauth::key::signature_only(Algorithm::RS256);
            let claims =
                jsonwebtoken::decode::<Value>(&form["client_assertion"], &verifier, &validation).unwrap().claims;
            assert_eq!((&claims["sub"], &claims["aud"]), (&json!("client"), &json!(service.uri("/token"))));
        }
        assert_eq!((asked.path.as_str(), asked.header("authorization")), ("/ask", "Bearer opensesame"));
    }
}

#[tokio::test]
async fn a_key_is_made_renamed_and_deleted_when_no_hook_uses_it() {
    databases::each(async |site| {
        let key = site.post(KEYS, json!({ "name": "Key" })).await.is(200).ok();
        assert_eq!((&key["isUsed"], &key["_embedded"]["kid"]), (&json!("false"), &key["keyId"]));
        let path = format!("{KEYS}/{}", id(&key));
        site.post(KEYS, json!({ "name": "Key" })).await.refused(400, "E0000001");
        site.post(KEYS, json!({ "name": " " })).await.refused(400, "E0000001");
        assert_eq!(site.put(&path, json!({ "name": "Other" })).await.ok()["name"], "Other");
        let public = site.get(&format!("{KEYS}/public/{}", key["keyId"].as_str().unwrap())).await.ok();
        assert_eq!(public, key["_embedded"]);
        site.get(&format!("{KEYS}/public/none")).await.refused(404, "E0000007");
        let config = json!({ "uri": "https://h.example.test/", "authType": "private_key_jwt", "clientId": "c", "tokenUrl": "https://i.example.test/", "hookKeyId": key["id"] });
        let made = site.post(PATH, hook("Tokens", config)).await.is(200).ok();
        assert_eq!(site.get(&path).await.ok()["isUsed"], "true");
        site.delete(&path).await.refused(400, "E0000001");
        site.act(&format!("{PATH}/{}/lifecycle/deactivate", id(&made))).await.is(200);
        site.delete(&format!("{PATH}/{}", id(&made))).await.is(204);
        assert_eq!(site.get(KEYS).await.ok().as_array().unwrap().len(), 1);
        site.delete(&path).await.is(204);
        site.get(&path).await.refused(404, "E0000007");
    })
    .await;
}
