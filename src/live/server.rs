//! The program of a server: a file, or a version that npm has, kept in the cache of the user.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The name of a server in its package and in the cache.
const PROGRAM: &str = "restate-server";
/// Where the digest of a kept program stands.
const DIGEST: &str = "sha256";

/// Why there is no program.
#[derive(Debug, Error)]
pub enum NoProgram {
    /// There is no such file.
    #[error("there is no server at {0}")]
    Missing(PathBuf),
    /// A version does not look like one.
    #[error("{0:?} is no version, as 1.6.2")]
    NoVersion(String),
    /// npm is not there.
    #[error("{0} is not installed, which fetches and unpacks servers")]
    NoTool(&'static str),
    /// npm does not bring it.
    #[error("npm brings no {package}: {why}")]
    NotBrought {
        /// The package and its version.
        package: String,
        /// What npm says.
        why: String,
    },
    /// There are no servers for this system.
    #[error("there are no servers for {0}")]
    OtherSystem(String),
    /// What is kept is not what was fetched.
    #[error("{0} is not what was fetched: delete its folder, and it is fetched again")]
    Changed(PathBuf),
    /// A file fails.
    #[error("{path}: {why}")]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// There is no folder for what is kept.
    #[error("there is no folder to keep servers in: HOME is not set")]
    NoHome,
}

/// The program that `PATH` or `npm:1.6.2` names. `says` is told what takes long.
///
/// # Errors
///
/// If there is none.
pub fn server(named: &str, says: &dyn Fn(&str)) -> Result<PathBuf, NoProgram> {
    match named.strip_prefix("npm:") {
        Some(version) => kept(version, says),
        None => {
            let path = PathBuf::from(named);
            let is_file = path.is_file();
            let path = std::path::absolute(&path).unwrap_or(path);
            if is_file { Ok(path) } else { Err(NoProgram::Missing(path)) }
        }
    }
}

/// A version out of the cache; it is fetched if it is not there.
fn kept(version: &str, says: &dyn Fn(&str)) -> Result<PathBuf, NoProgram> {
    let is_version = version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
    if !is_version {
        return Err(NoProgram::NoVersion(version.to_owned()));
    }
    let folder = cache()?.join(version);
    let program = folder.join(PROGRAM);
    if program.is_file() {
        let recorded = fs::read_to_string(folder.join(DIGEST)).unwrap_or_default();
        return if recorded.trim() == digest(&program)? {
            Ok(program)
        } else {
            Err(NoProgram::Changed(program))
        };
    }
    let package = format!("{}@{version}", package()?);
    says(&format!("fetching {package}"));
    fetch(&package, &folder)?;
    Ok(program)
}

/// Where servers are kept.
fn cache() -> Result<PathBuf, NoProgram> {
    let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let caches = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    Ok(caches.ok_or(NoProgram::NoHome)?.join("skewproof").join("servers"))
}

/// The package with the server for this system.
fn package() -> Result<String, NoProgram> {
    let system = (std::env::consts::OS, std::env::consts::ARCH);
    let name = match system {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        (os, arch) => return Err(NoProgram::OtherSystem(format!("{os} on {arch}"))),
    };
    Ok(format!("@restatedev/{PROGRAM}-{name}"))
}

/// Fetches a package into a folder beside, which gets its name when all is there.
fn fetch(package: &str, folder: &Path) -> Result<(), NoProgram> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |why| NoProgram::Unwritable { path, why }
    };
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(unwritable(parent))?;
    let scratch = tempfile::tempdir_in(parent).map_err(unwritable(parent))?;
    let refused = |why: String| NoProgram::NotBrought { package: package.to_owned(), why };
    let mut npm = Command::new("npm");
    npm.args(["pack", "--json", "--loglevel=error", package]).current_dir(scratch.path());
    let packed = run("npm", &mut npm)?;
    if !packed.status.success() {
        let said = String::from_utf8_lossy(&packed.stderr).into_owned();
        let mut lines = said.lines().filter_map(|line| line.strip_prefix("npm error "));
        let line = lines.find(|line| !line.starts_with("code "));
        return Err(refused(line.unwrap_or("it says nothing").to_owned()));
    }
    let listed: Json = serde_json::from_slice(&packed.stdout).unwrap_or_default();
    let file = listed.pointer("/0/filename").and_then(Json::as_str);
    let file =
        file.ok_or_else(|| refused("it does not say which file it has written".to_owned()))?;
    let inner = format!("package/bin/{PROGRAM}");
    let mut tar = Command::new("tar");
    tar.args(["-xzf", file, &inner]).current_dir(scratch.path());
    let unpacked = run("tar", &mut tar)?;
    if !unpacked.status.success() {
        return Err(refused(String::from_utf8_lossy(&unpacked.stderr).trim().to_owned()));
    }
    let whole = scratch.path().join("whole");
    fs::create_dir(&whole).map_err(unwritable(&whole))?;
    let program = whole.join(PROGRAM);
    fs::rename(scratch.path().join(inner), &program).map_err(unwritable(&program))?;
    fs::write(whole.join(DIGEST), digest(&program)?).map_err(unwritable(&whole))?;
    match fs::rename(&whole, folder) {
        // Somebody else was faster.
        Err(_) if folder.join(PROGRAM).is_file() => Ok(()),
        renamed => renamed.map_err(unwritable(folder)),
    }
}

fn run(name: &'static str, command: &mut Command) -> Result<Output, NoProgram> {
    let output = command.stdin(Stdio::null()).output();
    output.map_err(|_| NoProgram::NoTool(name))
}

fn digest(path: &Path) -> Result<String, NoProgram> {
    let unwritable = |why| NoProgram::Unwritable { path: path.to_owned(), why };
    let mut file = File::open(path).map_err(unwritable)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        match file.read(&mut chunk).map_err(unwritable)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            read => hasher.update(chunk.get(..read).unwrap_or_default()),
        }
    }
}
