//! Retention: results whose time is up go, row and file. How long a result is kept has nothing to do with how long its report
//! may be run.

use std::{sync::Weak, time::Duration};

use crate::{Portal, Result, State};

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
            for run in &runs {
                store::run::delete(&mut tx, run).await?;
            }
            tx.commit().await?;
            for run in &runs {
                self.results.delete(run)?;
            }
            removed += runs.len();
            if runs.is_empty() {
                return Ok(removed);
            }
        }
    }

    /// Looks again and again, until the portal stops or is gone.
    pub(crate) fn keep_house(&self) {
        let stopping = self.runner.stopping.clone();
        let portal: Weak<State> = std::sync::Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut turns = tokio::time::interval(JANITOR_INTERVAL);
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    _ = turns.tick() => {}
                }
                let Some(portal) = portal.upgrade().map(Portal) else { return };
                match portal.remove_expired().await {
                    Ok(0) => {}
                    Ok(removed) => tracing::info!(removed, "results whose time was up were removed"),
                    Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "retention failed"),
                }
            }
        });
    }
}
