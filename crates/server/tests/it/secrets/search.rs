//! The search itself: it finds every spelling where it was put on purpose. A check that cannot fail is none.

use std::{collections::BTreeSet, io::Write};

use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use testkit::spellings::{Planted, SPELLINGS, Search};

use super::places::{Place, files, keep_the_log, leaks, log};

/// With something in it that every encoding changes.
const SECRET: &str = "Pl4nted & <Secret>???? \"7319\" = é";

fn planted() -> [Planted; 1] {
    [Planted::new("it", SECRET)]
}

#[test]
fn the_list_of_spellings_holds_at_least_nineteen_and_each_differs_from_the_others() {
    let names: BTreeSet<&str> = SPELLINGS.iter().map(|spelling| spelling.name).collect();
    assert!(names.len() >= 19 && names.len() == SPELLINGS.len(), "{names:?}");
    let mut seen = BTreeSet::new();
    for spelling in SPELLINGS {
        // The two alphabets of base64 may agree on a digest.
        let texts: BTreeSet<Vec<u8>> = spelling.of(SECRET.as_bytes()).into_iter().collect();
        assert!(!texts.is_empty(), "{}", spelling.name);
        assert!(texts.into_iter().all(|text| seen.insert(text)), "{} is spelled as another is", spelling.name);
    }
}

#[test]
fn every_spelling_is_found_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for (idx, spelling) in SPELLINGS.iter().enumerate() {
        for text in spelling.of(SECRET.as_bytes()) {
            let below = folder.path().join(format!("{idx}"));
            std::fs::create_dir_all(&below).unwrap();
            std::fs::write(below.join("file"), [b"before \0".as_slice(), &text, b"\0 after"].concat()).unwrap();
            let found = leaks(&planted(), &files(folder.path()));
            let what = format!("it, {}: in {}", spelling.name, below.join("file").display());
            assert!(found.contains(&what), "{what} is not among {found:?}");
            std::fs::remove_dir_all(&below).unwrap();
        }
    }
    assert!(leaks(&planted(), &files(folder.path())).is_empty(), "and nothing is found where nothing is");
}

#[test]
fn every_spelling_is_found_in_the_log() {
    keep_the_log();
    for spelling in SPELLINGS {
        // A line of the log is text: what is none is left to files.
        for text in spelling.of(SECRET.as_bytes()).into_iter().filter_map(|text| String::from_utf8(text).ok()) {
            tracing::trace!("{text}");
            let found = leaks(&planted(), &[log()]);
            assert!(found.contains(&format!("it, {}: in the log", spelling.name)), "{} of {found:?}", spelling.name);
        }
    }
}

#[test]
fn base64_is_found_at_each_of_its_three_places_with_padding_and_without() {
    let search = Search::new(&planted());
    for before in ["", "x", "xx", "user:"] {
        for after in ["", "y", "yy", ":more"] {
            let found = search.find(STANDARD.encode(format!("{before}{SECRET}{after}")).as_bytes());
            assert!(found.iter().any(|what| what.starts_with("it, base64 at byte")), "{before} {after}: {found:?}");
        }
    }
}

#[test]
fn what_is_broken_over_lines_or_packed_is_found_as_well() {
    let search = Search::new(&planted());
    let encoded = STANDARD.encode(SECRET.repeat(4));
    let broken: Vec<&str> = encoded.as_bytes().chunks(20).map(|line| std::str::from_utf8(line).unwrap()).collect();
    for end in ["\n", "\r\n", "\\\n    ", "=\r\n", "\n\t"] {
        let found = search.find(broken.join(end).as_bytes());
        assert!(found.contains("it, base64 at byte 0, over several lines"), "{end:?}: {found:?}");
    }
    let (first, second) = SECRET.split_at(12);
    assert!(search.find(format!("{first}\n{second}").as_bytes()).contains("it, as it is, over several lines"));

    let text = format!("{} {SECRET} {}", "before ".repeat(50), "after ".repeat(50));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(text.as_bytes()).unwrap();
    for packed in [gzip.finish().unwrap(), zlib.finish().unwrap()] {
        let place = Place::new("a file", [b"page of a database ".as_slice(), &packed, b" and on"].concat());
        let found = leaks(&planted(), &[place]);
        assert!(found.contains("it, as it is, packed: in a file"), "{found:?}");
    }
}
