//! Pages, vectors and questions for tests.

use afterimage_index::store::{Batch, RamStore, Store};
use afterimage_index::{
    Filters, Fusion, Hit, Index, Must, NewPage, NewText, Order, PageId, Query, QueryVector,
};

/// The space of [`vector`].
pub const SPACE: &str = "test@1";

/// The `n`th page's identifier.
pub fn id(n: u8) -> PageId {
    PageId::from_key_hash([n; 32])
}

/// A page, seen at `n` ms.
pub fn page(n: u8, title: &str, passages: &[&str]) -> NewPage {
    NewPage {
        id: id(n),
        url: format!("https://site{n}.test/page"),
        title: title.into(),
        language: None,
        text_hash: [n; 32],
        seen_at: f64::from(n),
        aliases: vec![[n; 16]],
        passages: passages.iter().map(ToString::to_string).collect(),
    }
}

/// A page of a site by its text, without a title.
pub fn text(n: u8, site: &str, lines: &[&str]) -> NewText {
    let page = NewPage { url: format!("https://{site}/{n}"), ..page(n, "", &[]) };
    NewText { page, text: lines.join("\n") }
}

/// Keeps texts in one transaction; each line that is kept is a passage.
pub async fn read<S: Store>(
    index: &Index<S>,
    texts: Vec<NewText>,
    also: Batch,
) -> Result<(), afterimage_index::IndexError> {
    let by_line = |text: &str| text.lines().map(str::to_owned).collect();
    index.insert_texts(texts, &by_line, also).await
}

/// An index on an empty store, with these pages.
pub async fn index_of(pages: &[NewPage]) -> Index<RamStore> {
    let index = Index::open(RamStore::new()).await.unwrap();
    for page in pages {
        index.insert(page.clone(), Batch::new()).await.unwrap();
    }
    index
}

/// A text's vector in eight dimensions: the same for the same text, anything for another.
pub fn vector(text: &str) -> Vec<f32> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(8).collect()
}

/// Gives up to `limit` passages the vector of their text; returns how many.
pub async fn embed<S: Store>(index: &Index<S>, limit: usize) -> usize {
    let missing = index.next_unembedded(SPACE, limit).await.unwrap();
    let vectors = missing.into_iter().map(|found| (found.passage, vector(&found.text))).collect();
    index.set_vectors(SPACE, vectors).await.unwrap()
}

/// A question in words.
pub async fn ask<S: Store>(index: &Index<S>, text: &str) -> Vec<Hit> {
    ask_with(index, text, Filters::default()).await
}

/// A question in words, with filters.
pub async fn ask_with<S: Store>(index: &Index<S>, text: &str, filters: Filters) -> Vec<Hit> {
    index
        .search(Query { text, vector: None, filters, must: Must::default(), order: Order::Best, limit: 100 })
        .await
        .unwrap()
}

/// A question in words and the vector of `meaning`.
pub async fn ask_meaning<S: Store>(index: &Index<S>, text: &str, meaning: &str, min_cosine: f32) -> Vec<Hit> {
    let values = vector(meaning);
    let vector = QueryVector { space: SPACE, values: &values, fusion: Fusion::Calibrated, min_cosine };
    let query = Query {
        text,
        vector: Some(vector),
        filters: Filters::default(),
        must: Must::default(),
        order: Order::Best,
        limit: 100,
    };
    index.search(query).await.unwrap()
}

/// The pages of hits, in order.
pub fn pages(hits: &[Hit]) -> Vec<PageId> {
    hits.iter().map(|hit| hit.page.id).collect()
}

/// A snippet with its marks in brackets.
pub fn shown(hit: &Hit) -> String {
    let show = |piece: &afterimage_index::Piece| {
        if piece.marked { format!("[{}]", piece.text) } else { piece.text.clone() }
    };
    hit.snippet.iter().map(show).collect()
}
