//! What the user has decided to live with: `--accept ID[,ID…][@ADDRESS[/N]]=REASON`.

use std::str::FromStr;

use ikescope_report::AuditedSubject;

use crate::exit::{Error, complain};
use crate::filter::Host;

/// Findings and algorithms that are accepted for a reason, everywhere or at some peers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acceptance {
    ids: Vec<String>,
    peers: Option<Host>,
    reason: String,
}

impl Acceptance {
    /// Marks what is accepted. Tells of an id that is nowhere in the result, and refuses one that does not exist.
    pub(crate) fn apply(&self, subjects: &mut [AuditedSubject]) -> Result<(), Error> {
        for id in &self.ids {
            let mut used = false;
            for subject in subjects.iter_mut().filter(|subject| self.concerns(subject)) {
                used |= subject.accept(id, &self.reason);
            }
            if !used {
                crate::commands::explain::known(id)?;
                complain(&format_args!(
                    "--accept {id}: there is nothing of it to accept"
                ));
            }
        }
        Ok(())
    }

    fn concerns(&self, subject: &AuditedSubject) -> bool {
        let address = || subject.subject.parse().ok();
        self.peers
            .as_ref()
            .is_none_or(|peers| address().is_some_and(|address| peers.contains(address)))
    }
}

impl FromStr for Acceptance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (what, reason) = text
            .split_once('=')
            .map(|(what, reason)| (what, reason.trim()))
            .filter(|(_, reason)| !reason.is_empty())
            .ok_or("a reason is needed, as in ke-modp1024@192.0.2.1='replaced in March'")?;
        let (ids, peers) = match what.split_once('@') {
            Some((ids, peers)) => (ids, Some(peers.parse()?)),
            None => (what, None),
        };
        let ids: Vec<String> = ids.split(',').map(|id| id.trim().to_owned()).collect();
        if ids.iter().any(String::is_empty) {
            return Err("an id is missing, as in ke-modp1024,prf-sha1=REASON".to_owned());
        }
        Ok(Self {
            ids,
            peers,
            reason: reason.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_accepted_without_a_reason() {
        for text in [
            "ke-modp1024",
            "ke-modp1024=",
            "ke-modp1024= ",
            "=why",
            "a,,b=why",
        ] {
            assert!(text.parse::<Acceptance>().is_err(), "{text}");
        }
        let found: Acceptance = "ke-modp1024,prf-sha1@192.0.2.0/24=a = b"
            .parse()
            .expect("it is one");
        assert_eq!(found.ids, ["ke-modp1024", "prf-sha1"]);
        assert_eq!(found.peers, "192.0.2.0/24".parse().ok());
        assert_eq!(found.reason, "a = b");
    }
}
