//! Codes of authenticator apps: RFC 6238 with SHA-1, steps of 30 seconds and six digits, which every app knows.

use aws_lc_rs::hmac;
use vault::same;
use world::Instant;

pub const STEP_S: i64 = 30;
pub const DIGITS: usize = 6;
/// Steps before and after the present one whose codes count.
const WINDOW: i64 = 1;
/// Steps whose codes are known to have been right, but not now.
const KNOWN: i64 = 10;

/// What a code is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Right, and of this step.
    Right(i64),
    /// Right a while ago, or in a while: the clocks differ.
    OutsideWindow,
    Wrong,
}

pub fn read(key: &[u8], given: &str, now: Instant) -> Reading {
    let present = now.as_seconds() / STEP_S;
    let mut found = Reading::Wrong;
    for distance in -KNOWN..=KNOWN {
        let step = present + distance;
        if same(code(key, step).as_bytes(), given.as_bytes()) && !matches!(found, Reading::Right(_)) {
            found = if distance.abs() <= WINDOW { Reading::Right(step) } else { Reading::OutsideWindow };
        }
    }
    found
}

/// The code of one step.
pub fn code(key: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let hash = tag.as_ref();
    let offset = usize::from(hash.last().copied().unwrap_or_default() & 15);
    let mut word = [0_u8; 4];
    for (byte, of_hash) in word.iter_mut().zip(hash.iter().skip(offset)) {
        *byte = *of_hash;
    }
    let number = u32::from_be_bytes(word) & 0x7fff_ffff;
    format!("{:0width$}", number % 10_u32.pow(6), width = DIGITS)
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 of RFC 4648 without padding.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(buffer >> bits));
        }
    }
    if bits > 0 {
        text.push(letter(buffer << (5 - bits)));
    }
    text
}

fn letter(value: u32) -> char {
    char::from(ALPHABET[usize::try_from(value & 31).unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six digits.
        let key = b"12345678901234567890";
        for (seconds, expected) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(code(key, seconds / STEP_S), expected, "{seconds}");
        }
    }

    #[test]
    fn a_code_counts_for_three_steps_and_is_known_a_little_longer() {
        let (key, now) = (b"12345678901234567890", Instant::from_seconds(1_800_000_000));
        let step = now.as_seconds() / STEP_S;
        for (distance, expected) in [
            (0, Reading::Right(step)),
            (-1, Reading::Right(step - 1)),
            (3, Reading::OutsideWindow),
            (30, Reading::Wrong),
        ] {
            assert_eq!(read(key, &code(key, step + distance), now), expected, "{distance}");
        }
        assert_eq!(read(key, "", now), Reading::Wrong);
    }

    #[test]
    fn base32_is_that_of_the_standard() {
        for (bytes, expected) in [("", ""), ("f", "MY"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(bytes.as_bytes()), expected);
        }
    }
}
