//! Many probes on one thread: datagrams out at the rate that was asked for, answers and ICMP errors to whom they belong.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use ikescope_probe::{Icmp, Probe, Report};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, SockaddrStorage, recvmsg,
    setsockopt, sockopt,
};

use crate::exit::Error;
use crate::interrupt::Interrupt;

/// How datagrams are sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UdpOptions {
    /// Datagrams a second to all targets together.
    pub(crate) rate: f64,
    /// Where they come from; any address where none is given.
    pub(crate) source: Option<IpAddr>,
    /// From which port; one that the system chooses for 0.
    pub(crate) source_port: u16,
}

/// The sockets of both families and the probes that are under way.
#[derive(Debug)]
pub(crate) struct Udp {
    options: UdpOptions,
    origin: Instant,
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
    active: HashMap<SocketAddr, Probe>,
    /// When each probe is to be looked at again; an entry of a probe that ended is passed over.
    due: BinaryHeap<Reverse<(Duration, SocketAddr)>>,
    next_send: Duration,
}

impl Udp {
    /// Nothing is opened before the first target of a family.
    pub(crate) fn new(options: UdpOptions) -> Self {
        Self {
            options,
            origin: Instant::now(),
            v4: None,
            v6: None,
            active: HashMap::new(),
            due: BinaryHeap::new(),
            next_send: Duration::ZERO,
        }
    }

    /// The address that datagrams to this target come from.
    pub(crate) fn local(&mut self, remote: SocketAddr) -> Result<Option<SocketAddr>, Error> {
        let port = self
            .socket(remote)?
            .local_addr()
            .map_or(0, |local| local.port());
        if let Some(source) = self.options.source {
            return Ok(Some(SocketAddr::new(source, port)));
        }
        // The system tells which address it would take when a socket is connected; nothing is sent for it.
        let any = unspecified(remote);
        let found = UdpSocket::bind((any, 0)).and_then(|socket| {
            socket.connect(remote)?;
            socket.local_addr()
        });
        Ok(found.ok().map(|local| SocketAddr::new(local.ip(), port)))
    }

    /// Runs probes until none is left or the user has seen enough; `next` gives further ones, `done` takes reports as they
    /// are made.
    pub(crate) fn run(
        &mut self,
        interrupt: &Interrupt,
        mut next: impl FnMut(&mut Self) -> Result<Option<Probe>, Error>,
        mut done: impl FnMut(&Report) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut more = true;
        while !interrupt.is_set() {
            while more && self.active.len() < MOST_ACTIVE {
                match next(self)? {
                    Some(probe) => self.admit(probe),
                    None => more = false,
                }
            }
            if self.active.is_empty() && !more {
                return Ok(());
            }
            self.send_due(&mut done)?;
            self.wait()?;
            self.receive()?;
        }
        for (_, probe) in self.active.drain() {
            done(&probe.report())?;
        }
        Ok(())
    }

    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn admit(&mut self, probe: Probe) {
        let remote = probe.remote();
        self.active.insert(remote, probe);
        self.due.push(Reverse((Duration::ZERO, remote)));
    }

    /// Wakes every probe whose time has come, and sends what it has to send.
    fn send_due(
        &mut self,
        done: &mut impl FnMut(&Report) -> Result<(), Error>,
    ) -> Result<(), Error> {
        loop {
            let now = self.now();
            let Some(Reverse((at, remote))) = self.due.peek().copied() else {
                return Ok(());
            };
            if at > now || now < self.next_send {
                return Ok(());
            }
            self.due.pop();
            let Some(mut probe) = self.active.remove(&remote) else {
                continue;
            };
            probe.handle_timeout(now);
            if let Some(transmit) = probe.poll_transmit(now) {
                let pause = Duration::from_secs_f64(1.0 / self.options.rate.max(LOWEST_RATE));
                // A pause that was overslept is made up for, but not for long: that would be a burst.
                self.next_send = self.next_send.max(now.saturating_sub(LONGEST_BURST)) + pause;
                self.send(remote, &transmit.octets, &mut probe, now)?;
            }
            match probe.poll_timeout() {
                None => done(&probe.report())?,
                Some(at) => {
                    self.due.push(Reverse((at, remote)));
                    self.active.insert(remote, probe);
                }
            }
        }
    }

