//! All rows of a finished result in some order, batch by batch, for an export.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use domain::RunId;
use futures::{Stream, StreamExt};
use tokio::sync::mpsc;

use crate::{
    Arrangement, Error, Result, Results,
    engine::{self, Output},
    filter::Fitted,
    snapshot::Snapshot,
};

/// Batches that wait for the reader of [`Rows`].
const WAITING_BATCHES: usize = 2;
const BATCH_BYTES: u64 = 2 << 20;

/// A stream of batches. What makes them stops when it is dropped; when that fails, the last item is the error.
#[derive(Debug)]
pub struct Rows {
    schema: SchemaRef,
    steps: mpsc::Receiver<Step>,
    is_over: bool,
}

/// The end is said, so that rows that are missing because something broke are never taken for all rows.
#[derive(Debug)]
enum Step {
    Batch(RecordBatch),
    Failed(Error),
    End,
}

impl Results {
    /// Streams every row that meets the filter, in the asked order, with the asked columns under their own names.
    ///
    /// Memory: a few batches, and for a sort [`crate::SORT_MEMORY_BYTES`], beyond which it spills. The order is the
    /// one that [`Results::page`] shows.
    pub async fn rows(&self, id: &RunId, arrangement: &Arrangement) -> Result<Rows> {
        let (snapshot, is_final) = self.snapshot(id).await?;
        if !is_final {
            return Err(Error::StillRunning(id.clone()));
        }
        let arrangement = Fitted::new(snapshot.shown(), arrangement)?;
        let schema = Arc::new(snapshot.shown().project(&arrangement.columns)?);
        let (sender, steps) = mpsc::channel(WAITING_BATCHES);
        if arrangement.is_as_stored() {
            tokio::task::spawn_blocking(move || {
                let last = send_as_stored(&snapshot, &arrangement, &sender).map_or_else(Step::Failed, |()| Step::End);
                // Nobody waits any more when this fails, here and below.
                let _ = sender.blocking_send(last);
            });
        } else {
            let turn = self.streaming_turn().await?;
            let results = self.clone();
            tokio::spawn(async move {
                let _turn = turn;
                let sent = results.send_arranged(snapshot, &arrangement, &sender).await;
                let _ = sender.send(sent.map_or_else(Step::Failed, |()| Step::End)).await;
            });
        }
        Ok(Rows { schema, steps, is_over: false })
    }

    async fn send_arranged(
        &self,
        snapshot: Arc<Snapshot>,
        arrangement: &Fitted,
        sender: &mpsc::Sender<Step>,
    ) -> Result<()> {
        let mut stream = engine::run(self.spill_folder(), snapshot.clone(), arrangement, Output::Columns, None).await?;
        loop {
            let batch = tokio::select! {
                // A sort may go on for long before its first row; it ends when its reader is gone.
                () = sender.closed() => return Ok(()),
                batch = stream.next() => batch,
            };
            let Some(batch) = batch else { return Ok(()) };
            let batch = snapshot.arranged(&batch?, &arrangement.columns)?;
            if sender.send(Step::Batch(batch)).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn send_as_stored(snapshot: &Snapshot, arrangement: &Fitted, sender: &mpsc::Sender<Step>) -> Result<()> {
    let batch_rows = snapshot.batch_rows(BATCH_BYTES);
    for group_idx in 0..snapshot.n_groups() {
        for batch in snapshot.scan(group_idx, &arrangement.columns, batch_rows)? {
            let batch = snapshot.arranged(&batch?, &arrangement.columns)?;
            if sender.blocking_send(Step::Batch(batch)).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

impl Rows {
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The same as an iterator, for a thread that may block. It panics on one that drives futures.
    pub fn blocking(mut self) -> impl Iterator<Item = Result<RecordBatch>> + Send {
        std::iter::from_fn(move || {
            if self.is_over {
                return None;
            }
            let step = self.steps.blocking_recv();
            self.item(step)
        })
    }

    fn item(&mut self, step: Option<Step>) -> Option<Result<RecordBatch>> {
        self.is_over = !matches!(step, Some(Step::Batch(_)));
        match step {
            Some(Step::Batch(batch)) => Some(Ok(batch)),
            Some(Step::Failed(error)) => Some(Err(error)),
            Some(Step::End) => None,
            None => Some(Err(Error::Stopped)),
        }
    }
}

impl Stream for Rows {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let step = ready!(self.steps.poll_recv(context));
        Poll::Ready(self.item(step))
    }
}
