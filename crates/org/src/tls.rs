//! The certificate that https listens with: the operator's own, or one of a certificate authority that the org makes for itself.
//!
//! Invariant: private keys are sealed in the database. The authority's certificate, which is no secret, lies in the data folder and at
//! `/org-ca.pem`, so that clients can be told to trust it; it stays the same for [`AUTHORITY_YEARS`], the server's is renewed in time.

use std::{net::IpAddr, path::Path, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use axum_server::tls_rustls::RustlsConfig;
use db::{Conn, Migration, query};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SerialNumber,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use url::Host;
use vault::Secret;
use world::{Files, Instant, files::Readers};

use crate::{
    Error, Org, Result,
    config::CertificateFiles,
    error::{Answer, Fault, codes},
};

/// The authority's file in the data folder.
pub const AUTHORITY_FILE: &str = "org-ca.pem";
const AUTHORITY: &str = "authority";
const SERVER: &str = "server";
const AUTHORITY_YEARS: u64 = 10;
const DAY: Duration = Duration::from_secs(24 * 3_600);
const AUTHORITY_LIFE: Duration = Duration::from_secs(AUTHORITY_YEARS * 365 * 24 * 3_600);
/// Some clients refuse server certificates that last longer than 398 days.
const SERVER_LIFE: Duration = Duration::from_secs(365 * 24 * 3_600);
const RENEWED_BEFORE: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How often [`renewal`] looks.
const LOOKED_EVERY: Duration = Duration::from_secs(6 * 3_600);
const ALWAYS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// 0031.
pub const MIGRATIONS: &[Migration] =
    &[Migration::new(31, "certificate", include_str!("../migrations/0031_certificate.sql"))];

pub fn routes() -> Router<Org> {
    Router::new().route("/org-ca.pem", get(authority_file))
}

/// What the https listener presents; `start` calls it once when an https address is configured.
pub async fn server_config(org: &Org) -> Result<Arc<rustls::ServerConfig>> {
    let (chain, key) = match &org.config.certificate {
        Some(files) => read_files(files)?,
        None => own_certificate(org).await?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(failed)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Renews what the listener presents before it lapses, for as long as the org runs. To be spawned beside the listener.
pub async fn renewal(org: Org, listener: RustlsConfig) {
    loop {
        tokio::time::sleep(LOOKED_EVERY).await;
        match server_config(&org).await {
            Ok(config) => listener.reload_from_config(config),
            Err(error) => tracing::error!(error = %error, "the org's certificate could not be renewed"),
        }
    }
}

fn read_files(files: &CertificateFiles) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| Error::Certificate {
        reason: format!("{}: {error}", path.display()),
    };
    let chain = CertificateDer::pem_file_iter(&files.chain).map_err(|error| unreadable(&files.chain, &error))?;
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|error| unreadable(&files.chain, &error))?;
    if chain.is_empty() {
        return Err(unreadable(&files.chain, &"there is no certificate in it"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unreadable(&files.key, &error))?;
    Ok((chain, key))
}

struct Stored {
    pem: String,
    key: Secret,
    host_names: String,
    not_after: Instant,
}

async fn load(org: &Org, conn: &mut Conn, name: &str) -> Result<Option<Stored>> {
    let row = query("select pem, sealed_key, host_names, not_after_us from certificate where name = $1")
        .bind(name)
        .optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let key = org.vault.open(&identity(name), &row.get::<Vec<u8>>("sealed_key")?)?;
    Ok(Some(Stored {
        pem: row.get("pem")?,
        key,
        host_names: row.get("host_names")?,
        not_after: row.get("not_after_us")?,
    }))
}

async fn store(org: &Org, conn: &mut Conn, name: &str, stored: &Stored) -> Result<()> {
    query(
        "insert into certificate (name, pem, sealed_key, host_names, not_after_us, created_us) values ($1, $2, $3, $4, $5, $6)
         on conflict (name) do update set pem = excluded.pem, sealed_key = excluded.sealed_key, host_names = excluded.host_names,
            not_after_us = excluded.not_after_us, created_us = excluded.created_us",
    )
    .bind(name)
    .bind(&stored.pem)
    .bind(org.vault.seal(&identity(name), &stored.key))
    .bind(&stored.host_names)
    .bind(stored.not_after)
    .bind(org.now())
    .execute(conn)
    .await?;
    Ok(())
}

fn identity(name: &str) -> String {
    format!("certificate/{name}")
}

/// The certificate of our own authority, made or renewed when it is due.
async fn own_certificate(org: &Org) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let now = org.now();
    let mut tx = org.db.begin().await?;
    let authority = match load(org, &mut tx, AUTHORITY).await? {
        Some(authority) if authority.not_after > now.plus(SERVER_LIFE) => authority,
        _ => {
            let made = make_authority(org, now)?;
            store(org, &mut tx, AUTHORITY, &made).await?;
            made
        }
    };
    let names = host_names(org).join(" ");
    let server = match load(org, &mut tx, SERVER).await? {
        Some(server)
            if server.not_after > now.plus(RENEWED_BEFORE)
                && server.host_names == names
                && issued_by(&server, &authority) =>
        {
            server
        }
        _ => {
            let made = make_server(org, &authority, names, now)?;
            store(org, &mut tx, SERVER, &made).await?;
            made
        }
    };
    tx.commit().await?;
    let file = org.config.data_folder.join(AUTHORITY_FILE);
    Files::write(&file, authority.pem.as_bytes(), Readers::Usual)
        .map_err(|source| Error::Folder { place: file.display().to_string(), source })?;
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(server.pem.as_bytes()).collect::<Result<_, _>>().map_err(failed)?;
    let key = PrivateKeyDer::from_pem_slice(server.key.expose_bytes()).map_err(failed)?;
    Ok((chain, key))
}

/// The server's PEM holds its authority's certificate behind its own.
fn issued_by(server: &Stored, authority: &Stored) -> bool {
    server.pem.ends_with(&authority.pem)
}

/// Localhost in its three spellings, and the hosts of the configured addresses.
fn host_names(org: &Org) -> Vec<String> {
    let mut names: Vec<String> = ALWAYS.map(str::to_owned).to_vec();
    for address in &org.addresses {
        let name = match address.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => continue,
        };
        if !names.contains(&name) && (name.parse::<IpAddr>().is_ok() || name.is_ascii()) {
            names.push(name);
        }
    }
    names
}

fn make_authority(org: &Org, now: Instant) -> Result<Stored> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let not_after = now.plus(AUTHORITY_LIFE);
    let mut parameters = parameters(org, "certificate authority", Vec::new(), now, not_after)?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let certificate = parameters.self_signed(&key).map_err(failed)?;
    Ok(Stored { pem: certificate.pem(), key: Secret::new(key.serialize_pem()), host_names: String::new(), not_after })
}

