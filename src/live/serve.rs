//! The model of a release as a server, for whoever dials.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use tokio::time::sleep;

use super::accept::Acceptor;
use super::address::Address;
use super::probe::{GLANCE, runtime};
use super::{LiveError, Stop};
use crate::suite::live::Model;

/// Serves until somebody wants an end. `listens` is told where, and `compressed` is told when a peer first
/// compresses what it says, which is not undone.
///
/// # Errors
///
/// If the address cannot be had.
pub fn serve(
    address: &Address,
    model: Model,
    cluster: &str,
    stop: &Stop,
    listens: impl FnOnce(SocketAddr),
    compressed: impl FnOnce(),
) -> Result<(), LiveError> {
    runtime()?.block_on(async {
        let acceptor = Acceptor::bind(address, model, cluster).await?;
        listens(acceptor.socket()?);
        let is_compressed = acceptor.is_compressed();
        tokio::spawn(acceptor.serve());
        let mut compressed = Some(compressed);
        while !stop.is_wanted() {
            sleep(GLANCE).await;
            if is_compressed.load(Ordering::Relaxed)
                && let Some(compressed) = compressed.take()
            {
                compressed();
            }
        }
        Ok(())
    })
}
