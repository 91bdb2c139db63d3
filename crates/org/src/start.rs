//! Starting and stopping the org.
//!
//! Invariant: nothing listens before database, key and built-in objects are there; a stop lets what runs end, for
//! [`STOP_TIMEOUT`] at most, and closes the database last.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use axum::{Extension, Router};
use axum_server::{Handle, tls_rustls::RustlsConfig};
use db::{Db, Migration, migrate, query};
use hyper_util::rt::TokioTimer;
use tokio::{sync::Notify, task::JoinHandle};
use url::Url;
use vault::{MasterKey, Passwords, Vault};
use world::{Files, World};

use crate::{
    Error, Org, OrgConfig, Result,
    api::{
        self,
        edge::Scheme,
        limits::{self, Limits},
    },
    console, hooks, mail,
    model::{
        self, authenticator, behavior,
        group::{self, GroupType},
        id::OrgId,
        log, organization, policy_defaults, user,
        zone::{self, ZoneContent},
    },
    oauth, signin,
    state::State,
    tls,
};

/// How long a client may take to send its request's head.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(3_600);
/// Events removed in one transaction, so that nobody waits long for it.
const FORGOTTEN_AT_ONCE: i64 = 1_000;
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// Zones that every org of Okta's has, and whether they block.
const SYSTEM_ZONES: [(&str, &str); 3] =
    [("LegacyIpZone", "POLICY"), ("BlockedIpZone", "BLOCKLIST"), ("DefaultExemptIpZone", "POLICY")];

/// An org that listens.
pub struct Running {
    pub http_address: SocketAddr,
    pub https_address: Option<SocketAddr>,
    /// Where the first super administrator is made; `None` once there is one. Whoever started the org shows it.
    pub first_administrator_link: Option<Url>,
    pub org: Org,
    listeners: Vec<Listener>,
    /// What goes on beside the answering of requests.
    background: Vec<JoinHandle<()>>,
}

struct Listener {
    handle: Handle<SocketAddr>,
    task: JoinHandle<std::io::Result<()>>,
    /// What keeps the certificate fresh, where there is one.
    renewal: Option<JoinHandle<()>>,
}

impl Running {
    /// Takes no new connections, lets what runs end, and closes the database.
    pub async fn stop(self) {
        self.background.iter().for_each(JoinHandle::abort);
        for listener in &self.listeners {
            listener.handle.graceful_shutdown(Some(STOP_TIMEOUT));
        }
        for listener in self.listeners {
            if let Some(renewal) = listener.renewal {
                renewal.abort();
            }
            match listener.task.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "a listener of the org ended badly"),
                Err(error) => tracing::warn!(%error, "a listener of the org was cut off"),
            }
        }
        self.org.db.close().await;
        tracing::info!("the org has stopped");
    }
}

/// Opens what the org keeps, makes what a new org has, and listens.
pub async fn start(config: OrgConfig, world: World) -> Result<Running> {
    config.check()?;
    let http = bind(config.http_address)?;
    let https = config.https_address.map(bind).transpose()?;
    let http_address = http.1;
    let https_address = https.as_ref().map(|(_, address)| *address);
    let org = open(config, world, http_address, https_address).await?;
    let app = api::whole(&org);
    let mut listeners = vec![listen(http, &app)?];
    if let Some(https) = https {
        listeners.push(listen_securely(&org, https, &app, tls::server_config(&org).await?)?);
    }
    let background = vec![
        tokio::spawn(keep_house(org.clone())),
        tokio::spawn(hooks::delivery::work(org.clone())),
        tokio::spawn(limits::keep_up(org.clone())),
        tokio::spawn(mail::delivery::work(org.clone())),
    ];
    let first_administrator_link = console::first_administrator_link(&org).await?;
    tracing::info!(%http_address, ?https_address, org = %org.id, "the org listens");
    Ok(Running { http_address, https_address, first_administrator_link, org, listeners, background })
}

/// Forgets, again and again, what need not be kept any longer, and takes up what was left undone.
async fn keep_house(org: Org) {
    loop {
        if let Err(error) = forget_old(&org).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old events of the log could not be removed");
        }
        if let Err(error) = api::group_rules::resume(&org).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "group rules could not be taken up again");
        }
        tokio::time::sleep(HOUSEKEEPING_EVERY).await;
    }
}

async fn forget_old(org: &Org) -> Result<()> {
    loop {
        let mut tx = org.db.begin().await?;
        let forgotten = log::forget_old(&mut tx, org.now(), FORGOTTEN_AT_ONCE).await?;
        tx.commit().await?;
        if forgotten < FORGOTTEN_AT_ONCE.unsigned_abs() {
            return Ok(());
        }
    }
}

type Bound = (TcpListener, SocketAddr);

