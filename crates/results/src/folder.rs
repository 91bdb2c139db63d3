//! The folder of results: which are being written, which are open, which orders were made of them.
//!
//! Invariant: one process works in a folder. A run's id becomes a file name only if it has letters, digits and `_`
//! alone, so no id leads out of the folder.

use std::{
    collections::HashMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arrow::datatypes::{Schema, SchemaRef};
use domain::RunId;
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use world::Files;

use crate::{
    Error, Progress, Result, Writer,
    engine::{self, Output},
    file::PositionedFile,
    filter::Fitted,
    order::{Order, OrderWriter},
    recent::Recent,
    snapshot::Snapshot,
};

/// Results whose metadata stays in memory, by number and by size.
const OPEN_RESULTS_MAX: usize = 64;
const OPEN_METADATA_BYTES_MAX: u64 = 64 << 20;
/// Orders that are kept, over all results, by number and by size on disk.
const ORDERS_MAX: usize = 256;
const ORDERS_BYTES_MAX: u64 = 2 << 30;
/// Orders that are made at the same time, each with the memory of a sort.
const ORDERS_AT_ONCE: usize = 2;
/// Orders that wait for their turn.
const ORDERS_WAITING_MAX: usize = 64;
/// Sorted or filtered exports at the same time, each with the memory of a sort; others wait.
const STREAMS_AT_ONCE: usize = 4;
/// Large sorts whose first page is found before their order, at the same time, each with the memory of a sort; others wait.
const FIRST_PAGES_AT_ONCE: usize = 4;
/// Pages that are cut at the same time, each with at most [`crate::PAGE_BYTES_MAX`].
const PAGES_AT_ONCE: usize = 16;

/// All results of this server.
#[derive(Clone)]
pub struct Results(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    spill_folder: PathBuf,
    running: Arc<Running>,
    open: Mutex<Recent<RunId, Arc<Snapshot>>>,
    orders: Mutex<Recent<OrderKey, Arc<Order>>>,
    making: Mutex<HashMap<OrderKey, Making>>,
    order_turns: Arc<Semaphore>,
    stream_turns: Arc<Semaphore>,
    first_page_turns: Arc<Semaphore>,
    page_turns: Arc<Semaphore>,
}

/// A run and the identity of a sort and filter.
type OrderKey = (RunId, String);
/// An order that is being made, for everybody who waits for it.
type Making = Shared<BoxFuture<'static, Result<Arc<Order>, Arc<Error>>>>;

impl Results {
    /// Opens the folder, making it where it is missing. Spilled sorts of an earlier process are removed.
    pub fn open(folder: &Path) -> Result<Results> {
        let results = Results::beside(folder);
        let spill_folder = results.spill_folder();
        match std::fs::remove_dir_all(spill_folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file("removed")(error)),
            _ => {}
        }
        Files::private_folder(folder).map_err(Error::file("created"))?;
        Files::private_folder(spill_folder).map_err(Error::file("created"))?;
        results.take_in_orders()?;
        Ok(results)
    }

    /// For a process that works beside the one that has the folder open: nothing in it is looked at or changed.
    pub fn beside(folder: &Path) -> Results {
        Results(Arc::new(Inner {
            folder: folder.to_owned(),
            spill_folder: folder.join("spill"),
            running: Arc::default(),
            open: Mutex::new(Recent::new(OPEN_RESULTS_MAX, OPEN_METADATA_BYTES_MAX)),
            orders: Mutex::new(Recent::new(ORDERS_MAX, ORDERS_BYTES_MAX)),
            making: Mutex::default(),
            order_turns: Arc::new(Semaphore::new(ORDERS_AT_ONCE)),
            stream_turns: Arc::new(Semaphore::new(STREAMS_AT_ONCE)),
            first_page_turns: Arc::new(Semaphore::new(FIRST_PAGES_AT_ONCE)),
            page_turns: Arc::new(Semaphore::new(PAGES_AT_ONCE)),
        }))
    }

    /// Begins a result with the columns of `schema`. Errors: [`Error::ColumnType`], and [`Error::AlreadyStored`]
    /// when the run has one or is writing one.
    pub fn create(&self, id: &RunId, schema: &Schema) -> Result<Writer> {
        Writer::create(&self.path(id)?, schema, id, &self.0.running)
    }

    /// The result that is being written, if it is.
    pub fn progress(&self, id: &RunId) -> Option<Progress> {
        self.0.running.progress(id)
    }

    /// The finished file itself, for a copy of it: `c0`, `c1`, ... in the order of the run, then [`crate::ROW`].
    pub fn file(&self, id: &RunId) -> Result<File> {
        File::open(self.path(id)?).map_err(|error| missing(id, error))
    }

    /// The columns of a finished result under their own names, in the order of the run.
    pub async fn schema(&self, id: &RunId) -> Result<SchemaRef> {
        let (snapshot, is_final) = self.snapshot(id).await?;
        if is_final { Ok(snapshot.shown().clone()) } else { Err(Error::StillRunning(id.clone())) }
    }

    /// SHA-256 of the finished file, read now, to compare with [`crate::Stored::sha256`].
    pub async fn sha256(&self, id: &RunId) -> Result<String> {
        let mut file = self.file(id)?;
        blocking(move || {
            let mut hash = Sha256::new();
            let mut buffer = vec![0; 1 << 16];
            loop {
                let count = io::Read::read(&mut file, &mut buffer).map_err(Error::file("read"))?;
                if count == 0 {
                    return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
                }
                hash.update(&buffer[..count]);
            }
        })
        .await
    }

    /// Removes a result and all that was made of it. One that is not there is no error; one that is still being
    /// written is [`Error::StillRunning`], since dropping its writer removes it.
    pub fn delete(&self, id: &RunId) -> Result<()> {
        if self.is_writing(id) {
            return Err(Error::StillRunning(id.clone()));
        }
        // The file goes first: an order that is being kept meanwhile is either found below, or finds its result gone.
        remove_file(&self.path(id)?)?;
        lock(&self.0.open).remove(id);
        for (key, _) in lock(&self.0.orders).remove_where(|(run, _)| run == id) {
            remove_file(&self.order_path(&key)?)?;
        }
        Ok(())
    }

    /// As [`Results::delete`], once the writer of the result has ended: one that was given up may be at its last step, and
    /// what it then publishes goes too.
    pub async fn discard(&self, id: &RunId) -> Result<()> {
        loop {
            let ended = self.0.running.ended.notified();
            if !self.is_writing(id) {
                return self.delete(id);
            }
            ended.await;
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0.folder
    }

    pub(crate) fn spill_folder(&self) -> &Path {
        &self.0.spill_folder
    }

    pub(crate) fn is_writing(&self, id: &RunId) -> bool {
        self.0.running.is_reserved(id)
    }

    pub(crate) fn is_making(&self, id: &RunId, identity: &str) -> bool {
        lock(&self.0.making).contains_key(&(id.clone(), identity.to_owned()))
    }

    pub(crate) fn keeps_order(&self, id: &RunId, identity: &str) -> bool {
        lock(&self.0.orders).contains(&(id.clone(), identity.to_owned()))
    }

    /// What can be read of a result now, and whether that is all of it.
    pub(crate) async fn snapshot(&self, id: &RunId) -> Result<(Arc<Snapshot>, bool)> {
        if let Some(progress) = self.progress(id) {
            return Ok((progress.snapshot()?, false));
        }
        if let Some(snapshot) = lock(&self.0.open).get(id) {
            return Ok((snapshot, true));
        }
        let path = self.path(id)?;
        let wanted = id.clone();
        let snapshot = blocking(move || {
            let file = File::open(path).map_err(|error| missing(&wanted, error))?;
            Snapshot::open(PositionedFile::new(file)).map(Arc::new)
        })
        .await?;
        lock(&self.0.open).insert(id.clone(), snapshot.clone(), snapshot.memory_bytes());
        Ok((snapshot, true))
    }

    /// Keeps every order from being made, for a test of what goes on meanwhile.
    #[cfg(test)]
    pub(crate) async fn hold_orders(&self) -> OwnedSemaphorePermit {
        self.0.order_turns.clone().acquire_many_owned(ORDERS_AT_ONCE as u32).await.unwrap()
    }

    pub(crate) async fn first_page_turn(&self) -> Result<OwnedSemaphorePermit> {
        self.0.first_page_turns.clone().acquire_owned().await.map_err(|_| Error::Stopped)
    }

    pub(crate) async fn reading_turn(&self) -> Result<OwnedSemaphorePermit> {
        self.0.page_turns.clone().acquire_owned().await.map_err(|_| Error::Stopped)
    }

    pub(crate) async fn streaming_turn(&self) -> Result<OwnedSemaphorePermit> {
        self.0.stream_turns.clone().acquire_owned().await.map_err(|_| Error::Stopped)
    }

    pub(crate) fn has_order(&self, id: &RunId, arrangement: &Fitted) -> bool {
        self.keeps_order(id, arrangement.identity())
    }

    /// The order of an arrangement: the kept one, or made now, once for all who wait for it.
    pub(crate) async fn order(&self, id: &RunId, snapshot: Arc<Snapshot>, arrangement: &Fitted) -> Result<Arc<Order>> {
        if let Some(order) = lock(&self.0.orders).get(&(id.clone(), arrangement.identity().to_owned())) {
            return Ok(order);
        }
        self.begin_order(id, snapshot, arrangement)?.await.map_err(Error::Shared)
    }

    /// Begins to make an order, which goes on whether or not somebody waits for it.
    pub(crate) fn begin_order(&self, id: &RunId, snapshot: Arc<Snapshot>, arrangement: &Fitted) -> Result<Making> {
        let key = (id.clone(), arrangement.identity().to_owned());
        let mut making = lock(&self.0.making);
        if let Some(begun) = making.get(&key) {
            return Ok(begun.clone());
        }
        if making.len() >= ORDERS_WAITING_MAX {
            return Err(Error::Busy);
        }
        let work = {
            let (results, key, arrangement) = (self.clone(), key.clone(), arrangement.clone());
            async move {
                let made = results.make_order(&key, snapshot, &arrangement).await;
                lock(&results.0.making).remove(&key);
                made.map_err(Arc::new)
            }
        };
        let begun =
            tokio::spawn(work).map(|done| done.unwrap_or_else(|_| Err(Arc::new(Error::Stopped)))).boxed().shared();
        making.insert(key, begun.clone());
        Ok(begun)
    }

    async fn make_order(&self, key: &OrderKey, snapshot: Arc<Snapshot>, arrangement: &Fitted) -> Result<Arc<Order>> {
        let _turn = self.0.order_turns.clone().acquire_owned().await.map_err(|_| Error::Stopped)?;
        if let Some(order) = lock(&self.0.orders).get(key) {
            return Ok(order);
        }
        let path = self.order_path(key)?;
        let mut stream = engine::run(&self.0.spill_folder, snapshot, arrangement, Output::RowNumbers, None).await?;
        let mut writer = OrderWriter::create(&path)?;
        while let Some(batch) = futures::TryStreamExt::try_next(&mut stream).await? {
            writer.write(engine::row_numbers(&batch))?;
        }
        let opened = path.clone();
        let order = blocking(move || {
            writer.finish()?;
            Order::open(&opened).map(Arc::new)
        })
        .await?;
        self.keep_order(key.clone(), order.clone())?;
        if !self.path(&key.0)?.exists() {
            // The result was deleted meanwhile.
            lock(&self.0.orders).remove(key);
            remove_file(&path)?;
            return Err(Error::NoSuchResult(key.0.clone()));
        }
        Ok(order)
    }

    pub(crate) fn keep_order(&self, key: OrderKey, order: Arc<Order>) -> Result<()> {
        let size_bytes = order.size_bytes();
        let left = lock(&self.0.orders).insert(key, order, size_bytes);
        left.iter().try_for_each(|(key, _)| remove_file(&self.order_path(key)?))
    }

    pub(crate) fn path(&self, id: &RunId) -> Result<PathBuf> {
        let name = id.as_str();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(Error::NoSuchResult(id.clone()));
        }
        Ok(self.0.folder.join(format!("{name}.parquet")))
    }

    fn order_path(&self, (id, identity): &OrderKey) -> Result<PathBuf> {
        Ok(self.path(id)?.with_extension(format!("{identity}.order")))
    }
}

