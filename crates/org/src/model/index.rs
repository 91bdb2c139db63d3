//! The forms in which profile values are searched: each value of each attribute is a row, so that lists are asked as single values are.
//!
//! Invariant: `folded` sorts as the values do. Text is compared without case, numbers by value.

use serde_json::Value;

use super::fold;

/// Longer text is compared by its beginning: an index of PostgreSQL takes no row beyond 2,704 bytes.
const INDEXED_LEN_MAX: usize = 600;

/// Name, position, value and folded value of everything in a profile.
pub fn rows<'a>(entries: impl Iterator<Item = (&'a str, &'a Value)>) -> Vec<(String, i64, String, String)> {
    let mut rows = Vec::new();
    for (name, value) in entries {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            single => std::slice::from_ref(single),
        };
        for (position, value) in (0_i64..).zip(values) {
            if let Some((text, folded)) = forms(value) {
                rows.push((name.to_owned(), position, text, folded));
            }
        }
    }
    rows
}

/// A single value as it is and as it is compared.
pub fn forms(value: &Value) -> Option<(String, String)> {
    match value {
        Value::String(text) => Some((text.chars().take(INDEXED_LEN_MAX).collect(), text_form(text))),
        Value::Bool(flag) => Some((flag.to_string(), flag.to_string())),
        Value::Number(number) => Some((number.to_string(), number_form(number.as_f64()?))),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

pub fn text_form(text: &str) -> String {
    fold(text).chars().take(INDEXED_LEN_MAX).collect()
}

/// 16 hexadecimal digits that sort as the numbers do: the bits of the number, turned so that negative ones come first.
pub fn number_form(number: f64) -> String {
    // There is one zero.
    let bits = (number + 0.0).to_bits();
    let turned = if bits >> 63 == 1 { !bits } else { bits ^ (1 << 63) };
    format!("{turned:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn each_value_of_a_list_is_a_row() {
        let profile = json!({ "skills": ["Math", "looms"], "level": 7, "active": true, "none": null });
        let rows = rows(profile.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value)));
        let rows: Vec<_> =
            rows.iter().map(|(name, position, value, _)| (name.as_str(), *position, value.as_str())).collect();
        assert_eq!(rows, [("skills", 0, "Math"), ("skills", 1, "looms"), ("level", 0, "7"), ("active", 0, "true")]);
        assert_eq!(number_form(-0.0), number_form(0.0));
    }

    proptest! {
        #[test]
        fn numbers_sort_as_their_forms_do(one in -1e12..1e12, other in -1e12..1e12) {
            prop_assert_eq!(f64::partial_cmp(&one, &other), Some(number_form(one).cmp(&number_form(other))));
        }
    }
}
