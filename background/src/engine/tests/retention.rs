use super::*;

const DAY: f64 = 86_400_000.0;

/// A page a day; a long text, so that sizes are those of rows and not of their frames.
fn filled(world: &World, pages: u32) -> TestEngine {
    let engine = world.consenting();
    for n in 0..pages {
        let text: String = (0..400).map(|word| format!("w{} ", word * (n + 7) % 9973)).collect();
        engine.read(&format!("https://example.org/{n}"), &format!("Page {n}"), &text);
        engine.finish();
        world.now.set(world.now.get() + DAY);
    }
    world.now.set(world.now.get() - DAY / 2.0);
    engine
}

fn left(engine: &TestEngine) -> Vec<String> {
    let list = ListPages { offset: 0, limit: 200, filters: Default::default() };
    match engine.ask(Request::Pages(list), &Sender::Extension).unwrap() {
        Response::Pages(list) => list.rows.into_iter().map(|row| row.title).collect(),
        other => panic!("{other:?}"),
    }
}

fn pin(engine: &TestEngine, n: u32) {
    let page = engine.status(&format!("https://example.org/{n}")).page.unwrap().page;
    engine.ask(Request::Pin(Pin { page, pinned: true }), &Sender::Extension).unwrap();
}

#[test]
fn pages_that_are_too_old_are_forgotten_but_for_those_that_are_pinned() {
    let world = World::default();
    let engine = filled(&world, 6);
    pin(&engine, 0);
    engine.set(|settings| settings.keep_days = Some(3));
    assert!(engine.has_work());
    engine.finish();
    assert_eq!(left(&engine), ["Page 5", "Page 4", "Page 3", "Page 0"]);
    assert!(!engine.has_work());
    world.now.set(world.now.get() + DAY);
    engine.finish();
    assert_eq!(left(&engine), ["Page 5", "Page 4", "Page 0"], "it looks again by itself");
}

#[test]
fn above_the_limit_the_oldest_go_until_it_fits() {
    let world = World::default();
    let engine = filled(&world, 60);
    pin(&engine, 0);
    let before = engine.index.stored_bytes();
    engine.set(|settings| settings.keep_megabytes = Some(1));
    engine.finish();
    assert_eq!(left(&engine).len(), 60, "{before} bytes are no megabyte");
    engine.settings.borrow_mut().keep_megabytes = Some(0);
    engine.retention_due.set(0.0);
    engine.finish();
    assert_eq!(left(&engine), ["Page 0"]);
}

#[test]
fn also_in_a_pause() {
    let world = World::default();
    let engine = filled(&world, 3);
    engine.set(|settings| (settings.paused, settings.keep_days) = (true, Some(1)));
    engine.finish();
    assert_eq!(left(&engine), ["Page 2"]);
}
