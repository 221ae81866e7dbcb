//! Models from the first byte to the last vector, with a hub that is this file.

use super::*;
use afterimage_index::store::Fault;
use afterimage_messages::{
    ChangeModel, ImportPiece, ModelAction, ModelFetch, ModelList, ModelPhase, ModelProblem, ModelState,
    ModelStep,
};
use afterimage_models::{config::BertConfig, weights};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

const BGE: &str = "bge-small-en-v1.5";
const MINI: &str = "all-MiniLM-L6-v2";
/// What the worker hands over at once.
const PIECE: usize = 300_000;
const URL: &str = "https://animals.example.org/cats";

/// A published model: its files and its pins.
struct Hub {
    weights: Vec<u8>,
    tokenizer: Vec<u8>,
    config: BertConfig,
}

impl Hub {
    fn new() -> Self {
        let config = BertConfig {
            vocab_size: 8,
            hidden_size: 384,
            num_hidden_layers: 1,
            num_attention_heads: 12,
            intermediate_size: 16,
            max_position_embeddings: 512,
            layer_norm_eps: 1e-12,
            hidden_act: "gelu".into(),
            pooling: catalogue::find(BGE).unwrap().pooling,
        };
        Self { weights: published(&config), tokenizer: b"{\"a\": \"tokenizer\"}".repeat(20), config }
    }

    fn file(&self, name: &str) -> &[u8] {
        if name == "tokenizer.json" { &self.tokenizer } else { &self.weights }
    }

    /// `models/downloads.json`.
    fn pins(&self) -> String {
        let file = |name: &str, bytes: &[u8]| {
            serde_json::json!({"name": name, "url": format!("https://hub.example/{name}"), "bytes": bytes.len(),
                "sha256": sha256(bytes)})
        };
        let spec = catalogue::find(BGE).unwrap();
        serde_json::json!({"models": [{"id": BGE, "revision": spec.revision, "config": self.config,
            "weights": file("model.safetensors", &self.weights),
            "tokenizer": file("tokenizer.json", &self.tokenizer)}]})
        .to_string()
    }

    fn bytes(&self) -> usize {
        self.weights.len() + self.tokenizer.len()
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A published file with weights of a sort.
fn published(config: &BertConfig) -> Vec<u8> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![config.vocab_size, hidden]),
        ("embeddings.position_embeddings.weight".into(), vec![config.max_position_embeddings, hidden]),
        ("embeddings.token_type_embeddings.weight".into(), vec![2, hidden]),
    ];
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    let layer = "encoder.layer.0";
    for (name, rows, columns) in [
        ("attention.self.query", hidden, hidden),
        ("attention.self.key", hidden, hidden),
        ("attention.self.value", hidden, hidden),
        ("attention.output.dense", hidden, hidden),
        ("intermediate.dense", wide, hidden),
        ("output.dense", hidden, wide),
    ] {
        shapes.push((format!("{layer}.{name}.weight"), vec![rows, columns]));
        shapes.push((format!("{layer}.{name}.bias"), vec![rows]));
    }
    norms.extend([format!("{layer}.attention.output.LayerNorm"), format!("{layer}.output.LayerNorm")]);
    for norm in norms {
        shapes.push((format!("{norm}.weight"), vec![hidden]));
        shapes.push((format!("{norm}.bias"), vec![hidden]));
    }
    let mut header = serde_json::Map::new();
    let mut data: Vec<u8> = Vec::new();
    for (name, shape) in shapes {
        let length: usize = shape.iter().product();
        let from = data.len();
        data.extend((0..length).flat_map(|n| ((n % 251) as f32 / 250.0 - 0.5).to_le_bytes()));
        let tensor = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [from, data.len()]});
        header.insert(name, tensor);
    }
    let header = serde_json::to_vec(&header).unwrap();
    [(header.len() as u64).to_le_bytes().as_slice(), &header, &data].concat()
}

fn world(hub: &Hub) -> World {
    let world = World::default();
    *world.downloads.borrow_mut() = Some(hub.pins());
    world
}

impl TestEngine {
    fn act(&self, model: &str, action: ModelAction) -> Result<ModelList, Failure> {
        let change = ChangeModel { model: model.into(), action };
        match self.ask(Request::Model(change), &Sender::Extension)? {
            Response::Models(list) => Ok(list),
            other => panic!("{other:?}"),
        }
    }

    fn list(&self) -> ModelList {
        match self.ask(Request::Models, &Sender::Extension).unwrap() {
            Response::Models(list) => list,
            other => panic!("{other:?}"),
        }
    }