/// The runs whose results are being written.
#[derive(Default)]
pub(crate) struct Running {
    runs: Mutex<HashMap<RunId, Option<Progress>>>,
    /// Wakes who waits for the end of a writer.
    ended: Notify,
}

/// A run's place among those that write, given up when it is dropped.
pub(crate) struct Registration {
    running: Arc<Running>,
    id: RunId,
}

impl Running {
    /// One writer a run.
    pub(crate) fn reserve(self: &Arc<Running>, id: &RunId) -> Result<Registration> {
        let mut runs = lock(&self.runs);
        if runs.contains_key(id) {
            return Err(Error::AlreadyStored(id.clone()));
        }
        runs.insert(id.clone(), None);
        Ok(Registration { running: self.clone(), id: id.clone() })
    }

    fn progress(&self, id: &RunId) -> Option<Progress> {
        lock(&self.runs).get(id).cloned().flatten()
    }

    fn is_reserved(&self, id: &RunId) -> bool {
        lock(&self.runs).contains_key(id)
    }
}

impl Registration {
    pub(crate) fn announce(&mut self, progress: Progress) {
        lock(&self.running.runs).insert(self.id.clone(), Some(progress));
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        lock(&self.running.runs).remove(&self.id);
        self.running.ended.notify_waiters();
    }
}

/// Runs what reads or computes for long on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopped)?
}

pub(crate) fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file("removed")(error)),
        _ => Ok(()),
    }
}

fn missing(id: &RunId, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::NoSuchResult(id.clone()),
        _ => Error::file("opened")(error),
    }
}

/// Nothing that these locks guard is left half done by a panic: each holds one insertion or removal.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
