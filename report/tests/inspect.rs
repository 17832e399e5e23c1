//! Observations in every format: what is written is what the documentation of `inspect` lists.

use std::io::{self, Write};

use ikescope_analysis::{
    Content, Encapsulation, Endpoint, FrameId, Ike, NatDetection, Observation, Quoted, Reassembled,
};
use ikescope_capture::{Note, Timestamp};
use ikescope_dissectors::ikev2::{
    Body, KeyExchange, Notify, PayloadType, Proposal, SecurityAssociation, Transform,
};
use ikescope_dissectors::registries::ikev2::{
    EncryptionAlgorithm, IntegrityAlgorithm, KeyExchangeMethod, NotifyType, Prf, ProtocolId,
    TransformType,
};
use ikescope_dissectors::{
    Ah, Content as Payloads, Esp, Flags, Header, IkeSpi, Issues, Message, Octets, Payload, Spi,
    Version,
};
use ikescope_report::{
    CaptureSummary, CsvWriter, JsonWriter, NdjsonWriter, PacketWriter, TextOptions, TextWriter,
    TimeColumn,
};
use serde_json::{Value, json};

fn endpoint(address: &str, port: Option<u16>) -> Option<Endpoint> {
    Some(Endpoint {
        address: address.parse().unwrap(),
        port,
    })
}

fn observation(number: u64, content: Content<'_>) -> Observation<'_> {
    Observation {
        frame: FrameId { file: 0, number },
        // 2026-11-21T10:15:02Z, after `date -u`.
        time: Some(Timestamp {
            seconds: 1_795_256_102,
            nanos: 123_456_789,
        }),
        length: 346,
        captured: 346,
        src: endpoint("192.0.2.1", Some(500)),
        dst: endpoint("192.0.2.2", Some(500)),
        encapsulation: None,
        reassembled_from: &[],
        content,
        notes: &[],
        issues: Issues::default(),
        header: Some(14),
        offset: 42,
        truncated: false,
        octets: &[],
        tunnel: None,
        retransmission_of: None,
        duplicate_of: None,
        esp_opened: None,
        esp_closed: None,
        ah_integrity: None,
        ah_key: None,
    }
}

fn ike(octets: &[u8]) -> Ike<'_> {
    let message = Message::parse(Octets::new(octets), &mut Issues::default());
    Ike {
        message,
        ..Ike::default()
    }
}

fn header(version: Version, exchange: u8, flags: Flags) -> Header {
    Header {
        initiator_spi: IkeSpi(0x0102_0304_0506_0708),
        responder_spi: IkeSpi::NONE,
        next_payload: 0,
        version,
        exchange,
        flags,
        message_id: 0,
        length: 0,
    }
}

/// IKE_SA_INIT as an initiator sends it.
fn init() -> Vec<u8> {
    let transforms = vec![
        Transform::new(
            TransformType::ENCR,
            EncryptionAlgorithm::AES_CBC.0,
            Some(256),
        ),
        Transform::new(
            TransformType::ENCR,
            EncryptionAlgorithm::AES_CBC.0,
            Some(128),
        ),
        Transform::new(TransformType::PRF, Prf::HMAC_SHA2_256.0, None),
        Transform::new(
            TransformType::INTEG,
            IntegrityAlgorithm::HMAC_SHA2_256_128.0,
            None,
        ),
        Transform::new(TransformType::KE, KeyExchangeMethod::MODP_2048.0, None),
    ];
    let proposal = Proposal {
        number: 1,
        protocol: ProtocolId::IKE,
        spi: &[],
        transforms,
    };
    let payloads = vec![
        Payload::new(
            PayloadType::SA.0,
            Body::SecurityAssociation(SecurityAssociation {
                proposals: vec![proposal],
            }),
        ),
        Payload::new(
            PayloadType::KE.0,
            Body::KeyExchange(KeyExchange {
                method: KeyExchangeMethod::MODP_2048,
                data: &[7; 256],
            }),
        ),
        Payload::new(PayloadType::NONCE.0, Body::Nonce(&[9; 32])),
        Payload::new(
            PayloadType::NOTIFY.0,
            Body::Notify(Notify::new(NotifyType::NAT_DETECTION_SOURCE_IP, &[1; 20])),
        ),
    ];
    Message {
        header: header(Version::V2, 34, Flags::INITIATOR),
        content: Payloads::V2(payloads),
        octets: &[],
    }
    .encode()
}

