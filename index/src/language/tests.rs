use super::*;
use proptest::prelude::*;

/// Saturday, 2026-11-21, 00:30 in Vienna; still Friday in Greenwich.
const CLOCK: Clock = Clock { now: 1_795_217_400_000.0, offset: 60.0 };

fn of(text: &str) -> Question {
    parse(text, CLOCK)
}

/// The local midnight that begins a day.
fn midnight(days: i64) -> Option<f64> {
    Some(days as f64 * 86_400_000.0 - 3_600_000.0)
}

fn phrase(words: &str) -> Phrase {
    Phrase(words.split(' ').map(String::from).collect())
}

#[test]
fn plain_words_are_left_as_they_are() {
    for text in [
        "lost luggage",
        "what is a monad?",
        "C++ -",
        "e-mail",
        "a - b",
        "--flag",
        "it's 5 o'clock: go",
        "\"open end",
        "site:",
        "before:never",
        "after:2024-13-01",
        "after:2023-02-29",
        "in:body",
        "http://example.org",
        "-in:title",
        "-before:2024",
        "site:...",
        "-",
        "\"\"",
        "\"?!\"",
        "after:last",
        "after:last night",
        "全文検索",
    ] {
        let question = of(text);
        assert_eq!(question.must, Must::default(), "{text}");
        assert_eq!(question.filters, Filters::default(), "{text}");
        assert_eq!(question.text, text, "{text}");
    }
    assert_eq!(of(""), Question::default());
    assert_eq!(of("  \t "), Question::default());
}

#[test]
fn phrases_are_asked_for_and_searched() {
    let question = of("where \"Lost Luggage\" goes «tout à fait» „im Freien“");
    assert_eq!(question.must.phrases, [phrase("lost luggage"), phrase("tout a fait"), phrase("im freien")]);
    assert_eq!(question.text, "where Lost Luggage goes tout à fait im Freien");
    assert!(phrase("lost luggage").is_in("The Lost, luggage"));
    assert!(!phrase("lost luggage").is_in("lost the luggage"));
    assert!(!phrase("lost luggage").is_in("luggage lost"));
}

#[test]
fn a_name_in_code_is_meant_as_a_whole() {
    for (value, expected) in [
        ("C++", "c++"),
        ("c#", "c#"),
        ("std::mem::swap", "std::mem::swap"),
        ("(foo_bar)", "foo_bar"),
        ("__init__", "__init__"),
        ("Node.js", "node.js"),
        ("1.2.3", "1.2.3"),
        // Prose, and what is more than a name.
        ("e-mail", "e mail"),
        ("don't", "don t"),
        ("use std::mem", "use std mem"),
        ("C++ and C#", "c and c"),
        ("全文検索", "全文 文検 検索"),
        ("luggage", "luggage"),
    ] {
        assert_eq!(Phrase::new(value), Some(phrase(expected)), "{value}");
    }
    let question = of("templates -c++ -\"C#\" \"std::mem\"");
    assert_eq!(question.must.without, [phrase("c++"), phrase("c#")]);
    assert_eq!(
        (question.must.phrases, question.text.as_str()),
        (vec![phrase("std::mem")], "templates std::mem")
    );
    assert!(phrase("c++").is_in("Modern C++."));
    assert!(!phrase("c++").is_in("Modern C, too"));
    assert!(phrase("swap").is_in("std::mem::swap"));
    let long = format!("{}::end", "a".repeat(70));
    assert_eq!(Phrase::new(&long), Some(phrase("end")), "too long for a name");
}

#[test]
fn hyphens_exclude() {
    let question = of("fox -dog -\"red panda\" -site:example.org e-mail");
    assert_eq!(question.must.without, [phrase("dog"), phrase("red panda")]);
    assert_eq!(question.filters.without_sites, ["example.org"]);
    assert_eq!(question.text, "fox e-mail");
}

