use super::*;

const CATS: &str = "https://animals.example.org/cats?utm_source=feed#paws";
const SHIPS: &str = "https://sea.example.org/ships";
const DAY: f64 = 24.0 * 3600.0 * 1000.0;

fn two_pages(world: &World) -> TestEngine {
    let engine = world.consenting();
    engine.read(CATS, "Animals", "My kitten sleeps.");
    engine.read(SHIPS, "The sea", "A vessel left the harbour.");
    engine.finish();
    engine
}

fn removed(engine: &TestEngine, all: bool, urls: &[&str]) -> u32 {
    let urls: Vec<String> = urls.iter().map(|url| (*url).to_owned()).collect();
    block_on(engine.history_removed(all, &urls)).unwrap().pages
}

#[test]
fn a_forgotten_page_leaves_no_row() {
    let world = World::default();
    let engine = two_pages(&world);
    for (query, left) in [("kitten", 1), ("harbour", 0)] {
        let page = engine.find(query, SearchMode::Words)[0].page.clone();
        let Ok(Response::Forgotten(forgotten)) =
            engine.ask(Request::Forget(Forget { page }), &Sender::Extension)
        else {
            panic!()
        };
        assert_eq!(forgotten.pages, 1);
        assert_eq!(engine.now_state().pages, left);
    }
    assert_eq!(world.rows(), 0, "read back raw");
    assert_eq!(world.start().now_state().pages, 0);
}

#[test]
fn what_waits_in_the_queue_is_forgotten_too() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(SHIPS, "The sea", "A vessel left the harbour.");
    assert_eq!(removed(&engine, false, &[SHIPS]), 1);
    assert_eq!(world.rows(), 0);
    engine.finish();
    assert_eq!(engine.now_state().pages, 0);
}

#[test]
fn removal_from_the_history_follows_any_address_under_which_a_page_was_seen() {
    let world = World::default();
    let engine = two_pages(&world);
    assert_eq!(removed(&engine, false, &["https://elsewhere.example.org/", "chrome://x", ""]), 0);
    assert_eq!(removed(&engine, false, &[CATS]), 1);
    assert_eq!(engine.urls("kitten", SearchMode::Words), [""; 0]);
    assert_eq!(removed(&engine, true, &[]), 1);
    assert_eq!(world.rows(), 0);
}

#[test]
fn what_the_browser_forgot_by_itself_is_kept() {
    let world = World::default();
    let engine = two_pages(&world);
    world.now.set(world.now.get() + 89.0 * DAY + 60_000.0);
    assert_eq!(removed(&engine, false, &[SHIPS]), 0, "aged out, not removed by hand");
    world.ages_out.set(false);
    assert_eq!(removed(&engine, false, &[SHIPS]), 1, "a browser in which nothing ages out");
    world.ages_out.set(true);
    assert_eq!(removed(&engine, true, &[]), 1, "all means all, whatever its age");
}

#[test]
fn a_name_of_no_page_is_an_error() {
    let engine = World::default().consenting();
    let refused = engine.ask(Request::Forget(Forget { page: "../..".into() }), &Sender::Extension);
    assert_eq!(refused.unwrap_err().code, ErrorCode::BadMessage);
}
