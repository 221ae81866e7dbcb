use super::*;
use afterimage_messages::{Compare, Compared};

fn compare(engine: &TestEngine, question: &str, texts: &[&str]) -> Result<Compared, ErrorCode> {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect();
    let asked = Request::Compare(Compare { question: question.into(), texts });
    match engine.ask(asked, &Sender::Extension) {
        Ok(Response::Compared(compared)) => Ok(compared),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => Err(failure.code),
    }
}

#[test]
fn the_text_that_means_the_same_is_nearest_and_nothing_is_stored_before_consent() {
    let world = World::default();
    let engine = world.start();
    let compared = compare(&engine, "kitten", &["a loaf of rye", "the feline", ""]).unwrap();
    assert_eq!(compared.backend, afterimage_messages::Backend::Cpu);
    assert_eq!(compared.cosines.len(), 3);
    assert!(compared.cosines[1] > 0.99, "{:?}", compared.cosines);
    assert!(compared.cosines[0] < 0.5, "{:?}", compared.cosines);
    assert_eq!(world.rows(), 0);
}

#[test]
fn without_weights_letters_are_compared() {
    let world = World::default();
    world.model_there.set(false);
    let compared = compare(&world.start(), "kitten", &["kitten", "vessel"]).unwrap();
    assert_eq!(compared.backend, afterimage_messages::Backend::Hash);
    assert!(compared.cosines[0] > 0.99 && compared.cosines[1] < 0.5, "{:?}", compared.cosines);
}

#[test]
fn no_text_and_too_many_texts() {
    let engine = World::default().start();
    assert!(compare(&engine, "kitten", &[]).unwrap().cosines.is_empty());
    assert_eq!(compare(&engine, "kitten", &["x"; 65]), Err(ErrorCode::BadMessage));
}
