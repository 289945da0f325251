//! Tables through a mapping, and plain triples.
#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use touchstone_graph::{GraphError, ImportOptions, ImportReport, ImportSource, QueryLimits, Store};

const MAPPING: &str = r#"
graph = "http://example.com/graph/cities"
about_graph = "http://example.com/graph/provenance"

[about]
"dcterms:title" = "Cities of the test"

[prefixes]
ex = "http://example.com/"

[tables]
codes = { file = "codes.tsv", key = "code2" }

[[rows]]
file = "cities.csv"
when = { field = "population", not = ["0"] }
subject = "ex:city/{id}"
classes = ["ex:City"]
facts = [
  { predicate = "rdfs:label", value = "{name}", language = "en" },
  { predicate = "skos:altLabel", field = "names", split = ";", language = "en", except = "name" },
  { predicate = "ex:country", field = "country", lookup = "codes.code3", iri = "ex:country/{}" },
  { predicate = "ex:population", field = "population", datatype = "xsd:integer" },
]
"#;
const CODES: &str = "code2\tcode3\nEC\tECU\nPE\tPER\n";
const CITIES: &str = "id,name,names,country,population\n1,Quito,Quito;San Francisco de Quito,EC,2700000\n\
    2,\"Lima, the\",,PE,10000000\n3,Nowhere,,EC,0\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, content) in files {
            folder.write(name, content.as_bytes());
        }
        folder
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn import(&self, store: &Store, options: &ImportOptions) -> Result<ImportReport, GraphError> {
        let source =
            ImportSource::Mapped { mapping: self.0.path().join("map.toml"), data: self.0.path().to_owned() };
        store.import(&source, options, &mut |_| ControlFlow::Continue(()))
    }
}

fn rows(store: &Store, query: &str) -> Vec<Vec<String>> {
    store.query_table(query, QueryLimits::default()).unwrap().rows
}

fn ask(store: &Store, pattern: &str) -> bool {
    let prefixes = "PREFIX ex: <http://example.com/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> \
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX dcterms: <http://purl.org/dc/terms/>";
    rows(store, &format!("{prefixes} ASK {{ {pattern} }}")) == [["true"]]
}

#[test]
fn a_csv_table_becomes_facts() {
    let folder = Folder::new(&[("map.toml", MAPPING), ("codes.tsv", CODES), ("cities.csv", CITIES)]);
    let store = Store::in_memory().unwrap();
    let report = folder.import(&store, &ImportOptions::default()).unwrap();
    assert_eq!(report.skipped, 0);
    let quito = "<http://example.com/city/1>";
    assert!(ask(
        &store,
        &format!(
            "{quito} a ex:City ; rdfs:label 'Quito'@en ; ex:population 2700000 ; ex:country <http://example.com/country/ECU>"
        )
    ));
    assert!(ask(&store, &format!("{quito} skos:altLabel 'San Francisco de Quito'@en")));
    assert!(!ask(&store, &format!("{quito} skos:altLabel 'Quito'@en")), "`except` leaves the label out");
    assert!(ask(&store, "<http://example.com/city/2> rdfs:label 'Lima, the'@en"));
    assert!(!ask(&store, "<http://example.com/city/3> ?p ?o"), "`when` leaves the row out");
    assert!(ask(
        &store,
        "GRAPH <http://example.com/graph/provenance> { <http://example.com/graph/cities> dcterms:title 'Cities of the test' }"
    ));
}

#[test]
fn importing_again_replaces_the_facts_and_the_description() {
    let folder = Folder::new(&[("map.toml", MAPPING), ("codes.tsv", CODES), ("cities.csv", CITIES)]);
    let store = Store::in_memory().unwrap();
    let replace = ImportOptions { replace: true, ..ImportOptions::default() };
    folder.import(&store, &replace).unwrap();
    let second = MAPPING.replace("graph/cities\"", "graph/second\"");
    folder.write("map.toml", second.as_bytes());
    folder.import(&store, &replace).unwrap();
    folder.write("map.toml", MAPPING.replace("Cities of the test", "Other cities").as_bytes());
    folder.write("cities.csv", CITIES.replace("2700000", "2800000").as_bytes());
    folder.import(&store, &replace).unwrap();
    let titles = rows(&store, "SELECT ?g ?t { ?g <http://purl.org/dc/terms/title> ?t } ORDER BY ?g");
    let expected = [
        ["http://example.com/graph/cities", "Other cities"],
        ["http://example.com/graph/second", "Cities of the test"],
    ];
    assert_eq!(titles, expected);
    assert!(ask(&store, "GRAPH <http://example.com/graph/cities> { ex:city\\/1 ex:population 2800000 }"));
    assert!(!ask(&store, "GRAPH <http://example.com/graph/cities> { ex:city\\/1 ex:population 2700000 }"));
}

