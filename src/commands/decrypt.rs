//! `ikescope decrypt`: give me the clear text.

use std::io::Write;

use ikescope_analysis::opening::Tally;
use ikescope_analysis::{FrameId, Observation};
use ikescope_capture::{Frame, LinkType, PacketBlock};
use ikescope_report::{counted, write_decrypt_json, write_decrypt_text};

use crate::args::{Decrypt, ListFormat};
use crate::decrypting::{
    Batch, EspJob, Kind, KnownSas, Meta, Target, Workers, rewrite, write_again,
};
use crate::exit::{Error, Exit, complain};
use crate::output::Output;
use crate::reading::{Consumer, Ended, Opening, Reading, usage};

pub(crate) fn run(options: &Decrypt) -> Result<Exit, Error> {
    if !options.keys.are_given() && !options.unverified {
        usage(
            "decrypt",
            "no keys: give --secrets FILE, for instance a charon log or the output of `ip xfrm state`",
        );
    }
    let mut reading = Reading::open(
        "decrypt",
        &options.input,
        &options.selection,
        options.all,
        false,
    )?;
    let mut output = Output::open(&options.output, &options.input.inputs)?;
    let target = Target::open(&options.out, options.force, &options.input.inputs)?;
    let opening = reading.opening(&options.keys, options.unverified)?;
    reading.show_progress(&options.quiet, false);
    let mut decryption = Decryption {
        options,
        names: reading.names().to_vec(),
        interface: None,
        opening,
        narrows: options.selection.narrows(),
        known: KnownSas::new(),
        tally: Tally::default(),
        workers: Workers::start(reading.names()),
        batch: Batch::default(),
        batches: 0,
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
    /// The link type of the last frame, and its interface in the output.
    interface: Option<(LinkType, u32)>,
    opening: Opening,
    /// Whether packets are left out.
    narrows: bool,
    /// Whose packets workers open.
    known: KnownSas,
    tally: Tally,
    workers: Workers,
    batch: Batch,
    /// Batches that were passed on.
    batches: u64,
    /// The frame that was observed last, and the place of its original in the batch.
    frame: Option<(FrameId, Option<usize>, bool)>,
    target: Target,
    buffer: Vec<u8>,
}

impl Consumer for Decryption<'_> {
    fn take(&mut self, frame: &Frame<'_>) -> Result<bool, Error> {
        if self.narrows {
            return Ok(false);
        }
        if self.batch.is_full() {
            self.pass_on()?;
        }
        let Some((sa, header, packet)) = self.known.of_frame(frame) else {
            return Ok(false);
        };
        let Some(sa) = sa.place_in(&mut self.batch, self.batches) else {
            return Ok(false);
        };
        let job = EspJob {
            sa,
            header: Some(header),
            packet,
        };
        let meta = self.meta(frame)?;
        self.batch.push(meta, frame.octets, Kind::Esp(job));
        Ok(true)
    }

    fn prepare(&mut self, frame: &Frame<'_>, observation: &mut Observation<'_>) {
        let known = self.known.find(frame, observation, &self.opening.opener);
        if known.is_none() {
            self.opening.open(observation, frame);
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
            return Ok(());
        }
        let meta = self.meta(frame)?;
        if let Some(job) = self.esp_job(frame, observation) {
            self.batch.push(meta, frame.octets, Kind::Esp(job));
            return Ok(());
        }
        self.tally.observe(observation);
        self.buffer.clear();
        match rewrite(frame, observation, &mut self.buffer) {
            Some(comment) => self.opened(meta, &comment),
            None if self.options.all => self.original(meta, frame),
            None => {}
        }
        Ok(())
    }

    fn pause(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl Decryption<'_> {
    /// What is known of a frame, and its interface in the output.
    fn meta(&mut self, frame: &Frame<'_>) -> Result<Meta, Error> {
        let interface = match self.interface {
            Some((link, number)) if link == frame.link => number,
            _ => self.target.interface(frame.link)?,
        };
        self.interface = Some((frame.link, interface));
        Ok(Meta::of(frame, interface))
    }

    /// A packet that workers open.
    fn esp_job(&mut self, frame: &Frame<'_>, observation: &Observation<'_>) -> Option<EspJob> {
        if observation.esp_opened.is_some() || observation.esp_closed.is_some() {
            return None;
        }
        let (sa, header, packet) = self.known.find(frame, observation, &self.opening.opener)?;
        if sa.tally.is_none() {
            sa.tally = self.tally.place(observation);
        }
        Some(EspJob {
            sa: sa.place_in(&mut self.batch, self.batches)?,
            header: Some(header),
            packet,
        })
    }

    /// What was opened of a frame stands in the buffer.
    fn opened(&mut self, meta: Meta, comment: &str) {
        let comment = format!("{}{comment}", self.origin(&meta));
        if let Some((_, original, opened)) = &mut self.frame {
            *opened = true;
            let item = original
                .take()
                .and_then(|index| self.batch.items.get_mut(index));
            if let Some(item) = item {
                item.kind = Kind::Dropped;
            }
        }
        self.batch.push(meta, &self.buffer, Kind::Ready(comment));
    }

    /// A frame as it was, once, unless something of it is opened.
    fn original(&mut self, meta: Meta, frame: &Frame<'_>) {
        if let Some((_, original @ None, false)) = &mut self.frame {
            *original = Some(self.batch.items.len());
            self.batch.push(meta, frame.octets, Kind::Original);
        }
    }

    fn origin(&self, meta: &Meta) -> String {
        let mut text = Vec::new();
        meta.origin(&self.names, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    fn pass_on(&mut self) -> Result<(), Error> {
        self.batches += 1;
        let empty = self.workers.batch();
        let batch = std::mem::replace(&mut self.batch, empty);
        match self.workers.submit(batch) {
            Some(done) => self.write(done),
            None => Ok(()),
        }
    }

    /// Writes a batch that was opened.
    fn write(&mut self, batch: Batch) -> Result<(), Error> {
        for sa in &batch.sas {
            self.opening.opener.count(&sa.ready, sa.opened);
            self.tally
                .opened_at(sa.tally, &sa.ready.source(), sa.opened);
        }
        let mut written = 0;
        for (place, index) in &batch.closed {
            self.target
                .write(batch.made.get(written..*place).unwrap_or_default())?;
            written = *place;
            self.again(&batch, *index)?;
        }
        self.target
            .write(batch.made.get(written..).unwrap_or_default())?;
        self.workers.recycle(batch);
        Ok(())
    }

    /// Tries other keys on a packet: an SPI may be used again, ESP stand within ESP.
    fn again(&mut self, batch: &Batch, index: usize) -> Result<(), Error> {
        let Some(item) = batch.items.get(index) else {
            return Ok(());
        };
        let Kind::Esp(job) = &item.kind else {
            return Ok(());
        };
        let Some(sa) = batch.sas.get(job.sa) else {
            return Ok(());
        };
        let frame = batch.octets.get(item.place.clone()).unwrap_or_default();
        let mut octets = Vec::new();
        let mut comment = Vec::new();
        self.known.clear();
        let length = match write_again(
            &mut self.opening.opener,
            (item, job, sa),
            frame,
            &mut octets,
        ) {
            Ok((key, text)) => {
                self.tally.opened_at(sa.tally, &key, 1);
                item.meta.origin(&self.names, &mut comment);
                comment.extend_from_slice(text.as_bytes());
                None
            }
            Err(closed) => {
                self.tally.closed_at(sa.tally, &closed);
                if !self.options.all {
                    return Ok(());
                }
                octets.extend_from_slice(frame);
                Some(item.meta.length)
            }
        };
        let block = PacketBlock {
            interface: item.meta.interface,
            time: item.meta.time,
            length,
        };
        let mut made = Vec::new();
        let packet = |out: &mut Vec<u8>| {
            out.extend_from_slice(&octets);
            Some(())
        };
        block.append(&mut made, packet, |out| out.extend_from_slice(&comment));
        self.target.write(&made)
    }

    fn finish(mut self, ended: &Ended, output: &mut Output) -> Result<Exit, Error> {
        self.pass_on()?;
        while let Some(done) = self.workers.oldest() {
            self.write(done)?;
        }
        self.opening.opener.finish();
        let (packets, opened) = (self.tally.packets(), self.tally.opened());
        if ended.interrupted && packets == 0 {
            self.target.discard();
            return Ok(Exit::Interrupted);
        }
        let keys = Some(self.opening.opener.keys());
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
