//! Which of the media types that can be given a client wants most.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::problem::Problem;

/// The index of the best of `offered` (by preference of the server) under the
/// request's `Accept`; the first where there is none.
pub(crate) fn choose(request: &HttpRequest, offered: &[&str]) -> Result<usize, Problem> {
    let values: Vec<&str> =
        request.headers().get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    best(&values.join(","), offered).ok_or_else(|| Problem::not_acceptable(&offered.join(", ")))
}

fn best(accept: &str, offered: &[&str]) -> Option<usize> {
    if accept.trim().is_empty() {
        return (!offered.is_empty()).then_some(0);
    }
    let ranges: Vec<(&str, f32)> = accept.split(',').filter_map(range).collect();
    let mut found: Option<(usize, f32)> = None;
    for (index, media) in offered.iter().enumerate() {
        // The most specific range that fits decides.
        let quality = ranges
            .iter()
            .filter_map(|(range, quality)| specificity(range, media).map(|s| (s, *quality)))
            .max_by_key(|(specificity, _)| *specificity)
            .map_or(0.0, |(_, quality)| quality);
        if quality > found.map_or(0.0, |(_, best)| best) {
            found = Some((index, quality));
        }
    }
    found.map(|(index, _)| index)
}

fn range(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';');
    let media = parts.next()?.trim();
    let quality = parts
        .find_map(|parameter| parameter.trim().strip_prefix("q="))
        .map_or(Some(1.0), |quality| quality.trim().parse().ok())?;
    (!media.is_empty()).then_some((media, quality))
}

fn specificity(range: &str, media: &str) -> Option<u8> {
    if range.eq_ignore_ascii_case(media) {
        return Some(2);
    }
    if range == "*/*" {
        return Some(0);
    }
    let (kind, rest) = range.split_once('/')?;
    let of_kind = media.split('/').next()?.eq_ignore_ascii_case(kind);
    (rest == "*" && of_kind).then_some(1)
}

#[cfg(test)]
mod tests {
    use super::best;

    const OFFERED: [&str; 3] =
        ["application/sparql-results+json", "application/sparql-results+xml", "text/csv"];

    #[test]
    fn the_client_decides_and_then_the_server() {
        assert_eq!(best("", &OFFERED), Some(0));
        assert_eq!(best("*/*", &OFFERED), Some(0));
        assert_eq!(best("text/csv", &OFFERED), Some(2));
        assert_eq!(best("text/*, application/sparql-results+xml;q=0.5", &OFFERED), Some(2));
        assert_eq!(best("*/*;q=0.1, application/sparql-results+xml", &OFFERED), Some(1));
        assert_eq!(best("application/sparql-results+json;q=0, */*", &OFFERED), Some(1));
        assert_eq!(best("image/png", &OFFERED), None);
        assert_eq!(best("text/csv;q=0", &OFFERED), None);
    }
}
