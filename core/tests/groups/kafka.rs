//! The conversations with a broker of Apache's, to see that it says the same.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ottla::ConnectionId;

/// How long nobody must have said anything before it is taken that nobody will.
const SILENCE: Duration = Duration::from_millis(400);

/// Connections to a broker.
pub(crate) struct Kafka {
    address: String,
    streams: HashMap<ConnectionId, (TcpStream, BytesMut)>,
}

impl Kafka {
    pub(crate) fn new(address: String) -> Kafka {
        Kafka { address, streams: HashMap::new() }
    }

    pub(crate) fn connect(&mut self, connection: ConnectionId) {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        self.streams.insert(connection, (stream, BytesMut::new()));
    }

    pub(crate) fn disconnect(&mut self, connection: ConnectionId) {
        self.streams.remove(&connection);
    }

    pub(crate) fn send(&mut self, connection: ConnectionId, frame: &Bytes) {
        let (stream, _) = self.streams.get_mut(&connection).unwrap();
        stream.write_all(&(frame.len() as u32).to_be_bytes()).unwrap();
        stream.write_all(frame).unwrap();
    }

    /// What is said until nobody says anything.
    pub(crate) fn hear(&mut self) -> Vec<(ConnectionId, Bytes)> {
        let mut heard = Vec::new();
        let mut last = std::time::Instant::now();
        while last.elapsed() < SILENCE {
            for (connection, (stream, buffer)) in &mut self.streams {
                let mut chunk = [0; 65_536];
                match stream.read(&mut chunk) {
                    Ok(0) => panic!("Kafka hangs up"),
                    Ok(count) => buffer.extend_from_slice(&chunk[..count]),
                    Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                    Err(error) => panic!("{error}"),
                }
                while buffer.len() >= 4 {
                    let size = u32::from_be_bytes(buffer[..4].try_into().unwrap()) as usize;
                    if buffer.len() < 4 + size {
                        break;
                    }
                    let frame = buffer.split_to(4 + size).freeze().slice(4..);
                    heard.push((*connection, frame));
                    last = std::time::Instant::now();
                }
            }
        }
        heard
    }
}
