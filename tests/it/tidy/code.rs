//! What a Rust file says, as far as the rules want to know: the paths it names, the macros and
//! methods it calls, its words. Read from tokens, so that comments and text do not count; what is
//! only compiled for tests is left out.

use std::str::FromStr;

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

use super::File;
use super::rooms::{CRATES, inner};

/// Something at a line of a file.
#[derive(Debug)]
pub struct At<T> {
    pub line: usize,
    pub it: T,
}

/// A call of a method.
#[derive(Debug)]
pub struct Call {
    pub name: String,
    pub arguments: usize,
}

/// What a file says.
#[derive(Debug, Default)]
pub struct Code {
    /// Paths from the root of the crate, as `["crate", "fabric", "limits"]`, or from a foreign
    /// crate, as `["std", "fmt"]`. Groups of a `use` are resolved, and so are `self` and `super`.
    pub paths: Vec<At<Vec<String>>>,
    pub macros: Vec<At<String>>,
    pub calls: Vec<At<Call>>,
    pub words: Vec<At<String>>,
    /// Modules that are declared here, in files or in braces.
    pub modules: Vec<At<String>>,
    /// Texts and numbers, as they are written.
    pub literals: Vec<At<String>>,
}

impl Code {
    /// Reads a Rust file.
    pub fn read(file: &File) -> Self {
        let tokens = TokenStream::from_str(&file.text)
            .unwrap_or_else(|error| panic!("{}: {error}", file.path));
        let mut code = Self::default();
        code.visit(tokens, &module_of(&file.path), &[]);
        code
    }

    /// Visits the tokens of one nesting level. `prefix` is what stands before the braces of a
    /// `use`.
    fn visit(&mut self, tokens: TokenStream, module: &[String], prefix: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            if is_test_attribute(&tokens[index..]) {
                index += 2;
                index += item_len(&tokens[index..]);
                continue;
            }
            index += match token {
                TokenTree::Group(group) => {
                    let inner = [module, named_module(&tokens[..index]).as_slice()].concat();
                    self.visit(group.stream(), &inner, &[]);
                    1
                }
                TokenTree::Ident(_) => self.visit_path(&tokens, index, module, prefix),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    self.literals.push(At { line, it: literal.to_string() });
                    1
                }
                TokenTree::Punct(_) => 1,
            };
        }
    }

    /// Visits the path that begins at `start`; gives the number of its tokens.
    fn visit_path(
        &mut self,
        tokens: &[TokenTree],
        start: usize,
        module: &[String],
        prefix: &[String],
    ) -> usize {
        let line = tokens[start].span().start().line;
        if let [name] = named_module(&tokens[..=start]).as_slice() {
            self.modules.push(At { line, it: name.clone() });
        }
        let mut path = prefix.to_vec();
        let mut index = start;
        while let Some(TokenTree::Ident(word)) = tokens.get(index) {
            self.words.push(At { line: word.span().start().line, it: word.to_string() });
            path.push(word.to_string());
            index += 1;
            if !is_path_separator(&tokens[index..]) {
                break;
            }
            index += 2;
        }
        if let Some(TokenTree::Group(group)) = tokens.get(index)
            && index > start + 2
            && is_path_separator(&tokens[index - 2..])
            && group.delimiter() == Delimiter::Brace
        {
            self.visit(group.stream(), module, &path);
            return index + 1 - start;
        }
        if !prefix.is_empty() {
            // `a::{self}` names `a`.
            path.pop_if(|last| last == "self");
        }
        self.note_call(&tokens[start.saturating_sub(1)..], &tokens[index - 1..], line);
        self.paths.push(At { line, it: resolve(path, module) });
        index - start
    }

    /// Notes a macro or method whose name is the first token of `from_name`.
    fn note_call(&mut self, from_before: &[TokenTree], from_name: &[TokenTree], line: usize) {
        match from_name {
            [TokenTree::Ident(name), TokenTree::Punct(bang), TokenTree::Group(_), ..]
                if bang.as_char() == '!' =>
            {
                self.macros.push(At { line, it: name.to_string() });
            }
            [TokenTree::Ident(name), TokenTree::Group(group), ..]
                if group.delimiter() == Delimiter::Parenthesis
                    && matches!(from_before, [TokenTree::Punct(dot), ..] if dot.as_char() == '.') =>
            {
                let call = Call { name: name.to_string(), arguments: argument_count(group) };
                self.calls.push(At { line, it: call });
            }
            _ => {}
        }
    }
}

