//! ICMP errors about datagrams that were sent.

#[cfg(target_os = "linux")]
pub(super) use linux::{drain, enable};
#[cfg(not(target_os = "linux"))]
pub(super) use other::{drain, enable};

/// Linux queues the error with the address that the datagram went to (ip(7), `IP_RECVERR`).
#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSliceMut;
    use std::net::{IpAddr, SocketAddr, UdpSocket};
    use std::os::fd::AsRawFd;

    use ikescope_probe::Icmp;
    use nix::libc;
    use nix::sys::socket::{
        ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
    };

    pub(crate) fn enable(socket: &UdpSocket, v6: bool) {
        // Without it silence and unreachable look the same, and nothing else is lost.
        let _ = match v6 {
            true => setsockopt(socket, sockopt::Ipv6RecvErr, &true),
            false => setsockopt(socket, sockopt::Ipv4RecvErr, &true),
        };
    }

    pub(crate) fn drain(socket: &UdpSocket, take: &mut dyn FnMut(SocketAddr, Icmp)) {
        let mut control = nix::cmsg_space!([u8; 128]);
        let mut octets = [0; 64];
        for _ in 0..MOST {
            let mut parts = [IoSliceMut::new(&mut octets)];
            let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
            let received = recvmsg::<SockaddrStorage>(
                socket.as_raw_fd(),
                &mut parts,
                Some(&mut control),
                flags,
            );
            let Ok(message) = received else {
                return;
            };
            let remote = message.address.as_ref().and_then(address);
            let errors = message.cmsgs().into_iter().flatten().filter_map(error);
            if let (Some(remote), Some(icmp)) = (remote, errors.last()) {
                take(remote, icmp);
            }
        }
    }

    fn address(storage: &SockaddrStorage) -> Option<SocketAddr> {
        let v4 = storage
            .as_sockaddr_in()
            .map(|address| SocketAddr::V4((*address).into()));
        v4.or_else(|| {
            storage
                .as_sockaddr_in6()
                .map(|address| SocketAddr::V6((*address).into()))
        })
    }

    /// What the message says; not that a datagram was too large, which is no word about the peer.
    fn error(message: ControlMessageOwned) -> Option<Icmp> {
        let (error, from) = match message {
            ControlMessageOwned::Ipv4RecvErr(error, from) => {
                let from = from.map(|from| IpAddr::from(from.sin_addr.s_addr.to_ne_bytes()));
                (error, from)
            }
            ControlMessageOwned::Ipv6RecvErr(error, from) => {
                (error, from.map(|from| IpAddr::from(from.sin6_addr.s6_addr)))
            }
            _ => return None,
        };
        let of_icmp = matches!(
            error.ee_origin,
            libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6
        );
        let too_large = error.ee_errno == libc::EMSGSIZE as u32;
        (of_icmp && !too_large).then_some(Icmp {
            kind: error.ee_type,
            code: error.ee_code,
            from,
        })
    }

    /// Errors read in one turn.
    const MOST: usize = 256;
}

/// Elsewhere an unconnected socket hears nothing of them.
#[cfg(not(target_os = "linux"))]
mod other {
    use std::net::{SocketAddr, UdpSocket};

    use ikescope_probe::Icmp;

    pub(crate) fn enable(_: &UdpSocket, _: bool) {}

    pub(crate) fn drain(_: &UdpSocket, _: &mut dyn FnMut(SocketAddr, Icmp)) {}
}
