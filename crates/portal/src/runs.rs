//! Runs: execute an assigned report, follow it, keep it, cancel it, remove it, and Completed.
//!
//! Invariant: a run is recorded, and the record committed, before anything reaches the reader's database.

use std::time::Duration;

use domain::{
    Actor, Asked, Assignment, AssignmentId, Denied, ParameterProblem, Permission, Permit, Run, RunId, RunState, Values,
    actor::{Execute, Remove, See},
    parameter,
    run::GivenParameter,
};
use futures::{Stream, stream};
use store::{Listing, Page};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::{
    Error, Portal, Result,
    runner::{Live, Order},
};

/// Two states of a run are told no closer together than this.
pub(crate) const EVENT_INTERVAL: Duration = Duration::from_millis(250);
/// A listener is let go after this time and comes again, so that its rights are asked again.
pub(crate) const EVENTS_FOR_MAX: Duration = Duration::from_secs(300);
pub const IDEMPOTENCY_KEY_CHARS_MAX: usize = 200;

/// What can be done with a run, all told; a person may do some of it.
pub const RUN_ACTIONS: [&str; 6] = ["view", "download", "keep", "cancel", "delete", "re-execute"];

/// What a reader gives to run a report.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub parameters: Values,
    pub asked: Asked,
    /// Listed on Completed from its beginning; what Download asks for is kept in any case.
    pub keep: bool,
    /// A request that comes twice under one key runs once.
    pub idempotency_key: Option<String>,
}

/// A run as one person sees it at this moment.
#[derive(Clone, Debug, PartialEq)]
pub struct RunStatus {
    pub run: Run,
    /// Rows that can be read already.
    pub readable_rows: i64,
    /// Of [`RUN_ACTIONS`].
    pub actions: Vec<&'static str>,
}

impl Portal {
    /// Starts a run of an assigned report; returns once the run is recorded, not once it is done.
    pub async fn execute(&self, actor: &Actor, id: &AssignmentId, new: NewRun) -> Result<RunStatus> {
        let report = store::assignment::find(&mut *self.db.read().await?, id).await?.ok_or(Error::NotFound)?;
        let permit =
            actor.may(Execute { assignment: &report.assignment, now: self.now() }).map_err(|denied| match denied {
                Denied::Lapsed => Error::Lapsed { report: report.view_title.clone() },
                other => other.into(),
            })?;
        let (run, order) = self.prepared(actor, permit, report.role_name, &new).await?;
        if let Some(earlier) = self.begun_under(new.idempotency_key.as_deref(), &run).await? {
            return Ok(self.status(actor, earlier));
        }
        let (portal, actor) = (self.clone(), actor.clone());
        to_the_end(async move {
            let run = portal.begin(&actor, run, order, new.idempotency_key.as_deref()).await?;
            Ok(portal.status(&actor, run))
        })
        .await
    }

    /// The View's current version, with the reader's values and Defined Fields bound: a run to record, and what carries it out.
    async fn prepared(
        &self,
        actor: &Actor,
        permit: Permit<Assignment>,
        role_name: String,
        new: &NewRun,
    ) -> Result<(Run, Order)> {
        let assignment = permit.subject;
        let conn = &mut self.db.read().await?;
        let view = store::view::find(conn, &assignment.view).await?.ok_or(Error::NotFound)?;
        let version = store::view::version(conn, &view.id, view.version).await?.ok_or(Error::NotFound)?;
        let connection =
            store::connection::find(conn, &assignment.connection).await?.ok_or(Error::NotFound)?.connection;

        let definition = version.definition;
        let values = parameter::read(&definition.parameters, &new.parameters).map_err(|problem| match problem {
            ParameterProblem::Missing(names) => Error::ParametersMissing { report: view.title.clone(), names },
            ParameterProblem::Invalid(errors) => Error::Invalid(errors),
        })?;
        let query = definition
            .template()
            .and_then(|template| template.bind(actor.security_context(), &values))
            .map_err(|error| Error::invalid("sql", error.to_string()))?;
        let given = definition.parameters.iter().map(|parameter| GivenParameter {
            name: parameter.name.clone(),
            label: parameter.label.clone(),
            values: values.get(&parameter.name).cloned().unwrap_or_default(),
        });
        let run = Run {
            id: RunId::new(self.world.random.as_ref()),
            assignment: Some(assignment.id),
            view: view.id,
            view_version: view.version,
            title: view.title,
            report_type: assignment.report_type,
            connection_name: connection.name.clone(),
            role: Some(assignment.role).filter(|role| actor.holds(role)),
            role_name,
            person: actor.person.clone(),
            person_name: actor.name.clone(),
            asked: new.asked,
            kept: new.keep || new.asked == Asked::Download,
            state: RunState::Queued,
            parameters: given.collect(),
            columns: definition.columns.clone(),
            query_identity: query.identity(),
            withheld: query.withheld().to_vec(),
            rows: 0,
            bytes: 0,
            cut_at_rows_max: false,
            database_us: 0,
            created_at: self.now(),
            started_at: None,
            finished_at: None,
            expires_at: None,
            failure: None,
        };
        let order = Order { run: run.id.clone(), connection, query, columns: definition.columns };
        Ok((run, order))
    }