    fn send(
        &mut self,
        remote: SocketAddr,
        octets: &[u8],
        probe: &mut Probe,
        now: Duration,
    ) -> Result<(), Error> {
        let socket = self.socket(remote)?;
        match socket.send_to(octets, remote) {
            Ok(_) => Ok(()),
            Err(error) if is_unreachable(&error) => {
                // An error of the queue, or no route: the system knows already what a router would say.
                if error.kind() != io::ErrorKind::ConnectionRefused {
                    let icmp = no_route(remote);
                    probe.handle_icmp(now, icmp);
                }
                Ok(())
            }
            // A full queue is a loss like any other: the probe sends again.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(Error::Unable(format!("{remote}: cannot be asked: {error}"))),
        }
    }

    fn wait(&self) -> Result<(), Error> {
        let now = self.now();
        let next = self.due.peek().map_or(LONGEST_WAIT, |Reverse((at, _))| {
            at.max(&self.next_send).saturating_sub(now)
        });
        let next = next.min(LONGEST_WAIT);
        if next.is_zero() {
            return Ok(());
        }
        let sockets: Vec<&UdpSocket> = self.v4.iter().chain(&self.v6).collect();
        let mut waited: Vec<PollFd<'_>> = sockets
            .iter()
            .map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN))
            .collect();
        let milliseconds = u16::try_from(next.as_micros().div_ceil(1_000)).unwrap_or(u16::MAX);
        match poll(&mut waited, PollTimeout::from(milliseconds)) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
            Err(error) => Err(Error::Unable(format!(
                "waiting for answers failed: {error}"
            ))),
        }
    }

    /// Takes everything that has arrived.
    fn receive(&mut self) -> Result<(), Error> {
        let mut buffer = vec![0; LARGEST];
        for v6 in [false, true] {
            let Some(socket) = (if v6 { self.v6.take() } else { self.v4.take() }) else {
                continue;
            };
            self.receive_errors(&socket, &mut buffer);
            loop {
                match socket.recv_from(&mut buffer) {
                    Ok((len, from)) => {
                        let octets = buffer.get(..len).unwrap_or_default();
                        self.deliver(plain(from), |probe, now| probe.handle_datagram(now, octets));
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // An ICMP error that was queued for this socket; the queue of errors tells about which datagram.
                    Err(_) => self.receive_errors(&socket, &mut buffer),
                }
            }
            match v6 {
                true => self.v6 = Some(socket),
                false => self.v4 = Some(socket),
            }
        }
        Ok(())
    }

    /// Takes the ICMP errors that the system has kept, with the address that the datagram went to.
    #[cfg(target_os = "linux")]
    fn receive_errors(&mut self, socket: &UdpSocket, buffer: &mut [u8]) {
        let mut space = nix::cmsg_space!([u8; 256]);
        loop {
            let mut slices = [IoSliceMut::new(buffer)];
            let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
            let Ok(message) = recvmsg::<SockaddrStorage>(
                socket.as_raw_fd(),
                &mut slices,
                Some(&mut space),
                flags,
            ) else {
                return;
            };
            let Some(remote) = message.address.as_ref().and_then(socket_address) else {
                continue;
            };
            let errors: Vec<Icmp> = message
                .cmsgs()
                .map(|list| list.filter_map(|control| icmp(&control)).collect())
                .unwrap_or_default();
            for icmp in errors {
                self.deliver(remote, |probe, now| probe.handle_icmp(now, icmp));
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn receive_errors(&mut self, _: &UdpSocket, _: &mut [u8]) {}

    fn deliver(&mut self, from: SocketAddr, act: impl FnOnce(&mut Probe, Duration)) {
        let now = self.now();
        if let Some(probe) = self.active.get_mut(&from) {
            act(probe, now);
            self.due
                .push(Reverse((probe.poll_timeout().unwrap_or(now), from)));
        }
    }

    fn socket(&mut self, remote: SocketAddr) -> Result<&UdpSocket, Error> {
        let v6 = remote.is_ipv6();
        let slot = if v6 { &mut self.v6 } else { &mut self.v4 };
        if slot.is_none() {
            *slot = Some(open(remote, &self.options)?);
        }
        slot.as_ref()
            .ok_or_else(|| Error::Unable("no socket".to_owned()))
    }
}

fn open(remote: SocketAddr, options: &UdpOptions) -> Result<UdpSocket, Error> {
    let source = options.source.unwrap_or_else(|| unspecified(remote));
    let local = SocketAddr::new(source, options.source_port);
    let unable = |error: io::Error| {
        Error::Unable(format!("{local}: no socket can be opened there: {error}"))
    };
    if source.is_ipv6() != remote.is_ipv6() {
        return Err(Error::Usage(format!(
            "{remote} cannot be asked from {source}: one is IPv4, the other IPv6"
        )));
    }
    let socket = UdpSocket::bind(local).map_err(unable)?;
    socket.set_nonblocking(true).map_err(unable)?;
    // Room for a burst of answers; what the system does not give is no error.
    let _ = setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER);
    #[cfg(target_os = "linux")]
    {
        let _ = match remote.is_ipv6() {
            true => setsockopt(&socket, sockopt::Ipv6RecvErr, &true),
            false => setsockopt(&socket, sockopt::Ipv4RecvErr, &true),
        };
    }
    Ok(socket)
}

fn unspecified(remote: SocketAddr) -> IpAddr {
    match remote {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// The address without flow label, as targets are known; the scope stays.
fn plain(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(mut address) => {
            address.set_flowinfo(0);
            address.into()
        }
        SocketAddr::V4(_) => address,
    }
}

fn socket_address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(address) = storage.as_sockaddr_in() {
        return Some(SocketAddr::new(address.ip().into(), address.port()));
    }
    let address = storage.as_sockaddr_in6()?;
    let address: std::net::SocketAddrV6 = (*address).into();
    Some(plain(address.into()))
}

#[cfg(target_os = "linux")]
fn icmp(control: &ControlMessageOwned) -> Option<Icmp> {
    const FROM_ICMP: [u8; 2] = [2, 3];
    match control {
        ControlMessageOwned::Ipv4RecvErr(error, from) if FROM_ICMP.contains(&error.ee_origin) => {
            Some(Icmp {
                kind: error.ee_type,
                code: error.ee_code,
                from: from.map(|from| SockaddrIn::from(from).ip().into()),
            })
        }
        ControlMessageOwned::Ipv6RecvErr(error, from) if FROM_ICMP.contains(&error.ee_origin) => {
            Some(Icmp {
                kind: error.ee_type,
                code: error.ee_code,
                from: from.map(|from| SockaddrIn6::from(from).ip().into()),
            })
        }
        _ => None,
    }
}

fn is_unreachable(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}

/// What a router would have said: destination unreachable, network unreachable or no route (RFC 792; RFC 4443).
fn no_route(remote: SocketAddr) -> Icmp {
    Icmp {
        kind: if remote.is_ipv6() { 1 } else { 3 },
        code: 0,
        from: None,
    }
}

/// Targets asked at the same time. Each takes some kilobytes; silent ones wait seconds.
const MOST_ACTIVE: usize = 8_192;
/// The largest datagram.
const LARGEST: usize = 65_536;
/// Octets that the system keeps until they are read.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Ctrl-C is looked for this often.
const LONGEST_WAIT: Duration = Duration::from_millis(200);
/// How far sending may be behind its rate and still make up for it.
const LONGEST_BURST: Duration = Duration::from_millis(5);
const LOWEST_RATE: f64 = 0.1;
