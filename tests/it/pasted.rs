//! What stands in notes of findings to be pasted into tests, as it is: `fuzz.rs` compares it.

#[test]
fn decode_holds() {
    // GetLogletInfo of 1.2 at V1
    // GetLogletInfo(
    //     GetLogletInfo {
    //         header: LogServerRequestHeader {
    //             loglet_id: LogletId(
    //                 4294967298,
    //             ),
    //             known_global_tail: LogletOffset(
    //                 500,
    //             ),
    //         },
    //     },
    // )
    // skewproof explain --message GetLogletInfo --release 1.2 --protocol 1 686561646572006c6f676c65745f6964006b6e6f776e5f676c6f62616c5f7461696c0002131e0000040000000000000001000000000000000200000000000000f40100000000000002000000010000000b0b01530101011727022401
    // skewproof decode GetLogletInfo --release 1.2 --protocol 1 686561646572006c6f676c65745f6964006b6e6f776e5f676c6f62616c5f7461696c0002131e0000040000000000000001000000000000000200000000000000f40100000000000002000000010000000b0b01530101011727022401
    let input = b"\x0d\x00\x01header\x00loglet_id\x00\
      known_global_tail\x00\x02\x13\
      \x1e\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02\
      \x00\x00\x00\x00\x00\x00\x00\xf4\x01\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x01\
      \x00\x00\x00\x0b\x0b\x01S\x01\x01\x01\x17'\x02$\x01";
    let target = skewproof::suite::fuzz::target("decode").unwrap();
    let mut features = skewproof::harness::fuzz::Features::new();
    assert_eq!((target.body)(input, &mut features), Ok(()));
}

#[test]
fn frame_holds() {
    // Message of 1.7
    // malformed restate.network.Message of release 1.7: Message.body: buffer underflow
    // skewproof explain --frame --release 1.7 0a02100312202261206c69746572616c22206f66205c2074776f206c696e6573ff
    let input = b"\x05\x00!\x0a\x02\x10\x03\x12 \"a literal\"\
      \x20of \\ two lines\xff";
    let target = skewproof::suite::fuzz::target("frame").unwrap();
    let mut features = skewproof::harness::fuzz::Features::new();
    assert_eq!((target.body)(input, &mut features), Ok(()));
}

#[test]
fn roundtrip_holds() {
    // 1.7 at V2
    // GetNodeState(
    //     GetNodeState,
    // )
    // skewproof encode GetNodeState --release 1.7 --protocol 2 '{}'
    let input = b"\x03\x05\x05\x02 what it is draw\
      n from";
    let target = skewproof::suite::fuzz::target("roundtrip").unwrap();
    let mut features = skewproof::harness::fuzz::Features::new();
    assert_eq!((target.body)(input, &mut features), Ok(()));
}
