package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const pod = `apiVersion: v1
kind: Pod
metadata:
  name: app
  annotations:
    sidecar.istio.io/proxyCPU: 10m
spec:
  containers:
  - name: app
    image: app:1
`

func TestFirstResult(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.untilText("#summary", "6 injected")
	p.until("added lines", `document.querySelectorAll("#result .cm-added").length > 5`)
	p.untilText("#rules", "the configuration's policy is enabled")
	t.Logf("first result %.0f ms after load", value[float64](p, `performance.getEntriesByName("first result")[0].duration`))
	p.picture("light-1280")
}

func TestTypingInjects(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.do(focus("#manifest"))
	for range 20 {
		p.do(chromedp.KeyEvent("x"))
		p.until("a result", `(window.seen ??= 0, performance.getEntriesByName("edit to result").length > window.seen)`)
		value[float64](p, `window.seen = performance.getEntriesByName("edit to result").length`)
	}
	took := value[[]float64](p, `performance.getEntriesByName("edit to result").map((e) => e.duration)`)
	slices.Sort(took)
	t.Logf("an edit of bookinfo to its result: median %.0f ms, slowest %.0f ms of %d", took[len(took)/2], took[len(took)-1], len(took))

	p.write("#manifest", pod)
	p.untilText("#summary", "1 injected")
	p.untilText("#workloads", "Pod app")
	p.untilText("#result", "istio-init")
}

func TestErrorsStandAtTheirLines(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.write("#manifest", strings.Replace(pod, "10m", "lots", 1))
	p.untilText("#problems", "manifest:6")
	p.until("the mark at line 6", `document.querySelectorAll("#manifest .cm-lint-marker-error").length === 1`)
	p.until("a mark to be seen", `getComputedStyle(document.querySelector("#manifest .cm-lint-marker-error"), ":before").content === '"●"'`)
	p.until("the last result, set back", `document.querySelector("#result").hasAttribute("data-stale")`)
	p.picture("error-in-manifest")

	p.write("#manifest", "kind: Pod\napiVersion: v1\nspec: [\n")
	p.untilText("#problems", "manifest:")

	p.write("#manifest", pod)
	p.untilText("#summary", "1 injected")
	p.until("no error", `document.querySelectorAll("#manifest .cm-lint-marker-error").length === 0`)

	p.write("#configuration .part:not([hidden])", "policy: enabled\ntemplates:\n  sidecar: |\n    spec:\n      {{ nosuch }}\n")
	p.untilText("#problems", "config:5")
	p.until("the mark in the configuration", `document.querySelectorAll("#configuration .cm-lint-marker-error").length === 1`)
	p.do(click("#problems button"))
	p.until("the caret on line 5", `document.activeElement.closest("#configuration") && document.querySelector("#configuration .part:not([hidden]) .cm-activeLineGutter:not(.cm-gutter-lint)")`)
	p.untilText("#configuration .part:not([hidden]) .cm-activeLine", "nosuch")

	p.do(click(`#keys [data-key="values"]`))
	p.write("#configuration .part:not([hidden])", "global: [\n")
	p.untilText("#problems", "values:")
}

func TestSwitches(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.write("#manifest", pod)
	p.untilText("#summary", "1 injected")
	p.choose("#sample", "A StatefulSet")
	p.untilText("#workloads", "StatefulSet ledger")

	p.do(click(`input[name="as"][value="webhook"] + span`))
	p.untilText("#rules", "namespace default has istio-injection=enabled")
	p.untilText("#workloads", "StatefulSet default/ledger")
	p.picture("webhook")
	p.do(chromedp.Focus(chromedp.CSS(`[name="namespaceLabels"]`)), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.do(chromedp.KeyEvent("istio.io/rev=canary"))
	p.untilText("#summary", "1 skipped")
	p.do(chromedp.SendKeys(chromedp.CSS(`[name="revision"]`), "canary"))
	p.untilText("#summary", "1 injected")
	p.do(click(`input[name="as"][value="command"] + span`))

	p.untilText("#summary", "1 injected")
	p.do(click(`[name="nativeSidecars"]`))
	p.untilText("#rules", "policy")
	p.do(click(`[name="openshift"]`), chromedp.SendKeys(chromedp.CSS(`[name="uidRange"]`), "nonsense"))
	p.untilText("#problems", "nonsense")
}

func TestComparison(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.do(click("#compare"))
	p.untilText("#summary", "none differs")
	p.choose("#profile", "profile istio-1.0")
	p.untilText("#summary", "6 of 6 differ")
	p.until("two results", `document.querySelectorAll("#comparison .cm-editor").length === 2`)
	p.untilText("#rules", "spec.initContainers[istio-proxy]")
	p.picture("comparison")

	p.do(click(`#side [data-side="before"]`))
	p.until("the first configuration", `document.querySelector("#profile").value === "profile istio"`)
	p.do(click("#compare"))
	p.untilText("#summary", "6 injected")
}

func TestDarkColours(t *testing.T) {
	p := open(t, 1280, 800)
	p.do(dark())
	p.load()
	colour := `getComputedStyle(document.body).backgroundColor`
	if got := value[string](p, colour); got != "rgb(17, 23, 26)" {
		t.Errorf("a system that prefers dark colours gets %s", got)
	}
	p.picture("dark-1280")
	p.do(click("#theme"))
	if got := value[string](p, colour); got != "rgb(246, 244, 239)" {
		t.Errorf("the switch to light colours gives %s", got)
	}
}

func TestNarrowWindow(t *testing.T) {
	p := open(t, 400, 800).load()
	if got := value[int](p, `document.documentElement.scrollWidth`); got > 400 {
		t.Errorf("the page is %d pixels wide in a window of 400", got)
	}
	p.picture("narrow-400")
	p.do(click("#tab-result"))
	p.until("the result alone", `document.querySelector("#pane-result").offsetParent && !document.querySelector("#pane-manifest").offsetParent`)
	p.picture("narrow-400-result")
	p.do(click("#compare"))
	p.untilText("#summary", "none differs")
	if got := value[int](p, `document.documentElement.scrollWidth`); got > 400 {
		t.Errorf("a comparison is %d pixels wide in a window of 400", got)
	}
}

func TestNothingIsStored(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.do(click("#theme"))
	p.write("#manifest", pod)
	p.untilText("#summary", "1 injected")
	for _, store := range []string{`localStorage.length`, `sessionStorage.length`, `document.cookie.length`} {
		if n := value[int](p, store); n != 0 {
			t.Errorf("%s is %d", store, n)
		}
	}
}
