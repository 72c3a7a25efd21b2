package browser

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// inPane is whether an element of a pane has the keys.
func inPane(pane string) string {
	return `document.activeElement.closest("#pane-` + pane + `") !== null`
}

func TestKeyboardAlone(t *testing.T) {
	p := open(t, 1280, 800).load()
	for _, pane := range []string{"manifest", "configuration", "result", "manifest"} {
		p.press(f6)
		p.until("the caret in "+pane, inPane(pane))
	}
	p.do(chromedp.KeyEvent(f6, chromedp.KeyModifiers(chromedp.ModifierShift)))
	p.until("the caret in the result", inPane("result"))
	p.do(chromedp.KeyEvent(pageDown, chromedp.KeyModifiers(chromedp.ModifierAlt)))
	p.untilText("#origin", "metadata.labels[security.istio.io/tlsMode] added")

	// Tab leaves an editor, and comes to every control.
	p.press(f6)
	p.until("the caret in the manifest", inPane("manifest"))
	p.press(tab)
	p.until("the next control", `document.activeElement.id === "profile"`)
	seen := map[string]bool{}
	for range 60 {
		p.press(tab)
		seen[value[string](p, `document.activeElement.id || document.activeElement.name || document.activeElement.dataset.key || ""`)] = true
	}
	for _, control := range []string{"sample", "compare", "save", "theme", "as", "namespace", "revision", "nativeSidecars", "openshift", "rules", "open-manifest", "open-configuration", "config", "previous", "next"} {
		if !seen[control] {
			t.Errorf("Tab does not come to %s, but to %v", control, seen)
		}
	}

	// A mistake, and from its mark back to it.
	p.write("#manifest", pod+"  - name: [\n")
	p.untilText("#problems", "manifest:")
	p.press(f8)
	p.until("the error's message", `document.querySelector(".cm-tooltip .cm-diagnostic, .cm-panel-lint, .cm-tooltip-lint") !== null`)
}

// TestEverythingHasAName looks at the page as a screen reader does.
func TestEverythingHasAName(t *testing.T) {
	p := open(t, 1280, 800).load()
	p.write("#manifest", pod+"  - name: [\n")
	p.untilText("#problems", "manifest:")
	wanted := map[string]bool{
		"button": true, "textbox": true, "combobox": true, "radio": true, "switch": true, "tab": true, "checkbox": true,
		"region": true, "dialog": true, "group": true, "tablist": true,
	}
	found := map[string]int{}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		tree, err := cdp.Call(ctx, target, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			return err
		}
		for _, node := range tree.Nodes {
			if node.Ignored || node.Role == nil {
				continue
			}
			role := text(node.Role)
			if !wanted[role] {
				continue
			}
			found[role]++
			if text(node.Name) == "" {
				t.Errorf("a %s has no name (node %d)", role, node.BackendDOMNodeID)
			}
		}
		return nil
	}))
	for _, role := range []string{"button", "textbox", "combobox", "radio", "switch"} {
		if found[role] == 0 {
			t.Errorf("no %s was found, so this looked at nothing: %v", role, found)
		}
	}
}

func text(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	_ = json.Unmarshal(v.Value, &s)
	return s
}
