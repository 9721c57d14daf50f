//! Sizes of memory on the command line, read as PostgreSQL reads them.

use bytesize::ByteSize;

/// The bytes of a size such as `64MB` or `2GB`, whose units are powers of 1024, as in PostgreSQL's settings.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let binary = match text.strip_suffix(['B', 'b']) {
        Some(number)
            if number.ends_with(|c: char| c.is_ascii_alphabetic() && !c.eq_ignore_ascii_case(&'i')) =>
        {
            format!("{number}iB")
        }
        _ => text.to_owned(),
    };
    let size: ByteSize = binary.parse()?;
    Ok(size.as_u64())
}

/// The same for `maintenance_work_mem`, within what every server takes.
pub(super) fn parse_maintenance(text: &str) -> Result<u64, String> {
    const LEAST: u64 = 1 << 20;
    const MOST: u64 = 2_047 << 30;
    match parse(text)? {
        bytes if (LEAST..=MOST).contains(&bytes) => Ok(bytes),
        _ => Err("PostgreSQL takes from 1MB to 2047GB".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_maintenance};

    #[test]
    fn sizes_are_read_as_the_server_reads_them() {
        assert_eq!(parse("64MB"), Ok(64 << 20));
        assert_eq!(parse("2 GB"), Ok(2 << 30));
        assert_eq!(parse("2GiB"), Ok(2 << 30));
        assert_eq!(parse("512kB"), Ok(512 << 10));
        assert_eq!(parse("4096"), Ok(4096));
        assert!(parse("much").is_err());
        assert_eq!(parse_maintenance("2GB"), Ok(2 << 30));
        assert!(parse_maintenance("1").is_err() && parse_maintenance("999999999TB").is_err());
    }
}
