//! Shapes: what a value may look like, and how that is written in the operations table.
//!
//! Invariant: what is written can be read back without knowing more than the line; a name or value that the notation cannot hold is
//! refused ([`Shape::write`]).

use std::borrow::Cow;
use std::fmt::Write;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Any,
    /// `string`, `integer`, `number`, `boolean`, `time`.
    Plain(&'static str),
    Enum(Vec<String>),
    List(Box<Shape>),
    Object(Object),
    /// Another schema, by name.
    Named(String),
    /// One of several.
    OneOf(Vec<Shape>),
    Nullable(Box<Shape>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object {
    pub(crate) properties: Vec<Property>,
    /// What other properties hold, where there may be others.
    pub(crate) others: Option<Box<Shape>>,
    /// The property whose value says which schema the whole follows.
    pub(crate) by: Option<(String, Vec<(String, String)>)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    pub(crate) write_only: bool,
    pub(crate) shape: Shape,
}

impl Shape {
    pub(crate) fn nullable(self) -> Shape {
        match self {
            Shape::Any | Shape::Nullable(_) => self,
            other => Shape::Nullable(Box::new(other)),
        }
    }

    /// The names of the schemas that it leads to.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Shape::Any | Shape::Plain(_) | Shape::Enum(_) => Vec::new(),
            Shape::Named(name) => vec![name],
            Shape::List(inner) | Shape::Nullable(inner) => inner.names(),
            Shape::OneOf(shapes) => shapes.iter().flat_map(Shape::names).collect(),
            Shape::Object(object) => {
                let inner = object.properties.iter().map(|property| &property.shape).chain(object.others.as_deref());
                let mapped = object.by.iter().flat_map(|(_, map)| map.iter().map(|(_, name)| name.as_str()));
                inner.flat_map(Shape::names).chain(mapped).collect()
            }
        }
    }

    /// Appends the notation.
    pub(crate) fn write(&self, to: &mut String) -> Result<(), String> {
        match self {
            Shape::Any => to.push_str("any"),
            Shape::Plain(word) => to.push_str(word),
            Shape::Named(name) => to.push_str(&checked(name)?),
            Shape::Enum(values) => {
                to.push('(');
                separated(to, "|", values, |to, value| {
                    to.push_str(&checked(value)?);
                    Ok(())
                })?;
                to.push(')');
            }
            Shape::List(inner) => {
                to.push('[');
                inner.write(to)?;
                to.push(']');
            }
            Shape::OneOf(shapes) => {
                to.push('<');
                separated(to, ",", shapes, |to, shape| shape.write(to))?;
                to.push('>');
            }
            Shape::Nullable(inner) => {
                inner.write(to)?;
                to.push('?');
            }
            Shape::Object(object) => object.write(to)?,
        }
        Ok(())
    }
}

impl Object {
    fn write(&self, to: &mut String) -> Result<(), String> {
        to.push('{');
        separated(to, ",", &self.properties, |to, property| {
            for (holds, mark) in [(property.required, '+'), (property.read_only, '-'), (property.write_only, '!')] {
                if holds {
                    to.push(mark);
                }
            }
            write!(to, "{} ", checked(&property.name)?).map_err(|error| error.to_string())?;
            property.shape.write(to)
        })?;
        if let Some(others) = &self.others {
            to.push_str(if self.properties.is_empty() { "* " } else { ",* " });
            others.write(to)?;
        }
        to.push('}');
        if let Some((property, mapping)) = &self.by {
            write!(to, "@{}(", checked(property)?).map_err(|error| error.to_string())?;
            separated(to, "|", mapping, |to, (value, name)| {
                write!(to, "{}={}", checked(value)?, checked(name)?).map_err(|error| error.to_string())
            })?;
            to.push(')');
        }
        Ok(())
    }
}

fn separated<T>(
    to: &mut String,
    separator: &str,
    items: &[T],
    mut one: impl FnMut(&mut String, &T) -> Result<(), String>,
) -> Result<(), String> {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            to.push_str(separator);
        }
        one(to, item)?;
    }
    Ok(())
}

/// A name or value, in quotes where the notation would read it as something else.
fn checked(text: &str) -> Result<Cow<'_, str>, String> {
    let special = |character: char| character.is_whitespace() || "()|?={}<>[],@*".contains(character);
    if text.contains(['"', '\n']) {
        Err(format!("`{text}` does not fit the table's notation"))
    } else if text.is_empty() || text.contains(special) || text.starts_with(['+', '-', '!']) {
        Ok(Cow::Owned(format!("\"{text}\"")))
    } else {
        Ok(Cow::Borrowed(text))
    }
}
