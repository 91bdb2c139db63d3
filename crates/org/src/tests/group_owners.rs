//! Who answers for a group.

use serde_json::{Value, json};

use super::{databases::each, site::id};

#[tokio::test]
async fn people_and_groups_own_a_group() {
    each(async |site| {
        let (ada, group, team) =
            (site.new_user("ada@example.com").await, site.new_group("Owned").await, site.new_group("Team").await);
        let path = format!("/api/v1/groups/{}/owners", id(&group));
        let owner = site.post(&path, json!({ "id": id(&ada), "type": "USER" })).await.is(201).ok();
        assert_eq!(
            owner,
            json!({
                "id": id(&ada), "type": "USER", "resolved": true, "originId": null, "originType": "OKTA_DIRECTORY",
                "displayName": "Ada Byron", "lastUpdated": "2027-01-15T08:00:00.000Z",
            })
        );
        let again = site.post(&path, json!({ "id": id(&ada), "type": "USER" })).await.refused(400, "E0000001");
        assert_eq!(again, [format!("Provided owner {} of type USER is already assigned to this group", id(&ada))]);
        site.post(&path, json!({ "id": id(&team), "type": "GROUP" })).await.is(201);
        let ids =
            |list: Value| -> Vec<String> { list.as_array().unwrap().iter().map(|one| id(one).to_owned()).collect() };
        assert_eq!(ids(site.get(&path).await.ok()), [id(&team), id(&ada)]);
        assert_eq!(ids(site.get(&format!("{path}?search=type+eq+%22USER%22")).await.ok()), [id(&ada)]);
        let first = site.get(&format!("{path}?limit=1")).await.is(200);
        assert_eq!(ids(site.get(&first.links["next"]).await.ok()), [id(&ada)]);
        site.get(&format!("{path}?search=id+eq+%22x%22")).await.refused(400, "E0000094");
        site.post(&path, json!({ "id": "00u0000000000000000x", "type": "USER" })).await.refused(404, "E0000007");
        site.post(&path, json!({ "id": id(&ada), "type": "ROBOT" })).await.refused(400, "E0000001");
        site.delete(&format!("{path}/{}", id(&ada))).await.is(204);
        site.delete(&format!("{path}/{}", id(&ada))).await.refused(404, "E0000007");
        site.delete(&format!("/api/v1/groups/{}", id(&team))).await.is(204);
        assert_eq!(site.get(&path).await.ok(), json!([]));
    })
    .await;
}
