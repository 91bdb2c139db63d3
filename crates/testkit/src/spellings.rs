//! How a secret may stand in a place where it does not belong: encodings, digests, and what lies around it.
//!
//! [`SPELLINGS`] is the list, [`Search`] looks for all of them at once. Text that was broken over lines is searched once more
//! without its breaks, and what was packed by gzip, zlib or zip is unpacked and searched as well.

use std::{collections::BTreeSet, io::Read};

use aws_lc_rs::digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};
use base64::{
    Engine,
    engine::{
        GeneralPurpose,
        general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
    },
};
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use md5::Digest;

/// Shorter needles would be found in anything.
const NEEDLE_BYTES_MIN: usize = 8;
/// What a packed stream is unpacked to, at most, and how deep.
const UNPACKED_BYTES_MAX: u64 = 32 * 1024 * 1024;
const DEPTH_MAX: usize = 2;

type Texts = Vec<Vec<u8>>;

/// One way to write a secret down. It may give several texts, such as a digest's hexadecimal and its base64.
pub struct Spelling {
    pub name: &'static str,
    spell: fn(&[u8]) -> Texts,
}

impl Spelling {
    pub fn of(&self, secret: &[u8]) -> Texts {
        (self.spell)(secret)
    }
}

macro_rules! spellings {
    ($($name:literal => $spell:expr;)*) => {
        pub const SPELLINGS: &[Spelling] = &[$(Spelling { name: $name, spell: $spell }),*];
    };
}