    fn bge(&self) -> ModelState {
        self.list().models.into_iter().find(|model| model.id == BGE).unwrap()
    }

    fn next_fetch(&self) -> Option<ModelFetch> {
        match block_on(self.model_next())? {
            ModelStep::Fetch(fetch) => Some(fetch),
            ModelStep::Wait { .. } => None,
        }
    }

    /// Hands over what is asked for, at most so many bytes; how many it was.
    fn serve(&self, hub: &Hub, most: usize) -> usize {
        let mut served = 0;
        while let Some(fetch) = self.next_fetch() {
            let file = hub.file(&fetch.file);
            assert_eq!(fetch.size, file.len() as f64);
            let mut at = fetch.from as usize;
            while at < file.len() {
                if served >= most {
                    return served;
                }
                let piece = &file[at..file.len().min(at + PIECE)];
                served += piece.len();
                let more =
                    block_on(self.model_take(&fetch.model, &fetch.file, at as f64, piece.to_vec())).unwrap();
                at += piece.len();
                if !more {
                    break;
                }
            }
        }
        served
    }

    fn fetch_all(&self, hub: &Hub) {
        self.act(BGE, ModelAction::Download).unwrap();
        self.serve(hub, usize::MAX);
        self.finish();
        let state = self.bge();
        assert_eq!(state.phase, ModelPhase::Ready, "{state:?}");
    }

    fn import(&self, file: &str, at: usize, size: usize, bytes: &[u8]) -> Result<ModelList, Failure> {
        let piece = ImportPiece {
            model: BGE.into(),
            file: file.into(),
            at: at as f64,
            size: size as f64,
            data: BASE64_STANDARD.encode(bytes),
        };
        match self.ask(Request::ImportModel(piece), &Sender::Extension)? {
            Response::Models(list) => Ok(list),
            other => panic!("{other:?}"),
        }
    }

    fn spaces(&self) -> Vec<String> {
        self.index.spaces()
    }
}

impl World {
    /// Keys of what is kept of models.
    fn model_keys(&self) -> Vec<String> {
        let rows = block_on(self.store.scan(Table::Models, None, 1000)).unwrap();
        rows.into_iter().map(|(key, _)| key).collect()
    }
}

#[test]
fn nothing_is_fetched_unless_it_is_asked_for() {
    let hub = Hub::new();
    let engine = world(&hub).consenting();
    assert_eq!(block_on(engine.model_next()), None);
    let list = engine.list();
    assert_eq!(list.models.iter().map(|model| model.id.as_str()).collect::<Vec<_>>(), [MINI, BGE]);
    assert_eq!((list.models[0].phase, list.models[0].chosen), (ModelPhase::Ready, true));
    assert_eq!((list.models[1].phase, list.models[1].chosen), (ModelPhase::Absent, false));
    assert_eq!(block_on(engine.model_next()), None, "looking is not asking");
    assert!(!engine.has_work());
    engine.act(MINI, ModelAction::Download).unwrap_err();
    engine.act("another", ModelAction::Download).unwrap_err();
    engine.act(BGE, ModelAction::Use).unwrap_err();
}

#[test]
fn it_is_fetched_verified_converted_and_kept_in_place_of_its_pieces() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = world.consenting();
    engine.fetch_all(&hub);
    let converted = weights::convert(&hub.weights, hub.config.clone()).unwrap();
    let space = catalogue::find(BGE).unwrap().space;
    let mut expected =
        vec![format!("{space}/{}", sha256(&converted)), format!("{space}/{}", sha256(&hub.tokenizer))];
    expected.sort();
    assert_eq!(world.model_keys(), expected);
    let kept = block_on(world.store.get(Table::Models, &format!("{space}/{}", sha256(&converted))));
    assert_eq!(kept.unwrap().unwrap(), converted, "as if converted in one piece");
    assert_eq!(engine.bge().stored_bytes, (converted.len() + hub.tokenizer.len()) as f64);
    assert_eq!(block_on(engine.model_next()), None);
}

