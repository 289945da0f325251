//! Documents from the user's own files.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde::Deserialize;
use serde_json::Value;
use touchstone_core::Language;

use crate::TextError;
use crate::document::{Document, Section};

const MAX_FILE_BYTES: u64 = 64 << 20;
const MAX_LINE_BYTES: u64 = 16 << 20;

/// Reads plain text (`.txt`), Markdown (`.md`) and JSON lines (`.jsonl`, with
/// `id`, `text` and, where wanted, `title` and `language`): one file, or all
/// in a folder in the order of their names.
pub struct Files {
    root: PathBuf,
    walk: walkdir::IntoIter,
    lines: Option<Lines>,
    report: FilesReport,
}

/// What was read, for the user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilesReport {
    pub files: usize,
    /// Files of another kind, which were not read.
    pub skipped: usize,
}

struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    number: usize,
}

#[derive(Deserialize)]
struct Line {
    id: Value,
    text: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    language: Option<String>,
}

/// Reads a file or a folder, one document at a time.
pub fn read_files(root: &Path) -> Files {
    Files {
        root: root.to_owned(),
        walk: walkdir::WalkDir::new(root).sort_by_file_name().into_iter(),
        lines: None,
        report: FilesReport::default(),
    }
}

impl Files {
    pub fn report(&self) -> FilesReport {
        self.report
    }

    fn open(&mut self, path: &Path) -> Result<Option<Document>, TextError> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "txt" => Ok(Some(Document::new(self.id(path), stem(path), read_text(path)?))),
            "md" | "markdown" => Ok(Some(markdown(self.id(path), stem(path), read_text(path)?))),
            "jsonl" | "ndjson" => {
                let file = File::open(path).map_err(|source| read_error(path, source))?;
                let reader = BufReader::new(file);
                self.lines = Some(Lines { path: path.to_owned(), reader, number: 0 });
                Ok(None)
            }
            _ if path == self.root => Err(TextError::Unreadable {
                path: path.to_owned(),
                reason: "is not a .txt, .md or .jsonl file".into(),
            }),
            _ => {
                self.report.skipped += 1;
                self.report.files -= 1;
                Ok(None)
            }
        }
    }

    /// The path below the root, so that a folder can be moved as a whole.
    fn id(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.root).ok().filter(|p| !p.as_os_str().is_empty());
        let named = below.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
        named.to_string_lossy().replace('\\', "/")
    }
}

impl Iterator for Files {
    type Item = Result<Document, TextError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(lines) = &mut self.lines {
                match lines.next() {
                    Some(document) => return Some(document),
                    None => self.lines = None,
                }
            }
            let entry = match self.walk.next()? {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(&self.root).to_owned();
                    return Some(Err(TextError::Read { path, source: error.into() }));
                }
            };
            if !entry.file_type().is_file() {
                continue;
            }
            self.report.files += 1;
            match self.open(entry.path()) {
                Ok(Some(document)) => return Some(Ok(document)),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Lines {
    fn next(&mut self) -> Option<Result<Document, TextError>> {
        loop {
            let mut line = Vec::new();
            self.number += 1;
            let read = (&mut self.reader).take(MAX_LINE_BYTES + 1).read_until(b'\n', &mut line);
            match read {
                Err(source) => return Some(Err(read_error(&self.path, source))),
                Ok(0) => return None,
                Ok(n) if n as u64 > MAX_LINE_BYTES => {
                    let reason = format!("is longer than {} MB: split it", MAX_LINE_BYTES >> 20);
                    return Some(Err(self.error(reason)));
                }
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => return Some(self.document(&line)),
            }
        }
    }

    fn document(&self, line: &[u8]) -> Result<Document, TextError> {
        let line: Line = serde_json::from_slice(line)
            .map_err(|error| self.error(format!("is not {{\"id\", \"text\", …}}: {error}")))?;
        let id = match line.id {
            Value::String(id) => id,
            Value::Number(id) => id.to_string(),
            _ => return Err(self.error("its \"id\" is neither a text nor a number".into())),
        };
        let language = match line.language {
            None => None,
            Some(tag) => Some(Language::from_tag(&tag).ok_or_else(|| {
                self.error(format!("its language \"{tag}\" is not supported: use en or zh"))
            })?),
        };
        Ok(Document { language, ..Document::new(id, line.title, line.text) })
    }

    fn error(&self, reason: String) -> TextError {
        TextError::Line { path: self.path.clone(), line: self.number, reason }
    }
}

fn read_error(path: &Path, source: std::io::Error) -> TextError {
    TextError::Read { path: path.to_owned(), source }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn read_text(path: &Path) -> Result<String, TextError> {
    let unreadable = |reason: String| TextError::Unreadable { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|source| read_error(path, source))?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|source| read_error(path, source))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(unreadable(format!("is larger than {} MB: split it", MAX_FILE_BYTES >> 20)));
    }
    if bytes.contains(&0) {
        return Err(unreadable("is not a text: it holds NUL bytes".into()));
    }
    String::from_utf8(bytes).map_err(|error| {
        unreadable(format!("is not UTF-8 (byte {}): convert it first", error.utf8_error().valid_up_to() + 1))
    })
}

