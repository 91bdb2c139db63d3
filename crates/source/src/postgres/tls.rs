//! Encryption towards a database: who is believed, and how strictly.

use std::sync::Arc;

use domain::PostgresTls;
use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{Error, Result};

/// The authorities whose certificates are believed.
#[derive(Clone)]
pub(crate) struct Trust {
    roots: RootCertStore,
    provider: Arc<CryptoProvider>,
}

impl Trust {
    pub(crate) fn public() -> Trust {
        Trust {
            roots: RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            provider: Arc::new(aws_lc_rs::default_provider()),
        }
    }

    pub(crate) fn and(mut self, authorities_pem: &[u8]) -> Result<Trust> {
        let wrong = |why: String| Error::Authorities { why };
        let mut found = 0;
        for certificate in CertificateDer::pem_slice_iter(authorities_pem) {
            let certificate = certificate.map_err(|error| wrong(format!("a part that is not PEM: {error}")))?;
            let added = self.roots.add(certificate);
            added.map_err(|error| wrong(format!("a certificate that cannot be used: {error}")))?;
            found += 1;
        }
        if found == 0 {
            return Err(wrong("no certificate".to_owned()));
        }
        Ok(self)
    }

    /// The connector also serves `Disable`, where the connection never asks it for anything.
    pub(crate) fn connector(&self, tls: PostgresTls) -> Result<MakeRustlsConnect> {
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(Error::driver)?;
        let config = match tls {
            PostgresTls::Require => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Whoever(self.provider.clone())))
                .with_no_client_auth(),
            PostgresTls::Verify | PostgresTls::Disable => {
                let roots = Arc::new(self.roots.clone());
                let verifier = WebPkiServerVerifier::builder_with_provider(roots, self.provider.clone()).build();
                builder.with_webpki_verifier(verifier.map_err(Error::driver)?).with_no_client_auth()
            }
        };
        Ok(MakeRustlsConnect::new(config))
    }
}

/// `require`: encrypted, whoever answers. The handshake's signature is still checked, so that the one who answers has the key
/// of the certificate shown.
#[derive(Debug)]
struct Whoever(Arc<CryptoProvider>);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
