//! The numbers to compare with: `tests/bench/instructions.txt`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// Numbers by scenario, and where they are from.
pub(crate) struct Baseline {
    pub(crate) target: String,
    pub(crate) rustc: String,
    numbers: Vec<(String, f64)>,
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bench/instructions.txt")
}

impl Baseline {
    pub(crate) fn of_this_machine(numbers: Vec<(String, f64)>) -> Baseline {
        let target = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
        let rustc = Command::new("rustc").arg("--version").output().expect("rustc runs");
        let rustc = String::from_utf8_lossy(&rustc.stdout);
        let rustc = rustc.split(' ').nth(1).unwrap_or("unknown").trim().to_owned();
        Baseline { target, rustc, numbers }
    }

    /// Lines of a name and a value; `#` begins a remark.
    pub(crate) fn read() -> Baseline {
        let text = std::fs::read_to_string(path()).expect("bench/instructions.txt is there");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let mut pairs = lines.filter_map(|line| line.split_once(": "));
        let mut head = |name: &str| match pairs.next() {
            Some((known, value)) if known == name => value.trim().to_owned(),
            other => panic!("bench/instructions.txt: {name} is wanted, not {other:?}"),
        };
        let (target, rustc) = (head("target"), head("rustc"));
        let number = |(name, value): (&str, &str)| {
            let value = value.trim().parse().expect("a number of instructions");
            (name.to_owned(), value)
        };
        Baseline { target, rustc, numbers: pairs.map(number).collect() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<f64> {
        self.numbers.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::from(
            "# Instructions per record through Broker::handle, as `make instructions` counts them;\n\
             # written by `make instructions SAVE=--save`.\n",
        );
        let (target, rustc) = (&self.target, &self.rustc);
        let _ = write!(text, "target: {target}\nrustc: {rustc}\n");
        for (name, number) in &self.numbers {
            let _ = writeln!(text, "{name}: {number:.1}");
        }
        text
    }

    pub(crate) fn write(&self) {
        std::fs::write(path(), self.to_text()).expect("bench/instructions.txt can be written");
    }
}