/// The module that a file is, as `["fabric", "codec"]`, whichever crate it is in.
fn module_of(path: &str) -> Vec<String> {
    let inner = inner(path).unwrap_or_else(|| path.to_owned());
    let steps = inner.trim_end_matches(".rs").split('/');
    steps.filter(|step| !["mod", "lib", "main"].contains(step)).map(Into::into).collect()
}

/// The name of the module whose declaration ends with these tokens.
fn named_module(before: &[TokenTree]) -> Vec<String> {
    match before {
        [.., TokenTree::Ident(keyword), TokenTree::Ident(name)] if keyword == "mod" => {
            vec![name.to_string()]
        }
        _ => Vec::new(),
    }
}

/// Makes a path absolute: `crate` in front if it is one of ours.
fn resolve(path: Vec<String>, module: &[String]) -> Vec<String> {
    let mut base: Option<Vec<String>> = None;
    let mut rest = path.as_slice();
    while let [first, others @ ..] = rest {
        match (first.as_str(), &mut base) {
            ("crate", None) => {
                let own = module.first().filter(|room| CRATES.contains(&room.as_str()));
                base = Some(own.cloned().into_iter().collect());
            }
            ("skewproof", None) => base = Some(Vec::new()),
            (name, None)
                if name.strip_prefix("skewproof_").is_some_and(|it| CRATES.contains(&it)) =>
            {
                base = Some(vec![name.trim_start_matches("skewproof_").to_owned()]);
            }
            ("self", None) => base = Some(module.to_vec()),
            ("self", Some(_)) => {}
            ("super", base) => {
                base.get_or_insert_with(|| module.to_vec()).pop();
            }
            _ => break,
        }
        rest = others;
    }
    match base {
        Some(base) => [&["crate".to_owned()], base.as_slice(), rest].concat(),
        None => path,
    }
}

fn is_path_separator(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(first), TokenTree::Punct(second), ..]
        if first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':')
}

fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [TokenTree::Punct(hash), TokenTree::Group(attribute), ..]
        if hash.as_char() == '#' && attribute.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Tokens up to the end of an item: its braces, or a semicolon.
fn item_len(tokens: &[TokenTree]) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1)
}

fn argument_count(group: &Group) -> usize {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
    tokens.split(is_comma).filter(|argument| !argument.is_empty()).count()
}

#[test]
fn paths_are_resolved_wherever_they_stand() {
    let text = "
use crate::{suite::Case, harness::{self, report}};
use super::super::cli;
fn f() { skewproof::suite::run(); assert_eq!(self::g(), std::fs::read(1)); }
mod inner { use super::super::limits; }
// crate::comment
const S: &str = \"crate::text\";
#[cfg(test)]
mod tests { use crate::only_in_tests; }
#[cfg(test)]
use crate::also_only_in_tests;
";
    let code = Code::read(&File::new("src/suite/codec/tree.rs", text));
    let paths: Vec<_> = code.paths.iter().map(|path| (path.line, path.it.join("::"))).collect();
    for (line, path) in [
        (2, "crate::suite::Case"),
        (2, "crate::harness"),
        (2, "crate::harness::report"),
        (3, "crate::suite::cli"),
        (4, "crate::suite::run"),
        (4, "crate::suite::codec::tree::g"),
        (4, "std::fs::read"),
        (5, "crate::suite::codec::limits"),
    ] {
        assert!(paths.contains(&(line, path.to_owned())), "{path} in {paths:?}");
    }
    let is_hidden = |word: &str| !paths.iter().any(|(_, path)| path.contains(word));
    assert!(["comment", "text", "only_in_tests"].into_iter().all(is_hidden), "{paths:?}");
    let code = Code::read(&File::new("fabric/src/codec/tree.rs", "use crate::release;"));
    assert!(code.paths.iter().any(|path| path.it.join("::") == "crate::fabric::release"));
}

#[test]
fn calls_and_macros_are_told_apart() {
    let code = Code::read(&File::new("src/a.rs", "fn f() { a.b(1, 2).c(); d!(); e(); f != g }"));
    let calls: Vec<_> = code.calls.iter().map(|c| (c.it.name.as_str(), c.it.arguments)).collect();
    assert_eq!(calls, [("b", 2), ("c", 0)]);
    assert_eq!(code.macros.iter().map(|m| m.it.as_str()).collect::<Vec<_>>(), ["d"]);
}
