//! Retention: results whose time is up go, row and file. How long a result is kept has nothing to do with how long its report
//! may be run.
//!
//! What Execute brought and nobody kept goes after [`EXECUTE_RESULT_AGE`], and never while somebody looks at it: each look puts its
//! end off. All of that is in the store, so a restart changes nothing of it.

use std::{sync::Weak, time::Duration};

use domain::Run;
use store::run::Expiry;
use world::Instant;

use crate::{Portal, Result, State};

/// How long the result of an Execute is there that nobody kept, from its end.
pub const EXECUTE_RESULT_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long it stays at least after it was last looked at. A page that shows it asks again well within this time.
pub(crate) const LOOKED_AT_FOR: Duration = Duration::from_secs(60 * 60);

/// How often the janitor looks.
pub(crate) const JANITOR_INTERVAL: Duration = Duration::from_secs(600);
/// Runs removed in one transaction.
const RUNS_AT_ONCE: i64 = 100;

impl Portal {
    /// Removes what is due. The number of runs that went.
    pub async fn remove_expired(&self) -> Result<usize> {
        let mut removed = 0;
        loop {
            let mut tx = self.db.begin().await?;
            let runs = store::run::expired(&mut tx, self.now(), RUNS_AT_ONCE).await?;
            let mut gone = Vec::new();
            for run in &runs {
                if store::run::delete_expired(&mut tx, run, self.now()).await? {
                    gone.push(run);
                }
            }
            tx.commit().await?;
            for run in &gone {
                self.results.delete(run)?;
            }
            removed += gone.len();
            // What somebody kept at this very moment is found no more, and is not worth another turn.
            if gone.is_empty() {
                return Ok(removed);
            }
        }
    }

    /// When a run that ends at this moment goes.
    pub(crate) fn expiry(&self, now: Instant) -> Expiry {
        let keep = self.config.results_keep;
        Expiry { if_kept: now.plus(keep), if_not: now.plus(keep.min(EXECUTE_RESULT_AGE)) }
    }

    /// Somebody looks at a run: what nobody kept does not go under their eyes. Writes at most once an hour a run.
    pub(crate) async fn looked_at(&self, run: &mut Run) -> Result<()> {
        let now = self.now();
        let is_near = run.expires_at.is_some_and(|expires_at| expires_at < now.plus(LOOKED_AT_FOR));
        if run.kept || !is_near {
            return Ok(());
        }
        let until = now.plus(LOOKED_AT_FOR * 2);
        let mut tx = self.db.begin().await?;
        store::run::put_off(&mut tx, &run.id, until).await?;
        tx.commit().await?;
        run.expires_at = Some(until);
        Ok(())
    }

    /// Looks now, then again and again until the portal stops or is gone.
    pub(crate) async fn keep_house(&self) {
        self.end_what_is_due().await;
        let stopping = self.runner.stopping.clone();
        let portal: Weak<State> = std::sync::Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut turns = tokio::time::interval_at(tokio::time::Instant::now() + JANITOR_INTERVAL, JANITOR_INTERVAL);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = turns.tick() => {}
                }
                let Some(portal) = portal.upgrade().map(Portal) else { return };
                portal.end_what_is_due().await;
            }
        });
    }

    /// One turn. What fails is told in the log and tried again at the next one.
    async fn end_what_is_due(&self) {
        match self.remove_expired().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "results whose time was up were removed"),
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "retention failed"),
        }
    }
}
