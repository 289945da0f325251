//! Documents to check: which files, what is prose in them, and where it
//! stands in the source.

mod files;
mod html;
mod markdown;
mod place;

use std::path::Path;

pub(super) use files::expand;
pub(super) use place::{Place, Places};

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum InputFormat {
    Text,
    Markdown,
    Html,
    /// JSON lines {"id", "text"}.
    Jsonl,
}

impl InputFormat {
    /// By the file's extension; anything else is plain text.
    pub(super) fn of(path: &Path) -> InputFormat {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "md" | "markdown" | "mdx" => InputFormat::Markdown,
            "html" | "htm" | "xhtml" => InputFormat::Html,
            "jsonl" | "ndjson" => InputFormat::Jsonl,
            _ => InputFormat::Text,
        }
    }
}

/// The sentences of a document, without its markup.
#[derive(Debug, Default)]
pub(super) struct Prose {
    pub(super) text: String,
    /// For the beginning of each copied piece: its byte in `text` and in the
    /// source; in between both go on alike.
    pieces: Vec<(usize, usize)>,
}

impl Prose {
    pub(super) fn of(source: &str, format: InputFormat) -> Prose {
        match format {
            InputFormat::Markdown => markdown::prose(source),
            InputFormat::Html => html::prose(source),
            InputFormat::Text | InputFormat::Jsonl => Prose { text: source.to_owned(), pieces: vec![(0, 0)] },
        }
    }

    /// Adds words that stand in the source as they are, or decoded.
    fn push(&mut self, words: &str, source_start: usize) {
        self.pieces.push((self.text.len(), source_start));
        self.text.push_str(words);
    }

    /// Ends a block: no sentence goes on behind it.
    fn end_block(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push_str(if self.text.ends_with('\n') { "\n" } else { "\n\n" });
        }
    }

    /// The byte of the source behind a byte of the text.
    pub(super) fn source(&self, byte: usize) -> usize {
        let at = self.pieces.partition_point(|(text, _)| *text <= byte);
        self.pieces.get(at.saturating_sub(1)).map_or(byte, |(text, source)| source + (byte - text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(source: &str, format: InputFormat, words: &str) -> String {
        let prose = Prose::of(source, format);
        let Some(at) = prose.text.find(words) else { return format!("not in {:?}", prose.text) };
        let (start, end) = (prose.source(at), prose.source(at + words.len() - 1) + 1);
        source.get(start..end).unwrap_or("no boundary").to_owned()
    }

    #[test]
    fn prose_leads_back_to_its_place() {
        let markdown = "---\ntitle: x\n---\n# Gold\n\nGold is **a metal** of `code`.\n\n```\nnot this\n```\n- Lima is here\n";
        assert_eq!(located(markdown, InputFormat::Markdown, "a metal"), "a metal");
        assert_eq!(located(markdown, InputFormat::Markdown, "Lima is here"), "Lima is here");
        let prose = Prose::of(markdown, InputFormat::Markdown);
        assert!(!prose.text.contains("not this") && !prose.text.contains("title"), "{}", prose.text);
        let html = "<html><head><title>t</title><style>p{}</style></head><body><p>Lyon &amp; Gold</p><script>x</script>金是金属</body></html>";
        assert_eq!(located(html, InputFormat::Html, "Lyon"), "Lyon");
        assert_eq!(located(html, InputFormat::Html, "金是金属"), "金是金属");
        let prose = Prose::of(html, InputFormat::Html);
        assert!(prose.text.contains("Lyon & Gold") && !prose.text.contains('x'), "{}", prose.text);
    }
}
