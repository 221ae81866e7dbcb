//! Which model embeds, and which answers: the chosen one embeds; until it has embedded as much as another model that
//! is still here, that one answers.

use super::{Book, ModelPhase};
use crate::{
    engine::{Engine, settings},
    platform::{Kept, Model, ModelLoader, Platform},
};
use afterimage_index::{Missing, store::Store};
use afterimage_messages::BackendChoice;
use afterimage_models::{
    Backend,
    catalogue::{self, ModelSpec},
    chain::{Preference, SmartEmbedder, Unavailable},
};
use std::rc::Rc;

/// A model and the chain of those that can run it.
pub type Mind<P> = SmartEmbedder<ModelLoader<P>>;

impl Book {
    /// A model that can be used, with the place of its files.
    pub fn model(&self, spec: &'static ModelSpec) -> Option<Model> {
        if spec.bundled {
            return Some(Model { spec, kept: None });
        }
        let record = self.records.get(spec.id).filter(|record| record.phase == ModelPhase::Ready)?;
        let kept = record.kept.as_ref().filter(|kept| kept.space == spec.space)?;
        Some(Model {
            spec,
            kept: Some(Kept {
                weights: key(spec, &kept.weights.1),
                bytes: kept.weights.0,
                tokenizer: key(spec, &kept.tokenizer.1),
            }),
        })
    }

    /// The model that embeds: the chosen one, if it is here.
    pub fn chosen(&self) -> Model {
        let spec = self.chosen.as_deref().and_then(catalogue::find);
        spec.and_then(|spec| self.model(spec)).unwrap_or(Model { spec: catalogue::bundled(), kept: None })
    }
}

/// Where a file of a model is, by its hash: what is found there was verified.
pub fn key(spec: &ModelSpec, sha256: &str) -> String {
    format!("{}/{sha256}", spec.space)
}

/// A chain with nothing opened yet.
pub fn mind<P: Platform>(platform: &Rc<P>, model: Model, preference: Preference) -> Rc<Mind<P>> {
    let dims = model.spec.dims;
    let mind = SmartEmbedder::new(ModelLoader { platform: platform.clone(), model }, dims);
    mind.prefer(preference);
    Rc::new(mind)
}

impl<S: Store, P: Platform> Engine<S, P> {
    /// The chain of the chosen model.
    pub(in crate::engine) fn embedder(&self) -> Rc<Mind<P>> {
        self.mind.borrow().clone()
    }

    /// The chosen model.
    pub(in crate::engine) fn model(&self) -> &'static ModelSpec {
        self.mind.borrow().loader().model.spec
    }

    /// The chain whose vectors answer questions.
    pub(in crate::engine) fn answering(&self) -> Rc<Mind<P>> {
        let chosen = self.embedder();
        let other =
            (self.settings.borrow().backend != BackendChoice::Hash).then(|| self.better(&chosen)).flatten();
        let Some(model) = other else {
            *self.old_mind.borrow_mut() = None;
            return chosen;
        };
        let mut old = self.old_mind.borrow_mut();
        match &*old {
            Some(mind) if mind.loader().model == model => mind.clone(),
            // On the CPU: the graphics processor is the new model's.
            _ => old.insert(mind(&self.platform, model, Preference::Only(Backend::Cpu))).clone(),
        }
    }

    /// A model other than the chosen one that has embedded more than it.
    fn better(&self, chosen: &Mind<P>) -> Option<Model> {
        let chosen = chosen.loader().model.spec.space;
        let spaces = self.index.spaces();
        if spaces.iter().all(|space| space == chosen) {
            return None;
        }
        let missing = |space: &str| self.index.unembedded(Missing::In(space));
        let of_chosen = missing(chosen);
        let book = self.models.book.borrow();
        let others = catalogue::MODELS.iter().filter(|spec| spec.space != chosen);
        let there = others.filter(|spec| spaces.iter().any(|space| space == spec.space));
        let usable = there.filter_map(|spec| Some((missing(spec.space), book.model(spec)?)));
        let (lacks, best) = usable.min_by_key(|(lacks, _)| *lacks)?;
        (lacks < of_chosen).then_some(best)
    }

    /// From now on the chosen model embeds. What it was before goes on answering.
    pub(in crate::engine) async fn change_mind(&self) {
        let model = self.models.book.borrow().chosen();
        if self.mind.borrow().loader().model == model {
            return;
        }
        let preference = settings::preference(self.settings.borrow().backend);
        let new = mind(&self.platform, model, preference);
        let browser = self.platform.browser();
        let known = settings::load_measurements(self.store(), &browser, new.loader().model.spec).await;
        if let Ok(Some(measurements)) = known {
            new.remember(measurements);
        }
        let old = self.mind.replace(new);
        // What it has open answers on, but for the graphics processor, which has room for one model.
        let why = "Another model has the graphics processor now.";
        old.close(Backend::WebGpu, Unavailable::new("other_model", why));
        old.prefer(Preference::Only(Backend::Cpu));
        *self.old_mind.borrow_mut() = Some(old);
    }
}
