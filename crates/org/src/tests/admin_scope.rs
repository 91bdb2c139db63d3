//! Limits of administrators really limit: in lists, in searches, by id, in what is changed.

use reqwest::Method;
use serde_json::{Value, json};

use super::site::{Reply, Site, id};
use crate::model::{role::RoleType, token::Network, user::User};

/// A site with people inside and outside of a group, and an administrator with a token.
struct Place {
    site: Site,
    inside: Value,
    outside: Value,
    group: Value,
    other: Value,
    administrator: User,
    token: String,
}

impl Place {
    async fn new() -> Place {
        let site = Site::start().await;
        let (inside, outside) = (site.new_user("inside@example.com").await, site.new_user("outside@example.com").await);
        let (group, other) = (site.new_group("Target").await, site.new_group("Another").await);
        put(&site, &format!("/api/v1/groups/{}/users/{}", id(&group), id(&inside))).await.is(204);
        put(&site, &format!("/api/v1/groups/{}/users/{}", id(&other), id(&outside))).await.is(204);
        let administrator = site.person("limited@example.com").await;
        let (_, token) = site.token_of(&administrator, Network::Anywhere).await;
        Place { site, inside, outside, group, other, administrator, token }
    }

    async fn get(&self, path: &str) -> Reply {
        self.site.call_as(&self.token, Method::GET, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.site.call_as(&self.token, method, path, body).await
    }

    async fn ids(&self, path: &str) -> Vec<String> {
        let list = self.get(path).await.is(200).ok();
        list.as_array().unwrap().iter().map(|one| id(one).to_owned()).collect()
    }

    /// Gives a standard role, limited to the group.
    async fn limit(&self, kind: RoleType) {
        let roles = format!("/api/v1/users/{}/roles", self.administrator.id);
        let role = self.site.post(&roles, json!({ "type": kind.as_str() })).await.is(201).ok();
        put(&self.site, &format!("{roles}/{}/targets/groups/{}", id(&role), id(&self.group))).await.is(204);
    }

    /// Gives a custom role over some resources, each as a path.
    async fn allow(&self, permissions: &[&str], paths: &[String]) -> Value {
        let role = json!({ "label": permissions.join(" "), "description": "x", "permissions": permissions });
        let role = self.site.post("/api/v1/iam/roles", role).await.ok();
        let resources: Vec<String> = paths.iter().map(|path| format!("{}{path}", self.site.base())).collect();
        let set = json!({ "label": permissions.join(" "), "description": "x", "resources": resources });
        let set = self.site.post("/api/v1/iam/resource-sets", set).await.ok();
        let given = json!({ "type": "CUSTOM", "role": id(&role), "resource-set": id(&set) });
        self.site.post(&format!("/api/v1/users/{}/roles", self.administrator.id), given).await.is(201);
        role
    }
}

async fn put(site: &Site, path: &str) -> Reply {
    site.call_as(&site.token, Method::PUT, path, None).await
}

#[tokio::test]
async fn a_group_administrator_with_a_target_knows_of_nobody_else() {
    let place = Place::new().await;
    place.limit(RoleType::UserAdmin).await;
    let (inside, outside) = (id(&place.inside), id(&place.outside));
    for list in [
        "/api/v1/users".to_owned(),
        "/api/v1/users?q=inside".to_owned(),
        "/api/v1/users?search=profile.login+co+%22side%22".to_owned(),
        "/api/v1/users?search=profile.login+sw+%22%22&sortBy=profile.login".to_owned(),
        "/api/v1/users?filter=status+eq+%22ACTIVE%22".to_owned(),
        format!("/api/v1/groups/{}/users", id(&place.group)),
    ] {
        assert_eq!(place.ids(&list).await, [inside], "{list}");
    }
    assert_eq!(place.ids("/api/v1/users?q=outside").await, Vec::<String>::new());
    for list in ["/api/v1/groups", "/api/v1/groups?q=A", "/api/v1/groups?search=type+eq+%22OKTA_GROUP%22"] {
        let expected: &[&str] = if list.ends_with("q=A") { &[] } else { &[id(&place.group)] };
        assert_eq!(place.ids(list).await, expected, "{list}");
    }
    assert_eq!(place.ids(&format!("/api/v1/users/{inside}/groups")).await, [id(&place.group)]);
    place.get(&format!("/api/v1/users/{inside}")).await.is(200);
    for hidden in [outside, "outside@example.com", "outside"] {
        place.get(&format!("/api/v1/users/{hidden}")).await.refused(404, "E0000007");
    }
    // Whom one may not know of is answered as somebody who is not there.
    let nobody = place.get("/api/v1/users/00u00000000000000000").await.refused(404, "E0000007");
    assert_eq!(place.get(&format!("/api/v1/users/{outside}")).await.refused(404, "E0000007"), nobody);
    place.get(&format!("/api/v1/groups/{}", id(&place.other))).await.refused(404, "E0000007");
    place.get(&format!("/api/v1/groups/{}/users", id(&place.other))).await.refused(404, "E0000007");
    place.get("/api/v1/groups/rules").await.refused(403, "E0000006");

    let title = json!({ "profile": { "title": "Countess" } });
    place.call(Method::POST, &format!("/api/v1/users/{inside}"), Some(title.clone())).await.is(200);
    place.call(Method::POST, &format!("/api/v1/users/{outside}"), Some(title)).await.refused(404, "E0000007");
    for act in ["deactivate", "suspend", "reset_password?sendEmail=false", "unlock"] {
        let path = format!("/api/v1/users/{outside}/lifecycle/{act}");
        place.call(Method::POST, &path, None).await.refused(404, "E0000007");
    }
    place.call(Method::DELETE, &format!("/api/v1/users/{outside}"), None).await.refused(404, "E0000007");
    place.call(Method::DELETE, &format!("/api/v1/users/{outside}/sessions"), None).await.refused(404, "E0000007");
    let renamed = json!({ "profile": { "name": "Renamed" } });
    place.call(Method::PUT, &format!("/api/v1/groups/{}", id(&place.group)), Some(renamed.clone())).await.is(200);
    place
        .call(Method::PUT, &format!("/api/v1/groups/{}", id(&place.other)), Some(renamed.clone()))
        .await
        .refused(404, "E0000007");
    place.call(Method::POST, "/api/v1/groups", Some(renamed)).await.refused(403, "E0000006");
    for (group, user) in [(&place.group, outside), (&place.other, inside)] {
        let path = format!("/api/v1/groups/{}/users/{user}", id(group));
        place.call(Method::PUT, &path, None).await.refused(404, "E0000007");
    }

    // New people come into the groups that one may fill.
    let profile = |login: &str| json!({ "firstName": "N", "lastName": "N", "login": login, "email": login });
    let new = |groups: Value| json!({ "profile": profile("new@example.com"), "groupIds": groups });
    place.call(Method::POST, "/api/v1/users", Some(new(json!([])))).await.refused(403, "E0000006");
    place.call(Method::POST, "/api/v1/users", Some(new(json!([id(&place.other)])))).await.refused(403, "E0000006");
    let both = new(json!([id(&place.group), id(&place.other)]));
    place.call(Method::POST, "/api/v1/users", Some(both)).await.refused(403, "E0000006");
    let made = place.call(Method::POST, "/api/v1/users", Some(new(json!([id(&place.group)])))).await.is(200).ok();
    assert!(place.ids("/api/v1/users").await.contains(&id(&made).to_owned()));
    // One's own profile is one's own still.
    place.get("/api/v1/users/me").await.is(200);
    let own = json!({ "credentials": { "password": { "value": super::site::PASSWORD } } });
    place.call(Method::POST, "/api/v1/users/me", Some(own)).await.refused(403, "E0000006");
}

#[tokio::test]
async fn a_target_that_is_gone_leaves_nothing_rather_than_everything() {
    let place = Place::new().await;
    place.limit(RoleType::HelpDeskAdmin).await;
    assert_eq!(place.ids("/api/v1/users").await, [id(&place.inside)]);
    let unlock = format!("/api/v1/users/{}/lifecycle/deactivate", id(&place.inside));
    place.call(Method::POST, &unlock, None).await.refused(403, "E0000006");
    place.site.delete(&format!("/api/v1/groups/{}", id(&place.group))).await.is(204);
    assert_eq!(place.ids("/api/v1/users").await, Vec::<String>::new());
    place.get(&format!("/api/v1/users/{}", id(&place.outside))).await.refused(404, "E0000007");
}

#[tokio::test]
async fn an_app_administrator_with_targets_has_these_apps() {
    let place = Place::new().await;
    let bookmark = |label: &str| json!({ "label": label, "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://a.test/" } } });
    let one = place.site.post("/api/v1/apps", bookmark("One")).await.ok();
    place.site.advance(std::time::Duration::from_millis(1));
    let two = place.site.post("/api/v1/apps", bookmark("Two")).await.ok();
    let roles = format!("/api/v1/users/{}/roles", place.administrator.id);
    let role = place.site.post(&roles, json!({ "type": "APP_ADMIN" })).await.ok();
    let targets = format!("{roles}/{}/targets/catalog/apps", id(&role));
    put(&place.site, &format!("{targets}/bookmark/{}", id(&one))).await.is(204);
    assert_eq!(place.ids("/api/v1/apps").await, [id(&one)]);
    assert_eq!(place.ids("/api/v1/apps?q=T").await, Vec::<String>::new());
    place.get(&format!("/api/v1/apps/{}", id(&one))).await.is(200);
    place.get(&format!("/api/v1/apps/{}", id(&two))).await.refused(404, "E0000007");
    let users = |app: &Value| format!("/api/v1/apps/{}/users", id(app));
    let body = || Some(json!({ "id": id(&place.outside) }));
    place.call(Method::POST, &users(&one), body()).await.is(200);
    place.call(Method::POST, &users(&two), body()).await.refused(404, "E0000007");
    place.call(Method::PUT, &format!("/api/v1/apps/{}", id(&two)), Some(bookmark("x"))).await.refused(404, "E0000007");
    place.call(Method::POST, "/api/v1/apps", Some(bookmark("New"))).await.refused(403, "E0000006");
    put(&place.site, &format!("{targets}/bookmark")).await.is(204);
    assert_eq!(place.ids("/api/v1/apps").await.len(), 2);
    place.call(Method::POST, "/api/v1/apps", Some(bookmark("New"))).await.is(200);
}

