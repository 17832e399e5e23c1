//! The list: what was typed or read, as addresses to ask.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{IpAddr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::sync::Arc;
use std::thread;

use super::limits::{ASKED_WITHOUT_YES, MAX_ENTRIES, MAX_LINE, MAX_TARGETS, RESOLVED_AT_ONCE};
use super::order::Order;
use super::ranges::Network;
use super::shard::Shard;
use crate::exit::Error;

/// One peer to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// What the user called it: a name, or the address.
    pub(crate) name: Arc<str>,
    /// Where it is asked.
    pub(crate) address: SocketAddr,
}

/// What the command line says about the list.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    /// Names, addresses, networks; `@FILE` a file of them, `-` standard input.
    pub(crate) arguments: &'a [String],
    /// The port of those that name none.
    pub(crate) port: u16,
    /// The part to ask.
    pub(crate) shard: Shard,
    /// Whether more than a /24 is meant.
    pub(crate) yes: bool,
    /// Makes the order.
    pub(crate) seed: u64,
}

/// Gives all addresses of a name.
pub(crate) type Resolver<'a> = &'a (dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Sync);

/// The names that the system knows: its hosts file and its name servers.
pub(crate) fn system_resolver(name: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((name, 0).to_socket_addrs()?.collect())
}

/// The peers to ask, in random order. Memory grows with what was written, not with the addresses in it.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    entries: Vec<Entry>,
    /// Where each entry begins in the whole list.
    starts: Vec<u64>,
    /// Names of single addresses that a network holds as well.
    names: HashMap<SocketAddr, Arc<str>>,
    shard: Shard,
    order: Order,
    size: u64,
    position: u64,
    unresolved: Vec<String>,
}

/// Addresses with a port.
#[derive(Clone, Debug)]
struct Entry {
    network: Network,
    port: u16,
    scope: u32,
    name: Option<Arc<str>>,
}

/// One word of a list.
enum Word {
    Network(Network, Option<u16>),
    Name(String, Option<u16>),
}

impl Targets {
    /// Reads the lists and resolves the names.
    pub(crate) fn read(wanted: &Wanted<'_>, resolve: Resolver<'_>) -> Result<Self, Error> {
        let mut words = Vec::new();
        for argument in wanted.arguments {
            match (argument.as_str(), argument.strip_prefix('@')) {
                ("-", _) => read_words(&mut words, "standard input", io::stdin().lock())?,
                (_, Some(path)) => {
                    let file = File::open(path).map_err(|error| {
                        Error::Unable(format!("{path}: cannot be read: {error}"))
                    })?;
                    read_words(&mut words, path, file)?;
                }
                (word, None) => words.push(Word::parse(word).map_err(Error::Usage)?),
            }
        }
        Self::of(words, wanted, resolve)
    }

    fn of(words: Vec<Word>, wanted: &Wanted<'_>, resolve: Resolver<'_>) -> Result<Self, Error> {
        let mut unresolved = Vec::new();
        let mut entries = Vec::new();
        let mut names = Vec::new();
        for word in words {
            match word {
                Word::Network(network, port) => entries.push(Entry {
                    network,
                    port: port.unwrap_or(wanted.port),
                    scope: 0,
                    name: None,
                }),
                Word::Name(name, port) => names.push((name, port.unwrap_or(wanted.port))),
            }
        }
        for (name, port, found) in resolve_all(names, resolve) {
            match found {
                Ok(addresses) => entries.extend(addresses.into_iter().map(|address| Entry {
                    network: Network::single(address.ip()),
                    port,
                    scope: scope_of(address),
                    name: Some(Arc::from(name.as_str())),
                })),
                Err(why) => unresolved.push(format!("{name}: cannot be resolved: {why}")),
            }
        }
        let (entries, names) = without_repetition(entries);
        let mut starts = Vec::with_capacity(entries.len());
        let mut total = 0_u64;
        for entry in &entries {
            starts.push(total);
            let size = entry.network.size();
            total = size
                .and_then(|size| total.checked_add(size))
                .filter(|total| *total <= MAX_TARGETS)
                .ok_or_else(|| {
                    Error::Usage("more than 2^40 addresses: nobody can ask that many".to_owned())
                })?;
        }
        if total > ASKED_WITHOUT_YES && !wanted.yes {
            return Err(Error::Usage(format!(
                "{total} addresses would be asked; say --yes if that is meant"
            )));
        }
        let size = wanted.shard.size(total);
        Ok(Self {
            entries,
            starts,
            names,
            shard: wanted.shard,
            order: Order::new(size, wanted.seed),
            size,
            position: 0,
            unresolved,
        })
    }

    /// How many are to be asked in all.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// How many were given out.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// One sentence for each name that has no address.
    pub(crate) fn unresolved(&self) -> &[String] {
        &self.unresolved
    }

