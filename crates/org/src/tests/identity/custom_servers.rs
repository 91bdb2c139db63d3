//! Custom authorization servers as their owner makes them: settings, keys, scopes, claims.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::site::{Site, id},
    browser::Browser,
    relying_party::{RelyingParty, verified},
};

/// A server whose policy lets every client have everything.
pub(super) async fn open_server(site: &Site, change: impl FnOnce(&mut Value)) -> String {
    site.advance(Duration::from_millis(1));
    let mut body = json!({ "name": "Orders", "description": "The shop's", "audiences": ["api://orders"] });
    change(&mut body);
    let server = site.post("/api/v1/authorizationServers", body).await.is(201).ok();
    let own = format!("/api/v1/authorizationServers/{}", id(&server));
    let policy = json!({
        "type": "OAUTH_AUTHORIZATION_POLICY", "name": "All", "description": "Everybody", "priority": 1,
        "conditions": { "clients": { "include": ["ALL_CLIENTS"] } },
    });
    let policy = site.post(&format!("{own}/policies"), policy).await.is(201).ok();
    site.post(&format!("{own}/policies/{}/rules", id(&policy)), rule("All")).await.is(201);
    id(&server).to_owned()
}

pub(super) fn rule(name: &str) -> Value {
    json!({
        "type": "RESOURCE_ACCESS", "name": name, "priority": 1,
        "conditions": {
            "people": { "groups": { "include": ["EVERYONE"] } },
            "grantTypes": { "include": [
                "authorization_code", "implicit", "client_credentials", "password",
                "urn:ietf:params:oauth:grant-type:device_code",
            ] },
            "scopes": { "include": ["*"] },
        },
        "actions": { "token": {
            "accessTokenLifetimeMinutes": 30, "refreshTokenLifetimeMinutes": 0, "refreshTokenWindowMinutes": 10080,
        } },
    })
}

#[tokio::test]
async fn a_server_is_made_changed_switched_off_and_deleted() {
    life(Site::start().await).await;
}

