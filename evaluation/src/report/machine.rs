//! On what a benchmark ran.

use std::{fs, thread};

/// One line: processor, cores, memory, system and what else took part.
pub fn machine(others: &[String]) -> String {
    let processor = line("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let memory = line("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches("kB").trim().parse::<f64>().ok())
        .map(|kib| format!("{} GiB", (kib / 1_048_576.0).round()));
    let system = fs::read_to_string("/etc/os-release")
        .ok()
        .and_then(|text| {
            let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
            Some(name.trim_matches('"').to_owned())
        })
        .unwrap_or_else(|| std::env::consts::OS.to_owned());
    let mut parts = vec![format!("{processor} ({})", std::env::consts::ARCH), format!("{cores} cores")];
    parts.extend(memory);
    parts.push(system);
    parts.extend_from_slice(others);
    parts.join(", ")
}

/// The value of a `key : value` line.
fn line(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (_, value) = text.lines().find(|line| line.starts_with(key))?.split_once(':')?;
    Some(value.split_whitespace().collect::<Vec<_>>().join(" "))
}
