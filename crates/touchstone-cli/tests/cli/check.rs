//! `touchstone check`: verdicts, exit codes, JSON lines, bad input.

use serde_json::Value;

use crate::sandbox::{Sandbox, demo_store, outcome};

fn verdicts(report: &Value) -> Vec<&str> {
    report["claims"].as_array().unwrap().iter().map(|c| c["verdict"].as_str().unwrap()).collect()
}

#[test]
fn claims_of_both_languages_get_their_verdicts() {
    let text = "Quito is the capital of Ecuador. Gold has atomic number 78. France borders Portugal. \
                法国的首都是里昂。 Kazakhstan's area is about 2.7 million square kilometres. \
                The mayor of Quito likes football.";
    let outcome = Sandbox::new().check(&["--json", "-"], text);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let report = outcome.json();
    let expected = ["supported", "refuted", "refuted", "refuted", "supported", "unverifiable"];
    assert_eq!(verdicts(&report), expected);
    assert_eq!(report["summary"]["refuted"], 3);
    let evidence = &report["claims"][0]["evidence"][0];
    assert_eq!(evidence["type"], "triple");
    assert!(evidence["graph"].as_str().unwrap().starts_with("https://"), "{evidence}");
    let characters: Vec<char> = text.chars().collect();
    for claim in report["claims"].as_array().unwrap() {
        let at = |index: usize| claim["span"][index].as_u64().unwrap() as usize;
        assert!(at(0) < at(1) && at(1) <= characters.len(), "{claim}");
    }
}

#[test]
fn the_exit_code_says_whether_something_is_refuted() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.check(&["-"], "2 + 2 = 4.").code, 0);
    assert_eq!(sandbox.check(&["-"], "2 + 2 = 5.").code, 1);
    let file = sandbox.write("a.txt", "2 + 2 = 4.");
    assert_eq!(sandbox.check(&[&file], "").code, 0);
}

#[test]
fn people_see_each_claim_with_its_verdict() {
    let outcome = Sandbox::new().check(&["-"], "2 + 2 = 4. 2 + 2 = 5.");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert!(lines[0].starts_with("✓ supported"), "{}", outcome.stdout);
    assert!(lines.iter().any(|line| line.starts_with("✗ refuted")));
    assert_eq!(lines.last(), Some(&"1 supported, 1 refuted, 0 unverifiable"));
    assert!(!outcome.stdout.contains('\u{1b}'), "a pipe gets no colours");
    let coloured = Sandbox::new().check(&["--color", "always", "-"], "2 + 2 = 4.");
    assert!(coloured.stdout.contains('\u{1b}'));
}

#[test]
fn a_language_without_support_is_told_and_never_passed_over() {
    let outcome =
        Sandbox::new().check(&["--json", "-"], "Столица Эквадора — Кито. Золото имеет атомный номер 78.");
    assert_eq!(outcome.code, 0);
    let report = outcome.json();
    let claims = report["claims"].as_array().unwrap();
    assert!(!claims.is_empty());
    for claim in claims {
        assert_eq!(claim["verdict"], "unverifiable");
        assert_eq!(claim["reason_code"], "unsupported_language");
    }
}

#[test]
fn json_lines_keep_their_order_and_a_broken_one_is_told() {
    let sandbox = Sandbox::new();
    let mut input = String::new();
    for id in 0..300 {
        input.push_str(&format!("{{\"id\":{id},\"text\":\"{id} + 1 = {}.\"}}\n", id + 1 + id % 2));
    }
    let outcome = sandbox.check(&["--jsonl"], input.clone());
    assert_eq!(outcome.code, 1);
    let lines = outcome.lines();
    assert_eq!(lines.len(), 300);
    for (id, line) in lines.iter().enumerate() {
        assert_eq!(line["id"], id);
        assert_eq!(line["summary"]["refuted"], id % 2);
    }

    let broken = input.replacen("{\"id\":1,", "{\"id\":1 ", 1);
    let outcome = sandbox.check(&["--jsonl", "-"], broken);
    assert!(outcome.sentence().contains("standard input, line 2: "), "{}", outcome.stderr);
    let lines = outcome.lines();
    assert_eq!((lines.len(), &lines[1]["line"], &lines[2]["id"]), (300, &Value::from(2), &Value::from(2)));
}

