//! Passwords that another system hashed, taken over without knowing them.
//!
//! What is kept is argon2id over the foreign digest, beside what is needed to compute that digest again: a copy of the database holds
//! nothing weaker than for passwords of our own, and the comparison is argon2's. At the first sign-in the password gets a hash of its
//! own ([`crate::Passwords::outdated`]).

use std::fmt;

use aws_lc_rs::{digest, pbkdf2};
use base64::{Engine, alphabet, engine::GeneralPurpose, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use md5::{Digest as _, Md5};
use std::num::NonZeroU32;

use crate::Secret;

pub const WORK_FACTOR_MAX: u32 = 20;
pub const ITERATIONS_MIN: u32 = 4_096;
/// A check takes as long as its iterations: more than this would keep others from signing in.
pub const ITERATIONS_MAX: u32 = 5_000_000;
pub const KEY_BYTES_MAX: usize = 128;
pub const SALT_BYTES_MAX: usize = 256;
/// bcrypt looks at no more of a password.
const BCRYPT_PASSWORD_MAX: usize = 72;
const BCRYPT_VALUE_BYTES: usize = 23;
pub(crate) const MARK: &str = "$import$";

/// bcrypt's own base64, whose last character may carry bits that count for nothing.
const RADIX_64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    base64::engine::GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// How the foreign digest is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    Bcrypt {
        work_factor: u32,
        salt: [u8; 16],
    },
    /// `salted_before`: salt, then password; otherwise password, then salt.
    Digest {
        function: Function,
        salt: Vec<u8>,
        salted_before: bool,
    },
    /// `function` is SHA-256 or SHA-512.
    Pbkdf2 {
        function: Function,
        iterations: u32,
        key_bytes: usize,
        salt: Vec<u8>,
    },
}

/// A password as another system kept it.
#[derive(Clone)]
pub struct Imported {
    recipe: Recipe,
    value: Secret,
}

impl Imported {
    /// `salt` and `value` in bcrypt's radix-64: 22 and 31 characters.
    pub fn bcrypt(work_factor: u32, salt: &str, value: &str) -> Option<Imported> {
        let salt: [u8; 16] = RADIX_64.decode(salt).ok()?.try_into().ok()?;
        let value = RADIX_64.decode(value).ok().filter(|value| value.len() == BCRYPT_VALUE_BYTES)?;
        let fits = (1..=WORK_FACTOR_MAX).contains(&work_factor);
        // The algorithm itself knows no factor below 4.
        let recipe = Recipe::Bcrypt { work_factor: work_factor.max(4), salt };
        fits.then(|| Imported { recipe, value: Secret::from_bytes(value) })
    }

    pub fn digest(function: Function, salt: Vec<u8>, salted_before: bool, value: Vec<u8>) -> Option<Imported> {
        let fits = salt.len() <= SALT_BYTES_MAX && value.len() == function.len();
        let recipe = Recipe::Digest { function, salt, salted_before };
        fits.then(|| Imported { recipe, value: Secret::from_bytes(value) })
    }

    pub fn pbkdf2(function: Function, iterations: u32, salt: Vec<u8>, value: Vec<u8>) -> Option<Imported> {
        let fits = matches!(function, Function::Sha256 | Function::Sha512)
            && (ITERATIONS_MIN..=ITERATIONS_MAX).contains(&iterations)
            && (1..=KEY_BYTES_MAX).contains(&value.len())
            && salt.len() <= SALT_BYTES_MAX;
        let recipe = Recipe::Pbkdf2 { function, iterations, key_bytes: value.len(), salt };
        fits.then(|| Imported { recipe, value: Secret::from_bytes(value) })
    }

    pub(crate) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    pub(crate) fn value(&self) -> &Secret {
        &self.value
    }
}

impl Function {
    const ALL: [Function; 4] = [Function::Md5, Function::Sha1, Function::Sha256, Function::Sha512];

    fn name(self) -> &'static str {
        match self {
            Function::Md5 => "md5",
            Function::Sha1 => "sha1",
            Function::Sha256 => "sha256",
            Function::Sha512 => "sha512",
        }
    }

    fn named(name: &str) -> Option<Function> {
        Function::ALL.into_iter().find(|function| function.name() == name)
    }

    fn len(self) -> usize {
        match self {
            Function::Md5 => 16,
            Function::Sha1 => 20,
            Function::Sha256 => 32,
            Function::Sha512 => 64,
        }
    }

    fn digest(self, parts: [&[u8]; 2]) -> Vec<u8> {
        let algorithm = match self {
            Function::Md5 => {
                let mut context = Md5::new();
                parts.iter().for_each(|part| context.update(part));
                return context.finalize().to_vec();
            }
            Function::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Function::Sha256 => &digest::SHA256,
            Function::Sha512 => &digest::SHA512,
        };
        let mut context = digest::Context::new(algorithm);
        parts.iter().for_each(|part| context.update(part));
        context.finish().as_ref().to_vec()
    }
}

