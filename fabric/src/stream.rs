//! Frames out of a stream of bytes, and into one: the framing of gRPC (01 §1). Each message follows a
//! prefix of five bytes: a flag, then its length in 32 bits, the highest byte first.
//!
//! A [`FrameReader`] takes bytes in any chunks and gives whole messages; where a chunk ends never
//! matters. It allocates for bytes that have arrived, never for a length that a prefix announces. What
//! this is not: HTTP/2, or compression. A compressed message is an error here.
//!
//! Released servers treat a frame that is too large in three ways, of which ours is none (02 §7): 1.2
//! logs it and stops reading, 1.3 to 1.5 take it for the end of the stream without a word, and from
//! 1.6 on there is a warning before that. One that writes too large a frame ends the stream (R56); a
//! [`FrameWriter`] says so.
//!
//! ```
//! use skewproof_fabric::stream::{FrameReader, write};
//!
//! let mut stream = Vec::new();
//! write(b"one", &mut stream)?;
//! write(b"", &mut stream)?;
//! let mut reader = FrameReader::new("1.7".parse()?);
//! reader.push(&stream[..4]);
//! assert_eq!(reader.next_frame()?, None);
//! reader.push(&stream[4..]);
//! assert_eq!(reader.next_frame()?.as_deref(), Some(&b"one"[..]));
//! assert_eq!(reader.next_frame()?.as_deref(), Some(&b""[..]));
//! assert_eq!(reader.next_frame()?, None);
//! assert_eq!(reader.end(), Ok(()));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use thiserror::Error;

use super::limits::{FrameLimits, Side};
use super::release::Release;

/// Bytes of the prefix before each message.
pub const PREFIX_LEN: usize = 5;

/// The flag of a message that is as it is.
const PLAIN: u8 = 0;
/// The flag of a message that is compressed.
const COMPRESSED: u8 = 1;

/// What was being read of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The flag and the length of a frame.
    Prefix,
    /// The message of a frame.
    Message,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "the prefix of a frame",
            Self::Message => "the message of a frame",
        })
    }
}

/// Why a stream cannot be read on. Offsets are in bytes from the beginning of the stream.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StreamError {
    /// The message is compressed, which is not undone here.
    #[error("the frame at byte {at} is compressed")]
    Compressed {
        /// Offset of the prefix.
        at: u64,
    },
    /// The flag is neither 0 nor 1.
    #[error("the frame at byte {at} has the flag {flag}, which nobody knows")]
    UnknownFlag {
        /// Offset of the prefix.
        at: u64,
        /// The flag.
        flag: u8,
    },
    /// The message is larger than the release accepts.
    #[error("the frame at byte {at} has a message of {len} bytes, more than {len_max}")]
    TooLarge {
        /// Offset of the prefix.
        at: u64,
        /// The length that the prefix announces, in bytes.
        len: u32,
        /// The most that the release accepts, in bytes.
        len_max: usize,
    },
    /// The stream ends inside a frame.
    #[error("the stream ends at byte {at}, inside {reading}")]
    CutOff {
        /// Where the stream ends.
        at: u64,
        /// What was being read.
        reading: Reading,
    },
}

/// A message that is not put into a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unframed {
    /// It is longer than the release writes.
    #[error("a message of {len} bytes is more than the {len_max} that are sent")]
    TooLarge {
        /// Its length in bytes.
        len: usize,
        /// The most that the release writes, in bytes.
        len_max: usize,
    },
    /// No prefix can announce it.
    #[error("a message of {len} bytes is longer than a frame can be")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
}

/// Writes one side of a connection.
#[derive(Debug, Clone, Copy)]
pub struct FrameWriter {
    len_max: Option<usize>,
}

impl FrameWriter {
    /// A writer that bounds its frames as one side of a release does.
    pub fn new(release: Release, side: Side) -> Self {
        Self::within(FrameLimits::of(release), side)
    }

    /// A writer with these limits.
    pub const fn within(limits: FrameLimits, side: Side) -> Self {
        Self { len_max: limits.outbound(side) }
    }

    /// The prefix of a message of `len` bytes that is not compressed.
    ///
    /// # Errors
    ///
    /// If the message is longer than this side writes, or than a frame can be.
    pub fn prefix(self, len: usize) -> Result<[u8; PREFIX_LEN], Unframed> {
        match self.len_max {
            Some(len_max) if len > len_max => Err(Unframed::TooLarge { len, len_max }),
            _ => frame_prefix(len),
        }
    }
}

