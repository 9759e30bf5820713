//! Sockets that whoever started this process has opened for it (`--listen-fd`).

#![allow(unsafe_code)] // One call, below.

use std::io::{Error, ErrorKind};
use std::net::TcpListener;
use std::os::fd::{BorrowedFd, RawFd};

use rustix::net::sockopt::socket_acceptconn;

/// The listening TCP socket that is this file descriptor. To be called before anything in this
/// process has opened a file of its own.
pub(crate) fn listener(fd: RawFd) -> Result<TcpListener, Error> {
    if fd < 0 {
        return Err(ErrorKind::InvalidInput.into());
    }
    // SAFETY: the descriptor is borrowed for this one statement, in which nobody closes it: there is
    // no other thread yet. Where it is not open, duplicating it fails and nothing else happens. It is
    // not −1, the one number that must not be borrowed.
    let own = unsafe { BorrowedFd::borrow_raw(fd) }.try_clone_to_owned()?;
    match socket_acceptconn(&own) {
        Ok(true) => {}
        Ok(false) => return Err(Error::other("the socket does not listen: call listen() on it")),
        Err(error) => return Err(error.into()),
    }
    let listener = TcpListener::from(own);
    // Fails for anything but an IP socket.
    listener.local_addr()?;
    Ok(listener)
}
