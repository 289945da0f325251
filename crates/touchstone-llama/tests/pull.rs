//! Pulling over HTTP from servers that break off, lie or are not there.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use touchstone_llama::models::{Model, ModelCache, ModelError, Source};

/// Serves `body`, at most `most` bytes to a request; keeps the ranges asked.
fn serve(body: Vec<u8>, most: usize) -> (String, Arc<Mutex<Vec<usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/model.gguf", listener.local_addr().unwrap());
    let starts = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&starts);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let start = answer(&mut stream.unwrap(), &body, most);
            asked.lock().unwrap().push(start);
        }
    });
    (url, starts)
}

fn answer(stream: &mut TcpStream, body: &[u8], most: usize) -> usize {
    let mut start = None;
    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
        let line = line.unwrap().to_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse::<usize>().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    let status = if start.is_some() { "206 Partial Content" } else { "200 OK" };
    let from = start.unwrap_or(0);
    let rest = &body[from..];
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len());
    // A client that has heard enough closes its side.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&rest[..rest.len().min(most)]);
    from
}

fn model(body: &[u8], urls: &[&str]) -> Model {
    Model {
        name: "test".into(),
        file: "model.gguf".into(),
        bytes: body.len() as u64,
        sha256: Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect(),
        licence: "MIT".into(),
        sources: urls.iter().map(|url| Source::Url { url: (*url).to_owned() }).collect(),
    }
}

fn body() -> Vec<u8> {
    (0..300_000u32).map(|i| (i * 31 % 251) as u8).collect()
}

#[test]
fn a_broken_pull_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ModelCache::new(folder.path());
    let (url, starts) = serve(body(), 200_000);
    let model = model(&body(), &[&url]);
    let error = cache.pull(&model, &mut |_| {}).unwrap_err();
    assert!(matches!(error, ModelError::NoSource { .. }), "{error}");
    assert!(cache.path(&model).is_none());
    let mut seen = 0;
    let path = cache.pull(&model, &mut |progress| seen = progress.bytes_done).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), body());
    assert_eq!(seen, 300_000);
    assert_eq!(cache.path(&model), Some(path));
    let starts = starts.lock().unwrap();
    assert_eq!(starts.len(), 2);
    assert!(starts[1] > 0, "{starts:?}");
}

#[test]
fn a_lying_source_is_named_and_the_next_one_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ModelCache::new(folder.path());
    let mut other = body();
    other[1000] ^= 1;
    let (lying, _) = serve(other, usize::MAX);
    let (right, _) = serve(body(), usize::MAX);
    let only_lying = model(&body(), &[&lying]);
    let error = cache.pull(&only_lying, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains(&lying) && error.contains("SHA-256"), "{error}");
    let path = cache.pull(&model(&body(), &[&lying, &right]), &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), body());
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("partial")), "{left:?}");
}

#[test]
fn what_is_good_stays_when_a_source_lies() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ModelCache::new(folder.path());
    let (right, _) = serve(body(), usize::MAX);
    let path = cache.pull(&model(&body(), &[&right]), &mut |_| {}).unwrap();
    let newer: Vec<u8> = body().into_iter().rev().collect();
    let (lying, _) = serve(body(), usize::MAX);
    assert!(cache.pull(&model(&newer, &[&lying]), &mut |_| {}).is_err());
    assert_eq!(std::fs::read(path).unwrap(), body());
}

#[test]
fn a_changed_file_is_no_longer_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let cache = ModelCache::new(folder.path());
    let (right, _) = serve(body(), usize::MAX);
    let model = model(&body(), &[&right, "http://127.0.0.1:1/nobody"]);
    let path = cache.pull(&model, &mut |_| {}).unwrap();
    std::fs::write(&path, vec![0; 300_000]).unwrap();
    assert!(cache.path(&model).is_none());
    std::fs::write(&path, b"short").unwrap();
    assert!(cache.path(&model).is_none());
}