/// One section per heading; the first heading of all is the title.
fn markdown(id: String, name: String, text: String) -> Document {
    let mut headings: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (event, range) in Parser::new(&text).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                headings.push((range.start, String::new()));
                open = true;
            }
            Event::End(TagEnd::Heading(_)) => open = false,
            Event::Text(part) | Event::Code(part) if open => {
                if let Some((_, heading)) = headings.last_mut() {
                    heading.push_str(&part);
                }
            }
            _ => {}
        }
    }
    let mut starts = headings.iter().map(|(start, _)| *start).chain([text.len()]);
    let mut from = starts.next().unwrap_or_default();
    let mut at = text[..from].chars().count();
    let mut sections = vec![Section { title: String::new(), span: [0, at] }];
    for (to, (_, heading)) in starts.zip(&headings) {
        let end = at + text[from..to].chars().count();
        sections.push(Section { title: heading.clone(), span: [at, end] });
        (from, at) = (to, end);
    }
    let title = headings.first().map_or(name, |(_, heading)| heading.clone());
    for section in &mut sections {
        if section.title == title {
            section.title.clear();
        }
    }
    let sections = if headings.is_empty() { Vec::new() } else { sections };
    Document { sections, ..Document::new(id, title, text) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn markdown_sections_carry_their_headings() {
        let text = "Before.\n\n# 厄瓜多尔 guide\n\nQuito.\n\n## Money\n\nUSD.\n\n```\n# not a heading\n```\n";
        let document = markdown("a.md".into(), "a".into(), text.into());
        assert_eq!(document.title, "厄瓜多尔 guide");
        let chars: Vec<char> = text.chars().collect();
        let parts: Vec<(String, String)> = document
            .sections
            .iter()
            .map(|s| (s.title.clone(), chars[s.span[0]..s.span[1]].iter().collect()))
            .collect();
        assert_eq!(parts[0], (String::new(), "Before.\n\n".into()));
        assert_eq!(parts[1], (String::new(), "# 厄瓜多尔 guide\n\nQuito.\n\n".into()));
        assert_eq!(parts[2].0, "Money");
        assert!(parts[2].1.contains("# not a heading"));
        assert_eq!(parts.len(), 3);
    }

    #[test]
    fn a_folder_is_read_in_order_and_what_is_left_out_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("b.txt"), "two").unwrap();
        std::fs::write(dir.path().join("a.jsonl"), "{\"id\":7,\"text\":\"one\"}\n\n").unwrap();
        std::fs::write(dir.path().join("c.pdf"), "x").unwrap();
        let mut files = read_files(dir.path());
        let ids: Vec<String> = files.by_ref().map(|d| d.unwrap().id).collect();
        assert_eq!(ids, ["7", "b.txt"]);
        assert_eq!(files.report(), FilesReport { files: 2, skipped: 1 });
    }

    #[test]
    fn bad_files_say_where_and_why() {
        let dir = tempfile::tempdir().unwrap();
        let bad = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            read_files(&path).find_map(Result::err).unwrap().to_string()
        };
        assert!(bad("a.jsonl", b"{\"id\":1,\"text\":\"x\"}\n{\"id\":2}\n").contains("a.jsonl, line 2: "));
        assert!(
            bad("b.jsonl", b"{\"id\":1,\"text\":\"x\",\"language\":\"de\"}")
                .contains("\"de\" is not supported")
        );
        assert!(bad("c.txt", b"a\0b").contains("NUL bytes"));
        assert!(bad("d.txt", b"ab\xff").contains("not UTF-8 (byte 3)"));
        assert!(bad("e.pdf", b"x").contains("is not a .txt"));
        assert!(read_files(&dir.path().join("none")).next().unwrap().is_err());
    }
}
