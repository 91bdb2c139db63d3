//! Who calls: token forms, rights of each role, and what a role does not reach.

use reqwest::Method;
use serde_json::json;

use super::site::{Site, id};
use crate::model::{role::RoleType, token::Network};

#[tokio::test]
async fn a_token_is_taken_with_and_without_a_blank_and_nothing_else_is() {
    let site = Site::start().await;
    for form in ["SSWS ", "SSWS", "ssws ", "SSWS   "] {
        let request =
            site.request(Method::GET, "/api/v1/users/me").header("Authorization", format!("{form}{}", site.token));
        assert_eq!(site.send(request).await.ok()["id"], site.administrator.id.as_str());
    }
    for wrong in ["SSWS", "SSWS 00wrong", "Bearer 00wrong", "Basic x"] {
        let request = site.request(Method::GET, "/api/v1/users/me").header("Authorization", wrong);
        site.send(request).await.refused(401, "E0000011");
    }
    site.send(site.request(Method::GET, "/api/v1/users/me")).await.refused(401, "E0000011");
    let cookie = site.request(Method::GET, "/api/v1/users/me").header("Cookie", "sid=long-gone");
    site.send(cookie).await.refused(403, "E0000005");
}

#[tokio::test]
async fn each_role_reaches_what_the_matrix_gives_it() {
    let site = Site::start().await;
    let target = site.new_user("target@example.com").await;
    let user = format!("/api/v1/users/{}", id(&target));
    let calls = [
        (Method::GET, "/api/v1/users".to_owned(), "users.read"),
        (Method::GET, "/api/v1/groups".to_owned(), "groups.read"),
        (Method::GET, "/api/v1/apps".to_owned(), "apps.read"),
        (Method::GET, "/api/v1/logs".to_owned(), "logs.read"),
        (Method::GET, "/api/v1/api-tokens".to_owned(), "apiTokens.read"),
        (Method::GET, "/api/v1/zones".to_owned(), "networkZones.read"),
        (Method::GET, format!("{user}/roles"), "roles.read"),
        (Method::POST, user.clone(), "users.manage"),
        (Method::DELETE, format!("{user}/sessions"), "users.reset"),
    ];
    for kind in RoleType::ALL.iter().copied().filter(|kind| *kind != RoleType::SuperAdmin) {
        let (_, token) = site.administrator(kind).await;
        for (method, path, right) in &calls {
            let body = (*method == Method::POST).then(|| json!({}));
            let reply = site.call_as(&token, method.clone(), path, body).await;
            let held = crate::operations::Right::named(right).unwrap().held_by(kind);
            assert_eq!(reply.status < 300, held, "{} {method} {path}: {}", kind.as_str(), reply.body);
            assert!(held || reply.status == 403);
        }
    }
}

#[tokio::test]
async fn a_person_without_a_role_reads_themselves_alone() {
    let site = Site::start().await;
    let person = site.person("plain@example.com").await;
    let (_, token) = site.token_of(&person, Network::Anywhere).await;
    for path in [
        "/api/v1/users/me",
        "/api/v1/users/plain@example.com",
        "/api/v1/users/me/groups",
        "/api/v1/users/me/appLinks",
        "/api/v1/users/me/roles",
    ] {
        site.call_as(&token, Method::GET, path, None).await.is(200);
    }
    for path in [
        format!("/api/v1/users/{}", site.administrator.id),
        "/api/v1/users".to_owned(),
        "/api/v1/users/plain".to_owned(),
    ] {
        site.call_as(&token, Method::GET, &path, None).await.refused(403, "E0000006");
    }
    site.call_as(&token, Method::POST, "/api/v1/users/me", Some(json!({ "profile": { "title": "King" } })))
        .await
        .refused(403, "E0000077");
    let password = json!({ "credentials": { "password": { "value": super::site::PASSWORD } } });
    site.call_as(&token, Method::POST, "/api/v1/users/me", Some(password)).await.refused(403, "E0000006");
}

