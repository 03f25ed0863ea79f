//! `kubectl regauth image`.

mod push;

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use regauth::image::{self, Archive, Bundle};

use super::{Failure, files};
use crate::cli::{ArchiveArgs, Image, ImageCommand, ImageSave};
use crate::output::Output;

/// Does what the subcommand says.
pub async fn run(args: &Image, output: &mut Output) -> Result<u8, Failure> {
    match &args.command {
        ImageCommand::Save(args) => save(args, output),
        ImageCommand::Push(args) => push::run(args, output).await,
    }
}

fn save(args: &ImageSave, output: &mut Output) -> Result<u8, Failure> {
    let bundle = bundle(&args.archives)?;
    let write = |out: &mut dyn Write| bundle.write(image::DEFAULT_REPOSITORY, image::DEFAULT_TAG, out);
    if files::write(&args.file, output, write)? {
        output.data(&format!("{}: {}\n", args.file.display(), describe(&bundle)))?;
    }
    Ok(0)
}

/// The image that the arguments name, or that this program was built with.
fn bundle(args: &ArchiveArgs) -> Result<Bundle, Failure> {
    let archives = if args.archives.is_empty() { embedded()? } else { given(&args.archives)? };
    Bundle::new(archives).map_err(|error| error.to_string().into())
}

fn embedded() -> Result<Vec<Archive>, Failure> {
    let embedded = image::embedded();
    if embedded.is_empty() {
        return Err(
            "this kubectl-regauth was built without the probe's image: give it with --archive FILE, as \
                    `make image` writes it"
                .into(),
        );
    }
    let read = embedded.iter().map(|bytes| Archive::read("within this program", *bytes));
    read.collect::<Result<_, _>>().map_err(|error| error.to_string().into())
}

fn given(files: &[PathBuf]) -> Result<Vec<Archive>, Failure> {
    files.iter().map(|path| archive(path)).collect()
}

fn archive(path: &Path) -> Result<Archive, Failure> {
    let name = path.display().to_string();
    let unreadable = |error: io::Error| Failure::from(format!("the archive {name} cannot be read: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    Archive::read(&name, BufReader::new(file)).map_err(|error| error.to_string().into())
}

/// Digest, platforms and size, as they are told after a save.
fn describe(bundle: &Bundle) -> String {
    let platforms: Vec<String> = bundle.platforms.iter().map(ToString::to_string).collect();
    format!("{}, {}, {} bytes", bundle.top.digest, platforms.join(" and "), bundle.size())
}
