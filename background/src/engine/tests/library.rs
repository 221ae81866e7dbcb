use super::*;

const DAY: f64 = 86_400_000.0;

fn filled(world: &World) -> TestEngine {
    let engine = world.consenting();
    for n in 0..5 {
        let site = if n % 2 == 0 { "www.even.example" } else { "odd.example" };
        engine.read(&format!("https://{site}/{n}"), &format!("Page {n}"), &format!("The text of page {n}."));
        world.now.set(world.now.get() + DAY);
    }
    engine.finish();
    engine
}

fn pages(engine: &TestEngine, list: ListPages) -> PageList {
    match engine.ask(Request::Pages(list), &Sender::Extension).unwrap() {
        Response::Pages(list) => list,
        other => panic!("{other:?}"),
    }
}

fn titles(list: &PageList) -> Vec<&str> {
    list.rows.iter().map(|row| row.title.as_str()).collect()
}

#[test]
fn all_pages_are_listed_the_one_read_last_first() {
    let world = World::default();
    let engine = filled(&world);
    let list = |offset, limit| pages(&engine, ListPages { offset, limit, filters: Default::default() });
    let first = list(0, 2);
    assert_eq!((first.total, first.seen.len()), (5, 5));
    assert!(first.seen.is_sorted_by(|a, b| a > b));
    assert_eq!(titles(&first), ["Page 4", "Page 3"]);
    let rest = list(2, 1000);
    assert_eq!((rest.total, rest.seen.len()), (5, 0));
    assert_eq!(titles(&rest), ["Page 2", "Page 1", "Page 0"]);
    assert_eq!(rest.rows[1].site, "odd.example");
    assert_eq!(list(9, 9).rows, []);

    let filters = messages_filters("even.example", Some(first.seen[3]));
    let even = pages(&engine, ListPages { offset: 0, limit: 10, filters });
    assert_eq!(titles(&even), ["Page 4", "Page 2"]);
}

fn messages_filters(site: &str, after: Option<f64>) -> afterimage_messages::Filters {
    afterimage_messages::Filters { site: Some(site.into()), after, before: None }
}

#[test]
fn what_each_site_takes_is_told_the_largest_first() {
    let world = World::default();
    let engine = filled(&world);
    let Ok(Response::Sites(sites)) = engine.ask(Request::Sites, &Sender::Extension) else { panic!() };
    assert_eq!(sites.total, 2);
    let shown: Vec<(&str, u32)> = sites.sites.iter().map(|site| (site.site.as_str(), site.pages)).collect();
    assert_eq!(shown, [("even.example", 3), ("odd.example", 2)]);
    assert!(sites.sites[0].bytes > sites.sites[1].bytes && sites.sites[1].bytes > 100.0);
}

#[test]
fn a_page_s_status_says_what_is_kept_and_why_not() {
    let world = World::default();
    let engine = filled(&world);
    let known = engine.status("https://www.even.example/0?utm_source=x#part");
    let row = known.page.unwrap();
    assert_eq!((row.title.as_str(), row.visits, row.pinned), ("Page 0", 1, false));
    assert_eq!((known.skip, known.level, known.changeable), (None, Level::Full, true));
    assert_eq!(known.site, "even.example");

    for (url, skip, changeable) in [
        ("https://www.paypal.com/a", SkipReason::SensitiveSite, true),
        ("http://localhost:8080/", SkipReason::PrivateAddress, false),
        ("chrome://settings/", SkipReason::Scheme, false),
        ("not an address", SkipReason::Scheme, false),
        ("https://www.google.com/search?q=a", SkipReason::SearchResults, true),
    ] {
        let status = engine.status(url);
        assert_eq!((status.skip, status.changeable, status.page), (Some(skip), changeable, None), "{url}");
    }

    let login = "https://new.example/login";
    let with_password = Offer { visible_password: true, ..offer(login) };
    engine.ask(Request::Offer(with_password), &page(login)).unwrap();
    assert_eq!(engine.status(login).skip, Some(SkipReason::PasswordField));
    engine.set(|settings| settings.manual = true);
    assert_eq!(engine.status(login).skip, Some(SkipReason::PasswordField), "seen when it was asked for");
    assert_eq!(engine.status("https://new.example/other").skip, Some(SkipReason::Manual));
    engine.set(|settings| settings.manual = false);
    engine.ask(Request::Offer(offer(login)), &page(login)).unwrap();
    assert_eq!(engine.status(login).skip, None, "the form was closed");

    engine.read("https://new.example/waits", "Waits", "Text.");
    assert!(engine.status("https://new.example/waits").queued);
    assert_eq!(World::default().start().status(login).skip, Some(SkipReason::NoConsent));
}

