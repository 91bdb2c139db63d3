//! Refresh tokens as administrators see and end them, and what is at addresses that are known to all.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    super::site::{Site, id},
    browser::Browser,
    relying_party::{LOGIN, RelyingParty},
};

const OFFLINE: [(&str, &str); 1] = [("scope", "openid offline_access")];

#[tokio::test]
async fn refresh_tokens_are_listed_in_three_places_and_ended_in_each() {
    tokens(Site::start().await).await;
}

pub(super) async fn tokens(site: Site) {
    let party = RelyingParty::new(&site).await.at("/oauth2/default/v1");
    let browser = Browser::new(&site);
    let places = [
        format!("/api/v1/apps/{}/tokens", party.app),
        format!("/api/v1/users/{}/clients/{}/tokens", id(&party.user), party.client_id),
        format!("/api/v1/authorizationServers/default/clients/{}/tokens", party.client_id),
    ];
    for place in &places {
        let tokens = party.tokens(&browser, &OFFLINE).await;
        let other = party.tokens(&browser, &OFFLINE).await;
        let listed = site.get(&format!("{place}?limit=1")).await.is(200);
        let next = site.get(&listed.links["next"]).await.ok();
        assert_eq!(next.as_array().unwrap().len(), 1);
        let first = &listed.body[0];
        assert_eq!((&first["clientId"], &first["userId"]), (&json!(party.client_id), &party.user["id"]));
        assert_eq!((&first["status"], &first["scopes"]), (&json!("ACTIVE"), &json!(["openid", "offline_access"])));
        assert_eq!(first["issuer"], format!("{}/oauth2/default", site.base()));
        let own = format!("{place}/{}", id(first));
        let expanded = site.get(&format!("{own}?expand=scope")).await.ok();
        assert_eq!(expanded["_embedded"]["scopes"][1]["name"], "offline_access");
        site.delete(&own).await.is(204);
        site.get(&own).await.refused(404, "E0000007");
        let alive = async |tokens: &Value| party.is_active(&browser, &tokens["refresh_token"]).await;
        assert_eq!(usize::from(alive(&tokens).await) + usize::from(alive(&other).await), 1);
        site.delete(place).await.is(204);
        assert!(!alive(&tokens).await && !alive(&other).await);
        assert_eq!(site.get(place).await.ok(), json!([]));
    }
    let tokens = party.tokens(&browser, &OFFLINE).await;
    let clients = site.get("/api/v1/authorizationServers/default/clients").await.ok();
    assert_eq!(clients[0]["client_id"], party.client_id);
    site.advance(Duration::from_secs(8 * 24 * 3_600));
    assert_eq!(site.get(&places[0]).await.ok(), json!([]), "a token that lapsed is no token");
    party.refresh(&browser, &tokens["refresh_token"]).await.is(400);
    site.get("/api/v1/authorizationServers/default/clients/0oaNone/tokens").await.refused(404, "E0000007");
}

#[tokio::test]
async fn webfinger_names_this_org_for_everybody() {
    let site = Site::start().await;
    let browser = Browser::new(&site);
    RelyingParty::new(&site).await;
    let ask = async |name: &str| browser.get(&format!("/.well-known/webfinger?resource=okta:acct:{name}")).await;
    let page = ask(LOGIN).await.is(200);
    assert!(page.header("content-type").starts_with("application/jrd+json"));
    let known = page.json();
    assert_eq!(known["subject"], format!("okta:acct:{LOGIN}"));
    assert_eq!(known["links"][0]["properties"]["okta:idp:type"], "OKTA");
    assert_eq!(ask("nobody@example.com").await.json()["links"], known["links"]);
    let rel = "http://openid.net/specs/connect/1.0/issuer";
    let issuer = browser.get(&format!("/.well-known/webfinger?resource=acct:{LOGIN}&rel={rel}")).await.json();
    assert_eq!(issuer["links"], json!([{ "rel": rel, "href": site.base() }]));
    browser.get("/.well-known/webfinger").await.is(400);
}
