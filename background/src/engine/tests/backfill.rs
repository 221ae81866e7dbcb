use super::*;
use afterimage_messages::{Backfill, BackfillEntry, BackfillPhase, BackfillRead, BackfillState, Scope};

const MINUTE: f64 = 60_000.0;
const DAY: f64 = 86_400_000.0;
const BEGIN: f64 = 1_690_000_000_000.0;

/// A browser's history and bookmarks, which answer as Chromium's do.
#[derive(Default, Clone)]
struct Known {
    history: Vec<BackfillEntry>,
    bookmarks: Vec<BackfillEntry>,
}

fn entry(n: usize, url: &str, title: &str) -> BackfillEntry {
    let (id, seen_at) = (format!("{n:06}"), BEGIN + n as f64 * MINUTE);
    BackfillEntry { id, url: url.into(), title: title.into(), seen_at, visits: 2 }
}

/// A word that only the `n`th title has, with no other's beginning.
fn word(n: usize) -> String {
    let digit = |digit: char| char::from(b'a' + digit.to_digit(10).unwrap() as u8);
    format!("{n:04}").chars().map(digit).collect()
}

fn url(n: usize) -> String {
    format!("https://site{}.example/{n}", n % 7)
}

impl Known {
    fn of(count: usize) -> Self {
        let history = |n| entry(n, &url(n), &format!("Note {}", word(n)));
        Self { history: (0..count).map(history).collect(), bookmarks: Vec::new() }
    }

    fn read(&self, read: &BackfillRead) -> Vec<BackfillEntry> {
        let (mut found, limit) = match read {
            BackfillRead::History { before, limit, .. } => {
                let mut found: Vec<_> =
                    self.history.iter().filter(|entry| entry.seen_at < *before).cloned().collect();
                found.sort_by(|a, b| b.seen_at.total_cmp(&a.seen_at));
                (found, *limit)
            }
            BackfillRead::Bookmarks { after, limit, .. } => {
                let mut found: Vec<_> =
                    self.bookmarks.iter().filter(|entry| Some(&entry.id) > after.as_ref()).cloned().collect();
                found.sort_by(|a, b| a.id.cmp(&b.id));
                (found, *limit)
            }
        };
        found.truncate(limit as usize);
        found
    }
}

impl TestEngine {
    fn backfill_now(&self, what: Backfill) -> BackfillState {
        match self.ask(Request::Backfill(what), &Sender::Extension).unwrap() {
            Response::State(state) => state.backfill,
            other => panic!("{other:?}"),
        }
    }

    fn begin(&self) -> BackfillState {
        self.backfill_now(Backfill::Start { history: true, bookmarks: true })
    }

    /// One turn of the worker's loop; whether it was one of the backfill.
    fn turn(&self, known: &Known) -> bool {
        match self.backfill_next() {
            Some(read) => {
                let entries = known.read(&read);
                block_on(self.backfill_take(read, entries)).unwrap();
                true
            }
            None => {
                assert_eq!(block_on(self.step()).unwrap(), Step::Worked);
                false
            }
        }
    }

    /// Turns until the backfill has ended.
    fn fill(&self, known: &Known) -> BackfillState {
        for _ in 0..100_000 {
            if self.backfill_state().phase != BackfillPhase::Running {
                return self.backfill_state();
            }
            self.turn(known);
        }
        panic!("it must come to an end");
    }

    /// The best page for the `n`th title's word is that page.
    fn finds(&self, n: usize) -> bool {
        self.urls(&word(n), SearchMode::Words).first() == Some(&url(n))
    }

    fn keeps(&self, url: &str) -> bool {
        self.status(url).page.is_some()
    }

    fn pages_kept(&self) -> u32 {
        self.now_state().pages
    }
}

