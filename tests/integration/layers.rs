//! The layers of docs/architecture.md, held by reading every import of the program.
//!
//! A file may import what stands below it. An arrow that points back makes two files one: neither can be read, tested or
//! moved without the other. Tests are left out: they may look from anywhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    Attribute, Item, UseTree,
    visit::{self, Visit},
};

/// The layers, from the top. What stands in one line must not import each other, but for `WITHIN`.
const LAYERS: &[&[&str]] = &[
    &["handler"],
    &["app"],
    &["telemetry", "logging", "driver_handoff"],
    &["sources", "destinations"],
    &["aws"],
    &["run"],
    &["summary"],
    &["delivery"],
    &["update"],
    &["metrics"],
    &["trigger"],
    &["report"],
    &["clock", "foreign"],
];

/// What only reads from outside, and must therefore stay out of the middle: the crates and modules of the wings.
const OUTSIDE: [&str; 9] = [
    "aws_config",
    "aws_sdk_cloudwatch",
    "aws_sdk_dynamodb",
    "aws_sdk_secretsmanager",
    "aws_sdk_sns",
    "aws_sdk_sts",
    "reqwest",
    "lambda_runtime",
    "clap",
];

/// Files that are pure: the middle, and in the wings those with these names.
fn is_pure(module: &[String]) -> bool {
    let middle = ["report", "metrics", "update", "delivery"];
    let leaf = module.last().map(String::as_str);
    middle.contains(&module[0].as_str()) || matches!(leaf, Some("config" | "message"))
}

/// The paths that a file's code names, without those of its tests.
#[derive(Default)]
struct Paths(BTreeSet<Vec<String>>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_for_tests(item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_tree(&mut Vec::new(), &item.tree);
    }

    /// `pub(super)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string());
        self.0.insert(names.collect());
        visit::visit_path(self, path);
    }
}

impl Paths {
    fn add_tree(&mut self, before: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_tree(before, &path.tree);
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_tree(before, tree)),
            UseTree::Name(name) => self.add(before, name.ident.to_string()),
            UseTree::Rename(rename) => self.add(before, rename.ident.to_string()),
            UseTree::Glob(_) => self.add(before, "*".into()),
        }
    }

    fn add(&mut self, before: &[String], last: String) {
        let whole = before.iter().cloned().chain((last != "self").then_some(last));
        self.0.insert(whole.collect());
    }
}

fn is_for_tests(item: &Item) -> bool {
    let attributes: &[Attribute] = match item {
        Item::Mod(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        _ => &[],
    };
    let is_test =
        |it: &Attribute| it.path().is_ident("cfg") && it.parse_args::<syn::Ident>().is_ok_and(|it| it == "test");
    attributes.iter().any(is_test)
}

/// A module by its path within the crate, and what its file imports of other modules and of other crates.
struct File {
    imports: BTreeSet<Vec<String>>,
    crates: BTreeSet<String>,
}

/// Every file of the library, by its module.
fn files() -> BTreeMap<Vec<String>, File> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = BTreeMap::new();
    collect(&src, &src, &mut sources);
    let modules: BTreeSet<Vec<String>> = sources.keys().cloned().collect();
    let file = |module: &Vec<String>, text: &String| {
        let mut paths = Paths::default();
        paths.visit_file(&syn::parse_file(text).unwrap());
        let imports = paths.0.iter().filter_map(|path| resolve(module, path, &modules));
        File {
            imports: imports.filter(|import| import != module).collect(),
            crates: paths.0.iter().map(|path| path[0].clone()).collect(),
        }
    };
    let files = sources
        .iter()
        .map(|(module, text)| (module.clone(), file(module, text)));
    files.collect()
}

fn collect(src: &Path, folder: &Path, sources: &mut BTreeMap<Vec<String>, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let below = path.strip_prefix(src).unwrap().with_extension("");
        let mut module: Vec<String> = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        let is_left_out = |name: &str| matches!(name, "tests" | "testing" | "bin" | "main" | "lib" | "snapshots");
        if module.iter().any(|name| is_left_out(name)) {
            continue;
        }
        if path.is_dir() {
            collect(src, &path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            sources.insert(module, fs::read_to_string(&path).unwrap());
        }
    }
}

/// The module that a path of `from` leads into, if that is a file of this crate.
fn resolve(from: &[String], path: &[String], modules: &BTreeSet<Vec<String>>) -> Option<Vec<String>> {
    let (mut at, mut rest) = match path[0].as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (from.to_vec(), &path[1..]),
        "super" => (from[..from.len() - 1].to_vec(), &path[1..]),
        _ => return None,
    };
    while rest.first().is_some_and(|it| it == "super") {
        at.pop();
        rest = &rest[1..];
    }
    for name in rest {
        at.push(name.clone());
        if !modules.contains(&at) {
            at.pop();
            break;
        }
    }
    modules.contains(&at).then_some(at)
}

fn layer(module: &[String]) -> usize {
    let is_in = |layer: &&[&str]| layer.contains(&module[0].as_str());
    LAYERS
        .iter()
        .position(is_in)
        .unwrap_or_else(|| panic!("{module:?} is in no layer"))
}

#[test]
fn no_import_points_to_a_layer_above() {
    let mut wrong = Vec::new();
    for (module, file) in files() {
        for import in &file.imports {
            let is_room_of_its_own = module[0] == import[0];
            if !is_room_of_its_own && layer(&module) >= layer(import) {
                wrong.push(format!("{} -> {}", module.join("::"), import.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Everything that a module leads to, directly or not.
fn reachable<'a>(start: &Vec<String>, files: &'a BTreeMap<Vec<String>, File>) -> BTreeSet<&'a Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Vec<String>> = files[start].imports.iter().collect();
    while let Some(module) = open.pop() {
        if seen.insert(module) {
            open.extend(files.get(module).into_iter().flat_map(|file| &file.imports));
        }
    }
    seen
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files = files();
    let reachable: BTreeMap<_, _> = files.keys().map(|module| (module, reachable(module, &files))).collect();
    let mut arrows = Vec::new();
    for (module, file) in &files {
        let closes = |import: &&Vec<String>| reachable[import].contains(module);
        let closing = file.imports.iter().filter(closes);
        arrows.extend(closing.map(|import| format!("{} -> {}", module.join("::"), import.join("::"))));
    }
    assert!(
        arrows.is_empty(),
        "each of these arrows is part of a circle: {arrows:#?}"
    );
}

#[test]
fn what_is_pure_knows_no_sdk_and_no_http() {
    let mut wrong = Vec::new();
    for (module, file) in files().iter().filter(|(module, _)| is_pure(module)) {
        let outside = OUTSIDE.iter().filter(|name| file.crates.contains(**name));
        wrong.extend(outside.map(|name| format!("{} -> {name}", module.join("::"))));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