// Base64 is written without padding and without the characters that depend on what stands around the secret: so it is found with
// padding and without, alone and inside a longer text, at each of the three places where a byte can fall.
spellings! {
    "as it is" => |secret| vec![secret.to_vec()];
    "lower case" => |secret| text(secret, |text| text.to_lowercase());
    "upper case" => |secret| text(secret, |text| text.to_uppercase());
    "backwards" => |secret| text(secret, |text| text.chars().rev().collect());
    "percent-encoded" => |secret| vec![percent(secret)];
    "percent-encoded twice" => |secret| vec![percent(&percent(secret))];
    "form-encoded" => |secret| vec![url::form_urlencoded::byte_serialize(secret).collect::<String>().into_bytes()];
    "every byte percent-encoded" => |secret| both_cases(secret, "%");
    "base64 at byte 0" => |secret| base64(&STANDARD_NO_PAD, secret, 0);
    "base64 at byte 1" => |secret| base64(&STANDARD_NO_PAD, secret, 1);
    "base64 at byte 2" => |secret| base64(&STANDARD_NO_PAD, secret, 2);
    "base64url at byte 0" => |secret| base64(&URL_SAFE_NO_PAD, secret, 0);
    "base64url at byte 1" => |secret| base64(&URL_SAFE_NO_PAD, secret, 1);
    "base64url at byte 2" => |secret| base64(&URL_SAFE_NO_PAD, secret, 2);
    "base64 twice" => |secret| base64(&STANDARD_NO_PAD, STANDARD.encode(secret).as_bytes(), 0);
    "base32" => |secret| vec![base32(secret)];
    "hexadecimal, lower case" => |secret| vec![hex(secret, "", false)];
    "hexadecimal, upper case" => |secret| vec![hex(secret, "", true)];
    "hexadecimal as \\x" => |secret| both_cases(secret, "\\x");
    "bytes as a list of numbers" => |secret| vec![secret.iter().map(u8::to_string).collect::<Vec<_>>().join(", ").into_bytes()];
    "UTF-16, little end first" => |secret| utf16(secret, u16::to_le_bytes);
    "UTF-16, big end first" => |secret| utf16(secret, u16::to_be_bytes);
    "JSON-escaped" => |secret| text(secret, |text| serde_json::Value::from(text).to_string().trim_matches('"').to_owned());
    "JSON-escaped throughout" => |secret| text(secret, |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect());
    "HTML-escaped" => |secret| text(secret, html);
    "HTML-escaped by number" => |secret| [
        text(secret, |text| text.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
        text(secret, |text| text.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect()),
    ].concat();
    "quoted-printable" => |secret| vec![quoted_printable(secret)];
    "MD5" => |secret| digest_texts(&md5::Md5::digest(secret));
    "SHA-1" => |secret| digested(&SHA1_FOR_LEGACY_USE_ONLY, secret);
    "SHA-256" => |secret| digested(&SHA256, secret);
    "SHA-512" => |secret| digested(&SHA512, secret);
}

/// A secret that was planted.
#[derive(Clone)]
pub struct Planted {
    pub what: String,
    pub secret: Vec<u8>,
    /// Spellings that are public by their nature.
    pub public: Vec<&'static str>,
    /// Places with this in their name have to keep it.
    pub kept_by: Option<&'static str>,
}

impl Planted {
    pub fn new(what: &str, secret: impl Into<Vec<u8>>) -> Planted {
        let secret = secret.into();
        assert!(secret.len() >= NEEDLE_BYTES_MIN, "{what} is too short to be looked for");
        Planted { what: what.to_owned(), secret, public: Vec::new(), kept_by: None }
    }

    /// Leaves places with this in their name out.
    pub fn kept_by(self, place: &'static str) -> Planted {
        Planted { kept_by: Some(place), ..self }
    }

    /// Leaves one spelling out.
    pub fn public(mut self, spelling: &'static str) -> Planted {
        assert!(SPELLINGS.iter().any(|known| known.name == spelling), "no spelling is called {spelling}");
        self.public.push(spelling);
        self
    }
}

/// Looks for every spelling of every secret in one pass.
pub struct Search {
    /// Text, and what it means.
    needles: Vec<(Vec<u8>, String)>,
    /// Needles by their first two bytes.
    by_beginning: Vec<Vec<usize>>,
}

impl Search {
    pub fn new(planted: &[Planted]) -> Search {
        let mut needles = Vec::new();
        for planted in planted {
            for spelling in SPELLINGS.iter().filter(|spelling| !planted.public.contains(&spelling.name)) {
                for text in spelling.of(&planted.secret).into_iter().filter(|text| text.len() >= NEEDLE_BYTES_MIN) {
                    needles.push((text, format!("{}, {}", planted.what, spelling.name)));
                }
            }
        }
        let mut by_beginning = vec![Vec::new(); 1 << 16];
        for (idx, (text, _)) in needles.iter().enumerate() {
            by_beginning[beginning(text)].push(idx);
        }
        Search { needles, by_beginning }
    }

    /// What is found: "API token, base64 at byte 1", "client secret, as it is, packed".
    pub fn find(&self, haystack: &[u8]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.look(haystack, "", 0, &mut found);
        found
    }

    fn look(&self, haystack: &[u8], how: &str, depth: usize, found: &mut BTreeSet<String>) {
        self.scan(haystack, how, found);
        self.scan(&without_breaks(haystack), &format!("{how}, over several lines"), found);
        if depth < DEPTH_MAX {
            for unpacked in unpacked(haystack) {
                self.look(&unpacked, &format!("{how}, packed"), depth + 1, found);
            }
        }
    }

    fn scan(&self, haystack: &[u8], how: &str, found: &mut BTreeSet<String>) {
        for at in 0..haystack.len().saturating_sub(1) {
            for &idx in &self.by_beginning[beginning(&haystack[at..])] {
                let (text, what) = &self.needles[idx];
                if haystack[at..].starts_with(text) {
                    found.insert(format!("{what}{how}"));
                }
            }
        }
    }
}

fn beginning(text: &[u8]) -> usize {
    usize::from(text[0]) << 8 | usize::from(text[1])
}

/// The text as one line: without line ends, what stands before them to say that it goes on (`=` and `\`), and indentation.
fn without_breaks(haystack: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(haystack.len());
    let mut after_break = false;
    for &byte in haystack {
        match byte {
            b'\n' => {
                while matches!(line.last(), Some(b'\r' | b'=' | b'\\' | b' ' | b'\t')) {
                    line.pop();
                }
                after_break = true;
            }
            b' ' | b'\t' if after_break => {}
            _ => {
                after_break = false;
                line.push(byte);
            }
        }
    }
    line
}

/// What every stream that begins somewhere in here unpacks to, as far as it can be unpacked.
fn unpacked(haystack: &[u8]) -> Texts {
    let mut texts = Vec::new();
    for at in 0..haystack.len().saturating_sub(3) {
        let rest = &haystack[at..];
        let text = match rest {
            [0x1f, 0x8b, 8, ..] => read(GzDecoder::new(rest)),
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => read(ZlibDecoder::new(rest)),
            [b'P', b'K', 3, 4, ..] if rest.len() > 30 => {
                let length = |low: usize| usize::from(rest[low]) | usize::from(rest[low + 1]) << 8;
                let begin = 30 + length(26) + length(28);
                rest.get(begin..).map(|rest| read(DeflateDecoder::new(rest))).unwrap_or_default()
            }
            _ => continue,
        };
        texts.extend((text.len() >= NEEDLE_BYTES_MIN).then_some(text));
    }
    texts
}

fn read(from: impl Read) -> Vec<u8> {
    let mut text = Vec::new();
    // A stream that ends early or is none has given what it could.
    let _ = from.take(UNPACKED_BYTES_MAX).read_to_end(&mut text);
    text
}

fn text(secret: &[u8], spell: impl Fn(&str) -> String) -> Texts {
    std::str::from_utf8(secret).map(|text| spell(text).into_bytes()).into_iter().collect()
}

fn percent(secret: &[u8]) -> Vec<u8> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    secret.iter().flat_map(|&byte| if plain(byte) { vec![byte] } else { format!("%{byte:02X}").into_bytes() }).collect()
}

