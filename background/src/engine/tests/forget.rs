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
            engine.ask(Request::Forget(Scope::Page { page }), &Sender::Extension)
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
fn what_was_visited_again_but_not_read_goes_when_it_is_deleted_by_hand() {
    let world = World::default();
    let engine = two_pages(&world);
    engine.set(|settings| settings.paused = true);
    world.now.set(world.now.get() + 80.0 * DAY);
    block_on(engine.visited(SHIPS)).unwrap();
    world.now.set(world.now.get() + 20.0 * DAY);
    drop(engine);
    let engine = world.start();
    assert_eq!(removed(&engine, false, &[CATS]), 0, "not seen for a hundred days");
    assert_eq!(removed(&engine, false, &[SHIPS]), 1, "it was still listed");
}

#[test]
fn a_visit_that_is_not_read_is_noted_only_of_known_pages_and_seldom() {
    let world = World::default();
    let engine = two_pages(&world);
    let commits = world.store.commits();
    block_on(engine.visited(SHIPS)).unwrap();
    block_on(engine.visited("https://new.example/")).unwrap();
    block_on(engine.visited("chrome://settings/")).unwrap();
    assert_eq!(world.store.commits(), commits);
    world.now.set(world.now.get() + DAY);
    let before = engine.status(SHIPS).page.unwrap();
    block_on(engine.visited(SHIPS)).unwrap();
    block_on(engine.visited(SHIPS)).unwrap();
    assert_eq!(world.store.commits(), commits + 1);
    let after = engine.status(SHIPS).page.unwrap();
    assert!(after.last_seen > before.last_seen && after.visits == before.visits, "{after:?}");
    world.ages_out.set(false);
    world.now.set(world.now.get() + DAY);
    block_on(engine.visited(SHIPS)).unwrap();
    assert_eq!(world.store.commits(), commits + 1, "where nothing ages out, it does not matter");
}

#[test]
fn a_name_of_no_page_is_an_error() {
    let engine = World::default().consenting();
    let refused = engine.ask(Request::Forget(Scope::Page { page: "../..".into() }), &Sender::Extension);
    assert_eq!(refused.unwrap_err().code, ErrorCode::BadMessage);
}

fn forget(engine: &TestEngine, scope: Scope) -> Forgotten {
    match engine.ask(Request::Forget(scope), &Sender::Extension).unwrap() {
        Response::Forgotten(forgotten) => forgotten,
        other => panic!("{other:?}"),
    }
}

fn preview(engine: &TestEngine, scope: Scope) -> Preview {
    match engine.ask(Request::Preview(scope), &Sender::Extension).unwrap() {
        Response::Preview(preview) => preview,
        other => panic!("{other:?}"),
    }
}

fn undo(engine: &TestEngine) -> u32 {
    match engine.ask(Request::Undo, &Sender::Extension).unwrap() {
        Response::Restored(restored) => restored.pages,
        other => panic!("{other:?}"),
    }
}

fn page_of(engine: &TestEngine, query: &str) -> String {
    engine.find(query, SearchMode::Words)[0].page.clone()
}

#[test]
fn a_forgotten_page_can_be_taken_back_as_it_was_for_half_a_minute() {
    let world = World::default();
    let engine = two_pages(&world);
    let before = engine.find("feline", SearchMode::Hybrid);
    let page = page_of(&engine, "kitten");
    assert_eq!(forget(&engine, Scope::Page { page: page.clone() }), Forgotten { pages: 1, undo: true });
    assert_eq!(engine.urls("kitten", SearchMode::Words), [""; 0]);
    assert_eq!(undo(&engine), 1);
    assert_eq!(engine.find("feline", SearchMode::Hybrid), before, "its vectors came back, too");
    assert_eq!(undo(&engine), 0, "once");

    forget(&engine, Scope::Page { page: page.clone() });
    world.now.set(world.now.get() + 31_000.0);
    assert_eq!(undo(&engine), 0, "too late");
    assert_eq!(forget(&engine, Scope::Page { page }), Forgotten { pages: 0, undo: false });
}

