//! What was opened, SA by SA.

use std::collections::HashMap;
use std::net::IpAddr;

use ikescope_dissectors::{Body, Content as Payloads, IkeSpi, Spi};

use crate::limits::MAX_FLOWS;
use crate::observation::{Content, Ike, Observation};
use crate::opened::{Closed, KeySource};

/// One SA: an IKE SA, or one direction of ESP or AH.
#[derive(Clone, Debug)]
pub struct SaTally {
    /// What it is.
    pub sa: SaName,
    /// Source of its first packet.
    pub src: IpAddr,
    /// Destination of its first packet.
    pub dst: IpAddr,
    /// Encrypted messages or packets; for AH those to be verified.
    pub packets: u64,
    /// Of these, opened or verified.
    pub opened: u64,
    /// Why the others were not: how many for each reason.
    reasons: Vec<(Closed, u64)>,
    /// The key that opened the first.
    pub key: Option<KeySource>,
}

/// What tells an SA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SaName {
    /// An IKE SA by its SPIs.
    Ike {
        /// SPIi.
        initiator: IkeSpi,
        /// SPIr.
        responder: IkeSpi,
    },
    /// ESP by its SPI.
    Esp(Spi),
    /// AH by its SPI.
    Ah(Spi),
}

impl SaTally {
    /// Messages or packets that stayed closed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.packets.saturating_sub(self.opened)
    }

    /// Why most of those stayed closed that did.
    #[must_use]
    pub fn reason(&self) -> Option<&Closed> {
        self.reasons
            .iter()
            .max_by_key(|(_, count)| *count)
            .map(|(reason, _)| reason)
    }

    fn count_opened(&mut self, key: &KeySource, number: u64) {
        self.packets += number;
        self.opened += number;
        if number > 0 && self.key.is_none() {
            self.key = Some(key.clone());
        }
    }

    fn count(&mut self, opened: Option<&KeySource>, closed: Option<&Closed>) {
        if let Some(key) = opened {
            return self.count_opened(key, 1);
        }
        self.packets += 1;
        let reason = closed.unwrap_or(&Closed::NoKey);
        if let Some((_, count)) = self.reasons.iter_mut().find(|(known, _)| known == reason) {
            *count += 1;
        } else if self.reasons.len() < MAX_REASONS {
            self.reasons.push((reason.clone(), 1));
        }
    }
}

/// Counts what was opened.
#[derive(Debug, Default)]
pub struct Tally {
    sas: Vec<SaTally>,
    places: HashMap<(SaName, IpAddr, IpAddr), usize>,
}

impl Tally {
    /// The SAs in the order in which they appeared.
    #[must_use]
    pub fn sas(&self) -> &[SaTally] {
        &self.sas
    }

    /// Packets that were opened.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.sas.iter().map(|sa| sa.opened).sum()
    }

    /// Encrypted packets.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.sas.iter().map(|sa| sa.packets).sum()
    }

    /// Counts a packet. Says whether it was encrypted, and whether it was opened.
    pub fn observe(&mut self, observation: &Observation<'_>) {
        self.take(observation, &observation.content);
    }

    /// The place of the SA of an ESP packet, to be counted later.
    pub fn place(&mut self, observation: &Observation<'_>) -> Option<usize> {
        let Content::Esp(Some(esp)) = &observation.content else {
            return None;
        };
        self.place_of(SaName::Esp(esp.spi), observation)
    }

    /// Counts packets of an SA as opened.
    pub fn opened_at(&mut self, place: usize, key: &KeySource, number: u64) {
        if let Some(sa) = self.sas.get_mut(place) {
            sa.count_opened(key, number);
        }
    }

    /// Counts a packet of an SA as closed.
    pub fn closed_at(&mut self, place: usize, why: &Closed) {
        if let Some(sa) = self.sas.get_mut(place) {
            sa.count(None, Some(why));
        }
    }

    fn take(&mut self, observation: &Observation<'_>, content: &Content<'_>) {
        match content {
            Content::Ike(ike) => self.ike(observation, ike),
            Content::Esp(Some(esp)) => self.esp(observation, esp.spi),
            Content::Wesp(Some((_, Some(esp)))) => self.esp(observation, esp.spi),
            Content::Ah(Some(ah), inner) => {
                let verified = observation.ah_integrity == Some(crate::opened::Integrity::Verified);
                let source: Option<KeySource> = observation.ah_key.clone().filter(|_| verified);
                let closed = observation.esp_closed.clone();
                if let Some(sa) = self.sa(SaName::Ah(ah.spi), observation) {
                    sa.count(source.as_ref(), closed.as_ref());
                }
                if let Some(inner) = inner {
                    self.take(observation, inner);
                }
            }
            _ => {}
        }
    }

    fn esp(&mut self, observation: &Observation<'_>, spi: Spi) {
        let key = observation
            .esp_opened
            .as_ref()
            .map(|opened| opened.key.clone());
        let closed = observation.esp_closed.clone();
        if let Some(sa) = self.sa(SaName::Esp(spi), observation) {
            sa.count(key.as_ref(), closed.as_ref());
        }
    }

    fn ike(&mut self, observation: &Observation<'_>, ike: &Ike<'_>) {
        let Some(message) = &ike.message else { return };
        let encrypted = ike.opened.is_some()
            || ike.closed.is_some()
            || match &message.content {
                Payloads::V1Encrypted(_) => true,
                Payloads::V2(payloads) => payloads.iter().any(|p| p.body.ends_chain()),
                _ => false,
            };
        if !encrypted {
            return;
        }
        let name = SaName::Ike {
            initiator: message.header.initiator_spi,
            responder: message.header.responder_spi,
        };
        // A fragment that verified is opened; the message stands at the one that completed it.
        let fragment: KeySource = "".into();
        let key = match (&ike.opened, &ike.closed) {
            (Some(opened), _) => Some(opened.key.clone()),
            (None, Some(Closed::Fragment { missing, .. })) if missing.is_empty() => Some(fragment),
            _ => None,
        };
        let closed = ike.closed.clone();
        if let Some(sa) = self.sa(name, observation) {
            sa.count(key.as_ref(), closed.as_ref());
            if sa.key.as_deref() == Some("") {
                sa.key = None;
            }
        }
    }

    fn sa(&mut self, sa: SaName, observation: &Observation<'_>) -> Option<&mut SaTally> {
        let place = self.place_of(sa, observation)?;
        self.sas.get_mut(place)
    }

    fn place_of(&mut self, sa: SaName, observation: &Observation<'_>) -> Option<usize> {
        let (src, dst) = (observation.src?.address, observation.dst?.address);
        // An IKE SA is one in both directions, and wherever its ends move.
        let ends = match sa {
            SaName::Ike { .. } => (IpAddr::from([0; 4]), IpAddr::from([0; 4])),
            _ => (src, dst),
        };
        let next = self.sas.len();
        Some(match self.places.get(&(sa, ends.0, ends.1)) {
            Some(place) => *place,
            None if next >= MAX_FLOWS => return None,
            None => {
                self.places.insert((sa, ends.0, ends.1), next);
                self.sas.push(SaTally {
                    sa,
                    src,
                    dst,
                    packets: 0,
                    opened: 0,
                    reasons: Vec::new(),
                    key: None,
                });
                next
            }
        })
    }
}

/// Reasons of one SA that are told apart.
const MAX_REASONS: usize = 16;
