//! The broker's configuration as requests need it: numbers, read from their texts once.

use super::config::BrokerConfig;

/// The configurations that each request may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `node.id`.
    pub node_id: i32,
    /// As how many brokers the broker is shown; at least one.
    pub node_count: i32,
    /// `socket.request.max.bytes`.
    pub request_max_bytes: usize,
    /// `queued.max.requests`.
    pub queued_max_requests: usize,
    /// `fetch.max.bytes`.
    pub fetch_max_bytes: i32,
    /// `ottla.unstored.bytes`.
    pub unstored_bytes: u64,
    /// `ottla.memory.bytes`.
    pub memory_bytes: u64,
    /// `ottla.cache.bytes`.
    pub cache_bytes: usize,
    /// `ottla.headroom.bytes`.
    pub headroom_bytes: u64,
}

impl Settings {
    pub(crate) fn of(config: &BrokerConfig) -> Settings {
        Settings {
            node_id: config.number("node.id") as i32,
            node_count: config.node_count() as i32,
            request_max_bytes: config.number("socket.request.max.bytes") as usize,
            queued_max_requests: config.number("queued.max.requests") as usize,
            fetch_max_bytes: config.number("fetch.max.bytes") as i32,
            unstored_bytes: config.number("ottla.unstored.bytes") as u64,
            memory_bytes: config.number("ottla.memory.bytes") as u64,
            cache_bytes: config.number("ottla.cache.bytes") as usize,
            headroom_bytes: config.number("ottla.headroom.bytes") as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_setting_is_its_configuration() {
        let names = [
            "node.id",
            "socket.request.max.bytes",
            "queued.max.requests",
            "fetch.max.bytes",
            "ottla.unstored.bytes",
            "ottla.memory.bytes",
            "ottla.cache.bytes",
            "ottla.headroom.bytes",
        ];
        let mut config = BrokerConfig::new();
        for (value, name) in (2001..).zip(names) {
            config.set(name, &value.to_string()).unwrap();
        }
        config.add_node("b", 9093);
        let set = Settings {
            node_id: 2001,
            node_count: 2,
            request_max_bytes: 2002,
            queued_max_requests: 2003,
            fetch_max_bytes: 2004,
            unstored_bytes: 2005,
            memory_bytes: 2006,
            cache_bytes: 2007,
            headroom_bytes: 2008,
        };
        assert_eq!(Settings::of(&config), set);
    }
}
