//! People: creating, changing, lifecycle, deleting.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{PASSWORD, Site, id};

fn body(login: &str) -> Value {
    json!({ "profile": { "firstName": "Ada", "lastName": "Byron", "login": login, "email": login } })
}

fn with_password(login: &str) -> Value {
    let mut body = body(login);
    body["credentials"] = json!({ "password": { "value": PASSWORD } });
    body
}

#[tokio::test]
async fn each_way_of_creating_gives_its_status() {
    let site = Site::start().await;
    let provider = json!({ "provider": { "type": "FEDERATION", "name": "FEDERATION" } });
    let mut federated = body("fed@example.com");
    federated["credentials"] = provider;
    for (query, body, status) in [
        ("?activate=false", body("a1@example.com"), "STAGED"),
        ("?activate=false", with_password("a2@example.com"), "STAGED"),
        ("", body("a3@example.com"), "PROVISIONED"),
        ("?activate=true", with_password("a4@example.com"), "ACTIVE"),
        ("?activate=true&nextLogin=changePassword", with_password("a5@example.com"), "PASSWORD_EXPIRED"),
        ("?provider=true", federated, "ACTIVE"),
    ] {
        let user = site.post(&format!("/api/v1/users{query}"), body).await.is(200).ok();
        assert_eq!(user["status"], status, "{query}");
        assert_eq!(user["activated"].is_null(), status == "STAGED", "{query}");
    }
    site.post("/api/v1/users?nextLogin=changePassword", body("a6@example.com")).await.refused(400, "E0000124");
    site.post("/api/v1/users?activate=false&nextLogin=changePassword", with_password("a6@example.com"))
        .await
        .refused(400, "E0000125");
    site.get("/api/v1/users/a6@example.com").await.refused(404, "E0000007");
    assert_eq!(site.events("user.lifecycle.create").await.len(), 6);
    assert_eq!(site.events("user.lifecycle.activate").await.len(), 4);
}

#[tokio::test]
async fn a_person_has_the_shape_of_okta_s() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let keys: Vec<_> = user.as_object().unwrap().keys().cloned().collect();
    let expected = [
        "id",
        "status",
        "created",
        "activated",
        "statusChanged",
        "lastLogin",
        "lastUpdated",
        "passwordChanged",
        "type",
        "profile",
        "credentials",
        "_links",
    ];
    assert_eq!(keys, expected);
    let profile: Vec<_> = user["profile"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(profile, ["firstName", "lastName", "mobilePhone", "secondEmail", "login", "email"]);
    assert_eq!(
        user["credentials"],
        json!({
            "password": {},
            "emails": [{ "value": "ada@example.com", "status": "VERIFIED", "type": "PRIMARY" }],
            "provider": { "type": "OKTA", "name": "OKTA" },
        })
    );
    let links: Vec<_> = user["_links"].as_object().unwrap().keys().cloned().collect();
    let expected = [
        "self",
        "schema",
        "type",
        "suspend",
        "resetPassword",
        "expirePassword",
        "changeRecoveryQuestion",
        "changePassword",
        "deactivate",
    ];
    assert_eq!(links, expected);
    assert_eq!(user["_links"]["suspend"]["method"], "POST");
    assert_eq!((&user["created"], &user["lastLogin"]), (&json!("2027-01-15T08:00:00.000Z"), &Value::Null));
    let omitting = site
        .request(Method::GET, &format!("/api/v1/users/{}", id(&user)))
        .header("Authorization", format!("SSWS {}", site.token));
    let omitting =
        omitting.header("Content-Type", "application/json; okta-response=omitCredentials,omitCredentialsLinks");
    let without = site.send(omitting).await.ok();
    assert!(without.get("credentials").is_none() && without["_links"].get("changePassword").is_none());
}

#[tokio::test]
async fn a_bad_profile_names_each_field() {
    let site = Site::start().await;
    let causes = site
        .post("/api/v1/users", json!({ "profile": { "login": "ada", "firstName": "", "shoeSize": "43" } }))
        .await
        .refused(400, "E0000001");
    for cause in [
        "lastName: The field cannot be left blank",
        "email: The field cannot be left blank",
        "login: Username must be in the form of an email address",
    ] {
        assert!(causes.iter().any(|found| found == cause), "{causes:?} lacks {cause}");
    }
    site.new_user("ada@example.com").await;
    let taken = site.post("/api/v1/users", body("ADA@example.com")).await;
    assert_eq!(taken.body["errorSummary"], "Api validation failed: login");
    assert_eq!(
        taken.refused(400, "E0000001"),
        ["login: An object with this field already exists in the current organization"]
    );
    let mut weak = body("bob@example.com");
    weak["credentials"] = json!({ "password": { "value": "short" } });
    let causes = site.post("/api/v1/users", weak).await.refused(400, "E0000001");
    assert!(causes[0].starts_with("password: Password requirements were not met."), "{causes:?}");
    site.post("/api/v1/users", json!(null)).await.refused(400, "E0000003");
}

