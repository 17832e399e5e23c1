//! Questions beside the complete enumeration: one offer, a quick look, other versions, additional key exchanges.

use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;
use ikescope_dissectors::{IkeSpi, Version};

use crate::config::Depth;
use crate::dialogue::{Expected, Reply, Request};
use crate::report::Outcome;

use super::algorithm::{Algorithm, Axis};
use super::block::Block;
use super::describe;
use super::knowledge::Knowledge;
use super::message::{InitAnswer, InitRequest, read};
use super::oracle::{LIKELY_GROUP, Oracle, Stop, computable};
use super::strategy::first_question;

/// Asks one offer and nothing else.
pub(crate) async fn one_offer(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    proposals: &[Block],
) -> Result<(), Stop> {
    let groups = || {
        let all = proposals.iter();
        all.flat_map(|block| block.axis(Axis::KeyExchange).iter().copied())
    };
    let method = match groups().any(|group| group.id == LIKELY_GROUP.0) {
        true => LIKELY_GROUP,
        false => groups()
            .find(|group| computable(*group))
            .map_or(KeyExchangeMethod::MODP_2048, |group| {
                KeyExchangeMethod(group.id)
            }),
    };
    let answer = oracle.init(proposals, method, true).await?;
    let choice = match answer {
        InitAnswer::Accepted(accepted) => Some(accepted.choice),
        InitAnswer::InvalidKe(group) => {
            let hit = oracle.shake_hands(proposals, group).await?;
            hit.and_then(|hit| hit.choice)
        }
        InitAnswer::Other(_) => return Err(Stop(Outcome::Silent)),
        InitAnswer::Refused(_) | InitAnswer::Cookie(_) => None,
    };
    if let Some(choice) = choice {
        knowledge.accept(choice);
        let mut block = Block::single(&choice);
        block.additional = oracle.additional.iter().map(|value| vec![*value]).collect();
        knowledge.boxes.push(block);
        describe::policy(oracle, knowledge);
    }
    oracle.not_determined("everything that was not offered");
    Ok(())
}

/// At most six datagrams: what is chosen, whether something weak is accepted, post-quantum key exchange, other versions.
pub(crate) async fn quick(oracle: &mut Oracle, knowledge: &mut Knowledge) -> Result<(), Stop> {
    one_offer(oracle, knowledge, first_question()).await?;
    let Some([.., group]) = knowledge.accepted.iter().next().copied() else {
        return Ok(());
    };
    oracle.choose_decoy(&[group]);
    let unanswered = oracle.unanswered;
    let hit = oracle.ask(&weak()).await?;
    oracle.note(match hit {
        _ if oracle.unanswered > unanswered => "said nothing to a question about weak algorithms",
        Some(_) => "accepts something weak: DES, 3DES, NULL, MD5, or a group of MODP-1536 or less",
        None => {
            "refuses DES, 3DES, NULL, MD5, and groups of MODP-1536 or less with common algorithms"
        }
    });
    versions(oracle).await
}

/// What RFC 8247 forbids or discourages, each kind with what is common of the others.
fn weak() -> Vec<Block> {
    let of =
        |list: &[u16]| -> Vec<Algorithm> { list.iter().copied().map(Algorithm::new).collect() };
    let sized = |ids: &[u16]| -> Vec<Algorithm> {
        let lengths = [128, 256].into_iter();
        let all = lengths.flat_map(|bits| ids.iter().map(move |id| (*id, bits)));
        let algorithm = |(id, bits)| Algorithm {
            id,
            key_bits: Some(bits),
        };
        all.map(algorithm).collect()
    };
    let (prfs, integrity) = (of(&[2, 5, 6, 7]), of(&[2, 12, 13, 14]));
    let (groups, weak_groups) = (of(&[14, 15, 16, 19, 20, 21, 31]), of(&[1, 2, 5, 22]));
    let every_group = [groups.clone(), weak_groups.clone()].concat();
    let common = Block {
        axes: [sized(&[12]), prfs, integrity, groups],
        additional: Vec::new(),
    };
    vec![
        common
            .with(Axis::Encryption, of(&[2, 3, 11]))
            .with(Axis::KeyExchange, every_group.clone()),
        common.with(Axis::KeyExchange, weak_groups.clone()),
        common
            .with(Axis::Encryption, sized(&[20, 16]))
            .with(Axis::Integrity, vec![Algorithm::NONE])
            .with(Axis::KeyExchange, weak_groups),
        common.with(Axis::Integrity, of(&[1, 3, 4])),
        common.with(Axis::Prf, of(&[1])),
    ]
}

/// A request of a major version that does not exist must be answered with INVALID_MAJOR_VERSION (RFC 7296, section 2.5).
pub(crate) async fn versions(oracle: &mut Oracle) -> Result<(), Stop> {
    let Ok((_, public)) = oracle.dialogue.key_exchange(KeyExchangeMethod::CURVE25519) else {
        return Ok(());
    };
    let nonce = oracle.dialogue.random().octets(32);
    let common = Block::single(&[
        Algorithm {
            id: 12,
            key_bits: Some(256),
        },
        Algorithm::new(5),
        Algorithm::new(12),
        Algorithm::new(31),
    ]);
    let request = InitRequest {
        spi: IkeSpi(oracle.dialogue.random().number()),
        version: Version(0x30),
        nonce: &nonce,
        proposals: &[common],
        method: KeyExchangeMethod::CURVE25519,
        public: &public,
        cookie: None,
        notifies: &[],
    };
    let expected = Expected::Ikev1;
    let request = Request {
        octets: request.encode(),
        expected,
    };
    let dialogue = &oracle.dialogue;
    let reply = match dialogue.is_lossless() || oracle.config.depth == Depth::Quick {
        true => dialogue.exchange_briefly(request).await,
        false => dialogue.exchange(request).await,
    };
    let said = match reply {
        Reply::Answer(octets) => match read(&octets).0 {
            InitAnswer::Refused(kind) => format!("answers major version 3 with {kind}"),
            _ => "answers major version 3 with something else than an error".to_owned(),
        },
        Reply::Silence | Reply::Unreachable => {
            "did not answer a request of major version 3".to_owned()
        }
    };
    oracle.note(&said);
    Ok(())
}
