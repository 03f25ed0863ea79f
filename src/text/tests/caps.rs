//! Cleaning ends: in size, in time, and at a text that is cleaned no further.

use super::*;

#[test]
fn the_size_is_capped_between_characters_and_says_how_much_is_missing() {
    let long = "é".repeat(5000);
    let cleaned = Clean::new(&long);
    assert!(cleaned.as_str().len() <= DEFAULT_CAP);
    let kept = cleaned.as_str().find('…').unwrap();
    assert!(cleaned.as_str().ends_with(&format!("… [{} bytes cut]", long.len() - kept)), "{cleaned}");
    assert_eq!(Clean::new(cleaned.as_str()), cleaned);
    for cap in 0..60 {
        let cleaned =
            Clean::with_cap("one password=hunter2 two three four five six seven eight nine ten", cap);
        assert!(cleaned.as_str().len() <= cap, "{cap}: {cleaned}");
        assert!(!cleaned.as_str().contains("hunter"), "{cap}: {cleaned}");
        assert_eq!(Clean::with_cap(cleaned.as_str(), cap), cleaned, "{cap}");
    }
}

#[test]
fn a_stored_text_is_cleaned_again_when_it_is_read() {
    let read: Clean = serde_json::from_str(r#""a\u001b[31m password=hunter2""#).unwrap();
    assert_eq!(read.as_str(), "a password=[redacted]");
    assert_eq!(serde_json::to_string(&read).unwrap(), r#""a password=[redacted]""#);
    let long = Clean::with_cap(&"word ".repeat(4000), 32 * 1024);
    let again: Clean = serde_json::from_str(&serde_json::to_string(&long).unwrap()).unwrap();
    assert_eq!(again, long);
}

#[test]
fn a_cut_text_stays_as_it_is_when_it_is_read_with_a_larger_cap() {
    let text = "0?:-84.010? 041iiih??iii2iiiiiiiiiii/i?????>?29=92????, 10 1i0\u{6} 0ti";
    let cut = Clean::with_cap(text, 64);
    assert!(cut.as_str().ends_with(" bytes cut]"), "{cut}");
    for cap in [65, 100, 4096, 65536] {
        assert_eq!(Clean::with_cap(cut.as_str(), cap), cut, "{cap}");
    }
}

#[test]
fn a_note_of_a_cut_hides_no_secret_before_it() {
    for text in ["password=hunter2… [12 bytes cut]", "password=hunter2 … [1 bytes cut] … [2 bytes cut]"]
    {
        hides(text);
    }
    hides("… [12 bytes cut] password=hunter2");
}

/// A generator that gives the same numbers on every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit as u64)).unwrap()
    }
}

#[test]
fn cleaning_twice_changes_nothing() {
    let parts = [
        "password",
        "token",
        "=",
        ":",
        "\"",
        "\\\"",
        "\\",
        "[redacted]",
        "[red",
        "acted]",
        "https://",
        "@",
        "/",
        "?",
        "&",
        "sig",
        "hunter2",
        "dXNlcjpodW50ZXIy",
        "eyJhbGciOi",
        ".",
        ",",
        ";",
        " ",
        "\n",
        "\u{1b}[",
        "]",
        "{",
        "}",
        "%3D",
        "%26",
        "%22",
        "Basic ",
        "Bearer ",
        "user",
        "Authorization: ",
        "x.example.com",
        "-----BEGIN PRIVATE KEY-----",
        "…",
        "'",
        "`",
        "&quot;",
    ];
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20_000 {
        let text: String = (0..numbers.below(14)).map(|_| parts[numbers.below(parts.len())]).collect();
        let cap = if numbers.below(4) == 0 { numbers.below(80) } else { DEFAULT_CAP };
        let once = Clean::with_cap(&text, cap);
        assert_eq!(Clean::with_cap(once.as_str(), cap), once, "{text:?}");
    }
}

#[test]
fn a_megabyte_of_anything_takes_no_time() {
    for unit in [
        "a",
        "password=",
        "pwd%3D",
        "\u{1b}]",
        "https://a@",
        "\"",
        "\\",
        "%22",
        "token: ",
        "eyJ",
        "user: x password: ",
        "?a=&",
        "Basic ",
        "cookie: a=b;",
        "-----BEGIN PRIVATE KEY-----",
        "a:b@",
        "[redacted]",
    ] {
        let text = unit.repeat(1_000_000 / unit.len());
        let start = std::time::Instant::now();
        let cleaned = Clean::new(&text);
        let took = start.elapsed();
        assert!(took.as_secs() < 5, "{unit:?} took {took:?}");
        assert!(cleaned.as_str().len() <= DEFAULT_CAP);
    }
}
