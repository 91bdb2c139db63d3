//! Whom a rule would put into its groups, before anybody is.

use serde_json::{Value, json};

use super::person::{Person, Ready};
use crate::{
    Org,
    error::Answer,
    model::{
        membership,
        user::{Status, User},
        user_list,
    },
};

const PAGE: i64 = 500;
/// People who are named; of the rest the number is told.
const NAMED_MAX: usize = 50;

/// Asks about everybody who is not deactivated. Holds a page of people at a time.
pub async fn everybody(org: &Org, rule: &Ready) -> Answer<Value> {
    let mut reader = org.db.read().await?;
    let (mut asked, mut matched, mut failed) = (0_u64, 0_u64, 0_u64);
    let mut named = Vec::new();
    let mut after = String::new();
    loop {
        let people = user_list::page(&mut reader, &after, PAGE).await?;
        let Some(last) = people.last().map(|user| user.id.as_str().to_owned()) else { break };
        let groups = user_list::groups_between(&mut reader, &after, &last).await?;
        for user in &people {
            asked += 1;
            let groups = groups.get(user.id.as_str()).map_or(&[][..], Vec::as_slice);
            match rule.wants(&Person { user, groups }) {
                Ok(false) => {}
                Err(_) => failed += 1,
                Ok(true) => {
                    matched += 1;
                    if named.len() < NAMED_MAX {
                        named.push(shown(user));
                    }
                }
            }
        }
        after = last;
    }
    Ok(json!({ "asked": asked, "matched": matched, "failed": failed, "people": named }))
}

/// Asks about one person.
pub async fn one(org: &Org, rule: &Ready, user: &User) -> Answer<Value> {
    let groups = membership::groups_of(&mut *org.db.read().await?, &user.id).await?;
    let wanted = user.status != Status::Deprovisioned && rule.wants(&Person { user, groups: &groups }).unwrap_or(false);
    let people = if wanted { vec![shown(user)] } else { Vec::new() };
    Ok(json!({ "asked": 1, "matched": people.len(), "failed": 0, "people": people }))
}

fn shown(user: &User) -> Value {
    json!({
        "id": user.id.as_str(),
        "login": user.login,
        "firstName": user.profile.first_name(),
        "lastName": user.profile.last_name(),
        "status": user.status.as_str(),
    })
}
