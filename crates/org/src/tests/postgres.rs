//! The same questions on PostgreSQL: lists put their SQL together, so each way of asking is asked there too.

use serde_json::{Value, json};

use super::site::{Site, id};
use crate::OrgConfig;

#[tokio::test]
async fn every_list_answers_every_kind_of_question() {
    let url = testkit_postgres::Postgres::shared().fresh_database();
    let site = Site::with(|config| OrgConfig { database: url.parse().unwrap(), ..config }).await;
    let user = site.new_user("ada@example.com").await;
    let group = site.new_group("WRUser").await;
    let web = json!({ "label": "Portal", "signOnMode": "OPENID_CONNECT", "settings": { "oauthClient": { "redirect_uris": ["https://p.test/cb"] } } });
    let app = site.post("/api/v1/apps", web).await.ok();
    site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(&user)), json!({})).await.is(204);
    site.put(&format!("/api/v1/apps/{}/groups/{}", id(&app), id(&group)), json!({})).await.is(200);
    site.post(
        "/api/v1/trustedOrigins",
        json!({ "name": "Portal", "origin": "https://p.test", "scopes": [{ "type": "CORS" }] }),
    )
    .await
    .is(200);
    let (user, group, app) = (id(&user), id(&group), id(&app));
    for (question, count) in [
        ("/api/v1/users?limit=1".to_owned(), 1),
        ("/api/v1/users?q=AD".to_owned(), 1),
        ("/api/v1/users?filter=status+eq+%22ACTIVE%22+and+lastUpdated+ge+%222020-01-01T00:00:00.000Z%22".to_owned(), 2),
        ("/api/v1/users?filter=profile.firstName+eq+%22Ada%22".to_owned(), 1),
        ("/api/v1/users?search=profile.firstName+sw+%22a%22+or+profile.city+pr&sortBy=profile.lastName".to_owned(), 1),
        ("/api/v1/users?search=profile.city+ne+%22x%22+and+status+eq+%22active%22&sortBy=created&sortOrder=desc&limit=1".to_owned(), 1),
        ("/api/v1/groups?q=wr".to_owned(), 1),
        ("/api/v1/groups?search=profile.name+co+%22user%22&sortBy=lastMembershipUpdated".to_owned(), 1),
        ("/api/v1/groups?filter=lastMembershipUpdated+gt+%222020-01-01T00:00:00.000Z%22&expand=stats".to_owned(), 2),
        (format!("/api/v1/groups/{group}/users?limit=1"), 1),
        (format!("/api/v1/groups/{group}/apps"), 1),
        (format!("/api/v1/users/{user}/groups"), 2),
        (format!("/api/v1/users/{user}/roles"), 0),
        ("/api/v1/apps?q=por".to_owned(), 1),
        (format!("/api/v1/apps?filter=group.id+eq+%22{group}%22"), 1),
        (format!("/api/v1/apps/{app}/users?q=ada"), 1),
        (format!("/api/v1/apps/{app}/groups"), 1),
        ("/api/v1/zones?filter=usage+eq+%22POLICY%22&limit=1".to_owned(), 1),
        ("/api/v1/trustedOrigins?filter=type+eq+%22CORS%22&q=Por".to_owned(), 1),
        ("/api/v1/api-tokens".to_owned(), 1),
        ("/api/v1/logs?q=ada%40example.com&filter=eventType+sw+%22user.%22".to_owned(), 2),
        ("/api/v1/logs?since=2027-01-01T00:00:00.000Z&until=2028-01-01T00:00:00.000Z&sortOrder=DESCENDING&limit=1".to_owned(), 1),
    ] {
        let page = site.get(&question).await.is(200);
        assert_eq!(page.body.as_array().unwrap().len(), count, "{question}: {}", page.body);
        if let Some(next) = page.links.get("next") {
            site.get(next).await.is(200);
        }
    }
}

#[tokio::test]
async fn of_two_who_create_the_same_login_one_wins() {
    let url = testkit_postgres::Postgres::shared().fresh_database();
    let site = Site::with(|config| OrgConfig { database: url.parse().unwrap(), ..config }).await;
    let body = json!({ "profile": { "firstName": "R", "lastName": "R", "login": "race@example.com", "email": "race@example.com" } });
    let posts = (0..8).map(|_| site.post("/api/v1/users", body.clone()));
    let replies: Vec<Value> = futures::future::join_all(posts)
        .await
        .into_iter()
        .map(|reply| json!([reply.status, reply.body["errorCode"]]))
        .collect();
    assert_eq!(replies.iter().filter(|reply| reply[0] == 200).count(), 1, "{replies:?}");
    assert!(replies.iter().all(|reply| reply[0] == 200 || reply[1] == "E0000001"), "{replies:?}");
}
