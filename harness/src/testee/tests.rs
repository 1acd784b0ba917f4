//! Programs that behave, and programs that do not, each a few lines of `sh`.

#![cfg(unix)]
// The exception that clippy makes for tests ends at the functions that they share.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

const HELLO: &str = r#"{"testee":1,"protocol":"p","name":"toy","release":"1","language":"sh","verbs":["reencode"],"messages":[{"name":"A","min":1,"max":2},{"name":"F"}]}"#;

/// What an answer may take on a busy machine.
const QUESTION: Duration = Duration::from_secs(3);

/// A testee that says hello, and then does what the body does with `$line` and its `$id`.
fn script(body: &str) -> Launch {
    let script = format!(
        "while IFS= read -r line; do\n\
         id=${{line#*\\\"id\\\":}}; id=${{id%%,*}}\n\
         case $line in\n\
         *hello*) echo \"{{\\\"id\\\":$id,\\\"ok\\\":\"'{HELLO}'\"}}\" ;;\n\
         *) {body} ;;\n\
         esac\n\
         done"
    );
    let words = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
    let mut launch = Launch::of_words("toy", words).unwrap();
    launch.limits.question = QUESTION;
    launch
}

fn ask(launch: Launch, members: &[(&str, Json)]) -> (Result<Json, No>, Testee) {
    let testee = Testee::start(launch).unwrap();
    (testee.ask("reencode", members), testee)
}

const ECHO: &str = r#"echo "{\"id\":$id,\"ok\":{\"hex\":\"00\"}}""#;

#[test]
fn a_testee_says_who_it_is_and_answers() {
    let (answer, testee) = ask(script(ECHO), &[("message", "A".into())]);
    assert_eq!(answer, Ok(json!({ "hex": "00" })));
    assert_eq!((testee.hello().name.as_str(), testee.hello().release.as_str()), ("toy", "1"));
    let has = |message, version| testee.hello().has(message, version);
    assert!(has("A", Some(2)) && !has("A", Some(3)) && !has("A", None) && has("F", None));
    // The same question goes over the pipe once; the first of 64 twice.
    assert_eq!(testee.asked().questions, 1);
    assert!(testee.ask("reencode", &[("message", "A".into())]).is_ok());
    assert_eq!(testee.asked(), Asked { questions: 1, deaths: 0 });
}

#[test]
fn what_is_on_standard_output_beside_answers_is_passed_over() {
    let (answer, _) = ask(script(&format!("echo debug; echo; {ECHO}")), &[]);
    assert!(answer.is_ok(), "{answer:?}");
}