#[test]
fn what_is_no_text_is_refused_in_one_sentence() {
    let sandbox = Sandbox::new();
    let refused = |bytes: &[u8]| sandbox.check(&["-"], bytes).sentence().to_owned();
    assert!(refused(b"").contains("empty"));
    assert!(refused(b" \n").contains("empty"));
    assert!(refused(b"a\0b").contains("byte 2 is NUL"));
    assert!(refused(b"Quito \xff").contains("not UTF-8"));
    let long = sandbox.check(&["--json", "-"], vec![b'a'; 10_000_000]).sentence().to_owned();
    assert!(long.contains("larger than the limit"));
    assert!(sandbox.check(&["--jsonl"], "").sentence().contains("empty"));
    assert!(sandbox.check(&["none.txt"], "").sentence().contains("none.txt"));
    let folder = sandbox.dir.path().display().to_string();
    assert!(sandbox.check(&[&folder], "").sentence().contains("there is no text"));
    assert!(sandbox.check(&["*.none"], "").sentence().contains("no file fits"));
}

#[test]
fn without_a_graph_the_next_step_is_told() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["check", "-"]);
    command.write_stdin("2 + 2 = 4.");
    assert!(outcome(command).sentence().contains("touchstone kg demo"));
}

#[test]
fn a_closed_pipe_is_no_panic() {
    use std::process::Stdio;
    let sandbox = Sandbox::new();
    let file = sandbox.write("long.txt", "2 + 2 = 4. ".repeat(20_000));
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_touchstone"))
        .args(["check", "--json", "--store"])
        .arg(demo_store())
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn folders_are_walked_and_every_claim_has_its_line() {
    let sandbox = Sandbox::new();
    let dir = sandbox.dir.path().join("docs");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("a.md"), "# Sums\n\nHere **2 + 2 = 5**.\n\n```\n1 + 1 = 3\n```\n").unwrap();
    std::fs::write(dir.join("b.html"), "<p>x</p>\n<p>2 + 2 = 4 &amp; 3 + 3 = 7.</p><script>1+1=9</script>")
        .unwrap();
    std::fs::write(dir.join("c.bin"), "1 + 1 = 3").unwrap();
    let folder = dir.display().to_string();
    let outcome = sandbox.check(&["--json", &folder], "");
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("1 other files"), "{}", outcome.stderr);
    let report = outcome.json();
    assert_eq!(report["summary"]["refuted"], 2);
    let documents = report["documents"].as_array().unwrap();
    let claim =
        documents[0]["claims"].as_array().unwrap().iter().find(|c| c["verdict"] == "refuted").unwrap();
    assert_eq!((&claim["line"], &claim["column"]), (&Value::from(3), &Value::from(8)));
    let claim =
        documents[1]["claims"].as_array().unwrap().iter().find(|c| c["verdict"] == "refuted").unwrap();
    assert_eq!((&claim["line"], &claim["column"]), (&Value::from(2), &Value::from(20)));
}

#[test]
fn a_baseline_forgives_what_was_known() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("a.txt", "2 + 2 = 5.");
    let baseline = sandbox.dir.path().join("baseline.json").display().to_string();
    assert_eq!(sandbox.check(&["--write-baseline", &baseline, &file], "").code, 1);
    std::fs::write(&file, "Words above.\n\n2 + 2 = 5.").unwrap();
    assert_eq!(sandbox.check(&["--baseline", &baseline, &file], "").code, 0);
    assert_eq!(sandbox.check(&["--baseline", &baseline, "--fail-on", "unverifiable", &file], "").code, 1);
    std::fs::write(&file, "2 + 2 = 5. 3 + 3 = 7.").unwrap();
    assert_eq!(sandbox.check(&["--baseline", &baseline, &file], "").code, 1);
    assert_eq!(sandbox.check(&["--baseline", &baseline, "--fail-on", "never", &file], "").code, 0);
    let broken = sandbox.write("b.json", "{}");
    assert!(sandbox.check(&["--baseline", &broken, &file], "").sentence().contains("is no baseline"));
}

#[test]
fn reports_are_written_for_programs_and_people() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("a.txt", "2 + 2 = 5.");
    let out = sandbox.dir.path().join("report").display().to_string();
    for (format, sign) in
        [("sarif", "\"version\": \"2.1.0\""), ("html", "<!doctype html>"), ("markdown", "# Fact check")]
    {
        assert_eq!(sandbox.check(&["--format", format, "-o", &out, &file], "").code, 1);
        let report = std::fs::read_to_string(&out).unwrap();
        assert!(report.contains(sign), "{report}");
    }
    let lines = sandbox.check(&["--format", "jsonl", &file], "");
    assert_eq!(lines.json()["claims"][0]["line"], 1);
}

