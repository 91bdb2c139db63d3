//! The runner: carries recorded runs out, one task each, within the places that connections and the server give.
//!
//! Invariant: whoever ends a run from outside writes that into the store first and stops the task then; the task finds its own
//! update refused and leaves nothing behind. So each run has one end, whoever was first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{BoundQuery, Column, Connection, ConnectionId, PersonId, Run, RunId, RunState, run::Failure};
use futures::StreamExt;
use results::{FillError, Progress};
use source::Limits;
use store::run::{Completed, Ended};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Error, Portal, Result, views::joined};

/// Runs carried out at once, over all connections: each holds a few batches and one encoder.
pub(crate) const RUNNING_MAX: usize = 16;
/// Runs queued and running at once, over all people.
pub(crate) const ACTIVE_MAX: usize = 500;
/// Runs queued and running at once of one person.
pub(crate) const ACTIVE_OF_PERSON_MAX: usize = 20;

/// What is known of a run while it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Live {
    /// Rows that came from the database.
    pub(crate) rows: u64,
    /// Rows that can be read already.
    pub(crate) readable_rows: u64,
    pub(crate) is_running: bool,
    pub(crate) has_ended: bool,
}

/// What a task needs to carry a recorded run out.
pub(crate) struct Order {
    pub(crate) run: RunId,
    pub(crate) connection: Connection,
    pub(crate) query: BoundQuery,
    /// The columns as the View describes them.
    pub(crate) columns: Vec<Column>,
}

pub(crate) struct Runner {
    active: Mutex<HashMap<RunId, Active>>,
    places: Arc<Semaphore>,
    at_connections: Mutex<HashMap<ConnectionId, (u32, Arc<Semaphore>)>>,
    pub(crate) tasks: TaskTracker,
    /// Those who listen to a run: a stop lets them hear its end.
    pub(crate) followers: TaskTracker,
    /// Requested once the portal stops: nothing new begins, and the janitor ends.
    pub(crate) stopping: CancellationToken,
}

struct Active {
    person: PersonId,
    cancel: CancellationToken,
    live: watch::Sender<Live>,
}

/// A place among the active runs, taken before the run is recorded. Dropped before [`Portal::start`] it is given back.
pub(crate) struct Reservation {
    portal: Portal,
    run: RunId,
    is_started: bool,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if !self.is_started {
            self.portal.runner.leave(&self.run);
        }
    }
}

/// Why a run did not reach its end.
enum Stop {
    Cancelled,
    /// The reader's query, database or network.
    Source(source::Error),
    /// We failed.
    Ours(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        match error {
            Error::Source(source::Error::Cancelled) => Stop::Cancelled,
            Error::Source(error) if !error.ours() => Stop::Source(error),
            other => Stop::Ours(other),
        }
    }
}

impl From<source::Error> for Stop {
    fn from(error: source::Error) -> Stop {
        Error::from(error).into()
    }
}

