//! Profile mappings.

use serde_json::json;

use super::{databases::each, site::id};

#[tokio::test]
async fn each_app_has_a_mapping_from_people() {
    each(async |site| {
        let bookmark = |label: &str| json!({ "label": label, "signOnMode": "BOOKMARK", "settings": { "app": { "url": "https://wiki.example.test" } } });
        let app = site.post("/api/v1/apps", bookmark("Wiki")).await.ok();
        site.advance(std::time::Duration::from_millis(1));
        site.post("/api/v1/apps", bookmark("Other")).await.is(200);
        let first = site.get("/api/v1/mappings?limit=1").await.is(200);
        assert_eq!(site.get(&first.links["next"]).await.ok().as_array().unwrap().len(), 1);
        let listed = site.get(&format!("/api/v1/mappings?targetId={}", id(&app))).await.ok();
        let mapping = &listed[0];
        let keys: Vec<_> = mapping.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "source", "target", "_links"]);
        assert_eq!((&mapping["source"]["type"], &mapping["target"]["id"]), (&json!("user"), &app["id"]));
        assert_eq!(site.get("/api/v1/mappings?sourceId=oty0000000000000000x").await.ok(), json!([]));
        let path = format!("/api/v1/mappings/{}", id(mapping));
        let change = json!({ "properties": { "name": { "expression": "user.firstName + user.lastName", "pushStatus": "PUSH" } } });
        let changed = site.post(&path, change).await.is(200).ok();
        assert_eq!(changed["properties"]["name"]["pushStatus"], "PUSH");
        assert_eq!(site.get(&path).await.ok(), changed);
        let unknown = json!({ "properties": { "shoe": { "expression": "user.city" } } });
        site.post(&path, unknown).await.refused(400, "E0000001");
        let emptied = site.post(&path, json!({ "properties": { "name": { "expression": null, "pushStatus": null } } })).await.ok();
        assert_eq!(emptied["properties"], json!({}));
        site.get("/api/v1/mappings/prm0000000000000000x").await.refused(404, "E0000007");
        assert_eq!(site.events("directory.mapping.update").await.len(), 2);
    })
    .await;
}
