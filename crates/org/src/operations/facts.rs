//! What the published description says of each operation of tiers 1 and 2: parameters, body, answers; and the schemas they name.
//!
//! `calls.txt` and `schemas.txt` are written by `cargo xtask operations`. `corrections.tsv` holds what the description has wrong, each with
//! its reason: `Schema.property` (`*` in the schema's name stands for any text, list items need no step of their own) or
//! `operation answer-or-parameter` (an answer is its status, a body is `body`), then `drop`, `set SHAPE`, `null`, `nulls` (all that may be absent), `optional`,
//! `writable`, `readable` or `open`.
//!
//! Invariant: every name leads somewhere and every correction changes something; otherwise the first use panics, and so every test.

use std::{collections::HashMap, sync::LazyLock};

use super::shape::{Property, Shape};

#[derive(Debug, Default)]
pub struct Facts {
    calls: HashMap<&'static str, Call>,
    schemas: HashMap<&'static str, Shape>,
}

#[derive(Clone, Debug, Default)]
pub struct Call {
    pub parameters: Vec<Parameter>,
    pub bodies: Vec<Content>,
    /// What is no error.
    pub answers: Vec<Content>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub place: Place,
    pub name: &'static str,
    pub required: bool,
    pub shape: Shape,
}

/// A body, given or answered.
#[derive(Clone, Debug)]
pub struct Content {
    /// 0 for what is given.
    pub status: u16,
    pub required: bool,
    /// Media type and shape; none where there is no body.
    pub body: Option<(&'static str, Shape)>,
}

static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    let facts = Facts::read(include_str!("calls.txt"), include_str!("schemas.txt"), include_str!("corrections.tsv"));
    facts.unwrap_or_else(|wrong| panic!("the tables of operations are wrong: {wrong}"))
});

/// The tables.
pub fn facts() -> &'static Facts {
    &FACTS
}

impl Facts {
    /// None: the operation is of tier 3, or stands in no description.
    pub fn call(&self, operation: &str) -> Option<&Call> {
        self.calls.get(operation)
    }

    /// A schema that is named by another or by a call.
    pub fn schema(&self, name: &str) -> &Shape {
        self.schemas.get(name).unwrap_or(&Shape::Any)
    }

    fn read(calls: &'static str, schemas: &'static str, corrections: &'static str) -> Result<Facts, String> {
        let mut facts = Facts::default();
        let mut id = "";
        for line in calls.lines() {
            let wrong = || format!("`{line}` of {id}");
            match line.strip_prefix('\t') {
                None => {
                    id = line;
                    facts.calls.insert(id, Call::default());
                }
                Some(rest) => {
                    let call = facts.calls.get_mut(id).ok_or_else(wrong)?;
                    read_line(call, rest).ok_or_else(wrong)?;
                }
            }
        }
        for line in schemas.lines() {
            let read = line.split_once(' ').and_then(|(name, shape)| Some((name, Shape::parse(shape)?)));
            let (name, shape) = read.ok_or_else(|| format!("`{line}`"))?;
            facts.schemas.insert(name, shape);
        }
        for line in corrections.lines().skip(1) {
            let [place, change, reason] = line.split('\t').collect::<Vec<_>>()[..] else {
                return Err(format!("`{line}`"));
            };
            let done = !reason.is_empty() && facts.correct(place, change).unwrap_or(false);
            if !done {
                return Err(format!("the correction `{line}` changes nothing"));
            }
        }
        facts.check()?;
        Ok(facts)
    }

    fn correct(&mut self, place: &'static str, change: &'static str) -> Option<bool> {
        if let Some((id, part)) = place.split_once(' ') {
            return self.calls.get_mut(id)?.correct(part, change);
        }
        let (schema, path) = place.split_once('.').unwrap_or((place, ""));
        let (before, after) = schema.split_once('*').unwrap_or((schema, ""));
        let matches = |name: &str| match schema.contains('*') {
            true => name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after),
            false => name == schema,
        };
        let mut changed = false;
        for (_, shape) in self.schemas.iter_mut().filter(|(name, _)| matches(name)) {
            changed |= correct(shape, path, change)?;
        }
        Some(changed)
    }

    fn check(&self) -> Result<(), String> {
        let of_calls = self.calls.values().flat_map(|call| {
            let bodies = call
                .bodies
                .iter()
                .chain(&call.answers)
                .filter_map(|content| content.body.as_ref().map(|(_, shape)| shape));
            call.parameters.iter().map(|parameter| &parameter.shape).chain(bodies)
        });
        let mut names = Vec::new();
        of_calls.chain(self.schemas.values()).for_each(|shape| collect_names(shape, &mut names));
        match names.iter().find(|name| !self.schemas.contains_key(*name)) {
            Some(name) => Err(format!("there is no schema `{name}`")),
            None => Ok(()),
        }
    }
}

