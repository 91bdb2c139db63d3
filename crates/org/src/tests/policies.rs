//! Policies and their rules in the management API.

use serde_json::{Value, json};

use super::site::{Site, id};

async fn names(site: &Site, kind: &str) -> Vec<String> {
    let all = site.get(&format!("/api/v1/policies?type={kind}")).await.ok();
    all.as_array().unwrap().iter().map(|policy| policy["name"].as_str().unwrap().to_owned()).collect()
}

fn sign_on(name: &str) -> Value {
    json!({ "type": "OKTA_SIGN_ON", "name": name })
}

#[tokio::test]
async fn each_type_has_a_default_that_stays() {
    let site = Site::start().await;
    for kind in ["OKTA_SIGN_ON", "PASSWORD", "MFA_ENROLL", "ACCESS_POLICY", "PROFILE_ENROLLMENT", "IDP_DISCOVERY"] {
        let default = site.default_policy(kind).await;
        assert_eq!((&default["system"], &default["status"]), (&json!(true), &json!("ACTIVE")), "{kind}");
        let path = format!("/api/v1/policies/{}", id(&default));
        site.delete(&path).await.refused(403, "E0000111");
        site.act(&format!("{path}/lifecycle/deactivate")).await.refused(403, "E0000111");
        let with_rules = site.get(&format!("{path}?expand=rules")).await.ok();
        let rule = with_rules["_embedded"]["rules"][0].clone();
        assert_eq!(rule["system"], true, "{kind}");
        let path = format!("{path}/rules/{}", id(&rule));
        site.delete(&path).await.refused(403, "E0000111");
        site.act(&format!("{path}/lifecycle/deactivate")).await.refused(403, "E0000111");
        assert_eq!(site.get(&path).await.ok(), rule);
        let mut renamed = rule.clone();
        renamed["name"] = "Mine".into();
        site.put(&path, renamed).await.refused(403, "E0000077");
        site.put(&path, rule).await.is(200);
    }
    let default = site.default_policy("OKTA_SIGN_ON").await;
    let rules = site.get(&format!("/api/v1/policies/{}/rules", id(&default))).await.ok();
    let deny = json!({ "type": "SIGN_ON", "name": "Default Rule", "actions": { "signon": { "access": "DENY" } } });
    let path = format!("/api/v1/policies/{}/rules/{}", id(&default), id(&rules[0]));
    site.put(&path, deny).await.refused(403, "E0000078");
    assert_eq!(site.get("/api/v1/policies?type=ENTITY_RISK").await.ok(), json!([]));
    site.get("/api/v1/policies").await.refused(400, "E0000028");
    site.get("/api/v1/policies/00pnone").await.refused(404, "E0000007");
}

