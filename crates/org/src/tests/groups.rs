//! Groups and memberships.

use std::time::Duration;

use serde_json::json;

use super::site::{Site, id};

#[tokio::test]
async fn a_group_is_made_read_changed_and_deleted() {
    let site = Site::start().await;
    let group = site
        .post("/api/v1/groups", json!({ "profile": { "name": "WRUser", "description": "Reads" } }))
        .await
        .is(200)
        .ok();
    let keys: Vec<_> = group.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["id", "created", "lastUpdated", "lastMembershipUpdated", "objectClass", "type", "profile", "_links"]
    );
    assert_eq!(group["created"], "2027-01-15T08:00:00.000Z");
    assert_eq!((&group["type"], &group["objectClass"]), (&json!("OKTA_GROUP"), &json!(["okta:user_group"])));
    let path = format!("/api/v1/groups/{}", id(&group));
    assert_eq!(site.get(&path).await.ok(), group);
    let causes = site.post("/api/v1/groups", json!({ "profile": { "name": "wruser" } })).await.refused(400, "E0000001");
    assert_eq!(causes, ["name: An object with this field already exists in the current organization"]);
    let changed = site.put(&path, json!({ "profile": { "name": "WRUser" } })).await.ok();
    assert_eq!(changed["profile"], json!({ "name": "WRUser", "description": null }));
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    let summary = site.delete(&path).await.body["errorSummary"].clone();
    assert_eq!(summary, format!("Not found: Resource not found: {} (UserGroup)", id(&group)));
    for kind in ["group.lifecycle.create", "group.profile.update", "group.lifecycle.delete"] {
        assert_eq!(site.events(kind).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_bad_group_is_refused_with_its_field() {
    let site = Site::start().await;
    for (body, cause) in [
        (json!({}), "name: The field cannot be left blank"),
        (json!({ "profile": { "name": "x".repeat(256) } }), "name: The field must be between 1 and 255 characters"),
        (json!({ "profile": { "name": "x", "colour": "red" } }), "Property name 'colour' is not defined in profile"),
    ] {
        assert_eq!(site.post("/api/v1/groups", body).await.refused(400, "E0000001"), [cause]);
    }
}

#[tokio::test]
async fn everyone_holds_everybody_and_cannot_be_changed() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let everyone = site.get("/api/v1/groups?q=every").await.ok()[0].clone();
    assert_eq!(everyone["type"], "BUILT_IN");
    let path = format!("/api/v1/groups/{}", id(&everyone));
    let members = site.get(&format!("{path}/users")).await.ok();
    assert!(members.as_array().unwrap().iter().any(|member| id(member) == id(&user)));
    site.put(&path, json!({ "profile": { "name": "Some" } })).await.refused(403, "E0000077");
    site.delete(&path).await.refused(403, "E0000006");
    site.delete(&format!("{path}/users/{}", id(&user))).await.refused(501, "E0000060");
    site.post(&format!("{path}/roles"), json!({ "type": "ORG_ADMIN" })).await.refused(400, "E0000211");
}

#[tokio::test]
async fn memberships_are_idempotent_and_move_the_group_s_time() {
    let site = Site::start().await;
    let (user, group) = (site.new_user("ada@example.com").await, site.new_group("WRUser").await);
    let path = format!("/api/v1/groups/{}", id(&group));
    let membership = format!("{path}/users/{}", id(&user));
    site.advance(Duration::from_secs(60));
    site.put(&membership, json!({})).await.is(204);
    assert_eq!(site.get(&path).await.ok()["lastMembershipUpdated"], "2027-01-15T08:01:00.000Z");
    assert_eq!(site.get(&path).await.ok()["lastUpdated"], "2027-01-15T08:00:00.000Z");
    site.advance(Duration::from_secs(60));
    site.put(&membership, json!({})).await.is(204);
    assert_eq!(site.get(&path).await.ok()["lastMembershipUpdated"], "2027-01-15T08:01:00.000Z");
    let groups = site.get(&format!("/api/v1/users/{}/groups", id(&user))).await.ok();
    let names: Vec<_> =
        groups.as_array().unwrap().iter().map(|group| group["profile"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Everyone", "WRUser"]);
    let changed = "/api/v1/groups?filter=lastMembershipUpdated+gt+%222027-01-15T08:00:30.000Z%22";
    assert_eq!(site.get(changed).await.ok().as_array().unwrap().len(), 1);
    site.delete(&membership).await.is(204);
    site.delete(&membership).await.is(204);
    assert_eq!(site.get(&path).await.ok()["lastMembershipUpdated"], "2027-01-15T08:02:00.000Z");
    site.put(&format!("{path}/users/00u0000000000000000x"), json!({})).await.refused(404, "E0000007");
    assert_eq!(site.events("group.user_membership.add").await.len(), 1);
    assert_eq!(site.events("group.user_membership.remove").await.len(), 1);
}

#[tokio::test]
async fn a_deleted_person_moves_the_times_of_their_groups() {
    let site = Site::start().await;
    let (user, group) = (site.new_user("ada@example.com").await, site.new_group("WRUser").await);
    site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(&user)), json!({})).await.is(204);
    site.advance(Duration::from_secs(60));
    site.delete(&format!("/api/v1/users/{}", id(&user))).await.is(204);
    site.delete(&format!("/api/v1/users/{}", id(&user))).await.is(204);
    assert_eq!(
        site.get(&format!("/api/v1/groups/{}", id(&group))).await.ok()["lastMembershipUpdated"],
        "2027-01-15T08:01:00.000Z"
    );
}

#[tokio::test]
async fn groups_are_listed_in_pages_found_and_sorted() {
    let site = Site::start().await;
    for name in ["WRAdmin", "WRUser", "Sales 100%", "Other"] {
        site.new_group(name).await;
        site.advance(Duration::from_secs(1));
    }
    let mut names = Vec::new();
    let mut next = Some("/api/v1/groups?limit=2".to_owned());
    while let Some(path) = next {
        let page = site.get(&path).await.is(200);
        assert!(page.links["self"].ends_with("limit=2"));
        names.extend(
            page.body.as_array().unwrap().iter().map(|group| group["profile"]["name"].as_str().unwrap().to_owned()),
        );
        next = page.links.get("next").cloned();
    }
    assert_eq!(names, ["Everyone", "WRAdmin", "WRUser", "Sales 100%", "Other"]);
    let found = async |query: &str| -> Vec<String> {
        let groups = site.get(&format!("/api/v1/groups?{query}")).await.ok();
        groups.as_array().unwrap().iter().map(|group| group["profile"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("q=wr").await, ["WRAdmin", "WRUser"]);
    assert_eq!(found("q=Sales+100%25").await, ["Sales 100%"]);
    assert!(found("q=%25").await.is_empty());
    assert_eq!(
        found("search=profile.name+sw+%22WR%22&sortBy=profile.name&sortOrder=desc").await,
        ["WRUser", "WRAdmin"]
    );
    assert_eq!(found("search=profile.name+co+%22user%22").await, ["WRUser"]);
    assert_eq!(found("filter=type+eq+%22BUILT_IN%22").await, ["Everyone"]);
    let sorted = site.get("/api/v1/groups?search=type+eq+%22OKTA_GROUP%22&sortBy=profile.name&limit=3").await.is(200);
    let rest = site.get(&sorted.links["next"]).await.ok();
    assert_eq!(rest[0]["profile"]["name"], "WRUser");
    site.get("/api/v1/groups?filter=name+eq+%22x%22").await.refused(400, "E0000094");
    site.get("/api/v1/groups?filter=type+is").await.refused(400, "E0000031");
    site.get("/api/v1/groups?filter=type+eq+%22x%22&search=type+eq+%22x%22").await.refused(400, "E0000033");
    let causes = site.get("/api/v1/groups?after=nonsense").await.refused(400, "E0000029");
    assert_eq!(causes, ["Invalid cursor."]);
}

#[tokio::test]
async fn statistics_come_when_asked_for() {
    let site = Site::start().await;
    let (user, group) = (site.new_user("ada@example.com").await, site.new_group("WRUser").await);
    site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(&user)), json!({})).await.is(204);
    let groups = site.get("/api/v1/groups?q=WR&expand=stats").await.ok();
    let stats = &groups[0]["_embedded"]["stats"];
    assert_eq!(
        (&stats["usersCount"], &stats["appsCount"], &stats["hasAdminPrivlege"]),
        (&json!(1), &json!(0), &json!(false))
    );
    assert!(site.get("/api/v1/groups?q=WR").await.ok()[0].get("_embedded").is_none());
}
