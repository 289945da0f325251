//! Opening files: plain, gzip or Zstandard.

use std::fs::File;
use std::io::{BufReader, Read};
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