#[tokio::test]
async fn a_bad_group_fails_the_whole_creation() {
    let site = Site::start().await;
    let group = site.new_group("WRUser").await;
    let mut wrong = with_password("ada@example.com");
    wrong["groupIds"] = json!([id(&group), "00g0000000000000000x"]);
    site.post("/api/v1/users", wrong).await.refused(400, "E0000001");
    site.get("/api/v1/users/ada@example.com").await.refused(404, "E0000007");
    let mut right = with_password("ada@example.com");
    right["groupIds"] = json!([id(&group)]);
    site.post("/api/v1/users", right).await.is(200);
    let members = site.get(&format!("/api/v1/groups/{}/users", id(&group))).await.ok();
    assert_eq!(members[0]["profile"]["login"], "ada@example.com");
    let keys: Vec<_> = members[0]["_links"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["self"]);
}

#[tokio::test]
async fn a_person_is_found_by_id_login_prefix_and_me() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    for name in [id(&user), "ada@example.com", "ada%40example.com", "ADA@Example.com", "ada"] {
        assert_eq!(site.get(&format!("/api/v1/users/{name}")).await.ok()["id"], user["id"], "{name}");
    }
    assert_eq!(site.get("/api/v1/users/me").await.ok()["id"], site.administrator.id.as_str());
    site.new_user("ada@example.org").await;
    let summary = site.get("/api/v1/users/ada").await.body["errorSummary"].clone();
    assert_eq!(summary, "Not found: Resource not found: ada (User)");
}

#[tokio::test]
async fn post_changes_a_part_and_put_the_whole() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}", id(&user));
    site.advance(Duration::from_secs(5));
    let partly = site.post(&path, json!({ "profile": { "city": "London", "nickName": "Countess" } })).await.ok();
    assert_eq!((&partly["profile"]["city"], &partly["profile"]["firstName"]), (&json!("London"), &json!("Ada")));
    assert_eq!(partly["lastUpdated"], "2027-01-15T08:00:05.000Z");
    let cleared = site.post(&path, json!({ "profile": { "nickName": null } })).await.ok();
    assert!(cleared["profile"].get("nickName").is_none() && cleared["profile"]["city"] == "London");
    let whole = site.put(&path, body("countess@example.com")).await.ok();
    assert_eq!((id(&whole), &whole["profile"]["login"]), (id(&user), &json!("countess@example.com")));
    assert!(whole["profile"].get("city").is_none());
    site.put(&path, json!({ "profile": { "city": "Paris" } })).await.refused(400, "E0000001");
    site.new_user("bob@example.com").await;
    site.post(&path, json!({ "profile": { "login": "bob@example.com" } })).await.refused(400, "E0000001");
    assert_eq!(site.events("user.account.update_profile").await.len(), 3);
}

#[tokio::test]
async fn if_match_keeps_two_from_overwriting_each_other() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}", id(&user));
    let tag = site.get(&path).await.headers["etag"].clone();
    let post = |tag: String, city: &'static str| {
        let request = site.request(Method::POST, &path).header("Authorization", format!("SSWS {}", site.token));
        request.header("If-Match", tag).json(&json!({ "profile": { "city": city } }))
    };
    site.send(post(tag.clone(), "London")).await.is(200);
    site.send(post(tag, "Paris")).await.refused(412, "E0000231");
    site.send(post("no quotes".to_owned(), "Paris")).await.refused(400, "E0000242");
    assert_eq!(site.get(&path).await.ok()["profile"]["city"], "London");
}

