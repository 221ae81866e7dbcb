//! Pages like a page, and pages that say nearly the same.

use crate::helpers::*;
use afterimage_index::{Filters, Why};
use pollster::block_on;

#[test]
fn similar_pages_are_found_by_their_passages() {
    block_on(async {
        let index = index_of(&[
            page(1, "", &["apple", "pear"]),
            page(2, "", &["pear", "apple"]),
            page(3, "", &["apple", "unrelated"]),
            page(4, "", &["something else"]),
        ])
        .await;
        embed(&index, 99).await;
        let hits = index.similar(id(1), SPACE, Filters::default(), 2).await.unwrap();
        assert_eq!(pages(&hits), [id(2), id(3)], "both parts, then one of them");
        assert!((hits[0].score - 1.0).abs() < 1e-3);
        assert_eq!(hits[0].why, Why::Meaning);
        assert!(hits[0].snippet.iter().all(|piece| !piece.marked));
        assert_eq!(shown(&hits[1]), "apple");
        let all = index.similar(id(1), SPACE, Filters::default(), 99).await.unwrap();
        assert_eq!(all.len(), 3, "never itself");
        assert_eq!(index.similar(id(9), SPACE, Filters::default(), 9).await, Ok(Vec::new()));
    });
}

#[test]
fn without_vectors_similar_pages_are_found_by_their_words() {
    block_on(async {
        let index = index_of(&[
            page(1, "Volcano", &["The volcano threw lava and ash over the town."]),
            page(2, "Lava", &["When lava meets the sea, ash and steam rise."]),
            page(3, "The town", &["The town has a new school."]),
            page(4, "Chess", &["The queen takes the rook."]),
        ])
        .await;
        let hits = index.similar(id(1), SPACE, Filters::default(), 9).await.unwrap();
        assert_eq!(pages(&hits)[0], id(2));
        assert!(!pages(&hits).contains(&id(4)) && !pages(&hits).contains(&id(1)));
        assert_eq!(hits[0].why, Why::Words);
        assert_eq!(shown(&hits[0]), "When [lava] meets the sea, [ash] and steam rise.");
    });
}

#[test]
fn pages_that_say_nearly_the_same_are_one_hit() {
    block_on(async {
        let article: String = (0..300).map(|n| format!("word{} ", n * n % 1009)).collect();
        let changed = article.replace("word81 ", "another ");
        let other: String = (0..300).map(|n| format!("term{} word{n} ", n * n % 1009)).collect();
        let index = index_of(&[
            page(1, "Article", &[&article]),
            page(2, "Article, printed", &[&changed]),
            page(3, "Article, again", &[&article]),
            page(4, "Other", &[&other]),
        ])
        .await;
        let hits = ask(&index, "word9 word64").await;
        let like: Vec<u32> = hits.iter().map(|hit| hit.alike).collect();
        assert_eq!((hits.len(), like.iter().sum::<u32>()), (2, 2), "{like:?}");
        assert!(pages(&hits).contains(&id(4)));
        let typing = ask(&index, "word9").await;
        assert!(typing.len() > hits.len(), "the first three of a short question keep their places");
        embed(&index, 99).await;
        assert_eq!(pages(&index.similar(id(1), SPACE, Filters::default(), 9).await.unwrap()), [id(4)]);
        assert_eq!(pages(&index.similar(id(4), SPACE, Filters::default(), 9).await.unwrap()).len(), 1);
    });
}
