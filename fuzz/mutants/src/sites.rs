//! Where a source can be mutated, and how: the operators of cargo-mutants, and constants that are one
//! more.
//!
//! A mutant is a piece of text that is put into the source, and asks at run time whether it is on. What
//! stands in macros is not mutated, nor what the compiler evaluates: there nothing can be switched.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A mutant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// The file, below the folder of sources.
    pub file: String,
    /// The function that it is in.
    pub function: String,
    /// What becomes of what.
    pub what: String,
    /// The line.
    pub line: usize,
    /// Whether the compiler may evaluate it: then nothing comes by it when the program runs.
    pub is_const: bool,
}

impl Site {
    /// A name that stays when other lines change.
    pub fn name(&self) -> String {
        format!("{} {}: {}", self.file, self.function, self.what)
    }
}

/// A text that is put in.
#[derive(Debug, Clone)]
pub struct Edit {
    /// What is replaced.
    pub at: Range<usize>,
    /// By what.
    pub text: String,
    /// Whether it ends a piece: of those at one place, the innermost comes first.
    pub is_end: bool,
}

/// What a constant is one more of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant {
    Number(&'static str),
    Duration,
    Text,
}

/// The types of numbers that a constant may have.
const NUMBERS: [&str; 11] =
    ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128"];

/// The constants of a file that can be shifted where they are used. One name has one meaning.
pub fn constants(file: &syn::File, found: &mut BTreeMap<String, Option<Constant>>) {
    struct Finder<'a>(&'a mut BTreeMap<String, Option<Constant>>);
    impl Finder<'_> {
        fn add(&mut self, name: &syn::Ident, ty: &syn::Type) {
            let kind = constant(ty);
            let known = self.0.entry(name.to_string()).or_insert(kind);
            if *known != kind {
                *known = None;
            }
        }
    }
    impl<'ast> Visit<'ast> for Finder<'_> {
        fn visit_item_const(&mut self, it: &'ast syn::ItemConst) {
            self.add(&it.ident, &it.ty);
        }
        fn visit_impl_item_const(&mut self, it: &'ast syn::ImplItemConst) {
            self.add(&it.ident, &it.ty);
        }
    }
    Finder(found).visit_file(file);
}

fn constant(ty: &syn::Type) -> Option<Constant> {
    match ty {
        syn::Type::Path(path) => {
            let name = path.path.segments.last()?.ident.to_string();
            let number = NUMBERS.into_iter().find(|it| *it == name);
            number.map(Constant::Number).or((name == "Duration").then_some(Constant::Duration))
        }
        syn::Type::Reference(it) => {
            matches!(&*it.elem, syn::Type::Path(path) if path.path.is_ident("str"))
                .then_some(Constant::Text)
        }
        _ => None,
    }
}

/// The mutants of a file, and the edits that put them in. Numbers begin at `first`.
pub struct Finder<'a> {
    file: String,
    source: &'a str,
    constants: &'a BTreeMap<String, Option<Constant>>,
    first: usize,
    function: Vec<String>,
    is_const: bool,
    /// The mutants that were found.
    pub sites: Vec<Site>,
    /// What puts them in.
    pub edits: Vec<Edit>,
    /// Numbers that are left out: the compiler refuses them.
    left_out: &'a BTreeSet<usize>,
    shifted: BTreeMap<String, usize>,
}

impl<'a> Finder<'a> {
    pub fn new(
        file: &str,
        source: &'a str,
        constants: &'a BTreeMap<String, Option<Constant>>,
        first: usize,
        left_out: &'a BTreeSet<usize>,
    ) -> Self {
        Self {
            file: file.to_owned(),
            source,
            constants,
            first,
            function: Vec::new(),
            is_const: false,
            sites: Vec::new(),
            edits: Vec::new(),
            left_out,
            shifted: BTreeMap::new(),
        }
    }