#[tokio::test]
async fn the_lifecycle_goes_its_ways_and_no_other() {
    let site = Site::start().await;
    let staged = site.post("/api/v1/users?activate=false", body("ada@example.com")).await.ok();
    let path = format!("/api/v1/users/{}", id(&staged));
    let act = async |name: &str| site.act(&format!("{path}/lifecycle/{name}")).await;
    let status = async || site.get(&path).await.ok()["status"].as_str().unwrap().to_owned();
    act("suspend").await.refused(400, "E0000001");
    act("unlock").await.refused(403, "E0000032");
    act("reactivate").await.refused(403, "E0000038");
    let link = act("activate?sendEmail=false").await.ok();
    let token = link["activationToken"].as_str().unwrap();
    assert_eq!(
        (token.len(), link["activationUrl"].as_str().unwrap().ends_with(&format!("/welcome/{token}"))),
        (20, true)
    );
    assert_eq!(status().await, "PROVISIONED");
    let again = act("reactivate?sendEmail=false").await.ok();
    assert_ne!(again["activationToken"], link["activationToken"]);
    site.post(&path, json!({ "credentials": { "password": { "value": PASSWORD } } })).await.is(200);
    assert_eq!(status().await, "ACTIVE");
    act("activate").await.refused(403, "E0000016");
    assert_eq!(act("suspend").await.ok(), json!({}));
    assert_eq!(status().await, "SUSPENDED");
    let links: Vec<_> = site.get(&path).await.ok()["_links"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(links, ["self", "schema", "type", "unsuspend", "deactivate"]);
    act("suspend").await.refused(400, "E0000001");
    act("unsuspend").await.is(200);
    act("unsuspend").await.refused(400, "E0000001");
    assert_eq!(act("deactivate").await.ok(), json!({}));
    assert_eq!(status().await, "DEPROVISIONED");
    act("deactivate").await.refused(403, "E0000038");
    assert!(site.get(&path).await.ok()["credentials"].get("password").is_none());
    site.post(&path, json!({ "profile": { "city": "London" } })).await.refused(403, "E0000038");
    act("activate?sendEmail=false").await.is(200);
    assert_eq!(status().await, "PROVISIONED");
}

#[tokio::test]
async fn deleting_takes_two_calls() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}", id(&user));
    site.delete(&path).await.is(204);
    assert_eq!(site.get(&path).await.ok()["status"], "DEPROVISIONED");
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    site.delete(&path).await.refused(404, "E0000007");
    for kind in ["user.lifecycle.deactivate", "user.lifecycle.delete.initiated", "user.lifecycle.delete.completed"] {
        let events = site.events(kind).await;
        assert_eq!((events.len(), &events[0]["target"][0]["id"]), (1, &user["id"]), "{kind}");
    }
}

#[tokio::test]
async fn deactivation_ends_assignments_roles_and_tokens() {
    let site = Site::start().await;
    let (user, group) = (site.new_user("ada@example.com").await, site.new_group("WRUser").await);
    let path = format!("/api/v1/users/{}", id(&user));
    let bookmark = json!({ "label": "Wiki", "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://wiki.example.test" } } });
    let app = site.post("/api/v1/apps", bookmark).await.ok();
    site.post(&format!("/api/v1/apps/{}/users", id(&app)), json!({ "id": id(&user), "scope": "USER" })).await.is(200);
    site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(&user)), json!({})).await.is(204);
    site.post(&format!("{path}/roles"), json!({ "type": "ORG_ADMIN" })).await.is(201);
    site.act(&format!("{path}/lifecycle/deactivate")).await.is(200);
    assert_eq!(site.get(&format!("/api/v1/apps/{}/users", id(&app))).await.ok(), json!([]));
    assert_eq!(site.get(&format!("{path}/roles")).await.ok(), json!([]));
    assert_eq!(site.get(&format!("{path}/appLinks")).await.ok(), json!([]));
    assert_eq!(site.events("application.user_membership.remove").await.len(), 1);
    assert_eq!(site.events("user.account.privilege.revoke").await.len(), 1);
}

#[tokio::test]
async fn the_last_super_administrator_stays() {
    let site = Site::start().await;
    let path = format!("/api/v1/users/{}", site.administrator.id);
    for action in ["lifecycle/suspend", "lifecycle/deactivate"] {
        site.act(&format!("{path}/{action}")).await.refused(400, "E0000001");
    }
    site.delete(&path).await.refused(400, "E0000001");
    let roles = site.get(&format!("{path}/roles")).await.ok();
    site.delete(&format!("{path}/roles/{}", id(&roles[0]))).await.refused(400, "E0000001");
    assert_eq!(site.get(&path).await.ok()["status"], "ACTIVE");
}

#[tokio::test]
async fn of_two_who_create_the_same_login_one_wins() {
    let site = Site::start().await;
    let posts = (0..8).map(|_| site.post("/api/v1/users", body("race@example.com")));
    let statuses: Vec<_> = futures::future::join_all(posts).await.into_iter().map(|reply| reply.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 400)));
}
