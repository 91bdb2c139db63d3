//! Lists of people: pages, filter, search, q.

use std::time::Duration;

use serde_json::{Value, json};

use super::site::{Site, id};

async fn people(site: &Site) {
    for (login, first, last, city) in [
        ("ada@example.com", "Ada", "Byron", "London"),
        ("grace@example.com", "Grace", "Hopper", "New York"),
        ("emmy@example.com", "Emmy", "Noether", "Göttingen"),
        ("adele@example.com", "Adele", "Goldberg", "Cleveland"),
    ] {
        site.advance(Duration::from_secs(1));
        let profile = json!({ "firstName": first, "lastName": last, "login": login, "email": login, "city": city });
        site.post("/api/v1/users?activate=false", json!({ "profile": profile })).await.is(200);
    }
}

fn logins(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|user| user["profile"]["login"].as_str().unwrap().split('@').next().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_follow_each_other_until_the_last() {
    let site = Site::start().await;
    people(&site).await;
    let first = site.get("/api/v1/users?limit=2").await.is(200);
    assert_eq!(logins(&first.body), ["root", "ada"]);
    assert!(first.links["next"].contains("after=200u"), "{}", first.links["next"]);
    let second = site.get(&first.links["next"]).await.is(200);
    assert_eq!(logins(&second.body), ["grace", "emmy"]);
    let last = site.get(&second.links["next"]).await.is(200);
    assert_eq!(logins(&last.body), ["adele"]);
    assert!(!last.links.contains_key("next"));
    assert!(site.get("/api/v1/users?limit=999").await.links["self"].ends_with("limit=200"));
    assert_eq!(site.get("/api/v1/users?after=x").await.refused(400, "E0000029"), ["Invalid cursor."]);
    site.get("/api/v1/users?search=id+pr&after=x").await.refused(400, "E0000031");
}

#[tokio::test]
async fn search_is_by_any_attribute_without_case_and_sorted() {
    let site = Site::start().await;
    people(&site).await;
    let search = async |query: &str| -> Vec<String> {
        let list = site.get(&format!("/api/v1/users?search={query}")).await.ok();
        logins(&list).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(search("profile.city+eq+%22LONDON%22").await, ["ada"]);
    assert_eq!(search("profile.city+eq+%22g%C3%B6ttingen%22").await, ["emmy"]);
    assert!(search("profile.city+eq+%22gottingen%22").await.is_empty(), "accents count");
    assert_eq!(search("profile.firstName+sw+%22ad%22&sortBy=profile.lastName&sortOrder=desc").await, ["adele", "ada"]);
    assert_eq!(search("profile.lastName+co+%22OPP%22").await, ["grace"]);
    assert_eq!(search("profile.lastName+gt+%22c%22+and+profile.lastName+lt+%22i%22").await, ["grace", "adele"]);
    assert_eq!(
        search("status+eq+%22staged%22+and+(profile.city+pr+or+id+pr)&sortBy=profile.lastName").await,
        ["ada", "adele", "grace", "emmy"]
    );
    assert_eq!(search("profile.city+ne+%22London%22+and+status+eq+%22STAGED%22").await, ["grace", "emmy", "adele"]);
    assert_eq!(search("created+gt+%222027-01-15T08:00:02.000Z%22").await, ["emmy", "adele"]);
    site.get("/api/v1/users?search=shoeSize+eq+%22x%22").await.refused(400, "E0000094");
    site.get("/api/v1/users?search=profile.city+co+%22x%22").await.refused(400, "E0000094");
}

#[tokio::test]
async fn a_sorted_search_goes_on_where_it_stopped() {
    let site = Site::start().await;
    people(&site).await;
    let mut found = Vec::new();
    let mut next = Some("/api/v1/users?search=status+eq+%22STAGED%22&sortBy=profile.lastName&limit=1".to_owned());
    while let Some(path) = next {
        let page = site.get(&path).await.is(200);
        found.extend(logins(&page.body).into_iter().map(str::to_owned));
        next = page.links.get("next").cloned();
    }
    assert_eq!(found, ["ada", "adele", "grace", "emmy"]);
}

#[tokio::test]
async fn filter_is_exact_and_knows_few_attributes() {
    let site = Site::start().await;
    people(&site).await;
    let filter = async |query: &str| site.get(&format!("/api/v1/users?filter={query}")).await;
    assert_eq!(logins(&filter("profile.login+eq+%22ada@example.com%22").await.ok()), ["ada"]);
    assert!(logins(&filter("profile.login+eq+%22ADA@example.com%22").await.ok()).is_empty());
    assert_eq!(
        logins(&filter("profile.firstName+eq+%22Ada%22+or+profile.lastName+eq+%22Noether%22").await.ok()),
        ["ada", "emmy"]
    );
    assert_eq!(logins(&filter("lastUpdated+ge+%222027-01-15T08:00:04.000Z%22").await.ok()), ["adele"]);
    filter("profile.city+eq+%22London%22").await.refused(400, "E0000094");
    filter("status+co+%22x%22").await.refused(400, "E0000094");
    filter("not+(status+eq+%22ACTIVE%22)").await.refused(400, "E0000094");
    filter("status+eq+ACTIVE").await.refused(400, "E0000031");
    filter("lastUpdated+gt+%22yesterday%22").await.refused(400, "E0000031");
    site.get("/api/v1/users?filter=id+eq+%22x%22&search=id+eq+%22x%22").await.refused(400, "E0000033");
}

#[tokio::test]
async fn deactivated_people_are_found_by_filter_and_search_alone() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    site.delete(&format!("/api/v1/users/{}", id(&user))).await.is(204);
    assert_eq!(logins(&site.get("/api/v1/users").await.ok()), ["root"]);
    assert!(logins(&site.get("/api/v1/users?q=ada").await.ok()).is_empty());
    assert_eq!(logins(&site.get("/api/v1/users?filter=status+eq+%22DEPROVISIONED%22").await.ok()), ["ada"]);
    assert_eq!(logins(&site.get("/api/v1/users?search=status+eq+%22DEPROVISIONED%22").await.ok()), ["ada"]);
}

#[tokio::test]
async fn q_looks_at_the_beginning_of_names_and_addresses() {
    let site = Site::start().await;
    people(&site).await;
    let q = async |text: &str| -> Vec<String> {
        let page = site.get(&format!("/api/v1/users?q={text}")).await.is(200);
        assert!(!page.links.contains_key("next"));
        logins(&page.body).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(q("ad").await, ["ada", "adele"]);
    assert_eq!(q("HOP").await, ["grace"]);
    assert!(q("opper").await.is_empty());
    assert!(q("%25").await.is_empty());
}