#[tokio::test]
async fn nobody_takes_over_somebody_stronger() {
    let site = Site::start().await;
    let (_, group_admin) = site.administrator(RoleType::UserAdmin).await;
    let (_, org_admin) = site.administrator(RoleType::OrgAdmin).await;
    let (help_desk, help_desk_token) = site.administrator(RoleType::HelpDeskAdmin).await;
    let root = format!("/api/v1/users/{}", site.administrator.id);
    let password = json!({ "credentials": { "password": { "value": "Another-Horse-7" } } });
    for token in [&group_admin, &org_admin] {
        site.call_as(token, Method::POST, &root, Some(password.clone())).await.refused(403, "E0000006");
        site.call_as(token, Method::POST, &format!("{root}/lifecycle/deactivate"), None).await.refused(403, "E0000006");
        site.call_as(token, Method::POST, &format!("{root}/lifecycle/reset_password?sendEmail=false"), None)
            .await
            .refused(403, "E0000006");
        site.call_as(token, Method::DELETE, &root, None).await.refused(403, "E0000006");
    }
    site.call_as(&help_desk_token, Method::POST, &format!("{root}/lifecycle/reset_password?sendEmail=false"), None)
        .await
        .refused(403, "E0000006");
    let weaker = format!("/api/v1/users/{}/lifecycle/deactivate", help_desk.id);
    site.call_as(&group_admin, Method::POST, &weaker, None).await.refused(403, "E0000006");
    site.call_as(&org_admin, Method::POST, &weaker, None).await.is(200);
}

#[tokio::test]
async fn a_group_that_gives_roles_is_filled_by_those_who_may_give_roles() {
    let site = Site::start().await;
    let group = site.new_group("Administrators").await;
    let roles = format!("/api/v1/groups/{}/roles", id(&group));
    site.post(&roles, json!({ "type": "SUPER_ADMIN" })).await.is(201);
    let (mallory, token) = site.administrator(RoleType::GroupMembershipAdmin).await;
    let membership = format!("/api/v1/groups/{}/users/{}", id(&group), mallory.id);
    site.call_as(&token, Method::PUT, &membership, None).await.refused(403, "E0000006");
    let (_, org_admin) = site.administrator(RoleType::OrgAdmin).await;
    let body = json!({ "profile": { "firstName": "M", "lastName": "M", "login": "m@example.com", "email": "m@example.com" }, "groupIds": [id(&group)] });
    site.call_as(&org_admin, Method::POST, "/api/v1/users", Some(body)).await.refused(403, "E0000006");
    site.call_as(&site.token, Method::PUT, &membership, None).await.is(204);
    site.call_as(
        &token,
        Method::POST,
        &format!("/api/v1/users/{}/roles", mallory.id),
        Some(json!({ "type": "APP_ADMIN" })),
    )
    .await
    .is(201);
}

#[tokio::test]
async fn a_session_reads_freely_and_writes_with_its_token_from_its_own_page() {
    let site = Site::start().await;
    let org = &site.running.org;
    let mut tx = org.db.begin().await.unwrap();
    let headers = axum::http::HeaderMap::new();
    let session = crate::signin::session::begin(
        &mut tx,
        org,
        &crate::model::log::CallOrigin::default(),
        &headers,
        &site.administrator,
        &crate::signin::session::Proof::password(),
        false,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let cookie = session.cookie(org.first_address());
    let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = crate::signin::session::csrf_token(org, &session.session);
    let call = |method: Method| site.request(method, "/api/v1/groups").header("Cookie", &cookie);
    site.send(call(Method::GET)).await.is(200);
    let body = json!({ "profile": { "name": "By session" } });
    site.send(call(Method::POST).json(&body)).await.refused(403, "E0000006");
    site.send(call(Method::POST).header("X-CSRF-Token", "wrong").json(&body)).await.refused(403, "E0000006");
    let foreign = call(Method::POST).header("X-CSRF-Token", &csrf).header("Origin", "https://evil.example.test");
    site.send(foreign.json(&body)).await.refused(403, "E0000212");
    let own = call(Method::POST).header("X-CSRF-Token", &csrf).header("Origin", site.base());
    site.send(own.json(&body)).await.is(200);
    // With both, the token's creator counts.
    let (reader, token) = site.administrator(RoleType::ReadOnlyAdmin).await;
    let both = site.request(Method::GET, "/api/v1/users/me").header("Cookie", &cookie);
    let both = site.send(both.header("Authorization", format!("SSWS {token}"))).await.ok();
    assert_eq!(both["id"], reader.id.as_str());
}
