//! `ikescope decrypt`: give me the clear text.

use std::io::Write;

use ikescope_analysis::opening::{Opener, ReadySa, Tally};
use ikescope_analysis::{FrameId, Integrity, Observation};
use ikescope_capture::Frame;
use ikescope_report::{write_decrypt_json, write_decrypt_text};

use crate::args::{Decrypt, ListFormat};
use crate::decrypting::{Batch, Item, Kind, Meta, Target, Workers, esp_job, rewrite, write_again};
use crate::exit::{Error, Exit, complain};
use crate::output::Output;
use crate::reading::{Consumer, Ended, Reading, counted, usage};

pub(crate) fn run(options: &Decrypt) -> Result<Exit, Error> {
    if !options.keys.are_given() {
        usage(
            "decrypt",
            "no keys: give --secrets FILE, for instance a charon log or the output of `ip xfrm state`",
        );
    }
    let mut reading = Reading::open("decrypt", &options.input, &options.selection, options.all)?;
    let mut output = Output::open(&options.output, &options.input.inputs)?;
    let target = Target::open(&options.out, options.force, &options.input.inputs)?;
    let (opener, learns) = reading.opener(&options.keys, options.unverified)?;
    reading.show_progress(&options.quiet, false);
    let mut decryption = Decryption {
        options,
        names: reading.names().to_vec(),
        opener,
        learns,
        ready: None,
        tally: Tally::default(),
        workers: Workers::start(),
        batch: Batch::default(),
        frame: None,
        target,
        buffer: Vec::new(),
    };
    let ended = reading.run(&mut decryption)?;
    decryption.finish(&ended, &mut output)
}

/// One run over a capture.
struct Decryption<'a> {
    options: &'a Decrypt,
    names: Vec<String>,
    opener: Opener,
    /// Whether packets are learnt as they come.
    learns: bool,
    /// Keys for the packet that is being observed, if it is one to be opened in bulk.
    ready: Option<ReadySa>,
    tally: Tally,
    workers: Workers,
    batch: Batch,
    /// The frame that was observed last, and the place of its original in the batch.
    frame: Option<(FrameId, Option<usize>, bool)>,
    target: Target,
    buffer: Vec<u8>,
}

