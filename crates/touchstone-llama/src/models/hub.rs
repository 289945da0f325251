//! Files over HTTP, gone on from where they broke off.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use ureq::http::{StatusCode, header};

use super::error::SourceError;
use super::{Model, ModelError};

const HUB: &str = "https://huggingface.co";
const CONNECT: Duration = Duration::from_secs(5);
/// A server that says nothing for so long has gone away.
const RESPONSE: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_secs(6 * 3600);
const BLOCK: usize = 1 << 16;

pub(super) fn address(repository: &str, file: &str) -> String {
    let hub = std::env::var("HF_ENDPOINT").unwrap_or_else(|_| HUB.to_owned());
    format!("{}/{repository}/resolve/main/{file}", hub.trim_end_matches('/'))
}

/// Appends to `partial` until it is as long as the model; returns the
/// source's name.
pub(super) fn fetch(
    url: &str,
    model: &Model,
    partial: &Path,
    watch: &mut dyn FnMut(u64),
) -> Result<String, SourceError> {
    let name = url.to_owned();
    let unreachable = |reason: String| SourceError::Unreachable { source_name: name.clone(), reason };
    let here = |source| ModelError::Write { path: partial.to_owned(), source };
    let mut done = fs::metadata(partial).map_or(0, |described| described.len());
    if done == model.bytes {
        return Ok(name);
    }
    if done > model.bytes {
        fs::remove_file(partial).map_err(here)?;
        done = 0;
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(RESPONSE))
        .timeout_global(Some(WHOLE))
        .build()
        .into();
    let mut request = agent.get(url);
    if done > 0 {
        request = request.header(header::RANGE, format!("bytes={done}-"));
    }
    let mut response = request.call().map_err(|error| unreachable(error.to_string()))?;
    if response.status() != StatusCode::PARTIAL_CONTENT {
        done = 0;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .append(done > 0)
        .truncate(done == 0)
        .open(partial)
        .map_err(here)?;
    let mut body = response.body_mut().as_reader();
    let mut block = vec![0; BLOCK];
    loop {
        let length = body.read(&mut block).map_err(|error| unreachable(error.to_string()))?;
        if length == 0 {
            break;
        }
        done += length as u64;
        if done > model.bytes {
            // No more of it is wanted than could be right.
            drop(file);
            fs::remove_file(partial).map_err(here)?;
            return Err(SourceError::WrongSize { source_name: name, found: done, expected: model.bytes });
        }
        file.write_all(&block[..length]).map_err(here)?;
        watch(done);
    }
    file.sync_all().map_err(here)?;
    if done < model.bytes {
        return Err(unreachable(format!("it broke off after {done} bytes; another pull goes on from there")));
    }
    Ok(name)
}
