//! Which link does which work, and why: a pure function of what is known.

use super::{Link, Work};
use crate::Backend;
use serde::{Deserialize, Serialize};

/// What the person wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Preference {
    /// Whatever was measured to be fastest.
    #[default]
    Auto,
    /// This one; where it cannot, the links after it.
    Only(Backend),
}

/// How long a backend takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Who.
    #[serde(with = "backend_name")]
    pub backend: Backend,
    /// One question, ms.
    pub query_ms: f64,
    /// A batch of eight passages, ms.
    pub bulk_ms: f64,
}

/// All that was measured on this machine with this browser.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    /// One row a neural backend that worked.
    pub rows: Vec<Measurement>,
    /// The CPU's vector of the known text, which WebGPU must reproduce whenever it is opened.
    pub known: Option<Vec<f32>>,
}

impl Measurements {
    /// The row of a backend.
    pub fn of(&self, backend: Backend) -> Option<&Measurement> {
        self.rows.iter().find(|row| row.backend == backend)
    }
}

/// Who was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Who.
    pub backend: Backend,
    /// Why, in one sentence.
    pub reason: String,
}

/// The choice. Never a closed link; the hash if there is nothing else.
pub(super) fn choose(
    work: Work,
    preference: Preference,
    gpu: &Link,
    cpu: &Link,
    measurements: Option<&Measurements>,
) -> Choice {
    let closed = |backend: Backend| match (backend, gpu, cpu) {
        (Backend::WebGpu, Link::Closed(why), _) | (Backend::Cpu, _, Link::Closed(why)) => Some(why),
        _ => None,
    };
    let pick = |backend: Backend, reason: String| Choice { backend, reason };
    if let Preference::Only(wanted) = preference {
        let mut refused = Vec::new();
        for backend in Backend::ALL.into_iter().skip_while(|backend| *backend != wanted) {
            match closed(backend) {
                None if backend == wanted => {
                    return pick(backend, format!("{backend} was chosen in the options."));
                }
                None => {
                    return pick(
                        backend,
                        format!("{wanted} was chosen in the options, but: {}", refused.join(" ")),
                    );
                }
                Some(why) => refused.push(why.detail.as_str()),
            }
        }
    }
    match (closed(Backend::WebGpu), closed(Backend::Cpu)) {
        (Some(_), Some(why)) => pick(Backend::Hash, format!("No neural model can run: {}", why.detail)),
        (None, Some(why)) => pick(Backend::WebGpu, format!("The CPU cannot: {}", why.detail)),
        (Some(why), None) => pick(Backend::Cpu, format!("WebGPU cannot: {}", why.detail)),
        (None, None) => {
            let ms = |backend| {
                let row = measurements?.of(backend)?;
                Some(match work {
                    Work::Query => row.query_ms,
                    Work::Bulk => row.bulk_ms,
                })
            };
            let what = match work {
                Work::Query => "one question",
                Work::Bulk => "eight passages",
            };
            match (ms(Backend::WebGpu), ms(Backend::Cpu)) {
                (Some(gpu), Some(cpu)) => {
                    let backend = if gpu <= cpu { Backend::WebGpu } else { Backend::Cpu };
                    let reason = format!("Measured for {what}: WebGPU {gpu:.0} ms, CPU {cpu:.0} ms.");
                    pick(backend, reason)
                }
                (Some(_), None) => pick(Backend::WebGpu, "Only WebGPU could be measured.".into()),
                (None, Some(_)) => pick(Backend::Cpu, "Only the CPU could be measured.".into()),
                (None, None) => {
                    pick(Backend::Cpu, "Nothing was measured yet; the CPU is ready first.".into())
                }
            }
        }
    }
}

mod backend_name {
    use crate::Backend;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(backend: &Backend, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match backend {
            Backend::WebGpu => "webgpu",
            Backend::Cpu => "cpu",
            Backend::Hash => "hash",
        })
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Backend, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "webgpu" => Ok(Backend::WebGpu),
            "cpu" => Ok(Backend::Cpu),
            "hash" => Ok(Backend::Hash),
            other => Err(D::Error::custom(format!("unknown backend {other}"))),
        }
    }
}
