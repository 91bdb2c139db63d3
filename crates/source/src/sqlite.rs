//! SQLite files, read on a thread of their own.
//!
//! Invariant: the connection's own file is the only one that is read, and it is opened for reading alone. See [`guard`] for what
//! SQLite is told to refuse, [`typing`] for what a column's type is in a database where every cell has its own.

mod bind;
mod catalog;
mod file;
mod guard;
mod read;
mod test;
mod typing;

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use domain::BoundQuery;
use rusqlite::InterruptHandle;
use tokio::sync::{mpsc, oneshot};

pub(crate) use file::Forbidden;
use guard::Guarded;
use read::Part;

use crate::{Catalog, Error, Result, TestStep, column::Described, driver::Driver, feed::Feed, stop::Stop};

#[derive(Clone)]
pub(crate) struct SqliteDriver {
    path: PathBuf,
    forbidden: Arc<Forbidden>,
}

impl SqliteDriver {
    pub(crate) fn new(path: PathBuf, forbidden: Arc<Forbidden>) -> SqliteDriver {
        SqliteDriver { path, forbidden }
    }

    /// Opens the file on a blocking thread and does `work` there. A stop interrupts it.
    async fn work<T: Send + 'static>(
        &self,
        stop: &Stop,
        work: impl FnOnce(&Guarded) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (hand_over, handle) = oneshot::channel::<InterruptHandle>();
        let (driver, seen) = (self.clone(), stop.clone());
        let mut thread = tokio::task::spawn_blocking(move || {
            let path = driver.forbidden.admit(&driver.path)?;
            let guarded = Guarded::open(&path, &seen)?;
            let _ = hand_over.send(guarded.connection.get_interrupt_handle());
            work(&guarded)
        });
        tokio::select! {
            done = &mut thread => return done.map_err(Error::driver)?,
            () = stop.requested() => {}
        }
        // The progress handler sees the stop between two operations; the handle also reaches into a long one.
        if let Ok(handle) = handle.await {
            handle.interrupt();
        }
        thread.await.map_err(Error::driver)?
    }
}

#[async_trait]
impl Driver for SqliteDriver {
    async fn run(&self, query: &BoundQuery, feed: &mut Feed, stop: &Stop) -> Result<()> {
        let (query, limits) = (query.clone(), feed.limits);
        let (tell, mut told) = mpsc::channel(1);
        // A relay that ends early closes the channel with it, and the thread ends at its next word.
        let relay = async move {
            while let Some(part) = told.recv().await {
                match part {
                    Part::Columns(columns) => {
                        feed.begin(columns);
                    }
                    Part::Batch(batch) => feed.send(batch).await?,
                    Part::Cut => feed.cut(),
                }
            }
            Ok(())
        };
        let (done, relayed) =
            tokio::join!(self.work(stop, move |guarded| read::run(guarded, &query, &limits, &tell)), relay);
        relayed.and(done)
    }

    async fn columns(&self, query: &BoundQuery, stop: &Stop) -> Result<Vec<Described>> {
        let query = query.clone();
        self.work(stop, move |guarded| read::describe(guarded, &query)).await
    }

    async fn catalog(&self, stop: &Stop) -> Result<Catalog> {
        self.work(stop, catalog::read).await
    }

    async fn test(&self) -> Vec<TestStep> {
        test::steps(self).await
    }
}
