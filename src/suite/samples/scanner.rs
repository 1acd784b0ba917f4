//! The remote query scanner.

use super::Case;
use crate::fabric::messages::ids::{GenerationalNodeId, KeyRange, PartitionId};
use crate::fabric::messages::scanner::{
    Octets, Predicate, RemoteQueryScannerClose, RemoteQueryScannerClosed, RemoteQueryScannerNext,
    RemoteQueryScannerNextResult, RemoteQueryScannerOpen, RemoteQueryScannerOpened, ScannerBatch,
    ScannerFailure, ScannerId, ScannerOpened,
};

use super::records::EVERY_KEY;

const SCANNER: ScannerId = ScannerId { node: GenerationalNodeId::new(1, 2), id: 77 };

const SCANNER_MAX: ScannerId =
    ScannerId { node: GenerationalNodeId::new(u32::MAX, u32::MAX), id: u64::MAX };

/// Ids of scans, small, usual, where varints grow, and large.
fn scanner_ids() -> [Case<ScannerId>; 4] {
    let varint = ScannerId { node: GenerationalNodeId::new(127, 128), id: 16_512 };
    [
        ("minimal", ScannerId::default()),
        ("typical", SCANNER),
        ("varint", varint),
        ("max", SCANNER_MAX),
    ]
}

fn predicate(bytes: &'static [u8]) -> Option<Predicate> {
    Some(Predicate { serialized_physical_expression: bytes.into() })
}

/// The numbers from 0 on, so many of them, as bytes.
fn counting(len: usize) -> Octets {
    Octets((0..len).map(|i| i as u8).collect::<Vec<_>>().into())
}

pub(super) fn open() -> Vec<Case<RemoteQueryScannerOpen>> {
    type Open = RemoteQueryScannerOpen;
    let state = || Open {
        partition_id: PartitionId(3),
        range: KeyRange { start: 5, end: 6 },
        table: "state".to_owned(),
        projection_schema_bytes: Octets([1].to_vec().into()),
        batch_size: 64,
        ..Open::default()
    };
    vec![
        ("minimal", Open::default()),
        (
            "typical",
            Open {
                range: EVERY_KEY,
                table: "sys_invocation_status".to_owned(),
                projection_schema_bytes: counting(20),
                limit: Some(1000),
                ..state()
            },
        ),
        ("limit-zero", Open { limit: Some(0), batch_size: 1, ..state() }),
        (
            "unicode",
            Open {
                table: "tablé_世界".to_owned(),
                projection_schema_bytes: Octets(vec![0x00, 0xff].into()),
                ..state()
            },
        ),
        (
            "predicate",
            Open {
                limit: Some(5),
                batch_size: 128,
                predicate: predicate(b"\x0a\x02hi"),
                ..state()
            },
        ),
        ("predicate-empty", Open { predicate: predicate(b""), ..state() }),
        ("client-scanner-id", Open { scanner_id: Some(SCANNER), ..state() }),
        ("client-scanner-id-zero", Open { scanner_id: Some(ScannerId::default()), ..state() }),
        (
            "long",
            Open { table: "t".repeat(300), projection_schema_bytes: counting(70_000), ..state() },
        ),
        (
            "max",
            Open {
                partition_id: PartitionId(u16::MAX),
                range: KeyRange { start: u64::MAX, end: u64::MAX },
                table: "t".repeat(300),
                projection_schema_bytes: counting(1024),
                limit: Some(u64::MAX),
                batch_size: u64::MAX,
                predicate: predicate(&[0xff; 300]),
                scanner_id: Some(SCANNER_MAX),
            },
        ),
    ]
}

pub(super) fn opened() -> Vec<Case<RemoteQueryScannerOpened>> {
    let success = |scanner_id| RemoteQueryScannerOpened::Success(ScannerOpened { scanner_id });
    vec![
        ("minimal", RemoteQueryScannerOpened::Failure),
        ("typical", success(SCANNER)),
        ("success-zero", success(ScannerId::default())),
        ("max", success(SCANNER_MAX)),
    ]
}

pub(super) fn next() -> Vec<Case<RemoteQueryScannerNext>> {
    let next = |scanner_id, next_predicate| RemoteQueryScannerNext { scanner_id, next_predicate };
    let mut cases = vec![
        ("predicate", next(SCANNER, predicate(b"\x0a\x02hi"))),
        ("predicate-empty", next(SCANNER, predicate(b""))),
        ("predicate-long", next(SCANNER_MAX, predicate(&[0xff; 300]))),
    ];
    cases.extend(scanner_ids().map(|(case, scanner_id)| (case, next(scanner_id, None))));
    cases
}

pub(super) fn next_result() -> Vec<Case<RemoteQueryScannerNextResult>> {
    use RemoteQueryScannerNextResult::{Failure, NextBatch, NoMoreRecords, NoSuchScanner, Unknown};
    let zero = ScannerId::default();
    let batch = |scanner_id, record_batch| NextBatch(ScannerBatch { scanner_id, record_batch });
    let failure = |scanner_id, message: &str| {
        Failure(ScannerFailure { scanner_id, message: message.to_owned() })
    };
    vec![
        ("empty", Unknown),
        ("minimal", batch(zero, Octets::default())),
        ("typical", batch(SCANNER, counting(64))),
        ("next-batch-empty", batch(SCANNER, Octets::default())),
        ("next-batch-1k", batch(SCANNER, counting(1024))),
        ("next-batch-70k", batch(SCANNER, counting(70_000))),
        ("failure", failure(SCANNER, "scan failed: ключ")),
        ("failure-empty", failure(zero, "")),
        ("no-more", NoMoreRecords(SCANNER)),
        ("no-more-zero", NoMoreRecords(zero)),
        ("no-more-max", NoMoreRecords(SCANNER_MAX)),
        ("no-such", NoSuchScanner(SCANNER)),
        ("no-such-zero", NoSuchScanner(zero)),
        ("no-such-max", NoSuchScanner(SCANNER_MAX)),
        ("max", failure(SCANNER_MAX, &"m".repeat(300))),
    ]
}

pub(super) fn close() -> Vec<Case<RemoteQueryScannerClose>> {
    scanner_ids().map(|(case, scanner_id)| (case, RemoteQueryScannerClose { scanner_id })).to_vec()
}

pub(super) fn closed() -> Vec<Case<RemoteQueryScannerClosed>> {
    scanner_ids().map(|(case, scanner_id)| (case, RemoteQueryScannerClosed { scanner_id })).to_vec()
}
