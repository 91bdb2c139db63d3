//! What ends runs from outside: rights that end, the stop of the server, a process that died.
//!
//! Invariant: the end is written into the store before the work is stopped, and a run that nobody carries out any more is never
//! shown as one that goes on.

use std::time::Duration;

use domain::{PersonId, RunId, RunState, run::Failure};

use crate::{
    Portal, Result,
    runner::{ACTIVE_MAX, count},
};

/// How long runs may go on after the server was told to stop.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(30);
/// How long stopped runs get to stop their database's work.
const STOP_GRACE: Duration = Duration::from_secs(5);
/// How long those who listen to a run get to hear how it ended.
const LAST_WORD: Duration = Duration::from_secs(1);

impl Portal {
    /// Ends what a person has under way, because their rights ended: the database's work stops at once.
    pub async fn end_runs_of(&self, person: &PersonId) -> Result<usize> {
        let mut tx = self.db.begin().await?;
        let runs = store::run::unfinished(&mut tx, person, count(ACTIVE_MAX as u64)).await?;
        for run in &runs {
            let failure = Failure {
                slug: "rights-ended".to_owned(),
                detail: "the rights of the person who began it ended while it ran".to_owned(),
                hint: None,
                ours: false,
            };
            store::run::end(&mut tx, run, &self.ended(run, RunState::Interrupted, Some(failure))).await?;
        }
        tx.commit().await?;
        runs.iter().for_each(|run| self.runner.stop(run));
        Ok(runs.len())
    }

    /// The same of several people. One whose end cannot be recorded keeps no other from ending; the first such error is the answer.
    pub(crate) async fn end_runs_of_each(&self, people: &[PersonId]) -> Result<()> {
        let mut all = Ok(());
        for person in people {
            if let Err(error) = self.end_runs_of(person).await {
                tracing::error!(%person, error = &error as &dyn std::error::Error, "what a person has under way could not be ended");
                all = all.and(Err(error));
            }
        }
        all
    }

    /// Stops the portal: nothing new begins, what runs may go on for `grace` ([`SHUTDOWN_GRACE`] for a server), and what then
    /// still runs is marked interrupted. Closes the metadata database.
    pub async fn shut_down(&self, grace: Duration) {
        self.runner.stopping.cancel();
        self.runner.tasks.close();
        if tokio::time::timeout(grace, self.runner.tasks.wait()).await.is_err() {
            for run in self.runner.ids() {
                if let Err(error) = self.interrupt(&run).await {
                    tracing::error!(%run, error = &error as &dyn std::error::Error, "the interruption of a run could not be recorded");
                }
                self.runner.stop(&run);
            }
            if tokio::time::timeout(STOP_GRACE, self.runner.tasks.wait()).await.is_err() {
                tracing::warn!("a database did not stop its work in time");
            }
        }
        self.runner.followers.close();
        // Who does not listen is not waited for.
        let _ = tokio::time::timeout(LAST_WORD, self.runner.followers.wait()).await;
        self.db.close().await;
        self.hold.release();
    }

    async fn interrupt(&self, run: &RunId) -> Result<()> {
        let mut tx = self.db.begin().await?;
        store::run::end(&mut tx, run, &self.ended(run, RunState::Interrupted, Some(interruption()))).await?;
        tx.commit().await?;
        tracing::warn!(%run, "a run was interrupted by the stop of the server");
        Ok(())
    }

    /// Start-up: what an earlier process of this node left unfinished is interrupted, and files that belong to no completed run go.
    pub(crate) async fn recover_runs(&self) -> Result<()> {
        loop {
            let mut tx = self.db.begin().await?;
            let runs = store::run::unfinished_of_node(&mut tx, &self.node, count(ACTIVE_MAX as u64)).await?;
            for run in &runs {
                store::run::end(&mut tx, run, &self.ended(run, RunState::Interrupted, Some(interruption()))).await?;
                tracing::warn!(%run, "a run was interrupted when an earlier process ended");
            }
            tx.commit().await?;
            if runs.is_empty() {
                break;
            }
        }
        let kept = store::run::completed(&mut *self.db.read().await?).await?;
        let results = self.results.clone();
        let sweep = tokio::task::spawn_blocking(move || results.sweep(|run| kept.contains(run)));
        let swept = sweep.await.map_err(std::io::Error::other)??;
        if swept != results::Swept::default() {
            tracing::info!(?swept, "files that belong to no completed run were removed");
        }
        Ok(())
    }
}

fn interruption() -> Failure {
    Failure {
        slug: "interrupted".to_owned(),
        detail: "the server stopped while it ran".to_owned(),
        hint: Some("run it again".to_owned()),
        ours: true,
    }
}