#[test]
fn a_worker_that_dies_goes_on_at_the_byte_where_it_stopped() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = world.consenting();
    engine.act(BGE, ModelAction::Download).unwrap();
    let mut served = 0;
    let mut engine = engine;
    while engine.bge().phase == ModelPhase::Downloading {
        served += engine.serve(&hub, PIECE);
        drop(engine);
        engine = world.start();
    }
    assert_eq!(served, hub.bytes(), "no byte twice");
    let mut deaths = 0;
    while engine.bge().phase != ModelPhase::Ready {
        // It dies ever later.
        for _ in 0..=deaths {
            block_on(engine.step()).unwrap();
        }
        if engine.bge().phase == ModelPhase::Ready {
            break;
        }
        drop(engine);
        engine = world.start();
        deaths += 1;
        assert!(deaths < 100);
    }
    assert!(deaths > 2);
    assert_eq!(world.model_keys().len(), 2);
}

#[test]
fn whatever_commit_goes_wrong_it_can_be_finished() {
    let hub = Hub::new();
    for fault in [Fault::Full, Fault::LostAnswer] {
        for dies_at in 0..16 {
            let world = world(&hub);
            let engine = world.consenting();
            world.store.fail_commit(dies_at, fault);
            _ = engine.act(BGE, ModelAction::Download);
            while let Some(fetch) = engine.next_fetch() {
                let at = fetch.from as usize;
                let file = hub.file(&fetch.file);
                let piece = file[at..file.len().min(at + PIECE)].to_vec();
                if block_on(engine.model_take(&fetch.model, &fetch.file, fetch.from, piece)).is_err() {
                    break;
                }
            }
            while matches!(block_on(engine.step()), Ok(Step::Worked)) {}
            drop(engine);
            let engine = world.start();
            // By then at the latest the disk is full, or the answer is lost.
            _ = engine.act(BGE, ModelAction::Pause);
            _ = engine.act(BGE, ModelAction::Pause);
            drop(engine);
            let engine = world.start();
            engine.fetch_all(&hub);
            assert_eq!(world.model_keys().len(), 2, "{fault:?} at {dies_at}");
        }
    }
}

#[test]
fn without_room_it_stops_keeps_what_came_and_goes_on_when_told() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = world.consenting();
    engine.act(BGE, ModelAction::Download).unwrap();
    engine.serve(&hub, PIECE);
    world.store.fail_commit(0, Fault::Full);
    engine.serve(&hub, PIECE);
    let state = engine.bge();
    assert_eq!((state.phase, state.problem), (ModelPhase::Failed, Some(ModelProblem::NoSpace)));
    assert_eq!(state.files[0].received, PIECE as f64);
    assert_eq!(block_on(engine.model_next()), None);
    engine.act(BGE, ModelAction::Download).unwrap();
    assert_eq!(engine.serve(&hub, usize::MAX), hub.bytes() - PIECE);
}

#[test]
fn wrong_bytes_are_thrown_away_and_can_be_fetched_again() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = world.consenting();
    let mut bad = Hub::new();
    let middle = bad.weights.len() / 2;
    bad.weights[middle] ^= 1;
    engine.act(BGE, ModelAction::Download).unwrap();
    engine.serve(&bad, usize::MAX);
    engine.finish();
    let state = engine.bge();
    assert_eq!((state.phase, state.problem), (ModelPhase::Failed, Some(ModelProblem::WrongBytes)));
    assert_eq!(world.model_keys(), [""; 0], "nothing of it stays");
    engine.fetch_all(&hub);
}

#[test]
fn the_right_bytes_of_a_wrong_model_are_refused() {
    for (spoil, code) in [(0, "weights_unreadable"), (9, "weights_unreadable")] {
        let mut hub = Hub::new();
        hub.weights[spoil] ^= 0xff;
        let engine = world(&hub).consenting();
        engine.act(BGE, ModelAction::Download).unwrap();
        engine.serve(&hub, usize::MAX);
        engine.finish();
        let state = engine.bge();
        assert_eq!((state.phase, state.problem), (ModelPhase::Failed, Some(ModelProblem::Unusable)));
        assert!(state.detail.unwrap().contains(code));
    }
}

#[test]
fn troubles_are_waited_out_and_told() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = world.consenting();
    engine.act(BGE, ModelAction::Download).unwrap();
    let fetch = engine.next_fetch().unwrap();
    block_on(engine.model_trouble(&fetch.model, &fetch.file, &Trouble::Status(503))).unwrap();
    let Some(ModelStep::Wait { ms }) = block_on(engine.model_next()) else { panic!() };
    assert!(ms > 1_000.0 && ms <= 2_000.0, "{ms}");
    assert_eq!(engine.bge().problem, Some(ModelProblem::Server));
    world.now.set(world.now.get() + 2_000.0);
    assert_eq!(engine.next_fetch().as_ref(), Some(&fetch));
    block_on(engine.model_trouble(&fetch.model, &fetch.file, &Trouble::Status(404))).unwrap();
    assert_eq!(block_on(engine.model_next()), None);
    assert_eq!(engine.bge().problem, Some(ModelProblem::NotFound));
}

