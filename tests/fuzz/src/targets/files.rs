//! The native broker's files, changed: it starts or says why not, serves what is left, takes new
//! records, stops, and starts again over what it left.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ottla_native::{Broker, Config, Fsync};

use crate::repair;
use crate::script::Script;
use crate::wire::Wire;

/// Files by their paths within the data directory.
type Tree = Vec<(PathBuf, Vec<u8>)>;

/// A folder in memory where there is one, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = root.join(format!("ottla-fuzz-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder can be made");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn start(folder: &Folder) -> Option<Broker> {
    let mut config =
        Config { data_dir: Some(folder.0.clone()), fsync: Fsync::Never, ..Config::default() };
    config.set("log.segment.bytes", "1000").expect("a configuration of the broker");
    Broker::start(config).ok()
}

fn read_tree(root: &Path, folder: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_tree(root, &path, tree);
        } else if let (Ok(within), Ok(bytes)) = (path.strip_prefix(root), fs::read(&path)) {
            tree.push((within.to_owned(), bytes));
        }
    }
}

/// What a broker left that was used and stopped.
fn template() -> &'static Tree {
    static TEMPLATE: OnceLock<Tree> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = Folder::new();
        let broker = start(&folder).expect("a broker over nothing");
        let mut wire = Wire::connect(broker.address());
        wire.create("t", 2);
        for _ in 0..20 {
            wire.produce("t");
        }
        drop(wire);
        broker.shutdown().expect("it stops");
        let mut tree = Tree::new();
        read_tree(&folder.0, &folder.0, &mut tree);
        tree.sort();
        tree
    })
}

fn damage(tree: &mut Tree, script: &mut Script) {
    let which = usize::from(script.byte()) % tree.len().max(1);
    let Some((path, bytes)) = tree.get_mut(which) else { return };
    let how = script.byte();
    let at = usize::from(script.number()) % (bytes.len() + 1);
    let count = usize::from(script.byte());
    let new = script.bytes(count);
    match how % 5 {
        0 => bytes.truncate(at),
        1 => drop(bytes.splice(at..at, new)),
        2 => drop(tree.remove(which)),
        3 => bytes.extend(new),
        _ => {
            for (old, new) in bytes[at..].iter_mut().zip(new) {
                *old = new;
            }
            if how & 0x80 != 0 {
                match path.extension().is_some_and(|kind| kind == "journal") {
                    true => repair::journal(bytes),
                    false => repair::batches(bytes),
                }
            }
        }
    }
}

pub fn run(data: &[u8]) {
    let mut script = Script::new(data);
    let mut tree = template().clone();
    for _ in 0..8 {
        if script.is_over() {
            break;
        }
        damage(&mut tree, &mut script);
    }
    let folder = Folder::new();
    for (path, bytes) in &tree {
        let path = folder.0.join(path);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
    let Some(broker) = start(&folder) else { return };
    use_it(&broker);
    broker.shutdown().expect("it stops");
    let broker = start(&folder).expect("what a broker leaves can be opened");
    use_it(&broker);
}

fn use_it(broker: &Broker) {
    let mut wire = Wire::connect(broker.address());
    wire.metadata();
    for partition in 0..2 {
        wire.read("t", partition);
    }
    wire.produce("t");
    assert!(broker.is_running());
}
