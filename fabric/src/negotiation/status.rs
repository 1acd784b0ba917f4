//! The gRPC status codes that a refused handshake can end with.

use std::fmt;

/// A gRPC status code, by its standard number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum StatusCode {
    /// The call was given up.
    Cancelled = 1,
    /// The caller sent something that can never be accepted.
    InvalidArgument = 3,
    /// Something did not arrive in time.
    DeadlineExceeded = 4,
    /// The caller is out of date.
    AlreadyExists = 6,
    /// The system is not in a state for the call.
    FailedPrecondition = 9,
    /// The call was broken off.
    Aborted = 10,
    /// The method does not exist there.
    Unimplemented = 12,
    /// Something is broken.
    Internal = 13,
    /// Not now; try again.
    Unavailable = 14,
}

impl StatusCode {
    /// Every code that the fabric uses.
    pub const ALL: [Self; 9] = [
        Self::Cancelled,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::AlreadyExists,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The number in `grpc-status`.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The code with this number, if the fabric uses it.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.number() == number)
    }

    /// The name by which gRPC documents it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancelled => "CANCELLED",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_standard_ones() {
        let numbers: Vec<u8> = StatusCode::ALL.into_iter().map(StatusCode::number).collect();
        assert_eq!(numbers, [1, 3, 4, 6, 9, 10, 12, 13, 14]);
        for code in StatusCode::ALL {
            assert_eq!(StatusCode::from_number(code.number()), Some(code));
        }
        assert_eq!(StatusCode::from_number(0), None);
        assert_eq!(StatusCode::Aborted.to_string(), "ABORTED");
    }
}