#[test]
fn a_policy_is_enforced_with_its_rule_named() {
    let sandbox = Sandbox::new();
    let policy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kg/policies/example.toml");
    let policy = policy.display().to_string();
    let text = "Take 500 mg of the medicine twice a day. Write to ana@example.org. \
                Marie Curie discovered gold. Ecuador has a population of about 18 million.";
    let outcome = sandbox.check(&["--policies", &policy, "--json", "-"], text);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let report = outcome.json();
    let rules: Vec<&str> =
        report["claims"].as_array().unwrap().iter().filter_map(|c| c["rule"].as_str()).collect();
    assert!(
        rules.contains(&"dosage") && rules.contains(&"contact") && rules.contains(&"persons"),
        "{report}"
    );
    let redacted = report["claims"].as_array().unwrap().iter().find(|c| c["rule"] == "contact").unwrap();
    assert_eq!(redacted["correction"]["replacement"], "[redacted]");
    let notes: Vec<&str> =
        report["policy"].as_array().unwrap().iter().map(|n| n["rule"].as_str().unwrap()).collect();
    assert!(notes.contains(&"figures") && notes.contains(&"medical-notice"), "{notes:?}");
    let clean = sandbox.check(&["--policies", &policy, "-"], "Quito is the capital of Ecuador.");
    assert_eq!(clean.code, 0, "{}", clean.stdout);
    let broken =
        sandbox.write("p.toml", "[[rule]]\nid = \"a\"\naction = \"block\"\nclasses = [\"dragon\"]\n");
    assert!(sandbox.check(&["--policies", &broken, "-"], "x").sentence().contains("no class dragon"));
}

/// A reader that makes its text as it is read.
struct Endless {
    line: Vec<u8>,
    left: usize,
    at: usize,
}

impl std::io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut written = 0;
        while written < buffer.len() && self.left > 0 {
            let rest = &self.line[self.at..];
            let count = rest.len().min(buffer.len() - written).min(self.left);
            buffer[written..written + count].copy_from_slice(&rest[..count]);
            (written, self.left) = (written + count, self.left - count);
            self.at = (self.at + count) % self.line.len();
        }
        Ok(written)
    }
}

/// 100 MB need no more memory than 1 MB, but for what the allocator keeps.
#[test]
#[cfg(target_os = "linux")]
fn a_hundred_megabytes_stream_in_bounded_memory() {
    use std::io::{Read, Write};
    use std::process::Stdio;

    let peak = |bytes: usize| {
        let sandbox = Sandbox::new();
        let store = demo_store().display().to_string();
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_touchstone"))
            .args(["check", "--store", &store, "--format", "jsonl"])
            .env("HOME", sandbox.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || {
            // Rules are quickly passed over, a sentence is not.
            let mut line = b"Gold has atomic number 79.\n".to_vec();
            line.extend(b"- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -\n".repeat(1_000));
            let mut text = Endless { line, left: bytes, at: 0 };
            let copied = std::io::copy(&mut text, &mut stdin);
            stdin.write_all(b"\nGold has atomic number 78.\n").and(copied.map(|_| ())).unwrap();
        });
        let status = format!("/proc/{}/status", child.id());
        let mut output = child.stdout.take().unwrap();
        let mut last = Vec::new();
        let mut highest = 0;
        let mut buffer = [0; 65_536];
        loop {
            let count = output.read(&mut buffer).unwrap();
            let used = std::fs::read_to_string(&status).unwrap_or_default();
            let line = used.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(str::trim);
            let kilobytes = line.and_then(|line| line.split(' ').next()?.parse::<u64>().ok());
            highest = highest.max(kilobytes.unwrap_or(0));
            if count == 0 {
                break;
            }
            last.extend_from_slice(&buffer[..count]);
            let excess = last.len().saturating_sub(4_096);
            last.drain(..excess);
        }
        writer.join().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert!(String::from_utf8_lossy(&last).contains("refuted"), "{}", String::from_utf8_lossy(&last));
        highest
    };
    let (small, large) = (peak(1_000_000), peak(100_000_000));
    assert!(large < small + 200_000, "{small} kB for 1 MB, {large} kB for 100 MB");
}
