//! Apps, assignments, secrets and the groups claim.

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Site, id};
use crate::model::{app, role::RoleType};

fn web(label: &str) -> Value {
    json!({
        "name": "oidc_client",
        "label": label,
        "signOnMode": "OPENID_CONNECT",
        "credentials": { "oauthClient": { "token_endpoint_auth_method": "client_secret_basic" } },
        "settings": { "oauthClient": {
            "application_type": "web",
            "redirect_uris": ["https://portal.example.test/OIDCCallback"],
            "post_logout_redirect_uris": ["https://portal.example.test/"],
            "response_types": ["code"],
            "grant_types": ["authorization_code", "refresh_token"],
        } },
    })
}

#[tokio::test]
async fn a_web_app_is_made_with_id_and_secret() {
    let site = Site::start().await;
    let app = site.post("/api/v1/apps", web("WebReports")).await.is(200).ok();
    let client = &app["credentials"]["oauthClient"];
    assert_eq!(client["client_id"], app["id"]);
    assert_eq!(client["client_secret"].as_str().unwrap().len(), 64);
    assert_eq!(
        (&app["status"], &app["name"], &app["signOnMode"]),
        (&json!("ACTIVE"), &json!("oidc_client"), &json!("OPENID_CONNECT"))
    );
    assert_eq!(app["orn"], format!("orn:okta:idp:{}:apps:oidc_client:{}", site.running.org.id, id(&app)));
    assert_eq!(app["settings"]["oauthClient"]["refresh_token"], json!({ "rotation_type": "STATIC" }));
    assert_eq!(app["features"], json!([]));
    let path = format!("/api/v1/apps/{}", id(&app));
    assert_eq!(site.get(&path).await.ok(), app);
    let (_, reader) = site.administrator(RoleType::ReadOnlyAdmin).await;
    let seen = site.call_as(&reader, Method::GET, &path, None).await.ok();
    assert!(seen["credentials"]["oauthClient"].get("client_secret").is_none());
    site.call_as(&reader, Method::GET, &format!("{path}/credentials/secrets"), None).await.refused(403, "E0000006");
    let mut chosen = web("Chosen");
    chosen["credentials"]["oauthClient"]["client_id"] = json!("my-own-client");
    chosen["credentials"]["oauthClient"]["client_secret"] = json!("fourteen-characters");
    let chosen = site.post("/api/v1/apps", chosen.clone()).await.ok();
    assert_eq!(chosen["credentials"]["oauthClient"]["client_secret"], "fourteen-characters");
    let mut again = web("Again");
    again["credentials"]["oauthClient"]["client_id"] = json!("my-own-client");
    site.post("/api/v1/apps", again).await.refused(400, "E0000001");
}

#[tokio::test]
async fn an_app_is_replaced_deactivated_and_deleted() {
    let site = Site::start().await;
    let app = site.post("/api/v1/apps", web("WebReports")).await.ok();
    let path = format!("/api/v1/apps/{}", id(&app));
    let mut changed = web("Portal");
    changed["settings"]["oauthClient"]["redirect_uris"] =
        json!(["https://portal.example.test/authorization-code/callback"]);
    let changed = site.put(&path, changed).await.ok();
    assert_eq!(changed["label"], "Portal");
    assert_eq!(
        changed["credentials"]["oauthClient"]["client_secret"],
        app["credentials"]["oauthClient"]["client_secret"]
    );
    assert_eq!(
        changed["settings"]["oauthClient"]["redirect_uris"][0],
        "https://portal.example.test/authorization-code/callback"
    );
    site.put(
        &path,
        json!({ "label": "x", "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://x.test" } } }),
    )
    .await
    .refused(400, "E0000001");
    let causes = site.delete(&path).await.refused(403, "E0000056");
    assert_eq!(causes, ["The application must be deactivated before deletion."]);
    assert_eq!(site.act(&format!("{path}/lifecycle/deactivate")).await.is(200).ok(), json!({}));
    assert_eq!(site.get(&path).await.ok()["status"], "INACTIVE");
    site.act(&format!("{path}/lifecycle/activate")).await.is(200);
    site.act(&format!("{path}/lifecycle/deactivate")).await.is(200);
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    for kind in ["application.lifecycle.create", "application.lifecycle.update", "application.lifecycle.delete"] {
        assert_eq!(site.events(kind).await.len(), 1, "{kind}");
    }
    site.post("/api/v1/apps", json!({ "label": "x", "signOnMode": "SAML_2_0" })).await.refused(400, "E0000001");
    site.post("/api/v1/apps", json!({ "label": "x", "signOnMode": "MAGIC" })).await.refused(400, "E0000001");
}

