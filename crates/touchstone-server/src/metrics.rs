//! What the service counts, in the OpenMetrics text format.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use touchstone_core::{AnswerStatus, AskReport, Claim, StepStatus, Verdict};

use crate::state::State;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Verdicts {
    /// `ask` or `check`.
    of: &'static str,
    verdict: &'static str,
}

type Seconds = fn() -> Histogram;

pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    request_seconds: Family<Route, Histogram, Seconds>,
    running: Family<Kind, Gauge>,
    waiting: Family<Kind, Gauge>,
    tokens: Family<Kind, Counter>,
    steps: Family<Kind, Counter>,
    answers: Family<Kind, Counter>,
    claims: Family<Verdicts, Counter>,
    asserted: Counter,
    expected_false: Counter<f64, AtomicU64>,
    ask_seconds: Family<Kind, Histogram, Seconds>,
    epoch: Gauge,
    ready: Gauge,
}

/// From a check of a line to a question with many repairs.
fn seconds() -> Histogram {
    Histogram::new([
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
    ])
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let metrics = Metrics {
            registry: Registry::with_prefix("touchstone"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            running: Family::default(),
            waiting: Family::default(),
            tokens: Family::default(),
            steps: Family::default(),
            answers: Family::default(),
            claims: Family::default(),
            asserted: Counter::default(),
            expected_false: Counter::default(),
            ask_seconds: Family::new_with_constructor(seconds),
            epoch: Gauge::default(),
            ready: Gauge::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Metrics {
        let r = &mut self.registry;
        r.register("requests", "Requests answered", self.requests.clone());
        r.register_with_unit(
            "request",
            "Time from a request's head to its response's head",
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        r.register("queue_running", "Requests being worked on, by queue", self.running.clone());
        r.register("queue_waiting", "Requests that wait for their turn, by queue", self.waiting.clone());
        r.register("tokens", "Tokens that went through the model", self.tokens.clone());
        r.register("steps", "Steps of derivations, by what became of them", self.steps.clone());
        r.register("answers", "Answers, by status", self.answers.clone());
        r.register("claims", "Claims checked, by verdict", self.claims.clone());
        r.register(
            "asserted_claims",
            "Supported and unverifiable claims in answers and the steps that stand",
            self.asserted.clone(),
        );
        r.register(
            "expected_false_claims",
            "Sum of one minus the confidence over the supported claims asserted: an estimate, as good as the confidences are",
            self.expected_false.clone(),
        );
        r.register_with_unit(
            "ask",
            "Time of questions, by what it went into",
            Unit::Seconds,
            self.ask_seconds.clone(),
        );
        r.register("graph_epoch", "Changes that the graph has seen", self.epoch.clone());
        r.register("ready", "1 when questions and texts are answered", self.ready.clone());
        self
    }

    pub(crate) fn responded(&self, route: &str, method: &str, status: u16, time: Duration) {
        let labels = Request { route: route.to_owned(), method: method.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.get_or_create(&Route { route: route.to_owned() }).observe(time.as_secs_f64());
    }

    pub(crate) fn answered(&self, report: &AskReport) {
        let tokens = |kind, count: usize| {
            self.tokens.get_or_create(&Kind { kind }).inc_by(count as u64);
        };
        tokens("prompt", report.usage.prompt_tokens);
        tokens("generated", report.usage.generated_tokens);
        let time = |kind, seconds| self.ask_seconds.get_or_create(&Kind { kind }).observe(seconds);
        time("total", report.timings.total_s);
        time("generating", report.timings.generating_s);
        time("checking", report.timings.checking_s);
        time("first_step", report.timings.first_step_s);
        for step in &report.steps {
            let kind = match step.status {
                StepStatus::Accepted => "accepted",
                StepStatus::Repaired => "repaired",
                StepStatus::Rejected => "rejected",
                StepStatus::Unverified => "unverified",
            };
            self.steps.get_or_create(&Kind { kind }).inc();
            self.judged("ask", &step.claims);
            if step.status != StepStatus::Rejected {
                self.assert(&step.claims);
            }
        }
        self.judged("ask", &report.answer.claims);
        let kind = match report.answer.status {
            AnswerStatus::Verified => "verified",
            AnswerStatus::PartlyVerified => "partly_verified",
            AnswerStatus::Withheld => "withheld",
        };
        self.answers.get_or_create(&Kind { kind }).inc();
        if report.answer.status != AnswerStatus::Withheld {
            self.assert(&report.answer.claims);
        }
    }

    fn assert(&self, claims: &[Claim]) {
        for claim in claims.iter().filter(|claim| claim.verdict != Verdict::Refuted) {
            self.asserted.inc();
            if claim.verdict == Verdict::Supported {
                self.expected_false.inc_by((1.0 - claim.confidence).max(0.0));
            }
        }
    }

    /// Claims of `ask` or `check`.
    pub(crate) fn judged(&self, of: &'static str, claims: &[Claim]) {
        for (verdict, name) in [
            (Verdict::Supported, "supported"),
            (Verdict::Refuted, "refuted"),
            (Verdict::Unverifiable, "unverifiable"),
        ] {
            let count = claims.iter().filter(|claim| claim.verdict == verdict).count();
            if count > 0 {
                self.claims.get_or_create(&Verdicts { of, verdict: name }).inc_by(count as u64);
            }
        }
    }

    /// Everything, with what the state says of itself now.
    pub(crate) fn text(&self, state: &State) -> String {
        for (kind, gate) in [
            ("ask", &state.asks),
            ("check", &state.checks),
            ("query", &state.queries),
            ("update", &state.updates),
        ] {
            let (running, waiting) = gate.load();
            self.running.get_or_create(&Kind { kind }).set(running as i64);
            self.waiting.get_or_create(&Kind { kind }).set(waiting as i64);
        }
        let missing = state.missing();
        self.ready.set(i64::from(missing.is_empty()));
        if let Ok(checker) = state.checker()
            && let Ok(epoch) = checker.graph().store().epoch()
        {
            self.epoch.set(i64::try_from(epoch).unwrap_or(i64::MAX));
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
