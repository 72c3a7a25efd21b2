package browser

import (
	"testing"

	cdppage "github.com/chromedp/cdproto/page"
)

// account tells of one field what wrote it, in the shape of the API.
const account = `
const ask = window.fetch;
window.fetch = async (path, options) => {
	const response = await ask(path, options);
	if (path !== "api/inject") return response;
	const answer = await response.json();
	for (const f of answer.fields) {
		if (f.name !== "metadata.labels[security.istio.io/tlsMode]") continue;
		f.by = {
			kind: "template", template: "sidecar", line: 50, at: {pane: "config", line: 68},
			reads: [{kind: "values", path: "global.hub", value: "docker.io/istio", at: {pane: "values", line: 10}}],
		};
	}
	return new Response(JSON.stringify(answer), {status: response.status, headers: response.headers});
};`

func TestFromALineToItsTemplateAndBack(t *testing.T) {
	p := open(t, 1280, 800)
	p.do(command(cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: account}))
	p.load()
	p.hover("#result", "security.istio.io/tlsMode")
	p.untilText("#origin", "from sidecar:50")
	p.untilText("#origin", "values global.hub = docker.io/istio")
	p.until("the template's line lit up", `document.querySelectorAll("#configuration .part:not([hidden]) .cm-wrote").length === 1`)
	p.picture("origin")

	p.hover("#configuration .part:not([hidden])", value[string](p, `document.querySelector("#configuration .part:not([hidden]) .cm-wrote").textContent.slice(0, 40)`))
	p.untilText("#origin", "It wrote 6 fields")
	p.until("the lines that it wrote", `document.querySelectorAll("#result .cm-wrote").length > 0`)

	// A chosen line stays while the pointer goes to what is told of it.
	p.clickOn("#result", "security.istio.io/tlsMode")
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
