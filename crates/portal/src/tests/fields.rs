//! Defined Fields and their values.

use super::*;

#[tokio::test]
async fn a_value_fits_its_fields_type_and_belongs_to_somebody() {
    let site = Site::start().await;
    let field = site.portal.add_defined_field(&admin(), region_field()).await.unwrap();
    site.add_person("per_ursula").await;
    let person = user().person;
    let wrong = site.portal.set_field_value(&admin(), &person, &field.id, Some("north")).await;
    assert!(refusal(wrong.unwrap_err(), "value").contains("whole number"));
    let nobody = site.portal.set_field_value(&admin(), &"per_nobody".into(), &field.id, Some("1")).await;
    assert!(matches!(nobody, Err(Error::NotFound)));
    assert!(matches!(
        site.portal.set_field_value(&admin(), &person, &"fld_none".into(), Some("1")).await,
        Err(Error::NotFound)
    ));
    site.portal.set_field_value(&admin(), &person, &field.id, Some(" 2 ")).await.unwrap();
    let values = async || store::field::values_of(&mut site.portal.db.read().await.unwrap(), &person).await.unwrap();
    assert_eq!(values().await, [FieldValue::of("@RegionID", vec![Value::Integer(2)])]);
    site.portal.set_field_value(&admin(), &person, &field.id, None).await.unwrap();
    assert_eq!(values().await, []);
}

#[tokio::test]
async fn a_field_keeps_a_type_that_its_values_fit() {
    let site = Site::start().await;
    let text = NewField { data_type: DataType::Text, ..region_field() };
    let field = site.portal.add_defined_field(&admin(), text).await.unwrap();
    site.add_person("per_ursula").await;
    site.portal.set_field_value(&admin(), &user().person, &field.id, Some("north")).await.unwrap();
    let changed = site.portal.change_defined_field(&admin(), &field.id, region_field()).await;
    assert!(refusal(changed.unwrap_err(), "data_type").contains("`north`"));
    let renamed = NewField { name: "Area".to_owned(), data_type: DataType::Text, ..region_field() };
    assert_eq!(site.portal.change_defined_field(&admin(), &field.id, renamed).await.unwrap().name, "Area");
    site.portal.remove_defined_field(&admin(), &field.id).await.unwrap();
    assert!(matches!(site.portal.remove_defined_field(&admin(), &field.id).await, Err(Error::NotFound)));
}

#[tokio::test]
async fn names_and_identifiers_are_taken_once() {
    let site = Site::start().await;
    site.portal.add_defined_field(&admin(), region_field()).await.unwrap();
    let refused = async |new: NewField, field: &str| {
        refusal(site.portal.add_defined_field(&admin(), new).await.unwrap_err(), field)
    };
    let same = NewField { name: "Another".to_owned(), identifier: "@regionid".to_owned(), ..region_field() };
    assert!(refused(same, "identifier").await.contains("another Defined Field"));
    let same = NewField { identifier: "@Other".to_owned(), ..region_field() };
    assert!(refused(same, "name").await.contains("another Defined Field"));
    let bad = NewField { identifier: "RegionID".to_owned(), ..region_field() };
    assert!(refused(bad, "identifier").await.contains("@RegionID"));
}

#[tokio::test]
async fn a_field_that_is_removed_withholds_the_rows_of_its_views() {
    let site = Site::start().await;
    let field = site.portal.add_defined_field(&admin(), region_field()).await.unwrap();
    let report = site.report("select id from sale where region_id = @RegionID", vec![]).await;
    site.portal.remove_defined_field(&admin(), &field.id).await.unwrap();
    let done = site.run_to_end(&user(), &report).await;
    assert_eq!((done.run.rows, done.run.withheld.as_slice()), (0, ["@RegionID".to_owned()].as_slice()));
}
