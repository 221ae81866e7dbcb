//! The device: memory, launches, reading back.
//!
//! All that this module asks of CubeCL stands here, so that another way to the device (plain wgpu, say) would
//! change nothing else. What a text and its launch must keep to, because CubeCL cannot check it, is in
//! ARCHITECTURE.md, "Traps of the WebGPU device".

use crate::EmbedError;
use burn::{backend::DispatchDevice, tensor::Device};
use cubecl::{
    CubeCount, CubeKernel, PrecompiledSource,
    bytes::Bytes,
    client::Client,
    ir::{ElemType, UIntKind, metadata::Info, settings::Dim3},
    prelude::{
        AddressType, ExecutionMode, KernelDefinition, KernelId, KernelMetadata, KernelSettings, Scope,
    },
    server::{Handle, KernelArguments},
};
use sha2::{Digest, Sha256};
use std::{cell::Cell, fmt, sync::Arc};

/// What a call cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Forward passes, each with one upload and one read-back.
    pub passes: u32,
    /// Launched kernels.
    pub dispatches: u32,
    /// Bytes to the device, weights not counted.
    pub uploaded: u64,
    /// Bytes from the device.
    pub read: u64,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passes, dispatches, uploaded, read } = self;
        write!(f, "{dispatches} dispatches in {passes} passes, {uploaded} bytes up, {read} bytes down")
    }
}

/// An open device.
pub(super) struct Gpu {
    client: Client,
    work: Cell<Work>,
}

/// Memory on the device.
#[derive(Clone)]
pub(super) struct Buffer(Handle);

/// A text with the entry point `main`.
#[derive(Clone)]
pub(super) struct Kernel {
    text: Arc<str>,
    /// CubeCL keeps pipelines under this and never looks at the text.
    key: [u8; 32],
    workgroup: u32,
}

impl Gpu {
    /// Takes a device of Burn's wgpu backend; none other has anything to launch on.
    pub fn new(device: &Device) -> Option<Self> {
        match device.as_dispatch() {
            DispatchDevice::Cube(cube) => Some(Self { client: cube.client(), work: Cell::default() }),
            // Other backends are there only when Cargo unites features with the tests'.
            #[allow(unreachable_patterns)]
            _ => None,
        }
    }

    /// Memory with these bytes in it.
    pub fn create(&self, bytes: Vec<u8>) -> Buffer {
        let client = &self.client;
        let create = |bytes| client.create(Bytes::from_bytes_vec(bytes));
        Buffer(client.memory_persistent_allocation(bytes, create))
    }

    /// Memory with anything in it.
    pub fn empty(&self, size: usize) -> Buffer {
        let client = &self.client;
        Buffer(client.memory_persistent_allocation(size, |size| client.empty(size)))
    }

    /// Replaces what is in a buffer, all of it.
    pub fn write(&self, buffer: &Buffer, bytes: Vec<u8>) {
        self.count(|work| work.uploaded += bytes.len() as u64);
        self.client.write(&buffer.0, Bytes::from_bytes_vec(bytes));
    }

    /// Queues a kernel over `x × y` workgroups.
    pub fn launch(&self, kernel: &Kernel, buffers: &[&Buffer], x: usize, y: usize) {
        self.count(|work| work.dispatches += 1);
        let bind = |all: KernelArguments, buffer: &&Buffer| all.with_buffer(buffer.0.clone().binding());
        let buffers = buffers.iter().fold(KernelArguments::new(), bind);
        self.client.launch(Box::new(kernel.clone()), CubeCount::Static(x as u32, y as u32, 1), buffers);
    }

    /// Starts what is queued, then the copy of the first `size` bytes of `buffer`; the future waits for both.
    pub fn read(&self, buffer: &Buffer, size: usize) -> impl Future<Output = Result<Vec<f32>, EmbedError>> {
        self.count(|work| {
            work.passes += 1;
            work.read += size as u64;
        });
        let unused = buffer.0.size().saturating_sub(size as u64);
        let bytes = self.client.read_async(vec![buffer.0.clone().offset_end(unused)]);
        async move {
            let bytes = bytes.await.map_err(|error| EmbedError::Backend(error.to_string()))?;
            let all = bytes.first().map(|bytes| bytes.as_chunks::<4>().0).unwrap_or_default();
            Ok(all.iter().map(|four| f32::from_le_bytes(*four)).collect())
        }
    }

    /// What was done since the last call of this.
    pub fn take_work(&self) -> Work {
        self.work.take()
    }

    fn count(&self, add: impl FnOnce(&mut Work)) {
        let mut work = self.work.get();
        add(&mut work);
        self.work.set(work);
    }
}

impl Kernel {
    /// A text, and the size that its `@workgroup_size` names.
    pub fn new(text: &str, workgroup: usize) -> Self {
        Self { text: text.into(), key: Sha256::digest(text).into(), workgroup: workgroup as u32 }
    }
}

impl KernelMetadata for Kernel {
    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(self.key).cube_dim(Dim3::new_1d(self.workgroup))
    }

    fn address_type(&self) -> ElemType {
        ElemType::UInt(UIntKind::U32)
    }
}

impl CubeKernel for Kernel {
    // CubeCL's own representation, which nothing reads when there is a source.
    fn define(&self) -> KernelDefinition {
        let workgroup = Dim3::new_1d(self.workgroup);
        let settings = KernelSettings::new(workgroup, ExecutionMode::Checked, AddressType::U32);
        KernelDefinition { body: Scope::root(settings.clone()), settings, info: Info::default() }
    }

    fn source(&self) -> Option<PrecompiledSource> {
        let (source, entrypoint_name) = (self.text.to_string(), "main".to_owned());
        Some(PrecompiledSource { source, entrypoint_name, lang: "wgsl" })
    }
}
