//! Captures in memory, opened with keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ikescope_analysis::opening::{KeyRing, Opener, OpenerOptions};
use ikescope_analysis::{
    Closed, Content, Inspector, InspectorOptions, Integrity, Observation, OpeningNote,
};
use ikescope_capture::{FileReader, Frame, LinkType, Options, Stack, Timestamp};
use ikescope_crypto::key_material::{Ikev2Keys, Key, Material, read};
use ikescope_dissectors::{Body as _, Content as Payloads};

/// A frame that outlives its file.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    pub(crate) number: u64,
    pub(crate) time: Option<Timestamp>,
    pub(crate) length: u32,
    pub(crate) link: LinkType,
    pub(crate) octets: Vec<u8>,
}

/// The frames of a file.
pub(crate) fn frames(path: &Path) -> Vec<Owned> {
    let mut reader = FileReader::open(path, 0).unwrap();
    let mut frames = Vec::new();
    while let Ok(Some(frame)) = reader.next() {
        frames.push(Owned {
            number: frame.number,
            time: frame.time,
            length: frame.length,
            link: frame.link,
            octets: frame.octets.to_vec(),
        });
    }
    frames
}

/// What was opened, by the frame that showed it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Result {
    /// Messages that are encrypted as a whole or completed by a fragment; fragments that wait are left out.
    pub(crate) ike: BTreeMap<u64, Ike>,
    pub(crate) esp: BTreeMap<u64, Esp>,
    pub(crate) ah: BTreeMap<u64, Option<Integrity>>,
    /// Proofs, as text.
    pub(crate) proofs: Vec<(u64, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ike {
    pub v1: bool,
    pub(crate) plain: Option<Vec<u8>>,
    pub(crate) integrity: Option<Integrity>,
    pub(crate) closed: Option<Closed>,
    pub(crate) notes: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Esp {
    pub(crate) spi: u32,
    pub(crate) plain: Option<Vec<u8>>,
    /// Source and destination of what was inside, as text, and the notes beside it.
    pub(crate) inner: String,
    pub(crate) notes: Vec<OpeningNote>,
    pub(crate) closed: Option<Closed>,
}

impl Result {
    pub(crate) fn ike_opened(&self) -> usize {
        self.ike.values().filter(|ike| ike.plain.is_some()).count()
    }

    pub(crate) fn esp_opened(&self) -> usize {
        self.esp.values().filter(|esp| esp.plain.is_some()).count()
    }

    /// In a line.
    pub(crate) fn summary(&self) -> String {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let ike = self.ike.values().filter_map(|ike| ike.closed.clone());
        let esp = self.esp.values().filter_map(|esp| esp.closed.clone());
        for closed in ike
            .map(|c| format!("ike {c}"))
            .chain(esp.map(|c| format!("esp {c}")))
        {
            *reasons.entry(closed).or_default() += 1;
        }
        format!(
            "IKE {}/{} ESP {}/{} AH {}/{} {reasons:?}",
            self.ike_opened(),
            self.ike.len(),
            self.esp_opened(),
            self.esp.len(),
            self.ah
                .values()
                .filter(|ah| **ah == Some(Integrity::Verified))
                .count(),
            self.ah.len(),
        )
    }
}

/// Opens frames in their order, learnt as a whole first.
pub(crate) fn open(frames: &[Owned], keys: Vec<Key>) -> Result {
    open_with(frames, keys, OpenerOptions::default(), true).0
}

pub(crate) fn open_with(
    frames: &[Owned],
    keys: Vec<Key>,
    options: OpenerOptions,
    twice: bool,
) -> (Result, Opener) {
    let mut opener = Opener::new(KeyRing::new(keys), options);
    if twice {
        each(frames, |observation, _| opener.learn(&observation));
    }
    let mut result = Result::default();
    each(frames, |mut observation, frame| {
        if !twice {
            opener.learn(&observation);
        }
        opener.open(&mut observation, frame);
        result.take(&observation);
    });
    opener.finish();
    (result, opener)
}

fn each(frames: &[Owned], mut sink: impl FnMut(Observation<'_>, &[u8])) {
    let mut stack = Stack::new(Options::default());
    let mut inspector = Inspector::new(InspectorOptions::default());
    for frame in frames {
        let frame = Frame {
            file: 0,
            number: frame.number,
            time: frame.time,
            length: frame.length,
            captured: frame.octets.len() as u32,
            link: frame.link,
            octets: &frame.octets,
        };
        stack.decode(&frame, &mut |datagram| {
            sink(inspector.observe(&datagram), frame.octets);
        });
    }
}

impl Result {
    fn take(&mut self, observation: &Observation<'_>) {
        let number = observation.frame.number;
        let mut content = &observation.content;
        if let Content::Ah(_, inner) = content {
            self.ah.insert(number, observation.ah_integrity);
            match inner {
                Some(inner) => content = inner,
                None => return,
            }
        }
        match content {
            Content::Ike(ike) => {
                for verification in &ike.verifications {
                    self.proofs.push((number, verification.to_string()));
                }
                let message = ike.message.as_ref();
                let v1 = message.is_some_and(|message| message.header.version.major() == 1);
                let encrypted = ike.opened.is_some()
                    || message.is_some_and(|message| match &message.content {
                        Payloads::V1Encrypted(_) => true,
                        Payloads::V2(list) => list.iter().any(|p| p.body.ends_chain()),
                        _ => false,
                    });
                if !encrypted || matches!(ike.closed, Some(Closed::Fragment { .. })) {
                    return;
                }
                self.ike.insert(
                    number,
                    Ike {
                        v1,
                        plain: ike.opened.as_ref().map(|opened| opened.octets.clone()),
                        integrity: ike.opened.as_ref().map(|opened| opened.integrity),
                        closed: ike.closed.clone(),
                        notes: ike
                            .opened
                            .iter()
                            .flat_map(|opened| &opened.notes)
                            .map(ToString::to_string)
                            .collect(),
                    },
                );
            }
            Content::Esp(Some(esp)) => {
                let opened = observation.esp_opened.as_ref();
                self.esp.insert(
                    number,
                    Esp {
                        spi: esp.spi.0,
                        plain: opened.map(|opened| opened.octets.clone()),
                        inner: opened
                            .map(|opened| format!("{} {}", opened.inner.src, opened.inner.dst))
                            .unwrap_or_default(),
                        notes: opened
                            .map(|opened| opened.notes.clone())
                            .unwrap_or_default(),
                        closed: observation.esp_closed.clone(),
                    },
                );
            }
            _ => {}
        }
    }
}

/// A scenario of the lab: its capture and its secrets.
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) frames: Vec<Owned>,
    pub(crate) truth: serde_json::Value,
}

impl Scenario {
    /// The keys of a file of the scenario; none if it is not there.
    pub(crate) fn keys(&self, file: &str) -> Option<Vec<Key>> {
        let octets = std::fs::read(self.folder.join("secrets").join(file)).ok()?;
        Some(read(file, &octets).keys)
    }
}

/// All scenarios with a description of what is true about them.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(lab)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders
        .into_iter()
        .filter(|folder| folder.join("truth.json").exists())
        .map(|folder| Scenario {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            frames: frames(&folder.join("capture.pcapng")),
            truth: serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap())
                .unwrap(),
            folder,
        })
        .collect()
}

/// Leaves of keys what children are derived from, SK_d or SKEYID_d, and nothing else.
pub(crate) fn keep_seeds_of_children(keys: &mut Vec<Key>) {
    keys.retain_mut(|key| match &mut key.material {
        Material::Ikev2Keys(keys) => {
            *keys = Ikev2Keys {
                sa: keys.sa,
                sk_d: keys.sk_d.take(),
                ..Ikev2Keys::default()
            };
            true
        }
        Material::Ikev1Skeyid(keys) => {
            (keys.key, keys.skeyid, keys.skeyid_e) = (None, None, None);
            true
        }
        _ => false,
    });
}
