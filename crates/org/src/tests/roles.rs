//! Administrator roles of people and groups.

use serde_json::json;

use super::site::{Site, id};

#[tokio::test]
async fn a_role_is_granted_listed_and_revoked() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let path = format!("/api/v1/users/{}/roles", id(&user));
    let role = site.post(&path, json!({ "type": "ORG_ADMIN" })).await.is(201).ok();
    let keys: Vec<_> = role.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["id", "label", "type", "status", "created", "lastUpdated", "assignmentType", "_links"]);
    assert_eq!((&role["label"], &role["assignmentType"]), (&json!("Organizational Administrator"), &json!("USER")));
    site.post(&path, json!({ "type": "ORG_ADMIN" })).await.refused(409, "E0000090");
    site.post(&path, json!({ "type": "KING" })).await.refused(400, "E0000001");
    site.post(&path, json!({})).await.refused(400, "E0000001");
    assert_eq!(site.get(&path).await.ok(), json!([role]));
    assert_eq!(site.get(&format!("{path}/{}", id(&role))).await.ok(), role);
    site.delete(&format!("{path}/{}", id(&role))).await.is(204);
    site.delete(&format!("{path}/{}", id(&role))).await.refused(404, "E0000007");
    assert_eq!(site.events("user.account.privilege.grant").await.len(), 1);
    assert_eq!(site.events("user.account.privilege.revoke").await.len(), 1);
}

#[tokio::test]
async fn a_group_s_role_is_its_members() {
    let site = Site::start().await;
    let (user, group) = (site.new_user("ada@example.com").await, site.new_group("Operators").await);
    let path = format!("/api/v1/groups/{}/roles", id(&group));
    let role = site.post(&path, json!({ "type": "HELP_DESK_ADMIN" })).await.is(201).ok();
    assert_eq!(role["assignmentType"], "GROUP");
    site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(&user)), json!({})).await.is(204);
    let roles = site.get(&format!("/api/v1/users/{}/roles", id(&user))).await.ok();
    assert_eq!((&roles[0]["type"], &roles[0]["assignmentType"]), (&json!("HELP_DESK_ADMIN"), &json!("GROUP")));
    site.delete(&format!("/api/v1/users/{}/roles/{}", id(&user), id(&role))).await.refused(404, "E0000007");
    site.delete(&format!("{path}/{}", id(&role))).await.is(204);
    assert_eq!(site.get(&format!("/api/v1/users/{}/roles", id(&user))).await.ok(), json!([]));
}
