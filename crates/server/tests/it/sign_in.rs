//! Signing in and out: through the org, locally, and not at all.

use std::time::Duration;

use serde_json::json;
use testkit::Site;

#[tokio::test]
async fn a_person_signs_in_through_the_org_with_the_roles_of_their_groups() {
    let site = Site::start().await;
    let mut rosa = site.sign_in("rosa").await;
    let session = rosa.get("/api/v1/session").await;
    let mut roles: Vec<&str> = session.expect(200).json["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["name"].as_str().unwrap())
        .collect();
    roles.sort_unstable();
    assert_eq!(roles, ["RoleAdmin", "User"]);
    assert_eq!(session.json["person"]["source"], "okta");
    assert!(session.json["permissions"].as_array().unwrap().contains(&json!("download-for-role")));
}

#[tokio::test]
async fn a_person_without_a_group_of_ours_is_told_so() {
    let site = Site::start().await;
    let mut api = site.org_api();
    let user = json!({
        "profile": {"firstName": "No", "lastName": "Role", "email": "no@demo.example", "login": "no@demo.example"},
        "credentials": {"password": {"value": "Long-enough-2468"}},
    });
    let user = api.post("/api/v1/users?activate=true", user).await.expect(200).id();
    let app = api.get("/api/v1/apps").await.expect(200).json[0]["id"].as_str().unwrap().to_owned();
    api.post(&format!("/api/v1/apps/{app}/users"), json!({"id": user, "scope": "USER"})).await.expect(200);
    let mut person = site.stranger();
    let start = site.portal_url.join("/sign-in/okta").unwrap();
    let landed =
        person.browser.sign_in(&start, "no@demo.example", &vault::Secret::new("Long-enough-2468")).await.unwrap();
    assert_eq!(landed.url.path(), "/no-role");
    person.get("/api/v1/session").await.expect(401);
}

#[tokio::test]
async fn the_way_back_is_a_page_of_ours_whatever_is_asked() {
    let site = Site::start().await;
    for (asked, landed) in [
        ("/reports/completed?state=failed", "/reports/completed"),
        ("//evil.example/x", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/%09/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let mut person = site.stranger();
        let mut start = site.portal_url.join("/sign-in/okta").unwrap();
        start.query_pairs_mut().append_pair("return", asked);
        let page =
            person.browser.sign_in(&start, "pia@demo.example", &site.password("pia@demo.example")).await.unwrap();
        assert_eq!(page.url.origin(), site.portal_url.origin(), "{asked}");
        if landed != "/" {
            assert_eq!(page.url.path(), landed);
        }
        person.get("/api/v1/session").await.expect(200);
    }
}

#[tokio::test]
async fn a_callback_of_another_browser_or_a_second_time_signs_nobody_in() {
    let site = Site::start().await;
    let mut pia = site.stranger();
    let begun = pia.browser.get(&site.portal_url.join("/sign-in/okta").unwrap()).await.unwrap();
    let state = url::Url::parse(begun.location.as_deref().unwrap()).unwrap();
    let state = state.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let mut mallory = site.stranger();
    let stolen = site.portal_url.join(&format!("/OIDCCallback?code=abc&state={state}")).unwrap();
    let answer = mallory.browser.get(&stolen).await.unwrap();
    assert!(answer.location.unwrap().starts_with("/sign-in?problem="));
    mallory.get("/api/v1/session").await.expect(401);
}

#[tokio::test]
async fn the_emergency_administrator_signs_in_locally_and_a_guess_is_refused_like_an_unknown_name() {
    let site = Site::start().await;
    let mut emergency = site.sign_in_emergency().await;
    let session = emergency.get("/api/v1/session").await;
    assert_eq!(session.expect(200).json["person"]["source"], "local");
    let mut stranger = site.stranger();
    let wrong = stranger.post("/api/v1/session", json!({"login": "emergency", "password": "wrong"})).await;
    let unknown = stranger.post("/api/v1/session", json!({"login": "nobody", "password": "wrong"})).await;
    assert_eq!((wrong.status, wrong.json["detail"].clone()), (unknown.status, unknown.json["detail"].clone()));
    assert_eq!(wrong.status, 401);
}

#[tokio::test]
async fn set_up_is_closed_for_good_once_it_was_claimed() {
    let site = Site::blank().await;
    let code = site.portal.portal.offer_set_up_code().await.unwrap().unwrap();
    let claim =
        |code: &str| json!({"code": code, "name": "First", "login": "first", "password": "A-long-password-2468"});
    let mut stranger = site.stranger();
    stranger.post("/api/v1/setup/claim", claim("guessed")).await.expect(422);
    let mut first = site.stranger();
    first.post("/api/v1/setup/claim", claim(code.expose())).await.expect(200);
    stranger.post("/api/v1/setup/claim", claim(code.expose())).await.expect(404);
    assert!(site.portal.portal.offer_set_up_code().await.unwrap().is_none());
}

#[tokio::test]
async fn a_session_ends_idle_at_its_age_and_at_sign_out() {
    let site = Site::start().await;
    let mut emergency = site.sign_in_emergency().await;
    site.advance(Duration::from_secs(119 * 60));
    emergency.get("/api/v1/session").await.expect(200);
    site.advance(Duration::from_secs(121 * 60));
    emergency.get("/api/v1/session").await.expect(401);
    let mut again = site.sign_in_emergency().await;
    let signed_out = again.delete("/api/v1/session").await;
    assert!(signed_out.expect(200).json["sign_out_url"].is_null());
    again.get("/api/v1/session").await.expect(401);
    let mut pia = site.sign_in("pia").await;
    let signed_out = pia.delete("/api/v1/session").await;
    assert!(signed_out.expect(200).json["sign_out_url"].as_str().unwrap().starts_with(site.org_url.as_str()));
}
