//! One change: a write transaction together with the events that tell of it.
//!
//! Invariant: the events are written right before the commit, in the transaction; a change that is dropped leaves neither.

use std::ops::{Deref, DerefMut};

use db::{Conn, Tx};
use world::Instant;

use super::log::{self, CallOrigin, Event, Party};
use crate::{Org, Result};

/// A transaction by somebody. It derefs to the connection that model functions take.
pub struct Change {
    tx: Tx,
    org: Org,
    actor: Party,
    origin: CallOrigin,
    events: Vec<Event>,
    pub now: Instant,
}

impl Change {
    pub async fn begin(org: &Org, actor: Party, origin: CallOrigin) -> Result<Change> {
        let tx = org.db.begin().await?;
        Ok(Change { tx, org: org.clone(), actor, origin, events: Vec::new(), now: org.now() })
    }

    /// Keeps an event for the commit; its actor and origin are the change's.
    pub fn record(&mut self, event: Event) {
        self.events.push(event.by(self.actor.clone()).from(&self.origin));
    }

    /// Keeps what was done, and says so in the log.
    pub async fn commit(mut self) -> Result<()> {
        for event in &self.events {
            log::write(&mut self.tx, &self.org.world, event).await?;
        }
        self.tx.commit().await?;
        self.org.doorbell.notify_one();
        Ok(())
    }
}

impl Deref for Change {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.tx
    }
}

impl DerefMut for Change {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.tx
    }
}
