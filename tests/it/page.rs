//! The HTML page in a browser: it loads without errors, shows the numbers of the JSON document, and
//! can be filtered and looked into. Needs Chromium, by `CHROME` or on the path; without one it says
//! what was not tried.

use std::process::{Command, Stdio};

use super::reports::{document, folder};

/// Names under which the browser is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The browser, if there is one.
fn browser() -> Option<String> {
    let named = std::env::var("CHROME").ok();
    named.into_iter().chain(NAMES.map(str::to_owned)).find(|name| {
        let version = Command::new(name).arg("--version").stderr(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    })
}

/// The page as the browser has it at an address within it; none without a browser.
fn page_at(hash: &str) -> Option<String> {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here, so the page was not opened at {hash:?}");
        return None;
    };
    // A profile of its own: browsers that share one wait for each other.
    let profile = std::env::temp_dir().join(format!(
        "skewproof-page-{}-{}",
        std::process::id(),
        hash.chars().filter(char::is_ascii_alphanumeric).collect::<String>()
    ));
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}{hash}", folder().join("run.html").display()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let _ = std::fs::remove_dir_all(profile);
    let page = String::from_utf8(output.stdout).unwrap();
    let (head, _) = page.split_once("<head>").unwrap();
    assert!(head.contains("data-errors=\"0\""), "the page has errors at {hash}: {head}");
    assert!(head.contains("data-ready="), "the page did not come to an end at {hash}: {head}");
    // What was embedded is not what is shown.
    Some(page.split("<script").next().unwrap().to_owned())
}

/// The text behind the first occurrence of a mark, up to the next tag.
fn behind<'a>(page: &'a str, mark: &str) -> &'a str {
    let (_, rest) = page.split_once(mark).unwrap_or_else(|| panic!("no {mark}"));
    rest.split('<').next().unwrap()
}

fn digits(text: &str) -> u64 {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[test]
fn the_page_opens_without_errors_and_counts_as_the_document_does() {
    let Some(page) = page_at("") else { return };
    let document = document();
    let counts = &document["matrix"]["counts"];
    for class in document["matrix"]["classes"].as_array().unwrap() {
        let word = class["word"].as_str().unwrap();
        let shown = digits(behind(&page, &format!("data-count=\"{word}\">")));
        assert_eq!(Some(shown), counts[word].as_u64(), "{word}");
    }
    let matched = digits(page.split_once("data-matched=\"").unwrap().1.split('"').next().unwrap());
    assert_eq!(Some(matched), counts["total"].as_u64());
    let pairs = document["matrix"]["pairs"].as_array().unwrap().len();
    assert_eq!(page.matches("data-pair=").count(), pairs);
    let grids = document["grids"].as_array().unwrap().len();
    assert_eq!(page.matches("data-kind=\"grids\"").count(), grids);
    let tables = document["tables"].as_array().unwrap().len();
    assert_eq!(page.matches("data-kind=\"tables\"").count(), tables);
}

#[test]
fn the_page_is_ready_within_a_second() {
    let Some(browser_head) = page_at("#?q=ready") else { return };
    let ready = browser_head.split_once("data-ready=\"").unwrap().1.split('"').next().unwrap();
    assert!(digits(ready) < 1_000, "{ready} ms");
}

#[test]
fn a_filter_narrows_what_is_shown() {
    let Some(page) = page_at("#?class=gated&layer=V1&message=Gossip") else { return };
    let document = document();
    let blocks = document["matrix"]["blocks"].as_array().unwrap();
    let expected: usize = blocks
        .iter()
        .filter(|block| block["layer"] == "V1")
        .filter_map(|block| block["cells"]["Gossip"].as_str())
        .map(|glyphs| glyphs.matches('|').count())
        .sum();
    assert!(expected > 0);
    assert!(page.contains(&format!("data-matched=\"{expected}\"")), "{expected}");
    assert!(page.contains("What the filter finds"));
    let nothing = page_at("#?q=no-such-word-anywhere").unwrap();
    assert!(
        nothing.contains("data-matched=\"0\"") && nothing.contains("Nothing matches the filter.")
    );
}

#[test]
fn the_page_leads_into_a_pair_a_message_and_a_cell() {
    let Some(pair) = page_at("#1.4/1.3") else { return };
    assert!(pair.contains("<h2 tabindex=\"-1\">1.4 dials 1.3</h2>"));
    assert!(pair.contains("href=\"#1.4/1.3/V1/Gossip\""));
    let message = page_at("#1.4/1.3/V1/Gossip").unwrap();
    assert!(message.contains("Gossip requires peer to have minimum version V2"));

    let cell = page_at("#1.4-dev/1.3/V1/Gossip/typical").unwrap();
    assert!(cell.contains("<code>skewproof repro matrix/1.4-dev/1.3/V1/Gossip/typical</code>"));
    assert!(cell.contains("the sender panicked"), "the founding case");
    assert!(cell.contains("Not sent."));

    let lossy = page_at("#1.7/1.6/V3/NodeStateResponse/typical").unwrap();
    for shown in ["Sent by 1.7", "Understood by 1.6", "<del>", "0000  05"] {
        assert!(lossy.contains(shown), "{shown}");
    }
}

#[test]
fn an_address_that_leads_nowhere_says_so() {
    let Some(page) = page_at("#1.4/9.9/V1/%3Cb%3E") else { return };
    assert!(page.contains("There is nothing at 1.4/9.9/V1/&lt;b&gt;"));
}
