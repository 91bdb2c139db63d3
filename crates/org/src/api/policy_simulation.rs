//! `POST /api/v1/policies/simulate`: which policy and rule would decide, and nothing done about it.
//!
//! Who is meant is said by id, and where they are by address; the groups that are given count beside those that the person is in.

use axum::{Json, body::Bytes, extract::State};
use db::Conn;
use serde_json::{Map, Value, json};

use super::{apps, body::Properties, paging::Asked};
use crate::{
    Org,
    error::{Answer, Fault, codes},
    model::{
        app::App,
        group,
        policy::{self, Kind, Policy, PolicyRule},
        user,
    },
    operations::Routes,
    signin::decision::{self, Who},
};

/// Questions in one call, and groups in one question.
const QUESTIONS_MAX: usize = 20;
const GROUPS_MAX: usize = 100;
const MATCH: &str = "MATCH";
const NOT_MATCH: &str = "NOT_MATCH";

pub fn operations() -> Routes {
    Routes::new().on("createPolicySimulation", simulate)
}

async fn simulate(State(org): State<Org>, asked: Asked, body: Bytes) -> Answer<Json<Vec<Value>>> {
    let questions: Vec<Map<String, Value>> = serde_json::from_slice(&body).map_err(|_| Fault::new(&codes::E0000003))?;
    if questions.len() > QUESTIONS_MAX {
        return Err(Fault::field("policyContext", "There are too many questions in one call"));
    }
    let wants_evaluated = asked.get("expand").is_some_and(|expand| expand.contains("EVALUATED"));
    let mut reader = org.db.read().await?;
    let mut answers = Vec::new();
    for question in &questions {
        let app = apps::find(&mut reader, question.text("appInstance")?.unwrap_or_default()).await?;
        let kinds = question.texts("policyTypes")?.unwrap_or_default();
        let kinds: Vec<Kind> = match kinds.is_empty() {
            true => vec![Kind::SignOn, Kind::MfaEnroll, Kind::Access, Kind::ProfileEnrollment],
            false => kinds.iter().filter_map(|kind| Kind::parse(kind)).collect(),
        };
        let context = question.child("policyContext")?.cloned().unwrap_or_default();
        let id = context.child("user")?.map(|user| user.text("id")).transpose()?.flatten().map(str::to_owned);
        let user = match &id {
            Some(id) => {
                let found = user::by_id(&mut reader, &id.as_str().into()).await?;
                Some(found.ok_or_else(|| Fault::not_found(id, "User"))?)
            }
            None => None,
        };
        let address = context.text("ip")?.and_then(|text| text.parse().ok());
        let mut who = match &user {
            Some(user) => Who::person(&mut reader, user, address).await?,
            None => Who { address, ..Who::newcomer(&mut reader, &[]).await? },
        };
        let groups = context.child("groups")?.map(|groups| groups.texts("ids")).transpose()?.flatten();
        for id in groups.unwrap_or_default().into_iter().take(GROUPS_MAX) {
            if let Some(group) = group::by_id(&mut reader, &id.as_str().into()).await? {
                who.groups.push((id, group.name));
            }
        }
        for kind in kinds {
            answers.push(answer(&mut reader, kind, &app, &who, wants_evaluated).await?);
        }
    }
    Ok(Json(answers))
}

async fn answer(conn: &mut Conn, kind: Kind, app: &App, who: &Who<'_>, wants_evaluated: bool) -> Answer<Value> {
    let mut asked = Vec::new();
    let mut decided = None;
    let candidates = match kind.has_apps() {
        true => vec![policy::of_app(conn, &app.id, kind).await?],
        false => policy::of_kind(conn, kind).await?.into_iter().filter(|policy| policy.active).collect(),
    };
    for policy in candidates {
        let applies = policy.is_system || decision::matches(conn, who, &policy.conditions).await?;
        let mut rules = Vec::new();
        for rule in policy::rules(conn, &policy.id).await?.into_iter().filter(|rule| rule.active && applies) {
            let holds = rule.is_system || decision::matches(conn, who, &rule.conditions).await?;
            rules.push(rule_body(&rule, holds));
            if holds {
                decided = Some((policy.clone(), rule));
                break;
            }
        }
        asked.push(policy_body(&policy, decided.is_some(), rules));
        if decided.is_some() {
            break;
        }
    }
    let status = if decided.is_some() { MATCH } else { NOT_MATCH };
    let result: Vec<Value> =
        decided.iter().map(|(policy, rule)| policy_body(policy, true, vec![rule_body(rule, true)])).collect();
    let mut answer = json!({ "policyType": [kind.as_str()], "status": status, "result": { "policies": result } });
    if wants_evaluated {
        answer["evaluated"] = json!({ "policies": asked });
        answer["undefined"] = json!({ "policies": [] });
    }
    Ok(answer)
}

fn policy_body(policy: &Policy, holds: bool, rules: Vec<Value>) -> Value {
    json!({
        "id": policy.id,
        "name": policy.name,
        "status": if holds { MATCH } else { NOT_MATCH },
        "conditions": [],
        "rules": rules,
    })
}

fn rule_body(rule: &PolicyRule, holds: bool) -> Value {
    json!({ "id": rule.id, "name": rule.name, "status": if holds { MATCH } else { NOT_MATCH }, "conditions": [] })
}
