//! Start-up: database, master key, migrations, and the recovery of what an earlier process left.

use std::sync::Arc;

use db::Db;
use results::Results;
use vault::{MasterKey, Passwords, Vault};
use world::{Files, World};

use crate::{Portal, PortalConfig, Result, State, people::People, runner::Runner};

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
        let people = People::new(&config, &world)?;
        let portal = Portal(Arc::new(State {
            passwords: Passwords::new(world.random.clone()),
            sources: source::Sources::new(config.own_places()),
            results: Results::open(&config.results_folder())?,
            runner: Runner::new(),
            db,
            vault,
            world,
            people,
            config,
        }));
        portal.recover_runs().await?;
        portal.keep_house();
        Ok(portal)
    }
}
