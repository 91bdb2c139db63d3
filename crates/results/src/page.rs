//! Cutting one page out of a result, finished or not.

use std::{ops::Range, sync::Arc};

use arrow::array::RecordBatch;
use domain::RunId;
use futures::TryStreamExt;

use crate::{
    Arrangement, Error, Result, Results,
    engine::{self, Output},
    filter::Fitted,
    folder::blocking,
    snapshot::Snapshot,
};

/// Rows of one page.
pub const PAGE_ROWS_MAX: u64 = 1_000;
/// What a page may hold in memory; with wider rows it has fewer of them.
pub const PAGE_BYTES_MAX: usize = 32 << 20;
/// A sort of fewer rows is done at once; above, its first page is found before the whole order is.
const QUICK_FIRST_PAGE_FROM_ROWS: u64 = 500_000;

/// Rows `offset..offset + rows.num_rows()` of a result in the asked order.
#[derive(Clone, Debug)]
pub struct Page {
    pub offset: u64,
    /// Rows of the result, or those that meet the filter.
    pub total: u64,
    /// False while the run goes on: `total` is then what can be read so far.
    pub total_final: bool,
    /// The asked columns under their own names, in the asked order.
    pub rows: RecordBatch,
}

impl Results {
    /// Cuts one page out of a result; of a running one, out of the rows that can be read so far.
    ///
    /// `rows` counts from 0 in the order of `arrangement`. At most [`PAGE_ROWS_MAX`] rows come, fewer where they
    /// would be more than [`PAGE_BYTES_MAX`]: go on at `offset` plus the number that came. A range past the end is an
    /// empty page. The first page of an order makes that order, which later pages use.
    ///
    /// Errors: [`Error::StillRunning`] when a running result is to be sorted or filtered; what is wrong with the
    /// arrangement otherwise.
    pub async fn page(&self, id: &RunId, rows: Range<u64>, arrangement: &Arrangement) -> Result<Page> {
        let rows = rows.start..rows.end.max(rows.start).min(rows.start.saturating_add(PAGE_ROWS_MAX));
        let (snapshot, total_final) = self.snapshot(id).await?;
        let arrangement = Fitted::new(snapshot.shown(), arrangement)?;
        if arrangement.is_as_stored() {
            let total = snapshot.rows();
            let offset = rows.start;
            let rows = self.cut(move || snapshot.range(rows, &arrangement.columns)).await?;
            return Ok(Page { offset, total, total_final, rows });
        }
        if !total_final {
            return Err(Error::StillRunning(id.clone()));
        }
        let offset = rows.start;
        if let Some((total, numbers)) = self.first_page(id, &snapshot, &arrangement, &rows).await? {
            let rows = self.cut(move || snapshot.gather(&numbers, &arrangement.columns)).await?;
            return Ok(Page { offset, total, total_final, rows });
        }
        let order = self.order(id, snapshot.clone(), &arrangement).await?;
        let total = order.count();
        let rows = self.cut(move || snapshot.gather(&order.rows(rows)?, &arrangement.columns)).await?;
        Ok(Page { offset, total, total_final, rows })
    }

    /// Reads the rows of one page once it is its turn. Whoever waits for an order has no turn yet, so that sorts never keep
    /// other people from their pages.
    async fn cut(&self, read: impl FnOnce() -> Result<RecordBatch> + Send + 'static) -> Result<RecordBatch> {
        let turn = self.reading_turn().await?;
        blocking(move || {
            let _turn = turn;
            read()
        })
        .await
    }

    /// The total and the first rows of a large sort whose order is not there yet. The order is begun meanwhile.
    async fn first_page(
        &self,
        id: &RunId,
        snapshot: &Arc<Snapshot>,
        arrangement: &Fitted,
        rows: &Range<u64>,
    ) -> Result<Option<(u64, Vec<u32>)>> {
        let total = snapshot.rows();
        // With a filter the total is known only once all rows were looked at.
        if arrangement.has_filter()
            || total < QUICK_FIRST_PAGE_FROM_ROWS
            || rows.end > PAGE_ROWS_MAX
            || self.has_order(id, arrangement)
        {
            return Ok(None);
        }
        let count = usize::try_from(rows.end).unwrap_or(usize::MAX);
        let _turn = self.first_page_turn().await?;
        let stream =
            engine::run(self.spill_folder(), snapshot.clone(), arrangement, Output::RowNumbers, Some(count)).await?;
        let batches: Vec<RecordBatch> = stream.try_collect().await?;
        // Nobody waits for it here; the next page does.
        drop(self.begin_order(id, snapshot.clone(), arrangement)?);
        let numbers = batches.iter().flat_map(|batch| engine::row_numbers(batch).values().to_vec());
        let start = usize::try_from(rows.start).unwrap_or(usize::MAX);
        Ok(Some((total, numbers.skip(start).collect())))
    }
}
