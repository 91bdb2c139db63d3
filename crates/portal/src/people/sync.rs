//! The sync: keeps people and roles in step with the org's groups, so that a change there is in force here within a minute.
//!
//! Each turn asks for the groups with our prefix and reads the members of those that moved, and asks for the people who changed.
//! Invariant: rights count from the beginning of the last turn that came to its end. An answer without any group is no reading,
//! and an administrator's group that comes back empty takes nobody's role.

use std::{
    collections::{HashMap, HashSet},
    sync::Weak,
    time::Duration,
};

use db::Conn;
use domain::{
    PersonId, Role,
    role::{ADMIN_GROUP, GROUP_PREFIX},
};
use okta::{Api, Group, User};
use store::{
    membership,
    org_group::OrgGroup,
    person::{Known, Seen},
};
use world::Instant;

use super::{
    checks::in_words,
    connected::Connected,
    lock,
    log::By,
    settings::{PEOPLE_READ, SYNCED, Settings, TOKEN_FACTS},
    token_facts::TokenFacts,
};
use crate::{Error, Portal, Result, State};

/// Time between two turns. With a turn's own duration a change is in force within a minute.
pub const SYNC_INTERVAL: Duration = Duration::from_secs(20);
/// Turns are moved by up to this much, so that several portals do not ask at once.
const JITTER_MS: u64 = 4_000;
/// Every group is read after this long whether it moved or not, for what a time stamp cannot tell.
const ALL_READ_EVERY: Duration = Duration::from_secs(10 * 60);
/// The org's time stamps have whole seconds: what moved this shortly before a reading may have moved once more after it.
const MARGIN: Duration = Duration::from_secs(5);
/// Turns between two looks at sessions that ended by time.
const SESSIONS_EVERY_TURNS: u32 = 45;

/// What is known of the bridge from its last use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Status {
    /// Why the last turn did not come to its end.
    pub(crate) problem: Option<String>,
    /// The org refuses the token, or a right is missing.
    pub(crate) token_problem: Option<String>,
    /// The org refused the client at the last sign-in.
    pub(crate) client_problem: Option<String>,
    /// Why the last sign-in came to nothing, where that was the org's doing.
    pub(crate) sign_in_problem: Option<String>,
}

/// What one turn did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    pub groups_read: usize,
    pub gained: usize,
    pub lost: usize,
    /// People whose sessions ended.
    pub ended: Vec<PersonId>,
}

/// What a turn begins with: the groups as the org lists them, and who changed.
struct Read {
    /// By our clock; rights count from here.
    began: Instant,
    groups: Vec<Group>,
    people: Vec<User>,
    /// By the org's clock.
    people_read_at: Instant,
    roles: Vec<Role>,
    stored: Vec<OrgGroup>,
}

impl Portal {
    /// One turn now, if sign-in with Okta is on.
    pub async fn sync(&self) -> Result<Synced> {
        let Some(connected) = self.connected().await?.filter(|connected| connected.is_enabled) else {
            return Ok(Synced::default());
        };
        self.read_org(&connected).await
    }

    /// One turn over this connection.
    pub(crate) async fn read_org(&self, connected: &Connected) -> Result<Synced> {
        let _one_at_a_time = self.people.syncing.lock().await;
        let mut synced = Synced::default();
        let turned = self.turn(connected, &mut synced).await;
        // Also of those whose rights ended before a later step of the turn failed.
        let ended = self.end_runs_of_each(&synced.ended).await;
        let synced = turned.and(ended).map(|()| synced);
        let mut status = lock(&self.people.sync_status);
        match &synced {
            Ok(_) => (status.problem, status.token_problem) = (None, None),
            Err(Error::Org(error)) => {
                let problem = in_words(error);
                let refused = matches!(error, okta::Error::TokenRefused | okta::Error::RightMissing { .. });
                status.token_problem = refused.then(|| problem.clone());
                status.problem = Some(problem);
            }
            Err(error) => status.problem = Some(error.to_string()),
        }
        synced
    }

