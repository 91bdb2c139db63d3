//! WebAuthn Level 2, as far as a second factor needs it: registering a credential and checking an assertion.
//!
//! Attestation is not asked for, so a statement that comes anyway is not judged. Keys are ES256 or RS256. Invariant: challenge, origin,
//! relying party, presence of the person and signature are all checked before a counter is believed.

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// Nothing that an authenticator sends is longer.
const LEN_MAX: usize = 65_536;
const DEPTH_MAX: usize = 8;
const ITEMS_MAX: usize = 256;
const PRESENT: u8 = 1;
const WITH_CREDENTIAL: u8 = 64;

/// What the answer must be about.
pub struct Expected<'a> {
    /// Host of the address.
    pub rp_id: &'a str,
    pub origin: &'a str,
    pub is_challenge: &'a (dyn Fn(&str) -> bool + Sync),
}

/// A credential that was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// In base64url.
    pub id: String,
    /// The COSE key, as it came.
    pub key: Vec<u8>,
    pub counter: u32,
}

/// Reads the answer of `navigator.credentials.create`, both parts in base64.
pub fn register(expected: &Expected<'_>, client_data: &str, attestation: &str) -> Option<Credential> {
    let client_data = decode(client_data)?;
    check_client_data(expected, &client_data, "webauthn.create")?;
    let attestation = decode(attestation)?;
    let Cbor::Map(entries) = Reader::whole(&attestation)? else { return None };
    let data = entries.into_iter().find_map(|(key, value)| match (key, value) {
        (Cbor::Text(name), Cbor::Bytes(data)) if name == "authData" => Some(data),
        _ => None,
    })?;
    let counter = check_authenticator_data(expected, &data)?;
    if data.get(32)? & WITH_CREDENTIAL == 0 {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([*data.get(53)?, *data.get(54)?]));
    let id = data.get(55..55 + length)?;
    let rest = data.get(55 + length..)?;
    let mut reader = Reader { rest, depth: 0 };
    reader.value()?;
    let key = rest.get(..rest.len() - reader.rest.len())?.to_vec();
    Key::read(&key)?;
    Some(Credential { id: URL_SAFE_NO_PAD.encode(id), key, counter })
}

/// Reads the answer of `navigator.credentials.get`; the counter of the authenticator.
pub fn check(
    expected: &Expected<'_>,
    key: &[u8],
    client_data: &str,
    authenticator_data: &str,
    signature: &str,
) -> Option<u32> {
    let client_data = decode(client_data)?;
    check_client_data(expected, &client_data, "webauthn.get")?;
    let data = decode(authenticator_data)?;
    let counter = check_authenticator_data(expected, &data)?;
    let mut signed = data;
    signed.extend_from_slice(digest::digest(&digest::SHA256, &client_data).as_ref());
    Key::read(key)?.verify(&signed, &decode(signature)?).then_some(counter)
}

/// Base64 of either alphabet, padded or not: browsers' scripts differ.
fn decode(text: &str) -> Option<Vec<u8>> {
    if text.len() > LEN_MAX {
        return None;
    }
    let text: String = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn check_client_data(expected: &Expected<'_>, bytes: &[u8], kind: &str) -> Option<()> {
    let data: Value = serde_json::from_slice(bytes).ok()?;
    let fits = data["type"] == kind
        && data["origin"] == expected.origin
        && data["crossOrigin"] != true
        && (expected.is_challenge)(data["challenge"].as_str()?);
    fits.then_some(())
}

fn check_authenticator_data(expected: &Expected<'_>, data: &[u8]) -> Option<u32> {
    let hash = digest::digest(&digest::SHA256, expected.rp_id.as_bytes());
    if data.get(..32)? != hash.as_ref() || data.get(32)? & PRESENT == 0 {
        return None;
    }
    Some(u32::from_be_bytes(data.get(33..37)?.try_into().ok()?))
}

enum Key {
    /// The point, uncompressed.
    P256(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

impl Key {
    /// Reads a COSE key (RFC 9053).
    fn read(bytes: &[u8]) -> Option<Key> {
        let Cbor::Map(entries) = Reader::whole(bytes)? else { return None };
        let number = |wanted: i64| {
            entries.iter().find_map(|(key, value)| match (key, value) {
                (Cbor::Number(label), Cbor::Number(number)) if *label == wanted => Some(*number),
                _ => None,
            })
        };
        let part = |wanted: i64| {
            entries.iter().find_map(|(key, value)| match (key, value) {
                (Cbor::Number(label), Cbor::Bytes(bytes)) if *label == wanted => Some(bytes.clone()),
                _ => None,
            })
        };
        match (number(1)?, number(3)?) {
            (2, -7) if number(-1) == Some(1) => {
                let (x, y) = (part(-2)?, part(-3)?);
                (x.len() == 32 && y.len() == 32).then(|| Key::P256([&[4][..], &x, &y].concat()))
            }
            (3, -257) => Some(Key::Rsa { n: part(-1)?, e: part(-2)? }),
            _ => None,
        }
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Key::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
            }
            Key::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }
}

/// What of CBOR (RFC 8949) authenticators send.
enum Cbor {
    Number(i64),
    Bytes(Vec<u8>),
    Text(String),
    List,
    Map(Vec<(Cbor, Cbor)>),
    Simple,
}

struct Reader<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl Reader<'_> {
    fn whole(bytes: &[u8]) -> Option<Cbor> {
        let mut reader = Reader { rest: bytes, depth: 0 };
        let value = reader.value()?;
        reader.rest.is_empty().then_some(value)
    }

    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken.to_vec())
    }

    fn value(&mut self) -> Option<Cbor> {
        let head = *self.take(1)?.first()?;
        let argument = match head & 31 {
            small @ 0..=23 => u64::from(small),
            size @ 24..=27 => {
                self.take(1 << (size - 24))?.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte))
            }
            _ => return None,
        };
        let length = usize::try_from(argument).ok();
        match head >> 5 {
            0 => Some(Cbor::Number(i64::try_from(argument).ok()?)),
            1 => Some(Cbor::Number(-1 - i64::try_from(argument).ok()?)),
            2 => self.take(length?).map(Cbor::Bytes),
            3 => String::from_utf8(self.take(length?)?).ok().map(Cbor::Text),
            4 => {
                self.items(length?, |reader| reader.value())?;
                Some(Cbor::List)
            }
            5 => self.items(length?, |reader| Some((reader.value()?, reader.value()?))).map(Cbor::Map),
            7 => Some(Cbor::Simple),
            _ => None,
        }
    }

    fn items<T>(&mut self, count: usize, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        if count > ITEMS_MAX || self.depth >= DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        let items = (0..count).map(|_| one(self)).collect();
        self.depth -= 1;
        items
    }
}
