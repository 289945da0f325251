//! Lines and columns.

use serde::Serialize;

/// Lines and columns count from 1, columns in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    /// Behind the last character.
    pub(crate) end_column: usize,
}

/// Finds places in a source by bytes, near enough to the last one asked for.
pub(crate) struct Places<'a> {
    source: &'a str,
    lines: Vec<usize>,
    /// Lines and characters before the source: it may be one block of many.
    first_line: usize,
}

impl<'a> Places<'a> {
    pub(crate) fn new(source: &'a str, first_line: usize) -> Places<'a> {
        let mut lines = vec![0];
        lines.extend(source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
        Places { source, lines, first_line }
    }

    fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let byte = byte.min(self.source.len());
        let line = self.lines.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(0);
        let column = self.source.get(start..byte).map_or(byte - start, |text| text.chars().count());
        (self.first_line + line, column + 1)
    }

    pub(crate) fn of(&self, bytes: std::ops::Range<usize>) -> Place {
        let (line, column) = self.line_and_column(bytes.start);
        let (end_line, end_column) = self.line_and_column(bytes.end);
        Place { line, column, end_line, end_column }
    }

    /// Unicode characters before a byte.
    pub(crate) fn characters(&self, byte: usize) -> usize {
        self.source.get(..byte).map_or(byte, |text| text.chars().count())
    }
}