#[tokio::test]
async fn a_custom_role_gives_its_permissions_over_its_resources() {
    let place = Place::new().await;
    let people = format!("/api/v1/groups/{}/users", id(&place.group));
    place.get("/api/v1/users").await.refused(403, "E0000006");
    place.allow(&["okta.users.read", "okta.users.credentials.resetPassword"], &[people]).await;
    let (inside, outside) = (id(&place.inside), id(&place.outside));
    assert_eq!(place.ids("/api/v1/users").await, [inside]);
    place.get(&format!("/api/v1/users/{outside}")).await.refused(404, "E0000007");
    let act = |who: &str, what: &str| format!("/api/v1/users/{who}/lifecycle/{what}");
    place.call(Method::POST, &act(inside, "reset_password?sendEmail=false"), None).await.is(200);
    place.call(Method::POST, &act(outside, "reset_password?sendEmail=false"), None).await.refused(404, "E0000007");
    place.call(Method::POST, &act(inside, "suspend"), None).await.refused(403, "E0000006");
    // The people of a group, and not the group.
    place.get("/api/v1/groups").await.refused(403, "E0000006");
    place.get(&format!("/api/v1/groups/{}", id(&place.group))).await.refused(403, "E0000006");
    place.allow(&["okta.groups.read"], &[format!("/api/v1/groups/{}", id(&place.other))]).await;
    assert_eq!(place.ids("/api/v1/groups").await, [id(&place.other)]);
    // Members are people: seen by whoever may see these.
    assert_eq!(place.ids(&format!("/api/v1/groups/{}/users", id(&place.other))).await, Vec::<String>::new());
    for path in ["/api/v1/zones", "/api/v1/apps", "/api/v1/logs", "/api/v1/iam/roles"] {
        place.get(path).await.refused(403, "E0000006");
    }
}

