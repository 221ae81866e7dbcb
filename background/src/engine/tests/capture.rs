use super::*;

const CATS: &str = "https://animals.example.org/cats";
const SHIPS: &str = "https://sea.example.org/ships";

#[test]
fn what_was_read_is_found_by_words_and_by_meaning_after_the_worker_died() {
    let world = World::default();
    let engine = world.consenting();
    assert_eq!(engine.read(CATS, "Animals", "My kitten sleeps all day."), Captured::Queued);
    assert_eq!(engine.read(SHIPS, "The sea", "A vessel left the harbour."), Captured::Queued);
    engine.finish();
    drop(engine);

    let engine = world.start();
    assert_eq!(engine.urls("harbour", SearchMode::Words), [SHIPS]);
    assert_eq!(engine.urls("cat", SearchMode::Words), [""; 0], "that word is nowhere");
    let found = engine.find("cat", SearchMode::Hybrid);
    assert_eq!(found[0].url, CATS);
    assert_eq!(found[0].why, Why::Meaning);
    assert_eq!(found[0].site, "animals.example.org");
    assert!(found[0].snippet.iter().any(|piece| piece.text.contains("kitten")));
}

#[test]
fn where_only_meaning_matches_the_closest_sentence_is_marked() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(SHIPS, "The sea", "It was a grey morning. A vessel left the harbour. Nobody waved.");
    engine.finish();
    let marked = |query: &str| -> Vec<String> {
        let snippet = engine.find(query, SearchMode::Hybrid).remove(0).snippet;
        snippet.into_iter().filter(|piece| piece.marked).map(|piece| piece.text).collect()
    };
    assert_eq!(marked("boat"), ["A vessel left the harbour."]);
    assert_eq!(marked("boat morning"), ["morning"], "words come first");
}

#[test]
fn words_answer_before_the_first_vector_is_made() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(SHIPS, "The sea", "A vessel left the harbour.");
    assert_eq!(engine.now_state().queued, 1);
    assert_eq!(block_on(engine.step()).unwrap(), Step::Worked);
    let state = engine.now_state();
    assert_eq!((state.queued, state.pages, state.unembedded), (0, 1, 3), "title, passage, and both together");
    assert_eq!(engine.urls("harbour", SearchMode::Words), [SHIPS]);
}

#[test]
fn the_same_text_again_only_counts_the_visit() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(CATS, "Animals", "My kitten sleeps.");
    assert_eq!(engine.read(CATS, "Animals", "My  kitten sleeps. "), Captured::Unchanged, "still queued");
    engine.finish();
    let commits = world.store.commits();
    assert_eq!(engine.read(CATS, "Animals", "My kitten\tsleeps."), Captured::Unchanged);
    assert_eq!(engine.finish(), 0, "no work");
    assert_eq!(world.store.commits(), commits + 1, "the visit, nothing else");
    let hit = &engine.find("kitten", SearchMode::Words)[0];
    assert_eq!(hit.visits, 2);
}

#[test]
fn a_changed_text_replaces_the_old_one() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(CATS, "Animals", "My kitten sleeps.");
    engine.finish();
    assert_eq!(engine.read(CATS, "Animals", "A baguette for breakfast."), Captured::Queued);
    engine.finish();
    assert_eq!(engine.urls("kitten", SearchMode::Words), [""; 0]);
    assert_eq!(engine.urls("loaf", SearchMode::Hybrid), [CATS]);
    assert_eq!(engine.now_state().pages, 1);
    // Two changes before the first was worked off: the last one counts.
    engine.read(CATS, "Animals", "First a ship.");
    engine.read(CATS, "Animals", "Then a cat again.");
    assert_eq!(engine.now_state().queued, 1);
    engine.finish();
    assert_eq!(engine.urls("again", SearchMode::Words), [CATS]);
    assert_eq!(engine.urls("ship", SearchMode::Words), [""; 0]);
}

