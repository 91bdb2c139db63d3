//! Event hooks: what administrators do with them, and what services are told.

use serde_json::{Value, json};

use super::{
    databases,
    hook_service::{Say, Service},
    site::{Site, id},
};
use crate::{OrgConfig, api::event_hooks::ACTIVE_MAX, hooks::delivery::HELD, model::role::RoleType};

const PATH: &str = "/api/v1/eventHooks";

fn hook(uri: &str) -> Value {
    json!({
        "name": "Groups",
        "events": { "type": "EVENT_TYPE", "items": ["group.lifecycle.create", "group.lifecycle.delete"] },
        "channel": { "type": "HTTP", "version": "1.0.0", "config": {
            "uri": uri,
            "headers": [{ "key": "X-Other", "value": "other" }],
            "authScheme": { "type": "HEADER", "key": "Authorization", "value": "hunter2" },
        } },
    })
}

async fn site_with(service: &Service) -> Site {
    let origin = service.origin.clone();
    Site::with(|config| OrgConfig { hook_origins: vec![origin], ..config }).await
}

/// A hook that has shown that it wants to be told.
async fn verified(site: &Site, service: &mut Service) -> Value {
    let made = site.post(PATH, hook(&service.uri("/told"))).await.is(200).ok();
    let path = format!("{PATH}/{}/lifecycle/verify", id(&made));
    let verified = site.act(&path).await.is(200).ok();
    assert_eq!(verified["verificationStatus"], "VERIFIED");
    let asked = service.call().await;
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str(), asked.header("authorization")),
        ("GET", "/told", "hunter2")
    );
    made
}

