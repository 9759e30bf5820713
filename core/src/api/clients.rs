//! Who is at the other end of each connection.

use litemap::LiteMap;

use crate::ConnectionId;

/// How long a client's host may be, in bytes. It is stored with the members of groups.
const MAX_HOST_BYTES: usize = 255;

/// A connected client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Client {
    /// Where it is, as DescribeGroups shows it: Kafka's `/127.0.0.1`, or the name of a tab.
    pub host: String,
    /// Its name for itself, from the header of the request that is being served.
    pub id: Option<String>,
    /// Which of the brokers that this one is shown as the client reached.
    pub node_id: i32,
}

/// The clients, by their connections.
#[derive(Default)]
pub(crate) struct Clients {
    clients: LiteMap<ConnectionId, Client>,
    /// Stands for a client whose connection is not known.
    nobody: Client,
}

impl Clients {
    pub(crate) fn connect(&mut self, connection: ConnectionId, mut host: String, node_id: i32) {
        while host.len() > MAX_HOST_BYTES {
            host.pop();
        }
        self.clients.insert(connection, Client { host, id: None, node_id });
    }

    pub(crate) fn disconnect(&mut self, connection: ConnectionId) {
        self.clients.remove(&connection);
    }

    /// Where the clients are.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &String> {
        self.clients.values().map(|client| &client.host)
    }

    /// Takes the client's name from a request that is about to be served.
    pub(crate) fn serving(&mut self, connection: ConnectionId, client_id: Option<String>) {
        if let Some(client) = self.clients.get_mut(&connection) {
            client.id = client_id;
        }
    }

    /// The client at the other end; one without host and id where the connection is gone.
    pub(crate) fn get(&self, connection: ConnectionId) -> &Client {
        self.clients.get(&connection).unwrap_or(&self.nobody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_known_while_it_is_connected() {
        let mut clients = Clients::default();
        let connection = ConnectionId(3);
        clients.connect(connection, "ä".repeat(200), 2);
        clients.serving(connection, Some("me".to_owned()));
        let client = clients.get(connection);
        assert_eq!((client.host.as_str(), client.node_id), ("ä".repeat(127).as_str(), 2));
        assert_eq!(client.id.as_deref(), Some("me"));
        clients.disconnect(connection);
        assert_eq!(clients.get(connection), &Client::default());
    }
}
