// YAML, and the Go templates that stand in it as block literals.
import { yamlLanguage } from "@codemirror/lang-yaml";
import { LanguageSupport, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { parseMixed } from "@lezer/common";
import { tagHighlighter, tags } from "@lezer/highlight";

const keywords = new Set(["if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"]);
const constants = new Set(["true", "false", "nil"]);

// The delimiters of today's generation, and of the 1.0 line.
const closing = { "{{": "}}", "[[": "]]" };

function outside(stream, state) {
  const open = stream.match(/^(\{\{|\[\[)-?/);
  if (open) {
    state.close = closing[open[1]];
    if (stream.match(/^\s*\/\*/)) {
      state.comment = true;
      return inComment(stream, state);
    }
    return "brace";
  }
  if (stream.eatSpace()) return null;
  if (stream.match(/^#(?:(?!\{\{|\[\[).)*/)) return "comment";
  if (stream.match(/^(?:- +)*(?=[\w."/$-]+:(?:\s|$))/) && stream.match(/^[\w."/$-]+/)) return "propertyName";
  if (stream.match(/^"(?:[^"\\{[]|\\.|\{(?!\{)|\[(?!\[))*"?/) || stream.match(/^'(?:[^'{[]|\{(?!\{)|\[(?!\[))*'?/)) return "string";
  if (stream.match(/^(?:-?\d+(?:\.\d+)?|true|false|null)(?=\s|$)/)) return "atom";
  if (!stream.match(/^[\w./$-]+/)) stream.next();
  return null;
}

function inComment(stream, state) {
  if (stream.match(/^.*?\*\//)) {
    state.comment = false;
  } else {
    stream.skipToEnd();
  }
  return "comment";
}

function inside(stream, state) {
  if (state.comment) return inComment(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match(state.close) || stream.match("-" + state.close)) {
    state.close = "";
    return "brace";
  }
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^`[^`]*`?/)) return "string";
  if (stream.match(/^\$\w*/)) return "variableName";
  if (stream.match(/^\.\w*/)) return "attributeName";
  if (stream.match(/^-?\d+(?:\.\d+)?/)) return "number";
  const word = stream.match(/^[A-Za-z_]\w*/);
  if (word) return keywords.has(word[0]) ? "keyword" : constants.has(word[0]) ? "atom" : "className";
  stream.next();
  return "operator";
}

const template = StreamLanguage.define({
  name: "gotemplate",
  startState: () => ({ close: "", comment: false }),
  token: (stream, state) => (state.close ? inside(stream, state) : outside(stream, state)),
});

const withTemplates = yamlLanguage.configure({
  wrap: parseMixed((node, input) => {
    if (node.name !== "BlockLiteralContent") return null;
    const text = input.read(node.from, node.to);
    return text.includes("{{") || text.includes("[[") ? { parser: template.parser } : null;
  }),
});

const highlighter = tagHighlighter([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: "tok-key" },
  { tag: tags.string, class: "tok-string" },
  { tag: tags.number, class: "tok-number" },
  { tag: [tags.atom, tags.bool], class: "tok-atom" },
  { tag: tags.comment, class: "tok-comment" },
  { tag: tags.brace, class: "tok-brace" },
  { tag: [tags.keyword, tags.meta, tags.labelName, tags.typeName], class: "tok-keyword" },
  { tag: tags.variableName, class: "tok-variable" },
  { tag: tags.attributeName, class: "tok-field" },
  { tag: tags.className, class: "tok-function" },
]);

export const yaml = [new LanguageSupport(yamlLanguage), syntaxHighlighting(highlighter)];
export const yamlWithTemplates = [new LanguageSupport(withTemplates), syntaxHighlighting(highlighter)];