#[test]
fn history_and_bookmarks_are_found_by_the_words_of_their_titles() {
    let world = World::default();
    let engine = world.consenting();
    let mut known = Known::of(1_000);
    known.bookmarks = (0..600)
        .map(|n| entry(n, &format!("https://kept.example/{n}"), &format!("Bookmark {}", word(n + 2_000))))
        .chain([entry(700, "https://site0.example/0", "Also in the history")])
        .collect();
    assert_eq!(engine.begin().phase, BackfillPhase::Running);
    let state = engine.fill(&known);
    assert_eq!((state.phase, state.added, state.left_out), (BackfillPhase::Done, 1_600, 0));
    assert_eq!(state.reached, Some(BEGIN));
    for n in [0, 1, 500, 999] {
        assert!(engine.finds(n), "{n}");
    }
    for n in [0, 599] {
        let found = engine.urls(&word(n + 2_000), SearchMode::Words);
        assert_eq!(found.first(), Some(&format!("https://kept.example/{n}")));
    }
    engine.finish();
    let hit = &engine.find(&word(500), SearchMode::Words)[0];
    assert_eq!((hit.last_seen, hit.visits), (BEGIN + 500.0 * MINUTE, 2));
    assert_eq!(engine.now_state().unembedded, 0, "vectors follow");
    // Once more: nothing is there twice.
    engine.begin();
    let again = engine.fill(&known);
    assert_eq!((again.added, engine.pages_kept()), (0, 1_600));
}

#[test]
fn the_rules_hold() {
    let world = World::default();
    let engine = world.consenting();
    engine.set(|settings| {
        settings.sites = vec![SiteRule { site: "tabloid.example".into(), level: Level::Never }];
        settings.manual = true;
        settings.keep_days = Some(30);
        settings.keep_megabytes = None;
    });
    let now = world.now.get();
    let at = |n: usize, url: &str, title: &str| BackfillEntry {
        seen_at: now - 1.0 - n as f64,
        ..entry(n, url, title)
    };
    let history = vec![
        at(0, "https://fine.example/", "Kept one"),
        at(1, "https://a.tabloid.example/", "Kept not: excluded"),
        at(2, "https://www.paypal.com/", "Kept not: a bank"),
        at(3, "http://192.168.0.1/", "Kept not: private"),
        at(4, "https://www.google.com/search?q=a", "Kept not: results"),
        at(5, "chrome://settings/", "Kept not: no page"),
        at(6, "https://untitled.example/", "  "),
        at(7, "https://fine.example/?utm_source=x", "Kept once only"),
        BackfillEntry { seen_at: now - 31.0 * DAY, ..at(8, "https://old.example/", "Kept not: too old") },
        BackfillEntry { seen_at: f64::NAN, ..at(9, "https://never.example/", "Kept not: no time") },
    ];
    engine.begin();
    let state = engine.fill(&Known { history, ..Known::default() });
    assert_eq!(
        (state.phase, engine.urls("kept", SearchMode::Words)),
        (BackfillPhase::Done, vec!["https://fine.example/".to_owned()])
    );
    assert!(state.left_out >= 7);
}

#[test]
fn nothing_begins_without_consent_or_goes_on_in_a_pause() {
    let world = World::default();
    let engine = world.start();
    let start = Request::Backfill(Backfill::Start { history: true, bookmarks: false });
    assert_eq!(engine.ask(start, &Sender::Extension).unwrap_err().code, ErrorCode::Forbidden);
    let nothing = Request::Backfill(Backfill::Start { history: false, bookmarks: false });
    let engine = world.consenting();
    assert_eq!(engine.ask(nothing.clone(), &Sender::Extension).unwrap_err().code, ErrorCode::BadMessage);
    assert_eq!(engine.ask(nothing, &page("https://a.example/")).unwrap_err().code, ErrorCode::Forbidden);
    engine.begin();
    let known = Known::of(600);
    let read = engine.backfill_next().unwrap();
    engine.set(|settings| settings.paused = true);
    block_on(engine.backfill_take(read.clone(), known.read(&read))).unwrap();
    assert_eq!((engine.backfill_next(), engine.pages_kept()), (None, 0));
    assert_eq!(engine.backfill_state().phase, BackfillPhase::Paused);
    assert!(!engine.has_work());
    engine.set(|settings| settings.paused = false);
    assert_eq!(engine.fill(&known).added, 600);
}