#[test]
fn json_arrays_objects_and_lines_become_facts() {
    let mapping = |file: &str| {
        format!(
            "graph = 'http://example.com/g'\n[prefixes]\nex = 'http://example.com/'\n\
             [[rows]]\nfile = '{file}'\nsubject = 'ex:{{name.common}}'\n\
             facts = [ {{ predicate = 'ex:speaks', field = 'languages', keys = true }},\n\
               {{ predicate = 'ex:borders', field = 'borders', iri = 'ex:{{}}' }},\n\
               {{ predicate = 'ex:code', value = '{{idd.root}}{{idd.suffixes.0}}' }} ]\n\
             [[rows]]\nfile = '{file}'\neach = 'languages'\nsubject = 'ex:language/{{@key}}'\n\
             facts = [ {{ predicate = 'rdfs:label', field = '@value' }}, {{ predicate = 'ex:in', field = '^.name.common', iri = 'ex:{{}}' }} ]\n"
        )
    };
    let row = r#"{"name":{"common":"Ecuador"},"languages":{"spa":"Spanish"},"borders":["COL","PER"],"idd":{"root":"+5","suffixes":["93"]}}"#;
    let files = [
        ("a.json", format!("[{row}]")),
        ("b.json", format!("{{\"one\":{row}}}")),
        ("c.jsonl", format!("{row}\n\n")),
    ];
    for (name, content) in files {
        let folder = Folder::new(&[("map.toml", &mapping(name)), (name, &content)]);
        let store = Store::in_memory().unwrap();
        folder.import(&store, &ImportOptions::default()).unwrap();
        assert!(
            ask(&store, "ex:Ecuador ex:speaks 'spa' ; ex:borders ex:COL , ex:PER ; ex:code '+593'"),
            "{name}"
        );
        assert!(
            ask(&store, "<http://example.com/language/spa> rdfs:label 'Spanish' ; ex:in ex:Ecuador"),
            "{name}"
        );
    }
}

#[test]
fn broken_rows_are_named_or_counted() {
    let cities = format!("{CITIES}4,Short\n5,Cuenca,,EC,many\n6,Loja,,EC,180000\n");
    let folder = Folder::new(&[("map.toml", MAPPING), ("codes.tsv", CODES), ("cities.csv", &cities)]);
    let store = Store::in_memory().unwrap();
    let error = folder.import(&store, &ImportOptions::default()).unwrap_err();
    assert!(
        matches!(&error, GraphError::Syntax { line: 5, file, .. } if file.ends_with("cities.csv")),
        "{error}"
    );
    assert_eq!(store.inner().len().unwrap(), 0);

    let report =
        folder.import(&store, &ImportOptions { skip_errors: true, ..ImportOptions::default() }).unwrap();
    assert_eq!(report.skipped, 2, "{:?}", report.skips);
    assert!(report.skips[1].contains(":6:") && report.skips[1].contains("'many'"), "{:?}", report.skips);
    assert!(ask(&store, "<http://example.com/city/6> rdfs:label 'Loja'@en"));

    let folder = Folder::new(&[("map.toml", MAPPING), ("codes.tsv", CODES)]);
    let mut bytes = CITIES.as_bytes().to_vec();
    bytes.extend_from_slice(b"7,\xff\xfe,,EC,5\n");
    folder.write("cities.csv", &bytes);
    let error = folder.import(&store, &ImportOptions::default()).unwrap_err();
    assert!(matches!(error, GraphError::Syntax { line: 5, .. }), "{error}");
}

