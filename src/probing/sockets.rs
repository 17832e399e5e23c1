//! One UDP socket for each family.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use ikescope_probe::Icmp;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, setsockopt, socket, sockopt,
};

use super::icmp;
use super::limits::{BUFFER, SEND_ATTEMPTS};
use crate::exit::Error;

/// The sockets that are open.
pub(super) struct Sockets {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
    source: Option<IpAddr>,
    port: u16,
}

/// Which sockets have something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) datagrams: bool,
    pub(super) errors: bool,
}

impl Sockets {
    /// `source` and `port` are where datagrams come from; zero lets the system choose a port.
    pub(super) fn new(source: Option<IpAddr>, port: u16) -> Self {
        Self {
            v4: None,
            v6: None,
            source,
            port,
        }
    }

    /// Opens what is needed to reach this address, and says where its datagrams come from; an address that cannot be
    /// reached from here is an error of the system.
    pub(super) fn prepare(&mut self, remote: SocketAddr) -> Result<Option<SocketAddr>, Error> {
        let (source, port) = (self.source, self.port);
        let socket = match remote {
            SocketAddr::V4(_) => &mut self.v4,
            SocketAddr::V6(_) => &mut self.v6,
        };
        let any = match remote {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let from = source.unwrap_or(any);
        if from.is_ipv4() != remote.is_ipv4() {
            return Err(Error::Usage(format!(
                "{} cannot be asked from {from}: that is an address of the other family",
                remote.ip()
            )));
        }
        let local_port = match socket {
            Some(socket) => socket.local_addr(),
            None => {
                let opened =
                    open(SocketAddr::new(from, port)).map_err(|why| refused(from, port, &why))?;
                let local = opened.local_addr();
                *socket = Some(opened);
                local
            }
        };
        let local_port = local_port.map_or(port, |local| local.port());
        let ip = source.or_else(|| route(remote));
        Ok(ip.map(|ip| SocketAddr::new(ip, local_port)))
    }

    /// Sends one datagram. `Err` is what the system says of this address.
    pub(super) fn send(&self, remote: SocketAddr, octets: &[u8]) -> io::Result<()> {
        let socket = match remote {
            SocketAddr::V4(_) => self.v4.as_ref(),
            SocketAddr::V6(_) => self.v6.as_ref(),
        };
        let Some(socket) = socket else {
            return Err(io::Error::other("no socket is open"));
        };
        let mut attempt = 0;
        loop {
            attempt += 1;
            match socket.send_to(octets, remote) {
                Ok(_) => return Ok(()),
                Err(error) if attempt == SEND_ATTEMPTS => return Err(error),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => wait_until_writable(socket),
                    // An ICMP error about an earlier datagram, maybe to somebody else: nothing was sent.
                    _ => continue,
                },
            }
        }
    }

    /// Takes datagrams that wait, at most this many; `true` if there may be more.
    pub(super) fn receive(
        &self,
        most: usize,
        buffer: &mut [u8],
        take: &mut dyn FnMut(SocketAddr, &[u8]),
    ) -> bool {
        let mut more = false;
        for socket in [&self.v4, &self.v6].into_iter().flatten() {
            let mut left = most;
            // Anything but a datagram ends the turn: nothing waits, or an ICMP error was told, which is read elsewhere.
            while left > 0
                && let Ok((len, from)) = socket.recv_from(buffer)
            {
                left -= 1;
                take(from, buffer.get(..len).unwrap_or_default());
            }
            more |= left == 0;
        }
        more
    }

    /// Takes the ICMP errors that wait.
    pub(super) fn errors(&self, take: &mut dyn FnMut(SocketAddr, Icmp)) {
        for socket in [&self.v4, &self.v6].into_iter().flatten() {
            icmp::drain(socket, take);
        }
    }

    /// Sleeps until something arrives, or so long.
    pub(super) fn wait(&self, timeout: Duration) -> Ready {
        let sockets = [&self.v4, &self.v6].into_iter().flatten();
        let mut waiting: Vec<_> = sockets
            .map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN))
            .collect();
        if poll(&mut waiting, poll_timeout(timeout)).is_err() {
            // Interrupted by a signal: the caller looks.
            return Ready::default();
        }
        let flags = waiting.iter().filter_map(PollFd::revents);
        let flags = flags.fold(PollFlags::empty(), |all, flags| all | flags);
        Ready {
            datagrams: flags.contains(PollFlags::POLLIN),
            errors: flags.contains(PollFlags::POLLERR),
        }
    }
}

fn open(local: SocketAddr) -> io::Result<UdpSocket> {
    let family = match local {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let descriptor = socket(family, SockType::Datagram, SockFlag::empty(), None)?;
    if local.is_ipv6() {
        // The same port may be open for IPv4.
        setsockopt(&descriptor, sockopt::Ipv6V6Only, &true)?;
    }
    // As much as is allowed; less only means that answers are lost earlier when very many come at once.
    let _ = setsockopt(&descriptor, sockopt::RcvBuf, &BUFFER);
    let _ = setsockopt(&descriptor, sockopt::SndBuf, &BUFFER);
    // Root may have more than that.
    #[cfg(target_os = "linux")]
    let _ = setsockopt(&descriptor, sockopt::RcvBufForce, &BUFFER);
    bind(descriptor.as_raw_fd(), &SockaddrStorage::from(local))?;
    let opened = UdpSocket::from(descriptor);
    opened.set_nonblocking(true)?;
    icmp::enable(&opened, local.is_ipv6());
    Ok(opened)
}

fn refused(from: IpAddr, port: u16, why: &io::Error) -> Error {
    let hint = match why.kind() {
        io::ErrorKind::PermissionDenied => "; ports below 1024 need root",
        io::ErrorKind::AddrInUse => "; something else, maybe an IKE daemon, has it open",
        io::ErrorKind::AddrNotAvailable => "; it is no address of this machine",
        _ => "",
    };
    Error::Unable(format!(
        "{} cannot be sent from: {why}{hint}",
        SocketAddr::new(from, port)
    ))
}

/// The address that the system would send from: what NAT detection hashes. No datagram is sent.
pub(super) fn route(remote: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(remote).ok()?;
    socket.local_addr().ok().map(|local| local.ip())
}

fn wait_until_writable(socket: &UdpSocket) {
    let mut waiting = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    // Whatever comes of it, the datagram is tried again.
    let _ = poll(&mut waiting, PollTimeout::from(20_u8));
}

/// Rounded up, so that a timer is due when it is looked at again.
fn poll_timeout(timeout: Duration) -> PollTimeout {
    let milliseconds = timeout.as_micros().div_ceil(1_000);
    u16::try_from(milliseconds).map_or(PollTimeout::from(u16::MAX), PollTimeout::from)
}
