//! Clearing the folder of what belongs to no run: results of deleted runs, drafts of a process that was killed, orders
//! whose result is gone.

use std::{fs::DirEntry, io, sync::Arc};

use domain::RunId;

use crate::{Error, Result, Results, folder::remove_file, order::Order};

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub results: usize,
    pub drafts: usize,
    pub orders: usize,
    pub bytes: u64,
}

/// What the name of a file in the folder says.
enum Kind {
    Result(RunId),
    Order(RunId, String),
    /// The draft of a result, or that of the order with this identity.
    Draft(RunId, Option<String>),
}

impl Results {
    /// Removes every file whose run is not kept, and what interrupted work left. What is being written or made now is
    /// left alone, as are files that are not ours.
    pub fn sweep(&self, is_kept: impl Fn(&RunId) -> bool) -> Result<Swept> {
        let mut swept = Swept::default();
        for (entry, kind) in self.entries()? {
            let (is_orphan, counter) = match &kind {
                Kind::Result(id) => (!is_kept(id) && !self.is_writing(id), &mut swept.results),
                Kind::Order(id, identity) => {
                    let is_used = is_kept(id) && self.path(id)?.exists();
                    let is_known = self.keeps_order(id, identity) || self.is_making(id, identity);
                    (!is_used || !is_known, &mut swept.orders)
                }
                Kind::Draft(id, None) => (!self.is_writing(id), &mut swept.drafts),
                Kind::Draft(id, Some(identity)) => (!self.is_making(id, identity), &mut swept.drafts),
            };
            if !is_orphan {
                continue;
            }
            *counter += 1;
            swept.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
            remove_file(&entry.path())?;
            if let Kind::Result(id) = kind {
                self.delete(&id)?;
            }
        }
        Ok(swept)
    }

    /// Takes in the orders that an earlier process made, the oldest first; damaged ones are removed.
    pub(crate) fn take_in_orders(&self) -> Result<()> {
        let mut orders = self.entries()?;
        orders.sort_by_key(|(entry, _)| entry.metadata().and_then(|metadata| metadata.modified()).ok());
        for (entry, kind) in orders {
            let Kind::Order(id, identity) = kind else { continue };
            match Order::open(&entry.path()) {
                Ok(order) if self.path(&id)?.exists() => self.keep_order((id, identity), Arc::new(order))?,
                _ => remove_file(&entry.path())?,
            }
        }
        Ok(())
    }

    fn entries(&self) -> Result<Vec<(DirEntry, Kind)>> {
        let entries = std::fs::read_dir(self.folder()).map_err(Error::file("listed"))?;
        let entries: Vec<DirEntry> = entries.collect::<io::Result<_>>().map_err(Error::file("listed"))?;
        Ok(entries
            .into_iter()
            .filter_map(|entry| kind(entry.file_name().to_str()?).map(|kind| (entry, kind)))
            .collect())
    }
}

fn kind(name: &str) -> Option<Kind> {
    let parts: Vec<&str> = name.split('.').collect();
    match parts.as_slice() {
        [id, "parquet"] => Some(Kind::Result((*id).into())),
        [id, identity, "order"] => Some(Kind::Order((*id).into(), (*identity).to_owned())),
        [id, "parquet", "part"] => Some(Kind::Draft((*id).into(), None)),
        [id, identity, "order", "part"] => Some(Kind::Draft((*id).into(), Some((*identity).to_owned()))),
        _ => None,
    }
}
