//! The boundary behind which a panic is a value.
//!
//! Used to prove that something never panics. [`contain`] stops neither a stack overflow, an abort
//! or a hang, nor panics in threads that the closure starts; [`supervise`] also tells a hang, and
//! memory that is held.

mod supervise;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

pub use self::supervise::{Breach, Limits, contain_within, supervise, uncounted, within};

/// Ends the work inside the boundary, as a panic does: what somebody did who was asked from here, in
/// another process, comes out of the boundary as if it had happened inside.
pub fn raise(breach: Breach) -> ! {
    panic::resume_unwind(Box::new(breach))
}

/// A panic that reached the boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    /// What the panic said.
    pub message: String,
    /// Where it was raised, as `file:line:column`.
    pub location: String,
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked at {}: {}", self.location, self.message)
    }
}

thread_local! {
    /// Whether this thread is inside the boundary.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic inside the boundary was raised.
    static LOCATION: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `body`; a panic in it comes back as a value and nothing is printed. Panics elsewhere, in
/// other threads too, are reported as they were before.
///
/// After a panic, whatever `body` was changing may be half changed: let it own what it changes.
///
/// # Errors
///
/// The panic.
pub fn contain<T>(body: impl FnOnce() -> T) -> Result<T, Panicked> {
    caught(body).map_err(|breach| match breach {
        Breach::Panicked(panicked) => panicked,
        other => Panicked { message: other.to_string(), location: String::new() },
    })
}

/// Runs `body`; a panic in it comes back as [`contain`]'s does, and what was [raised](raise) as it is.
///
/// # Errors
///
/// The panic, or what was raised.
pub fn caught<T>(body: impl FnOnce() -> T) -> Result<T, Breach> {
    install_hook();
    let outer = INSIDE.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    INSIDE.set(outer);
    result.map_err(|payload| match payload.downcast::<Breach>() {
        Ok(raised) => *raised,
        Err(payload) => Breach::Panicked(Panicked {
            message: message_of(payload.as_ref()),
            location: LOCATION.take(),
        }),
    })
}

/// Puts a hook before the one that is there, once for the whole process.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if INSIDE.get() {
                LOCATION.set(info.location().map(ToString::to_string).unwrap_or_default());
            } else {
                previous(info);
            }
        }));
    });
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "(a payload that is not text)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_through() {
        assert_eq!(contain(|| 7), Ok(7));
    }

    #[test]
    fn a_panic_becomes_a_value_with_its_place() {
        let panicked = contain(|| panic!("at {}", 3)).unwrap_err();
        assert_eq!(panicked.message, "at 3");
        assert!(panicked.location.contains("boundary/mod.rs:"), "{panicked}");
        let panicked = contain(|| panic!("plain")).unwrap_err();
        assert_eq!(panicked.message, "plain");
        let panicked = contain(|| panic::panic_any(5)).unwrap_err();
        assert_eq!(panicked.message, "(a payload that is not text)");
    }

    #[test]
    fn what_is_raised_comes_out_as_it_is() {
        let breach = Breach::Died("signal: 6".to_owned());
        let raised: Result<(), _> = contain_within(u64::MAX, || raise(breach.clone()));
        assert_eq!(raised, Err(breach.clone()));
        assert_eq!(contain(|| raise(breach)).unwrap_err().message, "died: signal: 6");
    }

    #[test]
    fn a_boundary_inside_a_boundary_leaves_the_outer_one_standing() {
        let outer = contain(|| {
            let inner = contain(|| panic!("inner")).unwrap_err();
            assert_eq!(inner.message, "inner");
            assert!(INSIDE.get());
            panic!("outer")
        });
        assert_eq!(
            outer.map_err(|panicked: Panicked| panicked.message),
            Err::<(), _>("outer".into())
        );
        assert!(!INSIDE.get());
    }
}