    /// Records a run and starts it. Errors: `NotSignedIn` when the person's rights ended since they were read; whoever ends
    /// them after this finds the run and ends it too.
    async fn begin(&self, actor: &Actor, run: Run, order: Order, key: Option<&str>) -> Result<Run> {
        let reservation = self.reserve(&run.id, &actor.person)?;
        let mut tx = self.db.begin().await?;
        if let Some(epoch) = actor.epoch
            && !store::person::hold_epoch(&mut tx, &actor.person, epoch).await?
        {
            return Err(Error::NotSignedIn);
        }
        if !store::run::insert(&mut tx, &run, &self.node, key).await? {
            drop(tx);
            return self.begun_under(key, &run).await?.ok_or(Error::NotFound);
        }
        let what = format!("{} on {} ({})", run.title, run.connection_name, run.id);
        self.record(&mut tx, actor, "run", run.asked.as_str(), &what).await?;
        tx.commit().await?;
        self.start(reservation, order);
        Ok(run)
    }

    /// The run that this person began before under the same key, if it asked for the same.
    async fn begun_under(&self, key: Option<&str>, run: &Run) -> Result<Option<Run>> {
        let Some(key) = key else { return Ok(None) };
        if key.is_empty() || key.chars().count() > IDEMPOTENCY_KEY_CHARS_MAX || key.chars().any(char::is_control) {
            let message = format!("a key of 1 to {IDEMPOTENCY_KEY_CHARS_MAX} characters");
            return Err(Error::invalid("Idempotency-Key", message));
        }
        let Some(earlier) = store::run::find_by_key(&mut *self.db.read().await?, &run.person, key).await? else {
            return Ok(None);
        };
        // One that was not to be kept may have been kept since.
        let is_same = earlier.assignment == run.assignment
            && earlier.parameters == run.parameters
            && earlier.asked == run.asked
            && (earlier.kept || !run.kept);
        if is_same {
            Ok(Some(earlier))
        } else {
            Err(Error::Conflict("this idempotency key belongs to another request".to_owned()))
        }
    }

    /// Completed: one's own kept runs, or everybody's for who may see all results.
    pub async fn runs(&self, actor: &Actor, state: Option<RunState>, listing: &Listing) -> Result<Page<RunStatus>> {
        let person = if actor.has(Permission::SeeAllResults) { None } else { Some(&actor.person) };
        let page = store::run::list(&mut *self.db.read().await?, person, state, listing).await?;
        Ok(page.map(|run| self.status(actor, run)))
    }

    pub async fn run(&self, actor: &Actor, id: &RunId) -> Result<RunStatus> {
        let run = self.seen(actor, id).await?;
        Ok(self.status(actor, run))
    }

    /// Puts a run on Completed that Execute began, where it stays as long as any. One that is kept already stays as it is.
    pub async fn keep_run(&self, actor: &Actor, id: &RunId) -> Result<RunStatus> {
        let mut tx = self.db.begin().await?;
        let run = store::run::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        let permit = actor.may(Remove(&run))?;
        if run.kept {
            return Ok(self.status(actor, run));
        }
        if !store::run::keep(&mut tx, id, self.now().plus(self.config.results_keep)).await? {
            return Err(Error::Conflict(format!("this run is {} and has nothing to keep", run.state.as_str())));
        }
        self.record(&mut tx, actor, "run", "keep", &format!("{} ({id})", permit.subject.title)).await?;
        let run = store::run::find(&mut tx, id).await?.ok_or(Error::NotFound)?;
        tx.commit().await?;
        Ok(self.status(actor, run))
    }

    /// Ends a run and stops the database's work for it.
    pub async fn cancel_run(&self, actor: &Actor, id: &RunId) -> Result<RunStatus> {
        let (portal, actor, id) = (self.clone(), actor.clone(), id.clone());
        to_the_end(async move {
            let mut tx = portal.db.begin().await?;
            let run = store::run::find(&mut tx, &id).await?.ok_or(Error::NotFound)?;
            let permit = actor.may(Remove(&run))?;
            let ended = portal.ended(&id, RunState::Cancelled, None);
            if !store::run::end(&mut tx, &id, &ended).await? {
                if run.state == RunState::Cancelled {
                    return Ok(portal.status(&actor, run));
                }
                return Err(Error::Conflict(format!("this run has ended already: it is {}", run.state.as_str())));
            }
            portal.record(&mut tx, &actor, "run", "cancel", &format!("{} ({id})", permit.subject.title)).await?;
            let run = store::run::find(&mut tx, &id).await?.ok_or(Error::NotFound)?;
            tx.commit().await?;
            portal.runner.stop(&id);
            Ok(portal.status(&actor, run))
        })
        .await
    }

