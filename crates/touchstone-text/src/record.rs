//! Documents from nested JSON records: sections that hold fields, which hold
//! `text` and `note` or named parts that do. Headings come from the keys and
//! words from the values; nothing is added.

use serde_json::Value;

use crate::document::{Document, Section};
use crate::package::TextSource;

pub(crate) fn document(source: &TextSource, id: &str, record: &Value) -> Document {
    let title = source.title.iter().find_map(|path| name_at(source, record, path));
    let mut writer = Writer::default();
    for (section, fields) in entries(record) {
        for (field, value) in entries(fields) {
            writer.field(section.trim(), field.trim(), value);
        }
    }
    Document {
        id: format!("{}/{id}", source.name),
        title: title.unwrap_or_default(),
        text: writer.text,
        language: Some(source.language),
        sections: writer.sections,
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn name_at(source: &TextSource, record: &Value, path: &[String]) -> Option<String> {
    let value = path.iter().try_fold(record, |value, key| value.get(key))?;
    let name = plain(value.get("text")?.as_str()?);
    (!name.is_empty() && !source.absent.contains(&name)).then_some(name)
}

#[derive(Default)]
struct Writer {
    text: String,
    chars: usize,
    sections: Vec<Section>,
}

impl Writer {
    fn field(&mut self, section: &str, field: &str, value: &Value) {
        let start = self.chars;
        self.parts("", value);
        if self.chars > start {
            // A blank line keeps the fields apart for whoever reads the whole.
            let end = self.chars;
            self.push("\n");
            let title = format!("{section}, {field}");
            self.sections.push(Section { title, span: [start, end] });
        }
    }

    fn parts(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(html) => {
                let text = plain(html);
                if text.is_empty() {
                    return;
                }
                if !name.is_empty() {
                    self.push(name);
                    self.push(": ");
                }
                self.push(&text);
                self.push("\n");
            }
            Value::Object(parts) => {
                for (key, part) in parts {
                    let key = key.trim();
                    // These two say that words follow, not what they are about.
                    let told = part.as_str().is_some() && matches!(key, "text" | "note");
                    self.parts(if told { name } else { key }, part);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.chars += text.chars().count();
    }
}

/// Text without markup: tags become white space, entities their characters.
fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        text.push_str(before);
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match tag.find('>') {
            Some(end) if is_tag => {
                if tag.starts_with("<br") || tag.starts_with("<p") || tag.starts_with("</p") {
                    text.push('\n');
                }
                rest = &tag[end + 1..];
            }
            _ => {
                text.push('<');
                rest = &tag[1..];
            }
        }
    }
    text.push_str(rest);
    let text = html_escape::decode_html_entities(&text);
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::find_source;

    #[test]
    fn markup_goes_and_words_stay() {
        assert_eq!(plain("<p>a&nbsp;&rsquo;b</p><br><br><strong>note:</strong> x"), "a ’b\nnote: x");
        assert_eq!(plain("1 < 2 and <1% <em lang=\"cs\">Praha</em>"), "1 < 2 and <1% Praha");
        assert_eq!(plain("broken <br"), "broken <br");
    }

    #[test]
    fn fields_become_sections_with_true_spans() {
        let record = json!({
            "Government": {
                "Country name": { "conventional short form": { "text": "none" },
                                  "conventional long form": { "text": "C&ocirc;te X" } },
                "Capital": { "name": { "text": "Yville" }, "note": "<b>note:</b> moved" },
                "Empty": { "text": " " }
            }
        });
        let document = document(&find_source("factbook").unwrap(), "a/cx", &record);
        assert_eq!((document.id.as_str(), document.title.as_str()), ("factbook/a/cx", "Côte X"));
        let chars: Vec<char> = document.text.chars().collect();
        let sections: Vec<(String, String)> = document
            .sections
            .iter()
            .map(|s| (s.title.clone(), chars[s.span[0]..s.span[1]].iter().collect()))
            .collect();
        assert_eq!(sections.len(), 2);
        let text_of = |title| &sections.iter().find(|(t, _)| t == title).unwrap().1;
        assert_eq!(text_of("Government, Capital"), "name: Yville\nnote: moved\n");
        assert!(text_of("Government, Country name").contains("conventional long form: Côte X"));
    }
}
