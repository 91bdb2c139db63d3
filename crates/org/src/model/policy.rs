//! Policies of the org and their rules: who may sign in how, with which passwords and factors.
//!
//! Invariant: policies of a type, and rules of a policy, have the priorities 1, 2, 3, …; the system's own is the last, and active.

use db::{Conn, Row, query};
use serde_json::{Map, Value};
use world::{Instant, World};

use super::{
    id::{AppId, generate},
    log::Party,
};
use crate::{Error, Result};

const POLICY_PREFIX: &str = "00p";
const RULE_PREFIX: &str = "0pr";
const MAPPING_PREFIX: &str = "rsm";
/// A type has no more policies, and a policy no more rules, than a decision can look at.
pub const COUNT_MAX: usize = 100;

/// What a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SignOn,
    Password,
    MfaEnroll,
    Access,
    ProfileEnrollment,
    IdpDiscovery,
}

impl Kind {
    pub const ALL: [Kind; 6] =
        [Kind::SignOn, Kind::Password, Kind::MfaEnroll, Kind::Access, Kind::ProfileEnrollment, Kind::IdpDiscovery];

    pub fn as_str(self) -> &'static str {
        match self {
            Kind::SignOn => "OKTA_SIGN_ON",
            Kind::Password => "PASSWORD",
            Kind::MfaEnroll => "MFA_ENROLL",
            Kind::Access => "ACCESS_POLICY",
            Kind::ProfileEnrollment => "PROFILE_ENROLLMENT",
            Kind::IdpDiscovery => "IDP_DISCOVERY",
        }
    }

    pub fn parse(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The type of its rules.
    pub fn rule_type(self) -> &'static str {
        if self == Kind::SignOn { "SIGN_ON" } else { self.as_str() }
    }

    /// Whether apps are given to a policy of this type.
    pub fn has_apps(self) -> bool {
        matches!(self, Kind::Access | Kind::ProfileEnrollment)
    }
}

#[derive(Clone, Debug)]
pub struct Policy {
    pub id: String,
    pub kind: Kind,
    pub name: String,
    pub description: String,
    pub active: bool,
    pub priority: i64,
    pub is_system: bool,
    pub conditions: Map<String, Value>,
    pub settings: Map<String, Value>,
    pub created: Instant,
    pub last_updated: Instant,
}

#[derive(Clone, Debug)]
pub struct PolicyRule {
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

/// What a policy is made of.
#[derive(Clone, Debug)]
pub struct PolicyContent {
    pub name: String,
    pub description: String,
    pub conditions: Map<String, Value>,
    pub settings: Map<String, Value>,
}

/// What a rule is made of.
#[derive(Clone, Debug)]
pub struct RuleContent {
    pub name: String,
    pub conditions: Map<String, Value>,
    pub actions: Map<String, Value>,
}

/// That an app follows a policy.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub id: String,
    pub app_id: AppId,
    pub policy_id: String,
}

fn object(row: &Row, column: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(&row.get::<String>(column)?)
        .map_err(|error| Error::Stored { what: "policy", reason: error.to_string() })
}

fn text(object: &Map<String, Value>) -> String {
    Value::Object(object.clone()).to_string()
}

const POLICY_COLUMNS: &str = "p.id, p.type, p.name, p.description, p.status, p.priority, p.is_system, p.conditions, p.settings, p.created_us, p.updated_us";
const RULE_COLUMNS: &str =
    "r.id, r.policy_id, r.name, r.status, r.priority, r.is_system, r.conditions, r.actions, r.created_us, r.updated_us";