pub(super) async fn life(site: Site) {
    let browser = Browser::new(&site);
    for (body, field) in [
        (json!({ "audiences": ["api://x"] }), "name"),
        (json!({ "name": "x" }), "audiences"),
        (json!({ "name": "x", "audiences": ["a", "b"] }), "audiences"),
        (json!({ "name": "x", "audiences": ["a"], "issuerMode": "MAGIC" }), "issuerMode"),
    ] {
        let causes = site.post("/api/v1/authorizationServers", body).await.refused(400, "E0000001");
        assert!(causes[0].starts_with(field), "{causes:?}");
    }
    let server = open_server(&site, |_| ()).await;
    let own = format!("/api/v1/authorizationServers/{server}");
    let made = site.get(&own).await.ok();
    assert!(server.starts_with("aus") && server.len() == 20);
    assert_eq!(made["issuer"], format!("{}/oauth2/{server}", site.base()));
    assert_eq!((&made["status"], &made["issuerMode"]), (&json!("ACTIVE"), &json!("ORG_URL")));
    let signing = &made["credentials"]["signing"];
    let keys = browser.get(&format!("/oauth2/{server}/v1/keys")).await.is(200).json();
    assert_eq!((&signing["rotationMode"], &signing["kid"]), (&json!("AUTO"), &keys["keys"][0]["kid"]));
    let changed = json!({ "name": "Shop", "description": "", "audiences": ["api://shop"] });
    let changed = site.put(&own, changed).await.is(200).ok();
    assert_eq!((&changed["name"], &changed["audiences"]), (&json!("Shop"), &json!(["api://shop"])));
    let listed = site.get("/api/v1/authorizationServers?q=Sho").await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let page = site.get("/api/v1/authorizationServers?limit=1").await.is(200);
    let next = site.get(&page.links["next"]).await.ok();
    assert_eq!((id(&page.body[0]), id(&next[0])), (server.as_str(), "default"));
    site.act(&format!("{own}/lifecycle/deactivate")).await.is(204);
    browser.get(&format!("/oauth2/{server}/.well-known/openid-configuration")).await.is(404);
    assert_eq!(site.get(&own).await.ok()["status"], "INACTIVE");
    site.act(&format!("{own}/lifecycle/activate")).await.is(204);
    browser.get(&format!("/oauth2/{server}/.well-known/openid-configuration")).await.is(200);
    site.delete(&own).await.is(204);
    site.get(&own).await.refused(404, "E0000007");
    site.delete("/api/v1/authorizationServers/default").await.refused(403, "E0000006");
    for kind in ["created", "updated", "deactivated", "activated", "deleted"] {
        assert_eq!(site.events(&format!("oauth2.as.{kind}")).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn keys_are_rotated_by_hand_where_the_owner_says_so() {
    rotation(Site::start().await).await;
}

pub(super) async fn rotation(site: Site) {
    let browser = Browser::new(&site);
    let server = open_server(&site, |body| {
        body["credentials"] = json!({ "signing": { "rotationMode": "MANUAL" } });
    })
    .await;
    let own = format!("/api/v1/authorizationServers/{server}");
    let signing = site.get(&own).await.ok()["credentials"]["signing"].clone();
    assert!(signing["rotationMode"] == "MANUAL" && signing.get("nextRotation").is_none());
    let rotate = format!("{own}/credentials/lifecycle/keyRotate");
    site.post(&rotate, json!({})).await.refused(400, "E0000001");
    site.post("/api/v1/authorizationServers/default/credentials/lifecycle/keyRotate", json!({ "use": "sig" }))
        .await
        .refused(400, "E0000001");
    for _ in 0..8 {
        // The test's own token lapses unused.
        site.advance(Duration::from_secs(25 * 24 * 3_600));
        site.get(&own).await.is(200);
    }
    assert_eq!(site.get(&own).await.ok()["credentials"]["signing"]["kid"], signing["kid"], "nothing changes by itself");
    let first = site.post(&rotate, json!({ "use": "sig" })).await.is(200).ok();
    let statuses: Vec<&str> = first.as_array().unwrap().iter().map(|key| key["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["ACTIVE", "NEXT", "EXPIRED"]);
    assert_eq!(first[2]["kid"], signing["kid"]);
    let published = browser.get(&format!("/oauth2/{server}/v1/keys")).await.json();
    assert_eq!(published["keys"].as_array().unwrap().len(), 3, "the next one is published before it signs");
    site.advance(Duration::from_secs(1));
    let second = site.post(&rotate, json!({ "use": "sig" })).await.is(200).ok();
    assert_eq!((&second[0]["kid"], &second[2]["kid"]), (&first[1]["kid"], &first[0]["kid"]));
    let one = site.get(&format!("{own}/credentials/keys/{}", second[0]["kid"].as_str().unwrap())).await.ok();
    assert_eq!(one, second[0]);
    site.get(&format!("{own}/credentials/keys/none")).await.refused(404, "E0000007");
    assert_eq!(site.events("app.oauth2.as.key.rollover").await.len(), 2);
}

#[tokio::test]
async fn claims_are_computed_from_the_person_the_groups_and_the_app() {
    claims(Site::start().await).await;
}

pub(super) async fn claims(site: Site) {
    let party = RelyingParty::new(&site).await;
    let group = site.new_group("Sales EU").await;
    site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(&party.user)), json!({})).await.is(204);
    let server = open_server(&site, |_| ()).await;
    let own = format!("/api/v1/authorizationServers/{server}/claims");
    let begin = site.get(&own).await.ok();
    assert!(begin.as_array().unwrap().iter().any(|claim| claim["name"] == "sub" && claim["system"] == true));
    let claim = |name: &str, kind: &str, value_type: &str, value: &str, more: Value| {
        let mut claim =
            json!({ "name": name, "status": "ACTIVE", "claimType": kind, "valueType": value_type, "value": value });
        claim.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claim
    };
    let made = claim("domain", "RESOURCE", "EXPRESSION", "String.substringAfter(user.email, '@')", json!({}));
    let made = site.post(&own, made).await.is(201).ok();
    for body in [
        claim("teams", "RESOURCE", "GROUPS", "sales", json!({ "group_filter_type": "STARTS_WITH" })),
        claim("secretish", "RESOURCE", "EXPRESSION", "'x'", json!({ "conditions": { "scopes": ["address"] } })),
        claim("nothing", "RESOURCE", "EXPRESSION", "user.none", json!({})),
        claim(
            "teams",
            "IDENTITY",
            "GROUPS",
            ".*EU",
            json!({ "group_filter_type": "REGEX", "alwaysIncludeInToken": false }),
        ),
        claim("app_of", "IDENTITY", "EXPRESSION", "app.clientId", json!({})),
    ] {
        site.post(&own, body).await.is(201);
    }
    for (body, field) in [
        (claim("iss", "RESOURCE", "EXPRESSION", "'x'", json!({})), "name"),
        (claim("domain", "RESOURCE", "EXPRESSION", "'x'", json!({})), "name"),
        (claim("a", "RESOURCE", "EXPRESSION", "System.exit(1)", json!({})), "value"),
        (claim("a", "RESOURCE", "GROUPS", "x", json!({})), "group_filter_type"),
        (claim("a", "RESOURCE", "GROUPS", "(", json!({ "group_filter_type": "REGEX" })), "group_filter_type"),
        (
            claim("a", "RESOURCE", "EXPRESSION", "'x'", json!({ "conditions": { "scopes": ["none"] } })),
            "conditions.scopes",
        ),
    ] {
        let causes = site.post(&own, body).await.refused(400, "E0000001");
        assert!(causes[0].starts_with(field), "{causes:?}");
    }
    let party = party.at(format!("/oauth2/{server}/v1"));
    let browser = Browser::new(&site);
    let tokens = party.tokens(&browser, &[]).await;
    let keys = browser.get(&format!("/oauth2/{server}/v1/keys")).await.json();
    let access = verified(&tokens["access_token"], &keys);
    assert_eq!((&access["domain"], &access["teams"]), (&json!("example.com"), &json!(["Sales EU"])));
    assert_eq!((&access["sub"], &access["aud"]), (&json!("ada@example.com"), &json!("api://orders")));
    assert!(access.get("secretish").is_none() && access.get("nothing").is_none());
    assert_eq!(access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap(), 1_800);
    let identity = verified(&tokens["id_token"], &keys);
    assert_eq!(identity["app_of"], party.client_id);
    assert!(identity.get("teams").is_none(), "it is at userinfo");
    let told = party.user_info(&browser, &tokens["access_token"]).await.is(200).json();
    assert_eq!((&told["teams"], &told["app_of"]), (&json!(["Sales EU"]), &json!(party.client_id)));
    let broken = claim("domain", "RESOURCE", "EXPRESSION", "user.email - 1", json!({}));
    let path = format!("{own}/{}", id(&made));
    assert_eq!(site.put(&path, broken).await.is(200).ok()["id"], made["id"]);
    let code = party.code(&browser, &[]).await;
    let refused = party.redeem(&browser, &code).await.is(400).json();
    assert_eq!(
        refused,
        json!({ "error": "server_error", "error_description": "The 'domain' user claim could not be evaluated." })
    );
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    party.tokens(&browser, &[]).await;
}

#[tokio::test]
async fn a_system_claim_is_switched_off_but_never_renamed_or_deleted() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await.at("/oauth2/default/v1");
    let browser = Browser::new(&site);
    let own = "/api/v1/authorizationServers/default/claims";
    let claims = site.get(own).await.ok();
    let find = |name: &str| claims.as_array().unwrap().iter().find(|claim| claim["name"] == name).unwrap().clone();
    let email = format!("{own}/{}", id(&find("email")));
    site.delete(&email).await.refused(403, "E0000006");
    let changed = site.put(&email, json!({ "name": "mail", "status": "INACTIVE" })).await.is(200).ok();
    assert_eq!((&changed["name"], &changed["status"]), (&json!("email"), &json!("INACTIVE")));
    let subject = format!("{own}/{}", id(&find("sub")));
    site.put(&subject, json!({ "value": "user.id" })).await.is(200);
    let tokens = party.tokens(&browser, &[]).await;
    let keys = browser.get("/oauth2/default/v1/keys").await.json();
    assert!(verified(&tokens["id_token"], &keys).get("email").is_none());
    assert_eq!(verified(&tokens["access_token"], &keys)["sub"], party.user["id"]);
}

#[tokio::test]
async fn scopes_are_replaced_and_those_of_openid_connect_are_not() {
    scopes(Site::start().await).await;
}

pub(super) async fn scopes(site: Site) {
    let own = "/api/v1/authorizationServers/default/scopes";
    let made = site.post(own, json!({ "name": "car:drive", "consent": "REQUIRED", "displayName": "Drive" })).await;
    let made = made.is(201).ok();
    let path = format!("{own}/{}", id(&made));
    let body = json!({ "name": "car:order", "description": "Order", "metadataPublish": "ALL_CLIENTS" });
    let changed = site.put(&path, body).await.is(200).ok();
    assert_eq!((&changed["name"], &changed["consent"]), (&json!("car:order"), &json!("REQUIRED")));
    assert_eq!((&changed["displayName"], &changed["metadataPublish"]), (&json!("Drive"), &json!("ALL_CLIENTS")));
    let system = format!("{own}/scpopenid");
    assert_eq!(site.get(&system).await.ok()["name"], "openid");
    site.put(&system, json!({ "name": "x" })).await.refused(403, "E0000006");
    site.delete(&system).await.refused(403, "E0000006");
    let found = site.get(&format!("{own}?q=car")).await.ok();
    assert_eq!((found.as_array().unwrap().len(), id(&found[0])), (1, id(&made)));
    let page = site.get(&format!("{own}?limit=6")).await.is(200);
    assert_eq!(site.get(&page.links["next"]).await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn servers_trust_one_another_until_they_do_not() {
    trust(Site::start().await).await;
}

pub(super) async fn trust(site: Site) {
    let server = open_server(&site, |_| ()).await;
    let own = format!("/api/v1/authorizationServers/{server}/associatedServers");
    let made = site.post(&own, json!({ "trusted": ["default"] })).await.is(200).ok();
    assert_eq!((id(&made[0]), &made[0]["credentials"]["signing"]["use"]), ("default", &json!("sig")));
    site.post(&own, json!({ "trusted": ["default"] })).await.refused(400, "E0000001");
    site.post(&own, json!({ "trusted": [server] })).await.refused(400, "E0000001");
    assert_eq!(site.get(&own).await.ok().as_array().unwrap().len(), 1);
    assert!(site.get(&format!("{own}?trusted=false")).await.ok().as_array().unwrap().is_empty());
    let other = "/api/v1/authorizationServers/default/associatedServers?trusted=false";
    assert_eq!(id(&site.get(other).await.ok()[0]), server);
    site.delete(&format!("{own}/default")).await.is(204);
    site.delete(&format!("{own}/default")).await.refused(404, "E0000007");
}
