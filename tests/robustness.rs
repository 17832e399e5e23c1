//! Octets that are cut and changed: nothing panics, issues lie inside the buffer, and messages are written as they came.

mod common;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::PathBuf;

use ikescope_analysis::{Content, Inspector, InspectorOptions, Observation};
use ikescope_capture::{Frame, Inputs, LinkType, Options, Stack, Timestamp};
use ikescope_dissectors::{Issues, Message, Octets};
use ikescope_report::{NdjsonWriter, PacketWriter, TextOptions, TextWriter};

use common::{captures, corpus};

/// A frame of a capture.
struct Sample {
    link: LinkType,
    octets: Vec<u8>,
}

/// What stands between a frame and its observation.
struct Pipeline {
    stack: Stack,
    inspector: Inspector,
    number: u64,
}

impl Pipeline {
    fn new() -> Self {
        Self {
            stack: Stack::new(Options::default()),
            inspector: Inspector::new(InspectorOptions { ports: vec![5500] }),
            number: 0,
        }
    }

    fn observe(
        &mut self,
        link: LinkType,
        octets: &[u8],
        length: usize,
        sink: &mut dyn FnMut(&Observation<'_>),
    ) {
        self.number += 1;
        let frame = Frame {
            file: 0,
            number: self.number,
            time: Some(Timestamp::new(1_700_000_000 + self.number as i64, 0)),
            length: length as u32,
            captured: octets.len() as u32,
            link,
            octets,
        };
        let Self {
            stack, inspector, ..
        } = self;
        stack.decode(&frame, &mut |datagram| {
            let observation = inspector.observe(&datagram);
            for issue in observation.issues.as_slice() {
                assert!(
                    issue.span.end() <= observation.octets.len(),
                    "{issue} in {octets:02x?}"
                );
            }
            sink(&observation);
        });
    }
}

/// The frames of captures, each once.
fn samples(paths: &[PathBuf]) -> Vec<Sample> {
    let mut seen = HashSet::new();
    let mut samples = Vec::new();
    for path in paths {
        let Ok(mut inputs) = Inputs::open(&[path]) else {
            continue;
        };
        // A capture that is cut ends there.
        while let Ok(Some(frame)) = inputs.next() {
            let mut hasher = DefaultHasher::new();
            frame.octets.hash(&mut hasher);
            if seen.insert(hasher.finish()) {
                samples.push(Sample {
                    link: frame.link,
                    octets: frame.octets.to_vec(),
                });
            }
        }
    }
    samples
}

/// IKE messages of the samples.
fn messages(samples: &[Sample]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut pipeline = Pipeline::new();
    for Sample { link, octets } in samples {
        pipeline.observe(*link, octets, octets.len(), &mut |observation| {
            if let Content::Ike(ike) = &observation.content
                && let Some(message) = &ike.message
            {
                messages.push(message.octets.to_vec());
            }
        });
    }
    messages
}

fn cut_everywhere(samples: &[Sample]) {
    let mut pipeline = Pipeline::new();
    for Sample { link, octets } in samples {
        for cut in 0..octets.len() {
            // As the snap length cuts, and as a sender that lies about lengths.
            let length = if cut % 2 == 0 { octets.len() } else { cut };
            pipeline.observe(*link, &octets[..cut], length, &mut |_| {});
        }
    }
}

#[test]
fn every_cut_of_every_packet_of_testdata_is_read() {
    cut_everywhere(&samples(&captures()));
}

#[test]
fn every_cut_of_every_packet_of_the_corpus_is_read() {
    cut_everywhere(&samples(&corpus()));
}

#[test]
fn changed_octets_are_read_and_written() {
    let mut samples = samples(&captures());
    samples.extend(self::samples(&corpus()));
    let mut text = TextWriter::new(
        io::sink(),
        TextOptions {
            verbose: true,
            octets: true,
            ..TextOptions::default()
        },
    );
    let mut json = NdjsonWriter::new(io::sink());
    let mut pipeline = Pipeline::new();
    let mut random = Random(0x1ce5_c09e);
    for _ in 0..MUTATIONS {
        let sample = &samples[random.below(samples.len())];
        let mut octets = sample.octets.clone();
        for _ in 0..=random.below(4) {
            if octets.is_empty() {
                break;
            }
            let place = random.below(octets.len());
            octets[place] = match random.below(4) {
                0 => 0,
                1 => 0xff,
                2 => octets[place] ^ (1 << random.below(8)),
                _ => random.below(256) as u8,
            };
        }
        pipeline.observe(sample.link, &octets, octets.len(), &mut |observation| {
            text.packet(observation).expect("a sink takes everything");
            json.packet(observation).expect("a sink takes everything");
        });
    }
}

#[test]
fn what_is_read_without_issues_is_written_as_it_came() {
    let mut samples = samples(&captures());
    samples.extend(self::samples(&corpus()));
    let messages = messages(&samples);
    assert!(messages.len() > 500, "there are messages");
    let mut clean = 0;
    for octets in &messages {
        let mut issues = Issues::default();
        let message = Message::parse(Octets::new(octets), &mut issues).expect("it has a header");
        let written = message.encode();
        if issues.is_empty() {
            clean += 1;
            assert_eq!(&written, octets, "{message:#?}");
        }
        // What was written in canonical form stays as it is, whatever came in.
        let mut issues = Issues::default();
        let again = Message::parse(Octets::new(&written), &mut issues).expect("it has a header");
        if issues.is_empty() {
            assert_eq!(again.encode(), written);
        }
    }
    assert!(
        clean * 10 > messages.len() * 8,
        "most of {} messages are clean: {clean}",
        messages.len()
    );
}

/// xorshift64*: the same mutations in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

const MUTATIONS: usize = 100_000;
