//! The service as operators run it: signals, certificates, spans for a
//! collector.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::service::{
    ANY_PORT, QUESTION, Running, Stub, TRUE, accepted, model, remote, reply, wait, with_graph,
};

#[test]
fn spans_of_a_request_reach_the_collector_and_nothing_that_was_said() {
    let (home, pause) = (with_graph(), Arc::default());
    let model = model(ANY_PORT, &pause);
    let sent = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&sent);
    let collector = Stub::start(ANY_PORT, move |head, body| {
        assert!(head.starts_with("POST /v1/traces"), "{head}");
        kept.lock().unwrap().extend_from_slice(body);
        accepted()
    });
    let endpoint = format!("http://{}", collector.address);
    let environment =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_SERVICE_NAME", "fact-desk")];
    let server = Running::start(&home, &["--remote", &remote(&model)], &environment);
    server.ready();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let request = ureq::post(format!("{}/v1/check", server.url))
        .header("traceparent", &format!("00-{trace}-b7ad6b7169203331-01"))
        .content_type("application/json");
    assert_eq!(reply(request.send(TRUE).unwrap()).status, 200);
    assert_eq!(server.post("/v1/ask", QUESTION).status, 200);
    // What is left is sent before the end.
    assert_eq!(server.stop(), Some(0));
    let sent = sent.lock().unwrap();
    let holds = |part: &[u8]| sent.windows(part.len()).any(|window| window == part);
    for text in
        ["fact-desk", "POST /v1/check", "POST /v1/ask", "http.response.status_code", "waiting", "working"]
    {
        assert!(holds(text.as_bytes()), "{text} is missing");
    }
    assert!(holds(b"touchstone.tokens.generated"));
    assert!(holds(&u128::from_str_radix(trace, 16).unwrap().to_be_bytes()), "the client's trace goes on");
    assert!(!holds(b"Lutland") && !holds(b"Mossport"));
}

#[test]
fn a_reload_changes_the_rules_and_drops_no_request() {
    let (home, pause) = (with_graph(), Arc::default());
    let model = model(ANY_PORT, &pause);
    home.write("touchstone.toml", "");
    let server = Running::start(&home, &["--remote", &remote(&model)], &[]);
    server.ready();
    let refuted = || {
        server.post("/v1/check", r#"{"text":"We promise a refund."}"#).json()["summary"]["refuted"].clone()
    };
    assert_eq!(refuted(), 0);
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    let reply = server.post("/v1/check", TRUE);
                    assert_eq!(reply.status, 200, "{}", reply.body);
                    answered.fetch_add(1, Ordering::AcqRel);
                }
            });
        }
        home.write(
            "rules.toml",
            "name = \"house\"\n[[rule]]\nid = \"refunds\"\naction = \"block\"\npattern = \"refund\"\nmessage = \"no promises of refunds\"\nmessage_zh = \"不承诺退款\"\n",
        );
        home.write("touchstone.toml", "policies = \"rules.toml\"\n");
        for _ in 0..5 {
            server.reload();
        }
        // What cannot be used is refused, and what was in force stays.
        home.write("touchstone.toml", "policies = 7\n");
        server.signal("HUP");
        wait("the refusal", || {
            server.log.lock().unwrap().iter().any(|line| line.contains("not reloaded")).then_some(())
        });
        done.store(true, Ordering::Release);
    });
    assert_eq!(refuted(), 1);
    assert!(answered.load(Ordering::Acquire) > 20);
}

#[test]
fn https_with_a_certificate_that_is_renewed() {
    let (home, pause) = (with_graph(), Arc::default());
    let model = model(ANY_PORT, &pause);
    // A certificate of this machine's own, put where the server looks for it.
    let renew = || {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        home.write("server.pem", made.cert.pem());
        home.write("server.key", made.signing_key.serialize_pem());
        made.cert.pem()
    };
    let first = renew();
    let tls = ["--tls-certificate", "server.pem", "--tls-key", "server.key", "--remote", &remote(&model)];
    let server = Running::start(&home, &tls, &[]);
    assert!(server.url.starts_with("https://"));
    let get = |trusted: &str| {
        let certificate = ureq::tls::Certificate::from_pem(trusted.as_bytes()).unwrap();
        let roots = ureq::tls::RootCerts::new_with_certs(&[certificate]);
        let tls = ureq::tls::TlsConfig::builder().root_certs(roots).build();
        let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
        agent.get(format!("{}/healthz", server.url)).call().map(reply)
    };
    assert_eq!(get(&first).unwrap().status, 200);
    assert!(ureq::get(server.url.replace("https", "http")).call().is_err(), "nothing is said in the clear");
    wait("the parts", || {
        server.log.lock().unwrap().iter().any(|line| line.starts_with("model ")).then_some(())
    });
    let second = renew();
    assert!(get(&second).is_err(), "not before it is told");
    server.reload();
    assert_eq!(get(&second).unwrap().status, 200);
    assert!(get(&first).is_err());
}

#[test]
fn sigterm_lets_a_question_finish() {
    let (home, pause) = (with_graph(), Arc::new(AtomicU64::new(1_500)));
    let model = model(ANY_PORT, &pause);
    let server = Running::start(&home, &["--remote", &remote(&model)], &[]);
    server.ready();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| server.post("/v1/ask", QUESTION));
        wait("the question", || {
            let metrics = server.get("/metrics");
            metrics.body.contains("touchstone_queue_running{kind=\"ask\"} 1").then_some(())
        });
        server.signal("TERM");
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(running.join().unwrap().status, 200);
    });
    assert_eq!(server.stopped(), Some(0));
}
