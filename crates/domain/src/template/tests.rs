//! What a query text can and cannot do with values.

use proptest::prelude::*;

use super::*;
use crate::PersonId;

fn context(fields: &[(&str, &str)]) -> SecurityContext {
    let fields =
        fields.iter().map(|(identifier, value)| FieldValue::of(identifier, vec![Value::Text((*value).to_owned())]));
    SecurityContext::new(PersonId::from("per_pia"), fields.collect())
}

fn values(pairs: &[(&str, Value)]) -> BTreeMap<String, Vec<Value>> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), vec![value.clone()])).collect()
}

fn numbered(query: &BoundQuery) -> String {
    query.render(|number| format!("${number}"))
}

#[test]
fn parameters_and_identifiers_become_placeholders() {
    let template =
        Template::parse("select * from sales where year = ?Year? and region = @RegionID or y2 = ?Year?").unwrap();
    assert_eq!(template.parameters(), ["Year"]);
    assert_eq!(template.fields(), ["@RegionID"]);
    let query = template.bind(context(&[("@RegionID", "3")]), &values(&[("Year", Value::Integer(1995))])).unwrap();
    assert_eq!(numbered(&query), "select * from sales where year = $1 and region = $2 or y2 = $1");
    assert_eq!(query.binds(), [Value::Integer(1995), Value::Text("3".into())]);
    assert!(query.withheld().is_empty());
}

#[test]
fn an_identifier_without_a_value_withholds_every_row() {
    let template = Template::parse("select * from sales where region = @RegionID").unwrap();
    let query = template.bind(context(&[]), &BTreeMap::new()).unwrap();
    assert_eq!(query.withheld(), ["@RegionID"]);
    assert_eq!(numbered(&query), "select * from sales where region = $1");
}

#[test]
fn a_list_is_bound_value_by_value() {
    let template = Template::parse("select 1 where x in (?Ids?)").unwrap();
    let list = BTreeMap::from([("Ids".to_owned(), vec![Value::Integer(1), Value::Integer(2)])]);
    let query = template.bind(context(&[]), &list).unwrap();
    assert_eq!(numbered(&query), "select 1 where x in ($1, $2)");
}

#[test]
fn a_name_in_several_places_is_bound_once() {
    let template =
        Template::parse("select f(?A?) where r in (@Region) or q in (@REGION) or x in (?A?) group by f(?A?)").unwrap();
    let list = BTreeMap::from([("A".to_owned(), vec![Value::Integer(1), Value::Integer(1)])]);
    let query = template.bind(context(&[("@Region", "3")]), &list).unwrap();
    let expected = "select f($1, $2) where r in ($3) or q in ($3) or x in ($1, $2) group by f($1, $2)";
    assert_eq!(numbered(&query), expected);
    assert_eq!(query.binds(), [Value::Integer(1), Value::Integer(1), Value::Text("3".into())]);
}

#[test]
fn quotes_and_comments_hide_what_looks_like_a_parameter() {
    let sql = "select '?A? @B', \"?C?\", $x$ ?D? $x$ -- ?E?\n, /* @F */ e'@g' from t where a::text = ?Real? and m@example.com";
    let template = Template::parse(sql).unwrap();
    assert_eq!(template.parameters(), ["Real"]);
    assert_eq!(template.fields(), Vec::<&str>::new());
}

#[test]
fn a_second_statement_an_own_placeholder_and_an_open_quote_are_refused() {
    assert_eq!(Template::parse("select 1;\ndrop table x"), Err(TemplateError::SecondStatement { line: 2 }));
    assert!(Template::parse("select 1; -- done").is_ok());
    assert!(matches!(Template::parse("select $1"), Err(TemplateError::OwnPlaceholder { .. })));
    assert!(matches!(Template::parse("select ?"), Err(TemplateError::OwnPlaceholder { .. })));
    assert!(matches!(Template::parse("select 'x"), Err(TemplateError::Unclosed { .. })));
    assert!(matches!(Template::parse("select /* a /* b */ 1"), Err(TemplateError::Unclosed { .. })));
}

#[test]
fn the_context_is_part_of_the_querys_identity() {
    let template = Template::parse("select * from sales where region = @RegionID").unwrap();
    let one = template.bind(context(&[("@RegionID", "1")]), &BTreeMap::new()).unwrap();
    let two = template.bind(context(&[("@RegionID", "2")]), &BTreeMap::new()).unwrap();
    assert_ne!(one.identity(), two.identity());
    let again = template.bind(context(&[("@RegionID", "1"), ("@Unused", "9")]), &BTreeMap::new()).unwrap();
    assert_eq!(one.identity(), again.identity());
}

proptest! {
    #[test]
    fn no_value_ever_reaches_the_text(value in "[^\0]{1,40}") {
        let template = Template::parse("select * from t where a = ?A? and b = @B").unwrap();
        let query = template.bind(context(&[("@B", &value)]), &values(&[("A", Value::Text(value.clone()))])).unwrap();
        prop_assert_eq!(numbered(&query), "select * from t where a = $1 and b = $2");
    }

    #[test]
    fn any_text_is_parsed_or_refused_without_panic(sql in "\\PC{0,200}") {
        let _ = Template::parse(&sql);
    }
}
