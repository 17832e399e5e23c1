//! Laws that hold for every file.

use std::fs;
use std::io::Cursor;

use ikescope_crypto::key_material::{Key, KeyFile, Material, Target, read, read_psks, sift, write};
use ikescope_dissectors::Spi;

use crate::lab::scenarios;

fn materials(keys: &[Key]) -> Vec<&Material> {
    keys.iter().map(|key| &key.material).collect()
}

#[test]
fn our_own_format_loses_nothing() {
    for scenario in scenarios() {
        for file in [
            "initiator.charon.log",
            "responder.charon.log",
            "initiator.pluto.log",
            "ip-xfrm-state.txt",
            "wireshark/esp_sa",
            "wireshark/ikev1_decryption_table",
            "wireshark/ikev2_decryption_table",
        ] {
            let Some(found) = scenario.read(file) else {
                continue;
            };
            let written = write(Target::Ikescope, &found.keys);
            let again = read("again", written.text.as_bytes());
            assert_eq!(again.problems, [], "{} {file}", scenario.name);
            let mut expected: Vec<&Material> = Vec::new();
            for material in materials(&found.keys) {
                if !expected.contains(&material) {
                    expected.push(material);
                }
            }
            assert_eq!(materials(&again.keys), expected, "{} {file}", scenario.name);
        }
    }
}

#[test]
fn psks_of_any_octets_read_back() {
    let file = b"plain\n gw.example.com 192.0.2.1 : \"with \\\" and spaces \"\n0x00ff\n\xff\xfe\n : \"\xc3\xa4\"\n";
    let keys = read_psks("psk", file).keys;
    let secrets: Vec<&[u8]> = keys
        .iter()
        .flat_map(|key| key.material.values())
        .map(|(_, secret)| secret.expose())
        .collect();
    let expected: [&[u8]; 5] = [
        b"plain",
        b"with \\\" and spaces ",
        &[0, 0xff],
        &[0xff, 0xfe],
        "ä".as_bytes(),
    ];
    assert_eq!(secrets, expected);
    let Material::Psk(psk) = &keys[1].material else {
        panic!("a PSK");
    };
    assert_eq!(psk.selectors, ["gw.example.com", "192.0.2.1"]);
    let again = read("again", write(Target::Ikescope, &keys).text.as_bytes());
    assert_eq!(materials(&again.keys), materials(&keys));
}

#[test]
fn every_cut_keeps_the_keys_before_it() {
    for (scenario, file) in [
        ("ikev2-ppk", "initiator.charon.log"),
        ("ikev1-rekey-quick-pfs", "responder.charon.log"),
        ("ikev2-psk-aes256gcm16", "ip-xfrm-state.txt"),
        ("libreswan-ikev2-initiator", "initiator.pluto.log"),
        ("ikev2-psk-aes256gcm16", "wireshark/esp_sa"),
    ] {
        let scenario = scenarios()
            .into_iter()
            .find(|other| other.name == scenario)
            .expect("a scenario");
        let path = scenario.folder.join("secrets").join(file);
        let octets = std::fs::read(path).expect("secrets");
        let whole = read("whole", &octets);
        let values =
            |keys: &[Key]| -> usize { keys.iter().map(|key| key.material.values().len()).sum() };
        let all = values(&whole.keys);
        let mut before = 0;
        for cut in (0..=octets.len()).step_by(octets.len() / 60 + 1) {
            let found = values(&read("cut", &octets[..cut]).keys);
            assert!(found <= all, "{file} cut at {cut}");
            // A key may change its place when more becomes known; it does not disappear.
            assert!(
                found + 4 >= before,
                "{file} cut at {cut}: {found} after {before}"
            );
            before = found;
        }
        assert_eq!(values(&read("all", &octets).keys), all);
    }
}

#[test]
fn messages_and_debug_do_not_show_keys() {
    for scenario in scenarios().into_iter().step_by(7) {
        for file in ["initiator.charon.log", "ip-xfrm-state.txt"] {
            let Some(found) = scenario.read(file) else {
                continue;
            };
            let path = scenario.folder.join("secrets").join(file);
            let text = std::fs::read_to_string(path).expect("secrets");
            // Broken in the middle of every word of hexadecimal digits.
            let broken: String = text
                .lines()
                .map(|line| format!("{}g\n", line.trim_end()))
                .collect();
            let broken = read("broken", broken.as_bytes());
            let shown = format!("{found:?} {:?}", broken.problems).to_lowercase();
            for key in &found.keys {
                for (name, secret) in key.material.values() {
                    let hex = crate::lab::hex(secret);
                    assert!(!shown.contains(&hex), "{} {file}: {name}", scenario.name);
                }
            }
        }
    }
}

