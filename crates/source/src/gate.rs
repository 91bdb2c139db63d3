//! Places at a connection: how many queries run there at once, and who waits in front.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::ConnectionId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{Error, Result};

/// Runs that may wait in front of one connection. One more is told to come again.
pub(crate) const WAITING_MAX: usize = 100;
/// Descriptions, catalogs and tests at once on one connection. They are short and do not queue behind long runs.
pub(crate) const LOOKS_MAX: u32 = 2;

/// How busy a connection is at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub running: usize,
    pub waiting: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    Run,
    /// A description, a catalog or a test.
    Look,
}

#[derive(Default)]
pub(crate) struct Gates(Mutex<HashMap<(ConnectionId, Purpose), Gate>>);

/// A limit that changes makes a new gate: what runs already keeps its place at the old one.
#[derive(Clone)]
struct Gate {
    places: Arc<Semaphore>,
    places_max: usize,
    waiting: Arc<AtomicUsize>,
}

/// A place at a connection, given back on drop.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Gates {
    /// Waits for a place, until `cancel`.
    pub(crate) async fn enter(
        &self,
        connection: &ConnectionId,
        purpose: Purpose,
        places_max: u32,
        cancel: &CancellationToken,
    ) -> Result<Place> {
        let gate = self.gate(connection, purpose, places_max.max(1) as usize);
        if let Ok(permit) = gate.places.clone().try_acquire_owned() {
            return Ok(Place { _permit: permit });
        }
        let _queued = Queued::join(&gate.waiting)?;
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::Cancelled),
            permit = gate.places.clone().acquire_owned() => {
                permit.map(|permit| Place { _permit: permit }).map_err(Error::driver)
            }
        }
    }

    pub(crate) fn load(&self, connection: &ConnectionId) -> Load {
        let gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates.get(&(connection.clone(), Purpose::Run)).map_or(Load::default(), |gate| Load {
            running: gate.places_max - gate.places.available_permits(),
            waiting: gate.waiting.load(Ordering::SeqCst),
        })
    }

    fn gate(&self, connection: &ConnectionId, purpose: Purpose, places_max: usize) -> Gate {
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Gate {
            places: Arc::new(Semaphore::new(places_max)),
            places_max,
            waiting: Arc::new(AtomicUsize::new(0)),
        };
        let gate = gates.entry((connection.clone(), purpose)).or_insert_with(new);
        if gate.places_max != places_max {
            *gate = new();
        }
        gate.clone()
    }
}

/// One that waits; leaves the queue on drop, so that a caller who gives up is not counted on.
struct Queued<'a>(&'a AtomicUsize);

impl Queued<'_> {
    fn join(waiting: &AtomicUsize) -> Result<Queued<'_>> {
        let before = waiting.fetch_add(1, Ordering::SeqCst);
        let queued = Queued(waiting);
        if before >= WAITING_MAX { Err(Error::Busy { waiting: before }) } else { Ok(queued) }
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn who_comes_to_a_full_queue_is_told_to_come_again() {
        let (gates, cancel) = (Gates::default(), CancellationToken::new());
        let connection = ConnectionId::from("con_full");
        let enter = || gates.enter(&connection, Purpose::Run, 1, &cancel);
        let place = enter().await.unwrap();
        let (results, ()) = tokio::join!(join_all((0..=WAITING_MAX).map(|_| enter())), async {
            while gates.load(&connection).waiting < WAITING_MAX {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        });
        let busy = results.iter().filter(|result| matches!(result, Err(Error::Busy { waiting: WAITING_MAX })));
        assert_eq!(busy.count(), 1);
        assert_eq!(gates.load(&connection), Load { running: 1, waiting: 0 });
        drop(place);
        assert_eq!(gates.load(&connection), Load::default());
    }

    #[tokio::test]
    async fn a_changed_limit_holds_for_who_comes_after() {
        let (gates, cancel) = (Gates::default(), CancellationToken::new());
        let connection = ConnectionId::from("con_changed");
        let _first = gates.enter(&connection, Purpose::Run, 1, &cancel).await.unwrap();
        let _second = gates.enter(&connection, Purpose::Run, 2, &cancel).await.unwrap();
        assert_eq!(gates.load(&connection), Load { running: 1, waiting: 0 });
    }
}
