//! Defined Fields and their values.

use domain::{DefinedField, FieldId, FieldValue, Value};

use super::*;
use crate::{Listing, field};

fn a_field(identifier: &str) -> DefinedField {
    DefinedField {
        id: FieldId::new(&OsRandom),
        name: identifier.trim_start_matches('@').to_owned(),
        identifier: identifier.to_owned(),
        description: String::new(),
        data_type: DataType::Integer,
    }
}

#[tokio::test]
async fn a_persons_values_come_in_their_types() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let (pia, field) = (add_person(&mut tx, "per_pia").await, a_field("@RegionID"));
        field::insert(&mut tx, &field, NOW).await.unwrap();
        assert_eq!(field::values_of(&mut tx, &pia).await.unwrap(), []);
        field::set_value(&mut tx, &pia, &field.id, "2", NOW).await.unwrap();
        field::set_value(&mut tx, &pia, &field.id, "3", NOW).await.unwrap();
        let expected = FieldValue::of("@RegionID", vec![Value::Integer(3)]);
        assert_eq!(field::values_of(&mut tx, &pia).await.unwrap(), [expected]);
        assert_eq!(field::values_set(&mut tx, &pia).await.unwrap()[0].value, "3");

        // A value that no longer fits the type is no value: rows are withheld, never shown unrestricted.
        field::set_value(&mut tx, &pia, &field.id, "north", NOW).await.unwrap();
        assert_eq!(field::values_of(&mut tx, &pia).await.unwrap(), [FieldValue::of("@RegionID", vec![])]);
        let unreadable = field::unreadable_as(&mut tx, &field.id, DataType::Integer).await.unwrap();
        assert_eq!(unreadable, Some((1, "north".to_owned())));
        assert!(field::clear_value(&mut tx, &pia, &field.id).await.unwrap());
        assert!(!field::clear_value(&mut tx, &pia, &field.id).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn an_identifier_is_taken_whatever_its_case_and_goes_with_its_values() {
    each(async |db| {
        let mut tx = db.begin().await.unwrap();
        let (pia, field) = (add_person(&mut tx, "per_pia").await, a_field("@RegionID"));
        field::insert(&mut tx, &field, NOW).await.unwrap();
        field::set_value(&mut tx, &pia, &field.id, "2", NOW).await.unwrap();
        assert_eq!(field::find_by_identifier(&mut tx, "@regionid").await.unwrap(), Some(field.clone()));
        let renamed = DefinedField { description: "the reader's region".to_owned(), ..field.clone() };
        assert!(field::update(&mut tx, &renamed).await.unwrap());
        assert_eq!(field::list(&mut tx, &Listing::default()).await.unwrap().items, [renamed]);
        assert!(field::delete(&mut tx, &field.id).await.unwrap());
        assert_eq!(field::values_set(&mut tx, &pia).await.unwrap(), []);
        field::insert(&mut tx, &field, NOW).await.unwrap();
        let taken = DefinedField { name: "another".to_owned(), ..a_field("@REGIONID") };
        assert!(field::insert(&mut tx, &taken, NOW).await.unwrap_err().is_conflict());
    })
    .await;
}
