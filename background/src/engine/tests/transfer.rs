use super::*;
use crate::engine::archive;
use afterimage_messages::{Export, Exported, FileProblem, Import, ImportPlace, Imported, Merged};
use base64::{Engine as _, prelude::BASE64_STANDARD};

const CATS: &str = "https://animals.example.org/cats";
const SHIPS: &str = "https://sea.example.org/ships";
const BREAD: &str = "https://food.example.org/bread";

fn full(world: &World) -> TestEngine {
    let engine = world.consenting();
    engine.read(CATS, "Animals", "My kitten sleeps.");
    engine.read(SHIPS, "The sea", "A vessel left the harbour.");
    engine.finish();
    engine
}

/// A file, as its pieces.
fn export(engine: &TestEngine) -> Vec<Vec<u8>> {
    let (mut pieces, mut place) = (Vec::new(), None);
    loop {
        let request = Request::Export(Export { place });
        let Response::Exported(Exported { data, place: next, done, .. }) =
            engine.ask(request, &Sender::Extension).unwrap()
        else {
            panic!()
        };
        pieces.push(BASE64_STANDARD.decode(data).unwrap());
        if done {
            return pieces;
        }
        place = Some(next);
        assert!(pieces.len() < 1_000, "it must come to an end");
    }
}

fn frame(engine: &TestEngine, place: Option<ImportPlace>, frame: &[u8], keep: bool) -> Imported {
    let request = Request::Import(Import { place, data: BASE64_STANDARD.encode(frame), keep });
    match engine.ask(request, &Sender::Extension).unwrap() {
        Response::Imported(imported) => imported,
        other => panic!("{other:?}"),
    }
}

/// What became of a file; of each frame's pages.
#[derive(Debug, Default, PartialEq)]
struct Read {
    merged: Merged,
    pages: u32,
    pinned: u32,
    sites: Vec<String>,
    ended: bool,
    problem: Option<FileProblem>,
}

fn import(engine: &TestEngine, pieces: &[Vec<u8>], keep: bool, with_settings: bool) -> Read {
    let header = archive::header().len();
    let (mut place, mut read) = (None, Read::default());
    for (n, piece) in pieces.iter().enumerate() {
        let bytes = if n == 0 { &piece[header..] } else { piece };
        let next = match frame(engine, place.clone(), bytes, keep && (n > 0 || with_settings)) {
            Imported::Settings { place, .. } => place,
            Imported::Pages { place, merged, sites, pinned, oldest, newest } => {
                assert_eq!(merged.is_some(), keep);
                assert!(oldest <= newest && oldest > 0.0);
                let merged = merged.unwrap_or_default();
                read.merged.added += merged.added;
                read.merged.updated += merged.updated;
                read.merged.unchanged += merged.unchanged;
                read.merged.left_out += merged.left_out;
                read.pinned += pinned;
                read.pages = place.pages;
                read.sites.extend(sites);
                place
            }
            Imported::End { .. } => {
                read.ended = true;
                break;
            }
            Imported::Refused { problem } => {
                read.problem = Some(problem);
                break;
            }
        };
        place = Some(next);
    }
    read
}

fn merged(added: u32, updated: u32, unchanged: u32, left_out: u32) -> Merged {
    Merged { added, updated, unchanged, left_out }
}

fn pin(engine: &TestEngine, url: &str) {
    let page = engine.status(url).page.unwrap().page;
    engine.ask(Request::Pin(Pin { page, pinned: true }), &Sender::Extension).unwrap();
}