#[test]
fn a_phrase_counts_once_and_of_too_many_the_rest_are_words() {
    let question = of("x \"a b\" -c \"A, b\" -C \"a b\" -\"c\"");
    assert_eq!((question.must.phrases, question.must.without), (vec![phrase("a b")], vec![phrase("c")]));
    assert_eq!(question.text, "x a b A, b a b");
    let many: Vec<String> = (0..MAX_PHRASES + 3).map(|n| format!("\"p {n}\" -w{n}")).collect();
    let question = of(&(many.join(" ") + " -w0 \"p 0\""));
    let expected: Vec<Phrase> = (0..MAX_PHRASES).map(|n| phrase(&format!("p {n}"))).collect();
    assert_eq!(question.must.phrases, expected);
    let expected: Vec<Phrase> = (0..MAX_PHRASES).map(|n| phrase(&format!("w{n}"))).collect();
    assert_eq!(question.must.without, expected);
    assert!(
        question.text.ends_with("p 15 \"p 16\" -w16 \"p 17\" -w17 \"p 18\" -w18 p 0"),
        "{}",
        question.text
    );
}

#[test]
fn a_question_that_only_excludes_is_searched_as_it_is() {
    for text in ["-dog", "-site:example.org", "-dog -\"red panda\" in:title", "in:title"] {
        assert_eq!(of(text), Question { text: text.into(), ..Question::default() }, "{text}");
    }
}

#[test]
fn sites_are_hosts() {
    let question = of("SITE:Example.org site:https://docs.rs/tokio?x x");
    assert_eq!(question.filters.sites, Some(vec!["example.org".into(), "docs.rs".into()]));
    assert_eq!(question.text, "x");
    for (typed, host) in [
        ("localhost:8443", "localhost"),
        ("https://Docs.rs:443/tokio:1", "docs.rs"),
        ("docs.rs:/tokio", "docs.rs"),
        ("[2001:db8::1]:80", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("http://[::1]/", "::1"),
    ] {
        assert_eq!(of(&format!("site:{typed} x")).filters.sites, Some(vec![host.into()]), "{typed}");
        assert_eq!(of(&format!("-site:{typed} x")).filters.without_sites, [host], "{typed}");
    }
    for nothing in ["site::8443", "site:[]:80"] {
        assert_eq!(of(nothing).text, nothing);
    }
    let only = of("site:example.org");
    assert_eq!((only.text.as_str(), only.filters.sites.is_some()), ("", true));
}

#[test]
fn dates_are_local_days() {
    // 2026-11-21 is day 20,778.
    for (text, after) in [
        ("after:today", midnight(20_778)),
        ("after:yesterday", midnight(20_777)),
        ("after:2026-11-20", midnight(20_777)),
        ("after:2026/11/2", midnight(20_759)),
        ("after:2026-11", midnight(20_758)),
        ("after:2026", midnight(20_454)),
        ("after:last week", midnight(20_766)),
        ("after:last-week", midnight(20_766)),
        ("after:\"last week\"", midnight(20_766)),
        ("after:LastMonth", midnight(20_727)),
        ("after:last year", midnight(20_089)),
        ("after:2026 after:today", midnight(20_778)),
    ] {
        let question = of(text);
        assert_eq!(question.filters.after, after, "{text}");
        assert_eq!((question.text.as_str(), question.filters.before), ("", None), "{text}");
    }
    let both = of("fox before:2026-11-01 after:last month dog before:2027");
    assert_eq!((both.filters.after, both.filters.before), (midnight(20_727), midnight(20_758)));
    assert_eq!(both.text, "fox dog");
    let strange = parse("after:today", Clock { now: f64::NAN, offset: 0.0 });
    assert_eq!(strange.text, "after:today");
}

#[test]
fn the_last_month_of_january_is_december() {
    let january = Clock { now: 1_768_000_000_000.0, offset: 0.0 };
    assert_eq!(parse("x after:last month", january).filters.after, Some(1_764_547_200_000.0));
}

#[test]
fn titles_are_asked_for() {
    let question = of("rust in:title \"error handling\"");
    assert!(question.must.in_title);
    assert_eq!(question.text, "rust error handling");
}

proptest! {
    #[test]
    fn any_text_is_understood_and_loses_no_word(text in "[a-c \"“«»:\\-]{0,30}|\\PC{0,40}|((site|in|after|before):?|-|\"| |last|title|2024-0?[0-9])*") {
        let question = of(&text);
        // What is not an operator's is still asked.
        if question.must.is_empty() && question.filters == Filters::default() {
            prop_assert_eq!(
                question.text.split_whitespace().collect::<String>(),
                text.split_whitespace().collect::<String>()
            );
        }
        // Understanding twice changes nothing that can be seen.
        let again = of(&question.text);
        if question.must.is_empty() && question.filters == Filters::default() {
            prop_assert_eq!(again, question);
        }
    }
}