#[tokio::test]
async fn conditions_of_a_permission_hide_attributes_and_keep_them_from_change() {
    let place = Place::new().await;
    let role = place.allow(&["okta.users.read", "okta.users.userprofile.manage"], &["/api/v1/users".to_owned()]).await;
    for permission in ["okta.users.read", "okta.users.userprofile.manage"] {
        let path = format!("/api/v1/iam/roles/{}/permissions/{permission}", id(&role));
        let rule = json!({ "exclude": { "okta:ResourceAttribute/User/Profile": ["email", "title"] } });
        place.site.put(&path, json!({ "conditions": rule })).await.is(200);
    }
    let path = format!("/api/v1/users/{}", id(&place.inside));
    let seen = place.get(&path).await.ok();
    assert!(seen["profile"].get("email").is_none() && seen["profile"]["login"] == "inside@example.com", "{seen}");
    let list = place.get("/api/v1/users").await.ok();
    assert!(list.as_array().unwrap().iter().all(|user| user["profile"].get("email").is_none()));
    place.get("/api/v1/users?filter=profile.email+eq+%22inside@example.com%22").await.refused(400, "E0000094");
    place.get("/api/v1/users?q=inside").await.refused(400, "E0000094");
    place.call(Method::POST, &path, Some(json!({ "profile": { "city": "London" } }))).await.is(200);
    place.call(Method::POST, &path, Some(json!({ "profile": { "title": "Boss" } }))).await.refused(403, "E0000077");
    let password = json!({ "credentials": { "password": { "value": "Another-Horse-77" } } });
    place.call(Method::POST, &path, Some(password)).await.refused(403, "E0000006");
}