fn make_server(org: &Org, authority: &Stored, host_names: String, now: Instant) -> Result<Stored> {
    let authority_key = KeyPair::from_pem(authority.key.expose()).map_err(failed)?;
    let issuer = Issuer::from_ca_cert_pem(&authority.pem, authority_key).map_err(failed)?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let not_after = now.plus(SERVER_LIFE);
    let names = host_names.split(' ').map(str::to_owned).collect();
    let mut parameters = parameters(org, "server", names, now, not_after)?;
    parameters.use_authority_key_identifier_extension = true;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = parameters.signed_by(&key, &issuer).map_err(failed)?;
    let pem = format!("{}{}", certificate.pem(), authority.pem);
    Ok(Stored { pem, key: Secret::new(key.serialize_pem()), host_names, not_after })
}

fn parameters(
    org: &Org,
    what: &str,
    names: Vec<String>,
    now: Instant,
    not_after: Instant,
) -> Result<CertificateParams> {
    let mut parameters = CertificateParams::new(names).map_err(failed)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "WebReports built-in org");
    // Two orgs on one machine have two authorities, which a trust store tells apart by name.
    name.push(DnType::CommonName, format!("{} {what}", org.id));
    parameters.distinguished_name = name;
    parameters.serial_number = Some(SerialNumber::from_slice(&positive(org.world.random.bytes())));
    let day = |instant: Instant| {
        let date = jiff::tz::TimeZone::UTC.to_datetime(instant.timestamp()).date();
        rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    parameters.not_before = day(now.minus(DAY));
    parameters.not_after = day(not_after);
    Ok(parameters)
}

/// A serial number is positive and does not begin with a zero.
fn positive(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[0] = (bytes[0] & 0x3f) | 0x40;
    bytes
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Certificate { reason: error.to_string() }
}

/// `GET /org-ca.pem`
async fn authority_file(State(org): State<Org>) -> Answer<Response> {
    let row = query("select pem from certificate where name = $1")
        .bind(AUTHORITY)
        .optional(&mut *org.db.read().await?)
        .await?;
    let Some(row) = row else { return Err(Fault::new(&codes::E0000008)) };
    let pem: String = row.get("pem")?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-pem-file"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"org-ca.pem\""),
    ];
    Ok((headers, pem).into_response())
}