fn esp(sequence: u32) -> Esp<'static> {
    Esp {
        spi: Spi(0xc0ff_ee01),
        sequence,
        octets: &[0; 100],
    }
}

fn summary() -> CaptureSummary {
    CaptureSummary {
        files: vec!["a.pcap".into()],
        packets: 9,
        ..CaptureSummary::default()
    }
}

fn text(observations: &[Observation<'_>], options: TextOptions) -> String {
    let mut out = Vec::new();
    let mut writer = TextWriter::new(&mut out, options);
    observations
        .iter()
        .for_each(|observation| writer.packet(observation).unwrap());
    writer.finish(&summary()).unwrap();
    String::from_utf8(out).unwrap()
}

/// The packets as the document and as lines, both valid; they differ in the place of `schema` alone.
fn packets(observations: &[Observation<'_>]) -> Vec<Value> {
    let (mut document, mut lines) = (Vec::new(), Vec::new());
    let mut json = JsonWriter::new(&mut document);
    let mut ndjson = NdjsonWriter::new(&mut lines);
    for observation in observations {
        json.packet(observation).unwrap();
        ndjson.packet(observation).unwrap();
    }
    json.finish(&summary()).unwrap();
    ndjson.finish(&summary()).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    validate(&document);
    assert_eq!(document["capture"]["files"], json!(["a.pcap"]));
    let packets = document["packets"].as_array().unwrap().clone();
    let lines = String::from_utf8(lines).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), packets.len());
    for (mut line, packet) in lines.into_iter().zip(&packets) {
        validate(&line);
        assert_eq!(
            line.as_object_mut().unwrap().shift_remove("schema"),
            Some(json!("ikescope.inspect/1"))
        );
        assert_eq!(line, *packet);
    }
    packets
}

fn validate(instance: &Value) {
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/inspect.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> = validator
        .iter_errors(instance)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}\n{instance:#}");
}

#[test]
fn a_line_says_time_ends_exchange_and_payloads() {
    let octets = init();
    let line = text(
        &[observation(7, Content::Ike(ike(&octets)))],
        TextOptions::default(),
    );
    assert_eq!(
        line,
        "     7  10:15:02.123456  192.0.2.1:500 > 192.0.2.2:500  IKE_SA_INIT MID=00 Initiator Request, \
         SA KE Ni N(NAT_DETECTION_SOURCE_IP)  len 346\n"
    );
}

#[test]
fn esp_has_spi_and_sequence_number() {
    let packet = Observation {
        encapsulation: Some(Encapsulation::Udp),
        ..observation(8, Content::Esp(Some(esp(17))))
    };
    let line = text(&[packet], TextOptions::default());
    assert!(
        line.ends_with("ESP spi=0xc0ffee01 seq=17  len 346 (udp)\n"),
        "{line}"
    );
}

#[test]
fn what_is_no_ike_on_its_port_is_read_as_esp() {
    let line = |octets: &[u8]| {
        let mut observation = observation(1, Content::Ike(ike(octets)));
        observation.octets = octets;
        text(&[observation], TextOptions::default())
    };
    let mut esp = [0xab; 60];
    esp[..8].copy_from_slice(&[0xc0, 0xff, 0xee, 0x01, 0, 0, 0, 7]);
    assert!(
        line(&esp).contains("ESP spi=0xc0ffee01 seq=7"),
        "{}",
        line(&esp)
    );
    // Of IKE by its exchange, though cut.
    let init = init();
    assert!(
        line(&init[..60]).contains("IKE_SA_INIT"),
        "{}",
        line(&init[..60])
    );
}

#[test]
fn relations_stand_behind_the_packet() {
    let octets = init();
    let message = Ike {
        answers: Some(FrameId { file: 0, number: 6 }),
        nat: Some(NatDetection {
            source_matches: Some(false),
            destination_matches: Some(true),
        }),
        ..ike(&octets)
    };
    let packet = Observation {
        retransmission_of: Some(FrameId { file: 0, number: 5 }),
        duplicate_of: Some(FrameId { file: 0, number: 4 }),
        ..observation(7, Content::Ike(message))
    };
    let line = text(std::slice::from_ref(&packet), TextOptions::default());
    for words in [
        "[answers 6]",
        "[NAT: source translated]",
        "[retransmission of 5]",
        "[duplicate of 4]",
    ] {
        assert!(line.contains(words), "{words}: {line}");
    }
    let packet = &packets(&[packet])[0];
    assert_eq!(packet["retransmission_of"], 5);
    assert_eq!(packet["duplicate_of"], 4);
    assert_eq!(packet["ike"]["answers"], 6);
    assert_eq!(
        packet["nat"],
        json!({ "source_matches": false, "destination_matches": true })
    );
}

