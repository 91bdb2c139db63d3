//! Linked objects.

use serde_json::{Value, json};

use super::{
    databases::each,
    site::{Site, id},
};

const PATH: &str = "/api/v1/meta/schemas/user/linkedObjects";

fn relation(primary: &str, associated: &str) -> Value {
    json!({
        "primary": { "name": primary, "title": primary, "description": "Leads", "type": "USER" },
        "associated": { "name": associated, "title": associated, "type": "USER" },
    })
}

#[tokio::test]
async fn a_relation_is_made_read_under_either_name_and_deleted() {
    let site = Site::start().await;
    let made = site.post(PATH, relation("manager", "subordinate")).await.is(201).ok();
    assert_eq!(
        made,
        json!({
            "primary": { "name": "manager", "title": "manager", "description": "Leads", "type": "USER" },
            "associated": { "name": "subordinate", "title": "subordinate", "type": "USER" },
            "_links": { "self": { "href": format!("{}{PATH}/manager", site.base()) } },
        })
    );
    for name in ["manager", "subordinate"] {
        assert_eq!(site.get(&format!("{PATH}/{name}")).await.ok(), made);
    }
    assert_eq!(site.get(PATH).await.ok(), json!([made]));
    let again = site.post(PATH, relation("manager", "other")).await;
    assert_eq!(
        again.body["errorSummary"],
        "Invalid linked objection definition. Linked object identifier is already in use."
    );
    assert_eq!(again.refused(409, "E0000127"), ["Linked object identifier for primary is already in use."]);
    site.post(PATH, relation("x", "x")).await.refused(409, "E0000127");
    site.post(PATH, relation("1x", "y")).await.refused(400, "E0000001");
    site.post(PATH, json!({ "primary": { "name": "x", "title": "X", "type": "USER" } })).await.refused(400, "E0000001");
    site.delete(&format!("{PATH}/subordinate")).await.is(204);
    site.get(&format!("{PATH}/manager")).await.refused(404, "E0000007");
    for kind in ["directory.linked_object.create", "directory.linked_object.delete"] {
        assert_eq!(site.events(kind).await.len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn a_person_has_one_primary_and_any_number_of_associated() {
    each(async |site| {
        site.post(PATH, relation("manager", "subordinate")).await.is(201);
        let (ada, bob, cyd) =
            (site.new_user("ada@example.com").await, site.new_user("bob@example.com").await, site.new_user("cyd@example.com").await);
        let link = async |who: &Value, whom: &Value| {
            site.put(&format!("/api/v1/users/{}/linkedObjects/manager/{}", id(who), id(whom)), json!({})).await
        };
        link(&bob, &ada).await.is(204);
        link(&cyd, &ada).await.is(204);
        let linked = async |who: &str, name: &str| site.get(&format!("/api/v1/users/{who}/linkedObjects/{name}")).await;
        let href = |user: &Value| json!({ "_links": { "self": { "href": format!("{}/api/v1/users/{}", site.base(), id(user)) } } });
        assert_eq!(linked("bob@example.com", "manager").await.ok(), json!([href(&ada)]));
        assert_eq!(linked(id(&ada), "subordinate").await.ok(), json!([href(&bob), href(&cyd)]));
        assert_eq!(linked(id(&ada), "manager").await.ok(), json!([]));
        link(&bob, &cyd).await.is(204);
        assert_eq!(linked(id(&bob), "manager").await.ok(), json!([href(&cyd)]));
        link(&bob, &bob).await.refused(400, "E0000001");
        linked(id(&bob), "boss").await.refused(404, "E0000007");
        site.delete(&format!("/api/v1/users/{}/linkedObjects/manager", id(&bob))).await.is(204);
        site.delete(&format!("/api/v1/users/{}/linkedObjects/manager", id(&bob))).await.is(204);
        assert_eq!(linked(id(&bob), "manager").await.ok(), json!([]));
        site.delete(&format!("/api/v1/users/{}", id(&cyd))).await.is(204);
        site.delete(&format!("/api/v1/users/{}", id(&cyd))).await.is(204);
        assert_eq!(linked(id(&ada), "subordinate").await.ok(), json!([]));
    })
    .await;
}
