//! `cargo xtask operations FOLDER`: writes the facts of the published API description, whose files lie in FOLDER, into the tables that the
//! org is built with. The files themselves are not needed for anything else.
//!
//! Invariant: the same files give the same text, so that a new release shows as a difference.

mod shape;
mod spec;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::place::Place;
use crate::progress::Progress;
use shape::Shape;
use spec::{Call, Spec};

/// The files, and what the names of their schemas begin with.
const FILES: [(&str, &str); 3] = [("management.yaml", ""), ("oauth.yaml", "oauth:"), ("myaccount.yaml", "myaccount:")];
/// Operations beyond this tier, and what only they use, are left out.
const TIER_MAX: u8 = 2;
const JSON: &str = "application/json";

pub(crate) fn run(progress: &Progress, place: &Place, arguments: &[String]) -> Result<()> {
    let [folder] = arguments else {
        return Err(Error::Usage("`cargo xtask operations` takes the folder of the API description".to_owned()));
    };
    let tables = place.root().join("crates/org/src/operations");
    let rows = read(&tables.join("table.tsv"))?;
    let wanted = wanted(&rows);
    let (mut calls, mut schemas) = (BTreeMap::new(), BTreeMap::new());
    for (name, prefix) in FILES {
        let path = Path::new(folder).join(name);
        let wrong = |error: String| Error::Usage(format!("{}: {error}", path.display()));
        let spec = Spec::new(yaml::read(&read(&path)?).map_err(wrong)?, prefix);
        let mut names = BTreeSet::new();
        for (method, path, call) in spec.calls().map_err(wrong)? {
            if let Some(id) = wanted.get(&(method, without_names(&path))) {
                names.extend(call.names());
                calls.insert((*id).to_owned(), call);
            }
        }
        schemas.extend(spec.schemas(names).map_err(wrong)?);
    }
    let (calls_text, schemas_text) = texts(&calls, &schemas).map_err(Error::Usage)?;
    write(&tables.join("calls.txt"), &calls_text)?;
    write(&tables.join("schemas.txt"), &schemas_text)?;
    progress.step(&format!("{} of {} operations and {} schemas written", calls.len(), wanted.len(), schemas.len()));
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(Error::file(path))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(Error::file(path))
}

/// The ids of the operations that are described, by method and path.
fn wanted(rows: &str) -> BTreeMap<(String, String), &str> {
    let mut wanted = BTreeMap::new();
    for row in rows.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        if let [method, path, id, tier, ..] = cells[..]
            && tier.parse::<u8>().is_ok_and(|tier| tier <= TIER_MAX)
        {
            wanted.insert((method.to_owned(), without_names(path)), id);
        }
    }
    wanted
}

/// A path whose parameters have no names, which two files may give differently.
fn without_names(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

impl Call {
    fn names(&self) -> impl Iterator<Item = String> {
        let parameters = self.parameters.iter().map(|parameter| &parameter.shape);
        let bodies = self.bodies.iter().map(|(_, _, shape)| shape);
        let answers = self.answers.iter().filter_map(|(_, answer)| answer.as_ref().map(|(_, shape)| shape));
        let shapes = parameters.chain(bodies).chain(answers);
        shapes.flat_map(Shape::names).map(str::to_owned).collect::<Vec<_>>().into_iter()
    }

    /// Appends a line for each parameter, body and answer.
    fn write(&self, to: &mut String) -> std::result::Result<(), String> {
        for parameter in &self.parameters {
            let mark = if parameter.required { "+" } else { "" };
            let _ = write!(to, "\t{} {mark}{} ", parameter.place, parameter.name);
            parameter.shape.write(to)?;
            to.push('\n');
        }
        for (media, required, shape) in &self.bodies {
            let _ = write!(to, "\tbody {}{media} ", if *required { "+" } else { "" });
            shape.write(to)?;
            to.push('\n');
        }
        for (status, answer) in &self.answers {
            let _ = write!(to, "\t{status}");
            if let Some((media, shape)) = answer {
                let _ = write!(to, " {media} ");
                if media == JSON { shape.write(to)? } else { to.push_str("any") }
            }
            to.push('\n');
        }
        Ok(())
    }
}

fn texts(
    calls: &BTreeMap<String, Call>,
    schemas: &BTreeMap<String, Shape>,
) -> std::result::Result<(String, String), String> {
    let (mut calls_text, mut schemas_text) = (String::new(), String::new());
    for (id, call) in calls {
        calls_text.push_str(id);
        calls_text.push('\n');
        call.write(&mut calls_text).map_err(|error| format!("{id}: {error}"))?;
    }
    for (name, shape) in schemas {
        schemas_text.push_str(name);
        schemas_text.push(' ');
        shape.write(&mut schemas_text).map_err(|error| format!("{name}: {error}"))?;
        schemas_text.push('\n');
    }
    Ok((calls_text, schemas_text))
}