#[test]
fn a_worker_that_dies_at_any_batch_goes_on_from_there() {
    let known = Known::of(1_100);
    for turns in 0..20 {
        let world = World::default();
        let engine = world.consenting();
        engine.begin();
        for _ in 0..turns {
            if engine.backfill_state().phase == BackfillPhase::Running {
                engine.turn(&known);
            }
        }
        let before = engine.backfill_state();
        drop(engine);
        let engine = world.start();
        assert_eq!(engine.backfill_state(), before, "after {turns}");
        if turns > 2 {
            assert!(before.added > 0, "it does not begin anew");
        }
        let state = engine.fill(&known);
        assert_eq!((state.added, engine.pages_kept()), (1_100, 1_100), "after {turns}");
    }
}

#[test]
fn many_visits_at_one_moment_do_not_stop_it() {
    let world = World::default();
    let engine = world.consenting();
    let mut known = Known::of(1_400);
    for entry in &mut known.history[100..1_200] {
        entry.seen_at = BEGIN + 100.0 * MINUTE;
    }
    engine.begin();
    assert_eq!(engine.fill(&known).added, 1_400);
}

#[test]
fn what_was_read_stays_as_it_is_and_what_is_read_later_gets_its_text() {
    let world = World::default();
    let engine = world.consenting();
    engine.read("https://site1.example/1", "Read before", "A text about kayaks.");
    engine.finish();
    engine.begin();
    assert_eq!(engine.fill(&Known::of(10)).added, 9);
    assert_eq!(engine.urls("kayaks", SearchMode::Words), ["https://site1.example/1"]);
    assert_eq!(engine.status(&url(1)).page.unwrap().title, "Read before");
    assert!(engine.finds(2));
    engine.read("https://site2.example/2", "Note again", "A text about gliders.");
    engine.finish();
    assert_eq!(engine.urls("gliders", SearchMode::Words), ["https://site2.example/2"]);
    assert_eq!(engine.status("https://site2.example/2").page.unwrap().visits, 3);
    assert_eq!(engine.pages_kept(), 10);

    // A page that says of itself that its address is another one is not taken in under the first.
    let capture = Capture {
        canonical: Some("https://site3.example/canonical".into()),
        ..page_text("https://site3.example/77?session=1", "Own address", "A text about trams.")
    };
    engine.ask(Request::Capture(capture), &page("https://site3.example/77?session=1")).unwrap();
    engine.finish();
    let twin = entry(20, "https://site3.example/77?session=1", "Twin");
    engine.begin();
    engine.fill(&Known { history: vec![twin], ..Known::default() });
    assert!(engine.urls("twin", SearchMode::Words).is_empty());
}

