use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

struct Person {
    profile: Value,
    groups: Vec<(&'static str, &'static str)>,
}

impl Subject for Person {
    fn attribute(&self, name: &str) -> Value {
        self.profile.get(name).cloned().unwrap_or(Value::Null)
    }

    fn internal(&self, name: &str) -> Value {
        if name == "status" { "ACTIVE".into() } else { Value::Null }
    }

    fn is_in_group(&self, id: &str) -> bool {
        self.groups.iter().any(|(known, _)| *known == id)
    }

    fn has_group(&self, fits: &dyn Fn(&str) -> bool) -> bool {
        self.groups.iter().any(|(_, name)| fits(name))
    }
}

fn ada() -> Person {
    Person {
        profile: json!({
            "firstName": "Ada", "lastName": "Byron", "department": "Engineering", "title": "", "level": 7,
            "contractor": false, "skills": ["math", "looms"], "email": "ada@example.com",
        }),
        groups: vec![("00g1", "Everyone"), ("00g2", "West Coast")],
    }
}

#[track_caller]
fn value(text: &str) -> Value {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).evaluate(&ada()).unwrap()
}

#[track_caller]
fn holds(text: &str) -> bool {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).holds(&ada()).unwrap()
}

#[test]
fn operators_bind_as_they_are_documented() {
    for text in [
        r#"user.lastName=="Byron""#,
        "user.lastName == 'Byron' AND user.level >= 7",
        r#"user.lastName == "x" or user.department != "Sales" and user.level lt 8"#,
        r#"!(user.contractor) && NOT user.contractor"#,
        r#"user.contractor ? false : user.level > 6"#,
        r#"user.firstName + " " + user.lastName == "Ada Byron""#,
        "user.level + 1 - 3 == 5 && -user.level < 0",
        r#"user.email matches ".*@example\.com""#,
        r#"(user.nickName ?: user.firstName) == "Ada""#,
        r#"user.level == 7.0"#,
        r#"user.getInternalProperty("status") == "ACTIVE""#,
    ] {
        assert!(holds(text), "{text}");
    }
    for text in [
        r#"user.lastName=="byron""#,
        r#"user.level > "6""#,
        r#"user.email matches "example""#,
        r#"user.lastName"#,
        r#"user.lastName == "x" and (user.department == "Engineering" or true)"#,
    ] {
        assert!(!holds(text), "{text}");
    }
}

#[test]
fn an_unset_attribute_is_null_and_a_cleared_one_is_empty() {
    for text in ["user.nickName == null", r#"user.title == """#, "user.title != null", r#"user.nickName != """#] {
        assert!(holds(text), "{text}");
    }
    for text in [
        "user.nickName > 1",
        r#"String.startsWith(user.nickName, "a")"#,
        r#"String.stringContains(user.nickName, "")"#,
        r#"user.nickName matches ".*""#,
        "!(user.nickName == null)",
    ] {
        assert!(!holds(text), "{text}");
    }
    assert_eq!(value("String.toUpperCase(user.nickName)"), Value::Null);
    assert_eq!(value("String.len(user.nickName)"), 0);
    assert!(holds("Arrays.isEmpty(user.nickName)"));
}