/// The prefix of a message of `len` bytes that is not compressed, whoever sends it.
///
/// # Errors
///
/// If the length has more than 32 bits.
pub fn frame_prefix(len: usize) -> Result<[u8; PREFIX_LEN], Unframed> {
    let [a, b, c, d] = u32::try_from(len).map_err(|_| Unframed::TooLong { len })?.to_be_bytes();
    Ok([PLAIN, a, b, c, d])
}

/// Adds a message with its prefix to a stream, whoever sends it.
///
/// # Errors
///
/// If the message is longer than a frame can be; nothing is added.
pub fn write(message: &[u8], stream: &mut Vec<u8>) -> Result<(), Unframed> {
    let prefix = frame_prefix(message.len())?;
    stream.extend_from_slice(&prefix);
    stream.extend_from_slice(message);
    Ok(())
}

/// Reads one side of a connection.
#[derive(Debug, Clone)]
pub struct FrameReader {
    len_max: usize,
    /// What has arrived and was not given out.
    unread: BytesMut,
    /// Offset of the first unread byte.
    position: u64,
    /// Why nothing is read any more.
    error: Option<StreamError>,
}

impl FrameReader {
    /// A reader at the beginning of a stream, which accepts messages of the size that a release
    /// accepts where nothing else is configured.
    pub fn new(release: Release) -> Self {
        Self::within(FrameLimits::of(release))
    }

    /// A reader with these limits.
    pub fn within(limits: FrameLimits) -> Self {
        Self { len_max: limits.inbound, unread: BytesMut::new(), position: 0, error: None }
    }

