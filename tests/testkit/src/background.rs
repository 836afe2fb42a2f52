//! A runtime on a thread of its own.

use tokio::runtime::{self, Runtime};

/// Runs tasks apart from the test's own runtime, so that nothing in a test can hold them up. They end when it is dropped.
pub struct Background(Option<Runtime>);

impl Background {
    pub fn start() -> Self {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        Self(Some(runtime))
    }

    /// Runs a task there, and waits for its end.
    pub async fn run<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime().spawn(task).await.unwrap()
    }

    /// Starts a task there.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.runtime().spawn(task));
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
