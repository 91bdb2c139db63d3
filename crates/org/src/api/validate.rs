//! Requests held against the tables of operations, before any handler: parameters and the body of the management API.
//!
//! A value of the wrong JSON type is E0000003, as a body that is no JSON; a text that is none of the known ones and a property that must be
//! there E0000001 with a cause for each; a parameter that must be there E0000028. Unknown properties, and those that the org alone sets,
//! are ignored. Null counts as absent.
//!
//! Where a handler must judge by itself because the description is stricter than Okta is, `corrections.tsv` opens the shape.

use axum::{
    body::{Body, Bytes},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::body::BODY_BYTES_MAX;
use crate::{
    error::{Answer, Fault, codes},
    operations::{
        Operation,
        facts::{Call, Facts, Parameter, Place, facts},
        shape::{Object, Shape},
    },
};

/// Judges a request; its body comes back to be read again.
#[allow(clippy::result_large_err, reason = "a response is what is sent")]
pub async fn check(operation: &Operation, parts: &Parts, body: Body) -> Result<Body, Response> {
    let Some(call) = facts().call(operation.id).filter(|_| operation.path.starts_with("/api/v1/")) else {
        return Ok(body);
    };
    check_query(call, parts.uri.query().unwrap_or_default()).map_err(IntoResponse::into_response)?;
    let Some((_, shape)) =
        call.bodies.iter().filter_map(|content| content.body.as_ref()).find(|(media, _)| *media == "application/json")
    else {
        return Ok(body);
    };
    let Ok(bytes) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return Err(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    };
    check_body(shape, &bytes).map_err(IntoResponse::into_response)?;
    Ok(Body::from(bytes))
}

fn check_query(call: &Call, query: &str) -> Answer<()> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| Fault::new(&codes::E0000001))?;
    for parameter in call.parameters.iter().filter(|parameter| parameter.place == Place::Query) {
        let value = pairs.iter().find(|(name, value)| name == parameter.name && !value.is_empty());
        match value {
            Some((_, value)) => check_parameter(parameter, value)?,
            None if parameter.required => return Err(Fault::new(&codes::E0000028)),
            None => {}
        }
    }
    Ok(())
}

fn check_parameter(parameter: &Parameter, value: &str) -> Answer<()> {
    let mut shape = &parameter.shape;
    loop {
        shape = match shape {
            Shape::Named(name) => facts().schema(name),
            Shape::Nullable(inner) => inner,
            _ => break,
        };
    }
    let refused = |reason: &str| Err(Fault::field(parameter.name, reason));
    match shape {
        Shape::Integer if value.parse::<i64>().is_err() => refused("The value must be a number"),
        Shape::Flag if !value.eq_ignore_ascii_case("true") && !value.eq_ignore_ascii_case("false") => {
            refused("The value must be true or false")
        }
        Shape::Enum(values) if !values.contains(&value) => {
            refused(&format!("The value must be one of {}", values.join(", ")))
        }
        _ => Ok(()),
    }
}

fn check_body(shape: &Shape, bytes: &Bytes) -> Answer<()> {
    // An empty body and one that is no JSON are the handler's affair: some operations do without.
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    let mut judge = Judge { facts: facts(), malformed: false, causes: Vec::new() };
    judge.value(shape, &body, "");
    if judge.malformed {
        return Err(Fault::new(&codes::E0000003));
    }
    match judge.causes.first() {
        None => Ok(()),
        Some((first, _)) => {
            let first = first.clone();
            Err(Fault::invalid(&first, judge.causes.into_iter().map(|(field, reason)| format!("{field}: {reason}"))))
        }
    }
}

struct Judge {
    facts: &'static Facts,
    malformed: bool,
    /// Field and reason.
    causes: Vec<(String, String)>,
}