impl Policy {
    fn read(row: &Row) -> Result<Policy> {
        let kind: String = row.get("type")?;
        Ok(Policy {
            id: row.get("id")?,
            kind: Kind::parse(&kind)
                .ok_or_else(|| Error::Stored { what: "policy", reason: format!("unknown type {kind}") })?,
            name: row.get("name")?,
            description: row.get("description")?,
            active: row.get::<String>("status")? == "ACTIVE",
            priority: row.get("priority")?,
            is_system: row.get("is_system")?,
            conditions: object(row, "conditions")?,
            settings: object(row, "settings")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    pub fn party(&self) -> Party {
        Party::new(&self.id, "PolicyEntity", self.kind.as_str(), &self.name)
    }
}

impl PolicyRule {
    fn read(row: &Row) -> Result<PolicyRule> {
        Ok(PolicyRule {
            id: row.get("id")?,
            policy_id: row.get("policy_id")?,
            name: row.get("name")?,
            active: row.get::<String>("status")? == "ACTIVE",
            priority: row.get("priority")?,
            is_system: row.get("is_system")?,
            conditions: object(row, "conditions")?,
            actions: object(row, "actions")?,
            created: row.get("created_us")?,
            last_updated: row.get("updated_us")?,
        })
    }

    pub fn party(&self) -> Party {
        Party::new(&self.id, "PolicyRule", "unknown", &self.name)
    }
}

/// Those of a type, by priority.
pub async fn of_kind(conn: &mut Conn, kind: Kind) -> Result<Vec<Policy>> {
    let sql = format!("select {POLICY_COLUMNS} from policy p where p.type = $1 order by p.priority, p.id");
    query(sql).bind(kind.as_str()).all(conn).await?.iter().map(Policy::read).collect()
}

pub async fn by_id(conn: &mut Conn, id: &str) -> Result<Option<Policy>> {
    let sql = format!("select {POLICY_COLUMNS} from policy p where p.id = $1");
    query(sql).bind(id).optional(conn).await?.map(|row| Policy::read(&row)).transpose()
}

/// The one that holds for whoever no other holds for.
pub async fn system(conn: &mut Conn, kind: Kind) -> Result<Policy> {
    let sql = format!("select {POLICY_COLUMNS} from policy p where p.type = $1 and p.is_system = 1");
    let row = query(sql).bind(kind.as_str()).optional(conn).await?;
    let row =
        row.ok_or_else(|| Error::Stored { what: "policy", reason: format!("no default of {}", kind.as_str()) })?;
    Policy::read(&row)
}

/// Rules of a policy, by priority.
pub async fn rules(conn: &mut Conn, policy: &str) -> Result<Vec<PolicyRule>> {
    let sql = format!("select {RULE_COLUMNS} from policy_rule r where r.policy_id = $1 order by r.priority, r.id");
    query(sql).bind(policy).all(conn).await?.iter().map(PolicyRule::read).collect()
}

/// Makes a policy; it comes before the system's own, which keeps the last place. Its id.
pub async fn create(
    conn: &mut Conn,
    world: &World,
    kind: Kind,
    content: &PolicyContent,
    active: bool,
    is_system: bool,
) -> Result<String> {
    let id = generate(POLICY_PREFIX, world);
    let last = query("select coalesce(max(priority), 0) as last from policy where type = $1").bind(kind.as_str());
    let last: i64 = last.one(conn).await?.get("last")?;
    query(
        "insert into policy (id, type, name, description, status, priority, is_system, conditions, settings, created_us, updated_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    )
    .bind(&id)
    .bind(kind.as_str())
    .bind(&content.name)
    .bind(&content.description)
    .bind(status(active))
    .bind(last + 1)
    .bind(is_system)
    .bind(text(&content.conditions))
    .bind(text(&content.settings))
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    Ok(id)
}

/// Makes a rule; likewise.
pub async fn create_rule(
    conn: &mut Conn,
    world: &World,
    policy: &str,
    content: &RuleContent,
    active: bool,
    is_system: bool,
) -> Result<String> {
    let id = generate(RULE_PREFIX, world);
    let last = query("select coalesce(max(priority), 0) as last from policy_rule where policy_id = $1").bind(policy);
    let last: i64 = last.one(conn).await?.get("last")?;
    query(
        "insert into policy_rule (id, policy_id, name, status, priority, is_system, conditions, actions, created_us, updated_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(&id)
    .bind(policy)
    .bind(&content.name)
    .bind(status(active))
    .bind(last + 1)
    .bind(is_system)
    .bind(text(&content.conditions))
    .bind(text(&content.actions))
    .bind(world.now().whole_second())
    .execute(conn)
    .await?;
    Ok(id)
}

fn status(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "INACTIVE" }
}

pub async fn update(conn: &mut Conn, id: &str, content: &PolicyContent, now: Instant) -> Result<()> {
    query(
        "update policy set name = $1, description = $2, conditions = $3, settings = $4, updated_us = $5 where id = $6",
    )
    .bind(&content.name)
    .bind(&content.description)
    .bind(text(&content.conditions))
    .bind(text(&content.settings))
    .bind(now.whole_second())
    .bind(id)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn update_rule(conn: &mut Conn, id: &str, content: &RuleContent, now: Instant) -> Result<()> {
    query("update policy_rule set name = $1, conditions = $2, actions = $3, updated_us = $4 where id = $5")
        .bind(&content.name)
        .bind(text(&content.conditions))
        .bind(text(&content.actions))
        .bind(now.whole_second())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives `id` the place `wanted` among the policies of its type, or the last before the system's own.
pub async fn place(conn: &mut Conn, kind: Kind, id: &str, wanted: Option<i64>) -> Result<()> {
    let known = of_kind(conn, kind).await?.into_iter().map(|policy| (policy.id, policy.priority, policy.is_system));
    for (id, priority) in moves(known.collect(), id, wanted) {
        query("update policy set priority = $1 where id = $2").bind(priority).bind(&id).execute(conn).await?;
    }
    Ok(())
}

/// Gives `id` the place `wanted` among the rules of its policy, or the last before the system's own.
pub async fn place_rule(conn: &mut Conn, policy: &str, id: &str, wanted: Option<i64>) -> Result<()> {
    let known = rules(conn, policy).await?.into_iter().map(|rule| (rule.id, rule.priority, rule.is_system));
    for (id, priority) in moves(known.collect(), id, wanted) {
        query("update policy_rule set priority = $1 where id = $2").bind(priority).bind(&id).execute(conn).await?;
    }
    Ok(())
}

/// Which priorities change so that `id` is at `wanted`, the system's own is last, and there is no gap. An id that is not among them moves
/// nobody but closes gaps.
fn moves(mut known: Vec<(String, i64, bool)>, id: &str, wanted: Option<i64>) -> Vec<(String, i64)> {
    if let Some(position) = known.iter().position(|(known, _, is_system)| known == id && !is_system) {
        let moved = known.remove(position);
        let others = known.iter().filter(|(_, _, is_system)| !is_system).count();
        let wanted = wanted.and_then(|wanted| usize::try_from(wanted - 1).ok()).unwrap_or(others);
        known.insert(wanted.min(known.len()), moved);
    }
    // A stable sort: only the system's own goes to the end.
    known.sort_by_key(|(_, _, is_system)| *is_system);
    let numbered = known.into_iter().zip(1..);
    numbered.filter(|((_, before, _), now)| before != now).map(|((id, ..), now)| (id, now)).collect()
}

pub async fn set_active(conn: &mut Conn, id: &str, active: bool, now: Instant) -> Result<()> {
    let update = query("update policy set status = $1, updated_us = $2 where id = $3");
    update.bind(status(active)).bind(now.whole_second()).bind(id).execute(conn).await?;
    Ok(())
}

pub async fn set_rule_active(conn: &mut Conn, id: &str, active: bool, now: Instant) -> Result<()> {
    let update = query("update policy_rule set status = $1, updated_us = $2 where id = $3");
    update.bind(status(active)).bind(now.whole_second()).bind(id).execute(conn).await?;
    Ok(())
}

/// Removes a policy; apps that followed it follow the default again.
pub async fn delete(conn: &mut Conn, policy: &Policy) -> Result<()> {
    query("delete from policy where id = $1").bind(&policy.id).execute(conn).await?;
    place(conn, policy.kind, "", None).await
}

pub async fn delete_rule(conn: &mut Conn, rule: &PolicyRule) -> Result<()> {
    query("delete from policy_rule where id = $1").bind(&rule.id).execute(conn).await?;
    place_rule(conn, &rule.policy_id, "", None).await
}

/// The policy that an app was given; the default otherwise.
pub async fn of_app(conn: &mut Conn, app: &AppId, kind: Kind) -> Result<Policy> {
    let sql = format!(
        "select {POLICY_COLUMNS} from policy p join policy_mapping m on m.policy_id = p.id where m.app_id = $1 and m.type = $2"
    );
    let row = query(sql).bind(app.as_str()).bind(kind.as_str()).optional(conn).await?;
    match row {
        Some(row) => Policy::read(&row),
        None => system(conn, kind).await,
    }
}

/// Gives an app to a policy, and takes it from the one before; the mapping.
pub async fn assign(conn: &mut Conn, world: &World, app: &AppId, policy: &Policy) -> Result<Mapping> {
    let row = query(
        "insert into policy_mapping (id, app_id, type, policy_id) values ($1, $2, $3, $4)
         on conflict (app_id, type) do update set policy_id = excluded.policy_id returning id, app_id, policy_id",
    )
    .bind(generate(MAPPING_PREFIX, world))
    .bind(app.as_str())
    .bind(policy.kind.as_str())
    .bind(&policy.id)
    .one(conn)
    .await?;
    read_mapping(&row)
}

/// The apps that were given to a policy.
pub async fn mappings(conn: &mut Conn, policy: &str) -> Result<Vec<Mapping>> {
    let rows = query("select id, app_id, policy_id from policy_mapping where policy_id = $1 order by id limit $2");
    rows.bind(policy).bind(MAPPINGS_MAX).all(conn).await?.iter().map(read_mapping).collect()
}

/// A list of mappings is no longer.
const MAPPINGS_MAX: i64 = 1_000;

pub async fn delete_mapping(conn: &mut Conn, id: &str) -> Result<()> {
    query("delete from policy_mapping where id = $1").bind(id).execute(conn).await?;
    Ok(())
}

fn read_mapping(row: &Row) -> Result<Mapping> {
    Ok(Mapping { id: row.get("id")?, app_id: row.get::<String>("app_id")?.into(), policy_id: row.get("policy_id")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_takes_the_place_that_is_asked_and_the_default_stays_last() {
        let known = || {
            vec![
                ("a".to_owned(), 1, false),
                ("b".to_owned(), 2, false),
                ("z".to_owned(), 3, true),
                ("n".to_owned(), 4, false),
            ]
        };
        let moved = |id: &str, wanted| moves(known(), id, wanted);
        let pair = |id: &str, priority| (id.to_owned(), priority);
        assert_eq!(moved("n", None), [pair("n", 3), pair("z", 4)]);
        assert_eq!(moved("n", Some(1)), [pair("n", 1), pair("a", 2), pair("b", 3), pair("z", 4)]);
        assert_eq!(moved("n", Some(99)), [pair("n", 3), pair("z", 4)]);
        assert_eq!(moved("z", Some(1)), [pair("n", 3), pair("z", 4)]);
    }
}
