//! Large files, of which only the keys are read that somebody asks for.
//!
//! A gateway's dump has tens of thousands of SAs, and a capture has packets of few. An SA in a regular form is found by its
//! first line and its SPI without looking at what stands between; of a log the lines of one IKE SA belong together
//! ([`TaggedLines`]). The rest of the file is read as any other: other formats, SAs of any SPI, and the first of each run of SAs.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::LazyLock;
use std::thread;

use ikescope_dissectors::{IkeSpi, Spi};
use memchr::{memchr, memchr_iter, memmem};
use zeroize::Zeroizing;

use super::key::Key;
use super::limits::{MAX_KEYS, READ_AT_ONCE, READ_FIRST};
use super::read::{ReadKeys, read};
use super::tagged::TaggedLines;
use super::text::{as_text, ike_spi, spi_hex, spi_number};

/// What a file can be read from, and read from again.
pub trait KeyFile: Read + Seek + Send {}

impl<S: Read + Seek + Send> KeyFile for S {}

/// Keys of a file that are not read yet, found by the SPIs of their SAs.
pub struct Unread {
    name: String,
    file: Box<dyn KeyFile>,
    entries: Vec<Entry>,
    /// Lines of logs that belong together.
    logs: Vec<Vec<Piece>>,
    /// Whether some are of IKE SAs.
    ike: bool,
    /// Places in the file, and how many lines are before them.
    marks: Vec<(u32, u32)>,
    /// For each remainder of an SPI the last entry, each entry having the one before: their places plus one.
    chains: Vec<u32>,
    len: usize,
}

/// A key in the file.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// SPI of ESP or AH, or the initiator's SPI of an IKE SA.
    spi: u64,
    /// Where it begins; of a log which lines it has.
    start: u32,
    /// [`LOG`] for lines of a log.
    len: u32,
    is_read: bool,
    /// The entry before in the chain; its place plus one.
    before: u32,
}

/// As [`read`], but what stands in a large file in a regular form is left for [`Unread`]. What is wrong with a key is told when
/// it is read. `more` is the same file opened again, once for each further thread that looks at a part of it.
///
/// # Errors
/// Those of the file.
pub fn sift(
    name: &str,
    mut file: Box<dyn KeyFile>,
    more: Vec<Box<dyn KeyFile>>,
) -> io::Result<(ReadKeys, Option<Unread>)> {
    let mut sifted = Sifted::of_all(&mut file, more)?;
    let logs = sifted.finish_log();
    let mut found = read_pieces(name, &mut file, &sifted.rest)?;
    if sifted.entries.is_empty() {
        return Ok((found, None));
    }
    found.looks_like = None;
    let mut chains = vec![0; sifted.entries.len().next_power_of_two()];
    let count = chains.len();
    for (place, entry) in (1..).zip(&mut sifted.entries) {
        if let Some(last) = chains.get_mut(remainder(entry.spi, count)) {
            entry.before = std::mem::replace(last, place);
        }
    }
    let unread = Unread {
        name: name.to_owned(),
        file,
        len: sifted.entries.len(),
        entries: sifted.entries,
        logs,
        marks: sifted.marks,
        ike: sifted.ike,
        chains,
    };
    Ok((found, Some(unread)))
}

impl Unread {
    /// How many keys are unread.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether all were read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether there are keys of IKE SAs.
    #[must_use]
    pub fn has_ike(&self) -> bool {
        self.ike
    }

    /// Reads the keys of an IKE SA, once.
    pub fn of_ike(&mut self, initiator: IkeSpi) -> Vec<Key> {
        self.of(initiator.0)
    }

    /// Reads the keys of an SA of ESP or AH, once.
    pub fn of_spi(&mut self, spi: Spi) -> Vec<Key> {
        self.of(spi.0.into())
    }

