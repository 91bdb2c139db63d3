//! One file of the specification: its operations and schemas as facts, `allOf` made flat.
//!
//! Invariant: a reference that leads nowhere is an error. Prose, examples and limits of length are left where they are.

use std::collections::{BTreeMap, BTreeSet};

use super::shape::{Object, Property, Shape};
use super::yaml::Node;

/// No schema stands on that many others; one that does stands on itself.
const DEPTH_MAX: usize = 40;
const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

pub(crate) struct Spec {
    root: Node,
    /// What the names of its schemas begin with.
    prefix: &'static str,
}

pub(crate) struct Call {
    pub(crate) parameters: Vec<Parameter>,
    /// Its media type, whether it must be there, and its shape.
    pub(crate) bodies: Vec<(String, bool, Shape)>,
    /// Status, media type and shape of what is no error.
    pub(crate) answers: Vec<(String, Option<(String, Shape)>)>,
}

pub(crate) struct Parameter {
    pub(crate) place: String,
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
}

impl Spec {
    pub(crate) fn new(root: Node, prefix: &'static str) -> Spec {
        Spec { root, prefix }
    }

    /// Every operation, by method and path.
    pub(crate) fn calls(&self) -> Result<Vec<(String, String, Call)>, String> {
        let mut calls = Vec::new();
        for (path, item) in self.root.get("paths").entries() {
            for method in METHODS {
                let node = item.get(method);
                if !node.is_nothing() {
                    let call = self.call(item, node).map_err(|error| format!("{method} {path}: {error}"))?;
                    calls.push((method.to_uppercase(), path.clone(), call));
                }
            }
        }
        Ok(calls)
    }

