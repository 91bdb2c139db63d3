//! The test of a PostgreSQL connection: name, port, encryption, password, rights, version.

use std::time::Duration;

use domain::PostgresTls;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{PostgresDriver, read::begin, session::Session, words};
use crate::{Error, Result, TestStep, stop::Stop};

/// For each step.
pub(crate) const STEP_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn steps(driver: &PostgresDriver) -> Vec<TestStep> {
    let mut steps = Vec::new();
    let addresses = match timeout(STEP_TIMEOUT, lookup_host((driver.host.as_str(), driver.port))).await {
        Ok(Ok(addresses)) => addresses.collect::<Vec<_>>(),
        Ok(Err(error)) => {
            steps.push(TestStep::failed(
                "name",
                error.to_string(),
                "check the spelling of the host, and this machine's DNS",
            ));
            return steps;
        }
        Err(_) => {
            let why = format!("the name server did not answer within {STEP_TIMEOUT:?}");
            steps.push(TestStep::failed("name", why, "check this machine's DNS"));
            return steps;
        }
    };
    let mut found: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    found.dedup();
    steps.push(TestStep::found("name", found.join(", ")));

    let why = match timeout(STEP_TIMEOUT, TcpStream::connect(addresses.as_slice())).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("nothing answered within {STEP_TIMEOUT:?}")),
    };
    if let Some(why) = why {
        let fix =
            "check the port, that the server listens on this address (`listen_addresses`), and the firewalls between";
        steps.push(TestStep::failed("port", why, fix));
        return steps;
    }
    steps.push(TestStep::found("port", format!("{} answers", driver.port)));

    let connected = Session::connect(driver).await;
    if let Err(error @ (Error::Tls { .. } | Error::Unreachable { .. } | Error::Driver { .. })) = &connected {
        steps.push(TestStep::of("encryption", error));
        return steps;
    }
    steps.push(match driver.tls {
        PostgresTls::Verify => TestStep::found("encryption", "encrypted, and the certificate is valid for this name"),
        PostgresTls::Require => TestStep::found("encryption", "encrypted")
            .but("nobody checks who answers", "let the server have a certificate for its name, and choose `verify`"),
        PostgresTls::Disable => TestStep::found("encryption", "none")
            .but("passwords and rows can be read on the way", "choose `verify` unless the server is on this machine"),
    });
    let mut session = match connected {
        Ok(session) => session,
        Err(error) => {
            steps.push(signing_in(&error));
            return steps;
        }
    };
    steps.push(TestStep::found("password", format!("signed in as {}", driver.user)));

    let (stop, _watch) = Stop::watch(CancellationToken::new(), STEP_TIMEOUT);
    let facts = session.cancel().guard(&stop, facts(&mut session.client, &stop)).await;
    session.close().await;
    match facts {
        Ok(facts) => {
            steps.push(facts.rights());
            steps.push(TestStep::found("version", format!("PostgreSQL {}", facts.version)));
        }
        Err(error) => steps.push(TestStep::of("rights", &error)),
    }
    steps
}

fn signing_in(error: &Error) -> TestStep {
    let code = error.said().and_then(|said| said.code.as_deref()).unwrap_or_default();
    match code {
        // The sign-in itself went well.
        "3D000" => TestStep::failed("rights", error.to_string(), "check the name of the database"),
        "42501" => TestStep::failed("rights", error.to_string(), "grant the user `connect` on the database"),
        "53300" => {
            TestStep::failed("password", error.to_string(), "the server is full: raise `max_connections`, or try later")
        }
        "28000" => TestStep::failed(
            "password",
            error.to_string(),
            "allow this user from this machine in the server's `pg_hba.conf`",
        ),
        _ => TestStep::of("password", error),
    }
}

struct Facts {
    version: String,
    superuser: bool,
    tables_read: i64,
    tables_written: i64,
}

impl Facts {
    fn rights(&self) -> TestStep {
        let found = TestStep::found("rights", format!("reads {} tables and views", self.tables_read));
        let fix =
            "make a user that has `select` alone; the portal reads in read-only transactions whatever the rights are";
        if self.superuser {
            return found.but("the user is a superuser, who may also read and write the server's files", fix);
        }
        match (self.tables_read, self.tables_written) {
            (0, _) => TestStep::failed(
                "rights",
                "the user may read no table",
                "grant `usage` on a schema and `select` on its tables",
            ),
            (_, 0) => found,
            (_, written) => found.but(format!("the user may also write {written} of them"), fix),
        }
    }
}

async fn facts(client: &mut tokio_postgres::Client, stop: &Stop) -> Result<Facts> {
    let failed = |error: tokio_postgres::Error| words::running(&error, "", stop);
    let transaction = begin(client, stop).await?;
    let row = transaction
        .query_one(
            "select pg_catalog.current_setting('server_version'),
                    (select rolsuper from pg_catalog.pg_roles where rolname = current_user),
                    count(*) filter (where has_table_privilege(c.oid, 'select')),
                    count(*) filter (where has_table_privilege(c.oid, 'insert, update, delete, truncate'))
             from pg_catalog.pg_class c
             join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p', 'v', 'm', 'f')
               and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
               and pg_catalog.has_schema_privilege(n.oid, 'usage')",
            &[],
        )
        .await
        .map_err(failed)?;
    Ok(Facts {
        version: row.try_get(0).map_err(failed)?,
        superuser: row.try_get::<_, Option<bool>>(1).map_err(failed)?.unwrap_or(false),
        tables_read: row.try_get(2).map_err(failed)?,
        tables_written: row.try_get(3).map_err(failed)?,
    })
}