    fn of(&mut self, spi: u64) -> Vec<Key> {
        let mut next = self.chains.get(remainder(spi, self.chains.len()));
        let mut found = Vec::new();
        while let Some(entry) = next
            .and_then(|place| (*place as usize).checked_sub(1))
            .and_then(|place| self.entries.get(place))
        {
            if entry.spi == spi && !entry.is_read {
                found.push(*entry);
            }
            next = Some(&entry.before);
        }
        let mut keys = Vec::new();
        for entry in found.into_iter().rev() {
            self.forget(&entry);
            // What can no longer be read opens nothing.
            let read = match entry.len {
                LOG => self.read_log(entry.start as usize),
                _ => self.read_entry(&entry),
            };
            keys.extend(read.unwrap_or_default());
        }
        keys
    }

    fn read_log(&mut self, place: usize) -> io::Result<Vec<Key>> {
        let pieces = self.logs.get(place).map(Vec::as_slice);
        Ok(read_pieces(&self.name, &mut self.file, pieces.unwrap_or_default())?.keys)
    }

    fn read_entry(&mut self, entry: &Entry) -> io::Result<Vec<Key>> {
        let after = self
            .marks
            .partition_point(|(start, _)| *start <= entry.start);
        let mark = after.checked_sub(1).and_then(|at| self.marks.get(at));
        let (start, lines) = mark.copied().unwrap_or_default();
        let before = (entry.start - start) as usize;
        let mut octets = Zeroizing::new(vec![0; before + entry.len as usize]);
        self.file.seek(SeekFrom::Start(start.into()))?;
        self.file.read_exact(&mut octets)?;
        let (before, octets) = octets.split_at(before);
        let lines = lines as usize + newlines(before);
        let mut keys = read(&self.name, octets).keys;
        for key in &mut keys {
            key.source.line += lines;
        }
        Ok(keys)
    }

    /// Those of one place stand beside each other.
    fn forget(&mut self, entry: &Entry) {
        let place = |entry: &Entry| (entry.len == LOG, entry.start);
        let of = place(entry);
        let first = self.entries.partition_point(|entry| place(entry) < of);
        let of_it = self.entries.iter_mut().skip(first);
        for entry in of_it.take_while(|entry| place(entry) == of) {
            entry.is_read = true;
            self.len -= 1;
        }
    }
}

/// Reads parts of the file as one.
fn read_pieces(name: &str, file: &mut Box<dyn KeyFile>, pieces: &[Piece]) -> io::Result<ReadKeys> {
    let mut octets = Zeroizing::new(vec![0; pieces.iter().map(|piece| piece.len).sum()]);
    let (mut at, mut lines) = (0, 0);
    // How many lines are before each, of those that are read and of the file.
    let mut before = Vec::with_capacity(pieces.len());
    for piece in pieces {
        file.seek(SeekFrom::Start(piece.start as u64))?;
        file.read_exact(octets.get_mut(at..at + piece.len).unwrap_or_default())?;
        before.push((lines, piece.in_file));
        at += piece.len;
        lines += piece.lines;
    }
    let mut found = read(name, &octets);
    let in_file = |line: usize| {
        let after = before.partition_point(|(lines, _)| *lines < line);
        let piece = after.checked_sub(1).and_then(|at| before.get(at));
        piece.map_or(line, |(lines, in_file)| line - lines + in_file)
    };
    for key in &mut found.keys {
        key.source.line = in_file(key.source.line);
    }
    for problem in &mut found.problems {
        problem.line = in_file(problem.line);
    }
    Ok(found)
}

/// Shows how many keys there are, and none of them.
impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unread({} keys)", self.len)
    }
}

/// What a look at a file tells.
#[derive(Default)]
struct Sifted {
    entries: Vec<Entry>,
    ike: bool,
    marks: Vec<(u32, u32)>,
    /// What is to be read at once.
    rest: Vec<Piece>,
    /// What is in logs, where the file is large enough.
    log: Option<TaggedLines>,
    /// Octets and lines so far; of the part that is looked at, the octets whose lines are counted.
    octets: usize,
    lines: usize,
    counted: usize,
    /// The form that was seen last, and how often in a row.
    run: Option<(Form, usize)>,
    /// Whether the first run began before.
    goes_on: bool,
}