#[test]
fn everything_is_found_elsewhere_without_embedding_anew() {
    let from = full(&World::default());
    pin(&from, SHIPS);
    let file = export(&from);
    let world = World::default();
    world.now.set(world.now.get() + 1e9);
    let into = world.consenting();

    let seen = import(&into, &file, false, false);
    assert_eq!((seen.pages, seen.pinned, seen.ended), (2, 1, true));
    assert_eq!(seen.sites, ["animals.example.org", "sea.example.org"]);
    assert_eq!(world.rows(), 0, "looking changes nothing");

    let read = import(&into, &file, true, false);
    assert_eq!((read.merged, read.ended), (merged(2, 0, 0, 0), true));
    assert_eq!(into.now_state().unembedded, 0, "vectors came along");
    assert_eq!(into.urls("feline", SearchMode::Hybrid)[0], CATS);
    assert_eq!(into.urls("harbour", SearchMode::Words), [SHIPS]);
    let (there, here) = (from.status(SHIPS).page, into.status(SHIPS).page);
    assert_eq!(there, here, "times, visits and the pin, too");
    let restarted = world.start();
    assert_eq!(restarted.status(SHIPS).page, there);
    assert_eq!(import(&restarted, &file, true, false).merged, merged(0, 0, 2, 0), "a second time");
    assert_eq!(block_on(restarted.history_removed(false, &[CATS.to_owned()])).unwrap().pages, 1);
}

#[test]
fn what_is_there_is_merged() {
    let (old, new) = (World::default(), World::default());
    new.now.set(old.now.get() + 1_000_000.0);
    let (first, second) = (full(&old), new.consenting());
    second.read(CATS, "Animals", "My kitten wakes.");
    second.read(BREAD, "Food", "A loaf.");
    second.finish();
    let (older, newer) = (export(&first), export(&second));

    old.now.set(new.now.get());
    assert_eq!(import(&first, &newer, true, false).merged, merged(1, 1, 0, 0));
    assert_eq!(first.urls("wakes", SearchMode::Words), [CATS], "the newer text");
    assert_eq!(first.urls("sleeps", SearchMode::Words), [""; 0]);
    assert_eq!(import(&second, &older, true, false).merged, merged(1, 1, 0, 0));
    assert_eq!(second.urls("wakes", SearchMode::Words), [CATS], "and stays");
    for url in [CATS, SHIPS, BREAD] {
        assert_eq!(first.status(url).page, second.status(url).page, "both know the same: {url}");
    }
    assert_eq!((first.now_state().pages, first.now_state().unembedded), (3, 0));
}

#[test]
fn what_waits_in_the_queue_is_in_the_file() {
    let engine = World::default().consenting();
    engine.read(CATS, "Animals", "My kitten sleeps.");
    assert_eq!(engine.now_state().queued, 1);
    let into = World::default().consenting();
    assert_eq!(import(&into, &export(&engine), true, false).merged, merged(1, 0, 0, 0));
    into.finish();
    assert_eq!(into.urls("feline", SearchMode::Hybrid), [CATS]);
}

#[test]
fn the_rules_hold_for_what_comes_from_a_file() {
    let from = full(&World::default());
    from.read(BREAD, "Food", "A loaf.");
    from.finish();
    pin(&from, BREAD);
    let file = export(&from);

    let world = World::default();
    world.now.set(world.now.get() + 1e9);
    let into = world.consenting();
    let rule = |site: &str, level| SiteRule { site: site.into(), level };
    into.set(|settings| {
        settings.manual = true;
        settings.sites =
            vec![rule("animals.example.org", Level::Never), rule("sea.example.org", Level::Title)];
    });
    assert_eq!(import(&into, &file, true, false).merged, merged(2, 0, 0, 1));
    assert_eq!(into.status(CATS).page, None);
    assert_eq!(into.status(SHIPS).page.map(|page| page.passages), Some(1), "title and address only");
    assert_eq!(into.urls("harbour", SearchMode::Words), [""; 0]);

    let strict = World { now: Rc::new(Cell::new(world.now.get() + 40.0 * 86_400_000.0)), ..World::default() };
    let strict = strict.consenting();
    strict.set(|settings| settings.keep_days = Some(30));
    assert_eq!(import(&strict, &file, true, false).merged, merged(1, 0, 0, 2), "but for the pinned one");
    assert!(strict.status(BREAD).page.unwrap().pinned);
}