#[test]
fn what_is_taken_back_was_never_in_the_store_meanwhile() {
    let world = World::default();
    let engine = two_pages(&world);
    let page = page_of(&engine, "kitten");
    forget(&engine, Scope::Page { page });
    assert_eq!(world.start().urls("kitten", SearchMode::Words), [""; 0]);
    assert_eq!(undo(&world.start()), 0, "a new worker knows nothing of it");
    assert_eq!(removed(&engine, true, &[]), 1);
    assert_eq!(undo(&engine), 0, "everything is everything");
    assert_eq!(world.rows(), 0);
}

#[test]
fn a_queued_page_can_be_taken_back() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(SHIPS, "The sea", "A vessel left the harbour.");
    let page = engine.queue.borrow().first().unwrap().page.to_string();
    assert_eq!(forget(&engine, Scope::Page { page }), Forgotten { pages: 1, undo: true });
    assert_eq!(world.rows(), 0);
    assert_eq!(undo(&engine), 1);
    engine.finish();
    assert_eq!(engine.urls("harbour", SearchMode::Words), [SHIPS]);
}

#[test]
fn a_site_a_day_and_everything_are_shown_and_then_forgotten() {
    let world = World::default();
    let engine = two_pages(&world);
    let first_day = world.now.get();
    world.now.set(first_day + DAY);
    engine.read("https://sea.example.org/boats", "Boats", "A boat and its sail.");
    engine.finish();
    engine.read("https://www.sea.example.org/queued", "Waits", "A loaf on a boat.");

    let site = Scope::Site { site: "https://SEA.example.org/any".into() };
    let seen = preview(&engine, site.clone());
    assert_eq!((seen.pages, seen.pinned), (3, 0));
    assert!(seen.bytes > 100.0, "{}", seen.bytes);
    assert_eq!(seen.titles, ["Boats", "The sea"], "the one read last first");
    let boats = engine.status("https://sea.example.org/boats").page.unwrap();
    engine.ask(Request::Pin(Pin { page: boats.page, pinned: true }), &Sender::Extension).unwrap();
    let with_pin = preview(&engine, site.clone());
    assert_eq!((with_pin.pages, with_pin.pinned, with_pin.bytes), (3, 1, seen.bytes));
    assert!(with_pin.pinned_bytes > 50.0 && with_pin.pinned_bytes < seen.bytes, "{}", with_pin.pinned_bytes);
    assert_eq!(with_pin.titles, ["The sea", "Boats"], "what is pinned comes last");
    let day = Scope::Period { from: first_day - DAY, to: first_day + 1.0 };
    assert_eq!(preview(&engine, day.clone()).pages, 2);
    assert_eq!(preview(&engine, Scope::Everything).pages, 4);

    assert_eq!(forget(&engine, site), Forgotten { pages: 3, undo: false });
    engine.finish();
    assert_eq!(engine.now_state().pages, 1);
    assert_eq!(forget(&engine, day).pages, 1);
    assert_eq!(world.rows(), 0);
    engine.read(SHIPS, "The sea", "A vessel left the harbour.");
    assert_eq!(forget(&engine, Scope::Everything).pages, 1);
    assert_eq!(world.rows(), 0);
    let refused = engine.ask(Request::Forget(Scope::Site { site: " ".into() }), &Sender::Extension);
    assert_eq!(refused.unwrap_err().code, ErrorCode::BadMessage);
}

#[test]
fn who_wants_the_history_s_age_limit_gets_it() {
    let world = World::default();
    let engine = two_pages(&world);
    engine.set(|settings| settings.forget_aged_out = true);
    world.now.set(world.now.get() + 200.0 * DAY);
    assert_eq!(removed(&engine, false, &[SHIPS]), 1);
}
