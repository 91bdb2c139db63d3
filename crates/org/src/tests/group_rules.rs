//! Group rules: who belongs into a group because of who they are.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    databases::each,
    site::{Site, id},
};
use crate::model::{group_rule, profile, role::RoleType, user};

const PATH: &str = "/api/v1/groups/rules";

fn rule(name: &str, expression: &str, groups: &[&Value]) -> Value {
    let ids: Vec<&str> = groups.iter().map(|group| id(group)).collect();
    json!({
        "type": "group_rule",
        "name": name,
        "conditions": { "expression": { "value": expression, "type": "urn:okta:expression:1.0" } },
        "actions": { "assignUserToGroups": { "groupIds": ids } },
    })
}

async fn person(site: &Site, name: &str, department: &str) -> Value {
    site.advance(Duration::from_millis(1));
    let login = format!("{name}@example.com");
    let profile =
        json!({ "firstName": name, "lastName": "X", "login": login, "email": login, "department": department });
    site.post("/api/v1/users?activate=false", json!({ "profile": profile })).await.ok()
}

async fn active(site: &Site, body: Value) -> Value {
    site.advance(Duration::from_millis(1));
    let made = site.post(PATH, body).await.is(200).ok();
    site.act(&format!("{PATH}/{}/lifecycle/activate", id(&made))).await.is(204);
    made
}