#[test]
fn nothing_comes_in_before_consent() {
    let file = export(&full(&World::default()));
    let world = World::default();
    let engine = world.start();
    let data = BASE64_STANDARD.encode(&file[0]);
    let refused = engine.ask(Request::Import(Import { place: None, data, keep: true }), &Sender::Extension);
    assert_eq!(refused.unwrap_err().code, ErrorCode::Forbidden);
    let from_page = engine.ask(Request::Export(Export { place: None }), &page(CATS));
    assert_eq!(from_page.unwrap_err().code, ErrorCode::Forbidden, "a page gets nothing");
    assert_eq!(world.rows(), 0);
}

#[test]
fn settings_are_taken_over_if_asked_for_but_for_those_of_the_machine() {
    let from = World::default().consenting();
    from.set(|settings| {
        settings.keep_days = Some(90);
        settings.backend = BackendChoice::Hash;
        settings.paused = true;
        settings.sites = vec![SiteRule { site: "animals.example.org".into(), level: Level::Never }];
    });
    let file = export(&from);
    let into = full(&World::default());
    into.set(|settings| settings.sites = vec![SiteRule { site: "b.org".into(), level: Level::Title }]);
    let before = into.settings.borrow().clone();
    import(&into, &file, true, false);
    assert_eq!(*into.settings.borrow(), before);
    import(&into, &file, true, true);
    let after = into.settings.borrow().clone();
    assert_eq!((after.keep_days, after.backend, after.paused), (Some(90), BackendChoice::Auto, false));
    assert!(after.consent);
    assert_eq!(after.sites.len(), 2, "the rules of both");
    assert_eq!(into.status(CATS).page, None, "what the new rule forbids is gone");
}

#[test]
fn a_file_that_is_cut_off_damaged_or_put_together_anew_is_refused() {
    let from = full(&World::default());
    let file = export(&from);
    assert_eq!(file.len(), 3);
    let world = World::default();
    let into = world.consenting();
    let check = |file: &[Vec<u8>]| import(&into, file, false, false);
    assert!(check(&file).ended);
    assert!(!check(&file[..2]).ended);
    let damaged = Some(FileProblem::Damaged);
    for piece in 0..file.len() {
        let mut flipped = file.clone();
        *flipped[piece].last_mut().unwrap() ^= 1;
        assert_eq!(check(&flipped).problem, damaged);
        let mut cut = file.clone();
        cut[piece].pop();
        assert_eq!(check(&cut).problem, damaged);
    }
    assert_eq!(check(&[file[0].clone(), file[2].clone()]).problem, damaged, "without its pages");
    // Checksums that are right, in a file that was never written so.
    let again = |contents: &[archive::Content]| -> Vec<Vec<u8>> {
        let (mut chain, mut pieces) = (archive::begin(), Vec::new());
        for content in contents {
            let (frame, next) = archive::write(&chain, content).unwrap();
            pieces.push(frame);
            chain = next;
        }
        pieces[0] = [archive::header(), pieces[0].clone()].concat();
        pieces
    };
    let settings = || archive::Content::Settings(Box::default());
    let end = |pages| archive::Content::End { pages, left_out: 0 };
    assert!(check(&again(&[settings(), end(0)])).ended);
    assert_eq!(check(&again(&[settings(), end(1)])).problem, damaged, "a page is missing");
    assert_eq!(check(&again(&[settings(), settings()])).problem, damaged);
    assert_eq!(check(&again(&[end(0)])).problem, damaged);
    assert_eq!(world.rows(), 0);
    for nonsense in ["", "?", "AA=="] {
        let request = Import { place: None, data: nonsense.into(), keep: true };
        let answer = into.ask(Request::Import(request), &Sender::Extension);
        assert!(!matches!(answer, Ok(Response::Imported(Imported::Settings { .. }))), "{nonsense}");
    }
}

