//! A PNG that says of what it is a picture, so that a test can tell when it is out of date.

/// The keyword that PNG gives to a description.
const DESCRIPTION: &[u8] = b"Description\0";

const SIGNATURE: usize = 8;

/// The picture with a description: an `iTXt` chunk behind the header.
pub fn describe(png: &[u8], text: &str) -> Vec<u8> {
    let header = chunk(&png[SIGNATURE..]).unwrap().whole;
    let (begin, rest) = png.split_at(SIGNATURE + header.len());
    // not compressed, no language, no translated keyword
    let data = [DESCRIPTION, &[0, 0, 0, 0], text.as_bytes()].concat();
    let typed = [b"iTXt", &data[..]].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [begin, &length, &typed, &crc(&typed).to_be_bytes(), rest].concat()
}

/// The description of a picture.
pub fn described(png: &[u8]) -> Option<String> {
    let mut rest = png.get(SIGNATURE..)?;
    while let Some(chunk) = chunk(rest) {
        if chunk.kind == b"iTXt"
            && let Some(data) = chunk.data.strip_prefix(DESCRIPTION)
        {
            return String::from_utf8(data.get(4..)?.to_vec()).ok();
        }
        rest = &rest[chunk.whole.len()..];
    }
    None
}

struct Chunk<'a> {
    kind: &'a [u8],
    data: &'a [u8],
    whole: &'a [u8],
}

/// Length, kind, data, checksum.
fn chunk(rest: &[u8]) -> Option<Chunk<'_>> {
    let length = usize::try_from(u32::from_be_bytes(rest.get(..4)?.try_into().ok()?)).ok()?;
    Some(Chunk {
        kind: rest.get(4..8)?,
        data: rest.get(8..8 + length)?,
        whole: rest.get(..12 + length)?,
    })
}

/// CRC-32 as PNG asks for it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn a_description_is_found_again() {
    // the smallest header, and the end
    let picture = [
        b"\x89PNG\r\n\x1a\n",
        &b"\0\0\0\0IHDR\xa8\xa1\xae\x0a"[..],
        b"\0\0\0\0IEND\xaeB`\x82",
    ]
    .concat();
    assert_eq!(described(&picture), None);
    assert_eq!(crc(b"IEND"), 0xAE42_6082);
    let described_picture = describe(&picture, "für 🚀");
    assert_eq!(described(&described_picture).as_deref(), Some("für 🚀"));
    assert!(described_picture.ends_with(b"IEND\xaeB`\x82"));
    assert_eq!(described(b""), None);
}
