//! The model of a release as a server, for whoever dials.

use std::net::SocketAddr;

use tokio::time::sleep;

use super::accept::Acceptor;
use super::address::Address;
use super::probe::{GLANCE, runtime};
use super::{LiveError, Stop};
use crate::suite::live::Model;

/// Serves until somebody wants an end. `listens` is told where.
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
) -> Result<(), LiveError> {
    runtime()?.block_on(async {
        let acceptor = Acceptor::bind(address, model, cluster).await?;
        listens(acceptor.socket()?);
        tokio::spawn(acceptor.serve());
        while !stop.is_wanted() {
            sleep(GLANCE).await;
        }
        Ok(())
    })
}
