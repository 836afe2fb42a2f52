//! A receiver that never comes to the point: it answers `100 Continue` as fast as it is read, for as long as it is read.
//! HTTP lets it, and whoever reads that has no time for others on the same thread.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
};

use serde_json::json;
use testkit::{
    accounts::{SKYPE_SECRET, SLACK_SECRET},
    webhook::secret,
};

use crate::worlds::function::{FunctionWorld, event};

/// The good message comes before this part of the flood. The flood is read for as long as the sender's time limits let it,
/// so the machine's speed counts for both alike; on one thread it was about a third.
const PART: u64 = 6;

/// A server with a thread for each connection, which `answer` has once a request has been read.
fn serve(answer: impl Fn(TcpStream) + Send + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, answer) = (stream.unwrap(), answer.clone());
            thread::spawn(move || {
                read_request(&stream);
                answer(stream);
            });
        }
    });
    format!("http://{address}/")
}

fn read_request(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap(),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
}

#[tokio::test]
async fn a_receiver_that_floods_does_not_make_another_one_wait() {
    let flooded = Arc::new(AtomicU64::new(0));
    let when_good_came = Arc::new(AtomicU64::new(u64::MAX));
    let flood = serve({
        let flooded = Arc::clone(&flooded);
        move |mut stream| {
            let lines = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
            while stream.write_all(&lines).is_ok() {
                flooded.fetch_add(lines.len() as u64, SeqCst);
            }
        }
    });
    let good = serve({
        let (flooded, came, tries) = (Arc::clone(&flooded), Arc::clone(&when_good_came), Arc::default());
        move |mut stream| {
            let tries: &AtomicU64 = &tries;
            // asked again after a second, when the flood is on
            let status = match tries.fetch_add(1, SeqCst) {
                0 => "503 Service Unavailable",
                _ => "202 Accepted",
            };
            came.store(flooded.load(SeqCst), SeqCst);
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(head.as_bytes());
        }
    });
    let world = FunctionWorld::new().await;
    // the names of secrets that the function's role may read
    for (name, held_by, url, is_only) in [
        ("flood", SKYPE_SECRET, flood, true),
        ("good", SLACK_SECRET, good, false),
    ] {
        world.put_secret(held_by, &secret(&url)).await;
        let destination = json!({
            "name": name,
            "kind": "webhook",
            "secret": held_by,
            "required": name == "good",
            "allowed_hosts": ["127.0.0.1"],
        });
        world.add_destination(destination, is_only);
    }
    let said = world.invoke(&event(), &[]).await;
    let (before, after) = (when_good_came.load(SeqCst), flooded.load(SeqCst));
    let text = said.text();
    assert!(after > 10_000_000, "that was no flood: {after} bytes\n{text}");
    assert!(
        before.saturating_mul(PART) < after,
        "the good message came after {before} of {after} bytes\n{text}"
    );
}