    /// Takes the next bytes of the stream. After an error they are dropped.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.error.is_none() {
            self.unread.extend_from_slice(chunk);
        }
    }

    /// The next message that has arrived as a whole; none if more bytes are needed.
    ///
    /// # Errors
    ///
    /// What is wrong with the next prefix, as soon as it can be seen. From then on it is always the
    /// same error, whatever is pushed.
    pub fn next_frame(&mut self) -> Result<Option<Bytes>, StreamError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let len = match self.len() {
            Ok(Some(len)) if self.unread.len() - PREFIX_LEN >= len => len,
            Ok(_) => return Ok(None),
            Err(error) => {
                self.unread = BytesMut::new();
                self.error = Some(error.clone());
                return Err(error);
            }
        };
        self.unread.advance(PREFIX_LEN);
        self.position += (PREFIX_LEN + len) as u64;
        Ok(Some(self.unread.split_to(len).freeze()))
    }

    /// What it means that the stream ends here, after [`next_frame`](Self::next_frame) gave none:
    /// nothing, between two frames.
    ///
    /// # Errors
    ///
    /// That a frame is cut off; or the error that there was before.
    pub fn end(&self) -> Result<(), StreamError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let reading = match self.unread.len() {
            0 => return Ok(()),
            1..PREFIX_LEN => Reading::Prefix,
            _ => Reading::Message,
        };
        Err(StreamError::CutOff { at: self.position + self.unread.len() as u64, reading })
    }

    /// The length of the next message, if its prefix has arrived.
    fn len(&self) -> Result<Option<usize>, StreamError> {
        let at = self.position;
        match self.unread.first() {
            None | Some(&PLAIN) => {}
            Some(&COMPRESSED) => return Err(StreamError::Compressed { at }),
            Some(&flag) => return Err(StreamError::UnknownFlag { at, flag }),
        }
        let Some([_, announced @ ..]) = self.unread.first_chunk::<PREFIX_LEN>() else {
            return Ok(None);
        };
        let len = u32::from_be_bytes(*announced);
        match usize::try_from(len) {
            Ok(fits) if fits <= self.len_max => Ok(Some(fits)),
            _ => Err(StreamError::TooLarge { at, len, len_max: self.len_max }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Vec<Bytes>, Result<(), StreamError>);

    fn read<'a>(release: &str, chunks: impl IntoIterator<Item = &'a [u8]>) -> Read {
        let mut reader = FrameReader::new(release.parse().unwrap());
        let mut frames = Vec::new();
        for chunk in chunks {
            reader.push(chunk);
            while let Ok(Some(frame)) = reader.next_frame() {
                frames.push(frame);
            }
        }
        (frames, reader.end())
    }

    fn stream() -> Vec<u8> {
        let mut stream = Vec::new();
        for message in [&b"hello"[..], b"", &[0; 300], b"\x01"] {
            write(message, &mut stream).unwrap();
        }
        stream
    }

    /// Sound, cut off, and broken in the second frame.
    #[test]
    fn borders_of_chunks_never_matter() {
        let sound = stream();
        let with = |at: usize, byte| {
            let mut bytes = sound.clone();
            bytes[at] = byte;
            bytes
        };
        let second = PREFIX_LEN + 5;
        let streams =
            [sound.clone(), sound[..200].to_vec(), with(second, 1), with(second + 1, 0xff)];
        for (stream, frames) in streams.iter().zip([4, 2, 1, 1]) {
            let whole = read("1.7", [stream.as_slice()]);
            assert_eq!(whole.0.len(), frames, "{:?}", whole.1);
            assert_eq!(read("1.7", stream.chunks(1)), whole);
            for border in 0..=stream.len() {
                let (front, back) = stream.split_at(border);
                assert_eq!(read("1.7", [front, back]), whole, "{border}");
                assert_eq!(read("1.7", [front, &[], back]), whole, "{border}");
            }
        }
    }

    #[test]
    fn an_end_is_clean_between_frames_only() {
        let stream = stream();
        let borders: Vec<usize> =
            (0..=stream.len()).filter(|end| read("1.2", [&stream[..*end]]).1.is_ok()).collect();
        assert_eq!(borders, [0, 10, 15, 320, 326]);
        let end = |len| read("1.2", [&stream[..len]]).1;
        assert_eq!(end(14), Err(StreamError::CutOff { at: 14, reading: Reading::Prefix }));
        assert_eq!(end(20), Err(StreamError::CutOff { at: 20, reading: Reading::Message }));
        assert_eq!(
            end(20).unwrap_err().to_string(),
            "the stream ends at byte 20, inside the message of a frame"
        );
    }

    #[test]
    fn flags_are_seen_before_the_length_has_arrived() {
        let mut one = Vec::new();
        write(b"hello", &mut one).unwrap();
        let behind = |flag| read("1.7", [one.as_slice(), &[flag]]).1;
        assert_eq!(behind(1), Err(StreamError::Compressed { at: 10 }));
        assert_eq!(behind(7), Err(StreamError::UnknownFlag { at: 10, flag: 7 }));
    }

    #[test]
    fn sizes_are_bounded_by_release_before_anything_arrives() {
        for (release, len_max) in [("1.2", 32 << 20), ("1.5", 32 << 20), ("1.6", 33 << 20)] {
            let prefix = frame_prefix(len_max).unwrap();
            let reading = Reading::Message;
            let cut_off = StreamError::CutOff { at: 5, reading };
            assert_eq!(read(release, [&prefix[..]]).1, Err(cut_off), "{release}");
            let prefix = frame_prefix(len_max + 1).unwrap();
            let len = u32::try_from(len_max + 1).unwrap();
            let too_large = StreamError::TooLarge { at: 0, len, len_max };
            assert_eq!(read(release, [&prefix[..]]).1, Err(too_large), "{release}");
        }
        assert_eq!(frame_prefix(1 << 32), Err(Unframed::TooLong { len: 1 << 32 }));
    }

    /// Nothing compares the limits of two nodes (07 §8).
    #[test]
    fn what_one_release_sends_may_be_too_large_for_another() {
        let release = |name: &str| -> Release { name.parse().unwrap() };
        let sent = |name, side| FrameWriter::new(release(name), side).prefix(65 << 19);
        let prefix = sent("1.6", Side::Server).unwrap();
        assert!(matches!(read("1.5", [&prefix[..]]).1, Err(StreamError::TooLarge { .. })));
        assert!(matches!(read("1.6", [&prefix[..]]).1, Err(StreamError::CutOff { .. })));
        let limits = FrameLimits::configured(release("1.6"), 16 << 20).unwrap();
        let mut reader = FrameReader::within(limits);
        reader.push(&prefix);
        assert!(reader.next_frame().is_err());
        let (len, len_max) = (65 << 19, 32 << 20);
        let too_large = Err(Unframed::TooLarge { len, len_max });
        assert_eq!(sent("1.5", Side::Server), too_large);
        assert_eq!(sent("1.2.1", Side::Client), too_large);
        assert!(sent("1.2.2", Side::Client).is_ok());
    }

    #[test]
    fn memory_is_that_of_what_has_arrived() {
        let mut reader = FrameReader::new("1.7".parse().unwrap());
        reader.push(&frame_prefix(32 << 20).unwrap());
        assert_eq!(reader.next_frame(), Ok(None));
        assert!(reader.unread.capacity() < 1024);
        let mut reader = FrameReader::new("1.7".parse().unwrap());
        reader.push(&[2]);
        assert!(reader.next_frame().is_err());
        reader.push(&[0; 4096]);
        assert_eq!(reader.unread.capacity(), 0);
        assert_eq!(reader.end(), reader.next_frame().map(drop));
    }
}