async fn members(site: &Site, group: &Value) -> Vec<String> {
    let people = site.get(&format!("/api/v1/groups/{}/users", id(group))).await.ok();
    let name = |user: &Value| user["profile"]["firstName"].as_str().unwrap().to_owned();
    people.as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn a_rule_is_made_read_changed_and_deleted() {
    let site = Site::start().await;
    let group = site.new_group("Engineering").await;
    let ada = person(&site, "Ada", "Engineering").await;
    let mut body = rule("Engineers", r#"user.department=="Engineering""#, &[&group]);
    body["conditions"]["people"] = json!({ "users": { "exclude": [id(&ada)] }, "groups": { "exclude": [] } });
    let made = site.post(PATH, body.clone()).await.is(200).ok();
    let keys: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["type", "id", "status", "name", "created", "lastUpdated", "conditions", "actions"]);
    assert!(id(&made).starts_with("0pr") && id(&made).len() == 20);
    assert_eq!(
        (&made["status"], &made["conditions"], &made["actions"]),
        (&json!("INACTIVE"), &body["conditions"], &body["actions"])
    );
    let path = format!("{PATH}/{}", id(&made));
    assert_eq!(site.get(&path).await.ok(), made);
    let expanded = site.get(&format!("{path}?expand=groupIdToGroupNameMap")).await.ok();
    assert_eq!(expanded["_embedded"]["groupIdToGroupNameMap"], json!({ id(&group): "Engineering" }));
    assert_eq!(site.get(&format!("{PATH}?search=ENGIN")).await.ok(), json!([made]));
    assert_eq!(site.get(&format!("{PATH}?search=sales")).await.ok(), json!([]));
    site.post(PATH, body.clone()).await.refused(400, "E0000001");
    let changed = site.put(&path, rule("Everybody", "true", &[&group])).await.is(200).ok();
    assert_eq!(
        (&changed["name"], &changed["conditions"]["expression"]["value"]),
        (&json!("Everybody"), &json!("true"))
    );
    let other = site.new_group("Other").await;
    site.put(&path, rule("Everybody", "true", &[&other])).await.refused(400, "E0000001");
    site.act(&format!("{path}/lifecycle/activate")).await.is(204);
    assert_eq!(site.get(&path).await.ok()["status"], "ACTIVE");
    site.put(&path, rule("Everybody", "true", &[&group])).await.refused(400, "E0000001");
    site.act(&format!("{path}/lifecycle/deactivate")).await.is(204);
    assert_eq!(site.delete(&path).await.is(202).body, json!({}));
    let gone = site.get(&path).await;
    assert_eq!(gone.body["errorSummary"], format!("Not found: Resource not found: {} (GroupRule)", id(&made)));
}

#[tokio::test]
async fn a_bad_rule_says_what_is_wrong() {
    let site = Site::start().await;
    let group = site.new_group("Engineering").await;
    let everyone = site.get("/api/v1/groups?q=Everyone").await.ok()[0].clone();
    let good = || rule("R", "true", &[&group]);
    let mut no_type = good();
    no_type["type"] = json!("rule");
    let mut other_language = good();
    other_language["conditions"]["expression"]["type"] = json!("groovy");
    let mut stranger = good();
    stranger["conditions"]["people"] = json!({ "users": { "exclude": ["00u0000000000000000x"] } });
    for (body, cause) in [
        (no_type, "type: The value must be one of group_rule"),
        (rule("", "true", &[&group]), "name: The field cannot be left blank"),
        (rule(&"x".repeat(51), "true", &[&group]), "name: The field must be between 1 and 50 characters"),
        (rule("R", "", &[&group]), "conditions.expression.value: The field cannot be left blank"),
        (rule("R", "user.firstName == AND user.lastName", &[&group]), "Unexpected '&&' in expression"),
        (rule("R", "user.shoe==1", &[&group]), "Invalid property shoe in expression user.shoe==1"),
        (other_language, "conditions.expression.type: The type must be urn:okta:expression:1.0"),
        (stranger, "conditions.people.users.exclude: Invalid user id 00u0000000000000000x"),
        (rule("R", "true", &[]), "actions.assignUserToGroups.groupIds: The field cannot be left blank"),
    ] {
        assert_eq!(site.post(PATH, body).await.refused(400, "E0000001"), [cause]);
    }
    site.post(PATH, rule("R", "true", &[&everyone])).await.refused(400, "E0000001");
    site.get(&format!("{PATH}?limit=201")).await.refused(400, "E0000001");
}

#[tokio::test]
async fn people_come_and_go_as_their_profiles_change() {
    each(async |site| {
        let (group, more) = (site.new_group("Engineering").await, site.new_group("Builders").await);
        let ada = person(&site, "Ada", "Engineering").await;
        let bob = person(&site, "Bob", "Sales").await;
        site.advance(Duration::from_secs(60));
        let made = active(&site, rule("Engineers", r#"user.department=="Engineering""#, &[&group, &more])).await;
        assert_eq!(
            (members(&site, &group).await, members(&site, &more).await),
            (vec!["Ada".to_owned()], vec!["Ada".to_owned()])
        );
        let moved = site.get(&format!("/api/v1/groups/{}", id(&group))).await.ok()["lastMembershipUpdated"].clone();
        assert_eq!(moved, "2027-01-15T08:01:00.000Z");
        let set = async |user: &Value, department: &str| {
            site.post(&format!("/api/v1/users/{}", id(user)), json!({ "profile": { "department": department } }))
                .await
                .is(200)
        };
        site.advance(Duration::from_secs(60));
        set(&bob, "Engineering").await;
        assert_eq!(members(&site, &group).await, ["Ada", "Bob"]);
        let stats = site.get("/api/v1/groups?q=Engineering&expand=stats").await.ok();
        assert_eq!(stats[0]["_embedded"]["stats"]["usersCount"], 2);
        assert_eq!(stats[0]["lastMembershipUpdated"], "2027-01-15T08:02:00.000Z");
        set(&ada, "Sales").await;
        assert_eq!(members(&site, &group).await, ["Bob"]);
        person(&site, "Cyd", "Engineering").await;
        assert_eq!(members(&site, &group).await, ["Bob", "Cyd"]);
        assert_eq!(site.events("group.user_membership.add").await.len(), 6);
        let removals = site.events("group.user_membership.remove").await;
        assert_eq!((removals.len(), &removals[0]["debugContext"]["debugData"]["ruleId"]), (2, &made["id"]));
        site.act(&format!("{PATH}/{}/lifecycle/deactivate", id(&made))).await.is(204);
        assert!(members(&site, &group).await.is_empty() && members(&site, &more).await.is_empty());
        set(&ada, "Engineering").await;
        assert!(members(&site, &group).await.is_empty());
        for kind in ["group.user_membership.rule.trigger", "group.user_membership.rule.deactivated"] {
            assert_eq!(site.events(kind).await.len(), 1, "{kind}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_hand_gave_a_rule_does_not_take() {
    each(async |site| {
        let group = site.new_group("Engineering").await;
        let ada = person(&site, "Ada", "Engineering").await;
        let bob = person(&site, "Bob", "Engineering").await;
        let membership = |user: &Value| format!("/api/v1/groups/{}/users/{}", id(&group), id(user));
        site.put(&membership(&ada), json!({})).await.is(204);
        let made = active(&site, rule("Engineers", r#"user.department=="Engineering""#, &[&group])).await;
        // A hand on top of the rule.
        site.put(&membership(&bob), json!({})).await.is(204);
        assert_eq!(site.events("group.user_membership.add").await.len(), 2);
        site.act(&format!("{PATH}/{}/lifecycle/deactivate", id(&made))).await.is(204);
        assert_eq!(members(&site, &group).await, ["Ada", "Bob"]);
        assert!(site.events("group.user_membership.remove").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn whoever_is_taken_out_by_hand_stays_out() {
    each(async |site| {
        let group = site.new_group("Engineering").await;
        let ada = person(&site, "Ada", "Engineering").await;
        person(&site, "Bob", "Engineering").await;
        let made = active(&site, rule("Engineers", r#"user.department=="Engineering""#, &[&group])).await;
        site.delete(&format!("/api/v1/groups/{}/users/{}", id(&group), id(&ada))).await.is(204);
        assert_eq!(members(&site, &group).await, ["Bob"]);
        site.post(&format!("/api/v1/users/{}", id(&ada)), json!({ "profile": { "city": "London" } })).await.is(200);
        assert_eq!(members(&site, &group).await, ["Bob"]);
        let shown = site.get(&format!("{PATH}/{}", id(&made))).await.ok();
        assert_eq!(shown["conditions"]["people"]["users"]["exclude"], json!([id(&ada)]));
        let excluded = site.events("group.user_membership.rule.add_exclusion").await;
        assert_eq!((excluded.len(), &excluded[0]["target"][0]["id"]), (1, &made["id"]));
    })
    .await;
}

#[tokio::test]
async fn a_deleted_rule_leaves_or_takes_its_members() {
    each(async |site| {
        let (kept, emptied) = (site.new_group("Kept").await, site.new_group("Emptied").await);
        person(&site, "Ada", "Engineering").await;
        let one = active(&site, rule("One", "true", &[&kept])).await;
        let other = active(&site, rule("Other", "true", &[&emptied])).await;
        assert_eq!((members(&site, &kept).await.len(), members(&site, &emptied).await.len()), (2, 2));
        site.delete(&format!("{PATH}/{}", id(&one))).await.is(202);
        site.delete(&format!("{PATH}/{}?removeUsers=true", id(&other))).await.is(202);
        assert_eq!((members(&site, &kept).await.len(), members(&site, &emptied).await.len()), (2, 0));
    })
    .await;
}

#[tokio::test]
async fn a_rule_can_ask_for_what_another_gives() {
    each(async |site| {
        let (first, second) = (site.new_group("First").await, site.new_group("Second").await);
        let asking = format!(r#"isMemberOfAnyGroup("{}")"#, id(&first));
        active(&site, rule("Second", &asking, &[&second])).await;
        active(&site, rule("First", r#"user.department=="Engineering""#, &[&first])).await;
        let ada = person(&site, "Ada", "Engineering").await;
        assert_eq!(
            (members(&site, &first).await, members(&site, &second).await),
            (vec!["Ada".to_owned()], vec!["Ada".to_owned()])
        );
        site.post(&format!("/api/v1/users/{}", id(&ada)), json!({ "profile": { "department": "Sales" } }))
            .await
            .is(200);
        assert!(members(&site, &second).await.is_empty());
        site.put(&format!("/api/v1/groups/{}/users/{}", id(&first), id(&ada)), json!({})).await.is(204);
        assert_eq!(members(&site, &second).await, ["Ada"]);
        // A circle ends, and is told of.
        let circle = site.new_group("Circle").await;
        let never = format!(r#"!isMemberOfGroup("{}")"#, id(&circle));
        active(&site, rule("Circle", &never, &[&circle])).await;
        assert!(!site.events("group.user_membership.rule.error").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_rule_whose_group_goes_is_invalid() {
    each(async |site| {
        let (target, condition, excluded) =
            (site.new_group("Target").await, site.new_group("Condition").await, site.new_group("Excluded").await);
        let asking = format!(r#"isMemberOfGroup("{}")"#, id(&condition));
        let mut body = rule("R", &asking, &[&target]);
        body["conditions"]["people"] = json!({ "groups": { "exclude": [id(&excluded)] } });
        let made = active(&site, body).await;
        let path = format!("{PATH}/{}", id(&made));
        site.delete(&format!("/api/v1/groups/{}", id(&excluded))).await.is(204);
        assert_eq!(site.get(&path).await.ok()["status"], "ACTIVE");
        site.delete(&format!("/api/v1/groups/{}", id(&condition))).await.is(204);
        assert_eq!(site.get(&path).await.ok()["status"], "INVALID");
        site.act(&format!("{path}/lifecycle/activate")).await.refused(400, "E0000001");
        assert_eq!(site.events("group.user_membership.rule.invalidate").await.len(), 1);
        let mended = site.put(&path, rule("R", "true", &[&target])).await.is(200).ok();
        assert_eq!(mended["status"], "INACTIVE");
        site.act(&format!("{path}/lifecycle/activate")).await.is(204);
        assert_eq!(members(&site, &target).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn rules_and_administrator_roles_stay_apart() {
    let site = Site::start().await;
    let (ruled, ruling) = (site.new_group("Ruled").await, site.new_group("Admins").await);
    site.post(PATH, rule("R", "true", &[&ruled])).await.is(200);
    let refused = site.post(&format!("/api/v1/groups/{}/roles", id(&ruled)), json!({ "type": "ORG_ADMIN" })).await;
    refused.refused(400, "E0000192");
    site.post(&format!("/api/v1/groups/{}/roles", id(&ruling)), json!({ "type": "ORG_ADMIN" })).await.is(201);
    let (_, token) = site.administrator(RoleType::UserAdmin).await;
    let body = rule("Mine", "true", &[&ruling]);
    site.call_as(&token, Method::POST, PATH, Some(body)).await.refused(400, "E0000001");
}

#[tokio::test]
async fn a_rule_is_asked_about_everybody_page_by_page_and_goes_on_after_a_stop() {
    each(async |site| {
        let org = &site.running.org;
        let group = site.new_group("All").await;
        let mut tx = org.db.begin().await.unwrap();
        let kind = user::default_type(&mut tx).await.unwrap().id;
        for number in 0..450 {
            site.clock.advance(Duration::from_millis(1));
            let login = format!("p{number}@example.com");
            let new = user::NewUser {
                type_id: kind.clone(),
                status: user::Status::Active,
                profile: profile::Profile::of(&login, &login, "P", if number % 2 == 0 { "Even" } else { "Odd" }),
                password_hash: None,
                provider: user::Provider::okta(),
                recovery: None,
            };
            user::create(&mut tx, &org.world, &new).await.unwrap();
        }
        tx.commit().await.unwrap();
        let made = site.post(PATH, rule("Even", r#"user.lastName=="Even""#, &[&group])).await.ok();
        let rule_id = id(&made).into();
        let mut tx = org.db.begin().await.unwrap();
        let active = group_rule::RuleStatus::Active;
        group_rule::set_status(&mut tx, &rule_id, active, true, org.now()).await.unwrap();
        tx.commit().await.unwrap();
        assert!(members(&site, &group).await.is_empty());
        // What a start does.
        let resumes = (0..3).map(|_| crate::api::group_rules::resume(org));
        futures::future::try_join_all(resumes).await.unwrap();
        assert_eq!(members(&site, &group).await.len(), 225);
        let pending = group_rule::pending(&mut org.db.read().await.unwrap()).await.unwrap();
        assert!(pending.is_empty());
        assert_eq!(site.events("group.user_membership.add").await.len(), 225);
    })
    .await;
}
