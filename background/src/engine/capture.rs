//! A page offers itself, and sends its text.

use super::{Engine, EngineError, records::QueuedPage, text};
use crate::{platform::Platform, rules, url_key};
use afterimage_index::{
    PageId,
    store::{Batch, Store},
};
use afterimage_messages::{Capture, Captured, Level, Offer, SkipReason, Wanted};

/// How long a page that was asked for may take to come.
const ASKED_MS: f64 = 60_000.0;

/// Who sent a message, as the browser says.
#[derive(Debug, Clone, PartialEq)]
pub enum Sender {
    /// A content script.
    Page(PageSender),
    /// One of the extension's own pages.
    Extension,
}

/// The page that a content script runs in.
#[derive(Debug, Clone, PartialEq)]
pub struct PageSender {
    /// Its address.
    pub url: String,
    /// It is the tab's top frame.
    pub top_frame: bool,
    /// The tab is in a private window.
    pub private: bool,
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// How much of this page may be read?
    pub(super) fn check(&self, offer: &Offer, page: &PageSender) -> Result<Level, SkipReason> {
        let url = address(offer, page);
        let now = self.platform().now();
        let asked =
            self.asked_for.get().is_some_and(|(wanted, until)| now < until && page_at(url) == Some(wanted));
        let facts = rules::PageFacts {
            url,
            top_frame: page.top_frame,
            private_window: page.private,
            visible_password: offer.visible_password,
            visible_card: offer.visible_card,
            noarchive: offer.noarchive,
            asked,
        };
        rules::check(&facts, &self.settings.borrow(), now)
    }

    /// A person asks for this page, though reading is paused or manual. Whether it may be read as far as its address
    /// tells; what is on it is seen when it comes.
    pub(super) fn ask_for(&self, url: &str) -> Wanted {
        let settings = self.settings.borrow();
        let checked = if settings.consent {
            rules::check_address(url, &settings, true)
        } else {
            Err(SkipReason::NoConsent)
        };
        if checked.is_ok() {
            let until = self.platform().now() + ASKED_MS;
            self.asked_for.set(page_at(url).map(|id| (id, until)));
        }
        Wanted { skip: checked.err(), level: checked.unwrap_or(Level::Never) }
    }

    /// Takes a page's text. When this returns `Queued`, the text survives whatever happens next.
    pub(super) async fn capture(&self, capture: Capture, page: &PageSender) -> Result<Captured, EngineError> {
        let skipped = |reason| Ok(Captured::Skipped { reason });
        let level = match self.check(&capture.offer, page) {
            Ok(level) => level,
            Err(reason) => return skipped(reason),
        };
        let url = address(&capture.offer, page);
        let Ok(key) = url_key::UrlKey::new(url, capture.canonical.as_deref()) else {
            return skipped(SkipReason::Scheme);
        };
        let title = text::normalise_title(&capture.title);
        let body = if level == Level::Full { text::normalise(&capture.text) } else { String::new() };
        let nothing = if level == Level::Full { body.is_empty() } else { title.is_empty() };
        if nothing {
            return skipped(SkipReason::Empty);
        }
        let id = PageId::from_key_hash(key.sha256());
        let alias = url_key::alias_hash(url);
        let text_hash = text::hash(&body);
        let seen_at = self.platform().now();

        let queued = self.queue.borrow().newest(id).map(|entry| entry.text_hash);
        match queued {
            Some(hash) if hash == text_hash => return Ok(Captured::Unchanged),
            Some(_) => {}
            None => {
                let known = self.index.page(id).await?.is_some_and(|known| known.text_hash == text_hash);
                if known && self.index.visit(id, seen_at, Some(alias), Batch::new()).await? {
                    return Ok(Captured::Unchanged);
                }
            }
        }
        let queued = QueuedPage {
            id,
            url: url.to_owned(),
            alias,
            title,
            language: capture.language.map(|tag| text::cut(tag.trim(), text::LANGUAGE_LIMIT).to_owned()),
            text_hash,
            seen_at,
            text: body,
        };
        let planned = self.queue.borrow().plan(&queued);
        let Some((entry, batch)) = planned else {
            return Err(EngineError::BadArgument("the page cannot be written down".into()));
        };
        self.store().commit(batch).await?;
        self.queue.borrow_mut().push(entry);
        Ok(Captured::Queued)
    }
}

fn page_at(url: &str) -> Option<PageId> {
    url_key::UrlKey::new(url, None).ok().map(|key| PageId::from_key_hash(key.sha256()))
}

/// The page's address. The browser's word on the sender stays the address at which the content script was
/// started, however often a single-page app has moved on; so a message is believed about the path, which
/// the page may set to anything by itself, but never about the origin.
fn address<'a>(offer: &'a Offer, page: &'a PageSender) -> &'a str {
    if url_key::same_origin(&offer.url, &page.url) { &offer.url } else { &page.url }
}
