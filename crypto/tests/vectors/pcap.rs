//! The least of a capture reader: Ethernet, IPv4 and IPv6, no IP fragments.

use std::fs;
use std::path::Path;

/// What a frame carries.
pub enum Frame {
    /// An IKE message without non-ESP marker.
    Ike(Vec<u8>),
    /// An ESP packet from its SPI on.
    Esp(Vec<u8>),
}

/// The frames that carry something, with their numbers from 1.
pub fn frames(path: &Path) -> Vec<(usize, Frame)> {
    let file = fs::read(path).expect("a capture");
    let word = |place: usize| {
        let octets: [u8; 4] = file[place..place + 4].try_into().expect("four octets");
        match file[0] {
            0xd4 | 0x4d => u32::from_le_bytes(octets),
            _ => u32::from_be_bytes(octets),
        }
    };
    let (mut place, mut number, mut frames) = (24, 0, Vec::new());
    while place + 16 <= file.len() {
        let len = word(place + 8) as usize;
        number += 1;
        if let Some(frame) = frame(&file[place + 16..place + 16 + len]) {
            frames.push((number, frame));
        }
        place += 16 + len;
    }
    frames
}

fn frame(octets: &[u8]) -> Option<Frame> {
    let ip = &octets[14..];
    let (protocol, header_len, len) = match octets[12..14] {
        [8, 0] => {
            let fragment = u16::from_be_bytes([ip[6], ip[7]]) & 0x3fff;
            if fragment != 0 {
                return None;
            }
            let len = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
            (ip[9], usize::from(ip[0] & 15) * 4, len)
        }
        [0x86, 0xdd] => {
            let len = usize::from(u16::from_be_bytes([ip[4], ip[5]]));
            (ip[6], 40, 40 + len)
        }
        _ => return None,
    };
    let content = &ip[header_len..len];
    match protocol {
        50 => Some(Frame::Esp(content.to_vec())),
        17 => datagram(content),
        _ => None,
    }
}

fn datagram(udp: &[u8]) -> Option<Frame> {
    let ports = [[udp[0], udp[1]], [udp[2], udp[3]]].map(u16::from_be_bytes);
    let data = &udp[8..];
    if ports.contains(&500) {
        return Some(Frame::Ike(data.to_vec()));
    }
    if !ports.contains(&4500) || data.len() < 8 {
        return None;
    }
    match data.strip_prefix(&[0; 4]) {
        Some(message) => Some(Frame::Ike(message.to_vec())),
        None => Some(Frame::Esp(data.to_vec())),
    }
}
