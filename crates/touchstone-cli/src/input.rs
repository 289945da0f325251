//! Reading texts that people hand in: within a limit, UTF-8, not empty.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};

/// `-` is standard input.
pub(crate) fn name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

pub(crate) fn open(path: &Path) -> anyhow::Result<Box<dyn Read + Send>> {
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    if path.is_dir() {
        bail!("{} is a folder: give a file", path.display());
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    Ok(Box::new(file))
}

pub(crate) fn read_text(path: &Path, limit: usize) -> anyhow::Result<String> {
    let name = name(path);
    let mut bytes = Vec::new();
    open(path)?
        .take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read {name}"))?;
    text_of(bytes, &name, limit)
}

pub(crate) fn text_of(bytes: Vec<u8>, name: &str, limit: usize) -> anyhow::Result<String> {
    if bytes.len() > limit {
        bail!(
            "{name} is larger than the limit of {limit} bytes: split it, or raise max_text_bytes (touchstone config)"
        );
    }
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        bail!("{name} is not text: byte {} is NUL; give UTF-8 text", at + 1);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        anyhow::anyhow!("{name} is not UTF-8: line {line}, byte {} of the file; convert it first", at + 1)
    })?;
    if text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty() {
        bail!("{name} is empty: there is nothing to check");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        text_of(bytes.to_vec(), "a.txt", 16).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        assert_eq!(refused(b"a\0b"), "a.txt is not text: byte 2 is NUL; give UTF-8 text");
        assert_eq!(refused(b"a\nb\xff"), "a.txt is not UTF-8: line 2, byte 4 of the file; convert it first");
        assert!(refused(b" \n\t").contains("empty"));
        assert!(refused(b"").contains("empty"));
        assert!(refused(&[b'a'; 17]).contains("limit of 16 bytes"));
        assert_eq!(text_of("厄瓜多尔".into(), "a.txt", 16).unwrap(), "厄瓜多尔");
    }
}
