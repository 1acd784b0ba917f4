//! A testee that has sessions: the first byte of a connection is the highest version of the dialler,
//! the answer is the version of the connection.

use std::collections::BTreeMap;

use serde_json::json;
use skewproof_testee::{Hello, Input, Moved, No, Opening, Role, State, Testee, Verb};

use crate::answers;

/// The sessions that are open.
#[derive(Default)]
pub struct Greeter {
    sessions: BTreeMap<u64, (Role, i32)>,
}

impl Testee for Greeter {
    fn hello(&self) -> Hello {
        Hello {
            verbs: vec![Verb::Open, Verb::Feed, Verb::Drop],
            lanes: vec!["all".to_owned()],
            ..Hello::new("greeting", "our tree", "2.0")
        }
    }

    fn open(&mut self, session: u64, opening: Opening) -> Result<Moved, No> {
        let highest = opening.offer.map_or(2, |offer| *offer.end());
        self.sessions.insert(session, (opening.role, highest));
        let frames = match opening.role {
            Role::Initiator => vec![vec![u8::try_from(highest)?]],
            Role::Acceptor => Vec::new(),
        };
        Ok(Moved::new(frames, State::Waiting))
    }

    fn feed(&mut self, session: u64, input: Input) -> Result<Moved, No> {
        let unknown = || No::Fault(format!("there is no session {session}"));
        let (role, highest) = *self.sessions.get(&session).ok_or_else(unknown)?;
        let offered = match input {
            Input::Frame(frame) => frame.first().copied().unwrap_or_default(),
            Input::Headers => return Ok(Moved::new(Vec::new(), State::Waiting)),
            Input::Close | Input::Break => {
                return Ok(Moved::new(Vec::new(), State::Ended { words: None }));
            }
            Input::Refused { status, words } => {
                let state = State::Refused { status: Some(status), words };
                return Ok(Moved::new(Vec::new(), state));
            }
        };
        if offered == 0 {
            let words = "no version in common".to_owned();
            let state = State::Refused { status: Some(1), words };
            return Ok(Moved::new(Vec::new(), state));
        }
        let version = highest.min(offered.into());
        let answer = vec![u8::try_from(version)?];
        let frames = if role == Role::Acceptor { vec![answer] } else { Vec::new() };
        let lane = (role == Role::Acceptor).then(|| "all".to_owned());
        Ok(Moved::new(frames, State::Agreed { version, lane }))
    }

    fn drop_session(&mut self, session: u64) -> Result<(), No> {
        self.sessions.remove(&session);
        Ok(())
    }
}

#[test]
fn two_sides_agree() {
    let offer = json!({ "min": 1, "max": 7 });
    let lines = [
        json!({ "id": 1, "verb": "open", "session": 1, "role": "initiator", "config": {} }),
        json!({ "id": 2, "verb": "open", "session": 2, "role": "acceptor", "offer": offer }),
        json!({ "id": 3, "verb": "feed", "session": 2, "frame": "02" }),
        json!({ "id": 4, "verb": "feed", "session": 1, "frame": "02" }),
        json!({ "id": 5, "verb": "feed", "session": 1, "close": true }),
        json!({ "id": 6, "verb": "drop", "session": 1 }),
        json!({ "id": 7, "verb": "feed", "session": 1, "close": true }),
    ];
    let lines = lines.map(|line| line.to_string()).join("\n");
    let waiting = json!({ "is": "waiting" });
    let agreed = json!({ "is": "agreed", "version": 2 });
    let accepted = json!({ "is": "agreed", "version": 2, "lane": "all" });
    let expected = [
        json!({ "id": 1, "ok": { "frames": ["02"], "state": waiting } }),
        json!({ "id": 2, "ok": { "frames": [], "state": waiting } }),
        json!({ "id": 3, "ok": { "frames": ["02"], "state": accepted } }),
        json!({ "id": 4, "ok": { "frames": [], "state": agreed } }),
        json!({ "id": 5, "ok": { "frames": [], "state": { "is": "ended" } } }),
        json!({ "id": 6, "ok": {} }),
        json!({ "id": 7, "fault": { "words": "there is no session 1" } }),
    ];
    assert_eq!(answers(Greeter::default(), lines.as_bytes()), expected);
}

#[test]
fn a_question_about_a_session_is_whole_or_a_fault() {
    for members in [
        r#""verb":"open","session":1,"role":"both""#,
        r#""verb":"open","session":1,"role":"acceptor","offer":{"min":1}"#,
        r#""verb":"open","session":1,"role":"acceptor","offer":3"#,
        r#""verb":"open","session":1,"role":"acceptor","lane":3"#,
        r#""verb":"feed","session":1"#,
        r#""verb":"feed","session":1,"frame":"00","close":true"#,
        r#""verb":"feed","session":1,"frame":"0""#,
        r#""verb":"feed","session":1,"refused":{"words":"no"}"#,
        r#""verb":"feed","frame":"00""#,
        r#""verb":"send","session":1"#,
        r#""verb":"send","session":1,"do":"dance""#,
        r#""verb":"send","session":1,"do":"call","message":"A","version":1,"hex":"00""#,
        r#""verb":"send","session":1,"do":"tell","message":"A","hex":"00""#,
        r#""verb":"send","session":1,"do":"reply","message":"A","version":1,"hex":"00""#,
        r#""verb":"send","session":1,"do":"fail","request":1"#,
        r#""verb":"wake","session":1,"ms":-1"#,
        r#""verb":"service","session":1,"service":3"#,
        r#""verb":"service","session":1,"is":"full""#,
        r#""verb":"inform","config":{}"#,
    ] {
        let answers = answers(Greeter::default(), format!("{{\"id\":1,{members}}}").as_bytes());
        assert!(answers[0]["fault"]["words"].is_string(), "{members}: {answers:?}");
    }
}
