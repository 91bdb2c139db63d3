//! The key that ID tokens are signed with. Two are made in a process: the first, and the one that it rotates to.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(crate) name: String,
    pair: Arc<KeyPair>,
}

fn pair(number: usize) -> Arc<KeyPair> {
    static PAIRS: [OnceLock<Arc<KeyPair>>; 2] = [const { OnceLock::new() }; 2];
    PAIRS[number % 2].get_or_init(|| Arc::new(KeyPair::generate(KeySize::Rsa2048).expect("an RSA key"))).clone()
}

impl SigningKey {
    pub(crate) fn first() -> SigningKey {
        SigningKey { name: "key-0".to_owned(), pair: pair(0) }
    }

    pub(crate) fn next(&self) -> SigningKey {
        let number: usize = self.name.trim_start_matches("key-").parse().unwrap_or(0) + 1;
        SigningKey { name: format!("key-{number}"), pair: pair(number) }
    }

    /// The public half, as a JSON web key.
    pub(crate) fn public(&self) -> Value {
        let public = self.pair.public_key();
        let modulus = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let exponent = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": self.name, "n": modulus, "e": exponent})
    }

    /// A signed token of this header and these claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature)
            .expect("an RSA signature");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
