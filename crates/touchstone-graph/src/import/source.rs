//! Opening files: plain, gzip or Zstandard.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::GraphError;

/// A file that counts how many of its (compressed) bytes were read.
pub(super) struct Opened {
    pub(super) reader: Box<dyn Read>,
    pub(super) read: Arc<AtomicU64>,
    pub(super) total: u64,
    /// The name without .gz or .zst.
    pub(super) name: String,
}

pub(super) fn open(path: &Path) -> Result<Opened, GraphError> {
    let failed = |e: std::io::Error| GraphError::unreadable(path.display(), e);
    let file = File::open(path).map_err(failed)?;
    let total = file.metadata().map_err(failed)?.len();
    let read = Arc::new(AtomicU64::new(0));
    let counting = BufReader::with_capacity(1 << 16, Counting { file, read: Arc::clone(&read) });
    let name = path.to_string_lossy().into_owned();
    let (reader, name): (Box<dyn Read>, String) = if let Some(inner) = name.strip_suffix(".gz") {
        (Box::new(flate2::bufread::MultiGzDecoder::new(counting)), inner.to_owned())
    } else if let Some(inner) = name.strip_suffix(".zst") {
        (Box::new(zstd::stream::read::Decoder::with_buffer(counting).map_err(failed)?), inner.to_owned())
    } else {
        (Box::new(counting), name)
    };
    Ok(Opened { reader, read, total, name })
}

struct Counting {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Lines of bytes with their numbers; what is longer than `limit` is passed
/// over without being held in memory.
pub(super) struct Lines {
    reader: BufReader<Box<dyn Read>>,
    limit: usize,
    number: u64,
}

pub(super) enum Line {
    Text(String),
    /// Why the line cannot be read.
    Broken(String),
}

impl Lines {
    pub(super) fn new(reader: Box<dyn Read>, limit: usize) -> Lines {
        Lines { reader: BufReader::new(reader), limit, number: 0 }
    }

    pub(super) fn next(&mut self) -> std::io::Result<Option<(u64, Line)>> {
        let mut bytes = Vec::new();
        let count = (&mut self.reader).take(self.limit as u64 + 1).read_until(b'\n', &mut bytes)?;
        if count == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
            if bytes.last() == Some(&b'\r') {
                bytes.pop();
            }
        } else if count > self.limit {
            self.skip_rest()?;
            let reason = format!("the line is longer than {} bytes", self.limit);
            return Ok(Some((self.number, Line::Broken(reason))));
        }
        let line = match String::from_utf8(bytes) {
            Ok(text) => Line::Text(text),
            Err(_) => Line::Broken("the line is not UTF-8".to_owned()),
        };
        Ok(Some((self.number, line)))
    }

    fn skip_rest(&mut self) -> std::io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            let (used, ended) = match buffer.iter().position(|b| *b == b'\n') {
                Some(at) => (at + 1, true),
                None => (buffer.len(), buffer.is_empty()),
            };
            self.reader.consume(used);
            if ended {
                return Ok(());
            }
        }
    }
}
