use serde_json::{Map, Value, json};
use touchstone_core::{AskReport, Claim, Evidence, Term};

/// The derivation as JSON-LD: claims and facts as reified statements, and how
/// one came from the other in the terms of PROV-O.
pub fn to_json_ld(report: &AskReport) -> Value {
    let mut nodes: Vec<Value> = vec![
        json!({
            "@id": "#question",
            "@type": "prov:Entity",
            "prov:value": report.question,
        }),
        json!({
            "@id": "#model",
            "@type": ["prov:Agent", "prov:SoftwareAgent"],
            "rdfs:label": report.model,
        }),
    ];
    let mut used = vec![json!({ "@id": "#question" })];
    for (passage, at) in report.passages.iter().zip(1..) {
        used.push(source(&format!("#read-{at}"), passage, &mut nodes));
    }
    nodes.push(json!({
        "@id": "#derivation",
        "@type": "prov:Activity",
        "prov:used": used,
        "prov:wasAssociatedWith": { "@id": "#model" },
    }));
    for step in &report.steps {
        let id = format!("#step-{}", step.index);
        let claims = claims(&id, &step.claims, &mut nodes);
        let mut node = json!({
            "@id": id,
            "@type": ["prov:Entity", "ts:Step"],
            "prov:value": step.text,
            "ts:status": step.status,
            "prov:wasGeneratedBy": { "@id": "#derivation" },
            "prov:wasDerivedFrom": claims,
        });
        attribute(&mut node, step.model.as_deref(), &mut nodes);
        if let Some(before) = &step.before {
            let draft = format!("{id}-draft");
            node["prov:wasRevisionOf"] = json!({ "@id": draft });
            nodes.push(json!({ "@id": draft, "@type": ["prov:Entity", "ts:Draft"], "prov:value": before }));
        }
        nodes.push(node);
    }
    let claims = claims("#answer", &report.answer.claims, &mut nodes);
    let mut answer = json!({
        "@id": "#answer",
        "@type": ["prov:Entity", "ts:Answer"],
        "prov:value": report.answer.text,
        "ts:status": report.answer.status,
        "prov:wasGeneratedBy": { "@id": "#derivation" },
        "prov:wasDerivedFrom": claims,
    });
    attribute(&mut answer, report.answer.model.as_deref(), &mut nodes);
    nodes.push(answer);
    json!({
        "@context": {
            "prov": "http://www.w3.org/ns/prov#",
            "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
            "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
            "ts": "https://w3id.org/touchstone/ns#",
        },
        "@graph": nodes,
    })
}

/// Says which of several models wrote it.
fn attribute(node: &mut Value, model: Option<&str>, nodes: &mut Vec<Value>) {
    let Some(model) = model else { return };
    let known = |node: &&Value| node["rdfs:label"] == model && node["@type"][1] == "prov:SoftwareAgent";
    let id = match nodes.iter().find(known) {
        Some(agent) => agent["@id"].clone(),
        None => {
            nodes.push(json!({
                "@id": "#larger-model",
                "@type": ["prov:Agent", "prov:SoftwareAgent"],
                "rdfs:label": model,
            }));
            "#larger-model".into()
        }
    };
    node["prov:wasAttributedTo"] = json!({ "@id": id });
}

/// Adds the claims of a step or answer; the links to them.
fn claims(owner: &str, claims: &[Claim], nodes: &mut Vec<Value>) -> Vec<Value> {
    let mut links = Vec::new();
    for (at, claim) in claims.iter().enumerate() {
        let id = format!("{owner}-claim-{}", at + 1);
        let sources: Vec<Value> = claim
            .evidence
            .iter()
            .enumerate()
            .map(|(at, evidence)| source(&format!("{id}-evidence-{}", at + 1), evidence, nodes))
            .collect();
        let mut node = json!({
            "@id": id,
            "@type": ["prov:Entity", "ts:Claim"],
            "prov:value": claim.text,
            "ts:verdict": claim.verdict,
            "ts:reason": claim.reason_code,
            "ts:confidence": claim.confidence,
            "prov:wasDerivedFrom": sources,
        });
        statement(&mut node, claim.subject.as_ref(), claim.predicate.as_ref(), claim.object.as_ref());
        nodes.push(node);
        links.push(json!({ "@id": id }));
    }
    links
}

/// Adds what a claim rests on, where it is no step; the link to it.
fn source(id: &str, evidence: &Evidence, nodes: &mut Vec<Value>) -> Value {
    let node = match evidence {
        Evidence::Step { index, .. } => return json!({ "@id": format!("#step-{index}") }),
        Evidence::Triple { subject, predicate, object, graph, .. } => {
            let mut node = json!({ "@id": id, "@type": ["prov:Entity", "rdf:Statement"] });
            if graph.contains(':') {
                node["prov:hadPrimarySource"] = json!({ "@id": graph });
            }
            statement(&mut node, Some(subject), Some(predicate), Some(object));
            node
        }
        Evidence::Passage { document, title, text, span, .. } => json!({
            "@id": id,
            "@type": ["prov:Entity", "ts:Passage"],
            "prov:value": text,
            "rdfs:label": title,
            "ts:document": document,
            "ts:from": span[0],
            "ts:to": span[1],
        }),
        Evidence::Calculation { expression, result, .. } => json!({
            "@id": id,
            "@type": ["prov:Entity", "ts:Calculation"],
            "prov:value": format!("{expression} = {result}"),
        }),
    };
    nodes.push(node);
    json!({ "@id": id })
}

fn statement(node: &mut Value, subject: Option<&Term>, predicate: Option<&Term>, object: Option<&Term>) {
    for (name, term) in [("rdf:subject", subject), ("rdf:predicate", predicate), ("rdf:object", object)] {
        let Some(term) = term else { continue };
        let mut value = Map::new();
        match &term.iri {
            Some(iri) => {
                value.insert("@id".to_owned(), json!(iri));
                value.insert("rdfs:label".to_owned(), json!(term.label));
            }
            None => {
                value.insert("@value".to_owned(), json!(term.label));
            }
        }
        node[name] = Value::Object(value);
    }
}
