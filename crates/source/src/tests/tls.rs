//! Encryption, against a small server that speaks TLS in front of the private PostgreSQL.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::Error;

/// PostgreSQL's request for encryption: a length of 8 and a number that is no version.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A port that demands encryption, a cancel request's too, and the certificate it shows.
async fn encrypting(name: &str) -> (u16, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(forward(stream, acceptor.clone()));
        }
    });
    (port, cert.pem())
}

async fn forward(mut stream: TcpStream, acceptor: TlsAcceptor) -> std::io::Result<()> {
    let mut request = [0; 8];
    stream.read_exact(&mut request).await?;
    if request != SSL_REQUEST {
        return Ok(());
    }
    stream.write_all(b"S").await?;
    let mut inside = acceptor.accept(stream).await?;
    let mut server = TcpStream::connect(("127.0.0.1", Postgres::shared().port())).await?;
    copy_bidirectional(&mut inside, &mut server).await.map(|_| ())
}

#[tokio::test]
async fn verify_believes_known_authorities_and_the_right_name_alone() {
    let (_, name) = database();
    let (port, authority) = encrypting("127.0.0.1").await;
    let (other_port, other) = encrypting("db.example.com").await;
    let verify = |port| server(port, &name, "postgres", None, PostgresTls::Verify);
    let bound = query("select 1 as one");
    let ask = async |sources: Sources, port| {
        sources.run(&verify(port), &bound, limits(), CancellationToken::new()).await.map(|rows| rows.columns.len())
    };

    let known = sources().trusting(authority.as_bytes()).unwrap();
    assert_eq!(ask(known.clone(), port).await.unwrap(), 1);
    assert!(matches!(ask(sources(), port).await.unwrap_err(), Error::Tls { .. }));
    let other = sources().trusting(other.as_bytes()).unwrap();
    let error = ask(other, other_port).await.unwrap_err();
    assert!(matches!(&error, Error::Tls { why, .. } if why.contains("name")), "{error}");

    let steps = known.test(&verify(port)).await;
    assert!(steps.iter().all(|step| step.ok), "{steps:?}");
    let steps = sources().test(&verify(port)).await;
    assert_eq!((steps.last().unwrap().name, steps.last().unwrap().ok), ("encryption", false));
}

#[tokio::test]
async fn require_encrypts_whoever_answers_and_its_cancel_is_encrypted_too() {
    let (_, name) = database();
    let (port, _) = encrypting("db.example.com").await;
    let mut require = server(port, &name, "postgres", None, PostgresTls::Require);
    require.connection.budget.concurrent_max = 1;
    let sources = sources();
    let endless = query("select generate_series(1, 1000000000) as i, 'tls_mark'");
    let mut rows = sources.run(&require, &endless, limits(), CancellationToken::new()).await.unwrap();
    assert!(rows.stream.try_next().await.unwrap().is_some());
    drop(rows);
    // The port takes no cancel request in clear, so this place comes back only because an encrypted one arrived.
    let left = query(
        "select count(*) as n from pg_stat_activity
         where query like '%tls_mark%' and state <> 'idle' and pid <> pg_backend_pid()",
    );
    let rows = sources.run(&require, &left, limits(), CancellationToken::new()).await.unwrap();
    let batches: Vec<RecordBatch> = rows.stream.try_collect().await.unwrap();
    assert_eq!(lines_of(&batches[0]), ["0"]);
}

#[tokio::test]
async fn encryption_is_never_given_up_where_it_is_asked_for() {
    let (_, name) = database();
    let plain = server(Postgres::shared().port(), &name, "postgres", None, PostgresTls::Require);
    assert!(matches!(refusal(&plain, &query("select 1")).await, Error::Tls { .. }));
}

#[test]
fn a_file_without_a_certificate_is_no_authority() {
    assert!(matches!(sources().trusting(b"nothing"), Err(Error::Authorities { .. })));
    let broken = b"-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n";
    assert!(matches!(sources().trusting(broken), Err(Error::Authorities { .. })));
}