    fn call(&self, item: &Node, node: &Node) -> Result<Call, String> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for given in item.get("parameters").items().iter().chain(node.get("parameters").items()) {
            let given = self.followed(given)?;
            let parameter = Parameter {
                place: required_text(given, "in")?,
                name: required_text(given, "name")?,
                required: given.get("required").is("true"),
                shape: self.shape(given.get("schema"), 0)?,
            };
            parameters.retain(|known| (&known.place, &known.name) != (&parameter.place, &parameter.name));
            parameters.push(parameter);
        }
        let body = self.followed(node.get("requestBody"))?;
        let required = body.get("required").is("true");
        let mut bodies = Vec::new();
        for (media, content) in body.get("content").entries() {
            bodies.push((media.clone(), required, self.shape(content.get("schema"), 0)?));
        }
        let mut answers = Vec::new();
        for (status, answer) in
            node.get("responses").entries().iter().filter(|(status, _)| status.starts_with(['2', '3']))
        {
            let content = self.followed(answer)?.get("content").entries();
            for (media, content) in content {
                answers.push((status.clone(), Some((media.clone(), self.shape(content.get("schema"), 0)?))));
            }
            if content.is_empty() {
                answers.push((status.clone(), None));
            }
        }
        Ok(Call { parameters, bodies, answers })
    }

    /// The schemas of these names and all they lead to.
    pub(crate) fn schemas(&self, names: BTreeSet<String>) -> Result<BTreeMap<String, Shape>, String> {
        let mut waiting = names;
        let mut read = BTreeMap::new();
        while let Some(name) = waiting.pop_first() {
            let bare = name.strip_prefix(self.prefix).unwrap_or(&name);
            let shape = self.flat(self.schema(bare)?, 0).map_err(|error| format!("{name}: {error}"))?;
            read.insert(name, shape.clone());
            waiting.extend(shape.names().into_iter().filter(|name| !read.contains_key(*name)).map(str::to_owned));
        }
        Ok(read)
    }

    fn schema(&self, name: &str) -> Result<&Node, String> {
        Some(self.root.get("components").get("schemas").get(name))
            .filter(|node| !node.is_nothing())
            .ok_or_else(|| format!("there is no schema `{name}`"))
    }

    /// What a reference to a part that is no schema leads to.
    fn followed<'a>(&'a self, node: &'a Node) -> Result<&'a Node, String> {
        let Some(reference) = node.get("$ref").text() else { return Ok(node) };
        let steps = reference.strip_prefix("#/").unwrap_or(reference).split('/');
        let target = steps.fold(&self.root, |node, step| node.get(step));
        if target.is_nothing() { Err(format!("`{reference}` leads nowhere")) } else { Ok(target) }
    }

    /// The shape of a schema where it is used: by name where it has one that is worth a line of its own.
    fn shape(&self, node: &Node, depth: usize) -> Result<Shape, String> {
        if let Some(name) = schema_name(node) {
            let target = self.schema(name)?;
            let plain =
                ["enum", "properties", "allOf", "oneOf", "anyOf", "discriminator", "items", "additionalProperties"]
                    .iter()
                    .all(|key| target.get(key).is_nothing())
                    && !target.get("type").is("object");
            return if plain { self.flat(target, depth + 1) } else { Ok(self.named(name)) };
        }
        // One part with remarks beside it is that part.
        let parts = node.get("allOf").items();
        if let ([only], true) = (parts, node.get("properties").is_nothing() && node.get("required").is_nothing()) {
            let shape = self.shape(only, depth)?;
            return Ok(if node.get("nullable").is("true") { shape.nullable() } else { shape });
        }
        self.flat(node, depth)
    }

    fn named(&self, name: &str) -> Shape {
        Shape::Named(format!("{}{name}", self.prefix))
    }

    /// The shape itself.
    fn flat(&self, node: &Node, depth: usize) -> Result<Shape, String> {
        self.flat_as(node, depth, false)
    }

    /// The shape, of itself or as a part of an `allOf`: then what it could be besides is the whole's affair.
    fn flat_as(&self, node: &Node, depth: usize, part_of: bool) -> Result<Shape, String> {
        if depth > DEPTH_MAX {
            return Err("it stands on itself".to_owned());
        }
        if let Some(name) = schema_name(node) {
            return self.flat_as(self.schema(name)?, depth + 1, part_of);
        }
        let shape = self.bare(node, depth, part_of)?;
        let nullable = node.get("nullable").is("true") || node.get("enum").items().iter().any(Node::is_nothing);
        Ok(if nullable { shape.nullable() } else { shape })
    }

    fn bare(&self, node: &Node, depth: usize, part_of: bool) -> Result<Shape, String> {
        let values: Vec<String> = node.get("enum").items().iter().filter_map(Node::text).map(str::to_owned).collect();
        let kind = node.get("type").text().unwrap_or_default();
        if !values.is_empty() && matches!(kind, "string" | "") {
            return Ok(Shape::Enum(values));
        }
        let chosen = if node.get("oneOf").is_nothing() { node.get("anyOf") } else { node.get("oneOf") };
        let is_object = ["properties", "allOf", "discriminator"].iter().any(|key| !node.get(key).is_nothing());
        if is_object {
            return self.object(node, chosen, depth, part_of);
        }
        if !chosen.is_nothing() {
            let shapes = chosen.items().iter().map(|one| self.shape(one, depth + 1)).collect::<Result<_, _>>()?;
            return Ok(Shape::OneOf(shapes));
        }
        Ok(match (kind, node.get("format").text()) {
            ("string", Some("date-time")) => Shape::Plain("time"),
            ("string", _) => Shape::Plain("string"),
            ("integer", _) => Shape::Plain("integer"),
            ("number", _) => Shape::Plain("number"),
            ("boolean", _) => Shape::Plain("boolean"),
            ("array", _) => Shape::List(Box::new(self.shape(node.get("items"), depth + 1)?)),
            ("object", _) => Shape::Object(Object {
                others: Some(Box::new(self.others(node, depth)?.unwrap_or(Shape::Any))),
                ..Object::default()
            }),
            ("", _) => Shape::Any,
            (other, _) => return Err(format!("the type `{other}` is not known")),
        })
    }

    fn others(&self, node: &Node, depth: usize) -> Result<Option<Shape>, String> {
        let given = node.get("additionalProperties");
        Ok(match given.text() {
            Some("true") => Some(Shape::Any),
            Some(_) => None,
            None if given.is_nothing() => None,
            None => Some(self.shape(given, depth + 1)?),
        })
    }

    fn object(&self, node: &Node, chosen: &Node, depth: usize, part_of: bool) -> Result<Shape, String> {
        let mut object = Object::default();
        for part in node.get("allOf").items() {
            match self.flat_as(part, depth + 1, true)? {
                Shape::Object(part) => object.take(part),
                Shape::Nullable(inner) => match *inner {
                    Shape::Object(part) => object.take(part),
                    other => return Ok(other.nullable()),
                },
                // Only prose stands beside a part that is no object.
                Shape::Any => {}
                Shape::OneOf(_) => object.others = Some(Box::new(Shape::Any)),
                other => return Ok(other),
            }
        }
        for (name, given) in node.get("properties").entries() {
            let read_only = self.says(given, "readOnly", depth)?;
            let write_only = self.says(given, "writeOnly", depth)?;
            let shape = self.shape(given, depth + 1)?;
            object.put(Property { name: name.clone(), required: false, read_only, write_only, shape });
        }
        for name in node.get("required").items().iter().filter_map(Node::text) {
            object
                .properties
                .iter_mut()
                .filter(|property| property.name == name)
                .for_each(|property| property.required = true);
        }
        if let Some(others) = self.others(node, depth)? {
            object.others = Some(Box::new(others));
        }
        if object.properties.is_empty() && object.others.is_none() && node.get("discriminator").is_nothing() {
            object.others = Some(Box::new(Shape::Any));
        }
        if part_of {
            return Ok(Shape::Object(object));
        }
        let discriminator = node.get("discriminator");
        let mapped = discriminator.get("mapping").entries();
        if let (Some(property), false) = (discriminator.get("propertyName").text(), mapped.is_empty()) {
            let mut mapping = Vec::new();
            for (value, target) in mapped {
                let target = target.text().unwrap_or_default();
                let name = target.rsplit('/').next().unwrap_or(target);
                self.schema(name)?;
                mapping.push((value.clone(), format!("{}{name}", self.prefix)));
            }
            object.by = Some((property.to_owned(), mapping));
            return Ok(Shape::Object(object));
        }
        // Alternatives beside properties of its own: each property of any of them may be there.
        for one in chosen.items() {
            if let Shape::Object(mut part) = self.flat_as(one, depth + 1, true)? {
                part.properties.iter_mut().for_each(|property| property.required = false);
                object.take(part);
            }
        }
        Ok(Shape::Object(object))
    }

    /// Whether a property, or the schema that it names, carries a mark.
    fn says(&self, node: &Node, mark: &str, depth: usize) -> Result<bool, String> {
        if node.get(mark).is("true") {
            return Ok(true);
        }
        match schema_name(node) {
            Some(name) if depth < DEPTH_MAX => self.says(self.schema(name)?, mark, depth + 1),
            _ => Ok(node.get("allOf").items().iter().any(|part| part.get(mark).is("true"))),
        }
    }
}

