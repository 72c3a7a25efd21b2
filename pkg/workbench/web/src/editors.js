// The editors of the panes.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";

const nonce = document.querySelector('meta[name="style-nonce"]').content;

const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "12.5px", backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  // Above the lines, whose colours would hide an outline.
  "&.cm-focused:after": { content: "''", position: "absolute", inset: "0", border: "2px solid var(--accent)", pointerEvents: "none", zIndex: "300" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", scrollbarWidth: "thin" },
  ".cm-content": { caretColor: "var(--ink)", padding: "6px 0" },
  ".cm-line": { padding: "0 12px 0 8px" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--faint)", border: "none", paddingLeft: "4px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused .cm-content ::selection, .cm-content ::selection": { backgroundColor: "var(--selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--selection)" },
  ".cm-foldPlaceholder": { background: "var(--accent-soft)", border: "none", color: "var(--muted)", padding: "0 6px" },
  ".cm-panels": { backgroundColor: "var(--paper)", color: "var(--ink)", borderColor: "var(--rule)" },
  ".cm-textfield": { backgroundColor: "var(--panel)", borderColor: "var(--rule)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--panel)", borderColor: "var(--rule)" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--rule)", borderRadius: "6px", boxShadow: "var(--shadow)" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap", maxWidth: "34rem" },
  // In place of the pictures in data URLs, which the page's policy does not load.
  ".cm-gutter-lint": { width: "1.1em" },
  ".cm-lint-marker": { width: "auto", height: "auto", textAlign: "center", lineHeight: "inherit" },
  ".cm-lint-marker-error, .cm-lint-marker-warning": { content: "normal" },
  ".cm-lint-marker-error:before": { content: "'●'", color: "var(--no)" },
  ".cm-lint-marker-warning:before": { content: "'▲'", color: "var(--warn)" },
  ".cm-lintRange-error, .cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy 1px", textUnderlineOffset: "3px" },
  ".cm-lintRange-error": { textDecorationColor: "var(--no)" },
  ".cm-lintRange-warning": { textDecorationColor: "var(--warn)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--no)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-highlightTab": { backgroundImage: "none" },
  ".cm-added": { backgroundColor: "var(--added)", boxShadow: "inset 3px 0 var(--added-edge)" },
  ".cm-changed": { backgroundColor: "var(--changed)", boxShadow: "inset 3px 0 var(--changed-edge)" },
  ".cm-wrote": { backgroundColor: "var(--wrote)" },
  ".cm-read": { backgroundColor: "var(--read)" },
});

/** Marks a change that nobody typed. */
const quiet = Annotation.define();

/** Lines to paint: {line: class}. One set for what injection wrote, one for what a
 * pointer or caret in another pane lights up. */
const setMarks = StateEffect.define();
const setLit = StateEffect.define();

const painted = (effect) =>
  StateField.define({
    create: () => Decoration.none,
    update(decorations, transaction) {
      decorations = decorations.map(transaction.changes);
      for (const e of transaction.effects) {
        if (!e.is(effect)) continue;
        const { doc } = transaction.state;
        const lines = [...e.value].filter(([line]) => line >= 1 && line <= doc.lines).sort(([a], [b]) => a - b);
        decorations = Decoration.set(lines.map(([line, name]) => Decoration.line({ class: "cm-" + name }).range(doc.line(line).from)));
      }
      return decorations;
    },
    provide: (field) => EditorView.decorations.from(field),
  });

export const base = [
  EditorView.cspNonce.of(nonce),
  theme,
  lineNumbers(),
  highlightSpecialChars(),
  codeFolding(),
  foldGutter({ openText: "▾", closedText: "▸" }),
  bracketMatching(),
  highlightSelectionMatches(),
  keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap]),
  painted(setMarks),
  painted(setLit),
];

/**
 * An editor. on.edit is called when its text changed, on.point with the line that
 * pointer or caret are on (0 for none), on.go when that line was chosen.
 */
