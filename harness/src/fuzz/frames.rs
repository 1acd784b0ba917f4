//! Frames between a process and its workers: a tag, a number of fields, and for each its length and
//! content.

use std::io::{self, ErrorKind, Read, Write};

/// A field that is a number; 0 if it is none.
pub fn number(field: &[u8]) -> u64 {
    field.try_into().map(u64::from_le_bytes).unwrap_or_default()
}

/// Writes a frame.
///
/// # Errors
///
/// If it cannot be written.
pub fn write_frame(to: &mut impl Write, tag: u8, fields: &[&[u8]]) -> io::Result<()> {
    to.write_all(&[tag])?;
    to.write_all(&u32::try_from(fields.len()).unwrap_or(u32::MAX).to_le_bytes())?;
    for field in fields {
        to.write_all(&(field.len() as u64).to_le_bytes())?;
        to.write_all(field)?;
    }
    Ok(())
}

/// Reads a frame; `None` at the end.
///
/// # Errors
///
/// If it cannot be read, or ends in the middle.
pub fn read_frame(from: &mut impl Read) -> io::Result<Option<(u8, Vec<Vec<u8>>)>> {
    let (mut tag, mut count) = ([0], [0; 4]);
    match from.read_exact(&mut tag) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    from.read_exact(&mut count)?;
    let mut fields = Vec::new();
    for _ in 0..u32::from_le_bytes(count) {
        let mut len = [0; 8];
        from.read_exact(&mut len)?;
        let mut field = Vec::new();
        let len = u64::from_le_bytes(len);
        if from.by_ref().take(len).read_to_end(&mut field)? as u64 != len {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        fields.push(field);
    }
    Ok(Some((tag[0], fields)))
}
