//! Custom roles, resource sets, bindings, and the targets of standard roles: each call, and what it refuses.

use serde_json::{Value, json};

use super::site::{Site, id};

/// Ids sort by the millisecond.
const MOMENT: std::time::Duration = std::time::Duration::from_millis(1);

async fn role(site: &Site, label: &str, permissions: &[&str]) -> Value {
    let body = json!({ "label": label, "description": "A test's", "permissions": permissions });
    site.post("/api/v1/iam/roles", body).await.is(200).ok()
}

async fn set(site: &Site, label: &str, resources: &[String]) -> Value {
    let body = json!({ "label": label, "description": "A test's", "resources": resources });
    site.post("/api/v1/iam/resource-sets", body).await.is(200).ok()
}

#[tokio::test]
async fn custom_roles_are_made_read_changed_and_deleted() {
    let site = Site::start().await;
    let made = role(&site, "Creator", &["okta.users.create", "okta.users.read"]).await;
    let path = format!("/api/v1/iam/roles/{}", id(&made));
    assert!(id(&made).starts_with("cr0"));
    assert_eq!(site.get("/api/v1/iam/roles/Creator").await.ok(), made);
    assert_eq!(site.get("/api/v1/iam/roles").await.ok()["roles"], json!([made]));
    let again = json!({ "label": "creator", "description": "x", "permissions": ["okta.users.read"] });
    site.post("/api/v1/iam/roles", again).await.refused(400, "E0000001");
    let unknown = json!({ "label": "Other", "description": "x", "permissions": ["okta.roles.manage"] });
    site.post("/api/v1/iam/roles", unknown).await.refused(400, "E0000001");
    let none = json!({ "label": "Other", "description": "x", "permissions": [] });
    site.post("/api/v1/iam/roles", none).await.refused(400, "E0000001");
    let changed = site.put(&path, json!({ "label": "Maker", "description": "y" })).await.ok();
    assert_eq!((&changed["label"], &changed["id"]), (&json!("Maker"), &made["id"]));

    let permissions = format!("{path}/permissions");
    site.act(&format!("{permissions}/okta.groups.read")).await.is(204);
    let names = |body: Value| {
        let permissions = body["permissions"].as_array().unwrap().clone();
        permissions.iter().map(|one| one["label"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(site.get(&permissions).await.ok()), ["okta.groups.read", "okta.users.create", "okta.users.read"]);
    let reading = format!("{permissions}/okta.users.read");
    let conditions = json!({ "conditions": { "include": { "okta:ResourceAttribute/User/Profile": ["city"] } } });
    let conditioned = site.put(&reading, conditions.clone()).await.ok();
    assert_eq!(conditioned["conditions"], conditions["conditions"]);
    assert_eq!(site.get(&reading).await.ok(), conditioned);
    site.put(&format!("{permissions}/okta.groups.read"), conditions).await.refused(400, "E0000001");
    site.put(&format!("{permissions}/okta.apps.read"), json!({})).await.refused(404, "E0000007");
    site.act(&format!("{permissions}/okta.magic")).await.refused(400, "E0000001");
    site.delete(&reading).await.is(204);
    site.delete(&reading).await.refused(404, "E0000007");
    site.get(&reading).await.refused(404, "E0000007");
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    for kind in ["iam.role.create", "iam.role.update", "iam.role.permissions.add", "iam.role.delete"] {
        assert_eq!(site.events(kind).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn resource_sets_hold_resources_of_this_org() {
    let site = Site::start().await;
    let (base, org) = (site.base(), site.running.org.id.to_string());
    let group = site.new_group("Staff").await;
    let people = format!("{base}/api/v1/groups/{}/users", id(&group));
    let made = set(&site, "Staff", std::slice::from_ref(&people)).await;
    let path = format!("/api/v1/iam/resource-sets/{}", id(&made));
    assert_eq!(site.get("/api/v1/iam/resource-sets/Staff").await.ok(), made);
    assert_eq!(site.get("/api/v1/iam/resource-sets").await.ok()["resource-sets"], json!([made]));
    for wrong in [
        "https://elsewhere.example.test/api/v1/users".to_owned(),
        format!("{base}/api/v1/zones"),
        format!("{base}/api/v1/groups/00g1"),
        "orn:okta:directory:00oOther:users".to_owned(),
    ] {
        let body = json!({ "label": "Wrong", "description": "x", "resources": [wrong] });
        site.post("/api/v1/iam/resource-sets", body).await.refused(400, "E0000001");
    }
    let changed = site.put(&path, json!({ "label": "Crew", "description": "y" })).await.ok();
    assert_eq!(changed["label"], "Crew");

    let resources = format!("{path}/resources");
    let name = format!("orn:okta:directory:{org}:groups:{}", id(&group));
    let listed = site.get(&resources).await.ok();
    assert_eq!(listed["resources"][0]["orn"], format!("{name}:contained_resources"));
    assert_eq!(listed["resources"][0]["_links"]["self"]["href"], people);
    let patch = |names: Value| site.request(reqwest::Method::PATCH, &resources).json(&json!({ "additions": names }));
    site.advance(MOMENT);
    let patched = patch(json!([name])).header("Authorization", format!("SSWS {}", site.token));
    site.send(patched).await.is(200);
    let apps = json!({
        "resourceOrnOrUrl": format!("{base}/api/v1/apps"),
        "conditions": { "Exclude": { "okta:ORN": [format!("orn:okta:idp:{org}:apps:oidc_client")] } },
    });
    site.advance(MOMENT);
    let added = site.post(&resources, apps.clone()).await.is(200).ok();
    assert_eq!(added["conditions"], apps["conditions"]);
    site.post(&resources, apps).await.refused(400, "E0000001");
    let one = format!("{resources}/{}", id(&added));
    assert_eq!(site.get(&one).await.ok(), added);
    let open = site.put(&one, json!({ "conditions": {} })).await.ok();
    assert!(open.get("conditions").is_none());
    let page = site.get(&format!("{resources}?limit=2")).await.ok();
    assert_eq!(page["resources"].as_array().unwrap().len(), 2);
    let next = site.get(page["_links"]["next"]["href"].as_str().unwrap()).await.ok();
    assert_eq!(next["resources"], json!([open]));
    site.delete(&one).await.is(204);
    site.get(&one).await.refused(404, "E0000007");
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
}

#[tokio::test]
async fn bindings_have_people_groups_and_apps_as_members() {
    let site = Site::start().await;
    let base = site.base();
    let (ada, group) = (site.new_user("ada@example.com").await, site.new_group("Staff").await);
    let (custom, resources) =
        (role(&site, "Reader", &["okta.users.read"]).await, set(&site, "All", &[format!("{base}/api/v1/users")]).await);
    let bindings = format!("/api/v1/iam/resource-sets/{}/bindings", id(&resources));
    let person = format!("{base}/api/v1/users/{}", id(&ada));
    let bound = site.post(&bindings, json!({ "role": id(&custom), "members": [person] })).await.is(200).ok();
    let path = format!("{bindings}/{}", id(&custom));
    assert_eq!(bound["_links"]["self"]["href"], format!("{base}{path}"));
    assert_eq!(site.get(&bindings).await.ok()["roles"][0]["id"], custom["id"]);
    assert_eq!(site.get(&path).await.ok()["id"], custom["id"]);
    let add = async |member: String| {
        site.advance(MOMENT);
        let request = site.request(reqwest::Method::PATCH, &format!("{path}/members"));
        let request = request.header("Authorization", format!("SSWS {}", site.token));
        site.send(request.json(&json!({ "additions": [member] }))).await
    };
    add(format!("{base}/api/v1/groups/{}", id(&group))).await.is(200);
    add(format!("{base}/api/v1/users/00u1")).await.refused(400, "E0000001");
    add("https://elsewhere.example.test/api/v1/users/00u1".to_owned()).await.refused(400, "E0000001");
    let members = site.get(&format!("{path}/members")).await.ok();
    let members = members["members"].as_array().unwrap();
    assert_eq!(members.len(), 2);
    let member = format!("{path}/members/{}", id(&members[0]));
    assert_eq!(site.get(&member).await.ok(), members[0]);

    // The same as an assignment of the person.
    let roles = format!("/api/v1/users/{}/roles", id(&ada));
    let assigned = site.get(&roles).await.ok()[0].clone();
    assert_eq!(
        (&assigned["type"], &assigned["role"], &assigned["resource-set"], &assigned["id"]),
        (&json!("CUSTOM"), &custom["id"], &resources["id"], &members[0]["id"])
    );
    assert_eq!(site.get(&format!("{roles}/{}", id(&assigned))).await.ok(), assigned);
    let again = json!({ "type": "CUSTOM", "role": id(&custom), "resource-set": id(&resources) });
    site.post(&roles, again.clone()).await.refused(409, "E0000090");
    let listed = site.get("/api/v1/iam/assignees/users?limit=1").await.ok();
    let rest = site.get(listed["_links"]["next"]["href"].as_str().unwrap()).await.ok();
    let all: Vec<&str> = [&listed, &rest].map(|page| id(&page["value"][0])).to_vec();
    assert!(all.contains(&id(&ada)) && all.contains(&site.administrator.id.as_str()), "{all:?}");

    site.delete(&member).await.is(204);
    site.get(&member).await.refused(404, "E0000007");
    assert_eq!(site.get(&roles).await.ok(), json!([]));
    let given = site.post(&format!("{roles}?disableNotifications=true"), again.clone()).await.is(201).ok();
    site.delete(&format!("{roles}/{}", id(&given))).await.is(204);
    let of_group = format!("/api/v1/groups/{}/roles", id(&group));
    site.post(&of_group, again.clone()).await.refused(409, "E0000090");
    assert_eq!(site.get(&of_group).await.ok()[0]["assignmentType"], "GROUP");
    site.post(&roles, json!({ "type": "CUSTOM", "role": "cr01", "resource-set": id(&resources) }))
        .await
        .refused(404, "E0000007");
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    assert_eq!(site.get(&of_group).await.ok(), json!([]));
}

#[tokio::test]
async fn targets_are_added_listed_and_removed_but_for_the_last() {
    let site = Site::start().await;
    let (ada, staff) = (site.new_user("ada@example.com").await, site.new_group("Staff").await);
    let (one, other) = (site.new_group("One").await, site.new_group("Other").await);
    let bookmark =
        json!({ "label": "Wiki", "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://wiki.test/" } } });
    let app = site.post("/api/v1/apps", bookmark).await.ok();
    for base in [format!("/api/v1/users/{}/roles", id(&ada)), format!("/api/v1/groups/{}/roles", id(&staff))] {
        let helping = site.post(&base, json!({ "type": "HELP_DESK_ADMIN" })).await.is(201).ok();
        let groups = format!("{base}/{}/targets/groups", id(&helping));
        assert_eq!(site.get(&groups).await.ok(), json!([]));
        for group in [&one, &other] {
            site.advance(MOMENT);
            site.call_as(&site.token, reqwest::Method::PUT, &format!("{groups}/{}", id(group)), None).await.is(204);
        }
        site.call_as(&site.token, reqwest::Method::PUT, &format!("{groups}/00g1"), None).await.refused(404, "E0000007");
        let listed = site.get(&groups).await.ok();
        assert_eq!(listed.as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [id(&one), id(&other)]);
        let expanded = site.get(&format!("{base}?expand=targets/groups")).await.ok();
        assert_eq!(expanded[0]["_embedded"]["targets"]["groups"].as_array().unwrap().len(), 2, "{expanded}");
        site.delete(&format!("{groups}/{}", id(&one))).await.is(204);
        site.delete(&format!("{groups}/{}", id(&one))).await.refused(404, "E0000007");
        site.delete(&format!("{groups}/{}", id(&other))).await.refused(400, "E0000001");
        site.get(&format!("{base}/{}/targets/catalog/apps", id(&helping))).await.refused(400, "E0000001");

        let apps_role = site.post(&base, json!({ "type": "APP_ADMIN" })).await.is(201).ok();
        let apps = format!("{base}/{}/targets/catalog/apps", id(&apps_role));
        let put = async |path: String| {
            site.advance(MOMENT);
            site.call_as(&site.token, reqwest::Method::PUT, &path, None).await
        };
        let of_group = base.starts_with("/api/v1/groups/");
        let added = if of_group { 200 } else { 204 };
        put(format!("{apps}/bookmark")).await.is(added);
        put(format!("{apps}/bookmark/{}", id(&app))).await.is(204);
        put(format!("{apps}/oidc_client/{}", id(&app))).await.refused(404, "E0000007");
        put(format!("{apps}/magic")).await.refused(404, "E0000007");
        put(format!("{base}/{}/targets/groups/{}", id(&apps_role), id(&one))).await.refused(400, "E0000001");
        let listed = site.get(&apps).await.ok();
        assert_eq!((&listed[0]["name"], &listed[1]["id"]), (&json!("bookmark"), &app["id"]));
        site.delete(&format!("{apps}/bookmark")).await.is(204);
        site.delete(&format!("{apps}/bookmark/{}", id(&app))).await.refused(400, "E0000001");
        put(format!("{apps}/bookmark")).await.is(added);
        site.delete(&format!("{apps}/bookmark/{}", id(&app))).await.is(204);
        put(format!("{apps}/bookmark/{}", id(&app))).await.is(204);
        if !of_group {
            let all = site.get(&format!("{base}/APP_ADMIN/targets?assignmentType=USER")).await.ok();
            assert_eq!(all.as_array().unwrap().len(), 2);
            assert!(all[0]["orn"].as_str().unwrap().ends_with(":apps:bookmark"), "{all}");
            let governance = format!("{base}/{}/governance", id(&apps_role));
            let grants = site.get(&governance).await.ok();
            let grant = format!("{governance}/{}", grants["grants"][0]["grantId"].as_str().unwrap());
            assert_eq!(site.get(&grant).await.ok(), grants["grants"][0]);
            let over = site.get(&format!("{grant}/resources")).await.ok();
            assert_eq!(over["resources"].as_array().unwrap().len(), 2);
            site.get(&format!("{governance}/other")).await.refused(404, "E0000007");
            put(apps.clone()).await.is(200);
            assert_eq!(site.get(&apps).await.ok(), json!([]));
        }
    }
}