fn collect_names(shape: &Shape, names: &mut Vec<&'static str>) {
    match shape {
        Shape::Any | Shape::Text | Shape::Integer | Shape::Number | Shape::Flag | Shape::Time | Shape::Enum(_) => {}
        Shape::Named(name) => names.push(name),
        Shape::List(inner) | Shape::Nullable(inner) => collect_names(inner, names),
        Shape::OneOf(shapes) => shapes.iter().for_each(|shape| collect_names(shape, names)),
        Shape::Object(object) => {
            object.properties.iter().for_each(|property| collect_names(&property.shape, names));
            object.others.iter().for_each(|shape| collect_names(shape, names));
            names.extend(object.by.iter().flat_map(|by| by.schemas.iter().map(|(_, name)| *name)));
        }
    }
}

fn read_line(call: &mut Call, line: &'static str) -> Option<()> {
    let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
    let required = rest.starts_with('+');
    let place = match kind {
        "path" => Place::Path,
        "query" => Place::Query,
        "header" => Place::Header,
        "cookie" => Place::Cookie,
        "body" => {
            let (media, shape) = rest.trim_start_matches('+').split_once(' ')?;
            call.bodies.push(Content { status: 0, required, body: Some((media, Shape::parse(shape)?)) });
            return Some(());
        }
        status => {
            let status = status.parse().ok()?;
            let body = match rest.split_once(' ') {
                Some((media, shape)) => Some((media, Shape::parse(shape)?)),
                None => None,
            };
            call.answers.push(Content { status, required: false, body });
            return Some(());
        }
    };
    let (name, rest) = Shape::split_name(rest.trim_start_matches('+'))?;
    call.parameters.push(Parameter { place, name, required, shape: Shape::parse(rest.strip_prefix(' ')?)? });
    Some(())
}

impl Call {
    /// `200`, `body` or a parameter's name.
    fn correct(&mut self, part: &'static str, change: &'static str) -> Option<bool> {
        if let Ok(status) = part.parse::<u16>() {
            let before = self.answers.len();
            if change == "drop" {
                self.answers.retain(|answer| answer.status != status);
                return Some(self.answers.len() < before);
            }
            let body = match change.strip_prefix("set ")? {
                "nothing" => None,
                given => Some(match given.split_once(' ').filter(|(media, _)| media.contains('/')) {
                    Some((media, shape)) => (media, Shape::parse(shape)?),
                    None => ("application/json", Shape::parse(given)?),
                }),
            };
            self.answers.retain(|answer| answer.status != status);
            self.answers.push(Content { status, required: false, body });
            return Some(true);
        }
        if part == "body" {
            let content = self.bodies.first_mut()?;
            match change {
                "optional" => content.required = false,
                _ => content.body.as_mut()?.1 = Shape::parse(change.strip_prefix("set ")?)?,
            }
            return Some(true);
        }
        let parameter = self.parameters.iter_mut().find(|parameter| parameter.name == part)?;
        match change {
            "optional" => parameter.required = false,
            _ => parameter.shape = Shape::parse(change.strip_prefix("set ")?)?,
        }
        Some(true)
    }
}

