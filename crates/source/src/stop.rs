//! Why a run must stop, and the signal for it: cancelled, out of time, or nobody reads on.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Error;

#[derive(Clone, Copy)]
enum Why {
    Cancelled,
    TimedOut,
}

/// Seen by the driver. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Stop {
    requested: CancellationToken,
    why: Arc<OnceLock<Why>>,
    timeout: Duration,
}

impl Stop {
    /// Begins to watch. The watch ends with the guard; `cancel` or the timeout request a stop before that.
    pub(crate) fn watch(cancel: CancellationToken, timeout: Duration) -> (Stop, DropGuard) {
        let stop = Stop { requested: CancellationToken::new(), why: Arc::new(OnceLock::new()), timeout };
        let over = CancellationToken::new();
        let (watched, ended) = (stop.clone(), over.clone());
        tokio::spawn(async move {
            let why = tokio::select! {
                biased;
                () = ended.cancelled() => return,
                () = cancel.cancelled() => Why::Cancelled,
                () = tokio::time::sleep(timeout) => Why::TimedOut,
            };
            let _ = watched.why.set(why);
            watched.requested.cancel();
        });
        (stop, over.drop_guard())
    }

    pub(crate) async fn requested(&self) {
        self.requested.cancelled().await;
    }

    pub(crate) fn is_requested(&self) -> bool {
        self.requested.is_cancelled()
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The error that a stop is told as.
    pub(crate) fn error(&self) -> Error {
        match self.why.get() {
            Some(Why::TimedOut) => Error::TimedOut { after: self.timeout },
            Some(Why::Cancelled) | None => Error::Cancelled,
        }
    }
}