#[test]
fn what_a_private_window_offers_is_not_even_remembered_in_memory() {
    let engine = World::default().consenting();
    let url = "https://new.example/private";
    let private = Sender::Page(PageSender { url: url.into(), top_frame: true, private: true });
    engine.ask(Request::Offer(offer(url)), &private).unwrap();
    assert!(engine.skipped.borrow().is_empty());
}

#[test]
fn pins_are_durable_and_go_with_their_page() {
    let world = World::default();
    let engine = filled(&world);
    let id = engine.status("https://odd.example/1").page.unwrap().page;
    let pin = |pinned| engine.ask(Request::Pin(Pin { page: id.clone(), pinned }), &Sender::Extension);
    pin(true).unwrap();
    assert!(world.start().status("https://odd.example/1").page.unwrap().pinned);
    engine.ask(Request::Forget(Scope::Page { page: id.clone() }), &Sender::Extension).unwrap();
    assert!(block_on(world.store.get(Table::Meta, &format!("pin/{id}"))).unwrap().is_none());
    assert_eq!(pin(true).unwrap_err().code, ErrorCode::BadMessage);
    engine.ask(Request::Undo, &Sender::Extension).unwrap();
    assert!(world.start().status("https://odd.example/1").page.unwrap().pinned, "taken back with its pin");
}

#[test]
fn a_hit_says_whether_its_page_is_pinned_and_filters_alone_list_what_they_let_through() {
    let world = World::default();
    let engine = filled(&world);
    let id = engine.status("https://odd.example/1").page.unwrap().page;
    engine.ask(Request::Pin(Pin { page: id.clone(), pinned: true }), &Sender::Extension).unwrap();
    let odd = |query: &str, filters| {
        let search = Search {
            query: query.into(),
            mode: SearchMode::Words,
            limit: 10,
            filters,
            order: Default::default(),
        };
        match engine.ask(Request::Search(search), &Sender::Extension).unwrap() {
            Response::Results(results) => results.hits,
            other => panic!("{other:?}"),
        }
    };
    let hits = odd(" ", messages_filters("odd.example", None));
    let pins: Vec<(&str, bool)> = hits.iter().map(|hit| (hit.title.as_str(), hit.pinned)).collect();
    assert_eq!(pins, [("Page 3", false), ("Page 1", true)]);
    assert_eq!(odd(" ", Default::default()), []);
}

#[test]
fn a_site_may_be_named_as_it_is_read() {
    let world = World::default();
    let engine = world.consenting();
    engine.read("https://www.xn--mnchen-3ya.example/", "Museum", "A vessel made of glass.");
    engine.read("https://sea.example/", "The sea", "A vessel left the harbour.");
    engine.finish();
    let found = |query: &str| engine.urls(query, SearchMode::Words);
    assert_eq!(found("vessel site:MÜNCHEN.example"), ["https://www.xn--mnchen-3ya.example/"]);
    assert_eq!(found("vessel -site:münchen.example"), ["https://sea.example/"]);
}

#[test]
fn the_kept_list_can_be_shown() {
    let engine = World::default().start();
    let Ok(Response::Sensitive(list)) = engine.ask(Request::Sensitive, &Sender::Extension) else { panic!() };
    assert!(list.groups.len() > 5);
    assert!(list.groups.iter().any(|group| group.sites.iter().any(|site| site == "paypal.com")));
}