impl Object {
    /// What another part of the same `allOf` adds; which schema the whole follows is the base's affair and not taken over.
    fn take(&mut self, other: Object) {
        for property in other.properties {
            self.put(property);
        }
        if other.others.is_some() && self.others.is_none() {
            self.others = other.others;
        }
    }

    fn put(&mut self, mut property: Property) {
        match self.properties.iter_mut().find(|known| known.name == property.name) {
            Some(known) => {
                property.required |= known.required;
                property.read_only |= known.read_only;
                if let (Shape::Object(before), Shape::Object(after)) = (&known.shape, &property.shape) {
                    let mut whole = before.clone();
                    whole.take(after.clone());
                    property.shape = Shape::Object(whole);
                }
                *known = property;
            }
            None => self.properties.push(property),
        }
    }
}

fn schema_name(node: &Node) -> Option<&str> {
    node.get("$ref").text()?.strip_prefix("#/components/schemas/")
}

fn required_text(node: &Node, key: &str) -> Result<String, String> {
    node.get(key).text().map(str::to_owned).ok_or_else(|| format!("a parameter has no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::yaml;

    const SPEC: &str = "\
paths:
  /things/{id}:
    parameters:
      - $ref: '#/components/parameters/id'
    get:
      parameters:
        - {name: limit, in: query, schema: {type: integer}}
      responses:
        '200':
          content:
            application/json:
              schema:
                type: array
                items:
                  $ref: '#/components/schemas/Thing'
        '204':
          description: nothing
        '404':
          description: no answer
components:
  parameters:
    id: {name: id, in: path, required: true, schema: {type: string}}
  schemas:
    Name: {type: string, maxLength: 9}
    Thing:
      type: object
      properties:
        id: {type: string, readOnly: true}
        name:
          $ref: '#/components/schemas/Name'
        kind: {type: string, enum: [A, B]}
        at: {type: string, format: date-time, nullable: true}
      required: [name]
      discriminator:
        propertyName: kind
        mapping:
          A: '#/components/schemas/ThingA'
    ThingA:
      allOf:
        - $ref: '#/components/schemas/Thing'
        - type: object
          properties:
            extra: {type: object}
            other:
              oneOf:
                - $ref: '#/components/schemas/Name'
                - {type: boolean}
          required: [extra]
";

    fn written(shape: &Shape) -> String {
        let mut text = String::new();
        shape.write(&mut text).expect("the shape can be written");
        text
    }

    #[test]
    fn calls_and_schemas_are_read_as_facts() {
        let spec = Spec::new(yaml::read(SPEC).expect("it is of the subset"), "x:");
        let calls = spec.calls().expect("the calls are whole");
        let [(method, path, call)] = &calls[..] else { panic!("there is one call") };
        assert_eq!((method.as_str(), path.as_str()), ("GET", "/things/{id}"));
        let names: Vec<_> =
            call.parameters.iter().map(|one| (one.place.as_str(), one.name.as_str(), one.required)).collect();
        assert_eq!(names, [("path", "id", true), ("query", "limit", false)]);
        let answers: Vec<_> = call
            .answers
            .iter()
            .map(|(status, body)| (status.as_str(), body.as_ref().map(|(_, shape)| written(shape))))
            .collect();
        assert_eq!(answers, [("200", Some("[x:Thing]".to_owned())), ("204", None)]);

        let schemas = spec.schemas(BTreeSet::from(["x:Thing".to_owned()])).expect("the schemas are whole");
        let texts: Vec<_> = schemas.iter().map(|(name, shape)| format!("{name} {}", written(shape))).collect();
        assert_eq!(
            texts,
            [
                "x:Thing {-id string,+name string,kind (A|B),at time?}@kind(A=x:ThingA)",
                "x:ThingA {-id string,+name string,kind (A|B),at time?,+extra {* any},other <string,boolean>}",
            ]
        );
    }

    #[test]
    fn what_leads_nowhere_is_an_error() {
        let broken = SPEC.replace("schemas/ThingA'", "schemas/ThingB'");
        let spec = Spec::new(yaml::read(&broken).expect("it is of the subset"), "");
        assert!(spec.schemas(BTreeSet::from(["Thing".to_owned()])).expect_err("ThingB is missing").contains("ThingB"));
    }
}
