package browser

import (
	"archive/zip"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	browserdomain "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

func TestSaveIntoAFolder(t *testing.T) {
	dir := t.TempDir()
	p := open(t, 1280, 800, "--tests", dir).load()
	p.write("#manifest", pod)
	p.untilText("#summary", "1 injected")
	p.do(click("#save"))
	p.until("the dialog", `document.querySelector("#save-dialog").open && document.activeElement.id === "save-name"`)
	p.picture("save")
	p.press("my-case", enter)
	p.untilText("#save-message", "input.yaml, golden.yaml")
	p.forgiven = "409 (Conflict)"
	p.press(enter) // the name is taken now
	p.untilText("#save-message", "already")
	out, err := exec.Command(program, "test", dir).CombinedOutput()
	if err != nil {
		t.Errorf("outrigger test: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "my-case", "golden.yaml")); err != nil {
		t.Error(err)
	}
}

func TestSaveAsADownload(t *testing.T) {
	dir := t.TempDir()
	p := open(t, 1280, 800).load()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.CallBrowser(ctx, browserdomain.SetDownloadBehavior, browserdomain.SetDownloadBehaviorParams{
			Behavior: browserdomain.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir,
		})
		return err
	}))
	p.do(click("#save"))
	p.until("the dialog", `document.activeElement.id === "save-name"`)
	p.press(enter)
	p.untilText("#save-message", "Downloaded details-v1.zip")
	file := filepath.Join(dir, "details-v1.zip")
	var names []string
	for deadline := time.Now().Add(patience); len(names) == 0; {
		archive, err := zip.OpenReader(file)
		if err == nil {
			for _, f := range archive.File {
				names = append(names, f.Name)
			}
			_ = archive.Close()
		} else if time.Now().After(deadline) {
			t.Fatalf("the download does not come: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(names) != 2 || names[0] != "details-v1/input.yaml" || names[1] != "details-v1/golden.yaml" {
		t.Errorf("the archive has %v", names)
	}
}