/// A part of the file.
#[derive(Default)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) len: usize,
    /// Lines before it in the file.
    pub(super) in_file: usize,
    pub(super) lines: usize,
}

impl Sifted {
    /// Each handle of the file is for a part of it.
    fn of_all(file: &mut Box<dyn KeyFile>, more: Vec<Box<dyn KeyFile>>) -> io::Result<Self> {
        let end = file.seek(SeekFrom::End(0))?;
        let each = end / (more.len() as u64 + 1);
        let mut starts = vec![0];
        for part in (1..).take(more.len()) {
            starts.push(line_start(file, part * each)?.min(end));
        }
        let ends = starts.iter().skip(1).copied().chain([end]);
        let mut places = starts.iter().copied().zip(ends);
        let first = places.next().unwrap_or_default();
        thread::scope(|scope| {
            let look = |(mut file, place)| scope.spawn(move || Self::of(&mut file, place, end));
            let others: Vec<_> = more.into_iter().zip(places).map(look).collect();
            let mut all = Self::of(file, first, end)?;
            for other in others {
                let part = other
                    .join()
                    .map_err(|_| io::Error::other("a thread ended"))?;
                all.append(part?);
            }
            Ok(all)
        })
    }

    fn of(
        file: &mut Box<dyn KeyFile>,
        (start, end): (u64, u64),
        file_len: u64,
    ) -> io::Result<Self> {
        let octets = usize::try_from(start).map_err(io::Error::other)?;
        // What grows is copied, and its pages are made anew: what is not used costs nothing.
        let most = file_len.saturating_sub(start) / OCTETS_OF_ENTRY;
        let mut sifted = Self {
            entries: Vec::with_capacity(
                usize::try_from(most).map_or(MAX_KEYS, |most| most.min(MAX_KEYS)),
            ),
            octets,
            goes_on: octets > 0,
            log: (file_len >= LARGE_LOG).then(TaggedLines::default),
            ..Self::default()
        };
        file.seek(SeekFrom::Start(start))?;
        let mut file = file.take(end.saturating_sub(start));
        let mut buffer = Zeroizing::new(vec![0; READ_AT_ONCE]);
        let mut filled = 0;
        loop {
            let more = file.read(buffer.get_mut(filled..).unwrap_or_default())?;
            filled += more;
            if more > 0 && filled < buffer.len() {
                continue;
            }
            let text = buffer.get(..filled).unwrap_or_default();
            let taken = sifted.look(text, more == 0);
            sifted.count(text, taken);
            sifted.counted = 0;
            if more == 0 {
                return Ok(sifted);
            }
            buffer.copy_within(taken..filled, 0);
            filled -= taken;
        }
    }

    /// Adds what was seen of the part behind.
    fn append(&mut self, part: Self) {
        self.entries.extend(part.entries);
        let lines = self.lines as u32;
        let marks = part.marks.into_iter();
        self.marks
            .extend(marks.map(|(at, before)| (at, before + lines)));
        self.rest.extend(part.rest.into_iter().map(|piece| Piece {
            in_file: piece.in_file + self.lines,
            ..piece
        }));
        if let (Some(log), Some(part)) = (&mut self.log, part.log) {
            log.append(part, self.lines);
        }
        self.ike |= part.ike;
        self.lines += part.lines;
    }

    /// What was seen of logs as entries; their lines.
    fn finish_log(&mut self) -> Vec<Vec<Piece>> {
        let log = self.log.take().unwrap_or_default();
        let (groups, mut rest) = log.finish(READ_FIRST);
        self.rest.append(&mut rest);
        self.rest.sort_by_key(|piece| piece.start);
        let of_log = (0..).zip(&groups).flat_map(|(place, group)| {
            group.ike.iter().chain(&group.esp).map(move |spi| Entry {
                spi: *spi,
                start: place,
                len: LOG,
                is_read: false,
                before: 0,
            })
        });
        self.entries.extend(of_log);
        self.ike |= !groups.is_empty();
        groups.into_iter().map(|group| group.pieces).collect()
    }