#[test]
fn what_a_site_repeats_is_kept_with_its_first_three_pages_only() {
    let world = World::default();
    let engine = world.consenting();
    let stories = [
        "A kitten sleeps on the wall.",
        "A vessel left.",
        "Bread rises slowly.",
        "The comet came back after seventy years.",
    ];
    let whole = |story: &str| {
        format!(
            "Home\nWorld\nSports desk\nWe use cookies to improve this site.\n{story}\nAll rights reserved by nobody."
        )
    };
    let url = |n: usize| format!("https://news.example.org/{n}");
    for (n, story) in stories.iter().enumerate() {
        assert_eq!(engine.read(&url(n), "", &whole(story)), Captured::Queued);
        engine.finish();
    }
    let of = |question: &str| {
        let mut urls = engine.urls(question, SearchMode::Words);
        urls.sort();
        urls
    };
    for question in ["sports", "cookies", "rights reserved", "\"all rights reserved\""] {
        assert_eq!(of(question), [url(0), url(1), url(2)], "{question}");
    }
    for (n, word) in ["kitten", "vessel", "rises", "comet"].into_iter().enumerate() {
        assert_eq!(of(word), [url(n)]);
    }
    let hit = &engine.find("comet", SearchMode::Words)[0];
    let shown: String = hit.snippet.iter().map(|piece| piece.text.as_str()).collect();
    assert_eq!(shown, stories[3]);
    let commits = world.store.commits();
    assert_eq!(
        engine.read(&url(3), "", &whole(stories[3])),
        Captured::Unchanged,
        "known by all that was read"
    );
    assert_eq!((engine.finish(), world.store.commits()), (0, commits + 1), "the visit, nothing else");

    let engine = world.start();
    for n in [3, 0, 2, 1] {
        assert!(block_on(world.store.count(Table::Boilerplate)).unwrap() == 1);
        block_on(engine.history_removed(false, &[url(n)])).unwrap();
    }
    assert_eq!(world.rows(), 0);
}

#[test]
fn a_page_in_a_language_that_the_model_does_not_know_says_so() {
    let world = World::default();
    let engine = world.consenting();
    let german =
        Capture { language: Some("de-AT".into()), ..page_text(CATS, "Tiere", "Ein Kater schnurrt.") };
    engine.ask(Request::Capture(german), &page(CATS)).unwrap();
    engine.read(SHIPS, "The sea", "A Kater on a vessel.");
    engine.finish();
    for mode in [SearchMode::Words, SearchMode::Hybrid] {
        let hits = engine.find("kater", mode);
        let of = |url: &str| hits.iter().find(|hit| hit.url == url).unwrap();
        assert_eq!(of(SHIPS).unknown_language, None);
        let words_only = of(CATS).why == Why::Words;
        assert_eq!(of(CATS).unknown_language.as_deref(), words_only.then_some("de-AT"), "{mode:?}");
        assert!(words_only || mode == SearchMode::Hybrid);
    }
}

#[test]
fn what_the_model_cannot_read_has_no_meaning() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(CATS, "猫", "猫は漁船で眠る。");
    engine.read(SHIPS, "灯台", "霧の夜に灯台守が見た。");
    engine.finish();
    let found = engine.find("漁船", SearchMode::Hybrid);
    assert_eq!(found.iter().map(|hit| (&*hit.url, hit.why)).collect::<Vec<_>>(), [(CATS, Why::Words)]);
}

#[test]
fn one_page_under_many_addresses_is_one_page() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(CATS, "Animals", "My kitten sleeps.");
    engine.finish();
    assert_eq!(
        engine.read(&format!("{CATS}?utm_source=x#top"), "Animals", "My kitten sleeps."),
        Captured::Unchanged
    );
    assert_eq!(engine.now_state().pages, 1);
}

#[test]
fn a_single_page_app_is_stored_under_the_address_it_moved_to() {
    let world = World::default();
    let engine = world.consenting();
    let there = "https://sea.example.org/app/boats?id=7";
    let moved = Request::Capture(page_text(there, "Boats", "A boat left the harbour."));
    engine.ask(moved, &page("https://sea.example.org/app")).unwrap();
    let lying =
        Request::Capture(page_text("https://bank.example.org/", "Lie", "The loaf of another origin."));
    engine.ask(lying, &page("https://sea.example.org/lie")).unwrap();
    engine.finish();
    assert_eq!(engine.urls("harbour", SearchMode::Words), [there]);
    assert_eq!(engine.urls("loaf", SearchMode::Words), ["https://sea.example.org/lie"]);
}

