//! What a rule would do, asked at the console before it is saved.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    super::site::{Site, id},
    console::at_console,
};
use crate::model::role::RoleType;

async fn person(site: &Site, name: &str, department: &str) -> Value {
    let login = format!("{name}@example.com");
    let profile =
        json!({ "firstName": name, "lastName": "X", "login": login, "email": login, "department": department });
    site.post("/api/v1/users?activate=false", json!({ "profile": profile })).await.ok()
}

#[tokio::test]
async fn the_console_shows_whom_a_rule_would_match() {
    let site = Site::start().await;
    let ada = person(&site, "Ada", "Engineering").await;
    person(&site, "Bob", "Sales").await;
    let (browser, csrf) = at_console(&site, "root@example.org", RoleType::OrgAdmin).await;
    let ask =
        async |body: Value| browser.json(Method::POST, "/admin/api/group-rules/preview", Some(&csrf), Some(body)).await;
    let expression = r#"user.department=="Engineering""#;
    let all = ask(json!({ "expression": expression })).await.is(200).json();
    assert_eq!(
        (&all["matched"], &all["failed"], &all["people"][0]["login"]),
        (&json!(1), &json!(0), &json!("Ada@example.com"))
    );
    let none = ask(json!({ "expression": expression, "exclude": { "users": [id(&ada)] } })).await.is(200).json();
    assert_eq!(none["matched"], 0);
    let bob = ask(json!({ "expression": expression, "user": "bob@example.com" })).await.is(200).json();
    assert_eq!((&bob["asked"], &bob["matched"]), (&json!(1), &json!(0)));
    let wrong = ask(json!({ "expression": "user.shoe ==" })).await.is(400).json();
    assert_eq!(wrong["errorCauses"][0]["errorSummary"], "The expression ends too early");
    let (reporter, csrf) = at_console(&site, "rep@example.org", RoleType::ReportAdmin).await;
    let body = Some(json!({ "expression": "true" }));
    reporter.json(Method::POST, "/admin/api/group-rules/preview", Some(&csrf), body).await.is(403);
}
