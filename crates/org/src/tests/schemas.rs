//! Schemas: attributes that administrators add, and what they demand of profiles.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    databases::each,
    site::{Site, id},
};
use crate::model::role::RoleType;

const PATH: &str = "/api/v1/meta/schemas/user/default";

fn custom(properties: Value) -> Value {
    json!({ "definitions": { "custom": { "id": "#custom", "type": "object", "properties": properties, "required": [] } } })
}

fn person(login: &str, more: Value) -> Value {
    let mut profile = json!({ "firstName": "Ada", "lastName": "Byron", "login": login, "email": login });
    for (name, value) in more.as_object().unwrap() {
        profile[name] = value.clone();
    }
    json!({ "profile": profile })
}

async fn create(site: &Site, login: &str, more: Value) -> Value {
    site.advance(std::time::Duration::from_millis(1));
    site.post("/api/v1/users?activate=false", person(login, more)).await.ok()
}

#[tokio::test]
async fn the_schema_of_people_has_okta_s_shape() {
    let site = Site::start().await;
    let schema = site.get(PATH).await.is(200).ok();
    let keys: Vec<_> = schema.as_object().unwrap().keys().map(String::as_str).collect();
    let expected =
        ["id", "$schema", "name", "title", "lastUpdated", "created", "definitions", "type", "properties", "_links"];
    assert_eq!(keys, expected);
    assert_eq!((&schema["name"], &schema["title"]), (&json!("user"), &json!("User")));
    assert_eq!(schema["id"], format!("{}/meta/schemas/user/default", site.base()));
    let base = &schema["definitions"]["base"];
    assert_eq!(base["properties"].as_object().unwrap().len(), 31);
    assert_eq!(base["required"], json!(["login", "firstName", "lastName", "email"]));
    assert_eq!(
        base["properties"]["firstName"],
        json!({
            "title": "First name", "type": "string", "required": true, "mutability": "READ_WRITE", "scope": "NONE",
            "permissions": [{ "principal": "SELF", "action": "READ_WRITE" }], "master": { "type": "PROFILE_MASTER" },
            "minLength": 1, "maxLength": 50,
        })
    );
    assert_eq!(
        schema["definitions"]["custom"],
        json!({ "id": "#custom", "type": "object", "properties": {}, "required": [] })
    );
    // A person's link leads to the same schema under its own id.
    let user = site.new_user("ada@example.com").await;
    let linked = site.get(user["_links"]["schema"]["href"].as_str().unwrap()).await.is(200).ok();
    assert_eq!(linked["definitions"], schema["definitions"]);
    site.get("/api/v1/meta/schemas/user/osc0000000000000000x").await.refused(404, "E0000007");
}

