//! A stored result, page by page, in the order and with the filter that the reader asks for. The database is not touched.

use std::sync::Arc;

use arrow::{array::RecordBatch, datatypes::Schema};
use domain::{Actor, Run, RunId, RunState};
use results::{Arrangement, Page};

use crate::{Error, Portal, Result};

impl Portal {
    /// One page of a result, finished or still filling: rows from `offset` in the asked order, at most `limit` and
    /// [`results::PAGE_ROWS_MAX`] of them, with the visible columns in the order of the run's `columns`.
    pub async fn page(
        &self,
        actor: &Actor,
        id: &RunId,
        offset: u64,
        limit: u64,
        arrangement: &Arrangement,
    ) -> Result<Page> {
        let run = self.seen(actor, id).await?;
        if run.state == RunState::Queued {
            return Ok(no_rows_yet(offset));
        }
        has_data(&run)?;
        let rows = offset..offset.saturating_add(limit.clamp(1, results::PAGE_ROWS_MAX));
        match self.results.page(id, rows, &visible(&run, arrangement)).await {
            Err(error) if begins_still(&run, &error) => Ok(no_rows_yet(offset)),
            page => page.map_err(|error| readable(&run, error)),
        }
    }
}

/// The arrangement over the columns that readers see, and among them those that it asks for. A hidden column is not shown, sorted
/// or filtered by, in the grid and in files alike: a search would tell what it holds.
pub(crate) fn visible(run: &Run, arrangement: &Arrangement) -> Arrangement {
    let asked = |name: &String| arrangement.columns.as_ref().is_none_or(|asked| asked.contains(name));
    let visible = run.columns.iter().filter(|column| column.visible).map(|column| column.name.clone());
    Arrangement { columns: Some(visible.filter(asked).collect()), ..arrangement.clone() }
}

/// A run has no result until its first rows are written. That is an empty page to come back to, not a result that is gone.
fn begins_still(run: &Run, error: &results::Error) -> bool {
    run.state == RunState::Running && matches!(error.root(), results::Error::NoSuchResult(_))
}

fn no_rows_yet(offset: u64) -> Page {
    Page { offset, total: 0, total_final: false, rows: RecordBatch::new_empty(Arc::new(Schema::empty())) }
}

/// Whether a run ever had data that could be shown.
pub(crate) fn has_data(run: &Run) -> Result<()> {
    match run.state {
        RunState::Completed | RunState::Running => Ok(()),
        RunState::Queued => Err(Error::NoData("this run waits for its turn and has no rows yet".to_owned())),
        RunState::Failed => Err(Error::NoData("this run failed and kept no rows".to_owned())),
        RunState::Cancelled => Err(Error::NoData("this run was cancelled and kept no rows".to_owned())),
        RunState::Interrupted => Err(Error::NoData("this run was interrupted and kept no rows".to_owned())),
    }
}

/// What is wrong with an arrangement is the reader's to put right; what is wrong with a file is ours.
pub(crate) fn readable(run: &Run, error: results::Error) -> Error {
    use results::Error as E;
    let message = error.root().to_string();
    match error.root() {
        E::NoSuchColumn(_) | E::TooManySortKeys => Error::invalid("sort", message),
        E::Value { .. } | E::NotText { .. } | E::ValueCount { .. } | E::TooManyFilters | E::TooManyValues => {
            Error::invalid("filter", message)
        }
        // The database answers with other columns than those that the View was published with.
        E::NoColumns => Error::Conflict(
            "every column of this result is hidden; whoever publishes the report can show one and it can be run again"
                .to_owned(),
        ),
        E::Busy | E::SortTooLarge(_) => Error::TooMany(message),
        E::StillRunning(_) => Error::Conflict(message),
        E::NoSuchResult(_) if run.state == RunState::Running => Error::NoData("this run has no rows yet".to_owned()),
        E::NoSuchResult(_) => Error::NoData("the data of this result is no longer there".to_owned()),
        _ => Error::Results(error),
    }
}