#[test]
fn refusals_and_panics_are_told_apart() {
    let refused = r#"echo "{\"id\":$id,\"refused\":{\"words\":\"too short\"}}""#;
    assert_eq!(ask(script(refused), &[]).0, Err(No::Refused("too short".to_owned())));
    for wordless in [r#"{}"#, r#"{\"words\":7}"#, r#"{\"code\":\"short\"}"#] {
        let refused = format!(r#"echo "{{\"id\":$id,\"refused\":{wordless}}}""#);
        let (answer, _) = ask(script(&refused), &[]);
        assert!(matches!(answer, Err(No::Broke(_))), "{answer:?}");
    }
    let panicked = r#"echo "{\"id\":$id,\"panicked\":{\"words\":\"oh\",\"place\":\"a.rs:1\"}}""#;
    let expected = Panicked { message: "oh".to_owned(), location: "a.rs:1".to_owned() };
    assert_eq!(ask(script(panicked), &[]).0, Err(No::Broke(Breach::Panicked(expected))));
}

/// What a question kills is that question's, and the next one is answered by a new process.
#[test]
fn deaths_and_hangs_are_of_one_question() {
    let dies =
        format!("case $line in *bad*) echo last words >&2; kill -ABRT $$ ;; *) {ECHO} ;; esac");
    let (answer, testee) = ask(script(&dies), &[("message", "bad".into())]);
    let Err(No::Broke(Breach::Died(how))) = &answer else { panic!("{answer:?}") };
    assert!(how.contains("signal: 6") && how.contains("last words"), "{how}");
    assert!(testee.ask("reencode", &[("message", "good".into())]).is_ok());
    assert_eq!(testee.ask("reencode", &[("message", "bad".into())]), answer);
    assert_eq!(testee.asked().deaths, 1, "what is known is not asked again");

    let hangs = format!("case $line in *bad*) sleep 60 ;; *) {ECHO} ;; esac");
    let (answer, testee) = ask(script(&hangs), &[("message", "bad".into())]);
    assert_eq!(answer, Err(No::Broke(Breach::Hung(QUESTION))));
    assert!(testee.ask("reencode", &[("message", "good".into())]).is_ok());
}

/// One that does not read what it is asked.
#[test]
fn a_question_that_nobody_reads_hangs_in_time() {
    let deaf = Testee::start(script("sleep 60")).unwrap();
    let long = |len| [("hex", Json::from("00".repeat(len)))];
    assert!(matches!(deaf.ask("reencode", &[]), Err(No::Broke(Breach::Hung(_)))));
    assert!(matches!(deaf.ask("reencode", &long(1 << 20)), Err(No::Broke(Breach::Hung(_)))));
    // It reads what is longer than a pipe holds, byte by byte.
    let mut launch = script(ECHO);
    launch.limits.question = Duration::from_secs(20);
    assert!(Testee::start(launch).unwrap().ask("reencode", &long(100_000)).is_ok());
}

#[test]
fn what_is_no_answer_is_a_fault_of_the_testee_and_ends_it() {
    for (body, words) in [
        (r#"echo '{"id":77,"ok":{}}'"#, "answers another"),
        (r#"echo '{"id":'"#, "no JSON"),
        (r#"echo "{\"id\":$id}""#, "not one of ok"),
        (r#"echo "{\"id\":$id,\"ok\":{},\"fault\":{}}""#, "not one of ok"),
        (r#"echo "{\"id\":$id,\"fault\":{\"words\":\"no library\"}}""#, "no library"),
        (r#"echo "{\"id\":$id,\"unsupported\":{\"words\":\"no A\"}}""#, "its hello says it can"),
        ("printf '{\\377}\\n'", "UTF-8"),
        ("i=0; while [ $i -lt 1000 ]; do echo x; i=$((i+1)); done", "lines that are no answer"),
    ] {
        let (answer, testee) = ask(script(body), &[]);
        assert!(matches!(answer, Err(No::Broke(Breach::NotTried(_)))), "{body}: {answer:?}");
        assert!(testee.fault().is_some_and(|fault| fault.contains(words)), "{:?}", testee.fault());
        assert_eq!(testee.ask("reencode", &[("message", "A".into())]), answer);
    }
}

/// An answer that comes twice is one too many for the next question.
#[test]
fn an_answer_too_many_is_a_fault() {
    let (answer, testee) = ask(script(&format!("{ECHO}; {ECHO}")), &[]);
    assert!(matches!(answer, Err(No::Broke(Breach::NotTried(_)))), "{answer:?}");
    assert!(testee.fault().is_some());
}

#[test]
fn another_answer_to_the_same_question_is_a_finding() {
    let unsteady = r#"n=$((n+1)); echo "{\"id\":$id,\"ok\":{\"hex\":\"0$n\"}}""#;
    let (answer, _) = ask(script(unsteady), &[]);
    assert!(matches!(answer, Err(No::Broke(Breach::Unsteady(_)))), "{answer:?}");
}

#[test]
fn what_does_not_say_hello_is_no_testee() {
    for (command, words) in [
        ("exit 3", "exit status: 3"),
        ("echo no such library >&2; exit 1", "no such library"),
        ("echo '{\"id\":0,\"ok\":{}}'; cat >/dev/null", "no member"),
        ("cat", "it answers"),
        ("exec sleep 60", "no answer within"),
    ] {
        let words_of = ["/bin/sh", "-c", command].map(str::to_owned).to_vec();
        let mut launch = Launch::of_words("bad", words_of).unwrap();
        let is_silent = command.contains("sleep");
        launch.limits.start = Duration::from_millis(if is_silent { 300 } else { 20_000 });
        let Err(error) = Testee::start(launch) else { panic!("{command}") };
        assert!(error.to_string().contains(words), "{command}: {error}");
    }
}

#[test]
fn who_is_silent_is_started_once_and_who_dies_again() {
    let folder = tempfile::tempdir().unwrap();
    for (ends, starts) in [("exec sleep 60", 1), ("exit 3", STARTS_MAX)] {
        let note = folder.path().join(starts.to_string());
        let command = format!("echo >>{}; {ends}", note.display());
        let words = ["/bin/sh", "-c", &command].map(str::to_owned).to_vec();
        let mut launch = Launch::of_words("bad", words).unwrap();
        launch.limits.start = Duration::from_secs(2);
        assert!(Testee::start(launch).is_err());
        assert_eq!(std::fs::read_to_string(note).unwrap().lines().count(), starts, "{ends}");
    }
}

/// What has died too often is not started for ever.
#[test]
fn after_a_hundred_deaths_the_rest_is_not_tried() {
    let testee = Testee::start(script("exit 9")).unwrap();
    for number in 0..DEATHS_MAX + 5 {
        let answer = testee.ask("reencode", &[("version", number.into())]);
        let is_tried = !matches!(answer, Err(No::Broke(Breach::NotTried(_))));
        assert_eq!(is_tried, number < DEATHS_MAX, "{number}: {answer:?}");
    }
    assert_eq!(testee.asked().deaths, DEATHS_MAX);
}

#[test]
fn who_takes_too_much_memory_dies_alone() {
    let mut launch = script("s=x; while :; do s=$s$s; done");
    launch.limits.memory = Some(512 << 20);
    launch.limits.question = Duration::from_secs(20);
    let (answer, testee) = ask(launch, &[]);
    assert!(matches!(answer, Err(No::Broke(Breach::Died(_)))), "{answer:?}");
    assert_eq!(testee.asked().deaths, 1);
}

/// What one closes, says half of, or says too much of is its own death or hang, and no other question's.
#[test]
fn odd_ends_are_of_one_question() {
    let good = |body: &str| format!("case $line in *bad*) {body} ;; *) {ECHO} ;; esac");
    for (body, words) in [
        ("exec >&-; sleep 60", "closed its output"),
        (r#"printf '{"id":1,"ok'; exit 7"#, "exit status: 7"),
        (r#"printf '{"id":1,"ok'; sleep 60"#, "not done within"),
        ("trap '' TERM INT HUP; sleep 60; sleep 60", "not done within"),
        ("sleep 60; echo late", "not done within"),
        ("exit 0", "exit status: 0"),
    ] {
        let mut launch = script(&good(body));
        launch.limits.question = Duration::from_secs(1);
        let (answer, testee) = ask(launch, &[("message", "bad".into())]);
        let Err(No::Broke(breach)) = &answer else { panic!("{body}: {answer:?}") };
        assert!(breach.to_string().contains(words), "{body}: {breach}");
        assert!(testee.ask("reencode", &[("message", "good".into())]).is_ok(), "{body}");
        assert_eq!((testee.fault(), testee.asked().deaths), (None, 1), "{body}");
    }
}

/// Standard error is read whoever fills it, and the end of it is kept.
#[test]
fn nobody_waits_for_standard_error() {
    let noisy = format!(
        "i=0; while [ $i -lt 3000 ]; do echo \"$i {}\" >&2; i=$((i+1)); done; {ECHO}",
        "x".repeat(100)
    );
    let mut launch = script(&noisy);
    launch.limits.question = Duration::from_secs(20);
    let (answer, testee) = ask(launch, &[]);
    assert!(answer.is_ok(), "{answer:?}");
    let process = testee.take().unwrap().process;
    let until = Instant::now() + Duration::from_secs(5);
    while !process.said().contains("2999 x") && Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
    let said = process.said();
    assert!(said.len() <= 64 << 10 && said.contains("2999 x"), "{} bytes", said.len());
}

/// What is foreseen is not asked again; a batch that comes to nothing is asked one by one.
#[test]
fn many_questions_are_asked_at_once() {
    let lines = || (0..3).map(|n| question("reencode", &[("version", n.into())]));
    let known = |testee: &Testee| {
        (1..3).filter(|n| testee.ask("reencode", &[("version", (*n).into())]).is_ok()).count()
    };
    let answers = r#"{\"id\":0,\"ok\":{\"hex\":\"01\"}},{\"id\":1,\"refused\":{\"words\":\"no\"}}"#;
    let batch = format!(r#"echo "{{\"id\":$id,\"ok\":{{\"answers\":[{answers}]}}}}""#);
    for (body, asked, good) in [(batch.as_str(), 2, 1), ("exit 3", 2, 2)] {
        let hello = HELLO.replace("[\"reencode\"]", "[\"reencode\",\"batch\"]");
        let mut launch = script(&format!("case $line in *batch*) {body} ;; *) {ECHO} ;; esac"));
        launch.arguments.iter_mut().for_each(|it| *it = it.replace(HELLO, &hello));
        let testee = Testee::start(launch).unwrap();
        testee.foresee(lines(), || true);
        assert_eq!(testee.asked().questions, 0, "{body}: it was enough before");
        testee.foresee(lines(), || false);
        assert_eq!(testee.asked().questions, if body == batch { 2 } else { 0 }, "{body}");
        assert_eq!((known(&testee), asked), (good, testee.asked().questions), "{body}");
        assert_eq!(testee.asked().deaths, 0, "{body}: nobody was asked who died");
    }
    // Who does not offer it is not asked so.
    let testee = Testee::start(script(ECHO)).unwrap();
    testee.foresee(lines(), || false);
    assert_eq!(testee.asked().questions, 0);
}

/// Whoever panics in the middle of a conversation leaves the place in the pool to others.
#[test]
fn who_panics_gives_the_place_back() {
    let mut launch = script(ECHO);
    launch.limits.processes = 1;
    let testee = Testee::start(launch).unwrap();
    let panics = || testee.converse::<()>(|_| panic!("on purpose"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
    let (sender, answers) = std::sync::mpsc::channel();
    thread::spawn(move || sender.send(testee.ask("reencode", &[]).is_ok()));
    assert_eq!(answers.recv_timeout(Duration::from_secs(20)), Ok(true));
}

/// No limit is longer than a clock can tell.
#[test]
fn the_longest_limit_is_one() {
    let mut launch = script(ECHO);
    (launch.limits.start, launch.limits.question) = (Duration::MAX, Duration::MAX);
    assert!(ask(launch, &[]).0.is_ok());
}

/// What a testee has started goes with it.
#[test]
fn nobody_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let forks = format!("sleep 60 & echo $! >{}; {ECHO}", file.display());
    let (answer, testee) = ask(script(&forks), &[]);
    assert!(answer.is_ok(), "{answer:?}");
    drop(testee);
    let pid = std::fs::read_to_string(&file).unwrap();
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    let is_gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
        stat.map_or(true, |stat| stat.contains(") Z "))
    };
    let until = Instant::now() + Duration::from_secs(5);
    while !is_gone() && Instant::now() < until {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(is_gone());
}

/// One that dies and leaves a child which holds its output open has died, and does not hang.
#[test]
fn who_dies_beside_a_child_has_died() {
    let forks = "sleep 60 & kill -9 $$";
    let (answer, testee) = ask(script(forks), &[]);
    let Err(No::Broke(Breach::Died(how))) = answer else { panic!("{answer:?}") };
    assert!(how.contains("signal: 9"), "{how}");
    assert_eq!(testee.asked().deaths, 1);
}

#[test]
fn many_ask_at_once() {
    let testee = Arc::new(Testee::start(script(ECHO)).unwrap());
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let testee = Arc::clone(&testee);
            thread::spawn(move || {
                (0..20).all(|version| {
                    let members = [("message", Json::from(number)), ("version", version.into())];
                    testee.ask("reencode", &members).is_ok()
                })
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap()));
    assert_eq!(testee.asked(), Asked { questions: 160, deaths: 0 });
}

#[test]
fn a_conversation_is_with_one_process() {
    let counts = r#"n=$((n+1)); echo "{\"id\":$id,\"ok\":{\"n\":$n}}""#;
    let mut launch = script(counts);
    launch.limits.processes = 2;
    let testee = Testee::start(launch).unwrap();
    let said =
        testee.converse(|ask| (0..3).map(|_| ask("feed", &[])).collect::<Result<Vec<_>, _>>());
    assert_eq!(said, Ok(vec![json!({"n":1}), json!({"n":2}), json!({"n":3})]));
}

/// Answers with the number of the question since a session was opened.
const COUNTS: &str = r#"case $line in *open*) n=0 ;; esac
n=$((n+1)); echo "{\"id\":$id,\"ok\":{\"n\":$n}}""#;

fn number(conversation: &mut Conversation, verb: &str) -> u64 {
    let answer = conversation.ask(verb, &[("session", 1.into())]).unwrap();
    answer["n"].as_u64().unwrap()
}

/// To another process all is said again that was said before.
#[test]
fn a_copy_of_a_conversation_goes_its_own_way() {
    let testee = Arc::new(Testee::start(script(COUNTS)).unwrap());
    let mut one = Conversation::new(Arc::clone(&testee));
    assert_eq!(number(&mut one, "open"), 1);
    let mut other = one.clone();
    let counted = (number(&mut one, "feed"), number(&mut other, "feed"), number(&mut one, "feed"));
    assert_eq!(counted, (2, 2, 3));
    assert_eq!(testee.asked(), Asked { questions: 5, deaths: 0 });
}

/// More conversations than processes: who has had one for long gives it up, and loses nothing.
#[test]
fn many_conversations_share_processes() {
    let testee = Arc::new(Testee::start(script(COUNTS)).unwrap());
    let mut all: Vec<_> = (0..20).map(|_| Conversation::new(Arc::clone(&testee))).collect();
    for (verb, expected) in [("open", 1), ("feed", 2), ("feed", 3)] {
        let counted = all.iter_mut().map(|it| number(it, verb));
        assert!(counted.eq(std::iter::repeat_n(expected, 20)), "{verb} {expected}");
    }
    assert_eq!(testee.asked().deaths, 0);
}

/// Both of two copies lose the process that they had together: neither goes on in that of the other.
#[test]
fn copies_that_lose_their_process_stay_apart() {
    let testee = Arc::new(Testee::start(script(COUNTS)).unwrap());
    let mut one = Conversation::new(Arc::clone(&testee));
    number(&mut one, "open");
    let mut other = one.clone();
    assert_eq!(number(&mut one, "feed"), 2);
    let mut all: Vec<_> = (0..20).map(|_| Conversation::new(Arc::clone(&testee))).collect();
    all.iter_mut().for_each(|it| assert_eq!(number(it, "open"), 1));
    // Begun anew by its owner alone: told of the other one, it would count from there.
    assert_eq!(number(&mut other, "open"), 1);
    assert_eq!(number(&mut one, "feed"), 3);
    assert_eq!(number(&mut other, "feed"), 2);
}

/// What comes otherwise when all is said again is a violation, and what dies is charged.
#[test]
fn a_conversation_comes_to_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("n");
    let file = file.display();
    let counts = format!(
        r#"n=$(cat {file} 2>/dev/null || echo 0); n=$((n+1)); echo $n >{file}; echo "{{\"id\":$id,\"ok\":{{\"n\":$n}}}}""#
    );
    let testee = Arc::new(Testee::start(script(&counts)).unwrap());
    let mut one = Conversation::new(Arc::clone(&testee));
    number(&mut one, "open");
    let mut other = one.clone();
    number(&mut one, "feed");
    let again = other.ask("feed", &[]);
    assert!(matches!(again, Err(No::Broke(Breach::Unsteady(_)))), "{again:?}");

    let testee = Arc::new(Testee::start(script("exit 3")).unwrap());
    let died = Conversation::new(Arc::clone(&testee)).ask("open", &[]);
    assert!(matches!(died, Err(No::Broke(Breach::Died(_)))), "{died:?}");
    assert_eq!(testee.asked().deaths, 1);
}
