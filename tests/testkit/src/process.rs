//! A child process that ends with its owner, and whose output is kept instead of printed.

use std::process::{ExitStatus, Stdio};

use anyhow::Context;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, ChildStdin, Command},
    sync::watch,
};

/// A running child process. It is killed when this is dropped, also by a panic.
pub struct Process {
    child: Child,
    /// Open as long as this process lives, so that a child that reads it notices even a killed parent.
    _stdin: Option<ChildStdin>,
    lines: watch::Receiver<Vec<Line>>,
}

/// One line that the child printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub stream: Stream,
    pub text: String,
}

/// Where a line was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

impl Process {
    /// Starts `command`; must be called within a tokio runtime.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let program = command.as_std().get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let (sender, lines) = watch::channel(Vec::new());
        if let Some(out) = child.stdout.take() {
            tokio::spawn(keep(out, Stream::Out, sender.clone()));
        }
        if let Some(err) = child.stderr.take() {
            tokio::spawn(keep(err, Stream::Err, sender));
        }
        Ok(Self {
            _stdin: child.stdin.take(),
            child,
            lines,
        })
    }

    /// What it has printed so far, both streams in the order of arrival; more can be waited for on the receiver.
    pub fn lines(&self) -> watch::Receiver<Vec<Line>> {
        self.lines.clone()
    }

    /// What it has printed so far, as one text.
    pub fn output(&self) -> String {
        let lines = self.lines.borrow();
        lines
            .iter()
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// Its number, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for its end, and for the last of its output.
    pub async fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let status = self.child.wait().await?;
        let mut lines = self.lines.clone();
        while lines.changed().await.is_ok() {}
        Ok(status)
    }

    /// Ends it now.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}

/// Keeps what is printed, line by line; bytes that are not UTF-8 are replaced.
async fn keep(output: impl AsyncRead + Unpin, stream: Stream, lines: watch::Sender<Vec<Line>>) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while let Ok(1..) = output.read_until(b'\n', &mut line).await {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        lines.send_modify(|lines| lines.push(Line { stream, text }));
        line.clear();
    }
}
