//! Asking rules about people, and giving and taking back what follows.
//!
//! A person is asked about in the transaction of the change that they had. A rule is asked about everybody page by page, each page one
//! transaction: a stop in between is picked up by [`resume`]. Invariant: a page locks its people before any group changes, as every
//! change of one person does, so that two of them never wait for each other.

use std::{collections::HashMap, time::Duration};

use db::Conn;

use super::person::{Person, Ready};
use crate::{
    Org, Result,
    model::{
        change::Change,
        group,
        group_rule::{self, GroupRule, RuleStatus},
        id::{GroupId, GroupRuleId, UserId},
        log::{CallOrigin, Event, Party},
        membership,
        user::{self, Status, User},
        user_list,
    },
};

/// People in one transaction.
const PAGE: i64 = 200;
/// A rule may ask for groups that another one gives; so many times a person is asked about again before it is called a circle.
const ROUNDS_MAX: usize = 5;
/// Failures of one rule that a transaction tells of: one that fails for everybody shall not fill the log.
const FAILURES_TOLD_MAX: u32 = 3;
/// How long a call waits for a rule to have been asked about everybody; the rest goes on behind it.
const WAIT: Duration = Duration::from_secs(10);

/// How the log names a rule.
pub fn party(rule: &GroupRule) -> Party {
    Party::new(rule.id.as_str(), "UserGroupRule", &rule.name, &rule.name)
}

/// The active rules. One that can no longer be read wants nobody, and loses nobody.
async fn ready(conn: &mut Conn) -> Result<Vec<Ready>> {
    Ok(group_rule::active(conn).await?.iter().filter_map(|rule| Ready::new(rule).ok()).collect())
}

/// Asks every active rule about one person who has just changed.
pub async fn reconsider(change: &mut Change, id: &UserId) -> Result<()> {
    let rules = ready(change).await?;
    if rules.is_empty() { Ok(()) } else { reconsider_by(change, &rules, id).await }
}

async fn reconsider_by(change: &mut Change, rules: &[Ready], id: &UserId) -> Result<()> {
    for round in 0.. {
        let Some(user) = user::by_id(change, id).await?.filter(|user| user.status != Status::Deprovisioned) else {
            return Ok(());
        };
        let groups = membership::groups_of(change, id).await?;
        let given = membership::given_to(change, id).await?;
        let mut changed = false;
        for rule in rules {
            let has = |group: &GroupId| given.iter().any(|(by, to)| *by == rule.id && to == group);
            changed |= settle(change, rule, &Person { user: &user, groups: &groups }, has, &mut 0).await?;
        }
        if !changed || !rules.iter().any(Ready::asks_for_groups) {
            break;
        }
        if round >= ROUNDS_MAX {
            change.record(
                Event::new("group.user_membership.rule.error")
                    .target(Party::user(&user))
                    .debug("reason", "the rules ask for groups that they give and take in a circle"),
            );
            break;
        }
    }
    Ok(())
}

/// Gives one person what a rule gives them, or takes it back. `true`: their groups changed.
async fn settle(
    change: &mut Change,
    rule: &Ready,
    person: &Person<'_>,
    has: impl Fn(&GroupId) -> bool,
    failures: &mut u32,
) -> Result<bool> {
    let wanted = match rule.wants(person) {
        Ok(wanted) => wanted,
        Err(failed) => {
            *failures += 1;
            if *failures <= FAILURES_TOLD_MAX {
                change.record(
                    Event::new("group.user_membership.rule.error")
                        .target(Party::user(person.user))
                        .debug("ruleId", rule.id.as_str())
                        .debug("reason", failed.to_string()),
                );
            }
            false
        }
    };
    let now = change.now;
    let mut changed = false;
    for target in &rule.targets {
        let kind = match (wanted, has(target)) {
            (true, false) if membership::give(change, target, &person.user.id, &rule.id, now).await? => {
                "group.user_membership.add"
            }
            (false, true) if membership::take_back(change, target, &person.user.id, &rule.id, now).await? => {
                "group.user_membership.remove"
            }
            _ => continue,
        };
        changed = true;
        record(change, kind, target, person.user, &rule.id).await?;
    }
    Ok(changed)
}

async fn record(
    change: &mut Change,
    kind: &'static str,
    group: &GroupId,
    user: &User,
    rule: &GroupRuleId,
) -> Result<()> {
    if let Some(group) = group::by_id(change, group).await? {
        let event = Event::new(kind).target(Party::user(user)).target(Party::group(&group));
        change.record(event.debug("ruleId", rule.as_str()));
    }
    Ok(())
}

/// Asks a rule about everybody, until it is done or was stopped.
pub async fn run(org: &Org, id: &GroupRuleId, by: &Party, origin: &CallOrigin) -> Result<()> {
    while step(org, id, by, origin).await? {}
    Ok(())
}