impl Judge {
    fn value(&mut self, shape: &Shape, value: &Value, field: &str) {
        match shape {
            Shape::Nullable(inner) => self.value(inner, value, field),
            Shape::Named(name) => self.value(self.facts.schema(name), value, field),
            Shape::Any => {}
            Shape::Text | Shape::Time => self.malformed |= !value.is_string(),
            Shape::Integer => self.malformed |= !value.is_i64(),
            Shape::Number => self.malformed |= !value.is_number(),
            Shape::Flag => self.malformed |= !value.is_boolean(),
            Shape::Enum(values) => match value.as_str() {
                Some(text) if values.contains(&text) => {}
                Some(_) => {
                    self.causes.push((field.to_owned(), format!("The value must be one of {}", values.join(", "))))
                }
                None => self.malformed = true,
            },
            Shape::List(inner) => match value.as_array() {
                Some(items) => items.iter().for_each(|item| self.value(inner, item, field)),
                None => self.malformed = true,
            },
            Shape::OneOf(shapes) => self.one_of(shapes, value, field),
            Shape::Object(object) => self.object(object, value, field),
        }
    }

    /// Right when any alternative is.
    fn one_of(&mut self, shapes: &[Shape], value: &Value, field: &str) {
        let mut first = None;
        for shape in shapes {
            let mut judge = Judge { facts: self.facts, malformed: false, causes: Vec::new() };
            judge.value(shape, value, field);
            if !judge.malformed && judge.causes.is_empty() {
                return;
            }
            first.get_or_insert(judge);
        }
        if let Some(judge) = first {
            self.malformed |= judge.malformed;
            self.causes.extend(judge.causes);
        }
    }

    fn object(&mut self, object: &Object, value: &Value, field: &str) {
        let Some(given) = value.as_object() else {
            self.malformed = true;
            return;
        };
        if let Some(by) = &object.by {
            let text = given.get(by.property).and_then(Value::as_str);
            let schema = by.schemas.iter().find(|(value, _)| text == Some(*value));
            if let Some((_, name)) = schema {
                return self.value(self.facts.schema(name), value, field);
            }
        }
        for property in object.properties.iter().filter(|property| !property.read_only) {
            match given.get(property.name).filter(|value| !value.is_null()) {
                Some(value) => self.value(&property.shape, value, property.name),
                None if property.required => {
                    self.causes.push((property.name.to_owned(), "The field cannot be left blank".to_owned()));
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(shape: &'static str, body: &str) -> Result<(), (u16, &'static str, Vec<String>)> {
        let shape = Shape::parse(shape).unwrap();
        check_body(&shape, &Bytes::from(body.to_owned()))
            .map_err(|fault| (fault.code.status, fault.code.code, fault.causes))
    }

    #[test]
    fn bodies_are_refused_in_okta_s_words() {
        let shape = "{+name string,-id string,kind (A|B),inner {+deep integer},either <string,[string]>}";
        for right in [
            r#"{"name":"x","id":7,"unknown":1,"kind":null,"either":["x"]}"#,
            r#"{"name":"x","inner":{"deep":1},"either":"x"}"#,
            "",
            "no JSON",
        ] {
            assert_eq!(judged(shape, right), Ok(()), "{right}");
        }
        assert_eq!(judged(shape, r#"{"name":7}"#), Err((400, "E0000003", vec![])));
        assert_eq!(judged(shape, r#"{"name":"x","either":7}"#), Err((400, "E0000003", vec![])));
        assert_eq!(judged(shape, "[]"), Err((400, "E0000003", vec![])));
        let causes = [
            "name: The field cannot be left blank",
            "kind: The value must be one of A, B",
            "deep: The field cannot be left blank",
        ];
        assert_eq!(
            judged(shape, r#"{"kind":"C","inner":{}}"#),
            Err((400, "E0000001", causes.map(str::to_owned).to_vec()))
        );
    }

    #[test]
    fn parameters_are_read_as_what_they_are() {
        let parameter =
            |shape| Parameter { place: Place::Query, name: "p", required: false, shape: Shape::parse(shape).unwrap() };
        for (shape, right, wrong) in [("integer", "-7", "x"), ("boolean", "True", "yes"), ("(A|B)", "B", "b")] {
            assert!(check_parameter(&parameter(shape), right).is_ok(), "{shape}");
            let fault = check_parameter(&parameter(shape), wrong).unwrap_err();
            assert_eq!((fault.code.code, fault.argument.as_str()), ("E0000001", "p"), "{shape}");
        }
        let call = Call { parameters: vec![Parameter { required: true, ..parameter("string") }], ..Call::default() };
        assert_eq!(check_query(&call, "q=1&p=").unwrap_err().code.code, "E0000028");
        assert!(check_query(&call, "p=1").is_ok());
    }
}
