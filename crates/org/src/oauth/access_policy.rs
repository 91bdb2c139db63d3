//! Access policies of custom authorization servers: which client gets which scopes for whom, by which grant, and for how long.
//!
//! Invariant: default deny. Active policies are asked by priority, in each the active rules by priority; the first rule that matches
//! client, grant, person and every scope decides. Where none does, nothing is given.

use db::{Conn, Row, query};
use serde_json::{Map, Value, json};
use world::{Instant, World};

use super::{device, grant::Terms, server::Server};
use crate::{
    Error, Result,
    model::{group, id::generate, log::Party, user::User},
};

pub const ALL_CLIENTS: &str = "ALL_CLIENTS";
pub const EVERYONE: &str = "EVERYONE";
const POLICY_PREFIX: &str = "00p";
const RULE_PREFIX: &str = "0pr";
/// A server has no more policies, and a policy no more rules, than a decision can look at.
pub const COUNT_MAX: usize = 100;
const MINUTE_S: i64 = 60;

#[derive(Clone, Debug)]
pub struct Policy {
    pub id: String,
    pub name: String,
    pub description: String,
    pub active: bool,
    pub priority: i64,
    pub is_system: bool,
    pub clients: Vec<String>,
    pub created: Instant,
    pub last_updated: Instant,
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub id: String,
    pub policy_id: String,
    pub name: String,
    pub active: bool,
    pub priority: i64,
    pub is_system: bool,
    pub conditions: Map<String, Value>,
    pub actions: Map<String, Value>,
    pub created: Instant,
    pub last_updated: Instant,
}

fn stored(what: &'static str) -> impl Fn(serde_json::Error) -> Error {
    move |error| Error::Stored { what, reason: error.to_string() }
}

const POLICY_COLUMNS: &str =
    "p.id, p.name, p.description, p.status, p.priority, p.is_system, p.clients, p.created_us, p.updated_us";

