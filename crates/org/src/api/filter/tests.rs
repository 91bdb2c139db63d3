use proptest::prelude::*;
use serde_json::json;

use super::{compile::*, evaluate, *};

fn test(attribute: &str, operator: Operator, value: &str) -> Expression {
    Expression::Test { attribute: attribute.to_owned(), operator, value: value.into() }
}

#[test]
fn and_binds_tighter_than_or_and_parentheses_tighter_still() {
    let (a, b, c) = (test("a", Operator::Eq, "1"), test("b", Operator::Eq, "2"), test("c", Operator::Eq, "3"));
    let plain = parse(r#"a eq "1" or b EQ "2" AND c eq "3""#).unwrap();
    assert_eq!(plain, Expression::Or(vec![a.clone(), Expression::And(vec![b.clone(), c.clone()])]));
    let grouped = parse(r#"(a eq "1" or b eq "2") and c eq "3""#).unwrap();
    assert_eq!(grouped, Expression::And(vec![Expression::Or(vec![a, b]), c]));
}

#[test]
fn values_are_json_literals_and_words_keep_their_case() {
    assert_eq!(parse(r#"profile.city eq "a \"b\" é""#).unwrap(), test("profile.city", Operator::Eq, "a \"b\" é"));
    assert_eq!(
        parse("profile.age gt 7").unwrap(),
        Expression::Test { attribute: "profile.age".to_owned(), operator: Operator::Gt, value: json!(7) }
    );
    assert_eq!(parse("Status pr").unwrap(), Expression::Present("Status".to_owned()));
}

#[test]
fn what_does_not_follow_the_grammar_is_malformed() {
    let wrong = [
        "",
        "status",
        "status eq",
        "status eq ACTIVE",
        r#"status is "x""#,
        r#"status eq "x" and"#,
        r#"(status eq "x""#,
        r#"status eq "x")"#,
        r#"status eq "x"#,
        r#"and eq "x""#,
        r#"a'b eq "x""#,
        r#"status eq "x" status eq "y""#,
        "status eq 1..2",
        "()",
    ];
    for text in wrong {
        assert_eq!(parse(text), Err(Refused::Malformed), "{text}");
    }
    let deep = format!("{}a pr{}", "(".repeat(DEPTH_MAX + 1), ")".repeat(DEPTH_MAX + 1));
    assert_eq!(parse(&deep), Err(Refused::Malformed));
    assert_eq!(parse(&format!("a eq \"{}\"", "x".repeat(LENGTH_MAX))), Err(Refused::Malformed));
}

#[test]
fn an_unknown_attribute_or_operator_is_unsupported() {
    let grammar =
        Grammar { field: |name| (name == "id").then(|| Field::new(Column::Exact("g.id"), EQ)), allows_not: false };
    assert!(grammar.compile(&parse(r#"id eq "x""#).unwrap()).is_ok());
    for text in [r#"name eq "x""#, r#"id sw "x""#, "id pr", r#"not (id eq "x")"#] {
        assert_eq!(grammar.compile(&parse(text).unwrap()), Err(Refused::Unsupported), "{text}");
    }
    assert_eq!(grammar.compile(&parse("id eq 7").unwrap()), Err(Refused::Malformed));
}

#[test]
fn a_document_is_asked_by_paths_through_arrays() {
    let event = json!({ "eventType": "user.session.start", "target": [{ "id": "00u1" }, { "id": "00g1" }], "outcome": { "reason": null } });
    for (text, expected) in [
        (r#"target.id eq "00g1""#, true),
        (r#"target.id eq "00g2""#, false),
        (r#"eventType sw "USER.session""#, true),
        (r#"eventType ew "start" and not (target.id eq "00u2")"#, true),
        ("outcome.reason pr", false),
        (r#"eventType ne "user.session.start""#, false),
        (r#"target.id ne "00u9""#, true),
    ] {
        assert_eq!(evaluate::matches(&parse(text).unwrap(), &event), expected, "{text}");
    }
}

fn write(expression: &Expression) -> String {
    let all = |terms: &[Expression], word: &str| {
        terms.iter().map(|term| format!("({})", write(term))).collect::<Vec<_>>().join(word)
    };
    match expression {
        Expression::And(terms) => all(terms, " and "),
        Expression::Or(terms) => all(terms, " or "),
        Expression::Not(term) => format!("not ({})", write(term)),
        Expression::Present(attribute) => format!("{attribute} pr"),
        Expression::Test { attribute, operator, value } => format!("{attribute} {} {value}", operator.as_str()),
    }
}

fn expressions() -> impl Strategy<Value = Expression> {
    let attribute = "[a-z][a-zA-Z0-9.]{0,8}x";
    let value = prop_oneof![
        ".*".prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from)
    ];
    let leaf = prop_oneof![
        attribute.prop_map(Expression::Present),
        (attribute, proptest::sample::select(Operator::ALL), value)
            .prop_map(|(attribute, operator, value)| Expression::Test { attribute, operator, value }),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expression::Or),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(expression in expressions()) {
        prop_assert_eq!(parse(&write(&expression)), Ok(expression));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn a_value_never_becomes_part_of_the_sql(value in "[a-z'%;]{4,20}") {
        let grammar = Grammar { field: |_| Some(Field::new(Column::Folded("g.name_folded"), Operator::ALL)), allows_not: true };
        for operator in Operator::ALL {
            let condition = grammar.compile(&test("profile.name", *operator, &value)).unwrap();
            let sql = format!("{condition:?}").split("Sql(").skip(1).map(|part| part.split(')').next().unwrap_or_default().to_owned()).collect::<String>();
            prop_assert!(!sql.contains(&value));
        }
    }
}