impl Runner {
    pub(crate) fn new() -> Runner {
        Runner {
            active: Mutex::default(),
            places: Arc::new(Semaphore::new(RUNNING_MAX)),
            at_connections: Mutex::default(),
            tasks: TaskTracker::new(),
            followers: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// What is known of a run that goes on in this process.
    pub(crate) fn live(&self, run: &RunId) -> Option<Live> {
        self.with_active(|active| active.get(run).map(|active| *active.live.borrow()))
    }

    /// Wakes whenever something about the run changes. None: it does not go on here.
    pub(crate) fn changes(&self, run: &RunId) -> Option<watch::Receiver<Live>> {
        self.with_active(|active| active.get(run).map(|active| active.live.subscribe()))
    }

    /// Stops the task of a run and with it the database's work.
    pub(crate) fn stop(&self, run: &RunId) {
        self.with_active(|active| {
            if let Some(active) = active.get(run) {
                active.cancel.cancel();
            }
        });
    }

    pub(crate) fn ids(&self) -> Vec<RunId> {
        self.with_active(|active| active.keys().cloned().collect())
    }

    fn enter(&self, run: &RunId, person: &PersonId) -> Result<()> {
        self.with_active(|active| {
            if self.stopping.is_cancelled() {
                return Err(Error::Stopping);
            }
            let own = active.values().filter(|active| active.person == *person).count();
            if own >= ACTIVE_OF_PERSON_MAX {
                let message = format!("{own} runs of yours are under way already; wait for one of them or cancel it");
                return Err(Error::TooMany(message));
            }
            if active.len() >= ACTIVE_MAX {
                return Err(Error::TooMany("too many reports are running at this moment".to_owned()));
            }
            let (live, _) = watch::channel(Live::default());
            active.insert(run.clone(), Active { person: person.clone(), cancel: CancellationToken::new(), live });
            Ok(())
        })
    }

    fn leave(&self, run: &RunId) {
        let left = self.with_active(|active| active.remove(run));
        if let Some(left) = left {
            left.live.send_modify(|live| live.has_ended = true);
        }
    }

    fn with_active<T>(&self, with: impl FnOnce(&mut HashMap<RunId, Active>) -> T) -> T {
        with(&mut self.active.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for a place at the connection, and then for one at the server.
    async fn place(&self, connection: &Connection) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), Stop> {
        let closed = |_| Stop::Cancelled;
        let there = self.at_connection(connection).acquire_owned().await.map_err(closed)?;
        let here = self.places.clone().acquire_owned().await.map_err(closed)?;
        Ok((there, here))
    }

    /// A limit that changes makes new places: what runs already keeps its own.
    fn at_connection(&self, connection: &Connection) -> Arc<Semaphore> {
        let places_max = connection.budget.concurrent_max.max(1);
        let mut connections = self.at_connections.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || (places_max, Arc::new(Semaphore::new(places_max as usize)));
        let places = connections.entry(connection.id.clone()).or_insert_with(new);
        if places.0 != places_max {
            *places = new();
        }
        places.1.clone()
    }
}

impl Portal {
    /// Takes a place among the active runs, before the run is recorded.
    pub(crate) fn reserve(&self, run: &RunId, person: &PersonId) -> Result<Reservation> {
        self.runner.enter(run, person)?;
        Ok(Reservation { portal: self.clone(), run: run.clone(), is_started: false })
    }

    /// Carries a recorded run out in the background.
    pub(crate) fn start(&self, mut reservation: Reservation, order: Order) {
        reservation.is_started = true;
        let portal = self.clone();
        let task = async move {
            let run = order.run.clone();
            let work = portal.clone();
            // In a task of its own, so that a panic ends the run and not its bookkeeping.
            let stop = match tokio::spawn(async move { work.carry_out(&order).await }).await {
                Ok(Ok(())) => None,
                Ok(Err(stop)) => Some(stop),
                Err(panic) => Some(Stop::Ours(Error::Files(std::io::Error::other(panic)))),
            };
            if let Some(stop) = stop
                && let Err(error) = portal.clear_away(&run, stop).await
            {
                tracing::error!(%run, error = &error as &dyn std::error::Error, "the end of a run could not be recorded");
            }
            portal.runner.leave(&run);
        };
        self.runner.tasks.spawn(task);
    }

    async fn carry_out(&self, order: &Order) -> Result<(), Stop> {
        let Some((cancel, live)) = self
            .runner
            .with_active(|active| active.get(&order.run).map(|active| (active.cancel.clone(), active.live.clone())))
        else {
            return Ok(());
        };
        let until_cancelled = cancel.clone();
        tokio::select! {
            biased;
            () = until_cancelled.cancelled() => Err(Stop::Cancelled),
            done = self.run_to_end(order, cancel, &live) => done,
        }
    }

    async fn run_to_end(
        &self,
        order: &Order,
        cancel: CancellationToken,
        live: &watch::Sender<Live>,
    ) -> Result<(), Stop> {
        let _places = self.runner.place(&order.connection).await?;
        if !self.mark_running(&order.run).await? {
            return Ok(());
        }
        live.send_modify(|live| live.is_running = true);

        let profile = self.profile(order.connection.clone()).await?;
        let limits = Limits::of(&order.connection.budget);
        let mut rows = self.sources.run(&profile, &order.query, limits, cancel).await?;
        let columns = joined(rows.columns.clone(), &order.columns);
        if columns != order.columns {
            self.mark_columns(&order.run, &columns).await?;
        }

        let writer = self.results.create(&order.run, &rows.schema).map_err(Error::from)?;
        let progress = writer.progress();
        let counted = (&mut rows.stream).inspect(|batch| {
            if let Ok(batch) = batch {
                live.send_modify(|live| live.rows += batch.num_rows() as u64);
            }
        });
        let stored = tokio::select! {
            stored = writer.fill(counted) => stored,
            never = tell_readable(&progress, live) => match never {},
        };
        let stored = stored.map_err(|error| match error {
            FillError::Source(error) => Stop::from(error),
            FillError::Result(error) => Stop::Ours(error.into()),
        })?;

        let now = self.now();
        let completed = Completed {
            rows: count(stored.rows),
            bytes: count(stored.bytes),
            sha256: stored.sha256,
            cut_at_rows_max: rows.was_cut(),
            database_us: i64::try_from(rows.database_time().as_micros()).unwrap_or(i64::MAX),
            finished_at: now,
            expires_at: self.expiry(now),
        };
        let mut tx = self.db.begin().await.map_err(Error::from)?;
        let is_ours = store::run::complete(&mut tx, &order.run, &completed).await.map_err(Error::from)?;
        tx.commit().await.map_err(Error::from)?;
        // Somebody ended the run while its last rows were written: what was written is nobody's.
        if is_ours { Ok(()) } else { Err(Stop::Cancelled) }
    }

    async fn mark_running(&self, run: &RunId) -> Result<bool> {
        let mut tx = self.db.begin().await?;
        let is_ours = store::run::begin(&mut tx, run, self.now()).await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    async fn mark_columns(&self, run: &RunId, columns: &[Column]) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::run::set_columns(&mut tx, run, columns).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Writes down why a run did not reach its end, unless somebody who stopped it has, and removes what it wrote.
    async fn clear_away(&self, run: &RunId, stop: Stop) -> Result<()> {
        let (state, failure) = match stop {
            Stop::Cancelled => (RunState::Cancelled, None),
            Stop::Source(error) => (RunState::Failed, Some(failure_of(&error))),
            Stop::Ours(error) => {
                tracing::error!(%run, error = &error as &dyn std::error::Error, "a run failed on our side");
                (RunState::Failed, Some(our_failure()))
            }
        };
        let mut tx = self.db.begin().await?;
        store::run::end(&mut tx, run, &self.ended(run, state, failure)).await?;
        let is_completed = store::run::find(&mut tx, run).await?.is_some_and(|run| run.state == RunState::Completed);
        tx.commit().await?;
        if !is_completed {
            self.results.discard(run).await?;
        }
        Ok(())
    }

    pub(crate) fn ended(&self, run: &RunId, state: RunState, failure: Option<Failure>) -> Ended {
        let now = self.now();
        let rows = self.runner.live(run).map_or(0, |live| count(live.rows));
        Ended { state, rows, database_us: 0, failure, finished_at: now, expires_at: self.expiry(now) }
    }

    /// A run with what is known of it at this moment.
    pub(crate) fn with_live(&self, mut run: Run) -> (Run, i64) {
        if run.state.is_final() {
            let readable = if run.state == RunState::Completed { run.rows } else { 0 };
            return (run, readable);
        }
        let live = self.runner.live(&run.id).unwrap_or_default();
        run.rows = count(live.rows);
        (run, count(live.readable_rows))
    }
}

/// Passes on how many rows can be read, for as long as the run goes on.
async fn tell_readable(progress: &Progress, live: &watch::Sender<Live>) -> std::convert::Infallible {
    let mut changes = progress.changes();
    while changes.changed().await.is_ok() {
        let readable = changes.borrow_and_update().rows;
        live.send_modify(|live| live.readable_rows = readable);
    }
    std::future::pending().await
}

/// The database's own words, for the reader.
fn failure_of(error: &source::Error) -> Failure {
    let slug = match error {
        source::Error::TimedOut { .. } => "timeout",
        source::Error::Busy { .. } => "too-many",
        _ => "source-failed",
    };
    let hint = error.fix().unwrap_or("run it with other values; if it stays, tell whoever published this report");
    Failure { slug: slug.to_owned(), detail: error.to_string(), hint: Some(hint.to_owned()), ours: false }
}

fn our_failure() -> Failure {
    Failure {
        slug: "internal".to_owned(),
        detail: "something went wrong on our side; the server's log says what, under the run's id".to_owned(),
        hint: Some("run it again; if it fails again, tell your administrator".to_owned()),
        ours: true,
    }
}

pub(crate) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
