package browser

import "testing"

func TestFromALineToItsTemplateAndBack(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.hover("#result", "image: docker.io/istio/proxyv2")
	p.untilText("#origin", "from sidecar:")
	p.untilText("#origin", "values global.hub = docker.io/istio")
	p.until("the template's line lit up", `document.querySelectorAll("#configuration .part:not([hidden]) .cm-wrote").length === 1`)
	p.picture("origin")

	p.hover("#configuration .part:not([hidden])", value[string](p, `document.querySelector("#configuration .part:not([hidden]) .cm-wrote").textContent.slice(0, 40)`))
	p.untilText("#origin", "It wrote 6 fields")
	p.until("the lines that it wrote", `document.querySelectorAll("#result .cm-wrote").length > 0`)

	// A chosen line stays while the pointer goes to what is told of it.
	p.clickOn("#result", "image: docker.io/istio/proxyv2")
	p.hover("#result", "istio.io/rev")
	p.untilText("#origin", "annotations")
	p.point(640, 785)
	p.untilText("#origin", "values global.hub")
	p.do(click("#origin button.read"))
	p.until("the value's line", `!document.querySelector("#configuration .part:nth-child(2)").hidden && document.activeElement.closest("#configuration") !== null`)
	p.untilText("#configuration .part:not([hidden]) .cm-activeLine", "hub")
}

func TestWhatStoodThereBefore(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.choose("#sample", "Probes")
	p.untilText("#summary", "1 injected")
	p.until("a changed line", `document.querySelectorAll("#result .cm-changed").length > 0`)
	p.hover("#result", "path: /app-health/search/readyz")
	p.untilText("#origin", `changed, was "/ready"`)
}
