//! Questions beside the complete enumeration: one offer, a quick look, other versions, additional key exchanges.

use ikescope_dissectors::registries::ikev2::KeyExchangeMethod;
use ikescope_dissectors::{IkeSpi, Version};

use crate::dialogue::{Expected, Reply, Request};
use crate::report::Outcome;

use super::algorithm::{Algorithm, Axis};
use super::block::Block;
use super::describe;
use super::knowledge::Knowledge;
use super::message::{InitAnswer, InitRequest, read};
use super::oracle::{Oracle, Stop, computable};
use super::strategy::first_question;

/// Asks one offer and nothing else.
pub(crate) async fn one_offer(
    oracle: &mut Oracle,
    knowledge: &mut Knowledge,
    proposals: &[Block],
) -> Result<(), Stop> {
    let groups = proposals
        .iter()
        .flat_map(|block| block.axis(Axis::KeyExchange));
    let group = groups.copied().find(|group| computable(*group));
    let method = group.map_or(KeyExchangeMethod::MODP_2048, |group| {
        KeyExchangeMethod(group.id)
    });
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
        knowledge.accepted.insert(choice);
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
    one_offer(oracle, knowledge, &first_question()).await?;
    let Some([.., group]) = knowledge.accepted.iter().next().copied() else {
        return Ok(());
    };
    oracle.choose_decoy(&[group]);
    let hit = oracle.ask(&[weak()]).await?;
    oracle.note(match hit {
        Some(_) => "accepts a combination of weak algorithms",
        None => "refuses combinations of weak algorithms alone",
    });
    versions(oracle).await
}

/// What RFC 8247 forbids or lets fade: alone, in every combination.
fn weak() -> Block {
    let of = |list: &[u16]| list.iter().copied().map(Algorithm::new).collect();
    Block {
        axes: [
            of(&[2, 3, 1, 9, 11]),
            of(&[1, 2]),
            of(&[1, 2, 3, 4]),
            of(&[1, 2, 5, 22]),
        ],
        additional: Vec::new(),
    }
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
    let said = match oracle.dialogue.exchange_briefly(request).await {
        Reply::Answer(octets) => match read(&octets).0 {
            InitAnswer::Refused(kind) => format!("answers major version 3 with {kind}"),
            _ => "answers major version 3 with something else than an error".to_owned(),
        },
        Reply::Silence | Reply::Unreachable(_) => "does not answer major version 3".to_owned(),
    };
    oracle.note(&said);
    Ok(())
}