    fn text(&self, range: Range<usize>) -> &'a str {
        self.source.get(range).unwrap_or_default()
    }

    /// A new mutant; what switches it on.
    fn mutant(&mut self, what: String, span: Span) -> String {
        let number = self.first + self.sites.len();
        let function = self.function.join("::");
        let line = span.start().line;
        let (file, is_const) = (self.file.clone(), self.is_const);
        self.sites.push(Site { file, function, what, line, is_const });
        self.switch(number)
    }

    /// What asks whether a mutant is on; one that is left out is never.
    fn switch(&self, number: usize) -> String {
        if self.left_out.contains(&number) {
            "false".to_owned()
        } else {
            format!("crate::mutant({number})")
        }
    }

    /// Puts a text before a piece that begins there.
    fn begin(&mut self, at: usize, text: impl Into<String>) {
        self.edits.push(Edit { at: at..at, text: text.into(), is_end: false });
    }

    /// Puts a text behind a piece that ends there.
    fn end(&mut self, at: usize, text: impl Into<String>) {
        self.edits.push(Edit { at: at..at, text: text.into(), is_end: true });
    }

    fn replace(&mut self, at: Range<usize>, text: impl Into<String>) {
        self.edits.push(Edit { at, text: text.into(), is_end: false });
    }

    /// Wraps a piece in text.
    fn wrap(&mut self, range: &Range<usize>, before: impl Into<String>, after: impl Into<String>) {
        self.begin(range.start, before);
        self.end(range.end, after);
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if block.stmts.is_empty() {
            return;
        }
        let values = match &signature.output {
            syn::ReturnType::Default => vec![String::new()],
            syn::ReturnType::Type(_, ty) => values(ty),
        };
        let braces = block.brace_token.span;
        let inside = braces.open().byte_range().end..braces.close().byte_range().start;
        let already = self.text(inside).trim();
        for value in values.into_iter().filter(|value| value != already) {
            let shown = if value.is_empty() { "()" } else { &value };
            let on = self.mutant(format!("returns {shown}"), signature.ident.span());
            if on != "false" {
                let at = block.brace_token.span.open().byte_range().end;
                self.begin(at, format!(" if {on} {{ return {value}; }}"));
            }
        }
    }

    /// A function with a body.
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        self.function.push(signature.ident.to_string());
        let outside = std::mem::replace(&mut self.is_const, signature.constness.is_some());
        self.body(signature, block);
        self.visit_block(block);
        self.is_const = outside;
        self.function.pop();
    }

    /// Another operator between two values: `around` is what makes two of them to be looked at.
    fn operator(&mut self, it: &syn::ExprBinary, others: [&str; 2], around: [&str; 3]) {
        let old = self.text(it.op.span().byte_range()).to_owned();
        let on = others.map(|new| self.mutant(format!("{old} is {new}"), it.op.span()));
        if on.iter().all(|switch| switch == "false") {
            return;
        }
        let branch = |(on, new): (&String, &str)| match on.as_str() {
            "false" => String::new(),
            on => format!("if {on} {{ l {new} r }} else "),
        };
        let branches: String = on.iter().zip(others).map(branch).collect();
        let [before, between, behind] = around;
        self.begin(it.left.span().byte_range().start, format!("(match ({before}"));
        self.replace(it.op.span().byte_range(), between);
        self.end(
            it.right.span().byte_range().end,
            format!("{behind}) {{ (l, r) => {branches}{{ l {old} r }} }})"),
        );
    }

    fn comparison(&mut self, it: &syn::ExprBinary, others: [&str; 2]) {
        self.operator(it, others, ["&(", "), &(", ")"]);
    }

    fn arithmetic(&mut self, it: &syn::ExprBinary, others: [&str; 2]) {
        self.operator(it, others, ["", ", ", ""]);
    }

    fn assignment(&mut self, it: &syn::ExprBinary, new: &str) {
        let left = self.text(it.left.span().byte_range());
        let old = self.text(it.op.span().byte_range()).to_owned();
        let on = self.mutant(format!("{old} is {new}"), it.op.span());
        if on == "false" {
            return;
        }
        let whole = it.left.span().byte_range().start..it.op.span().byte_range().end;
        self.replace(whole, "match (");
        self.end(
            it.right.span().byte_range().end,
            format!(") {{ r => if {on} {{ {left} {new} r }} else {{ {left} {old} r }} }}"),
        );
    }

    fn binary(&mut self, it: &syn::ExprBinary) {
        use syn::BinOp as Op;
        if has_let(&it.left) || has_let(&it.right) {
            return;
        }
        let [left, right] = [&it.left, &it.right].map(|side| side.span().byte_range());
        match it.op {
            Op::Eq(_) | Op::Ne(_) => {
                let [old, new] =
                    if matches!(it.op, Op::Eq(_)) { ["==", "!="] } else { ["!=", "=="] };
                let on = self.mutant(format!("{old} is {new}"), it.op.span());
                if on != "false" {
                    self.wrap(&(left.start..right.end), format!("({on} ^ ("), "))");
                }
            }
            Op::And(_) | Op::Or(_) => {
                let [old, new] =
                    if matches!(it.op, Op::And(_)) { ["&&", "||"] } else { ["||", "&&"] };
                let on = self.mutant(format!("{old} is {new}"), it.op.span());
                if on != "false" {
                    // Each side and the whole is turned round.
                    self.wrap(&(left.start..right.end), format!("({on} ^ ("), "))");
                    self.wrap(&left, format!("({on} ^ ("), "))");
                    self.wrap(&right, format!("({on} ^ ("), "))");
                }
            }
            Op::Lt(_) => self.comparison(it, ["<=", ">"]),
            Op::Le(_) => self.comparison(it, ["<", ">"]),
            Op::Gt(_) => self.comparison(it, [">=", "<"]),
            Op::Ge(_) => self.comparison(it, [">", "<"]),
            Op::Add(_) => self.arithmetic(it, ["-", "*"]),
            Op::Sub(_) => self.arithmetic(it, ["+", "/"]),
            Op::Mul(_) => self.arithmetic(it, ["+", "/"]),
            Op::Div(_) => self.arithmetic(it, ["%", "*"]),
            Op::Rem(_) => self.arithmetic(it, ["/", "+"]),
            Op::BitAnd(_) => self.arithmetic(it, ["|", "^"]),
            Op::BitOr(_) => self.arithmetic(it, ["&", "^"]),
            Op::BitXor(_) => self.arithmetic(it, ["|", "&"]),
            Op::Shl(_) => self.arithmetic(it, [">>", "^"]),
            Op::Shr(_) => self.arithmetic(it, ["<<", "^"]),
            Op::AddAssign(_) => self.assignment(it, "-="),
            Op::SubAssign(_) => self.assignment(it, "+="),
            Op::MulAssign(_) => self.assignment(it, "+="),
            Op::BitOrAssign(_) => self.assignment(it, "&="),
            Op::BitAndAssign(_) => self.assignment(it, "|="),
            _ => {}
        }
    }

    fn arms(&mut self, it: &syn::ExprMatch) {
        let has_catch_all =
            it.arms.last().is_some_and(|arm| arm.guard.is_none() && is_open(&arm.pat));
        let last = it.arms.len().saturating_sub(1);
        for (index, arm) in it.arms.iter().enumerate() {
            let pattern = self.text(arm.pat.span().byte_range()).split_whitespace();
            let pattern = pattern.collect::<Vec<_>>().join(" ");
            let gone = (has_catch_all && index < last)
                .then(|| self.mutant(format!("arm {pattern} is gone"), arm.pat.span()))
                .filter(|on| on != "false");
            match (&arm.guard, gone) {
                (None, Some(on)) => {
                    self.end(arm.pat.span().byte_range().end, format!(" if !{on}"));
                }
                (None, None) => {}
                (Some((_, guard)), gone) => {
                    let range = guard.span().byte_range();
                    let on = ["true", "false"]
                        .map(|it| self.mutant(format!("guard of {pattern} is {it}"), guard.span()));
                    let [is_true, is_false] = on;
                    let gone = gone.map(|on| format!("!{on} && ")).unwrap_or_default();
                    self.wrap(&range, format!("{gone}({is_true} || (!{is_false} && ("), ")))");
                }
            }
        }
    }

    fn path(&mut self, it: &syn::ExprPath) {
        let segments = &it.path.segments;
        let Some(last) = segments.last() else { return };
        let name = last.ident.to_string();
        let before = segments.iter().rev().nth(1).map(|it| it.ident.to_string());
        if it.qself.is_some() || before.is_some_and(|it| NUMBERS.contains(&it.as_str())) {
            return;
        }
        let Some(Some(kind)) = self.constants.get(&name) else { return };
        // One file, one mutant: wherever the file uses it.
        let on = match self.shifted.get(&name) {
            Some(number) => self.switch(*number),
            None => {
                self.shifted.insert(name.clone(), self.first + self.sites.len());
                self.mutant(format!("{name} is another"), it.span())
            }
        };
        if on == "false" {
            return;
        }
        let range = it.span().byte_range();
        match kind {
            Constant::Number(ty) => self.wrap(&range, "(", format!(" + ({on} as {ty}))")),
            Constant::Duration => {
                self.wrap(&range, "(", format!(" + std::time::Duration::from_millis({on} as u64))"))
            }
            Constant::Text => {
                self.wrap(&range, format!("(if {on} {{ \"another\" }} else {{ "), " })");
            }
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, it: &'ast syn::ItemFn) {
        if is_test(&it.attrs) {
            return;
        }
        self.function(&it.sig, &it.block);
    }

    fn visit_impl_item_fn(&mut self, it: &'ast syn::ImplItemFn) {
        self.function(&it.sig, &it.block);
    }

    fn visit_trait_item_fn(&mut self, it: &'ast syn::TraitItemFn) {
        let Some(block) = &it.default else { return };
        self.function(&it.sig, block);
    }

    fn visit_item_impl(&mut self, it: &'ast syn::ItemImpl) {
        if is_test(&it.attrs) || it.trait_.as_ref().is_some_and(|(_, path, _)| is_debug(path)) {
            return;
        }
        let ty = self.text(it.self_ty.span().byte_range()).to_owned();
        self.function.push(ty);
        visit::visit_item_impl(self, it);
        self.function.pop();
    }

    fn visit_item_mod(&mut self, it: &'ast syn::ItemMod) {
        if !is_test(&it.attrs) {
            visit::visit_item_mod(self, it);
        }
    }

    fn visit_expr_binary(&mut self, it: &'ast syn::ExprBinary) {
        self.binary(it);
        // What is assigned to stays as it is.
        if !is_assignment(&it.op) {
            self.visit_expr(&it.left);
        }
        self.visit_expr(&it.right);
    }

    fn visit_expr_unary(&mut self, it: &'ast syn::ExprUnary) {
        if matches!(it.op, syn::UnOp::Not(_)) && !has_let(&it.expr) {
            let on = self.mutant("! is gone".to_owned(), it.op.span());
            if on != "false" {
                self.wrap(&it.span().byte_range(), format!("({on} ^ "), ")");
            }
        }
        visit::visit_expr_unary(self, it);
    }

    fn visit_expr_match(&mut self, it: &'ast syn::ExprMatch) {
        self.arms(it);
        visit::visit_expr_match(self, it);
    }

    fn visit_expr_path(&mut self, it: &'ast syn::ExprPath) {
        self.path(it);
    }

    // What the compiler evaluates.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}
    fn visit_impl_item_const(&mut self, _: &'ast syn::ImplItemConst) {}
    fn visit_trait_item_const(&mut self, _: &'ast syn::TraitItemConst) {}
    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
    fn visit_item_enum(&mut self, _: &'ast syn::ItemEnum) {}
    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    fn visit_generic_argument(&mut self, _: &'ast syn::GenericArgument) {}
    fn visit_expr_repeat(&mut self, it: &'ast syn::ExprRepeat) {
        self.visit_expr(&it.expr);
    }
}

/// Values in the place of what a function returns; none if none is known to fit.
fn values(ty: &syn::Type) -> Vec<String> {
    let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    match ty {
        syn::Type::Tuple(it) if it.elems.is_empty() => owned(&["()"]),
        syn::Type::Reference(it) if it.mutability.is_none() => match &*it.elem {
            syn::Type::Path(path) if path.path.is_ident("str") => owned(&["\"\"", "\"another\""]),
            syn::Type::Slice(_) => owned(&["&[]"]),
            _ => Vec::new(),
        },
        syn::Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return Vec::new() };
            let first = || match &last.arguments {
                syn::PathArguments::AngleBracketed(it) => {
                    it.args.iter().find_map(|arg| match arg {
                        syn::GenericArgument::Type(ty) => Some(values(ty)),
                        _ => None,
                    })
                }
                _ => None,
            };
            let within = |before: &str| {
                let all = first().unwrap_or_default().into_iter();
                all.map(|it| format!("{before}({it})")).collect::<Vec<_>>()
            };
            match last.ident.to_string().as_str() {
                "bool" => owned(&["true", "false"]),
                "String" => owned(&["String::new()", "\"another\".to_owned()"]),
                "Option" => [owned(&["None"]), within("Some")].concat(),
                "Result" => within("Ok"),
                "Vec" | "Bytes" | "BytesMut" => owned(&["Default::default()"]),
                "Duration" => owned(&["Default::default()"]),
                name if NUMBERS.contains(&name) => owned(&["0", "1"]),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn is_assignment(op: &syn::BinOp) -> bool {
    use syn::BinOp as Op;
    matches!(
        op,
        Op::AddAssign(_)
            | Op::SubAssign(_)
            | Op::MulAssign(_)
            | Op::DivAssign(_)
            | Op::RemAssign(_)
            | Op::BitXorAssign(_)
            | Op::BitAndAssign(_)
            | Op::BitOrAssign(_)
            | Op::ShlAssign(_)
            | Op::ShrAssign(_)
    )
}

/// Whether a pattern takes everything.
fn is_open(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Wild(_) => true,
        syn::Pat::Ident(it) => {
            it.subpat.is_none() && it.ident.to_string().starts_with(char::is_lowercase)
        }
        _ => false,
    }
}

/// Whether a condition binds something.
fn has_let(condition: &syn::Expr) -> bool {
    match condition {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(it) => has_let(&it.left) || has_let(&it.right),
        syn::Expr::Paren(it) => has_let(&it.expr),
        _ => false,
    }
}

fn is_debug(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|it| it.ident == "Debug")
}

/// Whether something is there for tests alone.
fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|it| {
        it.path().is_ident("test")
            || it.path().is_ident("cfg")
                && it.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}