#[test]
fn each_text_function_does_what_its_manual_shows() {
    for (text, expected) in [
        (r#"String.append("This is", " a test")"#, "This is a test"),
        (r#"String.join(",", "This", "is", "a", "test")"#, "This,is,a,test"),
        (r#"String.removeSpaces("This is a test")"#, "Thisisatest"),
        (r#"String.replace("This is a test", "is", "at")"#, "That at a test"),
        (r#"String.replaceFirst("This is a test", "is", "at")"#, "That is a test"),
        (r#"String.stringSwitch("This is a test", "default", "key1", "value1")"#, "default"),
        (r#"String.stringSwitch("This is a test", "default", "test", "value1")"#, "value1"),
        (r#"String.stringSwitch("First match wins", "default", "absent", "v1", "wins", "v2", "match", "v3")"#, "v2"),
        (r#"String.substring("This is a test", 2, 9)"#, "is is a"),
        (r#"String.substring("short", 2, 99)"#, "ort"),
        (r#"String.substring("short", 9, 2)"#, ""),
        (r#"String.substringAfter("abc@okta.com", "@")"#, "okta.com"),
        (r#"String.substringAfter("abc", "@")"#, ""),
        (r#"String.substringBefore("abc@okta.com", "@")"#, "abc"),
        (r#"String.substringBefore("abc", "@")"#, "abc"),
        (r#"String.toLowerCase("ThIs")"#, "this"),
        (r#"String.toUpperCase("ThIs")"#, "THIS"),
        (r#"Arrays.toCsvString({"This", "is", "a", "test"})"#, "This,is,a,test"),
        (r#""a \"quoted\" 'word'""#, r#"a "quoted" 'word'"#),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    assert_eq!(value(r#"String.len("This")"#), 4);
    assert!(holds(r#"String.startsWith("This is a test", "This")"#));
    assert!(!holds(r#"String.stringContains("This is a test", "doesn't exist")"#));
}

#[test]
fn each_list_function_does_what_its_manual_shows() {
    for (text, expected) in [
        ("Arrays.add({10, 20, 30}, 40)", json!([10, 20, 30, 40])),
        ("Arrays.remove({10, 20, 30}, 20)", json!([10, 30])),
        ("Arrays.clear({10, 20, 30})", json!([])),
        ("Arrays.get({0, 1, 2}, 1)", json!(1)),
        ("Arrays.get({0, 1, 2}, 9)", Value::Null),
        ("Arrays.flatten(10, {20, 30}, 40)", json!([10, 20, 30, 40])),
        ("Arrays.size({10, 20, 30})", json!(3)),
        ("Arrays.size(user.nothing)", json!(0)),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    assert!(holds(r#"Arrays.contains(user.skills, "math")"#));
    assert!(!holds(r#"Arrays.contains(user.skills, "Math")"#));
}

#[test]
fn groups_are_asked_by_id_and_by_name() {
    for text in [
        r#"isMemberOfGroup("00g2")"#,
        r#"isMemberOfAnyGroup("00g9", "00g2")"#,
        r#"isMemberOfGroupName("West Coast")"#,
        r#"isMemberOfGroupNameStartsWith("West")"#,
        r#"isMemberOfGroupNameContains("Coast")"#,
        r#"isMemberOfGroupNameRegex("W.*t")"#,
        r#"user.isMemberOfGroupName("Everyone")"#,
    ] {
        assert!(holds(text), "{text}");
        assert!(parse(text).unwrap().asks_for_groups(), "{text}");
    }
    assert!(!holds(r#"isMemberOfGroupName("west coast") || isMemberOfGroupNameRegex("West")"#));
    let read = parse(r#"isMemberOfAnyGroup("00g9", "00g2") && user.level > 1"#).unwrap();
    assert_eq!((read.groups(), read.attributes()), (vec!["00g9", "00g2"], vec!["level"]));
}

#[test]
fn what_is_no_expression_says_why() {
    for (text, reason) in [
        ("", "The expression is empty"),
        ("user.firstName == AND user.lastName", "Unexpected '&&' in expression"),
        ("user.firstName ==", "The expression ends too early"),
        (r#"user.a == "b"#, "A quoted text has no end"),
        ("profile.a == 1", "'profile.a' cannot be used in this expression"),
        ("firstName == 1", "Unknown name 'firstName' in expression"),
        (r#"String.explode("a")"#, "Unknown function 'String.explode' in expression"),
        (r#"String.len("a", "b")"#, "String.len takes other arguments"),
        ("Time.now()", "'Time.now' cannot be used in this expression"),
        ("user.a == 1 user.b", "Unexpected 'user' in expression"),
        ("user.a # 1", "Unexpected character '#' in expression"),
        (r#"user.a matches "(""#, "'(' is no pattern"),
    ] {
        assert_eq!(parse(text).map(|_| ()).unwrap_err().reason, reason, "{text}");
    }
}

#[test]
fn nothing_grows_without_a_limit() {
    let deep = format!("{}true{}", "(".repeat(DEPTH_MAX + 1), ")".repeat(DEPTH_MAX + 1));
    assert!(parse(&deep).is_err());
    assert!(parse(&format!("{}true", "!".repeat(DEPTH_MAX + 1))).is_err());
    assert!(parse(&" ".repeat(LENGTH_MAX + 1)).is_err());
    let long = format!("{}false", "true || ".repeat(500));
    assert!(holds(&long), "a long row is not a deep tree");
    let ten = "a".repeat(10);
    let mut growing = format!("\"{ten}\"");
    for _ in 0..8 {
        growing = format!("String.replace({growing}, \"a\", \"{ten}\")");
    }
    assert_eq!(parse(&growing).unwrap().evaluate(&ada()), Err(Failed::TooLong));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,300}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_row_of_words_makes_reading_or_evaluating_panic(words in proptest::collection::vec(proptest::sample::select(vec![
        "user.level", "user.skills", "user.nothing", "user", ".", "(", ")", "{", "}", ",", "?", ":", "?:", "!", "-", "+", "==", "!=", "<",
        ">=", "&&", "OR", "matches", "\"a\"", "'", "1", "2.5", "99999999999999999999", "null", "true", "String.substring", "String.replace",
        "Arrays.get", "Arrays.flatten", "isMemberOfGroupName", "isMemberOfAnyGroup", "é", "\\",
    ]), 0..24)) {
        if let Ok(read) = parse(&words.join(" ")) {
            let _ = read.evaluate(&ada());
            let _ = (read.attributes(), read.groups(), read.asks_for_groups());
        }
    }
}