/// A generator of numbers without any randomness from outside (xorshift, Marsaglia 2003).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (below as u64)).unwrap_or_default()
    }
}

#[test]
fn changed_files_never_panic() {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut files: Vec<Vec<u8>> = crate::formats::samples()
        .into_iter()
        .map(|sample| sample.as_bytes().to_vec())
        .collect();
    for scenario in scenarios().iter().step_by(29) {
        let log = scenario.folder.join("secrets/initiator.charon.log");
        files.extend(std::fs::read(log));
    }
    for original in &files {
        for _ in 0..15 {
            let mut file = original.clone();
            for _ in 0..=numbers.next(12) {
                let at = numbers.next(file.len());
                match numbers.next(4) {
                    0 => file[at] = u8::try_from(numbers.next(256)).unwrap_or_default(),
                    1 => file.truncate(at.max(1)),
                    2 => {
                        let end = (at + numbers.next(200)).min(file.len());
                        let part = file[at..end].to_vec();
                        let to = numbers.next(file.len());
                        file.splice(to..to, part);
                    }
                    _ => {
                        let end = (at + numbers.next(60)).min(file.len());
                        file.drain(at..end);
                        if file.is_empty() {
                            file.push(b'\n');
                        }
                    }
                }
            }
            let _ = read("changed", &file);
            let _ = read_psks("changed", &file);
        }
    }
}

/// What a dump of many SAs looks like in each regular form; `#` stands for a digit that differs, `~` for an
/// SPI of IKE.
const DUMPS: [&str; 12] = [
    "\"IPv4\",\"192.0.2.1\",\"*\",\"0x########\",\"AES-CBC [RFC3602]\",\"0x################################\",\"NULL\",\"\"\n",
    "################,################,,,\"NULL [RFC2410]\",########################################,########################################,\"HMAC_SHA1_96 [RFC2404]\"\n",
    "################,################################\n",
    "0x########@192.0.2.1 aes128-cbc-hmac96:0x################################\n",
    "ikev2 I 0x~ 0x~ sha1:0x######################################## aes128:0x################################\nikev2 R 0x~ 0x~ sha1:0x######################################## aes128:0x################################\n",
    "src 192.0.2.1 dst 198.51.100.7\n\tproto esp spi 0x######## reqid 1 mode tunnel\n\tenc cbc(aes) 0x################################\n\tsel src 0.0.0.0/0 dst 0.0.0.0/0\n",
    "192.0.2.1 198.51.100.7\n\tesp mode=tunnel spi=7(0x00000007) reqid=0(0x00000000)\n\tE: aes-cbc  ######## ######## ######## ########\n",
    "esp tunnel from 192.0.2.1 to 198.51.100.7 spi 0x######## auth hmac-sha1 enc aes \\\n\tauthkey 0x######################################## \\\n\tenckey 0x################################\n",
    "------\nname=VPN ver=1 serial=1 192.0.2.1:0->198.51.100.7:0\n  SA:  ref=3 esn=0\n  dec: spi=######## esp=aes key=16 ################################\n       ah=null key=0\n  enc: spi=######## esp=aes key=16 ################################\n       ah=null key=0\n",
    " 7 E spi=######## src-address=192.0.2.1 dst-address=198.51.100.7 auth-algorithm=none\n     enc-algorithm=aes-cbc enc-key=\"################################\"\n",
    " iip 192.0.2.1 ispi ################ rip 198.51.100.7 rspi ################\n   encr:aes-cbc-128  prf:hmac-sha2-256  integ:sha1-96\n   SK_d    ################################\n   child sa 0:\n     encr:aes-cbc-128  integ:sha1-96\n     spi(i) ######## spi(r) ########\n     SK_e  i:################################\n           r:################################\n     SK_a  i:########################################\n           r:########################################\n",
    "[[esp-sa]]\nspi = \"0x########\"\nencr = \"AES-CBC\"\nencr_key = \"################################\"\n\n",
];

#[test]
fn keys_left_unread_are_those_that_reading_gives() {
    let mut state = 1_u64;
    let mut digit = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from_digit((state >> 60) as u32, 16).expect("below 16")
    };
    for dump in DUMPS {
        let number = 100_000 / dump.len() as u64;
        let entries = (1..=number).map(|spi| dump.replace('~', &format!("{spi:016x}")));
        let text: String = entries
            .collect::<String>()
            .chars()
            .map(|char| if char == '#' { digit() } else { char })
            .collect();
        let mixed = format!("# notes\n{text}0x12345678@192.0.2.1 aes128-cbc:0x00\n: PSK \"x\"\n");
        // The more threads, the more places where a part may end within an entry.
        for threads in [1, 2, 3, 16] {
            let unread = every_key_is_asked_for(&mixed, threads, dump);
            assert!(unread as u64 > number / 2, "{dump}");
        }
    }
}

