package browser

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long the page is waited for. Nothing measures it.
const patience = 30 * time.Second

// page is the workbench in a browser of its own.
type page struct {
	testing.TB
	context.Context
	address string

	mu sync.Mutex
	// amiss is what the browser complained of, and asked what it requested. forgiven
	// is a complaint that is to come.
	amiss, asked []string
	forgiven     string
}

// open starts a workbench and shows its page, in a window of a width and height.
func open(t testing.TB, width, height int64, arguments ...string) *page {
	t.Helper()
	p := &page{TB: t, address: serve(t, arguments...)}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // as root, as in a container, Chromium starts with none only
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(t.TempDir()),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, leave := chromedp.NewContext(allocator)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); leave() })
	p.Context = ctx
	if err := chromedp.Listen(ctx, p.watch); err != nil {
		t.Fatal(err)
	}
	p.do(command(log.Enable, cdp.Empty{}), command(network.Enable, network.EnableParams{}), chromedp.EmulateViewport(width, height))
	t.Cleanup(p.checkManners)
	return p
}

// load shows the page and waits for the first result.
func (p *page) load() *page {
	p.Helper()
	p.do(chromedp.Navigate(p.address))
	p.until("the first result", `performance.getEntriesByName("first result").length > 0`)
	return p
}

// serve runs a workbench until the test ends, and returns its address.
func serve(t testing.TB, arguments ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, program, append([]string{"workbench", "--no-open"}, arguments...)...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); _ = c.Wait() })
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("outrigger workbench printed no address: %v", err)
	}
	return strings.TrimSpace(address)
}

// watch notes what the browser requests and complains of.
func (p *page) watch(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.asked = append(p.asked, e.Request.URL)
	case *runtime.EventExceptionThrown:
		p.amiss = append(p.amiss, e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		p.amiss = append(p.amiss, string(e.Entry.Level)+": "+e.Entry.Text)
	}
}

// checkManners holds for every test: no complaint, and no request to anybody else.
func (p *page) checkManners() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, complaint := range p.amiss {
		if p.forgiven != "" && strings.Contains(complaint, p.forgiven) {
			continue
		}
		p.Errorf("the browser complains: %s", complaint)
	}
	for _, url := range p.asked {
		if !strings.HasPrefix(url, p.address) && !strings.HasPrefix(url, "blob:"+p.address) && url != "about:blank" {
			p.Errorf("a request to somebody else: %s", url)
		}
	}
}

// step is something done in the browser.
type step = chromedp.Action[chromedp.Void]

// command is a command of the browser's protocol.
func command[P, R any](c cdp.Command[P, R], params P) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// focus has an editor take the keys. A click would have to scroll to the middle of
// a long text first.
func focus(editor string) step { return chromedp.Focus(chromedp.CSS(editor + " .cm-content")) }

func click(selector string) step { return chromedp.Click(chromedp.CSS(selector)) }

func (p *page) do(steps ...step) {
	p.Helper()
	ctx, stop := context.WithTimeout(p.Context, patience)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.picture("failed-" + strings.ReplaceAll(p.Name(), "/", "-"))
		p.Fatal(err)
	}
}

// until waits for an expression to hold.
func (p *page) until(what, expression string) {
	p.Helper()
	ctx, stop := context.WithTimeout(p.Context, patience)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.Poll[chromedp.Void](expression)); err != nil {
		p.picture("failed-" + strings.ReplaceAll(p.Name(), "/", "-"))
		p.Fatalf("waiting for %s: %v; summary %q, problems %q", what, err, p.text("#summary"), p.text("#problems"))
	}
}

// value is that of an expression.
func value[T any](p *page, expression string) T {
	p.Helper()
	ctx, stop := context.WithTimeout(p.Context, patience)
	defer stop()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (p *page) text(selector string) string {
	p.Helper()
	return value[string](p, fmt.Sprintf(`document.querySelector(%q)?.textContent ?? ""`, selector))
}

// untilText waits until an element's text has something in it.
func (p *page) untilText(selector, text string) {
	p.Helper()
	p.until(fmt.Sprintf("%q in %s", text, selector), fmt.Sprintf(`document.querySelector(%q)?.textContent.includes(%q)`, selector, text))
}

// write pastes a text in the place of all that is in an editor.
func (p *page) write(editor, text string) {
	p.Helper()
	p.do(focus(editor), chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	value[bool](p, fmt.Sprintf(`(() => {
		const pasted = new DataTransfer();
		pasted.setData("text/plain", %q);
		document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: pasted, bubbles: true, cancelable: true}));
		return true;
	})()`, text))
}

// choose chooses from a menu, as its arrow keys do.
func (p *page) choose(menu, option string) {
	p.Helper()
	value[bool](p, fmt.Sprintf(`(() => {
		const menu = document.querySelector(%q);
		menu.value = %q;
		return menu.dispatchEvent(new Event("change", {bubbles: true}));
	})()`, menu, option))
}

// press presses keys, one after the other.
func (p *page) press(keys ...string) {
	p.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
	}
}

// hover points at a line that an editor shows, which has something in it.
func (p *page) hover(editor, text string) {
	p.Helper()
	p.point(p.place(editor, text))
}

func (p *page) point(x, y float64) {
	p.Helper()
	p.do(command(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: "mouseMoved", X: x, Y: y}))
}

// clickOn clicks on such a line.
func (p *page) clickOn(editor, text string) {
	p.Helper()
	x, y := p.place(editor, text)
	p.do(chromedp.MouseClickXY(x, y))
}

func (p *page) place(editor, text string) (x, y float64) {
	p.Helper()
	p.until(text+" in "+editor, fmt.Sprintf(`[...document.querySelectorAll(%q)].some((l) => l.textContent.includes(%q))`, editor+" .cm-line", text))
	at := value[[]float64](p, fmt.Sprintf(`(() => {
		const line = [...document.querySelectorAll(%q)].find((l) => l.textContent.includes(%q));
		line.scrollIntoView({block: "center"});
		line.closest(".cm-scroller").scrollLeft = 0;
		const box = line.getBoundingClientRect();
		return [box.left + 60, box.top + box.height / 2];
	})()`, editor+" .cm-line", text))
	return at[0], at[1]
}

// picture leaves a picture of the page in bin/screenshots.
func (p *page) picture(name string) []byte {
	p.Helper()
	ctx, stop := context.WithTimeout(p.Context, patience)
	defer stop()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.Logf("no picture %s: %v", name, err)
		return nil
	}
	dir := "../../bin/screenshots"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		p.Fatal(err)
	}
	return png
}

// dark has the system prefer dark colours.
func dark() step {
	return command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
}

const (
	tab   = kb.Tab
	f6    = kb.F6
	f8    = kb.F8
	enter = kb.Enter
	// pageDown, with Alt, is the next change.
	pageDown = kb.PageDown
)