#[test]
fn paused_or_deleted_it_takes_no_more() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = world.consenting();
    engine.act(BGE, ModelAction::Download).unwrap();
    let fetch = engine.next_fetch().unwrap();
    let piece = || hub.weights[..PIECE].to_vec();
    assert!(block_on(engine.model_take(&fetch.model, &fetch.file, 0.0, piece())).unwrap());
    assert!(
        !block_on(engine.model_take(&fetch.model, &fetch.file, 7.0, piece())).unwrap(),
        "not what comes next"
    );
    engine.act(BGE, ModelAction::Pause).unwrap();
    assert!(!block_on(engine.model_take(&fetch.model, &fetch.file, PIECE as f64, piece())).unwrap());
    assert_eq!(block_on(engine.model_next()), None);
    drop(engine);
    let engine = world.start();
    assert_eq!(engine.bge().phase, ModelPhase::Paused, "after a restart, too");
    engine.act(BGE, ModelAction::Delete).unwrap();
    assert_eq!(world.model_keys(), [""; 0]);
    block_on(engine.model_trouble(&fetch.model, &fetch.file, &Trouble::OtherLength)).unwrap();
    assert_eq!(engine.bge().phase, ModelPhase::Absent);
}

#[test]
fn a_model_is_imported_from_files_and_verified_like_any_other() {
    let hub = Hub::new();
    let engine = world(&hub).consenting();
    let name = "model.safetensors";
    let size = hub.weights.len();
    assert!(engine.import(name, 0, size + 1, b"x").unwrap_err().message.contains("another file"));
    engine.import("other.bin", 0, size, b"x").unwrap_err();
    engine.import(name, 5, size, b"x").unwrap_err();
    // A first attempt that was given up, and the network is never asked.
    engine.import(name, 0, size, &hub.weights[..9]).unwrap();
    assert_eq!(engine.bge().phase, ModelPhase::Importing);
    for (name, file) in [(name, &hub.weights), ("tokenizer.json", &hub.tokenizer)] {
        for (n, piece) in file.chunks(PIECE).enumerate() {
            engine.import(name, n * PIECE, file.len(), piece).unwrap();
            // A page that got no answer asks once more.
            engine.import(name, n * PIECE, file.len(), piece).unwrap();
            assert_eq!(block_on(engine.model_next()), None);
        }
    }
    engine.import(name, 0, size, &hub.weights[..9]).unwrap_err();
    engine.finish();
    assert_eq!(engine.bge().phase, ModelPhase::Ready);

    let engine = world(&hub).consenting();
    let mut wrong = hub.weights.clone();
    wrong[size - 1] ^= 1;
    for (name, file) in [(name, &wrong), ("tokenizer.json", &hub.tokenizer)] {
        for (n, piece) in file.chunks(PIECE).enumerate() {
            engine.import(name, n * PIECE, file.len(), piece).unwrap();
        }
    }
    engine.finish();
    assert_eq!(engine.bge().problem, Some(ModelProblem::WrongBytes));
}

/// Pages of three meanings, embedded by the model that ships.
fn with_pages(world: &World) -> TestEngine {
    let engine = world.consenting();
    engine.read(URL, "Cats", "My kitten sleeps.");
    engine.read("https://sea.example.org/", "Sea", "A vessel left.");
    engine.read("https://bake.example.org/", "Oven", "A baguette is hot.");
    engine.finish();
    engine
}

