//! Passwords of a body: in words, as another system's hash, or known to a hook alone.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value};
use vault::{Imported, Secret, imported::Function};

use super::create::given_password;
use crate::{
    Org,
    api::body::Properties,
    error::{Answer, Fault},
};

/// Base64 with its padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// What is kept where only a password import hook could tell whether a password is right: nothing that any password fits.
const BY_HOOK: &str = "$hook$";

pub enum NewPassword {
    Own(Secret),
    Imported(Imported),
    /// Of whoever the registered password import hook lets in.
    ByHook,
}

impl NewPassword {
    /// What is stored of it.
    pub async fn kept(&self, org: &Org) -> Answer<String> {
        Ok(match self {
            NewPassword::Own(password) => org.passwords.hash(password).await?,
            NewPassword::Imported(imported) => org.passwords.import(imported).await?,
            NewPassword::ByHook => BY_HOOK.to_owned(),
        })
    }
}

/// The password of a body, in whichever form.
pub fn new_password(credentials: &Map<String, Value>) -> Answer<Option<NewPassword>> {
    let Some(password) = credentials.child("password")? else { return Ok(None) };
    let forms =
        ["value", "hash", "hook"].iter().filter(|name| password.get(**name).is_some_and(|form| !form.is_null()));
    if forms.count() > 1 {
        return Err(Fault::field("password", "Only one of value, hash and hook can be specified"));
    }
    if let Some(hash) = password.child("hash")? {
        return imported(hash).map(|imported| Some(NewPassword::Imported(imported)));
    }
    if let Some(hook) = password.child("hook")? {
        return match hook.text("type")? {
            Some("default") => Ok(Some(NewPassword::ByHook)),
            _ => Err(Fault::field("hook.type", "The type of a password hook must be default")),
        };
    }
    Ok(given_password(credentials)?.map(NewPassword::Own))
}

fn imported(hash: &Map<String, Value>) -> Answer<Imported> {
    let missing = |name: &str| Fault::field(name, "The field cannot be left blank");
    let algorithm = hash.text("algorithm")?.ok_or_else(|| missing("algorithm"))?;
    let value = hash.text("value")?.filter(|value| !value.is_empty()).ok_or_else(|| missing("value"))?;
    let bytes = |name: &str, text: &str| {
        BASE64.decode(text).map_err(|_| Fault::field(name, "The value must be encoded in Base64"))
    };
    let number = |name: &str| -> Answer<u32> {
        let given = hash.get(name).and_then(Value::as_u64).ok_or_else(|| missing(name))?;
        Ok(u32::try_from(given).unwrap_or(u32::MAX))
    };
    let salt = || hash.text("salt")?.map_or_else(|| Ok(Vec::new()), |text| bytes("salt", text));
    let read = match algorithm {
        "BCRYPT" => {
            let salt = hash.text("salt")?.ok_or_else(|| missing("salt"))?;
            Imported::bcrypt(number("workFactor")?, salt, value)
        }
        "PBKDF2" => {
            let function = match hash.text("digestAlgorithm")? {
                Some("SHA256_HMAC") => Function::Sha256,
                Some("SHA512_HMAC") => Function::Sha512,
                _ => {
                    return Err(Fault::field(
                        "digestAlgorithm",
                        "The digest algorithm must be SHA256_HMAC or SHA512_HMAC",
                    ));
                }
            };
            let value = bytes("value", value)?;
            if usize::try_from(number("keySize")?).ok() != Some(value.len()) {
                return Err(Fault::field("keySize", "The key size must be the size of the value in bytes"));
            }
            Imported::pbkdf2(function, number("iterationCount")?, salt()?, value)
        }
        name => {
            let function = match name {
                "SHA-512" => Function::Sha512,
                "SHA-256" => Function::Sha256,
                "SHA-1" => Function::Sha1,
                "MD5" => Function::Md5,
                _ => return Err(Fault::field("algorithm", "The hash algorithm is not supported")),
            };
            let salt = salt()?;
            let salted_before = match hash.text("saltOrder")? {
                Some("PREFIX") => true,
                Some("POSTFIX") => false,
                None if salt.is_empty() => true,
                _ => return Err(Fault::field("saltOrder", "The salt order must be PREFIX or POSTFIX")),
            };
            Imported::digest(function, salt, salted_before, bytes("value", value)?)
        }
    };
    read.ok_or_else(|| Fault::field("hash", "The hash does not have the form of its algorithm"))
}