fn bind(address: SocketAddr) -> Result<Bound> {
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

fn listen((listener, address): Bound, app: &Router) -> Result<Listener> {
    let handle = Handle::new();
    let mut server =
        axum_server::from_tcp(listener).map_err(|source| Error::Listen { address, source })?.handle(handle.clone());
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let app = app.clone().layer(Extension(Scheme::Http));
    let task = tokio::spawn(server.serve(app.into_make_service_with_connect_info::<SocketAddr>()));
    Ok(Listener { handle, task, renewal: None })
}

fn listen_securely(
    org: &Org,
    (listener, address): Bound,
    app: &Router,
    certificate: Arc<rustls::ServerConfig>,
) -> Result<Listener> {
    let handle = Handle::new();
    let certificate = RustlsConfig::from_config(certificate);
    let renewal = tokio::spawn(tls::renewal(org.clone(), certificate.clone()));
    let server = axum_server::from_tcp_rustls(listener, certificate);
    let mut server = server.map_err(|source| Error::Listen { address, source })?.handle(handle.clone());
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let app = app.clone().layer(Extension(Scheme::Https));
    let task = tokio::spawn(server.serve(app.into_make_service_with_connect_info::<SocketAddr>()));
    Ok(Listener { handle, task, renewal: Some(renewal) })
}

/// Every migration of both halves.
pub fn migrations() -> Vec<Migration> {
    [
        model::MIGRATIONS,
        signin::MIGRATIONS,
        oauth::MIGRATIONS,
        console::MIGRATIONS,
        tls::MIGRATIONS,
        model::DIRECTORY_MIGRATIONS,
        model::APP_MIGRATIONS,
        mail::MIGRATIONS,
        model::SETTING_MIGRATIONS,
        model::POLICY_MIGRATIONS,
    ]
    .concat()
}

async fn open(config: OrgConfig, world: World, http: SocketAddr, https: Option<SocketAddr>) -> Result<Org> {
    let folder = |source| Error::Folder { place: config.data_folder.display().to_string(), source };
    Files::private_folder(&config.data_folder).map_err(folder)?;
    let db = Db::open(&config.database).await?;
    let is_new = is_new(&db).await?;
    let key = MasterKey::load(&config.key, is_new, world.random.as_ref())?;
    let vault = Vault::new(&key, world.random.clone());
    migrate::run(&db, &migrations(), world.now()).await?;
    let id = built_in(&db, &config, &world).await?;
    let addresses = if config.addresses.is_empty() { own_addresses(http, https) } else { config.addresses.clone() };
    let passwords = Passwords::new(world.random.clone());
    let limits = Limits::new(config.rate_limits);
    let outbound = hooks::client(&config)?;
    let doorbell = Notify::new();
    let org = Org(Arc::new(State { id, db, vault, passwords, world, config, addresses, limits, outbound, doorbell }));
    oauth::prepare(&org).await?;
    limits::reload(&org).await?;
    Ok(org)
}

/// Whether nothing was ever kept in this database: only then may a key be made.
async fn is_new(db: &Db) -> Result<bool> {
    match query("select count(*) as n from migration").one(&mut *db.read().await?).await {
        Ok(row) => Ok(row.get::<i64>("n")? == 0),
        // There is no such table yet.
        Err(db::Error::Failed(_)) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// What every org has from its first moment. Makes what is missing, and nothing twice.
async fn built_in(db: &Db, config: &OrgConfig, world: &World) -> Result<OrgId> {
    let mut tx = db.begin().await?;
    if let Some(known) = organization::get(&mut tx).await? {
        policy_defaults::make(&mut tx, world).await?;
        authenticator::make(&mut tx, world).await?;
        tx.commit().await?;
        return Ok(known.id);
    }
    let id = organization::create(&mut tx, world, &config.company_name).await?;
    user::create_type(&mut tx, world, "user", true).await?;
    group::create(&mut tx, world, GroupType::BuiltIn, group::EVERYONE, Some(group::EVERYONE_DESCRIPTION)).await?;
    for (name, usage) in SYSTEM_ZONES {
        let content =
            ZoneContent { name: name.to_owned(), usage: usage.to_owned(), gateways: Vec::new(), proxies: Vec::new() };
        zone::create(&mut tx, world, &content, true).await?;
    }
    behavior::create_usual(&mut tx, world).await?;
    policy_defaults::make(&mut tx, world).await?;
    authenticator::make(&mut tx, world).await?;
    tx.commit().await?;
    Ok(id)
}

/// Where the listeners themselves are reached from this machine.
fn own_addresses(http: SocketAddr, https: Option<SocketAddr>) -> Vec<Url> {
    let mut addresses = Vec::new();
    for (scheme, address) in std::iter::once(("http", http)).chain(https.map(|address| ("https", address))) {
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let own = (!address.ip().is_loopback() && !address.ip().is_unspecified())
            .then(|| SocketAddr::new(address.ip(), 0).to_string());
        let own = own.and_then(|text| text.strip_suffix(":0").map(str::to_owned));
        for host in hosts.into_iter().chain(own) {
            addresses.extend(Url::parse(&format!("{scheme}://{host}:{}", address.port())));
        }
    }
    addresses
}