    /// Goes on behind the first `count`.
    pub(crate) fn skip_to(&mut self, count: u64) {
        self.position = count.min(self.size);
    }

    /// A number that is the same for the same list, part and ports: what was asked of one list says nothing of another.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hash = FNV_OFFSET;
        let mut feed = |text: &str| {
            for octet in text.bytes().chain([0]) {
                hash = (hash ^ u64::from(octet)).wrapping_mul(FNV_PRIME);
            }
        };
        feed(&self.shard.to_string());
        for entry in &self.entries {
            feed(&format!(
                "{:?} {} {}",
                entry.network, entry.port, entry.scope
            ));
        }
        hash
    }

    /// The one at `position` in the random order.
    fn at(&self, position: u64) -> Option<Target> {
        let place = self.shard.place(self.order.at(position));
        let index = self
            .starts
            .partition_point(|start| *start <= place)
            .checked_sub(1)?;
        let (entry, start) = (self.entries.get(index)?, self.starts.get(index)?);
        let address = match entry.network.at(place - start) {
            IpAddr::V6(ip) if entry.scope != 0 => {
                SocketAddr::V6(SocketAddrV6::new(ip, entry.port, 0, entry.scope))
            }
            ip => SocketAddr::new(ip, entry.port),
        };
        let name = entry.name.as_ref().or_else(|| self.names.get(&address));
        Some(Target {
            name: name.map_or_else(|| Arc::from(address.ip().to_string()), Arc::clone),
            address,
        })
    }
}

impl Iterator for Targets {
    type Item = Target;

    fn next(&mut self) -> Option<Target> {
        if self.position >= self.size {
            return None;
        }
        let target = self.at(self.position);
        self.position += 1;
        target
    }
}

impl Word {
    /// `NAME`, `ADDRESS`, `ADDRESS/N`, each with `:PORT`; IPv6 with a port stands in brackets (RFC 3986, section 3.2.2).
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{text}: {why}");
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(Network::single(address), None));
        }
        let (host, port) = split_port(text).map_err(|why| wrong(&why))?;
        if let Some((address, prefix)) = host.split_once('/') {
            let address = address.parse().map_err(|_| {
                wrong("a network is written ADDRESS/PREFIX, for instance 192.0.2.0/24")
            })?;
            let prefix = prefix
                .parse()
                .map_err(|_| wrong("the prefix is a number of bits, for instance /24"))?;
            let network = Network::new(address, prefix).map_err(|why| wrong(&why))?;
            return Ok(Self::Network(network, port));
        }
        if let Ok(address) = host.parse() {
            return Ok(Self::Network(Network::single(address), port));
        }
        if host.is_empty() || host.starts_with('-') || host.contains(char::is_whitespace) {
            return Err(wrong("neither a name nor an address"));
        }
        Ok(Self::Name(host.to_owned(), port))
    }
}

/// Takes `:PORT` from the end, and the brackets of IPv6.
fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    let port = |digits: &str| match digits.parse() {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(format!("{digits} is no port; a port is 1 to 65535")),
    };
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed
            .split_once(']')
            .ok_or("the bracket is not closed")?;
        return match (rest.strip_prefix(':'), rest.strip_prefix('/')) {
            (Some(digits), _) => Ok((host, port(digits)?)),
            _ if rest.is_empty() => Ok((host, None)),
            _ => Err("after the bracket only :PORT may follow; a prefix stands within".to_owned()),
        };
    }
    match text.split_once(':') {
        Some((host, digits)) if !digits.contains(':') => Ok((host, port(digits)?)),
        _ => Ok((text, None)),
    }
}

/// Words of a list: any number a line, `#` begins a comment.
fn read_words(words: &mut Vec<Word>, name: &str, source: impl Read) -> Result<(), Error> {
    let mut lines = BufReader::new(source);
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        let read = lines.by_ref().take(most).read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| Error::Unable(format!("{name}: cannot be read: {error}")))?;
        if read == 0 {
            return Ok(());
        }
        if read == MAX_LINE {
            let why = format!(
                "{name}: line {number} is longer than {MAX_LINE} octets: no list of targets"
            );
            return Err(Error::Unable(why));
        }
        let text = std::str::from_utf8(&line)
            .map_err(|_| Error::Unable(format!("{name}: line {number} is no text")))?;
        let content = text.split('#').next().unwrap_or_default();
        for word in content
            .split([' ', '\t', '\r', '\n', ','])
            .filter(|word| !word.is_empty())
        {
            if words.len() == MAX_ENTRIES {
                let why = format!(
                    "{name}: line {number}: more than {MAX_ENTRIES} entries; split the list"
                );
                return Err(Error::Unable(why));
            }
            let word = Word::parse(word)
                .map_err(|why| Error::Usage(format!("{name}: line {number}: {why}")))?;
            words.push(word);
        }
    }
    Ok(())
}

