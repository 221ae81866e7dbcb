use super::*;
use pollster::block_on;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

/// An embedder whose speed, answers and failures are set by the test.
struct Fake {
    backend: Backend,
    value: f32,
    ms: f64,
    fails: Rc<Cell<bool>>,
    clock: Rc<Cell<f64>>,
}

impl Embedder for Fake {
    fn backend(&self) -> Backend {
        self.backend
    }
    fn space(&self) -> &str {
        "fake@1"
    }
    fn dims(&self) -> usize {
        2
    }
    fn embed<'a>(
        &'a self,
        texts: &'a [&'a str],
        _: Role,
    ) -> LocalBoxFuture<'a, Result<Vec<Vec<f32>>, EmbedError>> {
        Box::pin(async move {
            // A batch costs the CPU its length and the graphics processor nothing more.
            let batch = if self.backend == Backend::Cpu { texts.len() as f64 } else { 1.0 };
            self.clock.set(self.clock.get() + self.ms * batch);
            if self.fails.get() {
                return Err(EmbedError::Gone(Unavailable::new("device_lost", "It was lost.")));
            }
            Ok(vec![vec![self.value, (1.0 - self.value * self.value).sqrt()]; texts.len()])
        })
    }
    fn count_tokens(&self, text: &str) -> Option<usize> {
        Some(text.split(' ').count())
    }
}

#[derive(Default)]
struct FakeLoader {
    links: RefCell<HashMap<Backend, Rc<dyn Embedder>>>,
    opened: RefCell<Vec<Backend>>,
    clock: Rc<Cell<f64>>,
}

impl FakeLoader {
    fn add(&self, backend: Backend, value: f32, ms: f64) -> Rc<Cell<bool>> {
        let fails = Rc::new(Cell::new(false));
        let fake = Fake { backend, value, ms, fails: fails.clone(), clock: self.clock.clone() };
        self.links.borrow_mut().insert(backend, Rc::new(fake));
        fails
    }
}

impl Loader for FakeLoader {
    fn load(&self, backend: Backend) -> LocalBoxFuture<'_, Result<Rc<dyn Embedder>, Unavailable>> {
        self.opened.borrow_mut().push(backend);
        let missing = || Unavailable::new("no_adapter", "There is none.");
        let link = self.links.borrow().get(&backend).cloned().ok_or_else(missing);
        Box::pin(async move { link })
    }
    fn now(&self) -> f64 {
        self.clock.get()
    }
}

fn embed(chain: &SmartEmbedder<FakeLoader>, work: Work) -> Embedded {
    block_on(chain.embed(&["a b"], Role::Passage, work)).unwrap()
}

#[test]
fn the_winner_of_each_kind_of_work_does_it() {
    let loader = FakeLoader::default();
    loader.add(Backend::WebGpu, 1.0, 30.0);
    loader.add(Backend::Cpu, 1.0, 10.0);
    let chain = SmartEmbedder::new(loader, 2);
    let measured = block_on(chain.measure());
    assert_eq!(measured.of(Backend::Cpu).unwrap().query_ms, 10.0);
    assert_eq!(measured.of(Backend::WebGpu).unwrap().bulk_ms, 30.0);
    assert_eq!(embed(&chain, Work::Query).backend, Backend::Cpu);
    assert_eq!(embed(&chain, Work::Bulk).backend, Backend::WebGpu);
    assert!(chain.choose(Work::Bulk).reason.contains("WebGPU 30 ms, CPU 80 ms"));
}

#[test]
fn a_tie_goes_to_webgpu_and_nothing_is_opened_needlessly() {
    let loader = FakeLoader::default();
    loader.add(Backend::WebGpu, 1.0, 10.0);
    loader.add(Backend::Cpu, 1.0, 10.0);
    let chain = SmartEmbedder::new(loader, 2);
    let row = |backend| Measurement { backend, query_ms: 5.0, bulk_ms: 5.0 };
    chain.remember(Measurements {
        rows: vec![row(Backend::Cpu), row(Backend::WebGpu)],
        known: Some(vec![1.0, 0.0]),
    });
    assert_eq!(embed(&chain, Work::Query).backend, Backend::WebGpu);
    assert_eq!(*chain.loader().opened.borrow(), [Backend::WebGpu], "the CPU was not needed");
}

#[test]
fn without_gpu_the_cpu_and_without_both_the_hash() {
    let loader = FakeLoader::default();
    loader.add(Backend::Cpu, 1.0, 10.0);
    let chain = SmartEmbedder::new(loader, 2);
    block_on(chain.measure());
    assert_eq!(embed(&chain, Work::Bulk).backend, Backend::Cpu);
    assert!(chain.choose(Work::Bulk).reason.contains("There is none."), "it says why");

    let chain = SmartEmbedder::new(FakeLoader::default(), 2);
    let embedded = embed(&chain, Work::Query);
    assert_eq!((embedded.backend, embedded.space.as_str()), (Backend::Hash, "hash-v1@2"));
    assert!(chain.choose(Work::Query).reason.starts_with("No neural model can run"));
}

#[test]
fn a_lost_device_falls_through_and_stays_closed() {
    let loader = FakeLoader::default();
    let fails = loader.add(Backend::WebGpu, 1.0, 1.0);
    loader.add(Backend::Cpu, 1.0, 10.0);
    let chain = SmartEmbedder::new(loader, 2);
    block_on(chain.measure());
    assert_eq!(embed(&chain, Work::Bulk).backend, Backend::WebGpu);
    fails.set(true);
    assert_eq!(embed(&chain, Work::Bulk).backend, Backend::Cpu);
    fails.set(false);
    assert_eq!(embed(&chain, Work::Bulk).backend, Backend::Cpu);
    let lost = Unavailable::new("device_lost", "It was lost.");
    assert!(matches!(chain.link(Backend::WebGpu), Link::Closed(why) if why == lost), "its own words");
    chain.reset(Backend::WebGpu);
    assert_eq!(embed(&chain, Work::Bulk).backend, Backend::WebGpu);
}

#[test]
fn a_gpu_that_computes_something_else_is_refused() {
    let loader = FakeLoader::default();
    loader.add(Backend::WebGpu, 0.9, 1.0);
    loader.add(Backend::Cpu, 1.0, 10.0);
    let chain = SmartEmbedder::new(loader, 2);
    let measured = block_on(chain.measure());
    assert!(measured.of(Backend::WebGpu).is_none());
    assert!(matches!(chain.link(Backend::WebGpu), Link::Closed(why) if why.code == "known_answer_failed"));
    assert_eq!(embed(&chain, Work::Bulk).backend, Backend::Cpu);
}

#[test]
fn the_person_decides_and_what_cannot_be_is_explained() {
    let loader = FakeLoader::default();
    loader.add(Backend::Cpu, 1.0, 10.0);
    let chain = SmartEmbedder::new(loader, 2);
    chain.prefer(Preference::Only(Backend::Hash));
    assert_eq!(embed(&chain, Work::Query).backend, Backend::Hash);
    chain.prefer(Preference::Only(Backend::WebGpu));
    assert_eq!(embed(&chain, Work::Query).backend, Backend::Cpu);
    let reason = chain.choose(Work::Query).reason;
    assert_eq!(reason, "WebGPU was chosen in the options, but: There is none.");
    chain.prefer(Preference::Only(Backend::Cpu));
    assert_eq!(chain.choose(Work::Query).reason, "CPU was chosen in the options.");
}