#[test]
fn broken_json_is_named_or_counted() {
    let mapping = "graph = 'http://example.com/g'\n[[rows]]\nfile = 'a.jsonl'\nsubject = 'http://example.com/{id}'\n\
        facts = [ { predicate = 'rdfs:label', field = 'name' } ]\n";
    let folder = Folder::new(&[
        ("map.toml", mapping),
        ("a.jsonl", "{\"id\":1,\"name\":\"a\"}\n{\"id\":2,\n{\"id\":3,\"name\":\"c\"}\n"),
    ]);
    let store = Store::in_memory().unwrap();
    assert!(matches!(
        folder.import(&store, &ImportOptions::default()),
        Err(GraphError::Syntax { line: 2, .. })
    ));
    let skipping = ImportOptions { skip_errors: true, ..ImportOptions::default() };
    assert_eq!(folder.import(&store, &skipping).unwrap().skipped, 1);
    let folder = Folder::new(&[
        ("map.toml", &mapping.replace("jsonl", "json")),
        ("a.json", "[{\"id\":1,\"name\":\"a\"}, 7]"),
    ]);
    assert!(matches!(
        folder.import(&store, &ImportOptions::default()),
        Err(GraphError::Syntax { line: 2, .. })
    ));
    assert_eq!(folder.import(&store, &skipping).unwrap().skipped, 1);
}