#[test]
fn the_object_of_a_message_has_the_documented_fields() {
    let octets = init();
    let packet = &packets(&[observation(7, Content::Ike(ike(&octets)))])[0];
    assert_eq!(packet["protocol"], "ikev2");
    assert_eq!(packet["time"], "2026-11-21T10:15:02.123456789Z");
    assert_eq!(
        packet["src"],
        json!({ "address": "192.0.2.1", "port": 500 })
    );
    let message = &packet["ike"];
    assert_eq!(message["initiator_spi"], "0102030405060708");
    assert_eq!(message["responder_spi"], "0000000000000000");
    assert_eq!(message["version"], "2.0");
    assert_eq!(
        message["exchange"],
        json!({ "id": 34, "name": "IKE_SA_INIT" })
    );
    let flags = json!({ "initiator": true, "response": false, "version": false, "encryption": null, "commit": null,
        "authentication_only": null });
    assert_eq!(message["flags"], flags);
    assert_eq!(message["encrypted"], false);
    let security_association = &message["payloads"][0];
    assert_eq!(
        security_association["type"],
        json!({ "id": 33, "name": "SA" })
    );
    assert_eq!(security_association["offset"], 28);
    assert_eq!(security_association["critical"], false);
    let proposal = &security_association["proposals"][0];
    assert_eq!(proposal["encr"], json!(["AES-CBC-256", "AES-CBC-128"]));
    assert_eq!(proposal["ke"], json!(["MODP-2048"]));
    assert_eq!(
        message["payloads"][3]["notify"],
        json!({ "id": 16388, "name": "NAT_DETECTION_SOURCE_IP" })
    );
}

#[test]
fn offsets_count_from_the_ike_header_and_issues_from_the_frame() {
    let mut octets = vec![0; 4];
    octets.extend(init());
    octets[4 + 28 + 1] |= 1; // RESERVED of the first payload header
    let mut issues = Issues::default();
    let message = Message::parse(Octets::new(&octets).from(4), &mut issues);
    let content = Content::Ike(Ike {
        message,
        ..Ike::default()
    });
    let packet = Observation {
        issues,
        encapsulation: Some(Encapsulation::Udp),
        ..observation(3, content)
    };
    let line = text(std::slice::from_ref(&packet), TextOptions::default());
    assert!(
        line.contains("! octet 75, payload header: a reserved field is 0x1, expected 0"),
        "{line}"
    );
    let packet = &packets(&[packet])[0];
    assert_eq!(packet["encapsulation"], "udp");
    assert_eq!(packet["ike"]["payloads"][0]["offset"], 28);
    let issue = &packet["issues"][0];
    assert_eq!(
        (&issue["offset"], &issue["in"], &issue["severity"]),
        (&json!(42 + 33), &json!("frame"), &json!("warning"))
    );
}

/// RFC 768: the length stands four octets before the payload.
#[test]
fn a_wrong_length_of_udp_has_its_place() {
    let octets = init();
    let mut observation = observation(1, Content::Ike(ike(&octets)));
    observation.offset = 42;
    observation.notes = &[Note::UdpLength {
        declared: 456,
        available: 146,
    }];
    let issue = &packets(&[observation])[0]["issues"][0];
    assert_eq!(
        (&issue["offset"], &issue["layer"]),
        (&json!(38), &json!("udp"))
    );
}

#[test]
fn an_encrypted_message_of_version_1_has_no_payloads() {
    let header = Header {
        message_id: 0x1a2b,
        ..header(Version::V1, 32, Flags::ENCRYPTION)
    };
    let octets = Message {
        header: Header {
            next_payload: 8,
            ..header
        },
        content: Payloads::V1Encrypted(&[5; 68]),
        octets: &[],
    }
    .encode();
    let line = text(
        &[observation(1, Content::Ike(ike(&octets)))],
        TextOptions::default(),
    );
    assert!(
        line.contains("Quick Mode MID=0x00001a2b, encrypted, 68 octets"),
        "{line}"
    );
    let packet = &packets(&[observation(1, Content::Ike(ike(&octets)))])[0];
    assert_eq!(packet["protocol"], "ikev1");
    assert_eq!(packet["ike"]["encrypted"], true);
    assert_eq!(packet["ike"]["payloads"], json!([]));
    assert_eq!(packet["ike"]["flags"]["encryption"], true);
    assert_eq!(packet["ike"]["flags"]["initiator"], Value::Null);
}

