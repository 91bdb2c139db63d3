//! A reader of the YAML that machines write: mappings, lists, plain, quoted and block scalars.
//!
//! Invariant: what lies outside that subset (anchors, tags, several documents, tabs) is an error with its line, never guessed. Every
//! scalar is its text: whether `true` stood in quotes makes no difference to whoever reads facts out of an API description.

/// One value of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Text(String),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<(String, Node)>),
    Nothing,
}

const NOTHING: &Node = &Node::Nothing;

impl Node {
    /// The value of a key; nothing where there is none.
    pub(crate) fn get(&self, key: &str) -> &Node {
        self.entries().iter().find(|(name, _)| name == key).map_or(NOTHING, |(_, value)| value)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        self.text() == Some(text)
    }

    pub(crate) fn items(&self) -> &[Node] {
        match self {
            Node::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn entries(&self) -> &[(String, Node)] {
        match self {
            Node::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        *self == Node::Nothing
    }
}

/// Reads one document; an error names its line.
pub(crate) fn read(text: &str) -> Result<Node, String> {
    let lines = text.lines().map(|line| Line::of(line.trim_end())).collect();
    let mut reader = Reader { lines, at: 0 };
    reader.skip();
    if reader.here().is_some_and(|line| line.text == "---") {
        reader.at += 1;
    }
    let node = reader.block(0)?;
    reader.skip();
    if reader.here().is_some() { Err(reader.wrong("what comes before it is a whole document")) } else { Ok(node) }
}

#[derive(Clone, Copy)]
struct Line<'a> {
    indent: usize,
    /// Without the indent.
    text: &'a str,
}

impl<'a> Line<'a> {
    fn of(raw: &'a str) -> Line<'a> {
        let text = raw.trim_start_matches(' ');
        Line { indent: raw.len() - text.len(), text }
    }

    fn is_item(self) -> bool {
        self.text == "-" || self.text.starts_with("- ")
    }
}

struct Reader<'a> {
    lines: Vec<Line<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn here(&self) -> Option<Line<'a>> {
        self.lines.get(self.at).copied()
    }

    fn wrong(&self, why: &str) -> String {
        format!("line {}: {why}", self.at + 1)
    }

    /// The same about a line that is read already.
    fn wrong_before(&self, why: &str) -> String {
        format!("line {}: {why}", self.at)
    }

    fn skip(&mut self) {
        while self.here().is_some_and(|line| line.text.is_empty() || line.text.starts_with('#')) {
            self.at += 1;
        }
    }

    /// A list or mapping that is at least this far in, or nothing.
    fn block(&mut self, indent_min: usize) -> Result<Node, String> {
        self.skip();
        match self.here().filter(|line| line.indent >= indent_min) {
            None => Ok(Node::Nothing),
            Some(line) if line.is_item() => self.list(line.indent),
            Some(line) if key_of(line.text).is_some() => self.map(line.indent),
            Some(line) => {
                self.at += 1;
                self.scalar(line.text, line.indent)
            }
        }
    }

    fn list(&mut self, indent: usize) -> Result<Node, String> {
        let mut items = Vec::new();
        loop {
            self.skip();
            let Some(line) = self.here().filter(|line| line.indent == indent && line.is_item()) else { break };
            let rest = line.text[1..].trim_start();
            if rest.is_empty() {
                self.at += 1;
                items.push(self.block(indent + 1)?);
            } else {
                // What follows the dash is a block of its own, as far in as it stands.
                self.lines[self.at] = Line { indent: indent + line.text.len() - rest.len(), text: rest };
                items.push(self.block(indent + 1)?);
            }
        }
        Ok(Node::List(items))
    }

    fn map(&mut self, indent: usize) -> Result<Node, String> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        loop {
            self.skip();
            let Some(line) = self.here().filter(|line| line.indent >= indent) else { break };
            let found = key_of(line.text).filter(|_| line.indent == indent && !line.is_item());
            let Some((key, rest)) = found else { return Err(self.wrong("a key is expected here")) };
            if entries.iter().any(|(known, _)| *known == key) {
                return Err(self.wrong("the key comes twice"));
            }
            self.at += 1;
            let value = if rest.is_empty() || rest.starts_with('#') {
                self.skip();
                let at_same_indent = self.here().is_some_and(|next| next.indent == indent && next.is_item());
                if at_same_indent { self.list(indent)? } else { self.block(indent + 1)? }
            } else {
                self.scalar(rest, indent)?
            };
            entries.push((key, value));
            if self.here().is_some_and(|next| next.indent == indent && next.is_item()) {
                break;
            }
        }
        Ok(Node::Map(entries))
    }

