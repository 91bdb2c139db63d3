//! Start and stop: listeners, signals, and the time that running work gets to end.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use axum::extract::ConnectInfo;
use axum_server::Handle;
use hyper_util::rt::TokioTimer;
use portal::{Portal, PortalConfig};
use tokio::task::JoinHandle;
use url::Url;
use world::World;

use crate::{
    cli::Error,
    config::Config,
    http::{self, App, Site, files::Page, openapi},
    telemetry,
};

/// What runs gets this long to end after a signal; then it is marked interrupted.
pub const GRACE: Duration = Duration::from_secs(30);

/// What was answered gets this long to reach its readers once everything has ended.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// A client gets this long to send the head of a request; a connection that sends none is closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A portal that answers.
pub struct RunningPortal {
    pub portal: Portal,
    pub address: SocketAddr,
    listener: Handle<SocketAddr>,
    served: JoinHandle<std::io::Result<()>>,
}

/// Opens the portal's data and begins to answer.
pub async fn start_portal(config: &Config, world: World) -> Result<RunningPortal, Error> {
    let (listener, address) = listen(config.listen)?;
    let mut addresses = config.addresses.clone();
    for public in &mut addresses {
        follow_port(public, config.listen, address);
    }
    let portal = Portal::open(portal_config(config, addresses.clone()), world).await?;
    let site = Site {
        addresses,
        page: Page::load(),
        metrics_key: config.metrics_key.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        openapi: openapi::document(),
    };
    telemetry::metrics();
    let app = http::router(App { portal: portal.clone(), site: Arc::new(site) });
    let handle = Handle::new();
    let failed = |source| Error::Listen { what: THE_PORTAL, address: address.to_string(), source };
    let mut server = axum_server::from_tcp(listener).map_err(failed)?.handle(handle.clone());
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
    let served = tokio::spawn(server.serve(app.into_make_service_with_connect_info::<SocketAddr>()));
    tracing::info!(%address, "the portal answers");
    Ok(RunningPortal { portal, address, listener: handle, served })
}

impl RunningPortal {
    /// Takes no new work, lets running work end within [`GRACE`], marks the rest interrupted, and closes the database.
    pub async fn stop(self) {
        self.stop_within(GRACE).await;
    }

    pub async fn stop_within(self, grace: Duration) {
        self.listener.graceful_shutdown(None);
        self.portal.shut_down(grace).await;
        // Streams of results end with their runs, and what was said last is sent; a client that keeps one open does not keep the
        // process.
        let mut served = self.served;
        if tokio::time::timeout(LAST_BYTES, &mut served).await.is_err() {
            served.abort();
            let _ = served.await;
        }
        tracing::info!("the portal stopped");
    }
}

pub fn portal_config(config: &Config, public_addresses: Vec<Url>) -> PortalConfig {
    PortalConfig {
        data_folder: config.data_folder(),
        database: config.database.clone(),
        master_key: config.master_key.clone(),
        public_addresses,
        rights_max_age: config.rights_max_age,
        session_idle: config.session_idle,
        session_absolute: config.session_max,
        results_keep: config.results_keep,
        okta_ca_pem: config.okta_ca_pem.clone(),
    }
}

pub fn org_config(config: &Config) -> org::OrgConfig {
    org::OrgConfig {
        http_address: config.org_listen,
        https_address: config.org_tls_listen,
        addresses: config.org_addresses.clone(),
        database: config.org_database.clone(),
        key: config.org_key.clone(),
        company_name: config.org_name.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        hook_origins: config.org_hook_origins.clone(),
        mail: config.org_mail.clone(),
        ..org::OrgConfig::local(config.data_folder(), config.keys_folder())
    }
}

/// `webreports serve`.
pub async fn portal_until_stopped(config: &Config) -> Result<(), Error> {
    let running = start_portal(config, World::real()).await?;
    announce_portal(&running, config).await?;
    signal().await;
    println!("stopping; running reports get {} s to end", GRACE.as_secs());
    running.stop().await;
    Ok(())
}

/// `webreports org`.
pub async fn org_until_stopped(config: &Config) -> Result<(), Error> {
    let running = org::start(org_config(config), World::real()).await?;
    announce_org(&running, true);
    signal().await;
    running.stop().await;
    Ok(())
}

/// Says where the portal is, and while set-up is open, the link that opens it.
pub async fn announce_portal(running: &RunningPortal, config: &Config) -> Result<(), Error> {
    let address = &config.addresses[0];
    println!("WebReports       {address}");
    if let Some(code) = running.portal.offer_set_up_code().await? {
        println!("Set-up           {address}setup?code={}", code.expose());
        println!("                 This link works once. Whoever opens it becomes the emergency administrator.");
    }
    Ok(())
}

pub fn announce_org(running: &org::Running, with_link: bool) {
    println!("Built-in org     {}admin/", running.org.first_address());
    if let Some(link) = running.first_administrator_link.as_ref().filter(|_| with_link) {
        println!("First sign-in    {link}");
        println!("                 This link works once. Whoever opens it becomes the org's super administrator.");
    }
}

const THE_PORTAL: &str = "the portal's address";

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Listen { what: THE_PORTAL, address: address.to_string(), source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// With port 0 the system chooses, and the public address that named port 0 follows.
fn follow_port(public: &mut Url, asked: SocketAddr, bound: SocketAddr) {
    if asked.port() == 0 && public.port() == Some(0) {
        let _ = public.set_port(Some(bound.port()));
    }
}

/// Waits for Ctrl-C or the service manager's TERM.
pub async fn signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            },
            Err(_) => drop(tokio::signal::ctrl_c().await),
        }
    }
    #[cfg(not(unix))]
    let _ = tokio::signal::ctrl_c().await;
}

/// The type under which a handler finds the peer; named here so that tests can build one.
pub type Peer = ConnectInfo<SocketAddr>;
