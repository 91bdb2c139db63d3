//! Keys and certificates of apps as such: a new RSA key, a certificate that it signs for itself, a request for somebody else's signature,
//! and what a certificate that comes back says.
//!
//! Invariant: a private key is a [`Secret`] from the moment that it exists. Nothing here touches the database; making a key takes long, so
//! it happens away from the threads that serve requests.

use std::time::Duration;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{
    Algorithm, EncodingKey,
    jwk::{AlgorithmParameters, Jwk},
};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, SerialNumber};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use vault::Secret;
use world::{Instant, World};
use x509_parser::public_key::PublicKey;

use crate::{Error, Result};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const KID_LEN: usize = 43;

/// A key that no row holds yet.
pub struct NewKey {
    pub kid: String,
    pub pem: Secret,
    pub modulus: String,
    pub exponent: String,
}

/// A key with its certificate.
pub struct Certified {
    pub key: NewKey,
    /// DER in base64.
    pub certificate: String,
    pub not_after: Instant,
}

/// A key with a request for a certificate.
pub struct Requested {
    pub key: NewKey,
    /// DER in base64.
    pub request: String,
}

/// Whom a request is about.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// In this order: country, state, locality, organization, unit, common name.
    pub names: [Option<String>; 6],
    pub dns_names: Vec<String>,
}

/// A key, and a certificate for `years` years that says `name`.
pub async fn certified(world: &World, name: &str, years: u16) -> Result<Certified> {
    let (kid, serial) = (world.random.base64url(KID_LEN), positive(world.random.bytes()));
    let (name, now) = (name.to_owned(), world.now());
    let made = tokio::task::spawn_blocking(move || {
        let (pair, key) = generate(kid)?;
        let mut parameters = CertificateParams::new(Vec::<String>::new()).map_err(failed)?;
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CommonName, name);
        parameters.distinguished_name = subject;
        parameters.serial_number = Some(SerialNumber::from_slice(&serial));
        let not_after = now.plus(DAY * 365 * u32::from(years)).whole_second();
        let day = |instant: Instant| {
            let date = jiff::tz::TimeZone::UTC.to_datetime(instant.timestamp()).date();
            rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
        };
        parameters.not_before = day(now.minus(DAY));
        parameters.not_after = day(not_after);
        let certificate = STANDARD.encode(parameters.self_signed(&pair).map_err(failed)?.der());
        let not_after = read(&certificate)?.not_after;
        Ok(Certified { key, certificate, not_after })
    });
    made.await.map_err(failed)?
}

/// A key, and a request that somebody signs a certificate for it.
pub async fn requested(world: &World, subject: Subject) -> Result<Requested> {
    let kid = world.random.base64url(KID_LEN);
    let made = tokio::task::spawn_blocking(move || {
        let (pair, key) = generate(kid)?;
        let mut parameters = CertificateParams::new(subject.dns_names).map_err(failed)?;
        let kinds = [
            DnType::CountryName,
            DnType::StateOrProvinceName,
            DnType::LocalityName,
            DnType::OrganizationName,
            DnType::OrganizationalUnitName,
            DnType::CommonName,
        ];
        let mut name = DistinguishedName::new();
        for (kind, text) in kinds.into_iter().zip(subject.names) {
            if let Some(text) = text {
                name.push(kind, text);
            }
        }
        parameters.distinguished_name = name;
        let request = parameters.serialize_request(&pair).map_err(failed)?;
        Ok(Requested { key, request: STANDARD.encode(request.der()) })
    });
    made.await.map_err(failed)?
}

fn generate(kid: String) -> Result<(KeyPair, NewKey)> {
    let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).map_err(failed)?;
    let pem = Secret::new(pair.serialize_pem());
    let key = EncodingKey::from_rsa_pem(pem.expose_bytes()).map_err(failed)?;
    match Jwk::from_encoding_key(&key, Algorithm::RS256).map_err(failed)?.algorithm {
        AlgorithmParameters::RSA(public) => Ok((pair, NewKey { kid, pem, modulus: public.n, exponent: public.e })),
        _ => Err(failed("the public key is no RSA key")),
    }
}

/// What a certificate says that matters here.
pub struct Seen {
    pub modulus: String,
    pub exponent: String,
    pub not_after: Instant,
}

/// A certificate as somebody sends it: PEM, DER, or DER in base64 of either alphabet; in base64 without line ends. `None`: it is none.
pub fn from_body(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).map(str::trim).unwrap_or_default();
    let der = if text.starts_with("-----BEGIN") {
        CertificateDer::from_pem_slice(text.as_bytes()).ok()?.to_vec()
    } else if body.first() == Some(&0x30) && text.is_empty() {
        body.to_vec()
    } else {
        let plain: String = text.chars().filter(|character| !character.is_whitespace() && *character != '=').collect();
        let plain = plain.replace('+', "-").replace('/', "_");
        URL_SAFE_NO_PAD.decode(plain).unwrap_or_else(|_| body.to_vec())
    };
    let encoded = STANDARD.encode(der);
    read(&encoded).is_ok().then_some(encoded)
}

/// Reads a certificate (DER in base64) for an RSA key.
pub fn read(certificate: &str) -> Result<Seen> {
    let der = STANDARD.decode(certificate).map_err(failed)?;
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).map_err(failed)?;
    let PublicKey::RSA(key) = parsed.public_key().parsed().map_err(failed)? else {
        return Err(failed("the key is no RSA key"));
    };
    let number = |bytes: &[u8]| {
        let leading = bytes.iter().take_while(|byte| **byte == 0).count();
        URL_SAFE_NO_PAD.encode(&bytes[leading..])
    };
    Ok(Seen {
        modulus: number(key.modulus),
        exponent: number(key.exponent),
        not_after: Instant::from_seconds(parsed.validity().not_after.timestamp()),
    })
}

/// SHA-256 of a certificate, as JWKs say it.
pub fn thumbprint(certificate: &str) -> String {
    let der = STANDARD.decode(certificate).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &der))
}

/// A serial number is positive and does not begin with a zero.
fn positive(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[0] = (bytes[0] & 0x3f) | 0x40;
    bytes
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Stored { what: "app certificate", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_certificate_is_known_in_every_form_and_belongs_to_its_key() {
        let world = World::real();
        let made = certified(&world, "An app", 2).await.unwrap();
        let seen = read(&made.certificate).unwrap();
        assert_eq!((seen.modulus, seen.exponent), (made.key.modulus.clone(), made.key.exponent.clone()));
        let der = STANDARD.decode(&made.certificate).unwrap();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", made.certificate);
        let url_safe = URL_SAFE_NO_PAD.encode(&der);
        for body in [der.as_slice(), pem.as_bytes(), made.certificate.as_bytes(), url_safe.as_bytes()] {
            assert_eq!(from_body(body).as_deref(), Some(made.certificate.as_str()));
        }
        for wrong in [&b"nonsense"[..], &b""[..], &b"\x30\x03\x02\x01\x01"[..]] {
            assert!(from_body(wrong).is_none());
        }
        assert_eq!(thumbprint(&made.certificate).len(), 43);
    }
}
