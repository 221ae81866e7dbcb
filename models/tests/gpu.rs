//! The kernels of `gpu`, both sets, against Burn's on the CPU, on any adapter that there is. build.sh names the
//! driver of the software adapter that comes with Chromium.

mod support;

use afterimage_models::{
    Pooling,
    bert::{BertEncoder, flex_device},
    config::BertConfig,
    encoder::Encoder,
    gpu::{Adapter, GpuEncoder, Work},
    weights::{self, Weights},
};
use burn::tensor::Device;
use pollster::block_on;
use std::sync::OnceLock;
use support::*;

const BOTH: [Adapter; 2] = [Adapter::Software, Adapter::Hardware];

/// `None` (said aloud) where there is no adapter, unless a driver was named. A process opens the device once.
fn device() -> Option<&'static Device> {
    static DEVICE: OnceLock<Option<Device>> = OnceLock::new();
    let open = || {
        let opened = Device::wgpu_options().tasks_max(64).init();
        if std::env::var_os("VK_DRIVER_FILES").is_some() {
            return Some(opened.expect("the named driver opens"));
        }
        opened.map_err(|error| eprintln!("SKIPPED: no graphics adapter: {error:?}")).ok()
    };
    DEVICE.get_or_init(open).as_ref()
}

/// Words that are there in any vocabulary of at least 1,000.
fn sequence(length: usize) -> Vec<u32> {
    (0..length as u32).map(|i| (i * 7919 + length as u32 * 131) % 1000).collect()
}

fn sequences(lengths: impl IntoIterator<Item = usize>) -> Vec<Vec<u32>> {
    lengths.into_iter().map(sequence).collect()
}

/// Two models' worth of encoders on the same file: both sets of kernels, and Burn.
fn encoders(file: &[u8], device: &Device) -> ([GpuEncoder; 2], BertEncoder) {
    let gpu = BOTH.map(|adapter| GpuEncoder::load(file, adapter, device).unwrap());
    (gpu, BertEncoder::load(&Weights::converted(file).unwrap(), &flex_device()).unwrap())
}

fn assert_same(ours: &GpuEncoder, theirs: &[Vec<f32>], sequences: &[Vec<u32>], what: &str) {
    let vectors = encode(ours, sequences);
    assert_eq!(vectors.len(), sequences.len());
    for ((vector, wanted), sequence) in vectors.iter().zip(theirs).zip(sequences) {
        let off = distance(vector, wanted);
        assert!(off < 1e-5, "{what}, {} tokens: {off}", sequence.len());
    }
}

#[test]
fn minilm_alone_and_in_mixed_batches() {
    let Some(device) = device() else { return };
    let file = weights::convert(&model_file("model.safetensors"), config()).unwrap();
    let (gpu, burn) = encoders(&file, device);
    let single = sequences([1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 100, 128]);
    let wanted = encode(&burn, &single);
    for (encoder, adapter) in gpu.iter().zip(BOTH) {
        for (sequence, wanted) in single.iter().zip(&wanted) {
            let (one, wanted) = (std::slice::from_ref(sequence), std::slice::from_ref(wanted));
            assert_same(encoder, wanted, one, &format!("{adapter:?} alone"));
        }
        // In another order and all in one pass: pairs of queries then belong to two sequences.
        let order: Vec<usize> = (0..single.len()).map(|i| i * 7 % single.len()).collect();
        let mixed: Vec<_> = order.iter().map(|i| single[*i].clone()).collect();
        let wanted: Vec<_> = order.iter().map(|i| wanted[*i].clone()).collect();
        assert_same(encoder, &wanted, &mixed, &format!("{adapter:?} mixed"));
        encoder.take_work();
        assert_same(encoder, &[], &[], "nothing");
        assert_eq!(encoder.take_work(), Work::default(), "nothing costs nothing");
        encode(encoder, &mixed[..2]);
        let work = encoder.take_work();
        assert_eq!((work.passes, work.dispatches), (1, 2 + 6 * 7 + 2));
        assert_eq!(work.read, 2 * 384 * 4, "the vectors and nothing else");
    }
}

#[test]
fn other_shapes_cls_pooling_full_passes_and_more_than_one() {
    let Some(device) = device() else { return };
    let config = BertConfig {
        vocab_size: 1000,
        hidden_size: 128,
        num_hidden_layers: 3,
        num_attention_heads: 8,
        intermediate_size: 352,
        max_position_embeddings: 512,
        layer_norm_eps: 1e-12,
        hidden_act: "gelu".into(),
        pooling: Pooling::Cls,
    };
    for pooling in [Pooling::Cls, Pooling::Mean] {
        let config = BertConfig { pooling, ..config.clone() };
        let file = weights::convert(&random_weights(&config, 2), config).unwrap();
        let (gpu, burn) = encoders(&file, device);
        // 2 × 512 fill a pass to the last row; then passes that end with a sequence that did not fit.
        let lengths = [512, 512, 511, 513 - 1, 2, 300, 256, 255, 213, 1, 400, 400, 400];
        let many = sequences(lengths);
        let wanted = encode(&burn, &many);
        for (encoder, adapter) in gpu.iter().zip(BOTH) {
            assert_same(encoder, &wanted, &many, &format!("{adapter:?} {pooling:?}"));
            // A thousand sequences of one token in a pass.
            let short: Vec<Vec<u32>> = (0..1000).map(|id| vec![id]).collect();
            assert_same(encoder, &encode(&burn, &short), &short, &format!("{adapter:?} {pooling:?} short"));
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_with_a_code() {
    let Some(device) = device() else { return };
    let good = BertConfig {
        vocab_size: 100,
        hidden_size: 128,
        num_hidden_layers: 1,
        num_attention_heads: 4,
        intermediate_size: 128,
        max_position_embeddings: 64,
        layer_norm_eps: 1e-12,
        hidden_act: "gelu".into(),
        pooling: Pooling::Mean,
    };
    let load = |config: &BertConfig, adapter| {
        let file = weights::convert(&random_weights(config, 2), config.clone()).unwrap();
        GpuEncoder::load(&file, adapter, device).map_err(|error| error.code())
    };
    for adapter in BOTH {
        let encoder = load(&good, adapter).unwrap();
        for bad in [vec![], vec![1; 65], vec![100]] {
            let refused = block_on(encoder.encode(&[vec![1], bad]));
            assert_eq!(refused.unwrap_err().code(), "bad_shape");
        }
        let refused = GpuEncoder::load(b"no weights", adapter, device).map(drop);
        assert_eq!(refused.unwrap_err().code(), "weights_unreadable");
    }
    // Which shapes: the unit tests of `gpu`.
    let narrow = BertConfig { hidden_size: 96, ..good };
    assert_eq!(load(&narrow, Adapter::Hardware).map(drop), Err("weights_config"));
    assert!(load(&narrow, Adapter::Software).is_ok());
    let file = weights::convert(&random_weights(&narrow, 2), narrow).unwrap();
    let elsewhere = GpuEncoder::load(&file, Adapter::Software, &flex_device()).map(drop);
    assert_eq!(elsewhere.unwrap_err().code(), "weights_config");
}