#[test]
fn what_a_hostile_file_says_of_a_page_is_made_to_fit() {
    let from = full(&World::default());
    let file = export(&from);
    let (_, chain) = archive::read(&archive::begin(), &file[0][archive::header().len()..]).unwrap();
    let (archive::Content::Pages(mut entries), _) = archive::read(&chain, &file[1]).unwrap() else {
        panic!()
    };
    for entry in &mut entries {
        let page = &mut entry.record.page;
        page.last_seen = 1e300;
        page.first_seen = -1e300;
        page.visits = u32::MAX;
        page.title = format!("{}\u{0}\n{}", page.title, "t".repeat(100_000));
        let mut other = entry.record.vectors[0].clone();
        other.space = "no model@1".into();
        entry.record.vectors.push(other);
        entry.record.vectors[0].ordinals.fill(u32::MAX);
    }
    // One whose identifier is not its address's, and one that nobody may keep.
    let (id, other) = (entries[0].record.page.id, "https://evil.example.org/");
    entries[0].record.page.url = other.into();
    entries[0].record.page.aliases.clear();
    entries[1].record.page.url = "javascript:alert(1)".into();
    let (bytes, _) = archive::write(&chain, &archive::Content::Pages(entries)).unwrap();

    let world = World::default();
    let into = world.consenting();
    let Imported::Settings { place, .. } = frame(&into, None, &file[0][archive::header().len()..], false)
    else {
        panic!()
    };
    let Imported::Pages { merged: found, .. } = frame(&into, Some(place), &bytes, true) else { panic!() };
    assert_eq!(found, Some(merged(1, 0, 0, 1)));
    assert_eq!(into.index.spaces(), [""; 0]);
    let row = block_on(into.index.page(id)).unwrap().unwrap();
    assert!(row.last_seen <= world.now.get() && row.first_seen >= 0.0 && row.title.len() <= 1024);
    into.finish();
    assert_eq!(block_on(into.history_removed(false, &[other.to_owned()])).unwrap().pages, 1);
    assert_eq!(world.rows(), 0);
}

#[test]
fn a_large_index_comes_in_many_frames_and_a_worker_that_dies_goes_on() {
    let world = World::default();
    let engine = world.consenting();
    // Words that deflate cannot shorten much, so that frames are as large as they get.
    let mut state = 1_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:x}", state >> 16)
    };
    for n in 0..40 {
        let text: String = (0..3_000).map(|_| word() + " ").collect();
        engine.read(&format!("https://example.org/{n}"), &format!("Page {n}"), &text);
    }
    engine.set(|settings| settings.backend = BackendChoice::Hash);
    let file = export(&engine);
    assert!(file.len() > 4, "{} pieces", file.len());
    assert!(file.iter().all(|piece| piece.len() < 2 << 20));

    let target = World::default();
    target.now.set(world.now.get());
    let mut place = None;
    for (n, piece) in file.iter().enumerate() {
        // A new worker for each frame, the frame sent twice.
        let bytes = if n == 0 { &piece[archive::header().len()..] } else { piece };
        let mut next = None;
        for _ in 0..2 {
            let into = target.consenting();
            match frame(&into, place.clone(), bytes, true) {
                Imported::Settings { place, .. } => next = Some(place),
                Imported::Pages { place: to, .. } => {
                    let pages = to.pages - place.as_ref().map_or(0, |place| place.pages);
                    assert!(pages < 16, "a frame ends when it is full, not with what was read together");
                    next = Some(to);
                }
                Imported::End { .. } => assert_eq!(n + 1, file.len()),
                Imported::Refused { problem } => panic!("{problem:?}"),
            }
        }
        place = next;
    }
    let into = target.start();
    assert_eq!(into.now_state().pages, 40);
    assert_eq!(into.now_state().passages, engine.now_state().passages);
}

fn import_row(world: &World) -> Option<Vec<u8>> {
    block_on(world.store.get(Table::Meta, "import")).unwrap()
}