#[tokio::test]
async fn apps_are_listed_filtered_and_paged() {
    let site = Site::start().await;
    let one = site.post("/api/v1/apps", web("Alpha")).await.ok();
    for label in ["Alpine", "Beta"] {
        site.post("/api/v1/apps?activate=false", web(label)).await.is(200);
    }
    let user = site.new_user("ada@example.com").await;
    site.post(&format!("/api/v1/apps/{}/users", id(&one)), json!({ "id": id(&user), "scope": "USER" })).await.is(200);
    let count = async |query: &str| site.get(&format!("/api/v1/apps?{query}")).await.ok().as_array().unwrap().len();
    assert_eq!(count("q=ALP").await, 2);
    assert_eq!(count("filter=status+eq+%22INACTIVE%22").await, 2);
    let page = site.get("/api/v1/apps?limit=2").await.is(200);
    assert_eq!(site.get(&page.links["next"]).await.ok().as_array().unwrap().len(), 1);
    let user_id = id(&user);
    let expanded =
        site.get(&format!("/api/v1/apps?filter=user.id+eq+%22{user_id}%22&expand=user/{user_id}")).await.ok();
    assert_eq!(expanded[0]["_embedded"]["user"]["credentials"]["userName"], "ada@example.com");
    let causes = site.get(&format!("/api/v1/apps?expand=user/{user_id}")).await.refused(400, "E0000001");
    assert_eq!(causes, ["Expand query is malformed."]);
    site.get("/api/v1/apps?limit=500").await.refused(400, "E0000001");
}

#[tokio::test]
async fn people_are_assigned_directly_and_by_group_and_direct_wins() {
    let site = Site::start().await;
    let app = site.post("/api/v1/apps", web("WebReports")).await.ok();
    let (ada, bob) = (site.new_user("ada@example.com").await, site.new_user("bob@example.com").await);
    let group = site.new_group("WRUser").await;
    let path = format!("/api/v1/apps/{}", id(&app));
    let assigned = site.put(&format!("{path}/groups/{}", id(&group)), json!({})).await.is(200).ok();
    let keys: Vec<_> = assigned.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        (keys, &assigned["priority"]),
        (
            vec![
                "id".to_owned(),
                "lastUpdated".to_owned(),
                "priority".to_owned(),
                "profile".to_owned(),
                "_links".to_owned()
            ],
            &json!(0)
        )
    );
    for user in [&ada, &bob] {
        site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(user)), json!({})).await.is(204);
    }
    let direct = site
        .post(
            &format!("{path}/users"),
            json!({ "id": id(&ada), "scope": "USER", "credentials": { "userName": "countess" } }),
        )
        .await
        .is(200)
        .ok();
    assert_eq!(
        (&direct["scope"], &direct["credentials"]["userName"], &direct["syncState"]),
        (&json!("USER"), &json!("countess"), &json!("DISABLED"))
    );
    let users = site.get(&format!("{path}/users")).await.ok();
    let scopes: Vec<_> = users.as_array().unwrap().iter().map(|user| user["scope"].as_str().unwrap()).collect();
    assert_eq!(scopes, ["USER", "GROUP"]);
    assert_eq!(site.get(&format!("{path}/users?q=COUNT")).await.ok().as_array().unwrap().len(), 1);
    let page = site.get(&format!("{path}/users?limit=1")).await.is(200);
    assert_eq!(id(&site.get(&page.links["next"]).await.ok()[0]), id(&bob));
    let org = &site.running.org;
    let assigned = async |user: &Value| {
        let mut reader = org.db.read().await.unwrap();
        let app = app::by_id(&mut reader, &id(&app).into()).await.unwrap().unwrap();
        let user = crate::model::user::by_id(&mut reader, &id(user).into()).await.unwrap().unwrap();
        app::assigned(&mut reader, &app, &user).await.unwrap()
    };
    assert!(assigned(&ada).await && assigned(&bob).await);
    site.delete(&format!("{path}/groups/{}", id(&group))).await.is(204);
    site.delete(&format!("{path}/groups/{}", id(&group))).await.refused(404, "E0000007");
    assert!(assigned(&ada).await && !assigned(&bob).await);
    site.delete(&format!("{path}/users/{}", id(&ada))).await.is(204);
    assert!(!assigned(&ada).await);
    site.delete(&format!("{path}/users/{}", id(&ada))).await.refused(404, "E0000007");
    site.post(&format!("{path}/users"), json!({ "id": "00u0000000000000000x" })).await.refused(404, "E0000007");
    for (kind, count) in [
        ("application.user_membership.add", 0),
        ("application.user_membership.update", 1),
        ("application.user_membership.remove", 1),
        ("group.application_assignment.add", 1),
    ] {
        assert_eq!(site.events(kind).await.len(), count, "{kind}");
    }
}

