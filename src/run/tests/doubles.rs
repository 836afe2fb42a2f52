//! A source, a chat and a ledger that do what a test tells them.

use super::*;

/// Every metric is 5 in its newest settled bucket, except those with these ids.
pub(super) struct Source {
    pub(super) missing: Vec<MetricRef>,
}

#[async_trait]
impl MetricSource for Source {
    async fn read(&self, batch: &Batch) -> Answer {
        let points = |metric| -> &[(&str, f64)] {
            if self.missing.contains(metric) {
                &[]
            } else {
                &[("13:54", 5.0)]
            }
        };
        let queries = batch.queries.iter();
        Answer {
            series: queries
                .map(|query| (query.metric, series(points(&query.metric))))
                .collect(),
            calls: 1,
            metrics_requested: batch.queries.len() as u32,
            ..Answer::default()
        }
    }
}

/// A chat that keeps what it is given.
pub(super) struct Chat {
    pub(super) outcome: Outcome,
    /// How long signing in takes.
    pub(super) signs_in: Duration,
    pub(super) takes: Duration,
    pub(super) seen: Mutex<Vec<(Timestamp, String)>>,
    pub(super) posts: Mutex<Vec<Post>>,
    pub(super) clock: Clock,
}

impl Chat {
    pub(super) fn new(clock: Clock, outcome: Outcome) -> Self {
        Self {
            outcome,
            signs_in: Duration::ZERO,
            takes: Duration::ZERO,
            seen: Mutex::default(),
            posts: Mutex::default(),
            clock,
        }
    }

    pub(super) fn saw(&self, what: String) {
        self.seen.lock().unwrap().push((self.clock.now(), what));
    }

    pub(super) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(_, what)| what.clone()).collect()
    }
}

#[async_trait]
impl Destination for &Chat {
    async fn prepare(&self, _until: Instant) {
        tokio::time::sleep(self.signs_in).await;
        self.saw("prepare".into());
    }

    async fn post(&self, post: &Post) -> Outcome {
        tokio::time::sleep(self.takes).await;
        self.saw(post.message.body.clone());
        self.posts.lock().unwrap().push(post.clone());
        self.outcome.clone()
    }
}

/// A ledger that always says the same, and keeps how claims end.
pub(super) struct Book {
    pub(super) claim: Claim,
    /// How long it takes to say anything.
    pub(super) takes: Duration,
    /// Whether it can be told how a claim ends.
    pub(super) is_told: bool,
    pub(super) claims: Mutex<Vec<(Key, Duration)>>,
    pub(super) endings: Mutex<Vec<(Key, Ending)>>,
}

impl Book {
    pub(super) fn saying(claim: Claim) -> Self {
        Self {
            claim,
            takes: Duration::ZERO,
            is_told: true,
            claims: Mutex::default(),
            endings: Mutex::default(),
        }
    }
}

impl Ledger for Book {
    async fn claim(&self, key: &Key, lease: Duration) -> Claim {
        tokio::time::sleep(self.takes).await;
        self.claims.lock().unwrap().push((key.clone(), lease));
        self.claim.clone()
    }

    async fn close(&self, key: &Key, ending: Ending) -> Result<(), String> {
        tokio::time::sleep(self.takes).await;
        self.endings.lock().unwrap().push((key.clone(), ending));
        if self.is_told {
            Ok(())
        } else {
            Err("out of reach".into())
        }
    }
}
