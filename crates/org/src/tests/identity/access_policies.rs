//! Policies and rules of custom servers, really asked.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::site::{Site, id},
    browser::Browser,
    custom_servers::{open_server, rule},
    relying_party::{RelyingParty, part},
};

const DENIED: &str = "Policy evaluation failed for this request, please check the policy configurations.";

#[tokio::test]
async fn without_a_policy_nobody_gets_a_token() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let body = json!({ "name": "Closed", "audiences": ["api://closed"] });
    let server = site.post("/api/v1/authorizationServers", body).await.is(201).ok();
    let party = party.at(format!("/oauth2/{}/v1", id(&server)));
    let refused = party.answer(&Browser::new(&site), &[]).await.is(302);
    assert_eq!(refused.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(refused.parameter("error_description").as_deref(), Some(DENIED));
    assert_eq!(site.events("app.oauth2.as.authorize").await.len(), 1);
}

#[tokio::test]
async fn the_first_rule_that_matches_decides_and_its_lifetimes_hold() {
    rules(Site::start().await).await;
}

pub(super) async fn rules(site: Site) {
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let server = open_server(&site, |_| ()).await;
    let own = format!("/api/v1/authorizationServers/{server}");
    let policy = site.get(&format!("{own}/policies")).await.ok()[0].clone();
    let rules = format!("{own}/policies/{}/rules", id(&policy));
    let mut short = rule("Short");
    short["actions"]["token"]["accessTokenLifetimeMinutes"] = json!(5);
    short["conditions"]["people"] = json!({ "users": { "include": [party.user["id"]] } });
    let short = site.post(&rules, short).await.is(201).ok();
    assert_eq!(short["priority"], 1);
    let names: Vec<Value> = site
        .get(&rules)
        .await
        .ok()
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| json!([rule["name"], rule["priority"]]))
        .collect();
    assert_eq!(names, [json!(["Short", 1]), json!(["All", 2])]);
    let party = party.at(format!("/oauth2/{server}/v1"));
    assert_eq!(party.tokens(&browser, &[]).await["expires_in"], 300);
    let path = format!("{rules}/{}", id(&short));
    site.act(&format!("{path}/lifecycle/deactivate")).await.is(204);
    assert_eq!(party.tokens(&browser, &[]).await["expires_in"], 1_800);
    site.act(&format!("{path}/lifecycle/activate")).await.is(204);
    assert_eq!(party.tokens(&browser, &[]).await["expires_in"], 300);
    let mut excluded = rule("Short");
    excluded["conditions"]["people"]["users"] = json!({ "exclude": [party.user["id"]] });
    site.put(&path, excluded).await.is(200);
    assert_eq!(party.tokens(&browser, &[]).await["expires_in"], 1_800, "the next rule is asked");
    site.delete(&path).await.is(204);
    assert_eq!(site.get(&rules).await.ok()[0]["priority"], 1);
    for kind in [
        "policy.rule.add",
        "policy.rule.update",
        "policy.rule.activate",
        "policy.rule.deactivate",
        "policy.rule.delete",
    ] {
        assert!(!site.events(kind).await.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn client_grant_group_and_scope_must_all_match() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let group = site.new_group("Drivers").await;
    let server = open_server(&site, |_| ()).await;
    let own = format!("/api/v1/authorizationServers/{server}");
    site.post(&format!("{own}/scopes"), json!({ "name": "car:drive" })).await.is(201);
    let policy = site.get(&format!("{own}/policies")).await.ok()[0].clone();
    let policy = format!("{own}/policies/{}", id(&policy));
    let only = format!("{policy}/rules/{}", id(&site.get(&format!("{policy}/rules")).await.ok()[0]));
    let party = party.at(format!("/oauth2/{server}/v1"));
    let outcome = async |scope: &str| {
        let page = party.answer(&browser, &[("scope", scope)]).await.is(302);
        page.parameter("error").unwrap_or_else(|| "granted".to_owned())
    };
    let mut narrow = rule("All");
    narrow["conditions"]["scopes"]["include"] = json!(["openid", "profile"]);
    site.put(&only, narrow.clone()).await.is(200);
    assert_eq!(outcome("openid profile").await, "granted");
    assert_eq!(outcome("openid car:drive").await, "access_denied");
    narrow["conditions"]["people"]["groups"]["include"] = json!([id(&group)]);
    site.put(&only, narrow.clone()).await.is(200);
    assert_eq!(outcome("openid").await, "access_denied");
    site.put(&format!("/api/v1/groups/{}/users/{}", id(&group), id(&party.user)), json!({})).await.is(204);
    assert_eq!(outcome("openid").await, "granted");
    narrow["conditions"]["grantTypes"]["include"] = json!(["client_credentials"]);
    site.put(&only, narrow).await.is(200);
    assert_eq!(outcome("openid").await, "access_denied");
    site.put(&only, rule("All")).await.is(200);
    let other = json!({ "name": "All", "description": "x", "conditions": { "clients": { "include": ["0oaNobody"] } } });
    site.put(&policy, other).await.refused(400, "E0000001");
    let mine =
        json!({ "name": "All", "description": "x", "conditions": { "clients": { "include": [party.client_id] } } });
    site.put(&policy, mine).await.is(200);
    assert_eq!(outcome("openid").await, "granted");
    site.act(&format!("{policy}/lifecycle/deactivate")).await.is(204);
    assert_eq!(outcome("openid").await, "access_denied");
}

#[tokio::test]
async fn a_policy_that_is_taken_away_ends_what_was_granted_at_the_next_refresh() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let server = open_server(&site, |_| ()).await;
    let party = party.at(format!("/oauth2/{server}/v1"));
    let tokens = party.tokens(&browser, &[("scope", "openid offline_access")]).await;
    party.refresh(&browser, &tokens["refresh_token"]).await.is(200);
    let policies = format!("/api/v1/authorizationServers/{server}/policies");
    let policy = site.get(&policies).await.ok()[0].clone();
    site.delete(&format!("{policies}/{}", id(&policy))).await.is(204);
    let refused = party.refresh(&browser, &tokens["refresh_token"]).await.is(401).json();
    assert_eq!(refused, json!({ "error": "access_denied", "error_description": DENIED }));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let site = Site::start().await;
    let server = open_server(&site, |_| ()).await;
    let policies = format!("/api/v1/authorizationServers/{server}/policies");
    let policy = site.get(&policies).await.ok()[0].clone();
    let rules = format!("{policies}/{}/rules", id(&policy));
    type Spoil = fn(&mut Value);
    let cases: [(&str, Spoil); 8] = [
        ("name", |rule| rule["name"] = json!("")),
        ("name", |rule| rule["name"] = json!("All")),
        ("conditions.grantTypes.include", |rule| rule["conditions"]["grantTypes"]["include"] = json!([])),
        ("conditions.grantTypes.include", |rule| rule["conditions"]["grantTypes"]["include"] = json!(["magic"])),
        ("conditions.scopes.include", |rule| rule["conditions"]["scopes"]["include"] = json!([])),
        ("conditions.people.groups", |rule| rule["conditions"]["people"]["groups"]["include"] = json!(["00gNone"])),
        ("accessTokenLifetimeMinutes", |rule| rule["actions"]["token"]["accessTokenLifetimeMinutes"] = json!(4)),
        ("refreshTokenWindowMinutes", |rule| rule["actions"]["token"]["refreshTokenWindowMinutes"] = json!(9)),
    ];
    for (field, change) in cases {
        let mut body = rule("Another");
        change(&mut body);
        let causes = site.post(&rules, body).await.refused(400, "E0000001");
        assert!(causes[0].starts_with(field), "{field}: {causes:?}");
    }
    let twice =
        json!({ "name": "All", "description": "x", "conditions": { "clients": { "include": ["ALL_CLIENTS"] } } });
    site.post(&policies, twice).await.refused(400, "E0000001");
    site.get(&format!("{policies}/00pNone")).await.refused(404, "E0000007");
    site.get(&format!("{rules}/0prNone")).await.refused(404, "E0000007");
}

