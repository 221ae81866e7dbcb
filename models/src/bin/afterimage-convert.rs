//! `afterimage-convert SOURCE_DIR OUT_DIR`: a published model (`model.safetensors`, `config.json`,
//! `1_Pooling/config.json`, `tokenizer.json`) to what the extension ships (`weights.safetensors`,
//! `tokenizer.json`). Prints the size and SHA-256 of what it wrote, as `catalogue.toml` pins them.

use afterimage_models::{config::BertConfig, weights};
use sha2::{Digest, Sha256};
use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [source, out] = arguments.as_slice() else {
        eprintln!("usage: afterimage-convert SOURCE_DIR OUT_DIR");
        return ExitCode::from(2);
    };
    match run(source, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("afterimage-convert: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(source: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let read = |name: &str| {
        let path = source.join(name);
        fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let config = BertConfig::from_hugging_face(
        &String::from_utf8(read("config.json")?)?,
        &String::from_utf8(read("1_Pooling/config.json")?)?,
    )?;
    fs::create_dir_all(out)?;
    let files = [
        ("weights.safetensors", weights::convert(&read("model.safetensors")?, config)?),
        ("tokenizer.json", read("tokenizer.json")?),
    ];
    for (name, bytes) in files {
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{name}  {} bytes  sha256 {hash}", bytes.len());
        fs::write(out.join(name), bytes)?;
    }
    Ok(())
}
