//! The log of what people did, written in the transaction of what it tells of: no entry, no change.

use db::Tx;
use domain::Actor;

use crate::{Portal, Result};

impl Portal {
    /// `kind` is the thing, such as `view`; `what` the deed in a few words; `detail` names what it was done to.
    pub(crate) async fn record(&self, tx: &mut Tx, actor: &Actor, kind: &str, what: &str, detail: &str) -> Result<()> {
        let entry =
            store::log_entry::NewEntry { kind, person: Some(&actor.person), person_name: &actor.name, what, detail };
        store::log_entry::insert(tx, self.world.random.as_ref(), &entry, self.now()).await?;
        Ok(())
    }
}
