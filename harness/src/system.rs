//! What each system has in its own way. On Unix all of it is there; elsewhere, what there is.

use std::fs::{File, FileType};
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGINT, SIGKILL, SIGTERM};

/// Signals by which somebody ends a process that goes on otherwise.
#[cfg(unix)]
pub const ENDING_SIGNALS: [i32; 3] = [SIGHUP, SIGINT, SIGTERM];
/// Signals by which somebody ends a process that goes on otherwise.
#[cfg(not(unix))]
pub const ENDING_SIGNALS: [i32; 2] = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];

/// What a new file may be used for, before the user's mask.
#[cfg(unix)]
const MODE: u32 = 0o666;

/// Lets a file that is made be read by those who may read others.
pub fn as_usual(builder: &mut tempfile::Builder<'_, '_>) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(MODE));
    }
    #[cfg(not(unix))]
    let _ = builder;
}

/// What something is that is neither a file nor a folder, in words.
pub fn what_it_is(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "it is a FIFO, and no file";
        }
        if kind.is_socket() {
            return "it is a socket, and no file";
        }
    }
    let _ = kind;
    "it is a device, and no file"
}

/// Sees to it that the names in a folder are on the disk; elsewhere than on Unix the system does.
///
/// # Errors
///
/// If the folder cannot be written.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Writes at the beginning of a file, in one call; gives how much.
///
/// # Errors
///
/// If it cannot be written.
pub fn write_at_start(file: &File, bytes: &[u8]) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_at(file, bytes, 0);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_write(file, bytes, 0);
}

/// Puts a program and what it starts into a group of its own: Ctrl-C is not meant for them.
pub fn apart(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    #[cfg(not(unix))]
    let _ = command;
}

/// Interrupts all processes of the group that a process was put into, as Ctrl-C does; where there are
/// no groups, nobody.
pub fn interrupt_group(leader: u32) {
    #[cfg(unix)]
    signal_group(leader, rustix::process::Signal::INT);
    #[cfg(not(unix))]
    let _ = leader;
}

/// Ends all processes of the group that a process was put into; those that are gone already are.
pub fn end_group(leader: u32) {
    #[cfg(unix)]
    signal_group(leader, rustix::process::Signal::KILL);
    #[cfg(not(unix))]
    let _ = leader;
}

#[cfg(unix)]
fn signal_group(leader: u32, signal: rustix::process::Signal) {
    if let Some(group) = i32::try_from(leader).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, signal);
    }
}

/// Whether a process ended because somebody wanted it to. What takes too much memory is killed like
/// that too, by the system: one more reason to look only if nobody wants an end. Where there are no
/// signals it is never known.
pub fn is_ended_from_outside(status: ExitStatus, is_stopped: bool) -> bool {
    #[cfg(unix)]
    return match std::os::unix::process::ExitStatusExt::signal(&status) {
        Some(SIGHUP | SIGINT | SIGTERM) => true,
        Some(SIGKILL) => is_stopped,
        _ => false,
    };
    #[cfg(not(unix))]
    {
        let _ = (status, is_stopped);
        false
    }
}

/// What a process may hold of memory in which nodes are asked, in bytes: what takes more is refused it,
/// before the system looks for a process to end.
#[cfg(unix)]
const MEMORY_MAX: u64 = 4 << 30;

/// Bounds the memory of this process, where the system can.
pub fn bound_memory() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Data);
        let bound = current.map_or(MEMORY_MAX, |current| current.min(MEMORY_MAX));
        // If it is not allowed, the bounds are those of before.
        let _ = setrlimit(Resource::Data, Rlimit { current: Some(bound), maximum });
    }
}

/// Sees to it that this process does not outlive the one that started it, where the system can.
pub fn die_with_parent() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
}

/// Whether this process was started by that one; where nobody can tell, it was.
pub fn is_parent(id: u32) -> bool {
    #[cfg(unix)]
    return std::os::unix::process::parent_id() == id;
    #[cfg(not(unix))]
    {
        let _ = id;
        true
    }
}
