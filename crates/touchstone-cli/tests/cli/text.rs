//! `touchstone text` on files of one's own.

use crate::sandbox::Sandbox;

#[test]
fn indexed_texts_are_found_in_both_languages() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("docs")).unwrap();
    sandbox.write("docs/a.txt", "The lighthouse keeper mends his nets.");
    sandbox.write("docs/b.txt", "灯塔的看守人修补渔网。");
    sandbox.write("docs/c.bin", "x");
    let outcome = sandbox.run(&["text", "index", "docs", "--index", "i"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stdout.starts_with("docs: 2 documents, 2 passages"), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("1 files of another kind"), "{}", outcome.stdout);

    let found = |words: &str| sandbox.run(&["text", "search", words, "--json", "--index", "i"]).json();
    assert_eq!(found("lighthouse")[0]["document"], "a.txt");
    assert_eq!(found("灯塔")[0]["document"], "b.txt");
    let none = sandbox.run(&["text", "search", "zebra", "--index", "i"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, "No passage has these words.\n"));
}

#[test]
fn a_missing_index_and_an_unknown_source_are_told() {
    let sandbox = Sandbox::new();
    assert!(sandbox.run(&["text", "search", "x"]).sentence().contains("touchstone text pull"));
    assert!(sandbox.run(&["text", "pull", "nosuch"]).sentence().contains("factbook"));
    assert!(sandbox.run(&["text", "pull"]).stdout.contains("factbook"));
}
