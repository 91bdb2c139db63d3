//! The rows of a run, as they come.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use domain::DataType;
use futures::{StreamExt, stream, stream::BoxStream};
use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

use crate::{
    Error, Result,
    column::{Described, names_and_types, schema},
};

/// A run whose columns are known. Dropping it stops the database's work.
pub struct Rows {
    pub schema: SchemaRef,
    /// In the order of the schema.
    pub columns: Vec<(String, DataType)>,
    /// Ends after the last row, or with one error. Batches of an ended run are whole rows, in the query's order.
    pub stream: BoxStream<'static, Result<RecordBatch>>,
    outcome: Arc<Outcome>,
}

/// What is known once the run has ended.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) cut: AtomicBool,
    pub(crate) finished: AtomicBool,
    pub(crate) database_us: AtomicU64,
}

impl Rows {
    pub(crate) fn streaming(
        columns: &[Described],
        schema: SchemaRef,
        batches: mpsc::Receiver<Result<RecordBatch>>,
        outcome: Arc<Outcome>,
        until_dropped: DropGuard,
    ) -> Rows {
        let seen = outcome.clone();
        let stream = stream::unfold(Some((batches, until_dropped)), move |state| {
            let seen = seen.clone();
            async move {
                let (mut batches, until_dropped) = state?;
                match batches.recv().await {
                    Some(Ok(batch)) => Some((Ok(batch), Some((batches, until_dropped)))),
                    Some(Err(error)) => Some((Err(error), None)),
                    None if seen.finished.load(Ordering::SeqCst) => None,
                    // A driver that vanished must not look like the end of the rows.
                    None => Some((Err(Error::driver("it ended without an answer")), None)),
                }
            }
        });
        Rows { schema, columns: names_and_types(columns), stream: stream.boxed(), outcome }
    }

    /// Columns without rows, for a query that is withheld.
    pub(crate) fn none(columns: &[Described]) -> Rows {
        Rows {
            schema: schema(columns),
            columns: names_and_types(columns),
            stream: stream::empty().boxed(),
            outcome: Arc::new(Outcome::default()),
        }
    }

    /// After the end: whether the database has more rows than `rows_max`, so that these are the first of them only.
    pub fn was_cut(&self) -> bool {
        self.outcome.cut.load(Ordering::SeqCst)
    }

    /// After the end: the time that the database took, without the time it waited for a slow reader.
    pub fn database_time(&self) -> Duration {
        Duration::from_micros(self.outcome.database_us.load(Ordering::SeqCst))
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("columns", &self.columns).finish_non_exhaustive()
    }
}