#[test]
fn slips_of_the_mapping_are_told_in_one_sentence() {
    let slips = [
        (
            MAPPING.replace("field = \"names\"", "field = \"alternates\""),
            "cities.csv has no column 'alternates'",
        ),
        (MAPPING.replace("{id}", "{geonameid}"), "cities.csv has no column 'geonameid'"),
        (MAPPING.replace("codes.code3", "codes.code9"), "codes.tsv has no column 'code9'"),
        (MAPPING.replace("codes.code3", "nations.code3"), "[tables] has none of that name"),
        (MAPPING.replace("key = \"code2\"", "key = \"iso\""), "codes.tsv has no column 'iso'"),
        (MAPPING.replace("{name}", "{name"), "not closed"),
        (MAPPING.replace("value = \"{name}\", ", ""), "needs `field` or `value`"),
        (
            MAPPING.replace("iri = \"ex:country/{}\"", "iri = \"ex:country/{}\", language = \"en\""),
            "one of `iri`, `language`",
        ),
        (MAPPING.replace("language = \"en\" },", "language = \"not a tag\" },"), "not a tag"),
        (MAPPING.replace("\"ex:population\"", "\"no iri at all\""), "is not an IRI"),
        (MAPPING.replace("subject =", "subjekt ="), "subjekt"),
        ("this is not TOML".to_owned(), "TOML"),
    ];
    for (mapping, reason) in slips {
        let folder = Folder::new(&[("map.toml", &mapping), ("codes.tsv", CODES), ("cities.csv", CITIES)]);
        let store = Store::in_memory().unwrap();
        // A slip of the mapping is no broken row: it is not skipped.
        let options = ImportOptions { skip_errors: true, ..ImportOptions::default() };
        let error = folder.import(&store, &options).unwrap_err();
        assert!(matches!(error, GraphError::Mapping { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains("map.toml") && error.contains(reason), "{error}\nnot: {reason}");
        assert_eq!(store.inner().len().unwrap(), 0);
    }
}

fn plain(store: &Store, file: &Path, namespace: &str, skip_errors: bool) -> Result<ImportReport, GraphError> {
    let source = ImportSource::PlainTriples { file: file.to_owned(), namespace: namespace.to_owned() };
    store.import(&source, &ImportOptions { skip_errors, ..ImportOptions::default() }, &mut |_| {
        ControlFlow::Continue(())
    })
}

#[test]
fn plain_triples_become_labelled_entities() {
    let folder =
        Folder::new(&[("t.tsv", "Ann Lee\tstarred_actors\tBob O'Hara\r\n\nBob O'Hara\tborn in\t北京\n")]);
    let store = Store::in_memory().unwrap();
    let file = folder.0.path().join("t.tsv");
    plain(&store, &file, "http://example.com/", false).unwrap();
    let query =
        "SELECT ?s ?p ?o { ?x ?r ?y . ?x rdfs:label ?s . ?r rdfs:label ?p . ?y rdfs:label ?o } ORDER BY ?s";
    let query = format!("PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> {query}");
    let expected = [["Ann Lee", "starred actors", "Bob O'Hara"], ["Bob O'Hara", "born in", "北京"]];
    assert_eq!(rows(&store, &query), expected);
    let error = plain(&store, &file, "no namespace", false).unwrap_err().to_string();
    assert!(error.contains("--namespace"), "{error}");
}

#[test]
fn broken_plain_triples_are_named_or_counted() {
    let folder = Folder::new(&[]);
    let mut bytes = b"a\tb\tc\nonly\ttwo\nx\t\ty\n".to_vec();
    bytes.extend_from_slice(b"\xff\tb\tc\n");
    bytes.extend(std::iter::repeat_n(b'z', 200_000));
    bytes.extend_from_slice(b"\nd\te\tf\n");
    let file = folder.write("t.tsv", &bytes);
    let store = Store::in_memory().unwrap();
    assert!(matches!(
        plain(&store, &file, "http://example.com/", false),
        Err(GraphError::Syntax { line: 2, .. })
    ));
    assert_eq!(store.inner().len().unwrap(), 0);
    let report = plain(&store, &file, "http://example.com/", true).unwrap();
    assert_eq!(report.skipped, 4);
    let lines: Vec<bool> =
        (2..=5).map(|n| report.skips.iter().any(|s| s.contains(&format!("t.tsv:{n}:")))).collect();
    assert_eq!(lines, [true; 4], "{:?}", report.skips);
    assert!(ask(&store, "?x rdfs:label 'f'"));
}

#[test]
fn qualifiers_say_something_of_the_fact() {
    let mapping = r#"
graph = "http://example.com/graph/capitals"
[prefixes]
ex = "http://example.com/"
[[rows]]
file = "capitals.csv"
subject = "ex:{country}"
facts = [
  { predicate = "ex:capital", field = "capital", iri = "ex:{}", qualifiers = [
    { predicate = "ex:start", field = "from", datatype = "xsd:gYear" },
    { predicate = "ex:end", field = "until", datatype = "xsd:gYear" },
  ] },
]
"#;
    let capitals = "country,capital,from,until\nBRA,Rio,1763,1960\nBRA,Brasilia,1960,\nECU,Quito,,\n";
    let folder = Folder::new(&[("map.toml", mapping), ("capitals.csv", capitals)]);
    let store = Store::in_memory().unwrap();
    // Three facts, two reifiers, three qualifiers.
    assert_eq!(folder.import(&store, &ImportOptions::default()).unwrap().quads, 8);
    assert!(ask(&store, "GRAPH ?g { ex:BRA ex:capital ex:Rio {| ex:start ?from ; ex:end ?until |} }"));
    assert!(ask(&store, "GRAPH ?g { ex:BRA ex:capital ex:Brasilia {| ex:start ?from |} }"));
    assert!(!ask(&store, "GRAPH ?g { ex:ECU ex:capital ex:Quito {| ?any ?thing |} }"));
    // Importing again replaces it, reifiers too.
    folder.import(&store, &ImportOptions::default()).unwrap();
    let count =
        rows(&store, "SELECT (COUNT(*) AS ?n) { GRAPH <http://example.com/graph/capitals> { ?s ?p ?o } }");
    assert!(count[0][0].contains('8'), "{count:?}");
}

#[test]
fn a_qualifier_has_no_qualifiers() {
    let mapping = "graph = \"http://e.x/g\"\n[[rows]]\nfile = \"a.csv\"\nsubject = \"http://e.x/{a}\"\nfacts = [{ predicate = \"http://e.x/p\", field = \"a\", qualifiers = [{ predicate = \"http://e.x/q\", field = \"a\", qualifiers = [{ predicate = \"http://e.x/r\", field = \"a\" }] }] }]\n";
    let folder = Folder::new(&[("map.toml", mapping), ("a.csv", "a\n1\n")]);
    let error =
        folder.import(&Store::in_memory().unwrap(), &ImportOptions::default()).unwrap_err().to_string();
    assert!(error.contains("http://e.x/q") && error.contains("qualifiers"), "{error}");
}