/// Applies a change to what lies at `path` within a shape; whether anything is different now.
fn correct(shape: &mut Shape, path: &'static str, change: &'static str) -> Option<bool> {
    match shape {
        Shape::List(inner) | Shape::Nullable(inner) => return correct(inner, path, change),
        Shape::Object(object) if !path.is_empty() => {
            let (name, rest) = path.split_once('.').unwrap_or((path, ""));
            let position = object.properties.iter().position(|property| property.name == name);
            let Some(position) = position else {
                let Some(added) = change.strip_prefix("set ").filter(|_| rest.is_empty()) else { return Some(false) };
                let shape = Shape::parse(added)?;
                object.properties.push(Property { name, required: false, read_only: true, write_only: false, shape });
                return Some(true);
            };
            let property = &mut object.properties[position];
            if !rest.is_empty() {
                return correct(&mut property.shape, rest, change);
            }
            let changed = match change {
                "drop" => {
                    object.properties.remove(position);
                    true
                }
                "optional" => std::mem::replace(&mut property.required, false),
                "writable" => std::mem::replace(&mut property.read_only, false),
                "readable" => std::mem::replace(&mut property.write_only, false),
                _ => change_shape(&mut property.shape, change)?,
            };
            return Some(changed);
        }
        _ => {}
    }
    if path.is_empty() { change_shape(shape, change) } else { Some(false) }
}

fn change_shape(shape: &mut Shape, change: &'static str) -> Option<bool> {
    let before = shape.clone();
    match (change, &mut *shape) {
        ("null", Shape::Nullable(_)) => {}
        ("null", _) => *shape = Shape::Nullable(Box::new(before.clone())),
        ("open", Shape::Object(object)) => object.others = Some(Box::new(Shape::Any)),
        ("nulls", _) => allow_nulls(shape),
        (other, _) => *shape = Shape::parse(other.strip_prefix("set ")?)?,
    }
    Some(*shape != before)
}

/// Makes everything that may be absent nullable, down to where another schema begins.
fn allow_nulls(shape: &mut Shape) {
    match shape {
        Shape::List(inner) | Shape::Nullable(inner) => allow_nulls(inner),
        Shape::Object(object) => {
            for property in object.properties.iter_mut().filter(|property| !property.required) {
                allow_nulls(&mut property.shape);
                if !matches!(property.shape, Shape::Nullable(_) | Shape::Any) {
                    property.shape = Shape::Nullable(Box::new(property.shape.clone()));
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLS: &str = "getThing\n\tpath +id string\n\tquery \"a b\" integer\n\tbody +application/json Thing\n\t200 application/json [Thing]\n\t204\n";
    const SCHEMAS: &str = "Kind (A|B)\nThing {+id string,-kind Kind,inner {deep time}}\n";

    fn with(corrections: &'static str) -> Result<Facts, String> {
        Facts::read(CALLS, SCHEMAS, corrections)
    }

    #[test]
    fn the_checked_in_tables_can_be_read_and_describe_what_the_operations_table_names() {
        assert!(facts().calls.len() > 400 && facts().schemas.len() > 800);
        for id in facts().calls.keys() {
            assert!(super::super::by_id(id).is_some_and(|operation| operation.tier < 3), "{id}");
        }
    }

    #[test]
    fn corrections_change_schemas_and_calls() {
        let facts = with(
            "place\tchange\treason\nThing.inner.deep\tnull\tx\nTh*.id\toptional\tx\nThing.other\tset [string]\tx\ngetThing 200\tset Thing\tx\n\
             getThing 204\tdrop\tx\ngetThing id\tset Kind\tx\nThing\topen\tx",
        )
        .unwrap();
        let call = facts.call("getThing").unwrap();
        assert_eq!(
            (call.answers.len(), &call.answers[0].body),
            (1, &Some(("application/json", Shape::Named("Thing"))))
        );
        assert_eq!((call.parameters[0].place, &call.parameters[0].shape), (Place::Path, &Shape::Named("Kind")));
        let Shape::Object(thing) = facts.schema("Thing") else { panic!() };
        assert!(!thing.property("id").unwrap().required && thing.others.is_some() && thing.property("other").is_some());
        assert_eq!(thing.property("inner").unwrap().shape, Shape::parse("{deep time?}").unwrap());
    }

    #[test]
    fn a_correction_that_is_no_longer_needed_is_refused() {
        for stale in [
            "Thing.kind\toptional\tx",
            "Nothing.a\tnull\tx",
            "getThing 200\tunknown\tx",
            "Thing.id\tset string\tx",
            "Thing.id\tnull\t",
        ] {
            let text: &'static str = format!("place\tchange\treason\n{stale}").leak();
            assert!(with(text).unwrap_err().contains("changes nothing"), "{stale}");
        }
        assert!(with("place\tchange\treason\nThing.id\tset Nowhere\tx").unwrap_err().contains("there is no schema"));
    }
}
