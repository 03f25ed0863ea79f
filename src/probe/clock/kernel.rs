//! The kernel's own word about its clock: `adjtimex(2)` with mode 0, which reads and changes nothing.
//!
//! It needs no privilege, and the default seccomp profiles of containerd (1.6 and 2.4) and Docker allow it.

use crate::evidence::clock::KernelClock;
use crate::text::Clean;

/// Asks the kernel.
///
/// # Errors
///
/// In words, when the system forbids it: `None` where there is no such call.
#[cfg(target_os = "linux")]
pub(super) fn ask() -> Result<KernelClock, Option<Clean>> {
    // All zero: mode 0.
    let mut clock = rtime_clock::adjtime::Timex::new();
    let state = rtime_clock::adjtime::adjtimex(&mut clock);
    let state = state.map_err(|error| {
        Some(Clean::new(&format!("the kernel does not tell the state of its clock: {}", error.kind())))
    })?;
    let timex = &clock.0;
    // Their width is the architecture's.
    #[allow(clippy::useless_conversion)]
    let (max_error_us, estimated_error_us) = (i64::from(timex.maxerror), i64::from(timex.esterror));
    Ok(KernelClock { synchronised: is_synchronised(state, timex.status), max_error_us, estimated_error_us })
}

/// Elsewhere there is no such call that is known here.
#[cfg(not(target_os = "linux"))]
pub(super) fn ask() -> Result<KernelClock, Option<Clean>> {
    Err(None)
}

/// `TIME_ERROR` and `STA_UNSYNC` of `linux/timex.h`: either says that nobody keeps the clock.
#[cfg(any(target_os = "linux", test))]
fn is_synchronised(state: i32, status: i32) -> bool {
    const TIME_ERROR: i32 = 5;
    const STA_UNSYNC: i32 = 0x40;
    state != TIME_ERROR && status & STA_UNSYNC == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_sign_of_the_kernel_means_not_synchronised() {
        assert!(is_synchronised(0, 0x2001), "a PLL with nanoseconds");
        assert!(is_synchronised(1, 0x11), "a leap second is announced");
        assert!(!is_synchronised(5, 0x2001));
        assert!(!is_synchronised(0, 0x2041));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_answers_without_any_privilege() {
        let clock = ask().expect("adjtimex reads without a privilege");
        assert!(clock.max_error_us >= 0 && clock.estimated_error_us >= 0);
    }
}
