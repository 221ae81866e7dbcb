//! The GPU module's border: BERT on Burn's wgpu device, in a WASM module of its own.
//!
//! A panic in WASM ends its instance, and Burn's wgpu backend panics where a browser surprises it (no
//! `timestamp-query`, a device lost in mid-flight). Here such an end is only one link less in the chain.
//! The worker checks the adapter before it starts this module, passes token ids and takes vectors; the
//! tokenizer and everything else stays in the main module.

use afterimage_models::{encoder::Encoder, gpu};
use burn::tensor::Device;
use std::{cell::RefCell, fmt::Display, rc::Rc};
use wasm_bindgen::prelude::*;

/// Launches that are sent off together: about as many as a pass of six layers has.
const TASKS: usize = 64;

/// A model on the graphics processor.
#[wasm_bindgen]
pub struct GpuEncoder {
    encoder: Rc<gpu::GpuEncoder>,
}

#[wasm_bindgen]
impl GpuEncoder {
    /// Opens the device and uploads the weights (a file of our own converter). `software` is the adapter's
    /// `isFallbackAdapter`. `on_panic` is called with the message of a panic, after which nothing of this
    /// module may be used.
    pub async fn open(
        weights: Vec<u8>,
        software: bool,
        on_panic: js_sys::Function,
    ) -> Result<GpuEncoder, JsValue> {
        report_panics(on_panic);
        let adapter = if software { gpu::Adapter::Software } else { gpu::Adapter::Hardware };
        // By default the launches of a pass would be sent off in parts.
        let options = Device::wgpu_options().tasks_max(TASKS);
        let device =
            options.init_async().await.map_err(|error| failed("no_device", &format!("{error:?}")))?;
        let encoder = gpu::GpuEncoder::load(&weights, adapter, &device)
            .map_err(|error| failed(error.code(), &error))?;
        Ok(GpuEncoder { encoder: Rc::new(encoder) })
    }

    /// Encodes sequences: `ids` of all, one after the other, and the length of each. Gives all vectors,
    /// one after the other.
    pub async fn encode(&self, ids: Vec<u32>, lengths: Vec<u32>) -> Result<Vec<f32>, JsValue> {
        let encoder = self.encoder.clone();
        let mut rest = ids.as_slice();
        let mut sequences = Vec::with_capacity(lengths.len());
        for length in lengths {
            let Some((sequence, others)) = rest.split_at_checked(length as usize) else {
                return Err(failed("bad_shape", &"the lengths do not fit the ids"));
            };
            sequences.push(sequence.to_vec());
            rest = others;
        }
        Ok(encoder.encode(&sequences).await.map_err(|error| failed(error.code(), &error))?.concat())
    }

    /// What was done since the last call of this, in words: for the benchmark.
    #[wasm_bindgen(js_name = takeWork)]
    pub fn take_work(&self) -> String {
        self.encoder.take_work().to_string()
    }
}

/// What the worker throws on: an `Error` with a stable `code`.
fn failed(code: &str, why: &dyn Display) -> JsValue {
    let error = js_sys::Error::new(&why.to_string());
    // A fresh object takes any property.
    _ = js_sys::Reflect::set(&error, &"code".into(), &code.into());
    error.into()
}

unsafe extern "C" {
    /// The linker's: runs what crates want run before everything else (`inventory`, of CubeCL's compiler, has
    /// thousands of these).
    fn __wasm_call_ctors();
}

/// Runs when the module starts. Were this not called from here, the linker would call it at the beginning of
/// *every* call from JavaScript: over a hundred milliseconds a forward pass.
#[wasm_bindgen(start)]
fn construct() {
    // SAFETY: the linker makes it, and it runs before anything else of this instance.
    unsafe { __wasm_call_ctors() }
}

thread_local! {
    static ON_PANIC: RefCell<Option<js_sys::Function>> = const { RefCell::new(None) };
}

fn report_panics(on_panic: js_sys::Function) {
    ON_PANIC.set(Some(on_panic));
    std::panic::set_hook(Box::new(|info| {
        let message = info.to_string();
        ON_PANIC.with_borrow(|on_panic| {
            if let Some(on_panic) = on_panic {
                // There is nobody left to tell that telling failed.
                drop(on_panic.call1(&JsValue::NULL, &message.into()));
            }
        });
    }));
}