impl Policy {
    fn read(row: &Row) -> Result<Policy> {
        let (status, clients): (String, String) = (row.get("status")?, row.get("clients")?);
        Ok(Policy {
            id: row.get("id")?,
            name: row.get("name")?,
            description: row.get("description")?,
            active: status == "ACTIVE",
            priority: row.get("priority")?,
            is_system: row.get("is_system")?,
            clients: serde_json::from_str(&clients).map_err(stored("access policy"))?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    pub fn party(&self) -> Party {
        Party::new(&self.id, "PolicyEntity", "unknown", &self.name)
    }

    fn is_for(&self, client_id: &str) -> bool {
        self.active && self.clients.iter().any(|known| known == ALL_CLIENTS || known == client_id)
    }
}

const RULE_COLUMNS: &str =
    "r.id, r.policy_id, r.name, r.status, r.priority, r.is_system, r.conditions, r.actions, r.created_us, r.updated_us";

impl Rule {
    fn read(row: &Row) -> Result<Rule> {
        let (status, conditions): (String, String) = (row.get("status")?, row.get("conditions")?);
        let actions: String = row.get("actions")?;
        Ok(Rule {
            id: row.get("id")?,
            policy_id: row.get("policy_id")?,
            name: row.get("name")?,
            active: status == "ACTIVE",
            priority: row.get("priority")?,
            is_system: row.get("is_system")?,
            conditions: serde_json::from_str(&conditions).map_err(stored("access rule"))?,
            actions: serde_json::from_str(&actions).map_err(stored("access rule"))?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    pub fn party(&self) -> Party {
        Party::new(&self.id, "PolicyRule", "unknown", &self.name)
    }

    /// What tokens last that this rule allows.
    pub fn terms(&self) -> Terms {
        let minutes = |name: &str| {
            let value = self.actions.get("token").and_then(|token| token.get(name));
            value.and_then(Value::as_i64).unwrap_or_default() * MINUTE_S
        };
        let refresh_token_s = minutes("refreshTokenLifetimeMinutes");
        let refresh_idle_s = minutes("refreshTokenWindowMinutes");
        Terms {
            access_token_s: minutes("accessTokenLifetimeMinutes"),
            refresh_token_s: (refresh_token_s > 0).then_some(refresh_token_s),
            refresh_idle_s: (refresh_idle_s > 0).then_some(refresh_idle_s),
        }
    }

    fn names(&self, path: &str) -> impl Iterator<Item = &str> {
        let list = self.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str)
    }

    fn pointer(&self, path: &str) -> Option<&Value> {
        let mut segments = path.split('/');
        let first = self.conditions.get(segments.next()?)?;
        segments.try_fold(first, |value, segment| value.get(segment))
    }

    fn matches(&self, asked: &Request<'_>, groups: &[String]) -> bool {
        let grants =
            asked.grant_types.iter().all(|grant| self.names("grantTypes/include").any(|known| known == *grant));
        let scopes =
            asked.scopes.iter().all(|scope| self.names("scopes/include").any(|known| known == "*" || known == scope));
        self.active && grants && scopes && asked.user.is_none_or(|user| self.is_about(user, groups))
    }

    fn is_about(&self, user: &User, groups: &[String]) -> bool {
        let person = |path: &str| self.names(path).any(|id| id == user.id.as_str());
        let group = |path: &str| self.names(path).any(|id| id == EVERYONE || groups.iter().any(|own| own == id));
        (person("people/users/include") || group("people/groups/include"))
            && !person("people/users/exclude")
            && !group("people/groups/exclude")
    }
}

/// What is asked for, and by whom.
pub struct Request<'a> {
    pub client_id: &'a str,
    /// A hybrid request is two grants at once: both must be allowed.
    pub grant_types: &'a [&'a str],
    /// Absent where a client acts for itself: then a rule's people do not count.
    pub user: Option<&'a User>,
    pub scopes: &'a [String],
}

/// The terms on which tokens may be given; `None`: no rule allows it. The org's own server has no policies.
pub async fn evaluate(conn: &mut Conn, server: &Server, asked: &Request<'_>) -> Result<Option<Terms>> {
    if server.is_org() {
        return Ok(Some(server.terms));
    }
    Ok(deciding(conn, server, asked).await?.map(|(_, rule)| rule.terms()))
}

/// The first rule of a custom server that allows it, with its policy.
pub async fn deciding(conn: &mut Conn, server: &Server, asked: &Request<'_>) -> Result<Option<(Policy, Rule)>> {
    let groups: Vec<String> = match asked.user {
        Some(user) => group::groups_of(conn, &user.id).await?.into_iter().map(|group| group.id.to_string()).collect(),
        None => Vec::new(),
    };
    for policy in policies(conn, &server.id).await?.into_iter().filter(|policy| policy.is_for(asked.client_id)) {
        let rules = rules(conn, &policy.id).await?;
        if let Some(rule) = rules.into_iter().find(|rule| rule.matches(asked, &groups)) {
            return Ok(Some((policy, rule)));
        }
    }
    Ok(None)
}

/// The policies of a server by priority.
pub async fn policies(conn: &mut Conn, server_id: &str) -> Result<Vec<Policy>> {
    let sql = format!("select {POLICY_COLUMNS} from access_policy p where p.server_id = $1 order by p.priority, p.id");
    query(sql).bind(server_id).all(conn).await?.iter().map(Policy::read).collect()
}

/// The rules of a policy by priority.
pub async fn rules(conn: &mut Conn, policy_id: &str) -> Result<Vec<Rule>> {
    let sql = format!("select {RULE_COLUMNS} from access_rule r where r.policy_id = $1 order by r.priority, r.id");
    query(sql).bind(policy_id).all(conn).await?.iter().map(Rule::read).collect()
}

/// What a policy is made of or changed to; without a priority it comes last, or stays where it is.
#[derive(Clone, Debug)]
pub struct PolicyContent {
    pub name: String,
    pub description: String,
    pub active: bool,
    pub priority: Option<i64>,
    pub clients: Vec<String>,
}

pub async fn create_policy(
    conn: &mut Conn,
    world: &World,
    server_id: &str,
    content: &PolicyContent,
    is_system: bool,
) -> Result<String> {
    let id = generate(POLICY_PREFIX, world);
    query(
        "insert into access_policy (id, server_id, name, description, status, priority, is_system, clients, created_us, updated_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(&id)
    .bind(server_id)
    .bind(&content.name)
    .bind(&content.description)
    .bind(status(content.active))
    .bind(i64::MAX)
    .bind(is_system)
    .bind(Value::from(content.clients.clone()).to_string())
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    order(conn, &POLICIES, server_id, Some((&id, content.priority))).await?;
    Ok(id)
}

pub async fn update_policy(
    conn: &mut Conn,
    server_id: &str,
    id: &str,
    content: &PolicyContent,
    now: Instant,
) -> Result<()> {
    query("update access_policy set name = $1, description = $2, status = $3, clients = $4, updated_us = $5 where id = $6")
        .bind(&content.name)
        .bind(&content.description)
        .bind(status(content.active))
        .bind(Value::from(content.clients.clone()).to_string())
        .bind(now.whole_second())
        .bind(id)
        .execute(conn)
        .await?;
    order(conn, &POLICIES, server_id, content.priority.map(|priority| (id, Some(priority)))).await
}

pub async fn set_policy_active(conn: &mut Conn, id: &str, active: bool, now: Instant) -> Result<()> {
    query("update access_policy set status = $1, updated_us = $2 where id = $3")
        .bind(status(active))
        .bind(now.whole_second())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete_policy(conn: &mut Conn, server_id: &str, id: &str) -> Result<()> {
    query("delete from access_policy where id = $1").bind(id).execute(conn).await?;
    order(conn, &POLICIES, server_id, None).await
}

#[derive(Clone, Debug)]
pub struct RuleContent {
    pub name: String,
    pub active: bool,
    pub priority: Option<i64>,
    pub conditions: Map<String, Value>,
    pub actions: Map<String, Value>,
}

pub async fn create_rule(
    conn: &mut Conn,
    world: &World,
    policy_id: &str,
    content: &RuleContent,
    is_system: bool,
) -> Result<String> {
    let id = generate(RULE_PREFIX, world);
    query(
        "insert into access_rule (id, policy_id, name, status, priority, is_system, conditions, actions, created_us, updated_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(&id)
    .bind(policy_id)
    .bind(&content.name)
    .bind(status(content.active))
    .bind(i64::MAX)
    .bind(is_system)
    .bind(Value::Object(content.conditions.clone()).to_string())
    .bind(Value::Object(content.actions.clone()).to_string())
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    order(conn, &RULES, policy_id, Some((&id, content.priority))).await?;
    Ok(id)
}

pub async fn update_rule(
    conn: &mut Conn,
    policy_id: &str,
    id: &str,
    content: &RuleContent,
    now: Instant,
) -> Result<()> {
    query(
        "update access_rule set name = $1, status = $2, conditions = $3, actions = $4, updated_us = $5 where id = $6",
    )
    .bind(&content.name)
    .bind(status(content.active))
    .bind(Value::Object(content.conditions.clone()).to_string())
    .bind(Value::Object(content.actions.clone()).to_string())
    .bind(now.whole_second())
    .bind(id)
    .execute(conn)
    .await?;
    order(conn, &RULES, policy_id, content.priority.map(|priority| (id, Some(priority)))).await
}

pub async fn set_rule_active(conn: &mut Conn, id: &str, active: bool, now: Instant) -> Result<()> {
    query("update access_rule set status = $1, updated_us = $2 where id = $3")
        .bind(status(active))
        .bind(now.whole_second())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn delete_rule(conn: &mut Conn, policy_id: &str, id: &str) -> Result<()> {
    query("delete from access_rule where id = $1").bind(id).execute(conn).await?;
    order(conn, &RULES, policy_id, None).await
}

/// The policy of the default server, which lets every app in.
pub async fn create_default(conn: &mut Conn, world: &World, server_id: &str) -> Result<()> {
    let content = PolicyContent {
        name: "Default Policy".to_owned(),
        description: "Default policy description".to_owned(),
        active: true,
        priority: None,
        clients: vec![ALL_CLIENTS.to_owned()],
    };
    let policy = create_policy(conn, world, server_id, &content, false).await?;
    let conditions = json!({
        "people": { "users": { "include": [], "exclude": [] }, "groups": { "include": [EVERYONE], "exclude": [] } },
        "grantTypes": { "include": [
            "implicit", "client_credentials", "authorization_code", "password", "interaction_code", device::GRANT_TYPE,
        ] },
        "scopes": { "include": ["*"] },
    });
    let actions = json!({ "token": {
        "accessTokenLifetimeMinutes": 60, "refreshTokenLifetimeMinutes": 0, "refreshTokenWindowMinutes": 10_080,
    } });
    let object = |value: Value| if let Value::Object(object) = value { object } else { Map::new() };
    let content = RuleContent {
        name: "Default Policy Rule".to_owned(),
        active: true,
        priority: None,
        conditions: object(conditions),
        actions: object(actions),
    };
    create_rule(conn, world, &policy, &content, false).await?;
    Ok(())
}

fn status(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "INACTIVE" }
}

/// What has an order of its own.
struct Ordered {
    list: &'static str,
    set: &'static str,
}

const POLICIES: Ordered = Ordered {
    list: "select id from access_policy where server_id = $1 order by priority, id",
    set: "update access_policy set priority = $1 where id = $2 and priority <> $1",
};
const RULES: Ordered = Ordered {
    list: "select id from access_rule where policy_id = $1 order by priority, id",
    set: "update access_rule set priority = $1 where id = $2 and priority <> $1",
};

/// Numbers everything from 1 again, after one of them was put to its place.
async fn order(conn: &mut Conn, ordered: &Ordered, within: &str, moved: Option<(&str, Option<i64>)>) -> Result<()> {
    let rows = query(ordered.list).bind(within).all(conn).await?;
    let mut ids: Vec<String> = rows.iter().map(|row| row.get("id")).collect::<Result<_, db::Error>>()?;
    if let Some((id, Some(priority))) = moved {
        ids.retain(|known| known != id);
        let place = usize::try_from(priority.max(1) - 1).unwrap_or(usize::MAX).min(ids.len());
        ids.insert(place, id.to_owned());
    }
    for (number, id) in (1_i64..).zip(&ids) {
        query(ordered.set).bind(number).bind(id).execute(conn).await?;
    }
    Ok(())
}
