//! A report in HTML, as a browser shows it.

use std::path::Path;
use std::process::Command;

/// Looks at the page as a reader does, where there is a browser.
#[expect(clippy::print_stderr, reason = "what was not checked is said")]
pub(crate) fn in_a_browser(page: &str, folder: &Path, charts: usize) {
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let Some(browser) = browsers
        .iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok())
    else {
        eprintln!(
            "NOT CHECKED: there is no Chromium here, so that nobody looked at the HTML report in a browser"
        );
        return;
    };
    let profile = folder.join("browser");
    let picture = folder.join("page.png");
    let look = |arguments: &[String]| {
        let common = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--window-size=1100,5000",
        ];
        let done = Command::new(browser)
            .args(common)
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(arguments)
            .arg(format!("file://{page}"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    let dom = look(&["--dump-dom".to_owned()]);
    assert_eq!(
        dom.matches("</svg>").count(),
        charts,
        "the browser sees other charts"
    );
    look(&[format!("--screenshot={}", picture.display())]);
    let bytes = std::fs::read(&picture).unwrap();
    // An empty page of this size takes a tenth of it.
    assert!(
        bytes.starts_with(b"\x89PNG") && bytes.len() > 60_000,
        "{} bytes of a picture",
        bytes.len()
    );
}
