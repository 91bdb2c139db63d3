//! Start-up: database, master key, migrations, and the recovery of what an earlier process left.

use std::sync::Arc;

use db::Db;
use results::Results;
use tokio::sync::Semaphore;
use vault::{MasterKey, Passwords, Secret, Vault};
use world::{Files, Random, World};

use crate::{Error, Portal, PortalConfig, Result, State, files::FILES_AT_ONCE_MAX, people::People, runner::Runner};

impl Portal {
    /// Opens the portal's data, making it where there is none.
    ///
    /// The master key is made only together with a new database. Runs that an earlier process left unfinished are marked
    /// interrupted, and files that belong to no run are removed.
    pub async fn open(config: PortalConfig, world: World) -> Result<Portal> {
        Files::private_folder(&config.data_folder)?;
        let db = Db::open(&config.database).await?;
        let is_new = store::is_new(&mut *db.read().await?).await?;
        let master = MasterKey::load(&config.master_key, is_new, world.random.as_ref())?;
        let vault = Vault::new(&master, world.random.clone());
        db::migrate::run(&db, store::MIGRATIONS, world.now()).await?;
        check_key(&db, &vault, &world).await?;
        let portal = Portal(Arc::new(State {
            passwords: Passwords::new(world.random.clone()),
            sources: source::Sources::new(config.own_places()),
            results: Results::open(&config.results_folder())?,
            runner: Runner::new(),
            file_places: Arc::new(Semaphore::new(FILES_AT_ONCE_MAX)),
            db,
            vault,
            world,
            people: People::default(),
            config,
        }));
        portal.make_default_roles().await?;
        portal.recover_runs().await?;
        portal.keep_house();
        portal.keep_in_step();
        Ok(portal)
    }

    /// Whether requests can be answered: the metadata database answers, and the portal is not about to stop.
    pub async fn ready(&self) -> Result<()> {
        if self.runner.stopping.is_cancelled() {
            return Err(Error::TooMany("the server is stopping".to_owned()));
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
