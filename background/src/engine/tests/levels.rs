use super::*;

const BLOG: &str = "https://www.blog.example.org/kittens";
const DEEP: &str = "https://deep.blog.example.org/ships";
const OTHER: &str = "https://other.example.com/bread";

fn three_pages(world: &World) -> TestEngine {
    let engine = world.consenting();
    engine.read(BLOG, "A blog", "My kitten sleeps.");
    engine.read(DEEP, "Deep", "A vessel left the harbour.");
    engine.read(OTHER, "Bakery", "A baguette and a loaf.");
    engine.finish();
    engine
}

fn set_site(engine: &TestEngine, site: &str, level: Option<Level>) -> u32 {
    match engine.ask(Request::SetSite(SetSite { site: site.into(), level }), &Sender::Extension).unwrap() {
        Response::Forgotten(forgotten) => forgotten.pages,
        other => panic!("{other:?}"),
    }
}

#[test]
fn excluding_a_site_shows_what_goes_and_purges_it() {
    let world = World::default();
    let engine = three_pages(&world);
    engine.read("https://blog.example.org/new", "New", "It waits in the queue.");
    let scope = Scope::Level { site: "blog.example.org".into(), level: Level::Never };
    let Ok(Response::Preview(preview)) = engine.ask(Request::Preview(scope), &Sender::Extension) else {
        panic!()
    };
    assert_eq!(preview.pages, 3);
    assert_eq!(engine.now_state().pages, 3, "a preview changes nothing");
    assert_eq!(set_site(&engine, "https://Blog.example.org/x", Some(Level::Never)), 3);
    engine.finish();
    assert_eq!(engine.now_state().pages, 1);
    assert_eq!(engine.read(BLOG, "A blog", "Again."), Captured::Skipped { reason: SkipReason::Excluded });
    assert_eq!(engine.urls("loaf", SearchMode::Words), [OTHER]);
    assert_eq!(
        engine.now_state().settings.sites,
        [SiteRule { site: "blog.example.org".into(), level: Level::Never }]
    );
    assert_eq!(set_site(&engine, "blog.example.org", None), 0);
    assert_eq!(engine.read(BLOG, "A blog", "Again."), Captured::Queued);
}

#[test]
fn a_site_of_titles_keeps_no_text() {
    let world = World::default();
    let engine = three_pages(&world);
    engine.read("https://blog.example.org/new", "Waiting", "It waits in the queue.");
    assert_eq!(set_site(&engine, "blog.example.org", Some(Level::Title)), 3);
    engine.finish();
    for words in ["kitten", "harbour", "queue"] {
        assert_eq!(engine.urls(words, SearchMode::Words), [""; 0], "{words}");
    }
    assert_eq!(engine.urls("blog", SearchMode::Words), [BLOG]);
    assert_eq!(engine.urls("waiting", SearchMode::Words).len(), 1);
    assert_eq!(engine.status(BLOG).page.unwrap().passages, 1);

    let new = "https://blog.example.org/later";
    assert_eq!(engine.read(new, "Later", "Nobody keeps this."), Captured::Queued);
    engine.finish();
    assert_eq!(engine.urls("nobody", SearchMode::Words), [""; 0]);
    assert_eq!(engine.urls("later", SearchMode::Words), [new]);
    assert_eq!(engine.read(new, "Later", "Another text."), Captured::Unchanged, "texts are not compared");
    let untitled = engine.read("https://blog.example.org/none", " ", "Text.");
    assert_eq!(untitled, Captured::Skipped { reason: SkipReason::Empty });
}

#[test]
fn a_part_of_a_site_may_have_a_rule_of_its_own() {
    let world = World::default();
    let engine = three_pages(&world);
    assert_eq!(set_site(&engine, "deep.blog.example.org", Some(Level::Full)), 0);
    assert_eq!(set_site(&engine, "blog.example.org", Some(Level::Never)), 1);
    assert_eq!(engine.urls("vessel", SearchMode::Words), [DEEP]);
    assert_eq!(set_site(&engine, "deep.blog.example.org", None), 1, "now the larger rule holds there, too");
    assert_eq!(engine.now_state().pages, 1);
}

#[test]
fn however_a_rule_gets_into_the_settings_it_purges() {
    let world = World::default();
    let engine = three_pages(&world);
    engine.set(|settings| {
        settings.sites = vec![SiteRule { site: "*.example.com".into(), level: Level::Never }]
    });
    assert_eq!(engine.now_state().pages, 2);
}

#[test]
fn a_worker_that_dies_before_it_has_purged_does_it_later() {
    let world = World::default();
    drop(three_pages(&world));
    let settings = Settings {
        consent: true,
        sites: vec![SiteRule { site: "example.com".into(), level: Level::Never }],
        ..Settings::default()
    };
    let mut batch = Batch::new();
    batch.put(Table::Meta, "settings", records::encode_json(&settings).unwrap());
    let scopes = [Scope::Level { site: "example.com".into(), level: Level::Never }];
    batch.put(Table::Meta, "to_forget", records::encode_json(&scopes).unwrap());
    block_on(world.store.commit(batch)).unwrap();
    let engine = world.start();
    assert!(engine.has_work());
    engine.finish();
    assert_eq!(engine.now_state().pages, 2);
    assert!(block_on(world.store.get(Table::Meta, "to_forget")).unwrap().is_none());
}

#[test]
fn settings_of_version_0_1_0_are_understood() {
    let world = World::default();
    let mut batch = Batch::new();
    let row = br#"{"consent":true,"paused":false,"backend":"auto","allowSoftwareGpu":false,
        "excludedSites":["www.example.com","example.com"," "]}"#;
    batch.put(Table::Meta, "settings", row.to_vec());
    block_on(world.store.commit(batch)).unwrap();
    let settings = world.start().now_state().settings;
    assert!(settings.consent);
    assert_eq!(settings.sites, [SiteRule { site: "example.com".into(), level: Level::Never }]);
}

#[test]
fn a_page_that_is_asked_for_is_read_in_manual_mode_and_in_a_pause() {
    for manual in [true, false] {
        let engine = World::default().consenting();
        engine.set(|settings| (settings.manual, settings.paused) = (manual, !manual));
        let reason = if manual { SkipReason::Manual } else { SkipReason::Paused };
        assert_eq!(engine.read(BLOG, "A blog", "Text."), Captured::Skipped { reason });
        assert_eq!(engine.status(BLOG).skip, Some(reason));
        let ask = |url: &str| match engine
            .ask(Request::Remember(Address { url: url.into() }), &Sender::Extension)
        {
            Ok(Response::Wanted(wanted)) => wanted.skip,
            other => panic!("{other:?}"),
        };
        assert_eq!(ask("https://www.paypal.com/"), Some(SkipReason::SensitiveSite));
        assert_eq!(ask(BLOG), None);
        assert_eq!(engine.read(OTHER, "Bakery", "Text."), Captured::Skipped { reason }, "only that page");
        assert_eq!(engine.read(BLOG, "A blog", "Text."), Captured::Queued);
    }
}

#[test]
fn a_pause_ends_by_itself() {
    let world = World::default();
    let engine = world.consenting();
    engine.set(|settings| settings.paused_until = Some(world.now.get() + 60_000.0));
    assert!(engine.now_state().paused);
    assert_eq!(engine.read(BLOG, "A", "Text."), Captured::Skipped { reason: SkipReason::Paused });
    world.now.set(world.now.get() + 60_000.0);
    assert!(!engine.now_state().paused);
    assert_eq!(engine.read(BLOG, "A", "Text."), Captured::Queued);
}
