//! Behaviors, threats, trusted origins that are replaced, and what an app on a phone asks for.

use reqwest::Method;
use serde_json::json;

use super::{
    databases,
    site::{Site, id},
};

#[tokio::test]
async fn a_new_org_has_its_behaviors_and_an_administrator_makes_more() {
    databases::each(async |site| {
        let path = "/api/v1/behaviors";
        assert_eq!(site.get(path).await.ok().as_array().unwrap().len(), 7);
        let body = |name: &str, settings| json!({ "name": name, "type": "ANOMALOUS_LOCATION", "settings": settings });
        let made = site.post(path, body("Near", json!({ "granularity": "LAT_LONG", "radiusKilometers": 5 }))).await.is(200).ok();
        assert_eq!(
            made["settings"],
            json!({ "maxEventsUsedForEvaluation": 20, "minEventsNeededForEvaluation": 0, "granularity": "LAT_LONG", "radiusKilometers": 5 })
        );
        for settings in [
            json!({ "granularity": "LAT_LONG" }),
            json!({ "granularity": "CITY", "maxEventsUsedForEvaluation": 101 }),
            json!({ "granularity": "GALAXY" }),
        ] {
            site.post(path, body("Wrong", settings)).await.refused(400, "E0000001");
        }
        site.post(path, body("Near", json!({ "granularity": "CITY" }))).await.refused(400, "E0000001");
        let fast = site.post(path, json!({ "name": "Fast", "type": "VELOCITY", "settings": { "velocityKph": 100 } })).await.ok();
        assert_eq!(fast["settings"]["velocityKph"], 100);
        let one = format!("{path}/{}", id(&made));
        assert_eq!(site.get(&one).await.ok(), made);
        assert_eq!(site.put(&one, body("Nearer", json!({ "granularity": "CITY" }))).await.ok()["name"], "Nearer");
        site.put(&one, json!({ "name": "Nearer", "type": "VELOCITY", "settings": { "velocityKph": 1 } })).await.refused(400, "E0000001");
        assert_eq!(site.act(&format!("{one}/lifecycle/deactivate")).await.ok()["status"], "INACTIVE");
        assert_eq!(site.act(&format!("{one}/lifecycle/activate")).await.ok()["status"], "ACTIVE");
        site.delete(&one).await.is(204);
        site.get(&one).await.refused(404, "E0000007");
    })
    .await;
}

#[tokio::test]
async fn threats_are_dealt_with_as_was_said_but_for_zones_that_there_are() {
    let site = Site::start().await;
    let path = "/api/v1/threats/configuration";
    assert_eq!(site.get(path).await.ok()["action"], "none");
    let zones = site.get("/api/v1/zones").await.ok();
    let body = json!({ "action": "block", "excludeZones": [zones[0]["id"]] });
    assert_eq!(site.post(path, body).await.ok()["excludeZones"], json!([zones[0]["id"]]));
    assert_eq!(site.get(path).await.ok()["action"], "block");
    site.post(path, json!({ "action": "explode" })).await.refused(400, "E0000001");
    site.post(path, json!({ "action": "audit", "excludeZones": ["nzo1"] })).await.refused(400, "E0000001");
    assert_eq!(site.events("security.threat.configuration.update").await.len(), 1);
}

#[tokio::test]
async fn a_trusted_origin_is_replaced_as_a_whole() {
    let site = Site::start().await;
    let body = |origin: &str, scope: &str| json!({ "name": origin, "origin": origin, "scopes": [{ "type": scope }] });
    let made = site.post("/api/v1/trustedOrigins", body("https://one.example.test", "CORS")).await.ok();
    site.post("/api/v1/trustedOrigins", body("https://other.example.test", "CORS")).await.is(200);
    let path = format!("/api/v1/trustedOrigins/{}", id(&made));
    let replaced = site.put(&path, body("https://two.example.test", "REDIRECT")).await.ok();
    assert_eq!(
        (&replaced["origin"], &replaced["scopes"], &replaced["created"]),
        (&json!("https://two.example.test"), &json!([{ "type": "REDIRECT" }]), &made["created"])
    );
    site.put(&path, body("https://other.example.test", "CORS")).await.refused(400, "E0000001");
    site.put("/api/v1/trustedOrigins/tos1", body("https://x.example.test", "CORS")).await.refused(404, "E0000007");
}

#[tokio::test]
async fn a_client_hears_that_no_app_of_its_own_is_an_authenticator() {
    let site = Site::start().await;
    let web = json!({ "label": "Portal", "signOnMode": "OPENID_CONNECT", "settings": { "oauthClient": { "redirect_uris": ["https://p.test/cb"] } } });
    let app = site.post("/api/v1/apps", web).await.ok();
    let path = "/.well-known/app-authenticator-configuration";
    let ask = |query: String| site.send(site.request(Method::GET, &format!("{path}{query}")));
    let client = app["credentials"]["oauthClient"]["client_id"].as_str().unwrap();
    assert_eq!(ask(format!("?oauthClientId={client}")).await.ok(), json!([]));
    ask(String::new()).await.refused(400, "E0000028");
    ask("?oauthClientId=0oa1".to_owned()).await.refused(404, "E0000007");
}
