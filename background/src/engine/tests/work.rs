use super::*;
use afterimage_index::store::Fault;

const URL: &str = "https://animals.example.org/cats";
/// Long enough for several commits of vectors.
fn long_text() -> String {
    (0..60)
        .map(|n| format!("Sentence number {n} tells of a kitten that sleeps near the old harbour wall.\n"))
        .collect()
}

/// Whatever commit goes wrong, and however: a new worker finishes the work, once.
#[test]
fn a_worker_that_dies_at_any_commit_loses_nothing_and_does_nothing_twice() {
    let whole = World::default();
    let engine = whole.consenting();
    engine.read(URL, "Cats", &long_text());
    engine.finish();
    let (passages, commits) = (engine.now_state().passages, whole.store.commits());
    assert!(passages > 8 && commits >= 5, "{passages} passages in {commits} commits");

    for fault in [Fault::Full, Fault::LostAnswer] {
        for dies_at in 1..commits {
            let world = World::default();
            let engine = world.consenting();
            world.store.fail_commit(dies_at - 1, fault);
            let sent = Request::Capture(page_text(URL, "Cats", &long_text()));
            let acknowledged = engine.ask(sent.clone(), &page(URL)).is_ok();
            while matches!(block_on(engine.step()), Ok(Step::Worked)) {}
            drop(engine);

            let engine = world.start();
            if !acknowledged {
                // Nothing was promised; the page says it again at the next visit.
                engine.ask(sent, &page(URL)).unwrap();
            }
            engine.finish();
            let state = engine.now_state();
            assert_eq!(
                (state.pages, state.passages, state.unembedded, state.queued),
                (1, passages, 0, 0),
                "{fault:?} at commit {dies_at}"
            );
            assert_eq!(engine.find("cat", SearchMode::Hybrid)[0].visits, 1, "{fault:?} at commit {dies_at}");
        }
    }
}

#[test]
fn a_worker_that_dies_between_embedding_and_commit_embeds_again() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(URL, "Cats", &long_text());
    for _ in 0..6 {
        block_on(engine.step()).unwrap();
    }
    assert!(!engine.pending.borrow().done.is_empty(), "vectors that were not committed");
    drop(engine);
    let engine = world.start();
    assert!(engine.has_work());
    engine.finish();
    assert_eq!(engine.now_state().unembedded, 0);
}

/// Says how the battery is, as a page does when it offers itself.
fn battery(engine: &TestEngine, is_low: bool, sender: &Sender) {
    engine.ask(Request::Offer(Offer { low_battery: Some(is_low), ..offer(URL) }), sender).unwrap();
}

#[test]
fn with_the_battery_nearly_empty_pages_are_found_by_words_and_their_vectors_wait() {
    let world = World::default();
    let engine = world.consenting();
    battery(&engine, true, &page(URL));
    engine.read(URL, "Pets", "My kitten sleeps.");
    assert!(engine.has_work(), "words come at once");
    engine.finish();
    let waits = |engine: &TestEngine| {
        let state = engine.now_state();
        (state.sparing, state.unembedded > 0, engine.has_work(), engine.sleeps_for().is_some())
    };
    assert_eq!(waits(&engine), (true, true, false, true));
    assert_eq!(engine.urls("kitten", SearchMode::Hybrid), [URL]);
    assert_eq!(engine.urls("cat", SearchMode::Hybrid), [""; 0]);

    // It does not hang on this life of the worker, ...
    drop(engine);
    let engine = world.start();
    engine.finish();
    assert_eq!(waits(&engine), (true, true, false, true));
    let commits = world.store.commits();
    battery(&engine, true, &page(URL));
    assert_eq!(world.store.commits(), commits, "not written down at every page");
    engine.ask(Request::Offer(offer(URL)), &page(URL)).unwrap();
    assert_eq!(waits(&engine), (true, true, false, true), "a page that is not told of it says nothing");
    // ... nor on another page being read, ...
    world.now.set(world.now.get() + 11.0 * 60_000.0);
    assert_eq!(waits(&engine), (false, true, true, false));
    // ... but on what the last one says.
    battery(&engine, true, &page(URL));
    assert_eq!(waits(&engine), (true, true, false, true));
    battery(&engine, false, &page(URL));
    assert_eq!(waits(&engine), (false, true, true, false));
    engine.finish();
    assert_eq!(engine.urls("cat", SearchMode::Hybrid), [URL]);
    assert_eq!(block_on(world.store.get(Table::Meta, "sparing")).unwrap(), None, "and nothing is left of it");
}

