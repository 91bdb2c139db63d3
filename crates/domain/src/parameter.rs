//! Parameters: what a View asks its reader for, and the reading of what was given.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DataType, Value, value::LIST_MAX};

/// `?Name?` in a View's query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    pub name: String,
    pub label: String,
    pub data_type: DataType,
    pub required: bool,
    /// Text in the form that a reader would type.
    pub default: Option<String>,
    /// Several values, bound one by one: `in (?Name?)`.
    pub list: bool,
}

/// Values by parameter name, as they came from a reader: text, or several texts for a list.
pub type Values = BTreeMap<String, Vec<String>>;

/// What is wrong with the values that were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterProblem {
    /// Names of required parameters without a value.
    Missing(Vec<String>),
    /// A message for each parameter whose value does not fit.
    Invalid(BTreeMap<String, String>),
}

/// Reads the given values into types. Unknown names are refused, defaults fill in, what stays empty is null.
pub fn read(parameters: &[Parameter], given: &Values) -> Result<BTreeMap<String, Vec<Value>>, ParameterProblem> {
    let mut invalid = BTreeMap::new();
    for name in given.keys() {
        if !parameters.iter().any(|parameter| parameter.name == *name) {
            invalid.insert(name.clone(), "the View has no such parameter".to_owned());
        }
    }
    let mut missing = Vec::new();
    let mut read = BTreeMap::new();
    for parameter in parameters {
        match parameter.read(given.get(&parameter.name).map_or(&[], Vec::as_slice)) {
            Ok(values) if values.is_empty() && parameter.required => missing.push(parameter.name.clone()),
            Ok(values) if values.is_empty() => {
                read.insert(parameter.name.clone(), vec![Value::Null(parameter.data_type)]);
            }
            Ok(values) => {
                read.insert(parameter.name.clone(), values);
            }
            Err(message) => {
                invalid.insert(parameter.name.clone(), message);
            }
        }
    }
    if !invalid.is_empty() {
        return Err(ParameterProblem::Invalid(invalid));
    }
    if !missing.is_empty() {
        return Err(ParameterProblem::Missing(missing));
    }
    Ok(read)
}

impl Parameter {
    fn read(&self, given: &[String]) -> Result<Vec<Value>, String> {
        let mut texts: Vec<&str> = given.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        if texts.is_empty() {
            texts.extend(self.default.as_deref().filter(|text| !text.is_empty()));
        }
        if texts.len() > 1 && !self.list {
            return Err("one value is expected, not several".to_owned());
        }
        if texts.len() > LIST_MAX {
            return Err(format!("at most {LIST_MAX} values can be given"));
        }
        texts.iter().map(|text| Value::parse(self.data_type, text).map_err(|error| error.to_string())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn year() -> Parameter {
        Parameter {
            name: "Year".into(),
            label: "Year".into(),
            data_type: DataType::Integer,
            required: true,
            default: None,
            list: false,
        }
    }

    fn given(name: &str, values: &[&str]) -> Values {
        Values::from([(name.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())])
    }

    #[test]
    fn a_required_parameter_without_a_value_is_asked_for() {
        assert_eq!(read(&[year()], &Values::new()), Err(ParameterProblem::Missing(vec!["Year".into()])));
        assert_eq!(read(&[year()], &given("Year", &[""])), Err(ParameterProblem::Missing(vec!["Year".into()])));
    }

    #[test]
    fn a_default_stands_in_and_an_optional_one_is_null() {
        let with_default = Parameter { default: Some("1995".into()), ..year() };
        assert_eq!(read(&[with_default], &Values::new()).unwrap()["Year"], [Value::Integer(1995)]);
        let optional = Parameter { required: false, ..year() };
        assert_eq!(read(&[optional], &Values::new()).unwrap()["Year"], [Value::Null(DataType::Integer)]);
    }

    #[test]
    fn a_wrong_an_unknown_and_a_second_value_are_refused_by_name() {
        for (name, values) in [("Year", ["x"].as_slice()), ("Month", &["1"]), ("Year", &["1", "2"])] {
            let Err(ParameterProblem::Invalid(problems)) = read(&[year()], &given(name, values)) else {
                panic!("{name}")
            };
            assert!(problems.contains_key(name));
        }
    }
}