#[test]
fn a_message_from_fragments_stands_behind_the_one_that_completed_it() {
    let octets = init();
    let frames = vec![
        FrameId { file: 0, number: 2 },
        FrameId { file: 0, number: 3 },
    ];
    let fragment = Ike {
        reassembled: Some(Reassembled {
            octets: octets.clone(),
            frames,
        }),
        ..ike(&octets)
    };
    let packet = &packets(&[observation(3, Content::Ike(fragment))])[0];
    assert_eq!(packet["ike"]["reassembled_from"], json!([2, 3]));
    assert_eq!(packet["messages"][0]["reassembled_from"], json!([2, 3]));
    assert_eq!(packet["messages"][0]["payloads"][1]["type"]["name"], "KE");
}

#[test]
fn the_datagram_replaces_the_fragment_that_completed_it() {
    let octets = init();
    let fragment = || Content::Fragment {
        protocol: 17,
        offset: 1480,
        more: false,
        id: 7,
    };
    let whole = Observation {
        reassembled_from: &[1, 2],
        ..observation(2, Content::Ike(ike(&octets)))
    };
    let notes = [Note::OverlappingFragments { differ: true }];
    let last = Observation {
        notes: &notes,
        ..observation(2, fragment())
    };
    let list = [
        observation(1, fragment()),
        last,
        whole,
        observation(3, Content::NatKeepalive),
    ];
    let packets = packets(&list);
    let protocols: Vec<_> = packets
        .iter()
        .map(|packet| packet["protocol"].as_str().unwrap())
        .collect();
    assert_eq!(protocols, ["fragment", "ikev2", "nat-keepalive"]);
    assert_eq!(packets[1]["reassembled_from"], json!([1, 2]));
    assert_eq!(packets[1]["issues"][0]["layer"], "ip");
    let text = text(
        &list,
        TextOptions {
            time: TimeColumn::Delta,
            ..TextOptions::default()
        },
    );
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(
        text.lines().nth(1).unwrap().contains("IKE_SA_INIT"),
        "{text}"
    );
}

#[test]
fn records_of_one_segment_are_one_object() {
    let octets = init();
    let tcp = |content| Observation {
        encapsulation: Some(Encapsulation::Tcp),
        ..observation(4, content)
    };
    let list = [
        tcp(Content::Ike(ike(&octets))),
        tcp(Content::Esp(Some(esp(1)))),
        tcp(Content::Ike(ike(&octets))),
        tcp(Content::Esp(Some(esp(2)))),
        observation(5, Content::NatKeepalive),
    ];
    let packets = packets(&list);
    assert_eq!(packets.len(), 2);
    assert_eq!(packets[0]["protocol"], "ikev2");
    assert_eq!(packets[0]["messages"].as_array().unwrap().len(), 1);
    assert_eq!(packets[0]["esp"]["sequence"], 1);
    assert_eq!(packets[0]["further_esp"][0]["sequence"], 2);
}

#[test]
fn ah_over_esp_fills_both_objects() {
    let ah = Ah {
        next_header: 50,
        spi: Spi(0x100),
        sequence: 3,
        icv: &[0xab; 12],
        payload: Octets::new(&[]),
    };
    let content = Content::Ah(Some(ah), Some(Box::new(Content::Esp(Some(esp(9))))));
    let packet = &packets(&[observation(1, content)])[0];
    assert_eq!(packet["protocol"], "ah");
    assert_eq!(packet["ah"]["spi"], "0x00000100");
    assert_eq!(packet["ah"]["icv"], "abababababababababababab");
    assert_eq!(packet["esp"]["spi"], "0xc0ffee01");
}

