use super::*;

const URL: &str = "https://news.example.org/a";

fn wanted(engine: &TestEngine, offer: Offer, sender: PageSender) -> Option<SkipReason> {
    match engine.ask(Request::Offer(offer), &Sender::Page(sender)).unwrap() {
        Response::Wanted(wanted) => wanted.skip,
        other => panic!("{other:?}"),
    }
}

fn from(url: &str) -> PageSender {
    PageSender { url: url.into(), top_frame: true, private: false }
}

#[test]
fn nothing_is_read_before_the_welcome_page_was_answered() {
    let world = World::default();
    let engine = world.start();
    assert_eq!(wanted(&engine, offer(URL), from(URL)), Some(SkipReason::NoConsent));
    let skipped = Captured::Skipped { reason: SkipReason::NoConsent };
    assert_eq!(engine.read(URL, "T", "text"), skipped);
    assert_eq!(world.rows(), 0);
    engine.set(|settings| settings.consent = true);
    assert_eq!(wanted(&engine, offer(URL), from(URL)), None);
}

#[test]
fn the_senders_own_address_counts_not_the_one_in_the_message() {
    let engine = World::default().consenting();
    assert_eq!(wanted(&engine, offer(URL), from("http://192.168.1.1/")), Some(SkipReason::PrivateAddress));
    assert_eq!(wanted(&engine, offer("http://localhost/"), from(URL)), None);
    let webmail = offer("https://news.example.org/#/inbox");
    assert_eq!(wanted(&engine, webmail, from(URL)), None, "another path of the same origin is believed");
    let private = PageSender { private: true, ..from(URL) };
    assert_eq!(wanted(&engine, offer(URL), private), Some(SkipReason::PrivateWindow));
    let frame = PageSender { top_frame: false, ..from(URL) };
    assert_eq!(wanted(&engine, offer(URL), frame), Some(SkipReason::NotTopFrame));
    let login = Offer { visible_password: true, ..offer(URL) };
    assert_eq!(wanted(&engine, login, from(URL)), Some(SkipReason::PasswordField));
}

#[test]
fn a_capture_is_checked_again() {
    let world = World::default();
    let engine = world.consenting();
    let mut capture = page_text(URL, "T", "text");
    capture.offer.visible_card = true;
    let Ok(Response::Captured(captured)) = engine.ask(Request::Capture(capture), &page(URL)) else {
        panic!()
    };
    assert_eq!(captured, Captured::Skipped { reason: SkipReason::CardField });
    assert_eq!(world.rows(), 0);
}

#[test]
fn pages_may_not_ask_and_extension_pages_may_not_be_read() {
    let engine = World::default().consenting();
    let asking = [
        Request::Search(Search {
            query: "x".into(),
            mode: SearchMode::Words,
            limit: 1,
            filters: Default::default(),
            order: Default::default(),
        }),
        Request::Similar(Similar { url: URL.into(), other_sites: false, limit: 1 }),
        Request::Forget(Scope::Page { page: "0".repeat(32) }),
        Request::State,
        Request::Diagnose(afterimage_messages::Diagnose { text: "x".into() }),
        Request::Configure(Settings::default()),
    ];
    for request in asking {
        assert_eq!(engine.ask(request, &page(URL)).unwrap_err().code, ErrorCode::Forbidden);
    }
    let read = Request::Capture(page_text(URL, "T", "text"));
    assert_eq!(engine.ask(read, &Sender::Extension).unwrap_err().code, ErrorCode::Forbidden);
}

#[test]
fn an_unknown_version_is_refused_by_its_code() {
    let engine = World::default().consenting();
    let envelope = Envelope { v: VERSION + 1, request: Request::State };
    let Reply::Error(failure) = block_on(engine.handle(envelope, &Sender::Extension)) else { panic!() };
    assert_eq!(failure.code, ErrorCode::UnknownVersion);
}