/// Holds what is read of a file in parts against what is read of it at once; how many keys were left unread.
fn every_key_is_asked_for(text: &str, threads: usize, what: &str) -> usize {
    let whole = read("dump", text.as_bytes());
    let file = || -> Box<dyn KeyFile> { Box::new(Cursor::new(text.to_owned())) };
    let more = (1..threads).map(|_| file()).collect();
    let (at_once, unread) = sift("dump", file(), more).expect("memory can be read");
    let mut unread = unread.unwrap_or_else(|| panic!("nothing is left unread of {what}"));
    let left = unread.len();
    assert_eq!(at_once.problems, whole.problems, "{what}");
    let mut keys = at_once.keys;
    for key in &whole.keys {
        let (sa, spi) = (key.material.ike_sa(), spi_of(&key.material));
        keys.extend(sa.initiator.into_iter().flat_map(|spi| unread.of_ike(spi)));
        keys.extend(spi.into_iter().flat_map(|spi| unread.of_spi(spi)));
    }
    // An IKE SA that a log names may have no keys in it.
    assert!(unread.is_empty() || what.starts_with("logs"), "{what}");
    keys.sort_by_key(|key| key.source.line);
    // What is repeated in a log for another IKE SA is told once.
    let of_any = |key: &&Key| !matches!(key.material, Material::Psk(_) | Material::Ppk(_));
    let tied = |keys: &[Key]| keys.iter().filter(of_any).cloned().collect::<Vec<_>>();
    let (keys, expected) = (tied(&keys), tied(&whole.keys));
    let odd = keys
        .iter()
        .zip(&expected)
        .find(|(key, expected)| key != expected);
    assert_eq!(odd, None, "{threads} threads: {what}");
    assert_eq!(keys.len(), expected.len(), "{threads} threads: {what}");
    left
}

/// The lines of a log as another thread would write them of IKE SAs with other numbers.
fn renumbered(log: &str, by: usize) -> Vec<String> {
    let mut text = log.to_owned();
    for number in (1..10).rev() {
        for (open, close) in [('|', "> "), ('<', "> "), ('[', "] "), ('[', "]\n")] {
            let new = format!("{open}{}{close}", by * 10 + number);
            text = text.replace(&format!("{open}{number}{close}"), &new);
        }
    }
    for group in ["IKE", "CHD", "ENC", "MGR", "CFG", "NET", "JOB", "KNL"] {
        text = text.replace(&format!("[{group}]"), &format!("{by}[{group}]"));
    }
    text.lines().map(|line| format!("{line}\n")).collect()
}

#[test]
fn lines_of_a_log_belong_to_their_ike_sa() {
    let scenarios = scenarios();
    let logs = scenarios.iter().filter_map(|scenario| {
        let role = ["initiator", "responder"][scenario.name.len() % 2];
        let secrets = scenario.folder.join("secrets");
        fs::read_to_string(secrets.join(format!("{role}.charon.log"))).ok()
    });
    let logs: Vec<String> = logs.collect();
    let anew = "Nov 21 10:00:00 00[JOB] spawning 16 worker threads\n";
    let one_by_one = logs.join(anew);
    assert!(one_by_one.len() > 2 << 20, "too short to be told apart");
    for threads in [1, 3] {
        assert!(every_key_is_asked_for(&one_by_one, threads, "logs one by one") > 500);
    }
    // One daemon does not begin anew among others.
    let logs: Vec<&String> = logs
        .iter()
        .filter(|log| !log.contains("spawning"))
        .collect();
    let mut at_once = String::new();
    for (batch, logs) in logs.chunks(8).enumerate() {
        let logs = logs.iter().enumerate();
        let mut logs: Vec<_> = logs
            .map(|(at, log)| renumbered(log, batch * 8 + at + 1).into_iter())
            .collect();
        while !logs.is_empty() {
            logs.retain_mut(|log| {
                log.by_ref()
                    .take(3)
                    .map(|line| at_once.push_str(&line))
                    .count()
                    > 0
            });
        }
    }
    for threads in [1, 3] {
        assert!(every_key_is_asked_for(&at_once, threads, "logs at once") > 500);
    }
}

fn spi_of(material: &Material) -> Option<Spi> {
    match material {
        Material::EspSa(sa) => sa.spi,
        _ => None,
    }
}
