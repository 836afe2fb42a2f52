//! The response that a client of Skype owes to the time as a challenge, calculated apart from the client that is tested.
//!
//! It is MSN Messenger's challenge with SHA-256 in place of MD5. SkPy, which Skype's servers accepted, is let in too.

use sha2::{Digest, Sha256};

pub const APP_ID: &str = "msmsgs@msnmsgr.com";
const KEY: &str = "Q1P7W2E4J9R8U3S5";
const MODULUS: u128 = (1 << 31) - 1;

/// Eight hex digits for each of the hash's first four words, exclusive-ored with the checksum.
pub fn response(challenge: &str) -> String {
    let hash = little_endian(&Sha256::digest([challenge, KEY].concat())[..16]);
    let mut padded = [challenge, APP_ID].concat();
    padded.push_str(&"0".repeat(8 - padded.len() % 8));
    let mut high = 0;
    let mut low = 0;
    for (at, word) in little_endian(padded.as_bytes()).into_iter().enumerate() {
        let (word, multiply, add) = match at % 2 {
            0 => (word * 0x0E79_A9C1 % MODULUS, hash[0], hash[1]),
            _ => (word, hash[2], hash[3]),
        };
        high = ((high + word) * (multiply & MODULUS) + (add & MODULUS)) % MODULUS;
        low += high;
    }
    let checksum = [
        (high + (hash[1] & MODULUS)) % MODULUS,
        (low + (hash[3] & MODULUS)) % MODULUS,
    ];
    let mixed = hash.iter().zip(checksum.iter().cycle());
    mixed
        .map(|(word, sum)| format!("{:08x}", ((word ^ sum) as u32).swap_bytes()))
        .collect()
}

fn little_endian(bytes: &[u8]) -> Vec<u128> {
    let words = bytes.chunks_exact(4);
    words
        .map(|word| word.iter().rev().fold(0, |sum, byte| sum << 8 | u128::from(*byte)))
        .collect()
}
