//! Start-up: database, master key, migrations, and the recovery of what an earlier process left.

use std::sync::Arc;

use db::Db;
use results::Results;
use tokio::sync::Semaphore;
use vault::{MasterKey, Passwords, Secret, Vault};
use world::{Files, Random, World};

use crate::{
    Error, Portal, PortalConfig, Result, State,
    files::FILES_AT_ONCE_MAX,
    node::{self, Hold},
    people::People,
    runner::Runner,
};

impl Portal {
    /// Opens the portal's data, making it where there is none, and holds the data folder until it stops.
    ///
    /// The master key is made only together with a new database. Runs that an earlier process of this node left unfinished are
    /// marked interrupted, and files that belong to no run are removed. Errors: `Conflict` when another process holds the folder.
    pub async fn open(config: PortalConfig, world: World) -> Result<Portal> {
        let portal = Portal::opened(config, world, true).await?;
        portal.make_default_roles().await?;
        portal.recover_runs().await?;
        portal.keep_house().await;
        portal.keep_in_step();
        Ok(portal)
    }

    /// Opens the same data for a command that works beside a portal, running or not: nothing is recovered, cleared away, or
    /// done in the background.
    pub async fn open_beside(config: PortalConfig, world: World) -> Result<Portal> {
        let portal = Portal::opened(config, world, false).await?;
        portal.make_default_roles().await?;
        Ok(portal)
    }

    async fn opened(config: PortalConfig, world: World, holds_folder: bool) -> Result<Portal> {
        Files::private_folder(&config.data_folder)?;
        let db = Db::open(&config.database).await?;
        let is_new = store::is_new(&mut *db.read().await?).await?;
        let master = MasterKey::load(&config.master_key, is_new, world.random.as_ref())?;
        let vault = Vault::new(&master, world.random.clone());
        db::migrate::run(&db, store::MIGRATIONS, world.now()).await?;
        check_key(&db, &vault, &world).await?;
        let hold = if holds_folder { Hold::take(&config.data_folder)? } else { Hold::none() };
        let results = config.results_folder();
        let results = if holds_folder { Results::open(&results)? } else { Results::beside(&results) };
        Ok(Portal(Arc::new(State {
            passwords: Passwords::new(world.random.clone()),
            sources: source::Sources::new(config.own_places()).never(db.identity().await?),
            results,
            runner: Runner::new(),
            node: node::id(&config.data_folder, world.random.as_ref())?,
            hold,
            file_places: Arc::new(Semaphore::new(FILES_AT_ONCE_MAX)),
            db,
            vault,
            world,
            people: People::default(),
            config,
        })))
    }

    /// Whether a portal works in this data folder now, this one or another process's.
    pub fn is_at_work(&self) -> Result<bool> {
        node::is_held(&self.config.data_folder)
    }

    /// Whether requests can be answered: the metadata database answers, and the portal is not about to stop.
    pub async fn ready(&self) -> Result<()> {
        if self.runner.stopping.is_cancelled() {
            return Err(Error::Stopping);
        }
        store::is_new(&mut *self.db.read().await?).await?;
        Ok(())
    }
}

/// The setting that any key but the database's own fails to open.
const KEY_CHECK: &str = "master_key_check";

/// Refuses a database that was sealed with another key, before anything is sealed with this one.
async fn check_key(db: &Db, vault: &Vault, world: &World) -> Result<()> {
    let mut tx = db.begin().await?;
    if store::setting::secret(&mut tx, vault, KEY_CHECK).await?.is_none() {
        let random: &dyn Random = world.random.as_ref();
        let check = Secret::new(random.base62(20));
        store::setting::put_secret(&mut tx, vault, KEY_CHECK, &check, world.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}