#[test]
fn odd_texts_are_kept_or_skipped_without_harm() {
    let world = World::default();
    let engine = world.consenting();
    let skipped = Captured::Skipped { reason: SkipReason::Empty };
    assert_eq!(engine.read("https://a.example.org/", "", ""), skipped);
    assert_eq!(engine.read("https://a.example.org/", "Only a title", " \n\t\u{0} "), skipped);
    assert_eq!(engine.read("https://b.example.org/", "", &"w".repeat(200_000)), Captured::Queued);
    let huge = "The ship sails far away over the sea. ".repeat(5_000_000 / 38);
    assert_eq!(engine.read("https://c.example.org/", "Huge", &huge), Captured::Queued);
    assert_eq!(
        engine.read("https://d.example.org/", "Odd \u{fffd}", "\u{fffd}\u{fffd} odd text \u{202e}"),
        Captured::Queued
    );
    engine.finish();
    let state = engine.now_state();
    assert_eq!((state.pages, state.unembedded), (3, 0));
    assert!(state.stored_bytes < 3e6, "a huge page is cut: {}", state.stored_bytes);
    assert_eq!(engine.urls("odd", SearchMode::Words), ["https://d.example.org/"]);
}

#[test]
fn operators_filter_and_are_not_embedded() {
    let world = World::default();
    let engine = world.consenting();
    engine.read("https://a.test/1", "Foxes", "The red fox lives here.");
    engine.read("https://b.test/1", "Foxes", "The red fox lives there, with a dog.");
    engine.finish();
    for mode in [SearchMode::Words, SearchMode::Hybrid] {
        assert_eq!(engine.urls("fox site:a.test", mode), ["https://a.test/1"]);
        assert_eq!(engine.urls("fox -dog", mode), ["https://a.test/1"]);
        assert_eq!(engine.urls("\"red fox\" site:b.test", mode), ["https://b.test/1"]);
        assert_eq!(engine.urls("site:b.test", mode), ["https://b.test/1"], "nothing to embed");
    }
    let plain = engine.find("red fox", SearchMode::Hybrid);
    let asked = engine.find("red fox site:a.test", SearchMode::Hybrid);
    let of_a = plain.iter().find(|hit| hit.site == "a.test").and_then(|hit| hit.cosine);
    assert_eq!(asked[0].cosine, of_a, "the meaning is that of the words alone");
}

#[test]
fn questions_of_any_kind_are_answered() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(CATS, "Animals", "My kitten sleeps.");
    engine.finish();
    for query in ["", "   ", "!!!", "\u{0}", "\"", "-", "日本語", &"cat ".repeat(100_000)] {
        engine.find(query, SearchMode::Words);
        engine.find(query, SearchMode::Hybrid);
    }
}

#[test]
fn similar_pages_of_known_and_unknown_ones() {
    let world = World::default();
    let engine = world.consenting();
    engine.read(CATS, "Animals", "My kitten sleeps.");
    engine.read("https://vet.example.org/", "Doctor", "The feline was ill.");
    engine.read(SHIPS, "The sea", "A vessel left the harbour.");
    engine.finish();
    let ask = |url: &str, other_sites: bool| match engine
        .ask(Request::Similar(Similar { url: url.into(), other_sites, limit: 5 }), &Sender::Extension)
        .unwrap()
    {
        Response::Results(results) => results,
        other => panic!("{other:?}"),
    };
    let similar = |url| ask(url, false);
    let results = similar(CATS);
    assert!(!results.unknown_page);
    assert_eq!(results.hits[0].url, "https://vet.example.org/");
    assert!(results.hits.iter().all(|hit| hit.url != CATS));
    engine.read("https://www.animals.example.org/more", "More", "Another kitten, a feline one.");
    engine.finish();
    let sites = |other_sites| -> Vec<String> {
        ask(CATS, other_sites).hits.into_iter().map(|hit| hit.site).collect()
    };
    assert!(sites(false).contains(&"animals.example.org".to_owned()));
    assert!(!sites(true).contains(&"animals.example.org".to_owned()) && !sites(true).is_empty());
    assert!(similar("https://nowhere.example.org/").unknown_page);
    assert!(similar("about:blank").unknown_page);
}