#[test]
fn icmp_says_what_it_quotes() {
    let quoted = Quoted {
        src: endpoint("192.0.2.2", None).unwrap(),
        dst: endpoint("198.51.100.7", None).unwrap(),
        content: Box::new(Content::Esp(Some(esp(4)))),
    };
    let content = Content::Icmp {
        version6: false,
        icmp_type: 3,
        code: 4,
        mtu: Some(1400),
        quoted: Some(quoted),
    };
    let packet = observation(1, content);
    let line = text(std::slice::from_ref(&packet), TextOptions::default());
    let expected =
        "ICMP fragmentation needed, MTU 1400: 192.0.2.2 > 198.51.100.7 ESP spi=0xc0ffee01 seq=4";
    assert!(line.contains(expected), "{line}");
    let packet = &packets(&[packet])[0];
    assert_eq!(packet["protocol"], "icmp");
    assert_eq!(packet["icmp"]["quoted"]["protocol"], "esp");
    assert_eq!(packet["esp"], Value::Null);
}

#[test]
fn the_tree_shows_offers_as_tables() {
    let octets = init();
    let options = TextOptions {
        verbose: true,
        ..TextOptions::default()
    };
    let tree = text(&[observation(7, Content::Ike(ike(&octets)))], options);
    let row = tree
        .lines()
        .find(|line| line.contains("AES-CBC-256"))
        .unwrap();
    for cell in ["ike", "HMAC-SHA2-256", "MODP-2048"] {
        assert!(row.contains(cell), "{tree}");
    }
    assert!(tree.contains("KE payload (34) at "), "{tree}");
    assert!(tree.contains("… (256 octets)"), "{tree}");
}

#[test]
fn text_from_a_peer_obeys_nobody() {
    let payloads = vec![Payload::new(
        PayloadType::ID_INITIATOR.0,
        Body::Identification(ikescope_dissectors::ikev2::Identification {
            id_type: ikescope_dissectors::registries::ikev2::IdType::FQDN,
            data: "vpn\u{1b}[2J\u{202e}.example".as_bytes(),
        }),
    )];
    let octets = Message {
        header: header(Version::V2, 35, Flags::INITIATOR),
        content: Payloads::V2(payloads),
        octets: &[],
    }
    .encode();
    let options = TextOptions {
        verbose: true,
        octets: true,
        ..TextOptions::default()
    };
    let tree = text(&[observation(1, Content::Ike(ike(&octets)))], options);
    assert!(tree.contains("vpn\\u{1b}[2J\\u{202e}.example"), "{tree}");
    assert!(
        !tree
            .chars()
            .any(|character| character != '\n' && ikescope_report::is_deceptive(character))
    );
    let packet = &packets(&[observation(1, Content::Ike(ike(&octets)))])[0];
    assert_eq!(
        packet["ike"]["payloads"][0]["value"],
        "vpn\u{1b}[2J\u{202e}.example"
    );
}

#[test]
fn csv_has_a_cell_a_column() {
    let octets = init();
    let mut out = Vec::new();
    let mut writer = CsvWriter::new(&mut out);
    writer
        .packet(&observation(7, Content::Ike(ike(&octets))))
        .unwrap();
    writer
        .packet(&observation(8, Content::Esp(Some(esp(17)))))
        .unwrap();
    writer.finish(&summary()).unwrap();
    let rows = String::from_utf8(out).unwrap();
    let rows: Vec<Vec<_>> = rows.lines().map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let at =
        |row: usize, name| rows[row][rows[0].iter().position(|column| *column == name).unwrap()];
    assert_eq!(at(1, "exchange"), "IKE_SA_INIT");
    assert_eq!(at(1, "payloads"), "SA KE Ni N(NAT_DETECTION_SOURCE_IP)");
    assert_eq!(at(2, "spi"), "0xc0ffee01");
    assert_eq!(at(2, "exchange"), "");
}

#[test]
fn an_empty_capture_is_a_document() {
    assert!(packets(&[]).is_empty());
}

#[test]
fn a_closed_pipe_is_an_error_of_the_caller() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let writers: [Box<dyn PacketWriter>; 4] = [
        Box::new(TextWriter::new(Closed, TextOptions::default())),
        Box::new(JsonWriter::new(Closed)),
        Box::new(NdjsonWriter::new(Closed)),
        Box::new(CsvWriter::new(Closed)),
    ];
    for mut writer in writers {
        let packet = observation(1, Content::NatKeepalive);
        let result = writer
            .packet(&packet)
            .and_then(|()| writer.finish(&summary()));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
