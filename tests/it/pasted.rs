//! What stands in notes of findings to be pasted into tests, as it is: `fuzz.rs` compares it.

#[test]
fn decode_holds() {
    use skewproof::suite::fuzz::case::*;
    // skewproof explain --message GetLogletInfo --release 1.2 --protocol 1 686561646572006c6f676c65745f6964006b6e6f776e5f676c6f62616c5f7461696c0002131e0000040000000000000001000000000000000200000000000000f40100000000000002000000010000000b0b01530101011727022401
    // skewproof decode GetLogletInfo --release 1.2 --protocol 1 686561646572006c6f676c65745f6964006b6e6f776e5f676c6f62616c5f7461696c0002131e0000040000000000000001000000000000000200000000000000f40100000000000002000000010000000b0b01530101011727022401
    let case = Decode {
        message: Chosen(MessageType::GetLogletInfo),
        release: Chosen("1.2".parse().unwrap()),
        number: Chosen(1),
        payload: Raw::new(b"header\x00loglet_id\x00kno\
              wn_global_tail\x00\x02\x13\x1e\x00\x00\
              \x04\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\
              \x00\x00\x00\x00\xf4\x01\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\
              \x0b\x0b\x01S\x01\x01\x01\x17'\x02$\x01"),
    };
    assert_eq!(run("decode", case), Ok(()));
}

#[test]
fn frame_holds() {
    use skewproof::suite::fuzz::case::*;
    // skewproof explain --frame --release 1.7 0a02100312202261206c69746572616c22206f66205c2074776f206c696e6573ff
    let case = Framed {
        release: Chosen("1.7".parse().unwrap()),
        of: Chosen(EnvelopeType::Message),
        lies: Bits(0b00100001),
        bytes: Raw::new(b"\x0a\x02\x10\x03\x12 \"a literal\" of\
              \x20\\ two lines\xff"),
    };
    assert_eq!(run("frame", case), Ok(()));
}

#[test]
fn roundtrip_holds() {
    use skewproof::suite::fuzz::case::*;
    // skewproof encode GetLogletInfo --release 1.7 --protocol 2 '{"header":{"known_global_tail":119,"loglet_id":32}}'
    let case = Roundtrip {
        value: Value::json(MessageType::GetLogletInfo, "1.7".parse().unwrap(), r#"{
          "header": {
            "known_global_tail": 119,
            "loglet_id": 32
          }
        }"#).unwrap(),
        release: Chosen("1.7".parse().unwrap()),
        number: Chosen(2),
    };
    assert_eq!(run("roundtrip", case), Ok(()));
}

#[test]
fn cross_holds() {
    use skewproof::suite::fuzz::case::*;
    // skewproof encode Gossip --release 1.6 --protocol 2 '{"flags":{"bits":0},"instance_ts":41255398541566593,"nodes":[],"partitions":[],"sent_at":0}'
    let case = Cross {
        value: Value::json(MessageType::Gossip, "1.7".parse().unwrap(), r#"{
          "flags": {
            "bits": 0
          },
          "instance_ts": 41255398541566593,
          "nodes": [],
          "partitions": [],
          "sent_at": 0
        }"#).unwrap(),
        writer: Chosen("1.6".parse().unwrap()),
        reader: Chosen("1.4".parse().unwrap()),
        number: Chosen(2),
    };
    assert_eq!(run("cross", case), Ok(()));
}

#[test]
fn differential_holds() {
    use skewproof::suite::fuzz::case::*;
    // skewproof explain --frame --release 1.7 0a021003
    let case = Differential {
        taken: Frame(
            Chosen(EnvelopeType::Message),
        ),
        release: Chosen("1.7".parse().unwrap()),
        number: Chosen(2),
        bytes: Raw::new(b"\x0a\x02\x10\x03"),
    };
    assert_eq!(run("differential", case), Ok(()));
}

#[test]
fn explain_holds() {
    use skewproof::suite::fuzz::case::*;
    // skewproof explain 012401
    let case = Explain {
        taken: Flexbuffer(
            Chosen(MessageType::GetLogletInfo),
        ),
        release: Chosen("1.7".parse().unwrap()),
        number: Chosen(3),
        bytes: Raw::new(b"\x01$\x01"),
    };
    assert_eq!(run("explain", case), Ok(()));
}

#[test]
fn negotiate_holds() {
    use skewproof::suite::fuzz::case::*;
    let case = Negotiate {
        accepts: Chosen("1.7".parse().unwrap()),
        dials: Chosen("1.4".parse().unwrap()),
        offered: VersionRange {
            min: 1,
            max: 2147483647,
        },
        faults: Bits(0b00001000),
        is: Bits(0b00100001),
        knows: Bits(0b00000011),
    };
    assert_eq!(run("negotiate", case), Ok(()));
}

#[test]
fn handshake_holds() {
    use skewproof::suite::fuzz::case::*;
    let case = Handshake {
        sides: Negotiate {
            accepts: Chosen("1.4".parse().unwrap()),
            dials: Chosen("1.4".parse().unwrap()),
            offered: VersionRange {
                min: 1,
                max: 2,
            },
            faults: Bits(0b00000000),
            is: Bits(0b00000000),
            knows: Bits(0b00000000),
        },
        steps: Script(vec![
            ToAcceptor(
                Raw::new(b"\x0a\x00"),
            ),
            Silence,
            Refusal(
                9,
            ),
            End,
        ]),
    };
    assert_eq!(run("handshake", case), Ok(()));
}

#[test]
fn session_holds() {
    use skewproof::suite::fuzz::case::*;
    let case = Session {
        dials: Chosen("1.4".parse().unwrap()),
        accepts: Chosen("1.7".parse().unwrap()),
        lane: Bits(0b00000001),
        operations: Script(vec![
            Operation {
                side: 0,
                link: 0,
                event: Settle,
            },
            Operation {
                side: 1,
                link: 1,
                event: Call(
                    Bits(0b00000101),
                ),
            },
            Operation {
                side: 1,
                link: 0,
                event: Inject(
                    Raw::new(b"\x0a\x00\x12\x00"),
                ),
            },
            Operation {
                side: 0,
                link: 0,
                event: Duplicate,
            },
            Operation {
                side: 0,
                link: 0,
                event: Wait(
                    10,
                ),
            },
        ]),
    };
    assert_eq!(run("session", case), Ok(()));
}
