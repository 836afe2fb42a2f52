//! The card in Microsoft's own renderer, with Microsoft's look of Teams, in a real browser: what people get to see.
//!
//! Needs Chromium and npm: `make test-extra`. The picture of it in the README is made here, too.

mod chromium;
mod picture;

use std::{collections::HashMap, env, fs, path::PathBuf};

use hourly_update::destinations::teams::message::literal;
use serde::Deserialize;
use serde_json::{Value, json};

use self::{
    chromium::{Page, address},
    picture::{describe, described},
};
use super::sample;

/// A card's width in a channel on a desktop, and on a phone of 360 px with Teams' margins.
const WIDTHS: [u32; 2] = [640, 328];

/// What WCAG 2.1 asks for of text: level AA.
const READABLE: f64 = 4.5;

/// The background of Teams' window around a card.
const THEMES: [(&str, &str); 2] = [("light", "#F6F6F6"), ("dark", "#201E1F")];

/// What tests/browser/page.html finds out.
#[derive(Debug, Deserialize)]
struct Found {
    looks: Vec<Look>,
    interpreted: Vec<String>,
    size: [u32; 2],
}

/// One rendering.
#[derive(Debug, Deserialize)]
struct Look {
    width: u32,
    /// What the parser or the validation has to say against the card.
    complaints: Vec<String>,
    lines: Vec<String>,
    /// Text and background colour of the bands.
    containers: Vec<(String, String)>,
    facts: Vec<(String, String)>,
    /// Elements that only Markdown makes.
    markup: Vec<String>,
    /// What the buttons do: title and URL.
    opened: Vec<(String, String)>,
    /// Of text and background, where they are hardest to tell apart.
    least_contrast: f64,
    too_wide: Vec<String>,
}

/// What tests/browser/picture.html finds out.
#[derive(Debug, Deserialize)]
struct Seen {
    size: [u32; 2],
    /// How much of the picture has which colour.
    share: HashMap<String, f64>,
}

#[tokio::test]
#[ignore = "needs Chromium and npm: make test-extra"]
async fn people_see_all_of_the_card_on_a_desktop_and_on_a_phone() {
    let card = sample::card(&sample::update());
    for (theme, _) in THEMES {
        let page = page(theme, &card, &[]);
        let found: Found = page.result().await;
        assert_eq!(found.looks.len(), WIDTHS.len());
        for look in &found.looks {
            let of = format!("{theme}, {} px: {look:#?}", look.width);
            assert!(look.complaints.is_empty(), "{of}");
            assert!(look.too_wide.is_empty(), "{of}");
            assert!(look.markup.is_empty(), "{of}");
            assert!(look.least_contrast >= READABLE, "{of}");
            assert_eq!(look.lines[0], "Hourly Metrics Update, Sun 22 Nov 13:57 UTC", "{of}");
            assert_eq!(look.containers.len(), 3, "{of}");
            for ((text, background), (begin, state, style)) in look.containers.iter().zip(sample::SECTIONS) {
                assert!(
                    text.starts_with(begin) && text.contains(state),
                    "{text}, not {begin} {state}"
                );
                assert_eq!(*background, colour(&host_config(theme), style), "{begin}");
            }
            let facts: Vec<_> = look
                .facts
                .iter()
                .map(|(title, value)| (title.as_str(), value.as_str()))
                .collect();
            assert_eq!(facts, sample::FACTS, "{of}");
            for note in sample::update().notes {
                assert!(
                    look.lines.iter().any(|line| line.ends_with(&note)),
                    "{note} is not in {of}"
                );
            }
            assert_eq!(
                look.opened,
                [("Open dashboard".to_owned(), sample::DASHBOARD.to_owned())]
            );
        }

        let seen = look_at(&page.picture(found.size).await).await;
        assert_eq!(seen.size, found.size);
        for (_, _, style) in sample::SECTIONS {
            let colour = colour(&host_config(theme), style);
            let share = seen.share.get(&colour).copied().unwrap_or_default();
            assert!(share > 0.04, "{theme}: {style} is {share} of the picture: {seen:?}");
        }
    }
}

/// Everything that a label can be, in the place where it does most harm.
#[tokio::test]
#[ignore = "needs Chromium and npm: make test-extra"]
async fn markdown_makes_nothing_of_foreign_text() {
    let raw: Vec<String> = nasty_texts().collect();
    let literals = raw.iter().map(|text| literal(text));
    let texts: Vec<String> = literals.filter(|text| !text.is_empty()).collect();
    assert!(texts.len() > 3_000, "{}", texts.len());
    let card = sample::card(&sample::update());
    let found: Found = page("light", &card, &texts).result().await;
    assert_eq!(found.interpreted, [""; 0]);
    // The page notices what is interpreted: most of these are, before they are made literal.
    let found: Found = page("light", &card, &raw).result().await;
    assert!(found.interpreted.len() > raw.len() / 4, "{}", found.interpreted.len());
}

