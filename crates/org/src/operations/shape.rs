//! Shapes: what a value may look like, read from the notation of the checked-in tables.
//!
//! `string`, `integer`, `number`, `boolean`, `time` and `any` are themselves; `(A|B)` is one of these texts; `[T]` a list; `<T,U>` one of
//! several; `T?` may be null; any other word is a schema. `{+a T,-b T,!c T,* T}` is an object: `+` is required, `-` is given by the org
//! alone, `!` is given to it alone, `*` is every other property. `@p(A=X|B=Y)` after an object says that the text of `p` decides which
//! schema the whole follows.

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Any,
    Text,
    Integer,
    Number,
    Flag,
    /// `YYYY-MM-DDTHH:mm:ss.sssZ`.
    Time,
    Enum(Vec<&'static str>),
    List(Box<Shape>),
    Object(Object),
    Named(&'static str),
    OneOf(Vec<Shape>),
    Nullable(Box<Shape>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    pub properties: Vec<Property>,
    /// What a property holds that is not among them; none may be there without it.
    pub others: Option<Box<Shape>>,
    pub by: Option<Choice>,
}

/// The property whose text decides which schema an object follows.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub property: &'static str,
    /// Text, and the name of the schema.
    pub schemas: Vec<(&'static str, &'static str)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    pub name: &'static str,
    pub required: bool,
    pub read_only: bool,
    pub write_only: bool,
    pub shape: Shape,
}

impl Object {
    pub fn property(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

impl Shape {
    /// Reads a whole notation.
    pub fn parse(text: &'static str) -> Option<Shape> {
        let mut reader = Reader { rest: text };
        let shape = reader.shape()?;
        reader.rest.is_empty().then_some(shape)
    }

    /// Takes a name from the beginning, which may stand in quotes; also where the notation goes on.
    pub fn split_name(text: &'static str) -> Option<(&'static str, &'static str)> {
        let mut reader = Reader { rest: text };
        let name = reader.word()?;
        Some((name, reader.rest))
    }
}

struct Reader {
    rest: &'static str,
}

impl Reader {
    fn take(&mut self, mark: &str) -> bool {
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A name or value: in quotes, or up to what the notation means something by.
    fn word(&mut self) -> Option<&'static str> {
        let (word, rest) = if let Some(quoted) = self.rest.strip_prefix('"') {
            quoted.split_once('"')?
        } else {
            let end =
                self.rest.find(|character: char| " ()|?={}<>[],@*".contains(character)).unwrap_or(self.rest.len());
            if end == 0 {
                return None;
            }
            self.rest.split_at(end)
        };
        self.rest = rest;
        Some(word)
    }

    /// What is separated, up to `end`.
    fn until<T>(
        &mut self,
        end: &str,
        separator: &str,
        mut one: impl FnMut(&mut Reader) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut items = Vec::new();
        while !self.take(end) {
            if !items.is_empty() && !self.take(separator) {
                return None;
            }
            items.push(one(self)?);
        }
        Some(items)
    }

    fn shape(&mut self) -> Option<Shape> {
        let shape = if self.take("(") {
            Shape::Enum(self.until(")", "|", Reader::word)?)
        } else if self.take("[") {
            let inner = self.shape()?;
            self.take("]").then(|| Shape::List(Box::new(inner)))?
        } else if self.take("<") {
            Shape::OneOf(self.until(">", ",", Reader::shape)?)
        } else if self.take("{") {
            Shape::Object(self.object()?)
        } else {
            match self.word()? {
                "any" => Shape::Any,
                "string" => Shape::Text,
                "integer" => Shape::Integer,
                "number" => Shape::Number,
                "boolean" => Shape::Flag,
                "time" => Shape::Time,
                name => Shape::Named(name),
            }
        };
        Some(if self.take("?") { Shape::Nullable(Box::new(shape)) } else { shape })
    }

    fn object(&mut self) -> Option<Object> {
        let mut others = None;
        let properties = self.until("}", ",", |reader| {
            if reader.take("* ") {
                others = Some(Box::new(reader.shape()?));
                return Some(None);
            }
            let (required, read_only, write_only) = (reader.take("+"), reader.take("-"), reader.take("!"));
            let name = reader.word()?;
            let shape = reader.take(" ").then(|| reader.shape())??;
            Some(Some(Property { name, required, read_only, write_only, shape }))
        })?;
        let by = if self.take("@") {
            let property = self.word()?;
            let schemas = self.take("(").then(|| {
                self.until(")", "|", |reader| {
                    let value = reader.word()?;
                    reader.take("=").then(|| reader.word())?.map(|name| (value, name))
                })
            })??;
            Some(Choice { property, schemas })
        } else {
            None
        };
        Some(Object { properties: properties.into_iter().flatten().collect(), others, by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_is_read_whole_or_not_at_all() {
        let shape = Shape::parse(
            "{+-id string,!secret time?,\"odd name\" [(A|\"B c\")],both <Name,integer>,* any}@kind(X=One|Y=Two)",
        );
        let Some(Shape::Object(object)) = shape else { panic!("{shape:?}") };
        let id = object.property("id").unwrap();
        assert_eq!((id.required, id.read_only, id.write_only, &id.shape), (true, true, false, &Shape::Text));
        let secret = object.property("secret").unwrap();
        assert_eq!((secret.write_only, &secret.shape), (true, &Shape::Nullable(Box::new(Shape::Time))));
        assert_eq!(object.property("odd name").unwrap().shape, Shape::List(Box::new(Shape::Enum(vec!["A", "B c"]))));
        assert_eq!(object.property("both").unwrap().shape, Shape::OneOf(vec![Shape::Named("Name"), Shape::Integer]));
        assert_eq!(object.others.as_deref(), Some(&Shape::Any));
        assert_eq!(object.by, Some(Choice { property: "kind", schemas: vec![("X", "One"), ("Y", "Two")] }));
        for wrong in ["", "[string", "{a}", "{a string", "(A|", "string x", "{a string}@b", "??"] {
            assert_eq!(Shape::parse(wrong), None, "{wrong}");
        }
    }
}
