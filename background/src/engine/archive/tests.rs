#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use afterimage_index::{PageId, PageInfo, PageRecord, SpaceVectors};
use afterimage_messages::{Level, SiteRule};
use proptest::prelude::*;

fn entry(n: u8, passages: &[&str]) -> Entry {
    let page = PageInfo {
        id: PageId::from_key_hash([n; 32]),
        url: format!("https://example.org/{n}"),
        title: "A title".into(),
        language: Some("en".into()),
        text_hash: [n; 32],
        first_seen: 1.0,
        last_seen: 2.5,
        visits: 3,
        aliases: vec![[n; 16]],
        passages: passages.len() as u32 + 1,
    };
    let count = passages.len() as u32 + 2;
    let values = (0..count * 4).map(|n| n as i8).collect();
    let vectors = vec![SpaceVectors { space: "model@1".into(), ordinals: (0..count).collect(), values }];
    let passages = passages.iter().map(ToString::to_string).collect();
    Entry { record: PageRecord { page, passages, vectors }, pinned: n.is_multiple_of(2) }
}

fn contents() -> Vec<Content> {
    let sites = vec![SiteRule { site: "example.org".into(), level: Level::Title }];
    let settings = Settings { sites, keep_days: Some(90), ..Settings::default() };
    vec![
        Content::Settings(Box::new(settings)),
        Content::Pages(vec![entry(1, &["one passage", "zweite Stelle"]), entry(2, &[])]),
        Content::Pages(Vec::new()),
        Content::End { pages: 2, left_out: 1 },
    ]
}

fn frames() -> Vec<Vec<u8>> {
    let mut chain = begin();
    let mut frame = |content| {
        let (frame, next) = write(&chain, content).unwrap();
        chain = next;
        frame
    };
    contents().iter().map(&mut frame).collect()
}

#[test]
fn what_was_written_is_read() {
    let mut chain = begin();
    for (frame, content) in frames().iter().zip(contents()) {
        let (found, next) = read(&chain, frame).unwrap();
        assert_eq!(found, content);
        assert!(frame.starts_with(&[frame[0]]) && next[..] == frame[5..FRAME_HEADER as usize]);
        chain = next;
    }
    assert_eq!(header().len(), FILE_MAGIC.len() + 2);
}

#[test]
fn every_changed_missing_or_added_byte_is_noticed() {
    let mut chain = begin();
    for frame in frames() {
        for at in 0..frame.len() {
            let mut damaged = frame.clone();
            damaged[at] ^= 0x10;
            assert!(read(&chain, &damaged).is_err(), "byte {at}");
            assert_eq!(read(&chain, &frame[..at]), Err(FileProblem::Damaged), "cut at {at}");
        }
        let longer = [&frame[..], &[0]].concat();
        assert_eq!(read(&chain, &longer), Err(FileProblem::Damaged));
        chain = read(&chain, &frame).unwrap().1;
    }
}

#[test]
fn a_frame_in_another_place_is_noticed() {
    let frames = frames();
    let after_settings = read(&begin(), &frames[0]).unwrap().1;
    assert!(read(&after_settings, &frames[1]).is_ok());
    for (chain, frame) in [(begin(), &frames[1]), (after_settings, &frames[2]), (after_settings, &frames[0])]
    {
        assert_eq!(read(&chain, frame), Err(FileProblem::Damaged));
    }
}

/// A frame whose checksum is right, whatever is in it.
fn sealed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u32;
    let mut frame = vec![kind];
    frame.extend(length.to_le_bytes());
    frame.extend(checksum(&begin(), kind, length, payload));
    frame.extend(payload);
    frame
}

fn sealed_plain(kind: u8, plain: &[u8]) -> Vec<u8> {
    sealed(kind, &compress_to_vec(plain, 1))
}

#[test]
fn lengths_are_held_against_their_limits() {
    let mut huge = frames()[0].clone();
    huge[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read(&begin(), &huge), Err(FileProblem::TooLarge));
    let bomb = sealed_plain(PAGES, &vec![0; PLAIN_LIMIT + 1]);
    assert!(bomb.len() < 100_000);
    assert_eq!(read(&begin(), &bomb), Err(FileProblem::TooLarge));
    // A list that claims four thousand million pages, and one that has more than are allowed.
    assert_eq!(
        read(&begin(), &sealed_plain(PAGES, &[0xff, 0xff, 0xff, 0xff, 0x0f])),
        Err(FileProblem::Damaged)
    );
    let many: Vec<Entry> = (0..5_000).map(|_| entry(1, &[])).collect();
    let (frame, _) = write(&begin(), &Content::Pages(many)).unwrap();
    assert_eq!(read(&begin(), &frame), Err(FileProblem::Damaged));
    let large = entry(1, &["x".repeat(PLAIN_LIMIT).as_str()]);
    assert!(!large.fits());
    assert_eq!(write(&begin(), &Content::Pages(vec![large])), None);
}

#[test]
fn what_is_right_but_makes_no_sense_is_refused() {
    assert_eq!(read(&begin(), &sealed_plain(9, b"")), Err(FileProblem::Unknown));
    assert_eq!(read(&begin(), &sealed_plain(SETTINGS, b"7")), Err(FileProblem::Damaged));
    let mut timeless = entry(1, &[]);
    timeless.record.page.last_seen = f64::NAN;
    let mut uneven = entry(1, &[]);
    uneven.record.vectors[0].values.pop();
    for wrong in [timeless, uneven] {
        let (frame, _) = write(&begin(), &Content::Pages(vec![wrong])).unwrap();
        assert_eq!(read(&begin(), &frame), Err(FileProblem::Damaged));
    }
    let mut plain = entry::pack(&[entry(1, &[])]).unwrap();
    plain.push(0);
    assert_eq!(read(&begin(), &sealed_plain(PAGES, &plain)), Err(FileProblem::Damaged));
}

#[test]
fn settings_of_another_version_are_read_as_far_as_they_are_known() {
    let (content, _) =
        read(&begin(), &sealed_plain(SETTINGS, br#"{"keepDays":30,"newer":{"than":"this"}}"#)).unwrap();
    let expected = Settings { keep_days: Some(30), ..Settings::default() };
    assert_eq!(content, Content::Settings(Box::new(expected)));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        kind in 0..5_u8, bytes in prop::collection::vec(any::<u8>(), 0..400), at: prop::sample::Index, flip in 1..=255_u8,
    ) {
        let _ = read(&begin(), &bytes);
        // With right checksums, so that the inside is reached, too.
        let _ = read(&begin(), &sealed(kind, &bytes));
        let _ = read(&begin(), &sealed_plain(kind, &bytes));
        // A list of pages in which one byte is another one.
        let mut plain = entry::pack(&[entry(1, &["one", "two"]), entry(2, &[])]).unwrap();
        let at = at.index(plain.len());
        plain[at] ^= flip;
        let _ = read(&begin(), &sealed_plain(PAGES, &plain));
        let _ = read(&begin(), &sealed_plain(PAGES, &plain[..at]));
    }
}
