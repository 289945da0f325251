//! Questions asked several at a time, and what each took.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use touchstone_core::AskReport;

use crate::energy::Meter;
use crate::questions::Question;
use crate::systems::SystemError;

/// An answer with what it took of the run.
pub(crate) struct Asked {
    pub(crate) result: Result<AskReport, SystemError>,
    /// Seconds since the answer before: over a run they add up to its time,
    /// however many questions are asked at once.
    pub(crate) elapsed_s: f64,
    /// Joules since the answer before, where the machine tells.
    pub(crate) energy_j: Option<f64>,
}

/// Asks every question; `took` gets the answers as they come, and ends the
/// asking by `false`. Tells whether all were asked.
pub(crate) fn all(
    questions: &[&Question],
    concurrency: usize,
    ask: &(dyn Fn(&Question) -> Result<AskReport, SystemError> + Sync),
    stop: &(dyn Fn() -> bool + Sync),
    took: &mut dyn FnMut(&Question, Asked) -> bool,
) -> bool {
    let mut clock = Clock::begin();
    if concurrency <= 1 || questions.len() <= 1 {
        return questions.iter().all(|question| {
            !stop() && {
                let result = ask(question);
                took(question, clock.lap(result))
            }
        });
    }
    let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (answers, inbox) = mpsc::channel();
    let work = |answers: mpsc::Sender<_>| {
        while !over.load(Ordering::Acquire) && !stop() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(question) = questions.get(at) else { break };
            if answers.send((at, ask(question))).is_err() {
                break;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..concurrency.min(questions.len()) {
            let answers = answers.clone();
            scope.spawn(|| work(answers));
        }
        drop(answers);
        let mut taken = 0;
        for (at, result) in inbox {
            // What is under way when the asking ends is not counted.
            if !over.load(Ordering::Acquire) {
                if took(questions[at], clock.lap(result)) {
                    taken += 1;
                } else {
                    over.store(true, Ordering::Release);
                }
            }
        }
        taken == questions.len()
    })
}

struct Clock {
    last: Instant,
    meter: Option<Meter>,
}

impl Clock {
    fn begin() -> Clock {
        Clock { last: Instant::now(), meter: Meter::open() }
    }

    fn lap(&mut self, result: Result<AskReport, SystemError>) -> Asked {
        let now = Instant::now();
        let elapsed_s = now.duration_since(self.last).as_secs_f64();
        self.last = now;
        let energy_j = self.meter.as_mut().and_then(Meter::lap);
        Asked { result, elapsed_s, energy_j }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions(n: usize) -> Vec<Question> {
        (0..n).map(|id| Question { id: id.to_string(), ..Question::default() }).collect()
    }

    #[test]
    fn all_are_asked_once_by_several_threads() {
        let questions = questions(50);
        let all_of: Vec<&Question> = questions.iter().collect();
        let mut seen = Vec::new();
        let ask = |_: &Question| Err(SystemError::Question("no".into()));
        let ended = all(&all_of, 4, &ask, &|| false, &mut |question, asked| {
            assert!(asked.elapsed_s >= 0.0);
            seen.push(question.id.clone());
            true
        });
        seen.sort_by_key(|id| id.parse::<usize>().unwrap_or(usize::MAX));
        assert!(ended);
        assert_eq!(seen, questions.iter().map(|q| q.id.clone()).collect::<Vec<_>>());
    }

    #[test]
    fn asking_ends_when_it_is_told_to() {
        let questions = questions(50);
        let all_of: Vec<&Question> = questions.iter().collect();
        let mut seen = 0;
        let ask = |_: &Question| Err(SystemError::Question("no".into()));
        let ended = all(&all_of, 4, &ask, &|| false, &mut |_, _| {
            seen += 1;
            seen < 10
        });
        assert!(!ended && seen == 10);
        assert!(!all(&all_of, 4, &ask, &|| true, &mut |_, _| true));
    }
}
