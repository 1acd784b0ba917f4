//! The HTML page in a browser: it loads without errors, shows the numbers of the JSON document, and
//! can be filtered and looked into. Needs Chromium, by `CHROME` or on the path; without one it says
//! what was not tried.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use std::time::Duration;

use skewproof::harness::render::html;
use skewproof::harness::report::Report;
use skewproof::harness::verdict::{CaseId, Finding, Verdict};

use super::reports::{document, folder};

/// Names under which the browser is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The browser, if there is one.
pub fn browser() -> Option<String> {
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
    let address = format!("{}{hash}", folder().join("run.html").display());
    // Time is skipped while nothing happens: the page comes to its end without a real wait.
    let page = dump(&browser, &address, &["--virtual-time-budget=20000"]);
    assert!(page.contains("data-errors=\"0\""), "the page has errors at {hash}");
    Some(page)
}

/// What a file looks like when it has loaded, without what is embedded in it.
pub fn dump(browser: &str, address: &str, options: &[&str]) -> String {
    // A profile of its own: browsers that share one wait for each other.
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(options)
        .arg(format!("file://{address}"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("data-ready="), "the page did not come to an end at {address}");
    page.split("<script").next().unwrap().to_owned()
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
fn the_first_view_answers_and_nothing_of_it_is_cut() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here, so nobody looked at the first view");
        return;
    };
    let page = std::fs::read_to_string(folder().join("run.html")).unwrap();
    // What is wider than the window; the browser opens none that is narrower than 500.
    let measure = "<script>setTimeout(() => { const root = document.documentElement; \
        root.dataset.over = Math.max(0, root.scrollWidth - root.clientWidth); \
        root.dataset.map = Math.max(...[...document.querySelectorAll('.map .scrolled')].map((box) => box.scrollWidth - box.clientWidth)); \
        }, 5000)</script></body>";
    let path = folder().join("measured.html");
    std::fs::write(&path, page.replace("</body>", measure)).unwrap();
    for (width, hash) in [(1440, ""), (1440, "#?patches=1"), (500, "")] {
        let address = format!("{}{hash}", path.display());
        let window = format!("--window-size={width},900");
        let page = dump(&browser, &address, &["--virtual-time-budget=20000", &window]);
        assert!(page.contains("data-over=\"0\""), "the page is wider than {width} at {hash:?}");
        assert!(width < 1440 || page.contains("data-map=\"0\""), "the map is cut at {hash:?}");
        for verdict in document()["verdicts"].as_array().unwrap() {
            let name = format!(
                "{} → {}",
                verdict["older"].as_str().unwrap(),
                verdict["newer"].as_str().unwrap()
            );
            let word = format!(">{}</span>", verdict["word"].as_str().unwrap());
            assert!(page.contains(&name) && page.contains(&word), "{name} {word}");
        }
    }
    assert_eq!(document()["verdicts"].as_array().unwrap().len(), 5);
}

/// A second on a machine that has nothing else to do; here other tests run beside it.
const READY_MS_MAX: u64 = 3_000;

/// Measured in real time. The browser gives the page away when it has loaded, so something in it
/// must take a while: an image from a server that does not answer.
#[test]
fn the_page_is_ready_in_time() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here, so nobody knows how fast the page is");
        return;
    };
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let image = format!("<img src=\"http://{}/\">", server.local_addr().unwrap());
    std::thread::spawn(move || {
        let connection = server.accept();
        std::thread::sleep(Duration::from_millis(READY_MS_MAX));
        drop(connection);
    });
    let page = std::fs::read_to_string(folder().join("run.html")).unwrap();
    let slow = page
        .replace("default-src 'none'", "default-src 'none'; img-src *")
        .replace("</body>", &format!("{image}</body>"));
    let path = folder().join("slow.html");
    std::fs::write(&path, slow).unwrap();
    let page = dump(&browser, &path.display().to_string(), &[]);
    let ready = page.split_once("data-ready=\"").unwrap().1.split('"').next().unwrap();
    eprintln!("ready after {ready} ms");
    assert!(digits(ready) < READY_MS_MAX, "{ready} ms");
}

#[test]
fn a_filter_narrows_what_is_shown() {
    let Some(page) = page_at("#?class=gated&layer=V1&message=Gossip") else { return };
    let document = document();
    let blocks = document["matrix"]["blocks"].as_array().unwrap();
    let expected: usize = blocks
        .iter()
        .filter(|block| block["layer"] == "V1")
        .map(|block| block["as"].as_u64().map_or(block, |at| &blocks[usize::try_from(at).unwrap()]))
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

    let cell = page_at("#1.3.3-dev/1.3/V1/Gossip/typical").unwrap();
    assert!(cell.contains("<code>skewproof repro matrix/1.3.3-dev/1.3/V1/Gossip/typical</code>"));
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

#[test]
fn what_comes_from_a_hostile_place_stays_text() {
    let Some(browser) = browser() else {
        eprintln!("skipped: no Chromium here, so no hostile page was opened");
        return;
    };
    let hostile = "</script><img src=x onerror=\"document.documentElement.dataset.run=1\">\u{202e}";
    let case = CaseId::from_segments(["matrix", hostile, "b"]);
    let finding = Finding {
        case: case.clone(),
        requirement: hostile.to_owned(),
        expected: hostile.to_owned(),
        actual: "{{script}}".to_owned(),
        place: Some(hostile.to_owned()),
        repro: Some(hostile.to_owned()),
    };
    let mut report = Report::new(hostile);
    report.note(hostile);
    report.grid(hostile).record(hostile, hostile, &case, Verdict::from(finding));
    let path = folder().join("hostile.html");
    std::fs::write(&path, html::render(&report, None, |it| it.into()).unwrap()).unwrap();
    let page = dump(&browser, &path.display().to_string(), &["--virtual-time-budget=20000"]);
    assert!(page.contains("data-errors=\"0\"") && !page.contains("data-run="));
    assert!(!page.contains("<img") && page.matches("&lt;img").count() > 5, "shown as text");
    assert!(page.contains("1 finding"));
}