impl Recipe {
    /// The digest that the other system would have kept of this password.
    pub(crate) fn digest(&self, password: &[u8]) -> Secret {
        Secret::from_bytes(match self {
            Recipe::Bcrypt { work_factor, salt } => {
                let mut ended: Vec<u8> = password.iter().copied().chain([0]).collect();
                ended.truncate(BCRYPT_PASSWORD_MAX);
                let digest = bcrypt::bcrypt(*work_factor, *salt, &ended);
                digest[..BCRYPT_VALUE_BYTES].to_vec()
            }
            Recipe::Digest { function, salt, salted_before: true } => function.digest([salt, password]),
            Recipe::Digest { function, salt, salted_before: false } => function.digest([password, salt]),
            Recipe::Pbkdf2 { function, iterations, key_bytes, salt } => {
                let algorithm = match function {
                    Function::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
                    _ => pbkdf2::PBKDF2_HMAC_SHA256,
                };
                let mut key = vec![0; *key_bytes];
                let iterations = NonZeroU32::new(*iterations).unwrap_or(NonZeroU32::MIN);
                pbkdf2::derive(algorithm, iterations, salt, password, &mut key);
                key
            }
        })
    }

    /// Reads what `Display` wrote.
    pub(crate) fn parse(text: &str) -> Option<Recipe> {
        let mut parts = text.split(':');
        let recipe = match parts.next()? {
            "bcrypt" => Recipe::Bcrypt {
                work_factor: parts.next()?.parse().ok()?,
                salt: BASE64.decode(parts.next()?).ok()?.try_into().ok()?,
            },
            "pbkdf2" => Recipe::Pbkdf2 {
                function: Function::named(parts.next()?)?,
                iterations: parts.next()?.parse().ok()?,
                key_bytes: parts.next()?.parse().ok()?,
                salt: BASE64.decode(parts.next()?).ok()?,
            },
            name => Recipe::Digest {
                function: Function::named(name)?,
                salted_before: parts.next()? == "prefix",
                salt: BASE64.decode(parts.next()?).ok()?,
            },
        };
        parts.next().is_none().then_some(recipe)
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Recipe::Bcrypt { work_factor, salt } => write!(f, "bcrypt:{work_factor}:{}", BASE64.encode(salt)),
            Recipe::Digest { function, salt, salted_before } => {
                let order = if *salted_before { "prefix" } else { "postfix" };
                write!(f, "{}:{order}:{}", function.name(), BASE64.encode(salt))
            }
            Recipe::Pbkdf2 { function, iterations, key_bytes, salt } => {
                write!(f, "pbkdf2:{}:{iterations}:{key_bytes}:{}", function.name(), BASE64.encode(salt))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Passwords;
    use base64::engine::general_purpose::STANDARD;
    use std::sync::Arc;
    use world::OsRandom;

    /// Made with Python's hashlib and with libxcrypt; each is of `password`.
    fn each() -> Vec<Imported> {
        let bytes = |text: &str| STANDARD.decode(text).unwrap();
        let salt = b"NaCl".to_vec();
        vec![
            Imported::digest(Function::Md5, Vec::new(), true, bytes("X03MO1qnZdYdgyfeuILPmQ==")).unwrap(),
            Imported::digest(Function::Sha1, Vec::new(), true, bytes("W6ph5Mm5Pz8GgiULbPgzG37mj9g=")).unwrap(),
            Imported::digest(
                Function::Sha256,
                Vec::new(),
                false,
                bytes("XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg="),
            )
            .unwrap(),
            Imported::digest(Function::Sha256, salt.clone(), true, Function::Sha256.digest([b"NaCl", b"password"]))
                .unwrap(),
            Imported::digest(Function::Sha512, salt.clone(), false, Function::Sha512.digest([b"password", b"NaCl"]))
                .unwrap(),
            Imported::pbkdf2(
                Function::Sha256,
                4_096,
                b"salt".to_vec(),
                bytes("xeR41ZKIyEGqUw22hFxMjZYok6ABzk4RpJY4c6qYE0o="),
            )
            .unwrap(),
            Imported::bcrypt(10, "rwh3vH166HCH/NT9XV5FYu", "ZYcJz.vpZ.yadK1VGDcrYG9/O2ews9u").unwrap(),
        ]
    }

    #[tokio::test]
    async fn each_foreign_hash_lets_its_own_password_in_and_no_other() {
        let passwords = Passwords::new(Arc::new(OsRandom));
        for imported in each() {
            let kept = passwords.import(&imported).await.unwrap();
            assert!(Passwords::outdated(&kept));
            assert!(!kept.contains(&STANDARD.encode(imported.value.expose_bytes())), "the foreign digest is not kept");
            assert!(passwords.verify(&Secret::new("password"), Some(&kept)).await.unwrap(), "{}", imported.recipe);
            assert!(!passwords.verify(&Secret::new("Password"), Some(&kept)).await.unwrap(), "{}", imported.recipe);
        }
    }

    #[test]
    fn a_recipe_is_read_as_it_was_written() {
        for imported in each() {
            assert_eq!(Recipe::parse(&imported.recipe.to_string()).as_ref(), Some(&imported.recipe));
        }
        for text in ["", "bcrypt", "md4:prefix:", "md5:prefix", "md5:prefix:!", "md5:prefix::x"] {
            assert_eq!(Recipe::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_a_hash_is_refused() {
        assert!(Imported::bcrypt(21, "N9qo8uLOickgx2ZMRZoMye", "8fOsiTWZqYtkxvXkKm8BMzjT7t/vIdq").is_none());
        assert!(Imported::bcrypt(10, "short", "8fOsiTWZqYtkxvXkKm8BMzjT7t/vIdq").is_none());
        assert!(Imported::digest(Function::Sha1, Vec::new(), true, vec![0; 32]).is_none());
        assert!(Imported::pbkdf2(Function::Sha256, 100, Vec::new(), vec![0; 32]).is_none());
        assert!(Imported::pbkdf2(Function::Md5, 4_096, Vec::new(), vec![0; 16]).is_none());
    }
}
