//! Headless Chromium, which opens a page once and is gone: it is asked for the page's DOM or for a picture of it.

use std::{env, ffi::OsString, fs, path::Path, time::Duration};

use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

/// What the pages of tests/browser need: nothing from the network, a look into a picture on disk, and no sandbox, which
/// root cannot have.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
    "--host-resolver-rules=MAP * ~NOTFOUND",
];

/// A page takes a second; a busy machine, some.
const PATIENCE: Duration = Duration::from_secs(60);

/// A page on disk, and a browser's profile that nobody has used.
pub struct Page {
    place: TempDir,
}

impl Page {
    pub fn new(html: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("page.html"), html).unwrap();
        Self { place }
    }

    /// What the page says of itself: the JSON in its element `result`.
    pub async fn result<T: DeserializeOwned>(&self) -> T {
        let dom = String::from_utf8(self.open(&["--dump-dom".into()]).await).unwrap();
        let result = dom.split_once(r#"<script id="result" type="application/json">"#);
        let result = result.and_then(|(_, rest)| rest.split_once("</script>"));
        let (json, _) = result.unwrap_or_else(|| panic!("the page's script has failed:\n{dom}"));
        serde_json::from_str(json).unwrap()
    }

    /// A picture of its upper left, as PNG.
    pub async fn picture(&self, [width, height]: [u32; 2]) -> Vec<u8> {
        let file = self.place.path().join("page.png");
        let mut shot = OsString::from("--screenshot=");
        shot.push(&file);
        self.open(&[shot, format!("--window-size={width},{height}").into()])
            .await;
        fs::read(file).unwrap()
    }

    async fn open(&self, flags: &[OsString]) -> Vec<u8> {
        let browser = env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into());
        let mut profile = OsString::from("--user-data-dir=");
        profile.push(tempfile::tempdir_in(&self.place).unwrap().keep());
        let mut command = Command::new(&browser);
        command.args(FLAGS).arg(profile).args(flags);
        command
            .arg(address(&self.place.path().join("page.html")))
            .kill_on_drop(true);
        let output = timeout(PATIENCE, command.output())
            .await
            .expect("the browser does not come to an end");
        let output =
            output.unwrap_or_else(|error| panic!("{browser:?} does not start ({error}): see `make test-extra`"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "the browser ended with {}\n{errors}",
            output.status
        );
        output.stdout
    }
}

/// The address of a file or folder.
pub fn address(path: &Path) -> String {
    url::Url::from_file_path(path).unwrap().into()
}