fn hex(secret: &[u8], before: &str, upper: bool) -> Vec<u8> {
    let byte = |byte: &u8| if upper { format!("{before}{byte:02X}") } else { format!("{before}{byte:02x}") };
    secret.iter().map(byte).collect::<String>().into_bytes()
}

fn both_cases(secret: &[u8], before: &str) -> Texts {
    vec![hex(secret, before, false), hex(secret, before, true)]
}

/// The characters that the secret alone decides, when `before` bytes of a group of three stand before it.
fn base64(engine: &GeneralPurpose, secret: &[u8], before: usize) -> Texts {
    let encoded = engine.encode([&vec![0; before], secret].concat());
    let (first, end) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
    vec![encoded.as_bytes()[first..end].to_vec()]
}

fn base32(secret: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: Vec<u8> = secret.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks_exact(5).map(|five| ALPHABET[five.iter().fold(0, |all, bit| all << 1 | usize::from(*bit))]).collect()
}

fn utf16(secret: &[u8], bytes: fn(u16) -> [u8; 2]) -> Texts {
    std::str::from_utf8(secret).map(|text| text.encode_utf16().flat_map(bytes).collect()).into_iter().collect()
}

fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}

fn quoted_printable(secret: &[u8]) -> Vec<u8> {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'=';
    secret.iter().flat_map(|&byte| if plain(byte) { vec![byte] } else { format!("={byte:02X}").into_bytes() }).collect()
}

fn digested(algorithm: &'static Algorithm, secret: &[u8]) -> Texts {
    digest_texts(digest::digest(algorithm, secret).as_ref())
}

/// A digest as bytes, in hexadecimal and in both alphabets of base64.
fn digest_texts(digest: &[u8]) -> Texts {
    vec![
        digest.to_vec(),
        hex(digest, "", false),
        hex(digest, "", true),
        STANDARD_NO_PAD.encode(digest).into_bytes(),
        URL_SAFE_NO_PAD.encode(digest).into_bytes(),
    ]
}
