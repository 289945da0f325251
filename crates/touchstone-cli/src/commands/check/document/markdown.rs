use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::Prose;

/// Paragraphs, headings, list items and table cells; no code, no front matter.
pub(super) fn prose(source: &str) -> Prose {
    let mut prose = Prose::default();
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
    let mut hidden = 0usize;
    for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::MetadataBlock(_)) => hidden += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::MetadataBlock(_)) => hidden = hidden.saturating_sub(1),
            Event::Text(words) if hidden == 0 => {
                // A decoded entity is no longer as long as its source.
                prose.push(&words, range.start);
            }
            Event::Code(words) => {
                let inside = source.get(range.clone()).and_then(|code| code.find(&*words)).unwrap_or(0);
                prose.push(&words, range.start + inside);
            }
            Event::SoftBreak | Event::HardBreak => prose.push(" ", range.start),
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::Item
                | TagEnd::TableCell
                | TagEnd::TableHead
                | TagEnd::BlockQuote(_)
                | TagEnd::FootnoteDefinition
                | TagEnd::HtmlBlock,
            ) => prose.end_block(),
            _ => {}
        }
    }
    prose
}
