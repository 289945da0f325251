//! The one place outside the engine that needs `unsafe`.

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// A file's bytes, read by the system as they are needed and shared by all
/// processes that open it.
pub(super) struct FileMap(Option<Mmap>);

impl FileMap {
    pub(super) fn open(path: &Path) -> io::Result<FileMap> {
        let file = File::open(path)?;
        // An empty file cannot be mapped everywhere.
        if file.metadata()?.len() == 0 {
            return Ok(FileMap(None));
        }
        // SAFETY: a map is only sound while no one changes the file. Lexicon
        // files are written under another name, synchronised and renamed
        // (`cache::write`); no code opens one for writing or truncates it, and
        // a new one takes the name while old maps keep the old file. The
        // bytes are read as plain numbers and through checked UTF-8, so even
        // a foreign writer could change what is read, but make no invalid
        // value; what only such a writer can cause by truncating is that the
        // system ends the process.
        #[allow(unsafe_code)]
        let map = unsafe { Mmap::map(&file)? };
        Ok(FileMap(Some(map)))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}