impl Consumer for Decryption<'_> {
    fn prepare(&mut self, frame: &Frame<'_>, observation: &mut Observation<'_>) {
        if self.learns {
            self.opener.learn(observation);
        }
        self.ready = self.opener.ready(observation);
        if self.ready.is_none() {
            self.opener.open(observation, frame.octets);
        }
    }

    fn observe(&mut self, frame: &Frame<'_>, observation: &Observation<'_>) -> Result<(), Error> {
        if self
            .frame
            .is_none_or(|(last, ..)| last != observation.frame)
        {
            if self.batch.is_full() {
                self.pass_on()?;
            }
            self.frame = Some((observation.frame, None, false));
        }
        if !self.options.selection.wants(observation) {
            self.ready = None;
            return Ok(());
        }
        if let Some(ready) = self.ready.take() {
            if let Some(job) = self
                .tally
                .place(observation)
                .and_then(|sa| esp_job(frame, observation, ready, sa))
            {
                self.batch
                    .push(Meta::of(frame), frame.octets, Kind::Esp(job));
                return Ok(());
            }
        }
        self.tally.observe(observation);
        self.buffer.clear();
        match rewrite(frame, observation, &mut self.buffer) {
            Some(comment) => self.opened(frame, comment),
            None if self.options.all => self.original(frame),
            None => {}
        }
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl Decryption<'_> {
    /// What was opened of a frame stands in the buffer.
    fn opened(&mut self, frame: &Frame<'_>, comment: String) {
        let comment = format!("{}: {comment}", self.origin(&Meta::of(frame)));
        if let Some((_, original, opened)) = &mut self.frame {
            *opened = true;
            let item = original
                .take()
                .and_then(|index| self.batch.items.get_mut(index));
            if let Some(item) = item {
                item.kind = Kind::Dropped;
            }
        }
        let meta = Meta {
            length: u32::try_from(self.buffer.len()).unwrap_or(u32::MAX),
            ..Meta::of(frame)
        };
        self.batch.push(meta, &self.buffer, Kind::Ready(comment));
    }

    /// A frame as it was, once, unless something of it is opened.
    fn original(&mut self, frame: &Frame<'_>) {
        if let Some((_, original @ None, false)) = &mut self.frame {
            *original = Some(self.batch.items.len());
            self.batch
                .push(Meta::of(frame), frame.octets, Kind::Original);
        }
    }

    fn origin(&self, meta: &Meta) -> String {
        match usize::try_from(meta.file)
            .ok()
            .and_then(|file| self.names.get(file))
        {
            Some(name) => format!("frame {} of {name}", meta.number),
            None => format!("frame {}", meta.number),
        }
    }

    fn pass_on(&mut self) -> Result<(), Error> {
        let empty = self.workers.batch();
        let batch = std::mem::replace(&mut self.batch, empty);
        match self.workers.submit(batch) {
            Some(done) => self.write(done),
            None => Ok(()),
        }
    }

    /// Writes a batch that was opened.
    fn write(&mut self, mut batch: Batch) -> Result<(), Error> {
        let items = std::mem::take(&mut batch.items);
        for item in &items {
            self.write_item(&batch, item)?;
        }
        batch.items = items;
        self.workers.recycle(batch);
        Ok(())
    }

    fn write_item(&mut self, batch: &Batch, item: &Item) -> Result<(), Error> {
        let octets = batch.octets.get(item.place.clone()).unwrap_or_default();
        match &item.kind {
            Kind::Dropped => Ok(()),
            Kind::Original => self.put(&item.meta, octets, None),
            Kind::Ready(comment) => self.put(&item.meta, octets, Some(comment)),
            Kind::Esp(job) => {
                let made = job.made.clone().and_then(|place| batch.made.get(place));
                if let Some(made) = made {
                    let source = job.ready.source();
                    self.opener.count(&job.ready, 1);
                    self.tally.opened_at(job.sa, &source);
                    let packet = octets.get(job.packet.clone()).unwrap_or_default();
                    let origin = self.origin(&item.meta);
                    let unchecked = match job.ready.integrity() {
                        Integrity::Verified => "",
                        _ => ", unchecked",
                    };
                    let comment = format!(
                        "{origin}: {}opened with {source}{unchecked}",
                        numbers(packet)
                    );
                    return self.put(&item.meta, made, Some(&comment));
                }
                // Other keys may fit: an SPI that is used again, ESP within ESP.
                self.buffer.clear();
                let again = write_again(&mut self.opener, item, job, octets, &mut self.buffer);
                match again {
                    Ok(opened) => {
                        self.tally.opened_at(job.sa, &opened.key);
                        let comment = format!(
                            "{}: {}opened with {}",
                            self.origin(&item.meta),
                            numbers(octets.get(job.packet.clone()).unwrap_or_default()),
                            opened.key
                        );
                        let buffer = std::mem::take(&mut self.buffer);
                        let written = self.put(&item.meta, &buffer, Some(&comment));
                        self.buffer = buffer;
                        written
                    }
                    Err(closed) => {
                        self.tally.closed_at(job.sa, &closed);
                        match self.options.all {
                            true => self.put(&item.meta, octets, None),
                            false => Ok(()),
                        }
                    }
                }
            }
        }
    }

    fn put(&mut self, meta: &Meta, octets: &[u8], comment: Option<&str>) -> Result<(), Error> {
        let captured = u32::try_from(octets.len()).unwrap_or(u32::MAX);
        let frame = Frame {
            file: meta.file,
            number: meta.number,
            time: meta.time,
            length: match comment {
                Some(_) => captured,
                None => meta.length,
            },
            captured,
            link: meta.link,
            octets,
        };
        let written = self.target.writer.write(&frame, comment);
        written.map_err(|source| Error::write(self.target.name(), source))
    }

    fn finish(mut self, ended: &Ended, output: &mut Output) -> Result<Exit, Error> {
        self.pass_on()?;
        while let Some(done) = self.workers.oldest() {
            self.write(done)?;
        }
        self.opener.finish();
        let (packets, opened) = (self.tally.packets(), self.tally.opened());
        if ended.interrupted && packets == 0 {
            self.target.discard();
            return Ok(Exit::Interrupted);
        }
        let keys = Some(self.opener.keys());
        let name = output.name().to_owned();
        let written = match self.options.format {
            ListFormat::Text => write_decrypt_text(output, self.tally.sas(), keys),
            ListFormat::Json => write_decrypt_json(output, self.tally.sas(), keys),
        };
        written
            .and_then(|()| output.flush())
            .map_err(|source| Error::write(&name, source))?;
        if packets > 0 && opened == 0 {
            self.target.discard();
            complain(&format_args!(
                "none of {} in {} could be opened, so {} was not written",
                counted(packets, "encrypted packet"),
                ended.place(),
                self.options.out.display()
            ));
            return Ok(Exit::Failed);
        }
        if packets == 0 && ended.has_packets() {
            complain(&format_args!("nothing is encrypted in {}", ended.place()));
        }
        if !ended.has_packets() {
            self.target.discard();
            return Ok(ended.exit());
        }
        self.target.keep()?;
        Ok(ended.exit())
    }
}

/// SPI and sequence number of an ESP packet, in front of what is said about it.
fn numbers(packet: &[u8]) -> String {
    let number = |at: usize| {
        packet
            .get(at..at + 4)
            .and_then(|octets| octets.try_into().ok())
            .map_or(0, u32::from_be_bytes)
    };
    format!("ESP {:#010x}, sequence number {}, ", number(0), number(4))
}
