//! Zones, trusted origins, the org's own settings.

use reqwest::Method;
use serde_json::json;

use super::site::{Site, id};

#[tokio::test]
async fn a_new_org_has_its_three_zones() {
    let site = Site::start().await;
    let zones = site.get("/api/v1/zones").await.ok();
    let names: Vec<_> = zones.as_array().unwrap().iter().map(|zone| zone["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 3);
    for name in ["LegacyIpZone", "BlockedIpZone", "DefaultExemptIpZone"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(zones[0]["gateways"].is_null() && zones[0]["system"] == true);
    site.delete(&format!("/api/v1/zones/{}", id(&zones[0]))).await.refused(403, "E0000006");
    let blocked = site.get("/api/v1/zones?filter=usage+eq+%22BLOCKLIST%22").await.ok();
    assert_eq!(blocked.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_zone_is_made_changed_and_deleted_when_inactive() {
    let site = Site::start().await;
    let body = |range: &str| json!({ "type": "IP", "name": "Office", "status": "ACTIVE", "gateways": [{ "type": "RANGE", "value": range }], "proxies": null });
    let zone = site.post("/api/v1/zones", body("192.0.2.1-192.0.2.9")).await.is(200).ok();
    let keys: Vec<_> = zone.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["type", "id", "name", "status", "usage", "created", "lastUpdated", "system", "gateways", "proxies", "_links"]
    );
    site.post("/api/v1/zones", body("192.0.2.1-192.0.2.9")).await.refused(400, "E0000001");
    site.post(
        "/api/v1/zones",
        json!({ "type": "IP", "name": "x", "gateways": [{ "type": "CIDR", "value": "10.0.0.0/99" }] }),
    )
    .await
    .refused(400, "E0000001");
    site.post("/api/v1/zones", json!({ "type": "DYNAMIC", "name": "x" })).await.refused(401, "E0000015");
    let path = format!("/api/v1/zones/{}", id(&zone));
    assert_eq!(
        site.put(&path, body("192.0.2.20-192.0.2.30")).await.ok()["gateways"][0]["value"],
        "192.0.2.20-192.0.2.30"
    );
    site.delete(&path).await.refused(400, "E0000001");
    let inactive = site.act(&format!("{path}/lifecycle/deactivate")).await.ok();
    assert!(inactive["_links"]["activate"].is_object());
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    for kind in ["zone.create", "zone.update", "zone.deactivate", "zone.delete"] {
        assert_eq!(site.events(kind).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_blocked_address_gets_nowhere_and_nobody_blocks_their_own() {
    let site = Site::start().await;
    let block = |range: &str| json!({ "type": "IP", "name": "Blocked", "usage": "BLOCKLIST", "gateways": [{ "type": "CIDR", "value": range }] });
    site.post("/api/v1/zones", block("127.0.0.1/32")).await.refused(400, "E0000001");
    site.post("/api/v1/zones", block("192.0.2.0/24")).await.is(200);
    site.get("/api/v1/users/me").await.is(200);
    let org = &site.running.org;
    let content = crate::model::zone::ZoneContent {
        name: "Here".to_owned(),
        usage: "BLOCKLIST".to_owned(),
        gateways: vec![crate::model::zone::AddressRange::parse("CIDR", "127.0.0.0/8").unwrap()],
        proxies: Vec::new(),
    };
    let mut tx = org.db.begin().await.unwrap();
    crate::model::zone::create(&mut tx, &org.world, &content, false).await.unwrap();
    tx.commit().await.unwrap();
    site.get("/api/v1/users/me").await.refused(403, "E0000006");
    site.get("/.well-known/okta-organization").await.refused(403, "E0000006");
}

#[tokio::test]
async fn a_trusted_origin_may_call_from_a_browser_and_no_other() {
    let site = Site::start().await;
    let body = |origin: &str| json!({ "name": "Portal", "origin": origin, "scopes": [{ "type": "CORS" }, { "type": "REDIRECT" }] });
    let origin = site.post("/api/v1/trustedOrigins", body("https://portal.example.test")).await.is(200).ok();
    site.post("/api/v1/trustedOrigins", body("https://portal.example.test/path")).await.refused(400, "E0000001");
    site.post("/api/v1/trustedOrigins", json!({ "name": "x", "origin": "https://x.test", "scopes": [] }))
        .await
        .refused(400, "E0000001");
    site.post("/api/v1/trustedOrigins", body("https://other.example.test")).await.refused(400, "E0000001");
    let from = |origin: &str, method: Method| {
        let request = site
            .request(method, "/api/v1/users/me")
            .header("Origin", origin)
            .header("Authorization", format!("SSWS {}", site.token));
        request.header("Access-Control-Request-Method", "GET")
    };
    let trusted = site.send(from("https://portal.example.test", Method::GET)).await.is(200);
    assert_eq!(trusted.headers["access-control-allow-origin"], "https://portal.example.test");
    assert_eq!(trusted.headers["access-control-allow-credentials"], "true");
    let preflight = site.send(from("https://portal.example.test", Method::OPTIONS)).await.is(200);
    assert!(preflight.headers["access-control-allow-headers"].contains("Authorization"));
    assert!(preflight.headers["access-control-allow-methods"].contains("GET"));
    for method in [Method::GET, Method::OPTIONS] {
        let foreign = site.send(from("https://evil.example.test", method)).await;
        assert!(!foreign.headers.contains_key("access-control-allow-origin"));
    }
    let path = format!("/api/v1/trustedOrigins/{}", id(&origin));
    assert_eq!(site.act(&format!("{path}/lifecycle/deactivate")).await.ok()["status"], "INACTIVE");
    assert!(
        !site
            .send(from("https://portal.example.test", Method::GET))
            .await
            .headers
            .contains_key("access-control-allow-origin")
    );
    site.act(&format!("{path}/lifecycle/activate")).await.is(200);
    let filtered = site.get("/api/v1/trustedOrigins?filter=type+eq+%22CORS%22&q=Por").await.ok();
    assert_eq!(filtered.as_array().unwrap().len(), 1);
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
}

#[tokio::test]
async fn the_org_s_settings_are_read_and_changed() {
    let site = Site::start().await;
    let org = site.get("/api/v1/org").await.ok();
    assert_eq!(
        (&org["id"], &org["companyName"], &org["status"]),
        (&json!(site.running.org.id.as_str()), &json!("Built-in org"), &json!("ACTIVE"))
    );
    let partly = site.post("/api/v1/org", json!({ "city": "London" })).await.ok();
    assert_eq!((&partly["city"], &partly["companyName"]), (&json!("London"), &json!("Built-in org")));
    let whole = site.put("/api/v1/org", json!({ "companyName": "Acme" })).await.ok();
    assert_eq!((&whole["companyName"], &whole["city"]), (&json!("Acme"), &json!(null)));
    site.put("/api/v1/org", json!({ "companyName": "" })).await.refused(400, "E0000001");
    let public = site.send(site.request(Method::GET, "/.well-known/okta-organization")).await.ok();
    assert_eq!(
        public,
        json!({ "id": site.running.org.id.as_str(), "pipeline": "v1", "_links": { "organization": { "href": site.base() } } })
    );
}