    async fn turn(&self, connected: &Connected, synced: &mut Synced) -> Result<()> {
        let api = connected.api.in_background();
        let read = self.read_changes(&api).await?;
        let issuer = connected.org.issuer();
        let mut known = store::person::known(&mut *self.db.read().await?, issuer).await?;
        // Each group is written as soon as it is read: a turn that runs out of its share of the rate limit goes on where it ended.
        for role in &read.roles {
            let group = read.groups.iter().find(|group| group.name == role.group);
            let Some((members, read_at)) = self.members_if_moved(&api, role, group, &read.stored).await? else {
                continue;
            };
            let mut tx = self.db.begin().await?;
            self.follow_members(&mut tx, issuer, &mut known, role, group, &members, synced).await?;
            if let Some(group) = group {
                let moved_at = group.members_moved_at.unwrap_or(Instant::EPOCH);
                let members_count = i64::try_from(members.len()).unwrap_or(i64::MAX);
                let row = OrgGroup { id: group.id.clone(), name: group.name.clone(), moved_at, members_count, read_at };
                store::org_group::record(&mut tx, &row).await?;
            }
            tx.commit().await?;
            synced.groups_read += 1;
        }
        self.finish_turn(connected, &read, &mut known, synced).await?;
        let facts: Option<TokenFacts> = Settings::load(&mut *self.db.read().await?).await?.json(TOKEN_FACTS);
        if self.are_token_facts_old(facts.as_ref())
            && let Ok(facts) = TokenFacts::read(&api, self.now()).await
        {
            self.keep_token_facts(connected.revision, &facts).await?;
        }
        Ok(())
    }

    /// Asks the org which groups there are, and who changed.
    async fn read_changes(&self, api: &Api) -> Result<Read> {
        let (settings, roles, stored) = {
            let mut conn = self.db.read().await?;
            (
                Settings::load(&mut conn).await?,
                store::role::all(&mut conn).await?,
                store::org_group::all(&mut conn).await?,
            )
        };
        let began = self.now();
        let groups = api.groups(GROUP_PREFIX).await?;
        if groups.is_empty() {
            return Err(Error::Conflict(format!(
                "the org shows no group that begins with {GROUP_PREFIX}; nothing was changed, check the token's rights"
            )));
        }
        let people_read_at = api.org_now();
        let people = match settings.instant(PEOPLE_READ) {
            Some(since) => api.users_updated_since(since.minus(MARGIN)).await?,
            // The first time everybody comes with the groups.
            None => Vec::new(),
        };
        Ok(Read { began, groups, people, people_read_at, roles, stored })
    }

    /// The members of a role's group and when they were read, by the org's clock. None: nothing moved since the last reading.
    async fn members_if_moved(
        &self,
        api: &Api,
        role: &Role,
        group: Option<&Group>,
        stored: &[OrgGroup],
    ) -> Result<Option<(Vec<User>, Instant)>> {
        let read_at = api.org_now();
        let Some(group) = group else {
            // The group is gone, and so are its members. Those who are kept as administrators are known to be.
            let holders = membership::holders(&mut *self.db.read().await?, &role.id).await?;
            return Ok(holders.iter().any(|holder| !holder.is_held).then(|| (Vec::new(), read_at)));
        };
        let before = stored.iter().find(|stored| stored.id == group.id);
        if before.is_some_and(|before| !has_moved(before, group) && read_at.since(before.read_at) < ALL_READ_EVERY) {
            return Ok(None);
        }
        Ok(Some((api.members(&group.id).await?, read_at)))
    }

    /// Makes the holders of a role those who are in its group.
    #[expect(clippy::too_many_arguments, reason = "one group's reading, and what the turn carries along")]
    async fn follow_members(
        &self,
        conn: &mut Conn,
        issuer: &str,
        known: &mut HashMap<String, Known>,
        role: &Role,
        group: Option<&Group>,
        members: &[User],
        synced: &mut Synced,
    ) -> Result<()> {
        let mut present = HashSet::new();
        for user in members {
            let person = self.see(conn, issuer, known, user, synced).await?;
            synced.gained += usize::from(self.gain(conn, &person, &user.name, role).await?);
            if let Some(group) = group {
                membership::join_group(conn, &person, &group.name).await?;
            }
            present.insert(person);
        }
        let holders = membership::holders(conn, &role.id).await?;
        let somebody_administers = members.iter().any(User::is_active);
        for holder in holders.iter().filter(|holder| !present.contains(&holder.person)) {
            if role.group == ADMIN_GROUP && !somebody_administers && holder.is_active {
                if membership::set_held(conn, &holder.person, &role.id, true).await? {
                    let detail = format!("{ADMIN_GROUP} has no active member in the org");
                    self.note(
                        conn,
                        By::Person(&holder.person, &holder.name),
                        "rights",
                        "kept the last administrator",
                        &detail,
                    )
                    .await?;
                }
                continue;
            }
            synced.lost += usize::from(self.lose(conn, &holder.person, &holder.name, role).await?);
            membership::leave_group(conn, &holder.person, &role.group).await?;
            if membership::count_of_person(conn, &holder.person).await? == 0 {
                self.end(conn, &holder.person, &holder.name, "no group gives a role any more", synced).await?;
            }
        }
        Ok(())
    }