    /// Removes a run that has ended, with its data.
    pub async fn remove_run(&self, actor: &Actor, id: &RunId) -> Result<()> {
        let (portal, actor, id) = (self.clone(), actor.clone(), id.clone());
        to_the_end(async move {
            let mut tx = portal.db.begin().await?;
            let run = store::run::find(&mut tx, &id).await?.ok_or(Error::NotFound)?;
            let permit = actor.may(Remove(&run))?;
            if !store::run::delete(&mut tx, &id).await? {
                return Err(Error::Conflict("this run still goes on; cancel it first".to_owned()));
            }
            let what = format!("{} of {} ({id})", permit.subject.title, permit.subject.person_name);
            portal.record(&mut tx, &actor, "run", "delete", &what).await?;
            tx.commit().await?;
            // The row is gone: what is left of the data, should this fail, goes with the sweep of the next start.
            portal.results.delete(&id)?;
            Ok(())
        })
        .await
    }

    /// The states of a run, the present one first, until it has ended: at most one every [`EVENT_INTERVAL`], and for
    /// [`EVENTS_FOR_MAX`] at most.
    pub async fn follow_run(&self, actor: &Actor, id: &RunId) -> Result<impl Stream<Item = RunStatus> + Send + use<>> {
        self.seen(actor, id).await?;
        let follower = Follower {
            portal: self.clone(),
            actor: actor.clone(),
            id: id.clone(),
            changes: self.runner.changes(id),
            told_at: None,
            until: Instant::now() + EVENTS_FOR_MAX,
            _listening: self.runner.followers.token(),
        };
        Ok(stream::unfold(Some(follower), |follower| async move { follower?.next().await }))
    }

    /// A run that this person may see, and looks at.
    pub(crate) async fn seen(&self, actor: &Actor, id: &RunId) -> Result<Run> {
        let run = store::run::find(&mut *self.db.read().await?, id).await?.ok_or(Error::NotFound)?;
        let mut run = actor.may(See(&run))?.subject;
        self.looked_at(&mut run).await?;
        Ok(run)
    }

    fn status(&self, actor: &Actor, run: Run) -> RunStatus {
        let (run, readable_rows) = self.with_live(run);
        let actions = actions(actor, &run);
        RunStatus { run, readable_rows, actions }
    }
}

/// Does work to its end also when who asked for it goes away half-way, as a browser does that closes its connection: what is
/// recorded is then also started, stopped or removed.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Error::Stopping),
    }
}

/// What this person may do with a run that they may see.
fn actions(actor: &Actor, run: &Run) -> Vec<&'static str> {
    let mut actions = Vec::new();
    if matches!(run.state, RunState::Running | RunState::Completed) {
        actions.push("view");
    }
    if run.state == RunState::Completed {
        actions.push("download");
    }
    if actor.may(Remove(run)).is_ok() {
        if !run.kept && matches!(run.state, RunState::Queued | RunState::Running | RunState::Completed) {
            actions.push("keep");
        }
        actions.push(if run.state.is_final() { "delete" } else { "cancel" });
    }
    let reaches = actor.has(Permission::ExecuteAny)
        || (actor.has(Permission::Execute) && run.role.as_ref().is_some_and(|role| actor.holds(role)));
    let may_again = run.person == actor.person || actor.has(Permission::ExecuteAny);
    if run.state.is_final() && run.assignment.is_some() && may_again && reaches {
        actions.push("re-execute");
    }
    actions
}

/// Somebody who listens to a run.
struct Follower {
    portal: Portal,
    actor: Actor,
    id: RunId,
    changes: Option<watch::Receiver<Live>>,
    told_at: Option<Instant>,
    until: Instant,
    _listening: TaskTrackerToken,
}

impl Follower {
    async fn next(mut self) -> Option<(RunStatus, Option<Follower>)> {
        if let Some(told_at) = self.told_at {
            tokio::time::timeout_at(self.until, self.changed()).await.ok()?;
            tokio::time::sleep_until(told_at + EVENT_INTERVAL).await;
        }
        // What changes from here on is told next time.
        if let Some(changes) = &mut self.changes {
            changes.borrow_and_update();
        }
        let status = self.portal.run(&self.actor, &self.id).await.ok()?;
        // Without a task that carries it out nothing more will happen to it here.
        let is_last = status.run.state.is_final() || self.changes.is_none();
        self.told_at = Some(Instant::now());
        Some((status, Some(self).filter(|_| !is_last)))
    }

    /// Waits for the next change. The task that carries a run out leaves once it has ended, which is a change too.
    async fn changed(&mut self) {
        let Some(changes) = &mut self.changes else { return };
        if changes.changed().await.is_err() {
            self.changes = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_its_caller_is_gone() {
        let (go, wait) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let mut asked = Box::pin(to_the_end(async move {
            let _ = wait.await;
            let _ = tell.send("done");
            Ok(())
        }));
        assert!(futures::poll!(asked.as_mut()).is_pending());
        drop(asked);
        go.send(()).unwrap();
        assert_eq!(told.await, Ok("done"));
    }
}
