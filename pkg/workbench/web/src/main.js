// The page: it wires the panes with the API.
import * as api from "./api.js";
import { ComparisonView } from "./comparison.js";
import { Configurations, keys } from "./configurations.js";
import * as decision from "./decision.js";
import { by, element } from "./dom.js";
import { editor, light, reveal, setResult, setText, showProblems, textOf } from "./editors.js";
import { yaml } from "./languages.js";
import * as layout from "./layout.js";
import { Origins, lit, resultLines, tell, tellWritten } from "./origin.js";
import * as request from "./request.js";
import * as save from "./save.js";

const loaded = performance.now();
const start = await api.start();
// What is asked at the time, and since when its answer is waited for. While the
// editors are made, the server is at work already.
let pending = new AbortController();
let edited = 0;
request.show(start.settings);
const first = api.inject({ manifest: start.manifest.text, settings: request.settings(), configuration: start.configuration }, pending.signal);

let origins = new Origins({ fields: [] });
let answer = null;
let comparing = false;

const manifest = editor(by("manifest"), {
  label: "Manifest",
  doc: start.manifest.text,
  language: yaml,
  on: { edit: manifestEdited, point: (line) => pointElsewhere("manifest", line), go: (line, byKey) => goElsewhere("manifest", line, byKey) },
});
const configurations = new Configurations(start.configuration, start.profiles, {
  edit: update,
  point: pointElsewhere,
  go: goElsewhere,
});
const result = editor(by("result"), { label: "Result", language: yaml, readOnly: true, on: { point: pointResult, go: goResult } });
const comparison = new ComparisonView(by("comparison"));
const views = { manifest, ...configurations.views, result };

function manifestEdited() {
  if (!fresh) by("manifest-name").textContent = "edited";
  update();
}

// Injecting, as one types.

function update() {
  edited ||= performance.now();
  pending.abort();
  pending = new AbortController();
  const { signal } = pending;
  setTimeout(() => !signal.aborted && ask(signal), 10);
}

function ask(signal) {
  const asked = { manifest: textOf(manifest), settings: request.settings() };
  return comparing
    ? show(api.compare({ ...asked, before: configurations.of("before"), after: configurations.of("after") }, signal), showComparison)
    : show(api.inject({ ...asked, configuration: configurations.of("before") }, signal), showAnswer);
}

/** Shows an answer when it comes, and has the browser note how long that took. */
async function show(coming, showIt) {
  try {
    showIt(await coming);
  } catch (error) {
    if (error.name === "AbortError") return;
    decision.showProblems([{ severity: "error", pane: "manifest", line: 1, message: `The workbench does not answer: ${error.message}` }], () => {});
    return;
  }
  const [name, begun] = edited ? ["edit to result", edited] : ["first result", loaded];
  edited = 0;
  requestAnimationFrame(() => performance.measure(name, { start: begun, end: performance.now() }));
}

// Set while the manifest is one that was just taken: the first change is shown.
let fresh = true;

function showFirstChange(next) {
  fresh = false;
  if (next.marks.length) reveal(result, next.marks[0].from);
}

const isError = (p) => p.severity === "error";

function showAnswer(next) {
  answer = next;
  const failed = next.problems.some(isError);
  by("result").toggleAttribute("data-stale", failed);
  by("result-note").textContent = failed ? "the last that was without errors" : linesText(next.marks);
  if (!failed) {
    setResult(result, next.text, new Map(next.marks.flatMap((m) => Array.from({ length: m.to - m.from + 1 }, (_, i) => [m.from + i, m.change]))));
    origins = new Origins(next);
    if (fresh) showFirstChange(next);
  }
  decision.showAnswer(next, goWorkload);
  placeProblems(next.problems);
}

function showComparison(next) {
  const { before, after } = next;
  comparison.show(before.text, after.text);
  answer = configurations.side === "before" ? before : after;
  by("result-note").textContent = `before: ${configurations.names.before}, after: ${configurations.names.after}`;
  decision.showComparison(next, goWorkload);
  const told = [before, after].flatMap((a, i) => a.problems.map((p) => ({ ...p, side: i ? "after" : "before" })));
  placeProblems(told);
}

function linesText(marks) {
  const sum = (change) => marks.filter((m) => m.change === change).reduce((n, m) => n + m.to - m.from + 1, 0);
  return [["added", "lines added"], ["changed", "changed"]].filter(([c]) => sum(c)).map(([c, text]) => `${sum(c)} ${text}`).join(", ");
}

function placeProblems(problems) {
  decision.showProblems(problems, (p) => {
    if (p.side && p.pane !== "manifest") showSide(p.side);
    go(p);
  });
  for (const pane of ["manifest", ...keys]) {
    const here = problems.filter((p) => p.pane === pane && (pane === "manifest" || !p.side || p.side === configurations.side));
    showProblems(views[pane], here);
  }
}

// From a line to what wrote it, and back.

/** Brings a place into sight, in its pane. */
function go(place, { focus = true } = {}) {
  if (keys.includes(place.pane)) configurations.showKey(place.pane);
  if (focus) layout.showPane(keys.includes(place.pane) ? "configuration" : place.pane);
  reveal(views[place.pane], place.line, { focus });
}