    /// Takes note of what stands in a part of the file; how much of it, as the last may go on in the next part.
    fn look(&mut self, part: &[u8], is_last: bool) -> usize {
        let mut look = Look::default();
        let mut at = 0;
        while let Some(text) = part.get(at..).filter(|text| !text.is_empty()) {
            look.spis.clear();
            look.ike = false;
            let form = Form::of(text);
            let mut len = form.and_then(|form| form.len(text, &mut look));
            if len.is_none()
                && let Some(taken) = self.look_at_log(part, at, is_last)
            {
                self.octets += taken;
                at += taken;
                continue;
            }
            // What reaches to the end may be cut, and what nearly does may be told by what is cut.
            let reaches = at + len.unwrap_or_else(|| line(text).len()) >= part.len();
            let near = len.is_none() && text.len() < NEAR;
            if (reaches || near) && !is_last && at > 0 {
                return at;
            }
            if reaches {
                len = None;
            }
            let unread = len.filter(|_| form.is_some_and(|form| self.is_unread(form)));
            let len = len.unwrap_or_else(|| line(text).len());
            if unread.is_some() {
                self.ike |= look.ike;
                let start = self.octets as u32;
                if self.entries.len().is_multiple_of(ENTRIES_OF_MARK) {
                    self.count(part, at);
                    self.marks.push((start, self.lines as u32));
                }
                self.entries.extend(look.spis.iter().map(|spi| Entry {
                    spi: *spi,
                    start,
                    len: len as u32,
                    is_read: false,
                    before: 0,
                }));
            } else {
                self.count(part, at);
                let in_file = self.lines;
                self.count(part, at + len);
                self.read_at_once(len, in_file);
            }
            self.octets += len;
            at += len;
        }
        at
    }

    /// Octets of lines of a log that belong together.
    fn look_at_log(&mut self, part: &[u8], at: usize, is_last: bool) -> Option<usize> {
        let start = self.octets;
        self.log.as_ref()?;
        self.count(part, at);
        let place = Piece {
            start,
            in_file: self.lines,
            ..Piece::default()
        };
        self.log.as_mut()?.take(part.get(at..)?, is_last, place)
    }

    /// Counts the lines of the part up to here.
    fn count(&mut self, part: &[u8], to: usize) {
        self.lines += newlines(part.get(self.counted..to).unwrap_or_default());
        self.counted = to;
    }

    /// Whether an entry of this form is left unread.
    fn is_unread(&mut self, form: Form) -> bool {
        // A line of no form, as between tunnels, ends no run.
        let run = match self.run {
            Some((known, count)) if known == form => count + 1,
            None if self.goes_on => READ_FIRST,
            _ => 0,
        };
        self.run = Some((form, run));
        let fits = u32::try_from(self.octets + READ_AT_ONCE).is_ok();
        run >= READ_FIRST && fits && self.entries.len() < MAX_KEYS
    }

    /// So many lines of the file are before it, and all of its own are counted.
    fn read_at_once(&mut self, len: usize, in_file: usize) {
        let lines = self.lines - in_file;
        match self.rest.last_mut() {
            Some(last) if last.start + last.len == self.octets => {
                last.len += len;
                last.lines += lines;
            }
            _ => self.rest.push(Piece {
                start: self.octets,
                len,
                in_file,
                lines,
            }),
        }
    }
}

/// What is seen of an entry.
#[derive(Default)]
struct Look {
    spis: Vec<u64>,
    ike: bool,
}

impl Look {
    /// An SPI of ESP or AH. None if it is none.
    fn push(&mut self, spi: Option<Spi>) -> Option<()> {
        self.spis.push(spi?.0.into());
        Some(())
    }

    fn push_ike(&mut self, spi: Option<IkeSpi>) -> Option<()> {
        self.spis.push(spi?.0);
        self.ike = true;
        Some(())
    }
}