#[tokio::test]
async fn a_refresh_token_lasts_as_long_as_the_rule_says() {
    let site = Site::start().await;
    let party = RelyingParty::new(&site).await;
    let browser = Browser::new(&site);
    let server = open_server(&site, |_| ()).await;
    let policies = format!("/api/v1/authorizationServers/{server}/policies");
    let rules = format!("{policies}/{}/rules", id(&site.get(&policies).await.ok()[0]));
    let mut short = rule("All");
    short["actions"]["token"]["refreshTokenLifetimeMinutes"] = json!(60);
    short["actions"]["token"]["refreshTokenWindowMinutes"] = json!(20);
    site.put(&format!("{rules}/{}", id(&site.get(&rules).await.ok()[0])), short).await.is(200);
    let party = party.at(format!("/oauth2/{server}/v1"));
    let tokens = party.tokens(&browser, &[("scope", "openid offline_access")]).await;
    for _ in 0..3 {
        site.advance(Duration::from_secs(19 * 60));
        party.refresh(&browser, &tokens["refresh_token"]).await.is(200);
    }
    site.advance(Duration::from_secs(4 * 60));
    party.refresh(&browser, &tokens["refresh_token"]).await.is(400);
    let unused = party.tokens(&browser, &[("scope", "openid offline_access")]).await;
    assert_eq!(part(&unused["access_token"], 1)["scp"], json!(["openid", "offline_access"]));
    site.advance(Duration::from_secs(21 * 60));
    party.refresh(&browser, &unused["refresh_token"]).await.is(400);
}