#[test]
fn cancelling_stops_at_once_and_removing_leaves_what_was_read_or_pinned() {
    let world = World::default();
    let engine = world.consenting();
    let known = Known::of(1_000);
    engine.read("https://own.example/", "Own", "Read without any history.");
    engine.finish();
    engine.set(|settings| {
        settings.sites = vec![SiteRule { site: "titles.example".into(), level: Level::Title }];
    });
    engine.read("https://titles.example/", "Only a title was wanted", "");
    engine.begin();
    while engine.backfill_state().added < 500 {
        engine.turn(&known);
    }
    let before = engine.backfill_state().added;
    let late = engine.backfill.borrow().next().unwrap();
    assert_eq!(engine.backfill_now(Backfill::Cancel).phase, BackfillPhase::Cancelled);
    block_on(engine.backfill_take(late.clone(), known.read(&late))).unwrap();
    assert_eq!((engine.backfill_state().added, engine.backfill_next()), (before, None));
    let engine = world.start();
    assert_eq!(engine.backfill_state().phase, BackfillPhase::Cancelled);
    assert!(engine.backfill_state().removable);

    engine.read(&url(999), "Note", "Read again since.");
    engine.finish();
    let pinned = engine.status(&url(998)).page.unwrap().page;
    engine.ask(Request::Pin(Pin { page: pinned, pinned: true }), &Sender::Extension).unwrap();
    let state = engine.backfill_now(Backfill::Remove);
    assert_eq!((state.phase, state.added, state.removable), (BackfillPhase::None, 0, false));
    assert_eq!(engine.pages_kept(), 4);
    for url in [&url(999), &url(998), "https://own.example/", "https://titles.example/"] {
        assert!(engine.keeps(url), "{url}");
    }
    assert!(!engine.keeps(&url(997)));
    assert_eq!(world.start().backfill_state(), state);
    let fresh = world.start();
    fresh.begin();
    block_on(fresh.backfill_take(late.clone(), known.read(&late))).unwrap();
    assert_eq!(fresh.backfill_state().added, 0, "entries of an earlier run are dropped");
}

#[test]
fn what_is_forgotten_while_it_runs_does_not_come_back() {
    let world = World::default();
    let known = Known::of(1_000);
    let engine = world.consenting();
    engine.begin();
    let read = engine.backfill_next().unwrap();
    let entries = known.read(&read);
    // Entries that were read already, and such as are still to be read.
    block_on(engine.history_removed(false, &[url(999), url(3)])).unwrap();
    block_on(engine.backfill_take(read, entries)).unwrap();
    assert!(engine.keeps(&url(997)) && !engine.keeps(&url(999)));
    let forget = |scope| engine.ask(Request::Forget(scope), &Sender::Extension).unwrap();
    forget(Scope::Site { site: "site4.example".into() });
    forget(Scope::Period { from: BEGIN + 100.0 * MINUTE, to: BEGIN + 200.0 * MINUTE });
    let engine = world.start();
    engine.fill(&known);
    // 4, 11 and 711 are of the site, 102 of the period.
    for n in [3, 999, 4, 11, 711, 102] {
        assert!(!engine.keeps(&url(n)), "{n}");
    }
    for n in [997, 99, 201, 0] {
        assert!(engine.keeps(&url(n)), "{n}");
    }
    assert!(engine.backfill.borrow().forgotten.is_empty(), "a run that has ended remembers nothing");
}

#[test]
fn forgetting_everything_ends_it() {
    for by_history in [false, true] {
        let world = World::default();
        let known = Known::of(1_000);
        let engine = world.consenting();
        engine.begin();
        engine.turn(&known);
        let late = engine.backfill.borrow().next().unwrap();
        if by_history {
            block_on(engine.history_removed(true, &[])).unwrap();
        } else {
            engine.ask(Request::Forget(Scope::Everything), &Sender::Extension).unwrap();
        }
        block_on(engine.backfill_take(late.clone(), known.read(&late))).unwrap();
        assert_eq!((engine.pages_kept(), world.rows()), (0, 0));
        assert_eq!(engine.backfill_state(), BackfillState::default());
        assert_eq!(block_on(world.store.get(Table::Meta, "backfill")).unwrap(), None);
    }
}

#[test]
fn vectors_of_what_was_read_come_first() {
    let world = World::default();
    let engine = world.consenting();
    world.now.set(BEGIN - DAY);
    engine.read("https://own.example/", "Own", "About a kitten.");
    engine.begin();
    world.now.set(BEGIN + 3_000.0 * MINUTE);
    engine.begin();
    engine.fill(&Known::of(300));
    let first = block_on(engine.index.next_unembedded(&*engine.bulk_space(), 4)).unwrap();
    let texts: Vec<&str> = first.iter().map(|found| found.text.as_str()).collect();
    assert_eq!(texts, ["Own", "Own\nAbout a kitten.", "About a kitten.", &format!("Note {}", word(299))]);
}
