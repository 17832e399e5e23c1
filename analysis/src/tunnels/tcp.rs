//! TCP connections on which IKE may come (RFC 9329).

use ikescope_capture::{TcpSegment, Timestamp};

use crate::limits::MAX_TCP_CONNECTIONS;
use crate::observation::{Encapsulation, Endpoint, FrameId, Observation};

/// One TCP connection, or what was to become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpConnection {
    /// Who opens it.
    pub client: Endpoint,
    /// Who is asked to accept it.
    pub server: Endpoint,
    /// Its first segment.
    pub frame: FrameId,
    /// How often it was asked for, without copies that the capture made.
    pub asked: u32,
    /// The server accepted it.
    pub accepted: Option<FrameId>,
    /// The client sent the stream prefix (RFC 9329, section 3).
    pub prefix: Option<FrameId>,
    /// The client began with something else.
    pub other_data: Option<FrameId>,
    /// It was reset, and whether the server did so.
    pub reset: Option<(FrameId, bool)>,
    /// It was closed in good order, and whether the server did so.
    pub closed: Option<(FrameId, bool)>,
    /// Records of IKE or ESP from the client.
    pub from_client: u64,
    /// Records of IKE or ESP from the server.
    pub from_server: u64,
    /// Time of the last segment.
    pub last: Option<Timestamp>,
}

/// The connections of a capture, at most [`MAX_TCP_CONNECTIONS`].
#[derive(Debug, Default)]
pub(super) struct TcpConnections(pub(super) Vec<TcpConnection>);

impl TcpConnections {
    /// A segment that completes no record.
    pub(super) fn segment(
        &mut self,
        segment: &TcpSegment,
        observation: &Observation<'_>,
        src: Endpoint,
        dst: Endpoint,
    ) {
        let (frame, opens) = (observation.frame, segment.opens && !segment.acknowledges);
        let known = self.find(src, dst).filter(|(_, connection)| {
            // The same ports again are another connection.
            !(opens && (connection.reset.is_some() || connection.closed.is_some()))
        });
        let Some((from_server, connection)) = known else {
            if (opens || segment.prefix) && self.0.len() < MAX_TCP_CONNECTIONS {
                self.0.push(TcpConnection {
                    client: src,
                    server: dst,
                    frame,
                    asked: 1,
                    accepted: None,
                    prefix: segment.prefix.then_some(frame),
                    other_data: None,
                    reset: None,
                    closed: None,
                    from_client: 0,
                    from_server: 0,
                    last: observation.time,
                });
            }
            return;
        };
        connection.last = observation.time.or(connection.last);
        if observation.duplicate_of.is_some() {
            return;
        }
        if segment.resets {
            connection.reset.get_or_insert((frame, from_server));
        } else if opens {
            connection.asked = connection.asked.saturating_add(1);
        } else if segment.opens {
            connection.accepted.get_or_insert(frame);
        }
        if segment.ends {
            connection.closed.get_or_insert((frame, from_server));
        }
        if !from_server && segment.prefix {
            connection.prefix.get_or_insert(frame);
        } else if !from_server && segment.data && connection.prefix.is_none() {
            connection.other_data.get_or_insert(frame);
        }
    }

    /// A record that came whole.
    pub(super) fn record(&mut self, observation: &Observation<'_>, src: Endpoint, dst: Endpoint) {
        if observation.encapsulation != Some(Encapsulation::Tcp) {
            return;
        }
        if let Some((from_server, connection)) = self.find(src, dst) {
            let count = match from_server {
                true => &mut connection.from_server,
                false => &mut connection.from_client,
            };
            *count += 1;
            connection.last = observation.time.or(connection.last);
        }
    }

    /// The last connection between these ends, and whether the source is its server.
    fn find(&mut self, src: Endpoint, dst: Endpoint) -> Option<(bool, &mut TcpConnection)> {
        self.0.iter_mut().rev().find_map(|connection| {
            let (client, server) = (connection.client, connection.server);
            let from_server = (server, client) == (src, dst);
            (from_server || (client, server) == (src, dst)).then_some((from_server, connection))
        })
    }
}