/// One page. `false`: there is no other.
async fn step(org: &Org, id: &GroupRuleId, by: &Party, origin: &CallOrigin) -> Result<bool> {
    let mut change = Change::begin(org, by.clone(), origin.clone()).await?;
    let Some(from) = group_rule::pending_after(&mut change, id).await? else { return Ok(false) };
    let Some(rule) = group_rule::by_id(&mut change, id).await? else { return Ok(false) };
    let people = user_list::locked_page(&mut change, &from, PAGE).await?;
    let last = people.last().map(|user| user.id.as_str().to_owned());
    let more = i64::try_from(people.len()).is_ok_and(|len| len == PAGE);
    if !group_rule::move_on(&mut change, id, &from, last.as_deref().filter(|_| more)).await? {
        return Ok(false);
    }
    let Ok(ready) = Ready::new(&rule) else {
        let now = change.now;
        group_rule::set_status(&mut change, id, RuleStatus::Invalid, false, now).await?;
        change.record(Event::new("group.user_membership.rule.invalidate").target(party(&rule)));
        change.commit().await?;
        return Ok(false);
    };
    let groups = if ready.asks_for_groups() {
        user_list::groups_between(&mut change, &from, last.as_deref().unwrap_or_default()).await?
    } else {
        HashMap::new()
    };
    let given = user_list::given_between(&mut change, id, &from, last.as_deref().unwrap_or_default()).await?;
    let (mut moved, mut failures) = (Vec::new(), 0);
    for user in &people {
        let groups = groups.get(user.id.as_str()).map_or(&[][..], Vec::as_slice);
        let has = |group: &GroupId| given.contains(&(user.id.as_str().to_owned(), group.as_str().to_owned()));
        if settle(&mut change, &ready, &Person { user, groups }, has, &mut failures).await? {
            moved.push(user.id.clone());
        }
    }
    let others = if moved.is_empty() { Vec::new() } else { self::ready(&mut change).await? };
    if others.iter().any(Ready::asks_for_groups) {
        for user in &moved {
            reconsider_by(&mut change, &others, user).await?;
        }
    }
    change.commit().await?;
    Ok(more)
}

/// Takes back everything that a rule gave, page by page.
pub async fn take_back(org: &Org, id: &GroupRuleId, by: &Party, origin: &CallOrigin) -> Result<()> {
    loop {
        let mut change = Change::begin(org, by.clone(), origin.clone()).await?;
        let given = membership::given_by(&mut change, id, PAGE).await?;
        if given.is_empty() {
            return Ok(());
        }
        let mut people: Vec<UserId> = given.iter().map(|(_, user)| user.clone()).collect();
        people.dedup();
        let mut known = HashMap::new();
        for id in &people {
            if let Some(user) = user_list::locked(&mut change, id).await? {
                known.insert(id.clone(), user);
            }
        }
        let now = change.now;
        for (group, user) in &given {
            let ended = membership::take_back(&mut change, group, user, id, now).await?;
            if let Some(user) = known.get(user).filter(|_| ended) {
                record(&mut change, "group.user_membership.remove", group, user, id).await?;
            }
        }
        let others = self::ready(&mut change).await?;
        if others.iter().any(Ready::asks_for_groups) {
            for user in &people {
                reconsider_by(&mut change, &others, user).await?;
            }
        }
        change.commit().await?;
    }
}

/// Waits for work that goes on without the call; what is not done in [`WAIT`] is done behind it.
pub async fn wait_for(org: &Org, work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let org = org.id.clone();
    let task = tokio::spawn(async move {
        let done = work.await;
        if let Err(error) = &done {
            tracing::warn!(error = error as &dyn std::error::Error, %org, "a group rule could not be asked about everybody");
        }
        done
    });
    match tokio::time::timeout(WAIT, task).await {
        Ok(Ok(done)) => done,
        // It goes on, or it will be taken up again by `resume`.
        Ok(Err(_)) | Err(_) => Ok(()),
    }
}

/// Takes up what a stop or a failure left: rules that are yet to be asked about everybody, and what rules gave that are no longer active.
pub async fn resume(org: &Org) -> Result<()> {
    let (pending, stopped) = {
        let mut reader = org.db.read().await?;
        (group_rule::pending(&mut reader).await?, group_rule::stopped_with_members(&mut reader).await?)
    };
    for (id, _) in pending {
        run(org, &id, &Party::system(), &CallOrigin::default()).await?;
    }
    for id in stopped {
        take_back(org, &id, &Party::system(), &CallOrigin::default()).await?;
    }
    Ok(())
}

/// A group is about to go: rules that need it become invalid, and those that ask for groups are asked again about everybody.
/// The caller runs [`resume`] after its commit.
pub async fn group_goes(change: &mut Change, group: &group::Group) -> Result<()> {
    let now = change.now;
    for rule in group_rule::needing(change, &group.id).await? {
        group_rule::set_status(change, &rule.id, RuleStatus::Invalid, false, now).await?;
        change.record(
            Event::new("group.user_membership.rule.invalidate").target(party(&rule)).target(Party::group(group)),
        );
    }
    ask_again(change).await
}

/// Groups themselves changed: every rule that asks for groups is to be asked about everybody.
pub async fn ask_again(change: &mut Change) -> Result<()> {
    for rule in ready(change).await?.iter().filter(|rule| rule.asks_for_groups()) {
        group_rule::ask_everybody(change, &rule.id).await?;
    }
    Ok(())
}

/// Somebody was taken out by hand: the rules that put them in leave them alone from now on.
pub async fn exclude_from_rules(change: &mut Change, group: &group::Group, user: &User) -> Result<()> {
    for id in membership::rules_behind(change, &group.id, &user.id).await? {
        if let Some(rule) = group_rule::by_id(change, &id).await?
            && group_rule::exclude(change, &id, &user.id).await?
        {
            change.record(
                Event::new("group.user_membership.rule.add_exclusion").target(party(&rule)).target(Party::user(user)),
            );
        }
    }
    Ok(())
}