/// The regular forms, by how they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `"IPv4","192.0.2.1","*","0x070883c2",…` of Wireshark.
    EspTable,
    /// `191ccd371a7a1f7b,bc123d15e4af593f,…` of Wireshark.
    IkeTable,
    /// `0x12345678@192.0.2.1 …` of tcpdump.
    TcpdumpEsp,
    /// `ikev2 I 0x… 0x…` of tcpdump, and the same with `R`.
    TcpdumpIke,
    /// `[[esp-sa]]` and others of this program.
    Ikescope,
    /// `src 192.0.2.1 dst 198.51.100.7` of Linux.
    Xfrm,
    /// `192.0.2.1 198.51.100.7` of setkey.
    Setkey,
    /// `esp tunnel from 192.0.2.1 to …` of OpenBSD.
    Ipsecctl,
    /// `name=VPN ver=1 serial=1 …` of FortiGate.
    Fortigate,
    /// ` 0 E spi=E727605 …` of MikroTik.
    Mikrotik,
    /// ` iip 192.0.2.1 ispi 6885fd33b7b8486b …` of VPP.
    Vpp,
}

impl Form {
    /// What may begin with this line.
    fn of(text: &[u8]) -> Option<Self> {
        let head = text.trim_ascii_start();
        Some(match head {
            [b'"', b'I', b'P', b'v', ..] => Self::EspTable,
            [b's', b'r', b'c', b' ', ..] => Self::Xfrm,
            [b'[', b'[', ..] => Self::Ikescope,
            [b'n', b'a', b'm', b'e', b'=', ..] => Self::Fortigate,
            [b'e', b's', b'p', b' ', ..] | [b'a', b'h', b' ', ..] => Self::Ipsecctl,
            [b'i', b'k', b'e', b'v', b'2', b' ', b'I', b' ', ..] => Self::TcpdumpIke,
            [b'0', b'x', ..] if memchr(b'@', head.get(..12)?).is_some() => Self::TcpdumpEsp,
            [b'i', b'i', b'p', b' ', ..] => Self::Vpp,
            _ if head.get(16) == Some(&b',') => Self::IkeTable,
            [b'0'..=b'9', ..] if head.len() < text.len() => Self::Mikrotik,
            [b'0'..=b'9' | b'a'..=b'f', ..] => Self::Setkey,
            _ => return None,
        })
    }

