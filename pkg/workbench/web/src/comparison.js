// Two results side by side, or one above the other where there is no room.
import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { base } from "./editors.js";
import { yaml } from "./languages.js";

const theme = EditorView.theme({
  "&.cm-merge-a .cm-changedLine, .cm-deletedChunk": { backgroundColor: "color-mix(in srgb, var(--no) 7%, transparent)" },
  "&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine": { backgroundColor: "var(--added)" },
  "&.cm-merge-a .cm-changedText, & .cm-deletedChunk .cm-deletedText": { background: "color-mix(in srgb, var(--no) 15%, transparent)" },
  "&.cm-merge-b .cm-changedText, & .cm-changedText": { background: "color-mix(in srgb, var(--added-edge) 24%, transparent)" },
  "&.cm-merge-a .cm-changedLineGutter, & .cm-deletedLineGutter": { background: "var(--no)" },
  "&.cm-merge-b .cm-changedLineGutter, & .cm-changedLineGutter": { background: "var(--added-edge)" },
  "& .cm-collapsedLines": { background: "var(--paper)", color: "var(--muted)", padding: "2px 12px" },
  "& .cm-collapsedLines:before, & .cm-collapsedLines:after": { content: "''" },
});

// Enough to find what stays between two generations of a sidecar, and no longer than
// one would wait.
const diffConfig = { scanLimit: 5000, timeout: 300 };
const collapseUnchanged = { margin: 3, minSize: 6 };
const reading = (label) => [base, theme, yaml, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-label": label, "aria-readonly": "true" })];

export class ComparisonView {
  constructor(parent) {
    this.parent = parent;
    this.before = this.after = "";
    this.narrow = matchMedia("(max-width: 760px)");
    this.narrow.addEventListener("change", () => this.view && this.build());
  }

  show(before, after) {
    if (this.view && before === this.before && after === this.after) return;
    this.before = before;
    this.after = after;
    this.build();
  }

  build() {
    const top = this.view?.dom.scrollTop ?? 0;
    this.view?.destroy();
    this.view = this.narrow.matches
      ? new EditorView({
          parent: this.parent,
          doc: this.after,
          extensions: [reading("What differs"), unifiedMergeView({ original: this.before, mergeControls: false, collapseUnchanged, diffConfig })],
        })
      : new MergeView({
          parent: this.parent,
          a: { doc: this.before, extensions: reading("Result before") },
          b: { doc: this.after, extensions: reading("Result after") },
          collapseUnchanged,
          diffConfig,
        });
    this.view.dom.scrollTop = top;
  }

  destroy() {
    this.view?.destroy();
    this.view = null;
  }
}
