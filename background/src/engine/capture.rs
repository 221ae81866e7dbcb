//! A page offers itself, and sends its text.

use super::{Engine, EngineError, records::QueuedPage, text};
use crate::{platform::Platform, rules, url_key};
use afterimage_index::{
    PageId,
    store::{Batch, Store},
};
use afterimage_messages::{Capture, Captured, Offer, SkipReason};

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
    /// May this page be read?
    pub(super) fn check(&self, offer: &Offer, page: &PageSender) -> Result<(), SkipReason> {
        let facts = rules::PageFacts {
            url: address(offer, page),
            top_frame: page.top_frame,
            private_window: page.private,
            visible_password: offer.visible_password,
            visible_card: offer.visible_card,
        };
        rules::check(&facts, &self.settings.borrow())
    }

    /// Takes a page's text. When this returns `Queued`, the text survives whatever happens next.
    pub(super) async fn capture(&self, capture: Capture, page: &PageSender) -> Result<Captured, EngineError> {
        let skipped = |reason| Ok(Captured::Skipped { reason });
        if let Err(reason) = self.check(&capture.offer, page) {
            return skipped(reason);
        }
        let url = address(&capture.offer, page);
        let Ok(key) = url_key::UrlKey::new(url, capture.canonical.as_deref()) else {
            return skipped(SkipReason::Scheme);
        };
        let body = text::normalise(&capture.text);
        if body.is_empty() {
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
            title: text::normalise_title(&capture.title),
            language: capture.language.map(|tag| text::cut(tag.trim(), 35).to_owned()),
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

/// The page's address. The browser's word on the sender stays the address at which the content script was
/// started, however often a single-page app has moved on; so a message is believed about the path, which
/// the page may set to anything by itself, but never about the origin.
fn address<'a>(offer: &'a Offer, page: &'a PageSender) -> &'a str {
    if url_key::same_origin(&offer.url, &page.url) { &offer.url } else { &page.url }
}