    /// A scalar that begins with `text` on the line before; what belongs to it is further in than `indent`.
    fn scalar(&mut self, text: &str, indent: usize) -> Result<Node, String> {
        match text.as_bytes().first() {
            Some(b'|' | b'>') => Ok(Node::Text(self.block_scalar(text, indent)?)),
            Some(b'\'' | b'"') => {
                let mut whole = text.to_owned();
                loop {
                    if let Some((value, rest)) = quoted(&whole) {
                        return if rest.trim().is_empty() {
                            Ok(Node::Text(value))
                        } else {
                            Err(self.wrong_before("a quote ends too early"))
                        };
                    }
                    let Some(next) = self.here() else { return Err(self.wrong_before("a quote does not end")) };
                    whole.push(' ');
                    whole.push_str(next.text);
                    self.at += 1;
                }
            }
            Some(b'[' | b'{') => {
                let mut whole = text.to_owned();
                while let Some(next) = self.here().filter(|next| next.indent > indent && !next.text.is_empty()) {
                    whole.push(' ');
                    whole.push_str(next.text);
                    self.at += 1;
                }
                match flow(&whole) {
                    Some((node, rest)) if rest.trim().is_empty() => Ok(node),
                    _ => Err(self.wrong_before("what is in brackets cannot be read")),
                }
            }
            Some(b'&' | b'*' | b'!' | b'%' | b'@' | b'`') => {
                Err(self.wrong_before("this part of YAML is not read here"))
            }
            _ => {
                let mut whole = text.split(" #").next().unwrap_or_default().trim_end().to_owned();
                while let Some(next) = self.here().filter(|next| next.indent > indent && !next.text.is_empty()) {
                    whole.push(' ');
                    whole.push_str(next.text);
                    self.at += 1;
                }
                Ok(if matches!(whole.as_str(), "null" | "~") { Node::Nothing } else { Node::Text(whole) })
            }
        }
    }

    fn block_scalar(&mut self, mark: &str, indent: usize) -> Result<String, String> {
        if !mark[1..].bytes().all(|byte| matches!(byte, b'-' | b'+' | b'1'..=b'9')) {
            return Err(self.wrong_before("a block begins in a way that is not read here"));
        }
        let mut lines = Vec::new();
        while let Some(line) = self.here().filter(|line| line.text.is_empty() || line.indent > indent) {
            lines.push(line.text);
            self.at += 1;
        }
        // The indent within is left out: no fact of an API lies in it.
        Ok(lines.join("\n").trim_end().to_owned())
    }
}

/// The key of a line and what follows its colon.
fn key_of(text: &str) -> Option<(String, &str)> {
    if text.starts_with(['\'', '"']) {
        let (key, rest) = quoted(text)?;
        return rest.strip_prefix(':').map(|rest| (key, rest.trim_start()));
    }
    if text.starts_with(['[', '{', '|', '>']) {
        return None;
    }
    match text.find(": ") {
        Some(colon) => Some((text[..colon].to_owned(), text[colon + 2..].trim_start())),
        None => text.strip_suffix(':').map(|key| (key.to_owned(), "")),
    }
}

/// A quoted scalar at the beginning, and the rest; nothing when it does not end.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next()?;
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((position, character)) = characters.next() {
        match character {
            '\'' if quote == '\'' && characters.next_if(|(_, next)| *next == '\'').is_some() => value.push('\''),
            '\\' if quote == '"' => match characters.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                other => value.push(other),
            },
            _ if character == quote => return Some((value, &text[position + 1..])),
            _ => value.push(character),
        }
    }
    None
}