#[tokio::test]
#[ignore = "needs Chromium and npm: make test-extra"]
async fn the_renderer_rejects_what_is_no_card() {
    let mut card = sample::card(&sample::update());
    card["body"][0]["type"] = "Headline".into();
    card["actions"][0]["type"] = "Action.Call".into();
    let found: Found = page("light", &card, &[]).result().await;
    for look in &found.looks {
        assert!(look.complaints.iter().any(|it| it.contains("Headline")), "{look:?}");
        assert!(look.complaints.len() >= 2, "{look:?}");
    }
    let mut card = sample::card(&sample::update());
    card["body"][0]["text"] = "W".repeat(200).into();
    card["body"][0]["wrap"] = false.into();
    card["body"][1]["text"] = "**bold**".into();
    card["body"][1]["color"] = "Warning".into();
    let found: Found = page("light", &card, &[]).result().await;
    for look in &found.looks {
        assert!(!look.markup.is_empty() && !look.too_wide.is_empty(), "{look:?}");
        assert!(look.least_contrast < READABLE, "{look:?}");
    }
}

/// The longest names that a report may give, in one word.
#[tokio::test]
#[ignore = "needs Chromium and npm: make test-extra"]
async fn nothing_sticks_out_of_the_card_however_long_a_word_is() {
    let mut update = sample::update();
    for section in &mut update.sections {
        section.title = "W".repeat(100);
        section.lines[0].label = "W".repeat(100);
    }
    update.notes[1] = "W".repeat(300);
    let found: Found = page("light", &sample::card(&update), &[]).result().await;
    for look in &found.looks {
        assert!(look.too_wide.is_empty(), "{look:#?}");
        assert!(look.facts[0].1 == "5" && look.complaints.is_empty(), "{look:#?}");
    }
}

/// The picture in the README shows the card as it is now.
#[tokio::test]
#[ignore = "needs Chromium and npm: make test-extra"]
async fn the_readme_shows_this_card() {
    let card = sample::card(&sample::update());
    let file = root().join("docs/images/teams.png");
    if env::var_os("UPDATE_DOCS").is_some() {
        let page = page("light", &card, &[]);
        let found: Found = page.result().await;
        let picture = describe(&page.picture(found.size).await, &card.to_string());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, picture).unwrap();
    }
    let picture = fs::read(&file).unwrap_or_default();
    assert!(
        described(&picture) == Some(card.to_string()),
        "docs/images/teams.png shows another card: UPDATE_DOCS=1 make test-extra, and look at it"
    );
    assert!(picture.len() < 150 * 1024, "{} bytes", picture.len());
    assert!(look_at(&picture).await.share.len() > 5, "it is blank");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn modules() -> PathBuf {
    root().join("tests/browser/node_modules")
}

fn host_config(theme: &str) -> Value {
    let file = modules().join(format!(
        "adaptivecards-designer/lib/hostConfigs/microsoft-teams-{theme}.json"
    ));
    let text = fs::read_to_string(file).expect("Microsoft's renderer is missing: see `make test-extra`");
    serde_json::from_str(&text).unwrap()
}

/// A container style's colour, as browsers write it.
fn colour(host_config: &Value, style: &str) -> String {
    let hex = host_config["containerStyles"][style]["backgroundColor"]
        .as_str()
        .unwrap();
    let parts = [1, 3, 5].map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    format!("rgb({}, {}, {})", parts[0], parts[1], parts[2])
}

fn page(theme: &str, card: &Value, texts: &[String]) -> Page {
    let (_, background) = THEMES.iter().find(|(name, _)| *name == theme).unwrap();
    let input = json!({"card": card, "hostConfig": host_config(theme), "widths": WIDTHS, "texts": texts});
    let html = fs::read_to_string(root().join("tests/browser/page.html")).unwrap();
    let html = html
        .replace("{modules}", &address(&modules()))
        .replace("{theme}", theme)
        .replace("{background}", background);
    // Last, since a text may look like a place to fill in; and nothing in it ends the script.
    Page::new(&html.replace("{input}", &input.to_string().replace('<', "\\u003c")))
}

async fn look_at(png: &[u8]) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("picture.png");
    fs::write(&file, png).unwrap();
    let html = fs::read_to_string(root().join("tests/browser/picture.html")).unwrap();
    Page::new(&html.replace("{input}", &address(&file))).result().await
}

/// Texts of all that Markdown knows, in every order, and what report.yaml lets a label be.
fn nasty_texts() -> impl Iterator<Item = String> {
    const PARTS: [&str; 28] = [
        "*",
        "_",
        "**",
        "__",
        "`",
        "[",
        "](",
        "]:",
        ")",
        "!",
        "<",
        ">",
        "&",
        "lt;",
        "#",
        "\\",
        "~~",
        "-",
        "+",
        "1.",
        "2)",
        "=",
        "|",
        " ",
        "a",
        "é",
        "at>",
        "https://a.example",
    ];
    let random = (0..4_000u64).map(|seed| {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let parts = std::iter::repeat_with(move || {
            // xorshift64: the same texts in every run
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            PARTS[usize::try_from(state >> 33).unwrap() % PARTS.len()]
        });
        parts.take(3 + usize::try_from(seed % 9).unwrap()).collect::<String>()
    });
    let whole = [
        "<at>Everybody</at>",
        "[link](https://a.example)",
        "{{DATE(2026-11-22T13:57:00Z)}}",
        "---",
        "***",
        "- - -",
    ];
    random
        .chain(whole.map(str::to_owned))
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}