#[tokio::test]
async fn an_event_hook_is_made_changed_and_deleted_when_inactive() {
    databases::each(async |site| {
        let made = site.post(PATH, hook("https://hooks.example.test/told")).await.is(200).ok();
        assert_eq!((&made["status"], &made["verificationStatus"]), (&json!("ACTIVE"), &json!("UNVERIFIED")));
        assert_eq!(made["createdBy"], site.administrator.id.as_str());
        assert_eq!(made["channel"]["config"]["authScheme"], json!({ "type": "HEADER", "key": "Authorization" }));
        assert_eq!(made["events"]["filter"], Value::Null);
        let path = format!("{PATH}/{}", id(&made));
        assert_eq!(site.get(&path).await.ok(), made);
        assert_eq!(site.get(PATH).await.ok(), json!([made]));
        let mut other = hook("https://hooks.example.test/told");
        other["name"] = "Other".into();
        other["channel"]["config"]["authScheme"].as_object_mut().unwrap().remove("value");
        assert_eq!(site.put(&path, other.clone()).await.ok()["name"], "Other");
        other["channel"]["config"]["uri"] = "https://elsewhere.example.test/".into();
        assert_eq!(
            site.put(&path, other).await.refused(400, "E0000001"),
            ["authScheme.value: The field cannot be left blank"],
            "the old secret is not for a new address"
        );
        site.delete(&path).await.refused(400, "E0000001");
        let inactive = site.act(&format!("{path}/lifecycle/deactivate")).await.ok();
        assert!(inactive["_links"]["activate"].is_object() && inactive["_links"]["verify"].is_object());
        site.act(&format!("{path}/lifecycle/activate")).await.is(200);
        site.act(&format!("{path}/lifecycle/deactivate")).await.is(200);
        site.delete(&path).await.is(204);
        site.get(&path).await.refused(404, "E0000007");
        for kind in ["created", "updated", "deactivated", "activated", "deleted"] {
            assert!(!site.events(&format!("event_hook.{kind}")).await.is_empty(), "{kind}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_hook_that_could_not_work_is_refused() {
    let site = Site::start().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = hook("https://hooks.example.test/told");
        change(&mut body);
        body
    };
    let config = |body: &mut Value, name: &str, value: Value| body["channel"]["config"][name] = value;
    for (body, code) in [
        (with(&|body| body["name"] = "".into()), "E0000001"),
        (with(&|body| body["events"]["items"] = json!([])), "E0000001"),
        (with(&|body| body["events"]["items"] = json!(["event_hook.delivery"])), "E0000001"),
        (with(&|body| config(body, "uri", "http://hooks.example.test/".into())), "E0000001"),
        (with(&|body| config(body, "uri", "https://me:you@hooks.example.test/".into())), "E0000001"),
        (with(&|body| config(body, "headers", json!([{ "key": "Host", "value": "x" }]))), "E0000001"),
        (with(&|body| config(body, "headers", json!([{ "key": "a b", "value": "x" }]))), "E0000001"),
        (with(&|body| config(body, "headers", json!([{ "key": "a", "value": "x\r\ny: z" }]))), "E0000001"),
        (with(&|body| config(body, "authScheme", json!({ "type": "HEADER", "key": "k" }))), "E0000001"),
    ] {
        site.post(PATH, body.clone()).await.refused(400, code);
    }
    let filtered = with(&|body| {
        body["events"]["filter"] =
            json!({ "eventFilterMap": [{ "event": "group.lifecycle.create", "condition": { "expression": "true" } }] });
    });
    site.post(PATH, filtered).await.refused(401, "E0000015");
    site.get("/api/v1/eventHooks/who1").await.refused(404, "E0000007");
    let (_, reader) = site.administrator(RoleType::ReadOnlyAdmin).await;
    let call = site.call_as(&reader, reqwest::Method::POST, PATH, Some(hook("https://hooks.example.test/told"))).await;
    call.refused(403, "E0000006");
}

#[tokio::test]
async fn an_org_has_so_many_active_hooks_and_no_more() {
    let site = Site::start().await;
    for _ in 0..ACTIVE_MAX {
        site.post(PATH, hook("https://hooks.example.test/told")).await.is(200);
    }
    site.post(PATH, hook("https://hooks.example.test/told")).await.refused(400, "E0000001");
}

#[tokio::test]
async fn a_verified_hook_is_told_of_the_events_that_it_wants() {
    let mut service = Service::start().await;
    let site = site_with(&service).await;
    let made = verified(&site, &mut service).await;
    site.new_user("ada@example.com").await;
    let group = site.new_group("Told").await;
    let told = service.call().await;
    assert_eq!((told.method.as_str(), told.path.as_str()), ("POST", "/told"));
    assert_eq!((told.header("authorization"), told.header("x-other")), ("hunter2", "other"));
    assert_eq!(told.events(), ["group.lifecycle.create"]);
    let body = told.json();
    assert_eq!((&body["eventType"], &body["contentType"]), (&json!("com.okta.event_hook"), &json!("application/json")));
    assert_eq!(body["source"], format!("{}/api/v1/eventHooks/{}", site.base(), id(&made)));
    assert_eq!(body["data"]["events"][0]["target"][0]["id"], group["id"]);
    assert_eq!(service.count(), 2, "a challenge and a delivery");
    // Another address must be verified before it is told of anything.
    site.put(&format!("{PATH}/{}", id(&made)), hook(&service.uri("/elsewhere"))).await.is(200);
    site.new_group("Not told").await;
    site.act(&format!("{PATH}/{}/lifecycle/verify", id(&made))).await.is(200);
    assert_eq!(service.call().await.path, "/elsewhere");
    site.new_group("Told again").await;
    assert_eq!(service.call().await.json()["data"]["events"][0]["target"][0]["displayName"], "Told again");
}

#[tokio::test]
async fn a_service_that_does_not_repeat_the_challenge_is_not_told_of_anything() {
    let service = Service::start().await;
    let site = site_with(&service).await;
    let made = site.post(PATH, hook(&service.uri("/told"))).await.ok();
    let path = format!("{PATH}/{}/lifecycle/verify", id(&made));
    for say in [Say::Body(json!({ "verification": "other" })), Say::Status(204), Say::Status(404)] {
        service.says([say]);
        site.act(&path).await.refused(400, "E0000001");
    }
    assert_eq!(service.count(), 3, "what says no is not asked again");
    service.says([Say::Status(500), Say::Status(500)]);
    site.act(&path).await.refused(400, "E0000001");
    assert_eq!(service.count(), 5);
    service.says([Say::Status(500)]);
    site.act(&path).await.is(200);
}

#[tokio::test]
async fn an_address_inside_the_network_is_not_called_unless_it_is_configured() {
    let service = Service::start().await;
    let site = Site::start().await;
    let inside = format!("https://127.0.0.1:{}/", service.origin.port().unwrap());
    let made = site.post(PATH, hook(&inside)).await.ok();
    let causes = site.act(&format!("{PATH}/{}/lifecycle/verify", id(&made))).await.refused(400, "E0000001");
    assert!(causes[0].contains("private network"), "{causes:?}");
    assert_eq!(service.count(), 0);
}

#[tokio::test]
async fn a_delivery_that_fails_is_tried_once_more_and_one_that_is_refused_is_not() {
    let mut service = Service::start().await;
    let site = site_with(&service).await;
    verified(&site, &mut service).await;
    service.says([Say::Status(503)]);
    site.new_group("One").await;
    assert_eq!(service.call().await.events(), service.call().await.events());
    service.says([Say::Status(503), Say::Silence]);
    site.new_group("Two").await;
    let (first, second) = (service.call().await, service.call().await);
    assert_eq!(first.json()["data"], second.json()["data"]);
    site.until_logged("event_hook.delivery", 1).await;
    service.says([Say::Status(400)]);
    site.new_group("Three").await;
    service.call().await;
    site.until_logged("event_hook.delivery", 2).await;
    let failures = site.events("event_hook.delivery").await;
    assert_eq!(failures[0]["outcome"]["reason"], "The service did not answer within 3 s");
    assert_eq!(failures[1]["outcome"]["reason"], "The service answered with status 400");
    site.new_group("Four").await;
    assert_eq!(service.call().await.json()["data"]["events"][0]["target"][0]["displayName"], "Four");
    assert_eq!(service.count(), 1 + 2 + 2 + 1 + 1);
}

#[tokio::test]
async fn what_was_being_delivered_when_the_org_died_is_delivered_by_the_next_one() {
    let mut service = Service::start().await;
    let site = site_with(&service).await;
    verified(&site, &mut service).await;
    service.says([Say::Silence]);
    site.new_group("Told twice").await;
    let cut_off = service.call().await;
    let (config, clock) = (site.running.org.config.clone(), site.clock.clone());
    let folder = site.die().await;
    clock.advance(HELD);
    let world = world::World { clock, random: std::sync::Arc::new(world::OsRandom) };
    let again = crate::start(config, world).await.unwrap();
    assert_eq!(service.call().await.json()["data"], cut_off.json()["data"]);
    again.stop().await;
    drop(folder);
}

#[tokio::test]
async fn a_deactivated_hook_is_not_told_and_secrets_are_sealed() {
    let mut service = Service::start().await;
    let site = site_with(&service).await;
    let made = verified(&site, &mut service).await;
    site.act(&format!("{PATH}/{}/lifecycle/deactivate", id(&made))).await.is(200);
    site.new_group("Not told").await;
    site.act(&format!("{PATH}/{}/lifecycle/activate", id(&made))).await.is(200);
    site.new_group("Told").await;
    assert_eq!(service.call().await.json()["data"]["events"][0]["target"][0]["displayName"], "Told");
    for entry in std::fs::read_dir(site.folder.path().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "the secret is not at rest");
    }
}