#[tokio::test]
async fn a_group_assignment_is_patched() {
    let site = Site::start().await;
    let app = site.post("/api/v1/apps", web("WebReports")).await.ok();
    let group = site.new_group("WRUser").await;
    let path = format!("/api/v1/apps/{}/groups/{}", id(&app), id(&group));
    site.put(&path, json!({ "priority": 3, "profile": { "name": "1" } })).await.is(200);
    let patch = json!([{ "op": "replace", "path": "/priority", "value": 5 }, { "op": "replace", "path": "/profile/email", "value": "2" }]);
    let patched = site.call_as(&site.token, Method::PATCH, &path, Some(patch)).await.ok();
    assert_eq!((&patched["priority"], &patched["profile"]), (&json!(5), &json!({ "name": "1", "email": "2" })));
    site.call_as(&site.token, Method::PATCH, &path, Some(json!([{ "op": "remove", "path": "/priority" }])))
        .await
        .refused(400, "E0000003");
    let listed = site.get(&format!("/api/v1/apps/{}/groups", id(&app))).await.ok();
    assert_eq!(listed[0], patched);
    assert_eq!(id(&site.get(&format!("/api/v1/groups/{}/apps", id(&group))).await.ok()[0]), id(&app));
}

#[tokio::test]
async fn a_secret_is_rotated_beside_the_old_one() {
    let site = Site::start().await;
    let app = site.post("/api/v1/apps", web("WebReports")).await.ok();
    let path = format!("/api/v1/apps/{}/credentials/secrets", id(&app));
    let first = site.get(&path).await.ok()[0].clone();
    assert_eq!(first["client_secret"], app["credentials"]["oauthClient"]["client_secret"]);
    assert_eq!(first["secret_hash"].as_str().unwrap().len(), 22);
    let second = site.act(&path).await.is(201).ok();
    assert_ne!(second["client_secret"], first["client_secret"]);
    assert_eq!(
        site.act(&path).await.refused(400, "E0000001"),
        ["You've reached the maximum number of client secrets per client."]
    );
    let first_path = format!("{path}/{}", id(&first));
    assert_eq!(site.delete(&first_path).await.refused(400, "E0000001").len(), 1);
    assert_eq!(site.act(&format!("{first_path}/lifecycle/deactivate")).await.ok()["status"], "INACTIVE");
    let only = site.act(&format!("{path}/{}/lifecycle/deactivate", id(&second))).await.refused(400, "E0000001");
    assert_eq!(only, ["You can't deactivate the only active client secret."]);
    assert_eq!(
        site.get(&format!("/api/v1/apps/{}", id(&app))).await.ok()["credentials"]["oauthClient"]["client_secret"],
        second["client_secret"]
    );
    site.delete(&first_path).await.is(204);
    site.get(&first_path).await.refused(404, "E0000007");
    let short = site.post(&path, json!({ "client_secret": "short" })).await.refused(400, "E0000001");
    assert_eq!(short, ["client_secret: 'client_secret' must be at least '14' characters long."]);
}

#[tokio::test]
async fn the_groups_claim_is_set_and_switched_off() {
    let site = Site::start().await;
    let app = site.post("/api/v1/apps", web("WebReports")).await.ok();
    let path = format!("/api/v1/internal/apps/{}/settings/oauth/idToken", id(&app));
    assert!(site.get(&path).await.ok()["value"].is_null());
    let claim = json!({ "issuerMode": "ORG_URL", "valueType": "GROUPS", "groupFilterType": "STARTS_WITH", "name": "groups", "value": "WR" });
    assert_eq!(site.post(&path, claim.clone()).await.ok(), claim);
    assert_eq!(site.get(&path).await.ok(), claim);
    site.post(&path, json!({ "valueType": "GROUPS", "groupFilterType": "REGEX", "value": "(" }))
        .await
        .refused(400, "E0000001");
    site.post(&path, json!({ "valueType": "", "groupFilterType": "", "name": "", "value": "" })).await.is(200);
    assert!(site.get(&path).await.ok()["value"].is_null());
}

#[tokio::test]
async fn a_bookmark_is_a_tile_of_those_assigned() {
    let site = Site::start().await;
    let bookmark = json!({ "label": "Wiki", "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://wiki.example.test/" } } });
    let app = site.post("/api/v1/apps", bookmark).await.ok();
    assert!(app["credentials"].get("oauthClient").is_none());
    let user = site.new_user("ada@example.com").await;
    site.post(&format!("/api/v1/apps/{}/users", id(&app)), json!({ "id": id(&user) })).await.is(200);
    let links = site.get(&format!("/api/v1/users/{}/appLinks", id(&user))).await.ok();
    assert_eq!(
        (&links[0]["label"], &links[0]["linkUrl"], &links[0]["appInstanceId"]),
        (&json!("Wiki"), &json!("https://wiki.example.test/"), &app["id"])
    );
    site.post(
        "/api/v1/apps",
        json!({ "label": "x", "signOnMode": "BOOKMARK", "settings": { "app": { "url": "javascript:alert(1)" } } }),
    )
    .await
    .refused(400, "E0000001");
}
