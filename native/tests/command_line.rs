//! The binary's command line: exit codes, and sockets that it is handed.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers outside of tests.

mod scratch;
mod wire;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use scratch::Scratch;
use wire::Client;

fn binary(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ottla-native"));
    command.args(args);
    command
}

/// Runs it to its end: its exit code and what it says.
fn run(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().expect("the binary runs");
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code(), text)
}

#[test]
fn exit_codes_say_what_is_wrong() {
    let run = |args: &[&str]| run(binary(args));
    let (code, text) = run(&["--help"]);
    assert!(code == Some(0) && text.contains("--data-dir"), "{text}");
    let (code, text) = run(&["--set", "no.such=1"]);
    assert!(code == Some(2) && text.contains("no.such"), "{text}");
    let (code, text) = run(&["--listen", "203.0.113.1:1"]);
    assert!(code == Some(1) && text.contains("203.0.113.1:1"), "{text}");
    let scratch = Scratch::new();
    let file = scratch.path().join("file");
    std::fs::write(&file, "").unwrap();
    let file = file.to_str().expect("a path in UTF-8");
    let (code, text) = run(&["--listen", "127.0.0.1:0", "--data-dir", file]);
    assert!(code == Some(1) && text.contains(file), "{text}");
}

#[test]
fn a_socket_that_listens_already_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Connects before the broker exists, and waits in the socket.
    let mut early = Client::connect(address);
    let mut command = binary(&["--listen-fd", "0", "--nodes", "2", "--log-level", "warn"]);
    let mut child =
        command.stdin(OwnedFd::from(listener)).stdout(Stdio::piped()).spawn().expect("it runs");
    let out = BufReader::new(child.stdout.take().expect("its output is piped"));
    let lines: Vec<String> = out.lines().take(2).map(Result::unwrap).collect();
    assert!(lines[0].starts_with("further node 1: 127.0.0.1:"), "{lines:?}");
    assert_eq!(lines[1], format!("listening on {address}"));
    let brokers = early.metadata().brokers;
    assert_eq!(brokers.len(), 2);
    assert_eq!(brokers[0].port, i32::from(address.port()));
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn a_descriptor_that_is_no_listening_socket_is_refused() {
    let listen_on = |fd: &str, stdin: Stdio| {
        let mut command = binary(&["--listen-fd", fd]);
        command.stdin(stdin);
        run(command)
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let connected = Stdio::from(OwnedFd::from(client));
    for (fd, stdin, word) in [
        ("0", Stdio::null(), "--listen-fd 0"),
        ("0", connected, "does not listen"),
        ("99", Stdio::null(), "--listen-fd 99"),
        ("-1", Stdio::null(), "--listen-fd -1"),
    ] {
        let (code, text) = listen_on(fd, stdin);
        assert!(code == Some(2) && text.contains(word), "{fd}: {code:?} {text}");
    }
}