    /// Records somebody as the org describes them, if anything changed. Who is no longer active is signed out.
    async fn see(
        &self,
        conn: &mut Conn,
        issuer: &str,
        known: &mut HashMap<String, Known>,
        user: &User,
        synced: &mut Synced,
    ) -> Result<PersonId> {
        let before = known.get(&user.id);
        let is_same = before.is_some_and(|before| {
            before.name == user.name
                && before.login == user.login
                && before.email == user.email
                && before.status == user.status
        });
        if let Some(before) = before.filter(|_| is_same) {
            return Ok(before.id.clone());
        }
        let status_changed = before.is_some_and(|before| before.status != user.status);
        let seen = Seen {
            issuer,
            subject: &user.id,
            name: &user.name,
            login: &user.login,
            email: &user.email,
            status: &user.status,
            is_active: user.is_active(),
        };
        let id = store::person::record(conn, self.world.random.as_ref(), &seen, self.now()).await?;
        if status_changed && !user.is_active() {
            self.end(conn, &id, &user.name, &format!("the org has them as {}", user.status), synced).await?;
        }
        let now_known = Known {
            id: id.clone(),
            name: user.name.clone(),
            login: user.login.clone(),
            email: user.email.clone(),
            status: user.status.clone(),
        };
        known.insert(user.id.clone(), now_known);
        Ok(id)
    }

    async fn end(&self, conn: &mut Conn, person: &PersonId, name: &str, why: &str, synced: &mut Synced) -> Result<()> {
        store::person::end_sessions(conn, person).await?;
        self.note(conn, By::Person(person, name), "rights", "ended the sessions", why).await?;
        synced.ended.push(person.clone());
        Ok(())
    }

    /// People who changed, groups that are gone, and the time from which rights count.
    async fn finish_turn(
        &self,
        connected: &Connected,
        read: &Read,
        known: &mut HashMap<String, Known>,
        synced: &mut Synced,
    ) -> Result<()> {
        let issuer = connected.org.issuer();
        let mut tx = self.db.begin().await?;
        // Somebody may have connected another org meanwhile: this reading is not of it.
        if Settings::load(&mut tx).await?.domain() != issuer {
            return Err(Error::Conflict("the connection to the org was changed while it was read".to_owned()));
        }
        for user in &read.people {
            // Only those who are ours: everybody else comes with a group.
            if known.contains_key(&user.id) {
                self.see(&mut tx, issuer, known, user, synced).await?;
            }
        }
        for gone in read.stored.iter().filter(|stored| !read.groups.iter().any(|group| group.id == stored.id)) {
            store::org_group::delete(&mut tx, &gone.id).await?;
        }
        let us = |instant: Instant| instant.as_us().to_string();
        store::setting::put(&mut tx, SYNCED, &us(read.began), self.now()).await?;
        store::setting::put(&mut tx, PEOPLE_READ, &us(read.people_read_at), self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Turns again and again, until the portal stops or is gone.
    pub(crate) fn keep_in_step(&self) {
        let stopping = self.runner.stopping.clone();
        let portal: Weak<State> = std::sync::Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut turns = 0_u32;
            loop {
                let Some(wait) = portal.upgrade().map(|state| Portal(state).wait_before_turn()) else { return };
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(wait) => {}
                }
                let Some(portal) = portal.upgrade().map(Portal) else { return };
                let turn = async {
                    if turns.is_multiple_of(SESSIONS_EVERY_TURNS) {
                        portal.remove_ended_sessions().await?;
                    }
                    portal.sync().await
                };
                tokio::select! {
                    () = stopping.cancelled() => return,
                    turned = turn => match turned {
                        Ok(synced) if synced.gained + synced.lost + synced.ended.len() > 0 => {
                            tracing::info!(gained = synced.gained, lost = synced.lost, ended = synced.ended.len(), "followed the org");
                        }
                        Ok(_) => {}
                        Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "the org could not be followed"),
                    },
                }
                turns = turns.wrapping_add(1);
            }
        });
    }

    fn wait_before_turn(&self) -> Duration {
        let drawn = u64::from_le_bytes(self.world.random.bytes::<8>()) % (2 * JITTER_MS);
        SYNC_INTERVAL - Duration::from_millis(JITTER_MS) + Duration::from_millis(drawn)
    }
}

/// Whether a group's members have to be read: it moved, was renamed, or moved so shortly before the last reading that it may have
/// moved again within the same second.
fn has_moved(stored: &OrgGroup, group: &Group) -> bool {
    let moved_at = group.members_moved_at.unwrap_or(Instant::EPOCH);
    group.members_moved_at.is_none()
        || stored.moved_at != moved_at
        || stored.name != group.name
        || stored.read_at < moved_at.plus(MARGIN)
}
