//! The binary as a child process.
#![allow(dead_code, unreachable_pub)] // Each test binary uses a part of it, as a module of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

pub struct Process {
    pub child: Child,
    pub address: SocketAddr,
}

impl Process {
    pub fn start(args: &[&str]) -> Process {
        Process::serve(Command::new(env!("CARGO_BIN_EXE_ottla-native")), args)
    }

    fn serve(mut command: Command, args: &[&str]) -> Process {
        let mut child = command
            .args(["--listen", "127.0.0.1:0", "--log-level", "warn"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output is piped");
        BufReader::new(out).read_line(&mut line).expect("it says something");
        let address = line.strip_prefix("listening on ").map(str::trim_end);
        let address = address.unwrap_or_else(|| panic!("it says {line:?}"));
        Process { address: address.parse().expect("an address"), child }
    }

    /// After the shell has said what is allowed.
    pub fn start_limited(limits: &str, args: &[&str]) -> Process {
        let bounded = format!("{limits}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &bounded, env!("CARGO_BIN_EXE_ottla-native")]);
        Process::serve(command, args)
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Sends a signal by its name, and gives the exit code.
    pub fn signal(mut self, name: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