#[tokio::test]
async fn policies_keep_their_order_and_the_default_comes_last() {
    let site = Site::start().await;
    let first = site.post("/api/v1/policies", sign_on("One")).await.ok();
    site.post("/api/v1/policies?activate=false", sign_on("Two")).await.ok();
    let third = json!({ "type": "OKTA_SIGN_ON", "name": "Three", "priority": 1 });
    let third = site.post("/api/v1/policies", third).await.ok();
    assert_eq!(names(&site, "OKTA_SIGN_ON").await, ["Three", "One", "Two", "Default Policy"]);
    assert_eq!(names(&site, "OKTA_SIGN_ON&status=INACTIVE").await, ["Two"]);
    assert_eq!(names(&site, "OKTA_SIGN_ON&q=thr").await, ["Three"]);
    let page = site.get("/api/v1/policies?type=OKTA_SIGN_ON&limit=3").await;
    let rest = site.get(&page.links["next"]).await.ok();
    assert_eq!(rest[0]["name"], "Default Policy");
    site.post("/api/v1/policies", sign_on("One")).await.refused(400, "E0000001");
    let path = format!("/api/v1/policies/{}", id(&third));
    let moved = json!({ "type": "OKTA_SIGN_ON", "name": "Three", "priority": 9, "description": "d" });
    assert_eq!(site.put(&path, moved).await.ok()["priority"], 3);
    site.put(&path, json!({ "type": "PASSWORD", "name": "Three" })).await.refused(403, "E0000078");
    site.act(&format!("{path}/lifecycle/deactivate")).await.is(204);
    assert_eq!(site.get(&path).await.ok()["status"], "INACTIVE");
    site.act(&format!("{path}/lifecycle/activate")).await.is(204);
    site.delete(&format!("/api/v1/policies/{}", id(&first))).await.is(204);
    let all = site.get("/api/v1/policies?type=OKTA_SIGN_ON").await.ok();
    let places: Vec<i64> = all.as_array().unwrap().iter().map(|one| one["priority"].as_i64().unwrap()).collect();
    assert_eq!(places, [1, 2, 3]);
    for kind in ["create", "update", "delete", "activate", "deactivate"] {
        assert!(!site.events(&format!("policy.lifecycle.{kind}")).await.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn rules_keep_their_order_and_what_cannot_be_judged_is_refused() {
    let site = Site::start().await;
    let policy = site.post("/api/v1/policies", sign_on("One")).await.ok();
    let rules = format!("/api/v1/policies/{}/rules", id(&policy));
    let rule = |name: &str, conditions: Value| json!({ "type": "SIGN_ON", "name": name, "conditions": conditions, "actions": { "signon": { "access": "ALLOW" } } });
    let made = site.post(&rules, rule("A", json!({ "network": { "connection": "ANYWHERE" } }))).await.ok();
    let mut second = rule("B", json!({}));
    second["priority"] = 1.into();
    site.post(&format!("{rules}?activate=false"), second).await.ok();
    let order = site.get(&rules).await.ok();
    assert_eq!((&order[0]["name"], &order[1]["name"]), (&json!("B"), &json!("A")));
    assert_eq!(order[1]["actions"]["signon"]["session"]["maxSessionIdleMinutes"], 120);
    site.post(&rules, rule("A", json!({}))).await.refused(400, "E0000001");
    for wrong in [
        json!({ "network": { "connection": "ZONE" } }),
        json!({ "network": { "connection": "ZONE", "include": ["nzonone"] } }),
        json!({ "people": { "users": { "exclude": ["00unone"] } } }),
        json!({ "people": { "groups": { "include": ["00gnone"] } } }),
        json!({ "risk": { "behaviors": ["x"] } }),
    ] {
        site.post(&rules, rule("C", wrong)).await.refused(400, "E0000001");
    }
    site.post(&rules, json!({ "type": "PASSWORD", "name": "C" })).await.refused(400, "E0000001");
    site.post(&rules, json!({ "type": "SIGN_ON", "name": "C", "actions": {} })).await.refused(400, "E0000001");
    let path = format!("{rules}/{}", id(&made));
    let mut changed = rule("A2", json!({}));
    changed["priority"] = 1.into();
    assert_eq!(site.put(&path, changed).await.ok()["priority"], 1);
    site.act(&format!("{path}/lifecycle/deactivate")).await.is(204);
    site.act(&format!("{path}/lifecycle/activate")).await.is(204);
    site.delete(&path).await.is(204);
    site.get(&path).await.refused(404, "E0000007");
    for kind in ["add", "update", "delete", "activate", "deactivate"] {
        assert!(!site.events(&format!("policy.rule.{kind}")).await.is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn settings_have_limits_and_defaults() {
    let site = Site::start().await;
    let password = |settings: Value| json!({ "type": "PASSWORD", "name": "P", "settings": settings });
    for wrong in [
        json!({ "password": { "complexity": { "minLength": 3 } } }),
        json!({ "password": { "age": { "historyCount": 31 } } }),
        json!({ "password": { "age": { "maxAgeDays": 5, "expireWarnDays": 6 } } }),
        json!({ "password": { "lockout": { "maxAttempts": -1 } } }),
    ] {
        site.post("/api/v1/policies", password(wrong)).await.refused(400, "E0000001");
    }
    let made =
        site.post("/api/v1/policies", password(json!({ "password": { "complexity": { "minLength": 12 } } }))).await;
    let made = made.ok();
    assert_eq!(made["settings"]["password"]["complexity"]["minLength"], 12);
    assert_eq!(made["settings"]["password"]["lockout"]["maxAttempts"], 10);
    let factors = |key: &str| {
        json!({ "type": "MFA_ENROLL", "name": "M", "settings": {
            "type": "AUTHENTICATORS", "authenticators": [{ "key": key, "enroll": { "self": "REQUIRED" } }],
        } })
    };
    site.post("/api/v1/policies", factors("rsa_token")).await.refused(400, "E0000001");
    site.post("/api/v1/policies", factors("google_otp")).await.is(200);
    site.post("/api/v1/policies", json!({ "type": "ENTITY_RISK", "name": "E" })).await.refused(400, "E0000001");
}

#[tokio::test]
async fn apps_are_given_to_a_policy_and_taken_back() {
    let site = Site::start().await;
    let app = json!({ "label": "Portal", "signOnMode": "OPENID_CONNECT", "settings": { "oauthClient": { "redirect_uris": ["https://p.test/cb"] } } });
    let app = site.post("/api/v1/apps", app).await.ok();
    let policy = site.post("/api/v1/policies", json!({ "type": "ACCESS_POLICY", "name": "Strict" })).await.ok();
    let path = format!("/api/v1/policies/{}", id(&policy));
    site.put(&format!("/api/v1/apps/{}/policies/{}", id(&app), id(&policy)), json!({})).await.is(204);
    assert_eq!(id(&site.get(&format!("{path}/app")).await.ok()[0]), id(&app));
    let mapping = site.get(&format!("{path}/mappings")).await.ok()[0].clone();
    let mapping_path = format!("{path}/mappings/{}", id(&mapping));
    assert_eq!(site.get(&mapping_path).await.ok(), mapping);
    let found = site.get(&format!("/api/v1/policies?type=ACCESS_POLICY&resourceId={}", id(&app))).await.ok();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["name"]), (1, &json!("Strict")));
    site.delete(&mapping_path).await.is(204);
    site.get(&mapping_path).await.refused(404, "E0000007");
    let given = json!({ "resourceId": id(&app), "resourceType": "ACCESS_POLICY" });
    site.post(&format!("{path}/mappings"), given).await.is(200);
    let sign_on = site.default_policy("OKTA_SIGN_ON").await;
    site.put(&format!("/api/v1/apps/{}/policies/{}", id(&app), id(&sign_on)), json!({})).await.refused(400, "E0000001");
    let copy = site.act(&format!("{path}/clone")).await.ok();
    assert_eq!(copy["name"], "[cloned] Strict");
    let rules = site.get(&format!("/api/v1/policies/{}/rules", id(&copy))).await.ok();
    assert_eq!(rules[0]["actions"]["appSignOn"]["access"], "DENY", "whoever no rule lets in stays out");
    site.act(&format!("/api/v1/policies/{}/clone", id(&sign_on))).await.refused(400, "E0000001");
}

#[tokio::test]
async fn a_simulation_tells_which_rule_would_decide() {
    let site = Site::start().await;
    let user = site.new_user("ada@example.com").await;
    let group = site.new_group("Strict").await;
    let app = json!({ "label": "Portal", "signOnMode": "OPENID_CONNECT", "settings": { "oauthClient": { "redirect_uris": ["https://p.test/cb"] } } });
    let app = site.post("/api/v1/apps", app).await.ok();
    let mut policy = sign_on("For some");
    policy["conditions"] = json!({ "people": { "groups": { "include": [id(&group)] } } });
    let policy = site.post("/api/v1/policies", policy).await.ok();
    let rule = json!({ "type": "SIGN_ON", "name": "R", "actions": { "signon": { "access": "DENY" } } });
    site.post(&format!("/api/v1/policies/{}/rules", id(&policy)), rule).await.is(200);
    let ask = async |groups: Value| {
        let question = json!([{
            "appInstance": id(&app), "policyTypes": ["OKTA_SIGN_ON"],
            "policyContext": { "user": { "id": id(&user) }, "groups": { "ids": groups }, "ip": "192.0.2.1" },
        }]);
        let answer = site.post("/api/v1/policies/simulate?expand=EVALUATED", question).await.ok();
        answer[0]["result"]["policies"][0]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(ask(json!([])).await, "Default Policy");
    assert_eq!(ask(json!([id(&group)])).await, "For some");
    site.post("/api/v1/policies/simulate", json!([{ "appInstance": "0oanone" }])).await.refused(404, "E0000007");
}
