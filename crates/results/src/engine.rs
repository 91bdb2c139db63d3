//! DataFusion, for what needs all rows: sorting and filtering.
//!
//! Invariant: a plan is built from a [`Fitted`] arrangement, never parsed, and reads one result through the scan
//! below. The session has no catalog, no SQL, no registered function of ours and no object store.
//! Memory: [`SORT_MEMORY_BYTES`] for each job; a larger sort spills into the spill folder, up to [`SPILL_BYTES_MAX`].

use std::{path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, UInt32Array},
    datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type},
};
use datafusion::{
    catalog::streaming::StreamingTable,
    error::{DataFusionError, Result as EngineResult},
    execution::{
        SendableRecordBatchStream, TaskContext,
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::FairSpillPool,
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
    },
    physical_plan::{stream::RecordBatchReceiverStream, streaming::PartitionStream},
    prelude::{SessionConfig, SessionContext, ident},
};

use crate::{ROW, Result, filter::Fitted, schema::name_in_file, snapshot::Snapshot};

/// What one sort may hold in memory.
pub const SORT_MEMORY_BYTES: usize = 64 << 20;
/// What one sort may put on disk meanwhile.
pub const SPILL_BYTES_MAX: u64 = 16 << 30;
/// What is in memory is always sorted in one piece, and only what was spilled is merged: a merge of as many pieces as
/// there are batches needs memory for each, and more time.
const SORT_IN_PLACE_BYTES: usize = SORT_MEMORY_BYTES;
/// Kept back for the merge of what was spilled.
const MERGE_BYTES: usize = 8 << 20;
/// A batch stays near this size, however wide its rows are.
const BATCH_BYTES: u64 = 2 << 20;
/// Batches that were read and wait for the engine.
const WAITING_BATCHES: usize = 2;

/// What of the rows the engine gives back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Row numbers alone, for an order.
    RowNumbers,
    /// The shown columns under the names of the file, in ascending order, then the row number.
    Columns,
}

/// Starts one job. `rows_max` ends it after so many rows, which a sort uses to keep only the best.
pub(crate) async fn run(
    spill_folder: &Path,
    snapshot: Arc<Snapshot>,
    arrangement: &Fitted,
    output: Output,
    rows_max: Option<usize>,
) -> Result<SendableRecordBatchStream> {
    let batch_rows = snapshot.batch_rows(BATCH_BYTES);
    let session = SessionContext::new_with_config_rt(configuration(batch_rows), runtime(spill_folder)?);
    let mut columns: Vec<usize> = arrangement.looked_at().collect();
    if output == Output::Columns {
        columns.extend(&arrangement.columns);
    }
    columns.sort_unstable();
    columns.dedup();
    let scan = Arc::new(Scan::new(snapshot, columns, batch_rows));
    let table = StreamingTable::try_new(scan.schema.clone(), vec![scan])?;
    let mut frame = session.read_table(Arc::new(table))?;
    if let Some(predicate) = arrangement.predicate() {
        frame = frame.filter(predicate)?;
    }
    let order = arrangement.order();
    if !order.is_empty() {
        frame = frame.sort(order)?;
    }
    if rows_max.is_some() {
        frame = frame.limit(0, rows_max)?;
    }
    let mut wanted = Vec::new();
    if output == Output::Columns {
        let mut shown = arrangement.columns.clone();
        shown.sort_unstable();
        shown.dedup();
        wanted.extend(shown.into_iter().map(|column| ident(name_in_file(column))));
    }
    wanted.push(ident(ROW));
    Ok(frame.select(wanted)?.execute_stream().await?)
}

/// The row numbers of a batch whose last column they are.
pub(crate) fn row_numbers(batch: &RecordBatch) -> &UInt32Array {
    batch.column(batch.num_columns() - 1).as_primitive::<UInt32Type>()
}

/// One partition: the order of rows is that of the file wherever nothing else is asked for.
fn configuration(batch_rows: usize) -> SessionConfig {
    let mut configuration = SessionConfig::new()
        .with_target_partitions(1)
        .with_batch_size(batch_rows)
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false);
    let execution = &mut configuration.options_mut().execution;
    execution.sort_in_place_threshold_bytes = SORT_IN_PLACE_BYTES;
    execution.sort_spill_reservation_bytes = MERGE_BYTES;
    configuration
}

fn runtime(spill_folder: &Path) -> Result<Arc<RuntimeEnv>> {
    let disk = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![spill_folder.to_owned()]))
        .with_max_temp_directory_size(SPILL_BYTES_MAX);
    Ok(RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(SORT_MEMORY_BYTES)))
        .with_disk_manager_builder(disk)
        .build_arc()?)
}

/// All rows of a result from first to last: some of its columns, and the row number, which is counted and not read.
struct Scan {
    snapshot: Arc<Snapshot>,
    columns: Vec<usize>,
    schema: SchemaRef,
    batch_rows: usize,
}

impl Scan {
    fn new(snapshot: Arc<Snapshot>, columns: Vec<usize>, batch_rows: usize) -> Scan {
        let mut fields: Vec<Field> = (columns.iter())
            .map(|column| Field::new(name_in_file(*column), snapshot.shown().field(*column).data_type().clone(), true))
            .collect();
        fields.push(Field::new(ROW, DataType::UInt32, false));
        Scan { snapshot, columns, schema: Arc::new(Schema::new(fields)), batch_rows }
    }

    fn batches(&self, mut give: impl FnMut(RecordBatch) -> bool) -> Result<()> {
        for group_idx in 0..self.snapshot.n_groups() {
            let rows = self.snapshot.group(group_idx);
            let (mut row, end) = (rows.start as u32, rows.end as u32);
            if self.columns.is_empty() {
                if !give(self.numbered(Vec::new(), row..end)?) {
                    return Ok(());
                }
                continue;
            }
            for batch in self.snapshot.scan(group_idx, &self.columns, self.batch_rows)? {
                let batch = batch?;
                let next = row + batch.num_rows() as u32;
                if !give(self.numbered(batch.columns().to_vec(), row..next)?) {
                    return Ok(());
                }
                row = next;
            }
        }
        Ok(())
    }

    fn numbered(&self, mut arrays: Vec<ArrayRef>, rows: std::ops::Range<u32>) -> Result<RecordBatch> {
        arrays.push(Arc::new(UInt32Array::from_iter_values(rows)));
        Ok(RecordBatch::try_new(self.schema.clone(), arrays)?)
    }
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scan of columns {:?}", self.columns)
    }
}

impl PartitionStream for Scan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut receiver = RecordBatchReceiverStream::builder(self.schema.clone(), WAITING_BATCHES);
        let sender = receiver.tx();
        let scan = Scan {
            snapshot: self.snapshot.clone(),
            columns: self.columns.clone(),
            schema: self.schema.clone(),
            batch_rows: self.batch_rows,
        };
        receiver.spawn_blocking(move || -> EngineResult<()> {
            // Sending fails when nobody waits any more, and then nothing is left to do.
            scan.batches(|batch| sender.blocking_send(Ok(batch)).is_ok())
                .map_err(|error| DataFusionError::External(Box::new(error)))
        });
        receiver.build()
    }
}