/// A name with its port, and the addresses found or why there are none.
type Resolved = (String, u16, Result<Vec<SocketAddr>, String>);

/// Several at a time: each waits for a name server.
fn resolve_all(names: Vec<(String, u16)>, resolve: Resolver<'_>) -> Vec<Resolved> {
    let mut resolved = Vec::with_capacity(names.len());
    for some in names.chunks(RESOLVED_AT_ONCE) {
        resolved.extend(thread::scope(|scope| {
            let waiting: Vec<_> = some
                .iter()
                .map(|(name, port)| {
                    (
                        name,
                        *port,
                        scope.spawn(move || addresses_of(name, resolve)),
                    )
                })
                .collect();
            let done = waiting.into_iter().map(|(name, port, thread)| {
                let found = thread
                    .join()
                    .unwrap_or_else(|_| Err("the resolver failed".to_owned()));
                (name.clone(), port, found)
            });
            done.collect::<Vec<_>>()
        }));
    }
    resolved
}

fn addresses_of(name: &str, resolve: Resolver<'_>) -> Result<Vec<SocketAddr>, String> {
    let found: BTreeSet<_> = resolve(name)
        .map_err(|error| error.to_string())?
        .into_iter()
        .collect();
    match found.is_empty() {
        true => Err("it has no address".to_owned()),
        false => Ok(found.into_iter().collect()),
    }
}

fn scope_of(address: SocketAddr) -> u32 {
    match address {
        SocketAddr::V6(address) => address.scope_id(),
        SocketAddr::V4(_) => 0,
    }
}

/// Leaves out what another entry holds as well, so that no peer is asked twice at the same time. Names of what was left
/// out are kept.
fn without_repetition(mut entries: Vec<Entry>) -> (Vec<Entry>, HashMap<SocketAddr, Arc<str>>) {
    // The larger network first where two begin alike, so that one pass finds what is contained.
    entries.sort_by_key(|entry| {
        let key = (entry.port, entry.scope, entry.network.at(0));
        (
            key,
            std::cmp::Reverse(entry.network.size().unwrap_or(u64::MAX)),
            entry.name.is_none(),
        )
    });
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    let mut names = HashMap::new();
    for entry in entries {
        let within = kept.last().filter(|last| {
            (last.port, last.scope) == (entry.port, entry.scope)
                && last.network.contains(entry.network)
        });
        match (within, entry.name) {
            (Some(_), Some(name)) => {
                let address = SocketAddr::new(entry.network.at(0), entry.port);
                names.entry(address).or_insert(name);
            }
            (Some(_), None) => {}
            (None, name) => kept.push(Entry { name, ..entry }),
        }
    }
    (kept, names)
}