/// A value in brackets or braces, or a scalar within them.
fn flow(text: &str) -> Option<(Node, &str)> {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('[') {
        let mut items = Vec::new();
        loop {
            rest = rest.trim_start();
            if let Some(rest) = rest.strip_prefix(']') {
                return Some((Node::List(items), rest));
            }
            let (item, after) = flow(rest)?;
            items.push(item);
            rest = after.trim_start();
            rest = rest.strip_prefix(',').or_else(|| rest.starts_with(']').then_some(rest))?;
        }
    }
    if let Some(mut rest) = text.strip_prefix('{') {
        let mut entries = Vec::new();
        loop {
            rest = rest.trim_start();
            if let Some(rest) = rest.strip_prefix('}') {
                return Some((Node::Map(entries), rest));
            }
            let (key, after) = if rest.starts_with(['\'', '"']) {
                quoted(rest)?
            } else {
                let colon = rest.find(':')?;
                (rest[..colon].trim().to_owned(), &rest[colon..])
            };
            let (value, after) = flow(after.trim_start().strip_prefix(':')?)?;
            entries.push((key, value));
            rest = after.trim_start();
            rest = rest.strip_prefix(',').or_else(|| rest.starts_with('}').then_some(rest))?;
        }
    }
    if text.starts_with(['\'', '"']) {
        return quoted(text).map(|(value, rest)| (Node::Text(value), rest));
    }
    let end = text.find([',', ']', '}']).unwrap_or(text.len());
    Some((Node::Text(text[..end].trim().to_owned()), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Node {
        Node::Text(value.to_owned())
    }

    #[test]
    fn mappings_lists_and_scalars_nest() {
        let read = read(
            "openapi: 3.0.3\n# a remark\npaths:\n  /a/{id}:\n    parameters:\n    - name: id\n      in: path\n    - $ref: '#/b'\n\
             \x20   get:\n      tags: [one, 'two, three']\n      security: []\n      empty: {}\n  'it''s':\n    - - x\n      - \"y\\\"z\"\n",
        )
        .expect("the text is of the subset");
        let path = read.get("paths").get("/a/{id}");
        assert_eq!(path.get("parameters").items()[0].get("in"), &text("path"));
        assert_eq!(path.get("parameters").items()[1].get("$ref"), &text("#/b"));
        assert_eq!(path.get("get").get("tags").items(), [text("one"), text("two, three")]);
        assert_eq!(path.get("get").get("security"), &Node::List(vec![]));
        assert_eq!(path.get("get").get("empty"), &Node::Map(vec![]));
        assert_eq!(read.get("paths").get("it's").items()[0].items(), [text("x"), text("y\"z")]);
    }

    #[test]
    fn prose_is_read_over_whatever_it_looks_like() {
        let read = read("a: |-\n  key: no key\n\n    - no item\n  # no remark\nb: >\n  folded\nc: plain\n  goes on\nd: 'quoted\n  goes on'\n")
            .expect("the text is of the subset");
        assert_eq!(read.get("a"), &text("key: no key\n\n- no item\n# no remark"));
        assert_eq!((read.get("b"), read.get("c")), (&text("folded"), &text("plain goes on")));
        assert_eq!(read.get("d"), &text("quoted goes on"));
    }

    #[test]
    fn what_is_not_of_the_subset_is_refused_with_its_line() {
        for (wrong, line) in [
            ("a: 1\nb: *alias", "line 2"),
            ("a: 1\na: 2", "line 2"),
            ("a:\n  b: 2\n  c", "line 3"),
            ("a: 'open", "line 1"),
            ("a: [1", "line 1"),
            ("a: !tag x", "line 1"),
        ] {
            let error = read(wrong).expect_err(wrong);
            assert!(error.starts_with(line), "{wrong}: {error}");
        }
    }
}
