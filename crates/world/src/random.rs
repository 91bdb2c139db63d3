//! Randomness, so that a simulation can replay it from one seed.

use std::sync::Mutex;

pub trait Random: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random + '_ {
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// `len` characters of `alphabet` (at most 256 of them), each equally likely.
    pub fn text(&self, alphabet: &[u8], len: usize) -> String {
        let limit = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(len);
        while text.len() < len {
            for byte in self.bytes::<32>() {
                if usize::from(byte) < limit && text.len() < len {
                    text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
                }
            }
        }
        text
    }

    /// `len` characters of base62, for ids.
    pub fn base62(&self, len: usize) -> String {
        self.text(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", len)
    }

    /// `len` characters of base64url, for secrets: 6 bits each.
    pub fn base64url(&self, len: usize) -> String {
        self.text(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_", len)
    }
}

/// The operating system's randomness. A system without any cannot keep a secret, so its absence ends the process.
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// A reproducible stream from a 64-bit seed (SplitMix64). Never for secrets that leave a test.
pub struct SeededRandom(Mutex<u64>);

impl SeededRandom {
    pub fn new(seed: u64) -> SeededRandom {
        SeededRandom(Mutex::new(seed))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut mixed = *state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^= mixed >> 31;
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_text() {
        let one: &dyn Random = &SeededRandom::new(7);
        let two: &dyn Random = &SeededRandom::new(7);
        assert_eq!(one.base62(40), two.base62(40));
    }

    #[test]
    fn text_has_the_asked_length_and_alphabet() {
        let random: &dyn Random = &OsRandom;
        let text = random.text(b"abc", 1_000);
        assert_eq!(text.len(), 1_000);
        assert!(text.bytes().all(|byte| b"abc".contains(&byte)));
        assert!(b"abc".iter().all(|wanted| text.bytes().any(|byte| byte == *wanted)));
    }
}
