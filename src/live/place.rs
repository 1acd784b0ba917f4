//! Places for servers that are started here: ports, folders, and what they are told (05 §1).

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::LiveError;
use super::node::NoNode;

/// The first port of servers, and how many there are: below those that systems give to connections.
const PORTS: (u16, u16) = (16_000, 16_000);
/// Bytes that are tried to be written.
const ROOM_LEN: usize = 64 << 10;
/// Lies between the first ports of two runs.
const SPREAD: u32 = 101;

/// Where a server lives, from one start to the next: its folder, its ports, its cluster.
#[derive(Debug)]
pub(super) struct Place {
    folder: TempDir,
    name: String,
    cluster: String,
    /// Where other nodes reach it.
    fabric: SocketAddr,
    admin: SocketAddr,
    ingress: SocketAddr,
    /// Where it says that it can be reached.
    advertised: SocketAddr,
    /// Where the nodes of its cluster say so.
    members: Vec<SocketAddr>,
    /// Nodes that must have a record before it is acknowledged; none in a cluster of one.
    replication: Option<u32>,
    /// How many partitions the cluster has.
    partitions: u16,
    starts: AtomicU32,
}

impl Place {
    /// A free place for a node of a cluster; it is alone there until it is told of others.
    pub(super) fn free(name: &str, cluster: &str) -> Result<Self, LiveError> {
        let no_place = |why| LiveError::from(NoNode::NoPlace(why));
        let folder = tempfile::Builder::new().prefix("skewproof-live-").tempdir();
        let folder = folder.map_err(no_place)?;
        let [fabric, admin, ingress] = free_ports().map_err(no_place)?.map(local);
        Ok(Self {
            folder,
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            fabric,
            admin,
            ingress,
            advertised: fabric,
            members: vec![fabric],
            replication: None,
            partitions: 1,
            starts: AtomicU32::new(0),
        })
    }

    /// Where it listens to other nodes.
    pub(super) const fn fabric(&self) -> SocketAddr {
        self.fabric
    }

    /// Where it is asked questions of operators.
    pub(super) const fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Where it takes what users ask.
    pub(super) const fn ingress(&self) -> SocketAddr {
        self.ingress
    }

    /// Whether there is room left: a server whose disk is full does what no release does.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(super) fn has_room(&self) -> Result<(), LiveError> {
        let folder = self.folder.path();
        let written = tempfile::tempfile_in(folder).and_then(|mut it| it.write_all(&[0; ROOM_LEN]));
        written.map_err(|why| {
            let words = format!("{}: {why}", folder.display());
            NoNode::NoPlace(io::Error::new(why.kind(), words)).into()
        })
    }

    /// What it keeps from one start to the next.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The log of the next start.
    pub(super) fn next_log(&self) -> PathBuf {
        let start = self.starts.fetch_add(1, Ordering::Relaxed) + 1;
        self.folder.path().join(format!("log-{start}"))
    }

    /// The place in a cluster: what stands there for each of its nodes, itself among them.
    #[must_use]
    pub(super) fn among(self, members: &[SocketAddr], own: usize) -> Self {
        let advertised = members.get(own).copied().unwrap_or(self.advertised);
        Self { advertised, members: members.to_vec(), replication: Some(2), ..self }
    }

    /// The place in a cluster whose first member has all there is; its own, if it says that it can be
    /// reached there.
    #[must_use]
    pub(super) fn beside(self, first: SocketAddr, advertised: SocketAddr) -> Self {
        Self { advertised, members: vec![first], replication: Some(1), ..self }
    }

    /// The place in a cluster of so many partitions.
    #[must_use]
    pub(super) fn divided(self, partitions: u16) -> Self {
        Self { partitions, ..self }
    }

    /// What a server is told of it (05 §1). The first member makes the cluster.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let url = |socket: &SocketAddr| format!("http://{socket}/");
        let quoted = |socket: &SocketAddr| format!("{:?}", url(socket));
        let members: Vec<String> = self.members.iter().map(quoted).collect();
        let mut settings = vec![
            ("DO_NOT_TRACK", "1".to_owned()),
            ("RESTATE_DISABLE_TELEMETRY", "true".to_owned()),
            ("RESTATE_NODE_NAME", self.name.clone()),
            ("RESTATE_CLUSTER_NAME", self.cluster.clone()),
            ("RESTATE_BIND_ADDRESS", self.fabric.to_string()),
            ("RESTATE_ADVERTISED_ADDRESS", url(&self.advertised)),
            ("RESTATE_METADATA_CLIENT__ADDRESSES", format!("[{}]", members.join(","))),
            ("RESTATE_ADMIN__BIND_ADDRESS", self.admin.to_string()),
            ("RESTATE_INGRESS__BIND_ADDRESS", self.ingress.to_string()),
            ("RESTATE_DEFAULT_NUM_PARTITIONS", self.partitions.to_string()),
            ("RESTATE_LISTEN_MODE", "tcp".to_owned()),
            ("RESTATE_LOG_FILTER", "error".to_owned()),
            ("RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE", "64 MiB".to_owned()),
            ("RESTATE_SHUTDOWN_TIMEOUT", "2s".to_owned()),
        ];
        if let Some(replication) = self.replication {
            let makes_it = self.members.first() == Some(&self.advertised);
            settings.extend([
                ("RESTATE_AUTO_PROVISION", makes_it.to_string()),
                ("RESTATE_DEFAULT_REPLICATION", replication.to_string()),
                ("RESTATE_GOSSIP_SUSPECT_INTERVAL", "500ms".to_owned()),
                ("RESTATE_NETWORKING__DISABLE_COMPRESSION", "true".to_owned()),
            ]);
        }
        settings
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Ports that nobody listens at, and that systems give to no connection: a server that is down for a moment
/// has its own again.
fn free_ports() -> io::Result<[u16; 3]> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(SPREAD);
    let mut ports = [0; 3];
    for port in &mut ports {
        let free = (0..u32::from(PORTS.1)).find_map(|_| {
            let next = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
            let offset = u16::try_from(next % u32::from(PORTS.1)).ok()?;
            let port = PORTS.0 + offset;
            TcpListener::bind(local(port)).ok().map(|_| port)
        });
        *port = free.ok_or(io::ErrorKind::AddrInUse)?;
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_differ_and_are_given_to_no_connection() {
        let all: Vec<u16> = (0..3).flat_map(|_| free_ports().unwrap()).collect();
        let different: std::collections::BTreeSet<&u16> = all.iter().collect();
        assert_eq!(different.len(), 9);
        assert!(all.iter().all(|port| (PORTS.0..32_768).contains(port)), "{all:?}");
    }
}