export function editor(parent, { label, language, doc = "", readOnly = false, on = {} }) {
  const pointed = (event, view) => {
    const position = view.posAtCoords({ x: event.clientX, y: event.clientY });
    return position === null ? 0 : view.state.doc.lineAt(position).number;
  };
  const caret = (view) => view.state.doc.lineAt(view.state.selection.main.head).number;
  const view = new EditorView({
    parent,
    doc,
    extensions: [
      base,
      language,
      EditorView.contentAttributes.of({ "aria-label": label, ...(readOnly ? { "aria-readonly": "true" } : {}) }),
      readOnly ? EditorState.readOnly.of(true) : [history(), indentOnInput(), indentUnit.of("  "), highlightActiveLine(), highlightActiveLineGutter(), lintGutter()],
      keymap.of([{ key: "Enter", run: (v) => readOnly && (on.go?.(caret(v), true), true) }]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !update.transactions.some((t) => t.annotation(quiet))) on.edit?.();
        if (update.selectionSet && update.view.hasFocus) on.point?.(caret(update.view));
      }),
      EditorView.domEventHandlers({
        mousemove: (event, v) => void on.point?.(pointed(event, v)),
        // What was pointed at last stays, so that its links can be reached.
        mouseleave: (event, v) => void (v.hasFocus && on.point?.(caret(v))),
        click: (event, v) => void on.go?.(pointed(event, v), false),
        focus: (event, v) => void on.point?.(caret(v)),
        blur: (event) => void (event.relatedTarget?.closest("#origin") || on.point?.(0)),
      }),
    ],
  });
  return view;
}

/** Replaces the text, touching only what differs: caret and scrolling stay. */
export function setText(view, text) {
  const changes = difference(view.state.doc.toString(), text);
  if (changes) view.dispatch({ changes });
}

/** Replaces a text that nobody types, and paints what injection wrote of it. */
export function setResult(view, text, lines) {
  const changes = difference(view.state.doc.toString(), text) ?? [];
  view.dispatch({ changes, effects: setMarks.of(lines), annotations: quiet.of(true) });
}

function difference(old, text) {
  if (old === text) return null;
  let from = 0;
  const most = Math.min(old.length, text.length);
  while (from < most && old.charCodeAt(from) === text.charCodeAt(from)) from++;
  let end = 0;
  while (end < most - from && old.charCodeAt(old.length - 1 - end) === text.charCodeAt(text.length - 1 - end)) end++;
  return { from, to: old.length - end, insert: text.slice(from, text.length - end) };
}

export const textOf = (view) => view.state.doc.toString();

// Every update has the browser lay out the page: none is made for nothing.
const isLit = new WeakSet();
const hasProblems = new WeakSet();

/** Lights up lines. */
export function light(view, lines) {
  if (!lines.size && !isLit.has(view)) return;
  lines.size ? isLit.add(view) : isLit.delete(view);
  view.dispatch({ effects: setLit.of(lines) });
}

/** Shows errors and warnings at their lines. */
export function showProblems(view, problems) {
  if (!problems.length && !hasProblems.has(view)) return;
  problems.length ? hasProblems.add(view) : hasProblems.delete(view);
  const { doc } = view.state;
  const diagnostics = problems.map((p) => {
    const line = doc.line(Math.min(Math.max(p.line, 1), doc.lines));
    const indent = /^\s*/.exec(line.text)[0].length;
    return { from: line.from + Math.min(indent, line.length), to: line.to, severity: p.severity, message: p.message, source: p.object };
  });
  view.dispatch(setDiagnostics(view.state, diagnostics));
}

/** Brings a line into sight. */
export function reveal(view, number, { focus = false, gently = false } = {}) {
  const line = view.state.doc.line(Math.min(Math.max(number, 1), view.state.doc.lines));
  const effects = EditorView.scrollIntoView(line.from, { y: gently ? "nearest" : "center", yMargin: 40 });
  view.dispatch(focus ? { selection: { anchor: line.from }, effects } : { effects });
  if (focus) view.focus();
}
