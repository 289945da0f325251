//! `touchstone kg`: in, counted, asked, out, and what goes wrong.

use serde_json::Value;

use crate::sandbox::Sandbox;

const FACTS: &str = "@prefix : <https://example.org/> .\n\
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\
    :a rdfs:label \"A\"@en ; :next :b .\n\
    :b rdfs:label \"B\"@en .\n";

#[test]
fn what_goes_in_is_counted_asked_and_written_out() {
    let sandbox = Sandbox::new();
    let facts = sandbox.write("facts.ttl", FACTS);
    let store = ["--store", "s"];
    let run = |arguments: &[&str]| sandbox.run(&[arguments, &store].concat());

    let outcome = run(&["kg", "import", &facts, "--graph", "https://example.org/graph"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.contains("3 facts\n  into https://example.org/graph\n"), "{}", outcome.stdout);

    let stats = run(&["kg", "stats", "--json"]).json();
    assert_eq!(stats["triples"], 3);
    assert_eq!(stats["graphs"]["https://example.org/graph"]["triples"], 3);
    assert!(run(&["kg", "stats"]).stdout.starts_with("3 facts about 2 subjects"));

    let query = "SELECT ?label { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?label } ORDER BY ?label";
    insta::assert_snapshot!(run(&["kg", "query", query]).stdout, @r"
     label
    ───────
     A
     B
    2 rows
    ");
    assert_eq!(run(&["kg", "query", query, "--format", "csv"]).stdout, "label\r\nA\r\nB\r\n");
    let json = run(&["kg", "query", query, "--format", "json"]).json();
    assert_eq!(json["results"]["bindings"][1]["label"]["value"], "B");
    assert!(run(&["kg", "query", query, "--limit", "1"]).stdout.contains("more were left out"));

    assert_eq!(run(&["kg", "export", "out.nq.zst"]).code, 0);
    let again = sandbox.run(&["kg", "import", "out.nq.zst", "--store", "t"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let same = sandbox.run(&["kg", "stats", "--json", "--store", "t"]).json();
    assert_eq!((&same["graphs"], &same["labels"]), (&stats["graphs"], &stats["labels"]));
}

#[test]
fn plain_triples_become_labelled_facts() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("t.tsv", "Heat\tdirected_by\tMichael Mann\n");
    let import =
        ["kg", "import", "--triples-tsv", &file, "--namespace", "https://example.org/", "--store", "s"];
    assert_eq!(sandbox.run(&import).code, 0);
    let query = "SELECT ?l { ?s ?p ?o . ?s <http://www.w3.org/2000/01/rdf-schema#label> \"Heat\" . ?o <http://www.w3.org/2000/01/rdf-schema#label> ?l }";
    let result = sandbox.run(&["kg", "query", query, "--format", "csv", "--store", "s"]);
    assert!(result.stdout.contains("Michael Mann"), "{}{}", result.stdout, result.stderr);
}

#[test]
fn a_broken_line_refuses_the_source_or_is_counted() {
    let sandbox = Sandbox::new();
    let line = |n: usize| format!("<https://example.org/{n}> <https://example.org/p> \"{n}\" .\n");
    let file = sandbox.write("b.nt", format!("{}oops\n{}", line(1), line(2)));
    let outcome = sandbox.run(&["kg", "import", &file, "--store", "s"]);
    assert!(outcome.sentence().contains("b.nt:2: "), "{}", outcome.stderr);
    assert!(!sandbox.path("s").join("CURRENT").exists(), "an empty store was left behind");

    let outcome = sandbox.run(&["kg", "import", &file, "--skip-errors", "--store", "s"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        outcome.stdout.contains("1 skipped:\n") && outcome.stdout.contains("b.nt:2"),
        "{}",
        outcome.stdout
    );
    assert_eq!(sandbox.run(&["kg", "stats", "--json", "--store", "s"]).json()["triples"], 2);
}

#[test]
fn failures_are_one_sentence() {
    let sandbox = Sandbox::new();
    let facts = sandbox.write("facts.ttl", FACTS);
    assert_eq!(sandbox.run(&["kg", "import", &facts, "--store", "s"]).code, 0);
    let sentence =
        |arguments: &[&str]| sandbox.run(&[arguments, &["--store", "s"]].concat()).sentence().to_owned();
    assert!(sentence(&["kg", "import", "none.ttl"]).contains("none.ttl"));
    sandbox.write("facts.xyz", FACTS);
    assert!(sentence(&["kg", "import", "facts.xyz"]).contains("format"));
    assert!(sentence(&["kg", "import", &facts, "--graph", "not an iri"]).contains("not an absolute IRI"));
    assert!(sentence(&["kg", "query", "SELECT"]).contains("not valid SPARQL"));
    assert!(sentence(&["kg", "export", "out.xyz"]).contains("out.xyz"));
    assert!(sandbox.run(&["kg", "stats", "--store", "none"]).sentence().contains("kg demo"));
}

#[test]
fn the_demonstration_graph_is_not_loaded_twice() {
    let store = crate::sandbox::demo_store().display().to_string();
    let outcome = Sandbox::new().run(&["kg", "demo", "--store", &store]);
    assert_eq!(outcome.code, 0);
    assert!(outcome.stdout.contains("already"), "{}", outcome.stdout);
    let stats: Value = Sandbox::new().run(&["kg", "stats", "--json", "--store", &store]).json();
    assert!(stats["triples"].as_u64().unwrap() >= 150_000);
}

#[test]
fn resolved_phrases_are_listed_exported_used_and_forgotten() {
    let sandbox = Sandbox::new();
    let facts = sandbox.write(
        "facts.ttl",
        "@prefix : <https://example.org/> .\n\
         @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n\
         @prefix owl: <http://www.w3.org/2002/07/owl#> .\n\
         :employer a owl:ObjectProperty ; rdfs:label \"employer\"@en .\n\
         :ada rdfs:label \"Ada\"@en ; :employer :acme .\n\
         :acme rdfs:label \"Acme\"@en .\n",
    );
    let run = |arguments: &[&str]| sandbox.run(&[arguments, &["--store", "s"]].concat());
    assert_eq!(run(&["kg", "import", &facts]).code, 0);
    let meaning = run(&["kg", "lexicon", "show", "employers", "--json"]).json();
    assert_eq!(meaning[0]["iri"], "https://example.org/employer");
    assert!(run(&["kg", "lexicon", "show", "zebra"]).stdout.contains("does not have"));
    assert!(run(&["kg", "lexicon", "list"]).stdout.contains("no phrases"));

    let line = "{\"phrase\":\"X draws a salary at Y\",\"language\":\"en\",\"alternatives\":[{\"predicate\":\
                \"https://example.org/employer\",\"label\":\"employer\",\"weight\":0.96}],\
                \"none\":0.04,\"model\":\"m.gguf\",\"model_sha256\":\"00\",\"time\":\"2026-01-01T00:00:00Z\",\
                \"sentence\":\"Ada draws a salary at Acme.\"}\n";
    sandbox.write("s.phrases.jsonl", line);
    let text = sandbox.write("t.txt", "Ada draws a salary at Acme.");
    let checked = run(&["check", "--json", &text]).json();
    assert_eq!(checked["claims"][0]["verdict"], "supported", "{checked}");
    assert_eq!(checked["claims"][0]["confidence"], 0.96);
    assert_eq!(
        run(&["check", "--min-confidence", "0.99", "--json", &text]).json()["summary"]["supported"],
        0
    );
    let listed = run(&["kg", "lexicon", "list", "--json"]).json();
    assert_eq!(listed[0]["alternatives"][0]["label"], "employer");
    assert_eq!(run(&["kg", "lexicon", "export"]).stdout, line);

    assert_eq!(run(&["kg", "lexicon", "remove", "X leaves Y"]).code, 2);
    assert_eq!(run(&["kg", "lexicon", "remove", "X draws a salary at Y"]).code, 0);
    assert_eq!(run(&["check", "--json", &text]).json()["summary"]["supported"], 0);
}
