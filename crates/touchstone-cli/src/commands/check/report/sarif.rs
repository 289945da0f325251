//! SARIF 2.1.0 (OASIS standard): refuted claims as errors, unverifiable ones
//! as notes, supported ones as passes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use touchstone_core::Verdict;

use super::{Document, Located, code, word};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn log(documents: &[Document]) -> Value {
    let mut rules: BTreeMap<String, Value> = BTreeMap::new();
    let mut results = Vec::new();
    for document in documents {
        let uri = document.file.as_deref().map_or_else(|| "stdin".to_owned(), uri);
        for located in &document.claims {
            let id = format!("{}/{}", word(located.claim.verdict), code(&located.claim));
            rules.entry(id.clone()).or_insert_with(|| {
                json!({
                    "id": id,
                    "shortDescription": { "text": format!("A claim is {}: {}.", word(located.claim.verdict), code(&located.claim).replace('_', " ")) },
                    "defaultConfiguration": { "level": level(located.claim.verdict) },
                })
            });
            results.push(result(located, &id, &uri));
        }
    }
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "touchstone",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.into_values().collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Refuted => "error",
        Verdict::Unverifiable => "note",
        Verdict::Supported => "none",
    }
}

fn result(located: &Located, rule: &str, uri: &str) -> Value {
    let claim = &located.claim;
    let region = json!({
        "startLine": located.place.line, "startColumn": located.place.column,
        "endLine": located.place.end_line, "endColumn": located.place.end_column,
    });
    let mut result = json!({
        "ruleId": rule,
        "level": level(claim.verdict),
        "kind": if claim.verdict == Verdict::Supported { "pass" } else if claim.verdict == Verdict::Refuted { "fail" } else { "open" },
        "message": { "text": format!("“{}” – {}", claim.text, claim.reason) },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": region } }],
        "partialFingerprints": { "claim/v1": super::super::baseline::fingerprint(uri, claim) },
        "baselineState": if located.known { "unchanged" } else { "new" },
    });
    // A kind other than "fail" has the level "none" (section 3.27.10).
    if claim.verdict != Verdict::Refuted {
        result["level"] = if claim.verdict == Verdict::Supported { "none".into() } else { "note".into() };
        if claim.verdict == Verdict::Unverifiable {
            result["kind"] = "fail".into();
        }
    }
    result
}

/// A relative path as a URI reference.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char)
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
