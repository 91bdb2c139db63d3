//! User types.

use serde_json::{Value, json};

use super::site::{Site, id};

const PATH: &str = "/api/v1/meta/types/user";

fn person(login: &str, kind: Option<&str>, more: Value) -> Value {
    let mut body = json!({ "profile": { "firstName": "Ada", "lastName": "Byron", "login": login, "email": login } });
    for (name, value) in more.as_object().unwrap() {
        body["profile"][name] = value.clone();
    }
    if let Some(kind) = kind {
        body["type"] = json!({ "id": kind });
    }
    body
}

#[tokio::test]
async fn a_type_is_made_read_changed_and_deleted() {
    let site = Site::start().await;
    // Ids sort by the millisecond.
    site.advance(std::time::Duration::from_millis(1));
    let body = json!({ "name": "contractor", "displayName": "Contractor", "description": "From outside" });
    let made = site.post(PATH, body).await.is(200).ok();
    let keys: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "id",
        "displayName",
        "name",
        "createdBy",
        "lastUpdatedBy",
        "created",
        "lastUpdated",
        "default",
        "_links",
        "description",
    ];
    assert_eq!(keys, expected);
    assert!(id(&made).starts_with("oty") && made["default"] == false);
    assert_eq!(made["createdBy"], site.administrator.id.as_str());
    assert_eq!(made["_links"]["self"]["rel"], "self");
    let path = format!("{PATH}/{}", id(&made));
    assert_eq!(site.get(&path).await.ok(), made);
    let all = site.get(PATH).await.ok();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["default"]), (2, &json!(true)));
    assert_eq!(site.get(&format!("{PATH}/default")).await.ok(), all[0]);
    let partly = site.post(&path, json!({ "displayName": "External" })).await.ok();
    assert_eq!((&partly["displayName"], &partly["description"]), (&json!("External"), &json!("From outside")));
    let replaced = |name: &str| json!({ "name": name, "displayName": "External", "description": "" });
    assert_eq!(site.put(&path, replaced("contractor")).await.ok()["description"], "");
    site.put(&path, json!({ "displayName": "External", "description": "" })).await.refused(400, "E0000001");
    site.put(&path, replaced("other")).await.refused(400, "E0000001");
    for (body, field) in [
        (json!({ "displayName": "X" }), "name: The field cannot be left blank"),
        (json!({ "name": "1x", "displayName": "X" }), "name: Does not match required pattern"),
        (json!({ "name": "x" }), "displayName: The field cannot be left blank"),
        (
            json!({ "name": "Contractor", "displayName": "X" }),
            "name: An object with this field already exists in the current organization",
        ),
    ] {
        assert_eq!(site.post(PATH, body).await.refused(400, "E0000001"), [field]);
    }
    site.delete(&path).await.is(204);
    assert_eq!(
        site.get(&path).await.body["errorSummary"],
        format!("Not found: Resource not found: {} (CVDType)", id(&made))
    );
}

#[tokio::test]
async fn a_type_that_somebody_has_or_that_is_the_default_stays() {
    let site = Site::start().await;
    let made = site.post(PATH, json!({ "name": "contractor", "displayName": "Contractor" })).await.ok();
    site.post("/api/v1/users", person("ada@example.com", Some(id(&made)), json!({}))).await.is(200);
    site.delete(&format!("{PATH}/{}", id(&made))).await.refused(403, "E0000142");
    site.delete(&format!("{PATH}/default")).await.refused(403, "E0000142");
    for number in 0..8 {
        site.post(PATH, json!({ "name": format!("t{number}"), "displayName": "T" })).await.is(200);
    }
    site.post(PATH, json!({ "name": "eleventh", "displayName": "T" })).await.refused(400, "E0000001");
}

#[tokio::test]
async fn each_type_has_a_schema_of_its_own_and_people_can_change_type() {
    let site = Site::start().await;
    let made = site.post(PATH, json!({ "name": "contractor", "displayName": "Contractor" })).await.ok();
    let schema = made["_links"]["schema"]["href"].as_str().unwrap();
    let agency = json!({ "definitions": { "custom": { "properties": { "agency": { "title": "Agency", "type": "string", "required": true } } } } });
    let changed = site.post(schema, agency).await.is(200).ok();
    assert_eq!(
        (&changed["title"], &changed["definitions"]["custom"]["required"]),
        (&json!("Contractor"), &json!(["agency"]))
    );
    let missing = site.post("/api/v1/users", person("ada@example.com", Some(id(&made)), json!({}))).await;
    assert_eq!(missing.refused(400, "E0000001"), ["agency: The field cannot be left blank"]);
    let foreign = site.post("/api/v1/users", person("ada@example.com", None, json!({ "agency": "X" }))).await;
    assert_eq!(foreign.refused(400, "E0000001"), ["Property name 'agency' is not defined in profile"]);
    let ada =
        site.post("/api/v1/users", person("ada@example.com", Some(id(&made)), json!({ "agency": "X" }))).await.ok();
    assert_eq!(ada["type"]["id"], made["id"]);
    let bob = site.new_user("bob@example.com").await;
    let path = format!("/api/v1/users/{}", id(&bob));
    let partly = person("bob@example.com", Some(id(&made)), json!({ "agency": "Y" }));
    site.post(&path, partly.clone()).await.refused(400, "E0000001");
    let moved = site.put(&path, partly).await.is(200).ok();
    assert_eq!((&moved["type"]["id"], &moved["profile"]["agency"]), (&made["id"], &json!("Y")));
    assert_eq!(site.events("user.account.update_user_type").await.len(), 1);
    let of_type = format!("/api/v1/users?search=type.id+eq+%22{}%22", id(&made));
    assert_eq!(site.get(&of_type).await.ok().as_array().unwrap().len(), 2);
    let unknown = person("cyd@example.com", Some("oty0000000000000000x"), json!({}));
    site.post("/api/v1/users", unknown).await.refused(404, "E0000007");
}
