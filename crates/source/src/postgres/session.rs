//! One connection: opened with a limit, used once, and left only when the server no longer works for it.

use std::time::Duration;

use domain::PostgresTls;
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{CancelToken, Client, Config, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{PostgresDriver, words};
use crate::{Error, Result, stop::Stop};

/// From the first packet to the end of the sign-in.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A cancel request that reaches the server between two statements is lost, so it is repeated after this wait.
pub(crate) const CANCEL_WAIT: Duration = Duration::from_secs(1);
/// Cancel requests before the connection is dropped with the statement still running; its own time limit then ends it.
pub(crate) const CANCEL_TRIES_MAX: u32 = 10;
/// How long an orderly goodbye may take.
pub(crate) const CLOSE_WAIT: Duration = Duration::from_secs(1);

pub(crate) struct Session {
    pub(crate) client: Client,
    connection: Connection,
    cancel: Cancel,
}

/// The task that moves the bytes; it ends with its value.
struct Connection(JoinHandle<()>);

/// Stops what the server does for one session. The request goes over a connection of its own, encrypted as the session is.
#[derive(Clone)]
pub(crate) struct Cancel {
    token: CancelToken,
    tls: MakeRustlsConnect,
}

impl Session {
    pub(crate) async fn open(driver: &PostgresDriver, stop: &Stop) -> Result<Session> {
        tokio::select! {
            biased;
            () = stop.requested() => Err(stop.error()),
            opened = Session::connect(driver) => opened,
        }
    }

    pub(crate) async fn connect(driver: &PostgresDriver) -> Result<Session> {
        let place = driver.place();
        let config = config(driver)?;
        let tls = driver.trust.connector(driver.tls)?;
        let (client, connection) = timeout(CONNECT_TIMEOUT, config.connect(tls.clone()))
            .await
            .map_err(|_| Error::Unreachable {
                place: place.clone(),
                why: format!("no answer within {CONNECT_TIMEOUT:?}"),
            })?
            .map_err(|error| words::connecting(&place, &error))?;
        let cancel = Cancel { token: client.cancel_token(), tls };
        let connection = Connection(tokio::spawn(async move {
            if let Err(error) = connection.await {
                // Whoever uses the client is told as well.
                tracing::debug!(%error, "a source's connection ended");
            }
        }));
        if let Some(own) = &driver.own {
            timeout(CONNECT_TIMEOUT, refuse_own(&client, own, &place)).await.map_err(|_| Error::Unreachable {
                place: place.clone(),
                why: format!("no answer within {CONNECT_TIMEOUT:?}"),
            })??;
        }
        Ok(Session { client, connection, cancel })
    }

    pub(crate) fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }

    /// Says goodbye and waits for the end of what was under way.
    pub(crate) async fn close(self) {
        let Session { client, mut connection, .. } = self;
        drop(client);
        let _ = timeout(CLOSE_WAIT, &mut connection.0).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Cancel {
    /// Waits for `work` of the session. On a stop, and when the work ended while the server may still be sending, the server is
    /// asked to cancel, and waited for.
    pub(crate) async fn guard<T>(&self, stop: &Stop, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut work = std::pin::pin!(work);
        let result = tokio::select! {
            biased;
            done = &mut work => done,
            () = stop.requested() => {
                let mut tries = 0;
                loop {
                    self.request().await;
                    tries += 1;
                    match timeout(CANCEL_WAIT, &mut work).await {
                        Ok(done) => break done,
                        Err(_) if tries == CANCEL_TRIES_MAX => break Err(stop.error()),
                        Err(_) => {}
                    }
                }
            }
        };
        if let Err(Error::Column { .. } | Error::Driver { .. } | Error::Cancelled | Error::TimedOut { .. }) = result {
            self.request().await;
        }
        result
    }

    async fn request(&self) {
        match timeout(CONNECT_TIMEOUT, self.token.cancel_query(self.tls.clone())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a source could not be asked to cancel"),
            Err(_) => tracing::warn!("a source did not take a cancel request in time"),
        }
    }
}

/// Asks the server which database this is. One that does not say is refused as well.
async fn refuse_own(client: &Client, own: &str, place: &str) -> Result<()> {
    let identity = client
        .query_one(
            "select (pg_catalog.pg_control_system()).system_identifier::text || '/' || pg_catalog.current_database()",
            &[],
        )
        .await
        .and_then(|row| row.try_get::<_, String>(0));
    match identity {
        Ok(identity) if identity == own => Err(Error::Own { place: place.to_owned() }),
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Unknown {
            place: place.to_owned(),
            why: error.as_db_error().map_or_else(|| error.to_string(), |said| said.message().to_owned()),
        }),
    }
}

fn config(driver: &PostgresDriver) -> Result<Config> {
    // A path would be a socket of this machine, and a list would be several servers.
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if driver.host.is_empty() || !driver.host.chars().all(is_host) {
        return Err(Error::Host { host: driver.host.clone() });
    }
    let mut config = Config::new();
    config
        .host(&driver.host)
        .port(driver.port)
        .dbname(&driver.database)
        .user(&driver.user)
        .application_name("WebReports")
        .connect_timeout(CONNECT_TIMEOUT)
        .ssl_mode(match driver.tls {
            PostgresTls::Verify | PostgresTls::Require => SslMode::Require,
            PostgresTls::Disable => SslMode::Disable,
        });
    if let Some(password) = &driver.password {
        config.password(password.expose_bytes());
    }
    Ok(config)
}