/// FNV-1a, 64 bits.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(name: &str) -> io::Result<Vec<SocketAddr>> {
        let texts: &[&str] = match name {
            "two.example" => &["192.0.2.9", "2001:db8::9", "192.0.2.9"],
            "inside.example" => &["198.51.100.3"],
            "empty.example" => &[],
            _ => return Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        };
        Ok(texts
            .iter()
            .map(|text| SocketAddr::new(text.parse().unwrap(), 0))
            .collect())
    }

    fn wanted(arguments: &[String]) -> Wanted<'_> {
        Wanted {
            arguments,
            port: 500,
            shard: Shard::WHOLE,
            yes: true,
            seed: 11,
        }
    }

    fn list(arguments: &[&str]) -> Result<Vec<(String, String)>, Error> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let mut all: Vec<_> = Targets::read(&wanted(&arguments), &hosts)?
            .map(|target| (target.name.to_string(), target.address.to_string()))
            .collect();
        all.sort();
        Ok(all)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(a, b)| (a.to_string(), b.to_string()))
            .collect()
    }

    #[test]
    fn a_name_gives_each_of_its_addresses_once() {
        assert_eq!(
            list(&["two.example:4500"]).unwrap(),
            pairs(&[
                ("two.example", "192.0.2.9:4500"),
                ("two.example", "[2001:db8::9]:4500")
            ])
        );
    }

    #[test]
    fn addresses_and_ports_are_read() {
        assert_eq!(
            list(&[
                "192.0.2.1",
                "192.0.2.2:501",
                "2001:db8::1",
                "[2001:db8::2]:502",
                "[2001:db8::3]"
            ])
            .unwrap(),
            pairs(&[
                ("192.0.2.1", "192.0.2.1:500"),
                ("192.0.2.2", "192.0.2.2:501"),
                ("2001:db8::1", "[2001:db8::1]:500"),
                ("2001:db8::2", "[2001:db8::2]:502"),
                ("2001:db8::3", "[2001:db8::3]:500"),
            ])
        );
    }

    #[test]
    fn networks_have_all_their_addresses() {
        let four = list(&["192.0.2.6/30"]).unwrap();
        let addresses: Vec<_> = four.iter().map(|(_, address)| address.as_str()).collect();
        assert_eq!(
            addresses,
            [
                "192.0.2.4:500",
                "192.0.2.5:500",
                "192.0.2.6:500",
                "192.0.2.7:500"
            ]
        );
        assert_eq!(list(&["[2001:db8::/126]:4500"]).unwrap().len(), 4);
        assert_eq!(list(&["192.0.2.0/24:4500"]).unwrap().len(), 256);
        assert_eq!(list(&["192.0.2.1/32"]).unwrap().len(), 1);
    }

    #[test]
    fn nothing_is_asked_twice_and_names_stay() {
        let all = list(&[
            "inside.example",
            "198.51.100.0/29",
            "198.51.100.2/31",
            "198.51.100.7",
            "198.51.100.7:501",
        ]);
        let all = all.unwrap();
        assert_eq!(all.len(), 9);
        assert!(all.contains(&("inside.example".into(), "198.51.100.3:500".into())));
        assert_eq!(
            list(&["192.0.2.9", "two.example"]).unwrap(),
            list(&["two.example"]).unwrap()
        );
    }

    #[test]
    fn lists_have_comments_and_any_number_of_words_a_line() {
        let mut words = Vec::new();
        let text = "# ours\n192.0.2.1 two.example # both\r\n\n192.0.2.3,192.0.2.4";
        read_words(&mut words, "list", text.as_bytes()).unwrap();
        let targets = Targets::of(words, &wanted(&[]), &hosts).unwrap();
        assert_eq!(targets.size(), 5);
        let error = read_words(
            &mut Vec::new(),
            "list",
            "192.0.2.1\n192.0.2.0/33\n".as_bytes(),
        )
        .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("list: line 2: 192.0.2.0/33: "),
            "{error}"
        );
    }

    #[test]
    fn what_has_no_address_is_named_and_the_rest_goes_on() {
        let arguments = [
            "nowhere.example".to_owned(),
            "empty.example".to_owned(),
            "192.0.2.1".to_owned(),
        ];
        let targets = Targets::read(&wanted(&arguments), &hosts).unwrap();
        assert_eq!(targets.unresolved().len(), 2);
        assert!(targets.unresolved()[0].starts_with("nowhere.example: cannot be resolved: "));
        assert_eq!(targets.count(), 1);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "192.0.2.0/33",
            "2001:db8::/129",
            "192.0.2.1:0",
            "192.0.2.1:65536",
            "x/24",
            "[::1",
            "[::1]x",
            "::/0",
            "-4",
            ":500",
        ] {
            assert!(matches!(list(&[text]), Err(Error::Usage(_))), "{text}");
        }
        assert!(matches!(
            list(&["@/nonexistent/list"]),
            Err(Error::Unable(_))
        ));
    }

    #[test]
    fn more_than_a_24_needs_yes() {
        for (text, allowed) in [
            ("192.0.2.0/24", true),
            ("192.0.2.0/23", false),
            ("10.0.0.0/8", false),
        ] {
            let arguments = [text.to_owned()];
            let careful = Wanted {
                yes: false,
                ..wanted(&arguments)
            };
            assert_eq!(Targets::read(&careful, &hosts).is_ok(), allowed, "{text}");
            assert!(Targets::read(&wanted(&arguments), &hosts).is_ok());
        }
    }

    #[test]
    fn parts_of_a_list_make_the_whole_in_any_order() {
        let arguments = ["192.0.2.0/26".to_owned(), "two.example".to_owned()];
        let mut all: Vec<_> = Targets::read(&wanted(&arguments), &hosts)
            .unwrap()
            .collect();
        let mut parts: Vec<_> = ["1/3", "2/3", "3/3"]
            .iter()
            .zip(1..)
            .flat_map(|(shard, seed)| {
                let part = Wanted {
                    shard: shard.parse().unwrap(),
                    seed,
                    ..wanted(&arguments)
                };
                Targets::read(&part, &hosts).unwrap()
            })
            .collect();
        let natural: Vec<_> = all.iter().map(|target| target.address).collect();
        all.sort_by_key(|target| target.address);
        parts.sort_by_key(|target| target.address);
        assert_eq!(all, parts);
        assert!(!natural.is_sorted());
    }

    #[test]
    fn a_list_can_be_gone_on_with() {
        let arguments = ["192.0.2.0/26".to_owned()];
        let all = Targets::read(&wanted(&arguments), &hosts).unwrap();
        let mut rest = all.clone();
        rest.skip_to(10);
        assert_eq!(all.fingerprint(), rest.fingerprint());
        assert!(all.skip(10).eq(rest));
    }
}
