// What was decided of each workload, and what is wrong, above the panes.
import { by, element } from "./dom.js";

const marks = { yes: "yes", no: "no", silent: "–" };
let chosen = 0;

const nameOf = (w) => [w.kind, [w.namespace, w.name].filter(Boolean).join("/")].join(" ");

/** Lists the workloads. tell(w, i) is what to say of one; choose(i) was called for. */
function list(workloads, tell, choose) {
  if (chosen >= workloads.length) chosen = 0;
  const focused = by("workloads").contains(document.activeElement);
  by("workloads").replaceChildren(
    ...workloads.map((w, i) => {
      const { mark, what } = tell(w);
      const button = element(
        "button",
        { type: "button", "aria-pressed": String(i === chosen) },
        element("span", { className: "mark " + mark }, mark),
        element("span", {}, nameOf(w), " ", element("span", { className: "what" }, what)),
      );
      button.addEventListener("click", () => {
        chosen = i;
        list(workloads, tell, choose);
        choose(w);
      });
      return element("li", {}, button);
    }),
  );
  if (!workloads.length) by("workloads").append(element("li", { className: "empty" }, "There is none in the manifest."));
  if (focused) by("workloads").querySelector('[aria-pressed="true"]')?.focus();
}

const count = (n, what) => (n ? [`${n} ${what}`] : []);

/** Shows an answer. go(line) is called with a chosen workload's lines. */
export function showAnswer(answer, go) {
  const of = (outcome) => answer.workloads.filter((w) => w.outcome === outcome).length;
  by("summary").textContent = ["injected", "unchanged", "skipped", "refused"].flatMap((o) => count(of(o), o)).join(", ");
  by("rules-title").textContent = "Rule by rule";
  const rules = () => {
    const w = answer.workloads[chosen];
    by("rules").replaceChildren(
      ...(w?.rules ?? []).map((s) =>
        element("li", {}, element("span", { className: "mark short " + s.answer }, marks[s.answer]), element("span", {}, s.rule, element("span", { className: "what" }, ": " + s.what, entryOf(s)))),
      ),
    );
  };
  const tell = (w) => ({ mark: w.outcome, what: w.outcome === "injected" ? (w.added ?? []).join(", ") : w.detail });
  list(answer.workloads, tell, (w) => {
    rules();
    go(w);
  });
  rules();
}

// Rules of the webhook's entries have the same names: the entry is part of it.
const entryOf = (step) => (step.where.includes(", ") ? ` (${step.where.split(", ")[1].split(".sidecar-injector")[0]})` : "");

const shown = (value) => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** Shows what differs between two answers. */
export function showComparison(comparison, go) {
  const differing = comparison.workloads.filter((w) => w.differences.length || w.before !== w.after).length;
  by("summary").textContent = differing ? `${differing} of ${comparison.workloads.length} differ` : "none differs";
  by("rules-title").textContent = "What would change";
  const changes = () => {
    const w = comparison.workloads[chosen];
    by("rules").replaceChildren(
      ...(w?.differences ?? []).map((d) =>
        element("li", {}, element("span", {}, element("code", {}, d.name), " ", d.before === undefined ? null : element("del", {}, shown(d.before)), " ", d.after === undefined ? null : element("ins", {}, shown(d.after)))),
      ),
    );
    if (w && !w.differences.length) by("rules").append(element("li", { className: "empty" }, "Nothing."));
  };
  const tell = (w) => ({
    mark: w.differences.length || w.before !== w.after ? "differs" : "same",
    what: w.before !== w.after ? `${w.before}, then ${w.after}` : w.differences.length ? `${w.differences.length} fields` : w.after,
  });
  list(comparison.workloads, tell, (w) => {
    changes();
    go(w);
  });
  changes();
}

const titles = { manifest: "manifest", config: "config", values: "values", mesh: "mesh" };

/** Lists errors and warnings; go(problem) is called for one. */
export function showProblems(problems, go) {
  by("problem-count").textContent = problems.length ? String(problems.length) : "";
  by("problems").replaceChildren(
    ...problems.map((p) => {
      const button = element(
        "button",
        { type: "button" },
        element("span", { className: "mark " + p.severity }, p.severity),
        element("span", {}, p.message, element("span", { className: "what" }, ` ${p.side ? p.side + ", " : ""}${titles[p.pane]}:${p.line}`)),
      );
      button.addEventListener("click", () => go(p));
      return element("li", {}, button);
    }),
  );
  if (!problems.length) by("problems").append(element("li", { className: "empty" }, "None."));
}
