//! Any octets as a capture file: it is read to its end or to one error, and frames are no longer than they say.

#![no_main]

use std::io::Cursor;

use ikescope_capture::FileReader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(mut reader) = FileReader::from_read(Box::new(Cursor::new(input.to_vec())), "fuzz", 0)
    else {
        return;
    };
    let mut frames = 0;
    // Compressed input may be a bomb: what matters shows in the first frames.
    while frames < MAX_FRAMES {
        let Ok(Some(frame)) = reader.next() else {
            break;
        };
        assert_eq!(frame.captured as usize, frame.octets.len());
        frames += 1;
        assert_eq!(frame.number, frames);
    }
});

const MAX_FRAMES: u64 = 100_000;