    /// Octets of the entry that the text begins with, and its SPIs. None where it is not as it always is.
    fn len(self, text: &[u8], look: &mut Look) -> Option<usize> {
        let head = line(text);
        let len = head.len();
        match self {
            Self::EspTable => {
                let mut commas = memchr_iter(b',', head).skip(2);
                let spi = head.get(commas.next()? + 1..commas.next()?)?;
                let spi = spi.trim_ascii().strip_prefix(b"\"")?.strip_suffix(b"\"")?;
                look.push(spi_number(spi))?;
                Some(len)
            }
            Self::IkeTable => {
                look.push_ike(ike_spi(head.trim_ascii_start().get(..16)?))?;
                Some(len)
            }
            Self::TcpdumpEsp => {
                let at = memchr(b'@', head)?;
                let (spi, rest) = (head.get(..at)?, head.get(at + 1..)?);
                look.push(spi_number(spi.trim_ascii()).filter(|_| memchr(b'@', rest).is_none()))?;
                Some(len)
            }
            Self::TcpdumpIke => {
                let spi_of = |line, side| {
                    let mut words = as_text(line)?.split_ascii_whitespace();
                    (words.next()? == "ikev2" && words.next()? == side).then_some(())?;
                    ike_spi(words.next()?)
                };
                let second = text.get(len..).map(line)?;
                let spi = spi_of(head, "I");
                look.push_ike(spi.filter(|spi| spi_of(second, "R") == Some(*spi)))?;
                Some(len + second.len())
            }
            Self::Xfrm => {
                let words = behind_blanks(text.get(len..)?);
                let rest = words
                    .strip_prefix(b"proto esp spi ")
                    .or_else(|| words.strip_prefix(b"proto ah spi "))?;
                look.push(spi_number(digits(rest)))?;
                block(text, len)
            }
            Self::Setkey => {
                let words = text.get(len..).map(line)?;
                is_blank(words.get(indent(text))).then_some(())?;
                look.push(spi_number(digits(behind(&SPI_IS, words)?)))?;
                block(text, len)
            }
            Self::Ipsecctl => {
                look.push(spi_hex(digits(behind(&SPI, head)?)))?;
                block(text, len)
            }
            Self::Mikrotik => {
                let spi = behind(&SPI_IS, head)?;
                look.push(spi_hex(digits(spi.strip_prefix(b"\"").unwrap_or(spi))))?;
                block(text, len)
            }
            Self::Vpp => {
                look.push_ike(ike_spi(digits(behind(&ISPI, head)?)))?;
                let len = block(text, len)?;
                let entry = text.get(..len)?;
                for (at, child) in labels(&CHILD_SPIS, entry) {
                    if begins_line(entry, at) {
                        let mut words = as_text(line(child))?.split_ascii_whitespace();
                        look.push(spi_hex(words.next()?))?;
                        look.push(spi_hex(words.nth(1)?))?;
                    }
                }
                Some(len)
            }
            Self::Fortigate => {
                let label = |words: &[u8]| {
                    let mut octets = words.iter();
                    let end = octets.find(|octet| !matches!(octet, b'a'..=b'z' | b'_'));
                    let label = matches!(end, Some(b'=' | b':')) && !words.starts_with(b"name=");
                    label || words.starts_with(b"---")
                };
                let mut len = len;
                while let Some(at) = end_of_block(text.get(len - 1..)?, 0) {
                    len += at;
                    let next = text.get(len..)?;
                    if !label(next) {
                        break;
                    }
                    len += line(next).len();
                }
                let entry = text.get(..len)?;
                for (at, half) in labels(&HALF_SPI, entry) {
                    let start = at.checked_sub(2)?;
                    let is_half = matches!(entry.get(start..at), Some(b"de" | b"en"));
                    if is_half && begins_line(entry, start) {
                        look.push(spi_hex(half.get(..8)?))?;
                    }
                }
                Some(len)
            }
            Self::Ikescope => {
                let (mut len, mut before) = (len, text.get(..0)?);
                while let Some(next) = text
                    .get(len..)
                    .filter(|next| !matches!(next, [] | [b'[', ..]))
                {
                    // Lines that are indented may be anything.
                    (!is_blank(next.first())).then_some(())?;
                    if let Some(rest) = next.strip_prefix(b"spi = \"") {
                        look.push(spi_hex(quoted(rest)?))?;
                        before = text.get(..len)?;
                    } else if let Some(rest) = next.strip_prefix(b"initiator_spi = \"") {
                        look.push_ike(ike_spi(quoted(rest)?))?;
                        before = text.get(..len)?;
                    }
                    len += line(next).len();
                }
                // What goes on over lines may have anything in it.
                let marks =
                    |first, second| (first == second) & ((first == b'"') | (first == b'\''));
                let regular = find_pair(before, 1, marks).is_none();
                (regular && look.spis.len() == 1).then_some(len)
            }
        }
        .filter(|_| !look.spis.is_empty())
    }
}

/// The first line, with its end.
pub(super) fn line(text: &[u8]) -> &[u8] {
    let end = memchr(b'\n', text).map_or(text.len(), |at| at + 1);
    text.get(..end).unwrap_or_default()
}

/// Octets of the first line, which has `len`, and of those behind it that are indented further.
fn block(text: &[u8], len: usize) -> Option<usize> {
    let end = end_of_block(text.get(len.checked_sub(1)?..)?, indent(text));
    Some(end.map_or(text.len(), |at| len + at))
}

/// Behind the end of a line, where the first line begins that is indented no further than this.
fn end_of_block(lines: &[u8], indent: usize) -> Option<usize> {
    let ends = |end, begin| (end == b'\n') & (begin != b' ') & (begin != b'\t');
    find_pair(lines, indent + 1, ends)
}