function goWorkload(w) {
  const found = answer?.workloads.find((a) => a.kind === w.kind && a.name === w.name && a.namespace === w.namespace);
  if (!found) return;
  reveal(manifest, found.line);
  if (found.resultLine && !comparing) reveal(result, found.resultLine);
}

const lightUp = (field) => {
  for (const pane of ["manifest", ...keys]) light(views[pane], lit(field, pane));
};

let resting = 0;

function pointResult(line) {
  const field = origins.at(line) ?? null;
  tell(field, go);
  light(result, field ? resultLines([field]) : new Map());
  lightUp(field);
  clearTimeout(resting);
  const at = field?.by?.at;
  if (at) {
    resting = setTimeout(() => {
      if (keys.includes(at.pane)) configurations.showKey(at.pane);
      reveal(views[at.pane], at.line, { gently: true });
    }, 150);
  }
}

/** Goes to what wrote a line. With the mouse, the caret stays where it is. */
function goResult(line, byKey) {
  const writer = origins.at(line)?.by;
  const place = writer?.at ?? writer?.reads?.find((r) => r.at)?.at;
  if (place) go(place, { focus: byKey });
}

function pointElsewhere(pane, line) {
  const fields = comparing ? [] : origins.writtenBy(pane, line);
  tellWritten(fields, go);
  light(result, resultLines(fields));
  clearTimeout(resting);
  if (fields.length) resting = setTimeout(() => reveal(result, fields[0].from, { gently: true }), 150);
}

function goElsewhere(pane, line, byKey) {
  const [first] = comparing || byKey ? [] : origins.writtenBy(pane, line);
  if (first) reveal(result, first.from);
}

// Changes of the result, one after the other.

function goChange(step) {
  const marks = answer?.marks ?? [];
  const line = result.state.doc.lineAt(result.state.selection.main.head).number;
  const next = step > 0 ? marks.find((m) => m.from > line) : marks.findLast((m) => m.from < line);
  if (next) reveal(result, next.from, { focus: true });
}

// The controls.

function showSide(side) {
  configurations.showSide(side);
  update();
}

function setComparing(on) {
  comparing = on;
  by("compare").setAttribute("aria-pressed", String(on));
  document.body.dataset.mode = on ? "compare" : "";
  by("side").hidden = !on;
  by("result").hidden = on;
  by("comparison").hidden = !on;
  by("previous").hidden = by("next").hidden = on;
  if (on) {
    configurations.split();
    configurations.showSide("after");
    layout.showPane("configuration");
  } else {
    configurations.showSide("before");
    comparison.destroy();
  }
  update();
}

/** Has a file chosen, and hands over its text: the browser reads it, not the server. */
function choose(took) {
  const input = by("file");
  input.value = "";
  input.onchange = async () => {
    const [file] = input.files;
    if (file) took(file.name, await file.text());
  };
  input.click();
}

function takeManifest(name, text) {
  fresh = true;
  by("manifest-name").textContent = name;
  setText(manifest, text);
  reveal(manifest, 1);
}

// A text of one key leaves the others as they are.
const withOnly = (configuration, some) => Object.fromEntries(Object.entries(configuration).filter(([key]) => !keys.includes(key) || some.includes(key)));

async function openConfiguration(name, text) {
  try {
    const { keys: some, ...configuration } = await api.configuration({ name, text, revision: request.settings().revision });
    configurations.take({ ...configurations.of(configurations.side), ...withOnly(configuration, some) }, some);
  } catch (error) {
    decision.showProblems([{ severity: "error", pane: "config", line: 1, message: error.message }], () => {});
  }
}

function wireControls() {
  const samples = start.samples.some((s) => s.name === start.manifest.name) ? start.samples : [start.manifest, ...start.samples];
  by("sample").replaceChildren(...samples.map((s) => element("option", { value: s.name }, s.name)));
  by("sample").value = start.manifest.name;
  by("sample").addEventListener("change", () => {
    const sample = samples.find((s) => s.name === by("sample").value);
    takeManifest(sample.name, sample.text);
  });
  by("profile").addEventListener("change", () => configurations.choose(by("profile").value));
  by("keys").addEventListener("click", (event) => event.target.dataset.key && configurations.showKey(event.target.dataset.key));
  by("side").addEventListener("click", (event) => event.target.dataset.side && showSide(event.target.dataset.side));
  by("compare").addEventListener("click", () => setComparing(!comparing));
  by("open-manifest").addEventListener("click", () => choose(takeManifest));
  by("open-configuration").addEventListener("click", () => choose(openConfiguration));
  by("previous").addEventListener("click", () => goChange(-1));
  by("next").addEventListener("click", () => goChange(1));
  document.addEventListener("keydown", (event) => {
    const step = { PageUp: -1, PageDown: 1 }[event.key];
    if (!event.altKey || !step || comparing) return;
    event.preventDefault();
    goChange(step);
  });
  request.onChange(update);
  save.wire({
    folder: start.testFolder,
    suggest: () => (answer?.workloads[0]?.name ?? "case").replace(/[^a-z0-9-]/g, "-"),
    request: () => ({ manifest: textOf(manifest), configuration: configurations.of(configurations.side), settings: request.settings() }),
  });
}

layout.wire();
by("manifest-name").textContent = start.manifest.name;
wireControls();
show(first, showAnswer);