#[tokio::test]
async fn what_a_resource_leaves_out_is_out_of_reach() {
    let place = Place::new().await;
    let org = place.site.running.org.id.to_string();
    let bookmark =
        json!({ "label": "Wiki", "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://a.test/" } } });
    let wiki = place.site.post("/api/v1/apps", bookmark.clone()).await.ok();
    place.allow(&["okta.apps.manage"], &["/api/v1/apps".to_owned()]).await;
    assert_eq!(place.ids("/api/v1/apps").await, [id(&wiki)]);
    let set = "/api/v1/iam/resource-sets/okta.apps.manage/resources";
    let resource = place.site.get(set).await.ok()["resources"][0].clone();
    let rule =
        json!({ "conditions": { "Exclude": { "okta:ORN": [format!("orn:okta:idp:{org}:apps:{}", id(&wiki))] } } });
    place.site.put(&format!("{set}/{}", id(&resource)), rule).await.is(200);
    assert_eq!(place.ids("/api/v1/apps").await, Vec::<String>::new());
    place.get(&format!("/api/v1/apps/{}", id(&wiki))).await.refused(404, "E0000007");
    let mut other = bookmark;
    other["label"] = json!("Other");
    let made = place.call(Method::POST, "/api/v1/apps", Some(other)).await.is(200).ok();
    assert_eq!(place.ids("/api/v1/apps").await, [id(&made)]);
}

#[tokio::test]
async fn somebody_with_a_custom_role_is_an_administrator_to_weaker_ones() {
    let place = Place::new().await;
    place.allow(&["okta.users.read"], &["/api/v1/users".to_owned()]).await;
    let (_, group_admin) = place.site.administrator(RoleType::UserAdmin).await;
    let path = format!("/api/v1/users/{}/lifecycle/deactivate", place.administrator.id);
    place.site.call_as(&group_admin, Method::POST, &path, None).await.refused(403, "E0000006");
    let giving = json!({ "type": "CUSTOM", "role": "okta.users.read", "resource-set": "okta.users.read" });
    let roles = format!("/api/v1/groups/{}/roles", id(&place.group));
    place.site.post(&roles, giving).await.is(201);
    let joins = format!("/api/v1/groups/{}/users/{}", id(&place.group), id(&place.outside));
    place.site.call_as(&group_admin, Method::PUT, &joins, None).await.refused(403, "E0000006");
}
