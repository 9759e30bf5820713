//! Requests of several clients, in between of which storage is slow or fails, time passes, clients
//! come and go, and the broker dies and opens again.
//!
//! ```text
//! script  = step*
//! step    = what (u8), ...
//!   < 0xc0  a request: client = what & 3, checksums of batches repaired if what & 4,
//!           API key (u8), version (u8), rest of the frame behind the correlation id (blob)
//!   others  see `Step`
//! ```

use bytes::{BufMut, Bytes};
use ottla::Input;

use crate::repair;
use crate::script::{Script, put_blob};
use crate::world::{CLIENTS, World, client_host};

/// Steps that are no requests.
#[repr(u8)]
pub enum Step {
    HoldCommits = 0xc0,
    Store = 0xc1,
    Refuse = 0xc2,
    Pass = 0xc3,
    Reconnect = 0xc4,
    RawFrame = 0xc5,
    Reopen = 0xc6,
    HoldLoads = 0xc7,
    Load = 0xc8,
    Lose = 0xc9,
    Settle = 0xca,
    AliveHosts = 0xcb,
}

/// More steps than this say nothing new.
const MAX_STEPS: usize = 200;

pub fn run(data: &[u8]) {
    let mut script = Script::new(data);
    let mut world = World::new();
    for _ in 0..MAX_STEPS {
        if script.is_over() {
            break;
        }
        world = step(world, &mut script);
    }
    world.check();
    assert_eq!(world.errors, [""; 0], "the broker found damage that nobody did");
    let mut world = world.reopen();
    world.check();
    assert_eq!(world.errors, [""; 0], "what was stored is damaged");
}

fn step(mut world: World, script: &mut Script) -> World {
    let what = script.byte();
    let connection = world.client(what);
    match what {
        0..0xc0 => {
            let (key, version) = (script.byte(), script.byte());
            let mut rest = script.blob().to_vec();
            if what & 4 != 0 {
                repair::batches(&mut rest);
            }
            let id = world.next_correlation_id();
            world.input(Input::Request { connection, frame: frame(key, version, id, &rest) });
        }
        x if x == Step::HoldCommits as u8 => world.hold_commits ^= true,
        x if x == Step::Store as u8 => world.store(),
        x if x == Step::Refuse as u8 => world.refuse(),
        x if x == Step::Pass as u8 => {
            let ms = script.number();
            world.pass(u64::from(ms) * 10);
        }
        x if x == Step::Reconnect as u8 => {
            world.reconnect(script.byte());
        }
        x if x == Step::RawFrame as u8 => {
            let client = script.byte();
            let connection = world.client(client);
            let mut frame = script.blob().to_vec();
            // Its own correlation id would break the order that is looked at.
            if let Some(id) = frame.get_mut(4..8) {
                id.copy_from_slice(&world.next_correlation_id().to_be_bytes());
            }
            world.input(Input::Request { connection, frame: frame.into() });
        }
        x if x == Step::Reopen as u8 => {
            // What is out is lost: the process died.
            world = world.reopen();
            world.settle();
        }
        x if x == Step::HoldLoads as u8 => world.hold_loads ^= true,
        x if x == Step::Load as u8 => world.load(),
        x if x == Step::Lose as u8 => world.lose(),
        x if x == Step::AliveHosts as u8 => {
            let alive = script.byte();
            let clients = (0..CLIENTS).filter(|client| alive & 1 << client != 0);
            let hosts = clients.map(client_host).collect();
            world.input(Input::AliveHosts { hosts });
        }
        _ => world.settle(),
    }
    world
}

fn frame(key: u8, version: u8, correlation_id: i32, rest: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(8 + rest.len());
    frame.put_i16(key.into());
    frame.put_i16(version.into());
    frame.put_i32(correlation_id);
    frame.put_slice(rest);
    frame.into()
}

/// The step that sends a request's frame.
pub fn put_request(out: &mut Vec<u8>, client: u8, frame: &[u8]) {
    out.extend([client % CLIENTS | 4, frame[1], frame[3]]);
    put_blob(out, &frame[8..]);
}
