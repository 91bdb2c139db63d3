//! The places that are searched: the log of the whole process at level trace, files, answers, what programs print.

use std::{
    collections::BTreeSet,
    io::Write,
    path::Path,
    process::Command,
    sync::{Mutex, Once, PoisonError},
};

use serde_json::Value;
use testkit::{
    Person,
    spellings::{Planted, Search},
};

/// A place, and the bytes that stand there.
pub struct Place {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Place {
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Place {
        Place { name: name.into(), bytes: bytes.into() }
    }
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Line;

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// From now on everything that anybody in this process logs is kept, at level trace: portal, org, and what lies beneath them.
pub fn keep_the_log() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let lines = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        lines.with_writer(|| Line).init();
        tracing::trace!("the log begins");
    });
}

pub fn log() -> Place {
    Place::new("the log", LOG.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Every file in a folder and below it. `keys` is left out: that is where secrets belong.
pub fn files(folder: &Path) -> Vec<Place> {
    let mut places = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "keys") {
                places.extend(files(&path));
            }
        } else {
            places.push(Place::new(path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    places
}

/// What was answered.
#[derive(Default)]
pub struct Answers(pub Vec<Place>);

impl Answers {
    pub fn keep(&mut self, of: &str, bytes: impl Into<Vec<u8>>) {
        self.0.push(Place::new(format!("the answer of {of}"), bytes));
    }

    pub async fn get(&mut self, person: &mut Person, path: &str) {
        let answer = person.get(path).await;
        assert!(answer.status < 500 || !path.starts_with("/api/"), "{path}: {}", answer.text);
        self.keep(path, answer.bytes);
    }

    /// A call that is answered with a problem.
    pub async fn refused(&mut self, person: &mut Person, method: &str, path: &str, body: Value) {
        let answer = person.call(method, path, Some(body)).await;
        assert!((400..500).contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.text);
        self.keep(&format!("{method} {path} ({})", answer.status), answer.bytes);
    }
}

/// What the program prints, whatever it ends with.
pub fn printed(arguments: &[&str], environment: &[(&str, &str)]) -> Place {
    let mut program = Command::new(env!("CARGO_BIN_EXE_webreports"));
    let output = program.args(arguments).envs(environment.iter().copied()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(!text.is_empty(), "{arguments:?} prints nothing");
    Place::new(format!("what `webreports {}` prints", arguments.join(" ")), text)
}

/// Each secret that stands in one of these places, and how.
pub fn leaks(planted: &[Planted], places: &[Place]) -> BTreeSet<String> {
    let everything = Search::new(planted);
    let mut leaks = BTreeSet::new();
    for place in places {
        let is_kept = |planted: &Planted| planted.kept_by.is_some_and(|keeper| place.name.contains(keeper));
        let others: Vec<Planted> = planted.iter().filter(|planted| !is_kept(planted)).cloned().collect();
        let narrowed;
        let search = if others.len() == planted.len() {
            &everything
        } else {
            narrowed = Search::new(&others);
            &narrowed
        };
        leaks.extend(search.find(&place.bytes).into_iter().map(|what| format!("{what}: in {}", place.name)));
    }
    leaks
}