/// The first octet that is such a pair with the one this much behind it. Whole chunks are compared at once.
fn find_pair(text: &[u8], behind: usize, is: impl Fn(u8, u8) -> bool) -> Option<usize> {
    let is = |(first, second): (&u8, &u8)| is(*first, *second);
    let seconds = text.get(behind..)?;
    let chunks = text.chunks_exact(CHUNK).zip(seconds.chunks_exact(CHUNK));
    let has_none = |(firsts, seconds): &(&[u8], &[u8])| {
        let pairs = firsts.iter().zip(*seconds);
        !pairs.fold(false, |any, pair| any | is(pair))
    };
    let skipped = chunks.take_while(has_none).count() * CHUNK;
    let mut pairs = text.iter().zip(seconds).skip(skipped);
    Some(skipped + pairs.position(is)?)
}

/// What stands behind a label.
fn behind<'t>(label: &Label, text: &'t [u8]) -> Option<&'t [u8]> {
    text.get(label.find(text)? + label.needle().len()..)
}

/// Where a label stands, and what behind it.
fn labels<'t>(label: &Label, text: &'t [u8]) -> impl Iterator<Item = (usize, &'t [u8])> {
    let len = label.needle().len();
    let places = label.find_iter(text);
    places.filter_map(move |at| Some((at, text.get(at + len..)?)))
}

/// What stands before the next quotation mark.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    text.get(..memchr(b'"', text)?)
}

/// Whether there are only blanks before on the line.
fn begins_line(text: &[u8], at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().iter();
    before.rev().find(|octet| !is_blank(Some(octet))) == Some(&b'\n')
}

fn behind_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|octet| is_blank(Some(octet)));
    text.get(blanks.count()..).unwrap_or_default()
}

fn indent(text: &[u8]) -> usize {
    text.len() - behind_blanks(text).len()
}

fn is_blank(octet: Option<&u8>) -> bool {
    matches!(octet, Some(b' ' | b'\t'))
}

/// The number that the text begins with: `0xc420a5ed(3290473965)`, `142443458(0x087d83c2)`.
fn digits(text: &[u8]) -> &[u8] {
    let digits = text
        .iter()
        .take_while(|octet| octet.is_ascii_alphanumeric());
    text.get(..digits.count()).unwrap_or_default()
}

/// Where the first line begins that begins behind this octet, or as far as is looked for it.
fn line_start(file: &mut Box<dyn KeyFile>, octet: u64) -> io::Result<u64> {
    file.seek(SeekFrom::Start(octet))?;
    let mut near = Zeroizing::new(vec![0; NEAR]);
    let filled = file.read(&mut near)?;
    Ok(octet + line(near.get(..filled).unwrap_or_default()).len() as u64)
}

fn newlines(octets: &[u8]) -> usize {
    memchr_iter(b'\n', octets).count()
}

fn remainder(spi: u64, count: usize) -> usize {
    // The count is a power of two, and SPIs of some daemons count up.
    (spi ^ spi >> 32) as usize & count.wrapping_sub(1)
}

/// What stands before an SPI.
type Label = LazyLock<memmem::Finder<'static>>;

static SPI: Label = LazyLock::new(|| memmem::Finder::new(" spi "));
static SPI_IS: Label = LazyLock::new(|| memmem::Finder::new(" spi="));
static ISPI: Label = LazyLock::new(|| memmem::Finder::new(" ispi "));
static CHILD_SPIS: Label = LazyLock::new(|| memmem::Finder::new("spi(i) "));
static HALF_SPI: Label = LazyLock::new(|| memmem::Finder::new("c: spi="));

/// The length of an entry that stands for lines of a log.
const LOG: u32 = u32::MAX;
/// Octets of a file of which the lines of a log are told apart; what is smaller is read in milliseconds.
const LARGE_LOG: u64 = 1 << 21;
/// Octets in which what tells a form ends.
const NEAR: usize = 4_096;
/// Octets that most entries have at least.
const OCTETS_OF_ENTRY: u64 = 64;
/// Entries after each of which lines are counted.
const ENTRIES_OF_MARK: usize = 16;
/// Octets that are compared at once.
const CHUNK: usize = 32;