#[test]
fn whoever_sleeps_wakes_up_when_a_pause_is_over() {
    let world = World::default();
    let engine = world.consenting();
    assert_eq!(engine.sleeps_for(), None);
    let until = world.now.get() + 3_600_000.0;
    engine.set(|settings| settings.paused_until = Some(until));
    let left = engine.sleeps_for().unwrap();
    assert!(left > 3_590_000.0 && left <= 3_600_000.0, "{left}");
    engine.set(|settings| settings.paused = true);
    assert_eq!(engine.sleeps_for(), None, "that one has no end");
    engine.set(|settings| settings.paused = false);
    world.now.set(until);
    assert_eq!(engine.sleeps_for(), None);
}

#[test]
fn of_a_battery_nothing_is_kept_before_consent_or_from_a_private_window() {
    let world = World::default();
    let engine = world.start();
    battery(&engine, true, &page(URL));
    engine.set(|settings| settings.consent = true);
    battery(&engine, true, &Sender::Page(PageSender { url: URL.into(), top_frame: true, private: true }));
    assert!(!engine.now_state().sparing);
    assert_eq!(block_on(world.store.get(Table::Meta, "sparing")).unwrap(), None);
}

#[test]
fn without_weights_the_hash_serves_and_their_return_embeds_everything_again() {
    let world = World::default();
    world.model_there.set(false);
    let engine = world.consenting();
    engine.read(URL, "Pets", "My kitten sleeps.");
    engine.finish();
    let state = engine.now_state();
    assert!(state.problem.unwrap().contains("The weights are missing."));
    assert_eq!(state.space, "hash-v1@384");
    assert!(state.chain.iter().any(|link| link.code == "weights_missing"));
    assert_eq!(engine.urls("kitten", SearchMode::Hybrid), [URL], "search works");
    assert_eq!(engine.urls("cat", SearchMode::Hybrid), [""; 0], "but by letters");

    world.model_there.set(true);
    let engine = world.start();
    assert!(engine.has_work(), "the debt in the model's space");
    engine.finish();
    let state = engine.now_state();
    assert_eq!((state.problem, state.unembedded), (None, 0));
    assert_eq!(engine.urls("cat", SearchMode::Hybrid), [URL]);
}

#[test]
fn a_model_that_fails_for_a_moment_keeps_its_vectors() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(URL, "Cats", "My kitten sleeps.");
    engine.finish();
    world.model_there.set(false);
    let engine = world.start();
    engine.read("https://sea.example.org/", "Sea", "A vessel left.");
    engine.finish();
    assert_eq!(engine.urls("vessel", SearchMode::Hybrid)[0], "https://sea.example.org/");
    world.model_there.set(true);
    let engine = world.start();
    assert_eq!(engine.now_state().unembedded, 3, "only what the hash had to do");
    assert_eq!(engine.urls("cat", SearchMode::Hybrid)[0], URL);
}

#[test]
fn choosing_another_backend_moves_everything_to_its_space() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(URL, "Pets", "My kitten sleeps.");
    engine.finish();
    engine.set(|settings| settings.backend = BackendChoice::Hash);
    assert!(engine.has_work());
    engine.finish();
    assert_eq!(engine.urls("cat", SearchMode::Hybrid), [""; 0]);
    assert_eq!(engine.now_state().problem, None, "it was chosen");
    engine.set(|settings| settings.backend = BackendChoice::Auto);
    engine.finish();
    assert_eq!(engine.urls("cat", SearchMode::Hybrid), [URL]);
}

#[test]
fn measured_once_and_remembered_for_this_browser() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(URL, "Cats", "My kitten sleeps.");
    engine.finish();
    assert!(engine.now_state().chain.iter().any(|link| link.query_ms.is_some()));
    let again = world.start();
    assert!(again.embedder().measurements().is_some());
}

#[test]
fn paused_means_paused() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(URL, "Cats", "My kitten sleeps.");
    engine.set(|settings| settings.paused = true);
    assert_eq!(block_on(engine.step()).unwrap(), Step::Idle);
    assert!(!engine.has_work());
    let skipped = Captured::Skipped { reason: SkipReason::Paused };
    assert_eq!(engine.read("https://b.example.org/", "B", "b"), skipped);
    engine.set(|settings| settings.paused = false);
    engine.finish();
    assert_eq!(engine.now_state().pages, 1, "what was acknowledged before is not lost");
}

#[test]
fn diagnosis_shows_the_vector() {
    let engine = World::default().start();
    let asked = Request::Diagnose(afterimage_messages::Diagnose { text: "a cat".into() });
    let Ok(Response::Diagnosis(diagnosis)) = engine.ask(asked, &Sender::Extension) else { panic!() };
    assert_eq!(diagnosis.space, catalogue::bundled().space);
    assert_eq!((diagnosis.dims, diagnosis.first_ten.len(), diagnosis.tokens), (384, 10, Some(4)));
    assert!((diagnosis.norm - 1.0).abs() < 1e-3);
}