#[test]
fn an_import_that_nobody_goes_on_with_leaves_nothing_behind() {
    let file = export(&full(&World::default()));
    let world = World::default();
    let into = world.consenting();
    let Imported::Settings { place, .. } = frame(&into, None, &file[0][archive::header().len()..], false)
    else {
        panic!()
    };
    frame(&into, Some(place.clone()), &file[1], false);
    assert_eq!(import_row(&world), None, "a look changes nothing");
    frame(&into, Some(place), &file[1], true);
    into.ask(Request::Forget(Scope::Site { site: "animals.example.org".into() }), &Sender::Extension)
        .unwrap();
    into.finish();
    assert!(import_row(&world).is_some());
    assert!(!into.has_work() && into.sleeps_for().is_some_and(|left| left > 60_000.0));
    world.now.set(world.now.get() + 121_000.0);
    assert!(into.has_work());
    let again = world.start();
    assert_eq!(import_row(&world), None, "a worker that starts");
    assert_eq!(again.sleeps_for(), None);
    into.finish();
    assert_eq!(import_row(&world), None);
    assert!(!into.has_work() && into.sleeps_for().is_none());
}

#[test]
fn an_import_that_nobody_goes_on_with_goes_by_itself() {
    let file = export(&full(&World::default()));
    let world = World::default();
    let into = world.consenting();
    let Imported::Settings { place, .. } = frame(&into, None, &file[0][archive::header().len()..], false)
    else {
        panic!()
    };
    frame(&into, Some(place), &file[1], true);
    into.ask(Request::Forget(Scope::Site { site: "animals.example.org".into() }), &Sender::Extension)
        .unwrap();
    assert!(import_row(&world).is_some());
    world.now.set(world.now.get() + 121_000.0);
    into.finish();
    assert_eq!(import_row(&world), None);
}

#[test]
fn what_is_forgotten_while_a_file_comes_in_does_not_come_back() {
    let from = full(&World::default());
    from.read(BREAD, "Food", "A loaf.");
    from.finish();
    let file = export(&from);
    let page_of = |url: &str| from.status(url).page.unwrap().page;
    for (scope, left) in [
        (Scope::Page { page: page_of(CATS) }, vec![SHIPS, BREAD]),
        (Scope::Site { site: "animals.example.org".into() }, vec![SHIPS, BREAD]),
        (Scope::Everything, vec![]),
    ] {
        let world = World::default();
        world.now.set(world.now.get() + 1e9);
        let into = world.consenting();
        let settings = &file[0][archive::header().len()..];
        let Imported::Settings { place, .. } = frame(&into, None, settings, false) else { panic!() };
        // As a first frame of pages that has none of these.
        frame(&into, Some(place.clone()), b"", true);
        let (empty, _) = archive::write(
            &BASE64_STANDARD.decode(&place.chain).unwrap().try_into().unwrap(),
            &archive::Content::Pages(Vec::new()),
        )
        .unwrap();
        frame(&into, Some(place.clone()), &empty, true);
        // Whoever dies between any two of these knows it still.
        let into = world.start();
        into.ask(Request::Forget(scope.clone()), &Sender::Extension).unwrap();
        let into = world.start();
        let Imported::Pages { place, merged: Some(came), .. } = frame(&into, Some(place), &file[1], true)
        else {
            panic!()
        };
        assert_eq!((came.added, came.left_out), (left.len() as u32, 3 - left.len() as u32), "{scope:?}");
        for url in [CATS, SHIPS, BREAD] {
            assert_eq!(into.status(url).page.is_some(), left.contains(&url), "{scope:?}: {url}");
        }
        frame(&into, Some(place), &file[2], true);
        assert_eq!(import(&into, &file, true, false).merged.added, came.left_out, "another time it comes");
        assert_eq!(import_row(&world), None, "and nothing names what was forgotten");
    }
}
