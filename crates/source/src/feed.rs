//! The driver's end of a run: columns first, then batches, then one outcome.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Error, Limits, Result,
    column::{Described, schema},
    rows::Outcome,
    stop::Stop,
};

/// Batches that are read ahead of whoever takes them.
pub(crate) const BATCHES_AHEAD_MAX: usize = 2;

pub(crate) struct Feed {
    pub(crate) limits: Limits,
    begun: Option<oneshot::Sender<Result<Begun>>>,
    batches: mpsc::Sender<Result<RecordBatch>>,
    outcome: Arc<Outcome>,
    stop: Stop,
    since: Instant,
    /// Time spent waiting for the reader.
    waited: Duration,
}

pub(crate) struct Begun {
    pub(crate) columns: Vec<Described>,
    pub(crate) schema: SchemaRef,
}

/// The reader's end.
pub(crate) struct Taker {
    pub(crate) begun: oneshot::Receiver<Result<Begun>>,
    pub(crate) batches: mpsc::Receiver<Result<RecordBatch>>,
    pub(crate) outcome: Arc<Outcome>,
}

impl Feed {
    pub(crate) fn new(limits: Limits, stop: Stop) -> (Feed, Taker) {
        let (begin, begun) = oneshot::channel();
        let (sender, batches) = mpsc::channel(BATCHES_AHEAD_MAX);
        let outcome = Arc::new(Outcome::default());
        let feed = Feed {
            limits: Limits { batch_rows: limits.batch_rows.max(1), batch_bytes: limits.batch_bytes.max(1), ..limits },
            begun: Some(begin),
            batches: sender,
            outcome: outcome.clone(),
            stop,
            since: Instant::now(),
            waited: Duration::ZERO,
        };
        (feed, Taker { begun, batches, outcome })
    }

    /// Tells the columns. Once, before the first batch; types are fixed from here on.
    pub(crate) fn begin(&mut self, columns: Vec<Described>) -> SchemaRef {
        let schema = schema(&columns);
        if let Some(begun) = self.begun.take() {
            // A reader who has gone is noticed by the stop.
            let _ = begun.send(Ok(Begun { columns, schema: schema.clone() }));
        }
        schema
    }

    /// Hands a batch on, once there is room for it. An error when the run must stop instead.
    pub(crate) async fn send(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let from = Instant::now();
        let sent = tokio::select! {
            biased;
            () = self.stop.requested() => return Err(self.stop.error()),
            sent = self.batches.send(Ok(batch)) => sent,
        };
        self.waited += from.elapsed();
        sent.map_err(|_| Error::Cancelled)
    }

    /// The database has more rows than were asked for.
    pub(crate) fn cut(&mut self) {
        self.outcome.cut.store(true, Ordering::SeqCst);
    }

    /// Ends the run. A failure after a requested stop is told as that stop: what the database says then is its echo.
    pub(crate) async fn finish(mut self, result: Result<()>) {
        let took = self.since.elapsed().saturating_sub(self.waited);
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.outcome.database_us.store(took_us, Ordering::SeqCst);
        let error = match result {
            Ok(()) if self.begun.is_none() => {
                self.outcome.finished.store(true, Ordering::SeqCst);
                return;
            }
            Ok(()) => Error::driver("it told no columns"),
            Err(_) if self.stop.is_requested() => self.stop.error(),
            Err(error) => error,
        };
        match self.begun.take() {
            Some(begun) => {
                let _ = begun.send(Err(error));
            }
            None => {
                let _ = self.batches.send(Err(error)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Budget;
    use futures::StreamExt;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::rows::Rows;

    #[tokio::test]
    async fn a_driver_that_vanishes_is_not_the_end_of_the_rows() {
        let (stop, _watch) = Stop::watch(CancellationToken::new(), Duration::from_secs(60));
        let (mut feed, Taker { begun, batches, outcome }) = Feed::new(Limits::of(&Budget::default()), stop);
        feed.begin(Vec::new());
        drop(feed);
        let begun = begun.await.unwrap().unwrap();
        let guard = CancellationToken::new().drop_guard();
        let mut rows = Rows::streaming(&begun.columns, begun.schema, batches, outcome, guard);
        assert!(matches!(rows.stream.next().await, Some(Err(Error::Driver { .. }))));
        assert!(rows.stream.next().await.is_none());
    }
}