#[tokio::test]
async fn a_custom_attribute_is_added_enforced_searched_and_removed() {
    each(async |site| {
        let attributes = json!({
            "level": { "title": "Level", "type": "integer", "enum": [1, 2, 7, 10] },
            "ratio": { "title": "Ratio", "type": "number" },
            "remote": { "title": "Remote", "type": "boolean", "default": false },
            "skills": { "title": "Skills", "type": "array", "items": { "type": "string" } },
            "badge": { "title": "Badge", "type": "string", "pattern": "[A-Z]{2}[0-9]+", "minLength": 3, "maxLength": 6, "unique": true },
            "size": {
                "title": "Size", "type": "string", "enum": ["S", "M"],
                "oneOf": [{ "const": "S", "title": "Small" }, { "const": "M", "title": "Medium" }],
            },
        });
        let schema = site.post(PATH, custom(attributes)).await.is(200).ok();
        assert_eq!(
            schema["definitions"]["custom"]["properties"]["level"],
            json!({
                "title": "Level", "type": "integer", "mutability": "READ_WRITE", "scope": "NONE", "enum": [1, 2, 7, 10],
                "permissions": [{ "principal": "SELF", "action": "READ_ONLY" }], "master": { "type": "PROFILE_MASTER" },
            })
        );
        let ada = create(
            &site,
            "ada@example.com",
            json!({ "level": 10, "ratio": -1.5, "skills": ["Math", "Looms"], "badge": "AB1", "size": "S" }),
        )
        .await;
        assert_eq!(
            (&ada["profile"]["skills"], &ada["profile"]["remote"], &ada["profile"]["level"]),
            (&json!(["Math", "Looms"]), &json!(false), &json!(10))
        );
        create(&site, "bob@example.com", json!({ "level": 7, "ratio": 2, "skills": ["Looms"], "remote": true })).await;
        create(&site, "cyd@example.com", json!({ "badge": "CD22", "level": 2 })).await;
        for (more, cause) in [
            (json!({ "level": 3 }), "level: The value must be one of the values of the enumeration"),
            (json!({ "level": "7" }), "level: The value must be an integer"),
            (json!({ "ratio": "1" }), "ratio: The value must be a number"),
            (json!({ "remote": "yes" }), "remote: The value must be a boolean"),
            (json!({ "skills": "Math" }), "skills: The value must be an array"),
            (json!({ "skills": [1] }), "skills: Each value must be a string"),
            (json!({ "badge": "ab12" }), "badge: Does not match required pattern"),
            (json!({ "badge": "AB12345" }), "badge: The field must be between 3 and 6 characters"),
            (json!({ "badge": "AB1" }), "badge: An object with this field already exists in the current organization"),
            (json!({ "shoe": 43 }), "Property name 'shoe' is not defined in profile"),
        ] {
            let causes = site.post("/api/v1/users", person("dan@example.com", more)).await.refused(400, "E0000001");
            assert_eq!(causes, [cause]);
        }
        let found = async |question: &str| -> Vec<String> {
            let people = site.get(&format!("/api/v1/users?search={question}")).await.ok();
            let login = |user: &Value| user["profile"]["login"].as_str().unwrap()[..3].to_owned();
            people.as_array().unwrap().iter().map(login).collect()
        };
        assert_eq!(found("profile.skills+eq+%22looms%22").await, ["ada", "bob"]);
        assert_eq!(found("profile.skills+sw+%22MA%22").await, ["ada"]);
        assert_eq!(found("profile.level+gt+2&sortBy=profile.level").await, ["bob", "ada"], "10 is more than 7");
        assert_eq!(found("profile.level+pr&sortBy=profile.level&sortOrder=desc").await, ["ada", "bob", "cyd"]);
        assert_eq!(found("profile.ratio+lt+0").await, ["ada"]);
        assert_eq!(found("profile.remote+eq+true").await, ["bob"]);
        assert_eq!(found("profile.badge+eq+%22ab1%22+or+profile.skills+pr").await, ["ada", "bob"]);
        let page = site.get("/api/v1/users?search=profile.level+pr&sortBy=profile.level&limit=1").await.is(200);
        assert_eq!(site.get(&page.links["next"]).await.ok()[0]["profile"]["login"], "bob@example.com");
        site.get("/api/v1/users?search=profile.shoe+eq+1").await.refused(400, "E0000094");
        site.get("/api/v1/users?search=profile.level+eq+%22many%22").await.refused(400, "E0000031");

        site.post(PATH, custom(json!({ "level": null, "skills": null, "badge": null }))).await.is(200);
        let ada = site.get(&format!("/api/v1/users/{}", id(&ada))).await.ok();
        assert!(ada["profile"].get("level").is_none() && ada["profile"].get("skills").is_none());
        assert_eq!((&ada["profile"]["ratio"], &ada["profile"]["size"]), (&json!(-1.5), &json!("S")));
        site.post(&format!("/api/v1/users/{}", id(&ada)), json!({ "profile": { "city": "London" } })).await.is(200);
        site.get("/api/v1/users?search=profile.level+eq+7").await.refused(400, "E0000094");
        assert_eq!(site.events("directory.user_profile.update").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_definition_that_makes_no_sense_is_refused() {
    let site = Site::start().await;
    for (definition, cause) in [
        (json!({ "type": "string" }), "x: The title cannot be left blank"),
        (json!({ "title": "X", "type": "date" }), "x: The type must be string, boolean, number, integer or array"),
        (json!({ "title": "X", "type": "array" }), "Items not present for array property: x."),
        (json!({ "title": "X", "type": "string", "pattern": "(" }), "x: pattern is not a valid regular expression"),
        (
            json!({ "title": "X", "type": "string", "minLength": 3, "maxLength": 2 }),
            "x: minLength cannot be greater than maxLength",
        ),
        (
            json!({ "title": "X", "type": "string", "enum": ["a", "a"] }),
            "x: enum must have different values of the attribute's type",
        ),
        (
            json!({ "title": "X", "type": "string", "enum": ["a", "b"], "oneOf": [{ "const": "b", "title": "B" }] }),
            "x: oneOf must give each value of enum a title, in the same order",
        ),
        (
            json!({ "title": "X", "type": "integer", "default": "seven" }),
            "x: The default does not fit: The value must be an integer",
        ),
        (
            json!({ "title": "X", "type": "boolean", "unique": true }),
            "x: Only a string, number or integer can be unique",
        ),
    ] {
        assert_eq!(site.post(PATH, custom(json!({ "x": definition }))).await.refused(400, "E0000001"), [cause]);
    }
    let plain = json!({ "title": "X", "type": "string" });
    for name in ["1x", "a-b", "ä"] {
        site.post(PATH, custom(json!({ name: plain }))).await.refused(400, "E0000001");
    }
    assert_eq!(
        site.post(PATH, custom(json!({ "City": plain }))).await.refused(400, "E0000001"),
        ["City: An object with this field already exists in the current organization"]
    );
    site.post(PATH, custom(json!({ "x": plain }))).await.is(200);
    assert_eq!(
        site.post(PATH, custom(json!({ "x": { "type": "integer" } }))).await.refused(400, "E0000001"),
        ["x: The type of an attribute cannot be changed"]
    );
}

#[tokio::test]
async fn of_the_base_only_a_little_can_be_changed() {
    let site = Site::start().await;
    let base = |properties: Value| json!({ "definitions": { "base": { "properties": properties } } });
    let whole = site.get(PATH).await.ok();
    site.post(PATH, whole).await.is(200);
    site.post(PATH, base(json!({ "firstName": { "required": false }, "login": { "pattern": "[a-z]+" } })))
        .await
        .is(200);
    let profile = json!({ "login": "adabyron", "email": "ada@example.com", "lastName": "Byron" });
    let user = site.post("/api/v1/users", json!({ "profile": profile })).await.is(200).ok();
    assert_eq!((&user["profile"]["login"], &user["profile"]["firstName"]), (&json!("adabyron"), &Value::Null));
    assert_eq!(
        site.post(PATH, base(json!({ "email": { "required": false } }))).await.refused(400, "E0000001"),
        ["email: The property required of a base attribute cannot be changed"]
    );
    assert_eq!(
        site.post(PATH, base(json!({ "city": null }))).await.refused(400, "E0000001"),
        ["city: A base attribute cannot be removed"]
    );
}

#[tokio::test]
async fn nobody_makes_an_attribute_unique_that_is_not() {
    each(async |site| {
        site.post(PATH, custom(json!({ "badge": { "title": "Badge", "type": "string" } }))).await.is(200);
        create(&site, "ada@example.com", json!({ "badge": "One" })).await;
        let bob = create(&site, "bob@example.com", json!({ "badge": "one" })).await;
        let unique = custom(json!({ "badge": { "unique": true } }));
        assert_eq!(
            site.post(PATH, unique.clone()).await.refused(400, "E0000001"),
            ["badge: Two users have the same value, so it cannot be unique"]
        );
        site.post(&format!("/api/v1/users/{}", id(&bob)), json!({ "profile": { "badge": "two" } })).await.is(200);
        site.post(PATH, unique).await.is(200);
        let taken = site.post(&format!("/api/v1/users/{}", id(&bob)), json!({ "profile": { "badge": "ONE" } })).await;
        taken.refused(400, "E0000001");
        site.delete("/api/v1/users/ada@example.com").await.is(204);
        site.delete("/api/v1/users/ada@example.com").await.is(204);
        site.post(&format!("/api/v1/users/{}", id(&bob)), json!({ "profile": { "badge": "ONE" } })).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn people_change_of_themselves_what_their_schema_lets_them() {
    let site = Site::start().await;
    let attributes = json!({
        "pet": { "title": "Pet", "type": "string", "permissions": [{ "principal": "SELF", "action": "READ_WRITE" }] },
        "grade": { "title": "Grade", "type": "string", "permissions": [{ "principal": "SELF", "action": "HIDE" }] },
        "hired": { "title": "Hired", "type": "string", "mutability": "IMMUTABLE" },
        "source": { "title": "Source", "type": "string", "mutability": "READ_ONLY" },
    });
    site.post(PATH, custom(attributes)).await.is(200);
    let (_, root) = site.administrator(RoleType::OrgAdmin).await;
    let ada = site.person("ada@example.com").await;
    let token = site.token_of(&ada, crate::model::token::Network::Anywhere).await.1;
    let path = format!("/api/v1/users/{}", ada.id);
    let set = async |token: &str, name: &str, value: &str| {
        site.call_as(token, Method::POST, &path, Some(json!({ "profile": { name: value } }))).await
    };
    set(&root, "hired", "2027").await.is(200);
    set(&root, "grade", "7").await.is(200);
    set(&root, "hired", "2028").await.refused(403, "E0000078");
    assert_eq!(
        set(&root, "source", "x").await.is(403).body["errorSummary"],
        "Cannot modify the source attribute because it is read-only."
    );
    set(&token, "pet", "Cat").await.is(200);
    set(&token, "department", "Executives").await.refused(403, "E0000077");
    for name in ["login", "email", "secondEmail"] {
        set(&token, name, "other@example.com").await.refused(403, "E0000077");
    }
    let credentials = json!({ "credentials": { "password": { "value": super::site::PASSWORD } } });
    site.call_as(&token, Method::POST, &path, Some(credentials)).await.refused(403, "E0000006");
    let other = format!("/api/v1/users/{}", site.administrator.id);
    site.call_as(&token, Method::POST, &other, Some(json!({ "profile": {} }))).await.refused(403, "E0000006");
    let own = site.call_as(&token, Method::GET, "/api/v1/users/me", None).await.ok();
    assert!(own["profile"].get("grade").is_none() && own["profile"]["pet"] == "Cat");
    assert_eq!(site.get(&path).await.ok()["profile"]["grade"], "7");
}

#[tokio::test]
async fn groups_have_a_schema_of_their_own() {
    each(async |site| {
        let path = "/api/v1/meta/schemas/group/default";
        let schema = site.get(path).await.is(200).ok();
        assert_eq!((&schema["name"], &schema["definitions"]["base"]["required"]), (&json!("group"), &json!(["name"])));
        site.post(path, custom(json!({ "cost": { "title": "Cost", "type": "integer" } }))).await.is(200);
        let group = site.post("/api/v1/groups", json!({ "profile": { "name": "WRUser", "cost": 12 } })).await.ok();
        assert_eq!(group["profile"], json!({ "name": "WRUser", "description": null, "cost": 12 }));
        site.advance(std::time::Duration::from_millis(1));
        site.post("/api/v1/groups", json!({ "profile": { "name": "Other", "cost": 9 } })).await.is(200);
        let found = site.get("/api/v1/groups?search=profile.cost+gt+9").await.ok();
        assert_eq!((found.as_array().unwrap().len(), id(&found[0])), (1, id(&group)));
        let wrong = json!({ "profile": { "name": "WRUser", "cost": "much" } });
        let causes = site.put(&format!("/api/v1/groups/{}", id(&group)), wrong).await.refused(400, "E0000001");
        assert_eq!(causes, ["cost: The value must be an integer"]);
        site.post(path, custom(json!({ "cost": null }))).await.is(200);
        let after = site.get(&format!("/api/v1/groups/{}", id(&group))).await.ok();
        assert_eq!(after["profile"], json!({ "name": "WRUser", "description": null }));
    })
    .await;
}

#[tokio::test]
async fn each_app_s_users_have_a_schema() {
    let site = Site::start().await;
    let bookmark = json!({ "label": "Wiki", "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://wiki.example.test" } } });
    let app = site.post("/api/v1/apps", bookmark).await.ok();
    let path = format!("/api/v1/meta/schemas/apps/{}/default", id(&app));
    let schema = site.get(&path).await.is(200).ok();
    assert_eq!(
        (&schema["title"], &schema["definitions"]["base"]["required"]),
        (&json!("Wiki User"), &json!(["userName"]))
    );
    let changed = site.post(&path, custom(json!({ "plan": { "title": "Plan", "type": "string" } }))).await.ok();
    assert_eq!(changed["definitions"]["custom"]["properties"]["plan"]["title"], "Plan");
    site.get("/api/v1/meta/schemas/apps/0oa0000000000000000x/default").await.refused(404, "E0000007");
}

#[tokio::test]
async fn log_streams_say_what_they_are_made_of() {
    let site = Site::start().await;
    let all = site.get("/api/v1/meta/schemas/logStream").await.is(200).ok();
    let titles: Vec<_> = all.as_array().unwrap().iter().map(|schema| schema["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["AWS EventBridge", "Splunk Cloud"]);
    let one = site.get("/api/v1/meta/schemas/logStream/aws_eventbridge").await.is(200).ok();
    assert_eq!(one, all[0]);
    assert_eq!(one["properties"]["settings"]["required"], json!(["eventSourceName", "accountId", "region"]));
    site.get("/api/v1/meta/schemas/logStream/carrier_pigeon").await.refused(404, "E0000007");
}