#[test]
fn the_old_model_answers_until_the_new_one_has_embedded_everything() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = with_pages(&world);
    let (mini, bge) = (catalogue::bundled().space, catalogue::find(BGE).unwrap().space);
    engine.fetch_all(&hub);
    assert_eq!(engine.spaces(), [mini], "a model that is only there changes nothing");
    let list = engine.act(BGE, ModelAction::Use).unwrap();
    assert_eq!((list.answering.as_str(), list.embedded, list.wanted), (MINI, 0, 9));
    assert_eq!(engine.now_state().space, bge);

    let mut steps = 0;
    while engine.spaces() != [bge] {
        let list = engine.list();
        assert_eq!(engine.urls("cat", SearchMode::Hybrid)[0], URL, "with {} embedded", list.embedded);
        let expected = if list.embedded < list.wanted { MINI } else { BGE };
        assert_eq!(list.answering, expected);
        // A question is followed by reading ahead for the next one.
        for _ in 0..4 {
            block_on(engine.step()).unwrap();
        }
        steps += 1;
        assert!(steps < 1000, "it must come to an end");
    }
    assert_eq!(engine.spaces(), [bge], "the old space is gone");
    assert_eq!(engine.list().answering, BGE);
    drop(engine);
    let engine = world.start();
    assert_eq!(engine.urls("boat", SearchMode::Hybrid)[0], "https://sea.example.org/");
    assert!(engine.list().models[1].chosen);

    engine.act(MINI, ModelAction::Use).unwrap();
    assert_eq!(engine.list().answering, BGE);
    engine.finish();
    assert_eq!(engine.spaces(), [mini], "and back");
    assert_eq!(engine.urls("cat", SearchMode::Hybrid)[0], URL);
}

#[test]
fn similar_pages_are_those_of_the_space_that_answers() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = with_pages(&world);
    engine.read("https://pets.example.org/", "Pets", "A feline sleeps.");
    engine.finish();
    engine.fetch_all(&hub);
    engine.act(BGE, ModelAction::Use).unwrap();
    block_on(engine.step()).unwrap();
    let similar = Request::Similar(Similar { url: URL.into(), other_sites: false, limit: 1 });
    let Ok(Response::Results(results)) = engine.ask(similar, &Sender::Extension) else { panic!() };
    assert_eq!(results.hits[0].url, "https://pets.example.org/");
}

#[test]
fn a_chosen_model_that_is_deleted_or_lost_gives_way_to_the_one_that_ships() {
    let hub = Hub::new();
    for lost in [false, true] {
        let world = world(&hub);
        let engine = with_pages(&world);
        engine.fetch_all(&hub);
        engine.act(BGE, ModelAction::Use).unwrap();
        engine.finish();
        let engine = if lost {
            drop(engine);
            let mut batch = Batch::new();
            batch.delete_prefix(Table::Models, BGE);
            block_on(world.store.commit(batch)).unwrap();
            world.start()
        } else {
            engine.act(BGE, ModelAction::Delete).unwrap();
            engine
        };
        assert_eq!(engine.urls("kitten", SearchMode::Hybrid)[0], URL, "by its words at least");
        assert!(engine.has_work());
        engine.finish();
        assert_eq!(engine.urls("cat", SearchMode::Hybrid)[0], URL);
        assert_eq!(engine.now_state().space, catalogue::bundled().space);
        let expected = if lost { ModelPhase::Failed } else { ModelPhase::Absent };
        assert_eq!(engine.bge().phase, expected);
        assert!(!engine.bge().chosen);
    }
}

#[test]
fn what_is_stored_is_verified_on_request() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = world.consenting();
    engine.act(BGE, ModelAction::Verify).unwrap_err();
    engine.fetch_all(&hub);
    let before = engine.bge().verified_at.unwrap();
    engine.act(BGE, ModelAction::Verify).unwrap();
    assert!(engine.bge().verified_at.unwrap() > before);
    let key = world.model_keys().remove(0);
    let mut bytes = block_on(world.store.get(Table::Models, &key)).unwrap().unwrap();
    bytes[10] ^= 1;
    let mut batch = Batch::new();
    batch.put(Table::Models, key, bytes);
    block_on(world.store.commit(batch)).unwrap();
    engine.act(BGE, ModelAction::Verify).unwrap();
    assert_eq!(engine.bge().problem, Some(ModelProblem::WrongBytes));
    assert_eq!(world.model_keys(), [""; 0]);
}

#[test]
fn everything_is_forgotten_but_models_stay() {
    let hub = Hub::new();
    let world = world(&hub);
    let engine = with_pages(&world);
    engine.fetch_all(&hub);
    engine.ask(Request::Forget(Scope::Everything), &Sender::Extension).unwrap();
    engine.finish();
    assert_eq!(engine.bge().phase, ModelPhase::Ready);
    assert_eq!(world.model_keys().len(), 2);
}

#[test]
fn pages_may_not_ask_for_models() {
    let engine = world(&Hub::new()).consenting();
    for request in
        [Request::Models, Request::Model(ChangeModel { model: BGE.into(), action: ModelAction::Download })]
    {
        assert_eq!(engine.ask(request, &page(URL)).unwrap_err().code, ErrorCode::Forbidden);
    }
    assert_eq!(block_on(engine.model_next()), None);
}
