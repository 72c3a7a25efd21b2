package webhook

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outrigger-io/outrigger/pkg/configuration"
)

// eventually waits for something that another goroutine brings about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second) // only ever reached by a failure
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// feed runs a source until the test ends.
func feed(t *testing.T, source Source, current *Current) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- source.Feed(ctx, current) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the source ended with %v", err)
		}
	})
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// mount lays out a volume as the kubelet does: files are links into ..data,
// which is itself a link to a directory of one version and is swapped at once.
type mount struct {
	t       *testing.T
	path    string
	version int
}

func (m *mount) publish(files map[string]string) {
	m.t.Helper()
	must := func(err error) {
		m.t.Helper()
		if err != nil {
			m.t.Fatal(err)
		}
	}
	old, _ := os.Readlink(filepath.Join(m.path, "..data"))
	m.version++
	directory := "..version_" + strings.Repeat("i", m.version)
	must(os.Mkdir(filepath.Join(m.path, directory), 0o700))
	for name, text := range files {
		writeFile(m.t, filepath.Join(m.path, directory, name), text)
	}
	must(os.Symlink(directory, filepath.Join(m.path, "..data_tmp")))
	must(os.Rename(filepath.Join(m.path, "..data_tmp"), filepath.Join(m.path, "..data")))
	for name := range files {
		if _, err := os.Lstat(filepath.Join(m.path, name)); os.IsNotExist(err) {
			must(os.Symlink(filepath.Join("..data", name), filepath.Join(m.path, name)))
		}
	}
	if old != "" {
		must(os.RemoveAll(filepath.Join(m.path, old)))
	}
}

func files(f configuration.Files) Files {
	return Files{Files: &f, Log: slog.New(slog.DiscardHandler)}
}

func TestFilesFollowSwappedLinks(t *testing.T) {
	m := &mount{t: t, path: t.TempDir()}
	m.publish(map[string]string{"config": "say: one", "mesh": ""})
	current, f := newTestCurrent(t)
	feed(t, files(configuration.Files{Config: filepath.Join(m.path, "config"), Mesh: filepath.Join(m.path, "mesh")}), current)
	eventually(t, "the first version", func() bool { return inForce(current) == "one" })

	m.publish(map[string]string{"config": "say: two", "mesh": ""})
	eventually(t, "the second version", func() bool { return inForce(current) == "two" })

	version := current.Version()
	m.publish(map[string]string{"config": "say: two", "mesh": "trustDomain: there"})
	eventually(t, "a change in the other file", func() bool { return current.Version() != version })

	m.publish(map[string]string{"config": "say: bad", "mesh": ""})
	eventually(t, "a version that does not compile", func() bool { return current.Fault() != nil })
	if got := inForce(current); got != "two" {
		t.Errorf("%q is in force after a bad version, want the last good one", got)
	}
	if got := f.metric(t, "sidecar_injection_config_valid", ""); got != 0 {
		t.Errorf("config_valid is %v after a bad version", got)
	}

	m.publish(map[string]string{"config": "say: three", "mesh": ""})
	eventually(t, "the version that mends it", func() bool { return inForce(current) == "three" && current.Fault() == nil })
}

func TestFilesFollowPlainFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	current, _ := newTestCurrent(t)
	feed(t, files(configuration.Files{Config: path}), current)
	eventually(t, "a word about the file that is not there", func() bool { return current.Fault() != nil })
	if fault := current.Fault().Error(); !strings.Contains(fault, path) {
		t.Errorf("the fault %q does not name the file", fault)
	}
	writeFile(t, path, "say: one")
	eventually(t, "the file that came", func() bool { return inForce(current) == "one" })
	writeFile(t, path, "say: two")
	eventually(t, "a write in place", func() bool { return inForce(current) == "two" })

	// An editor writes a new file and renames it.
	writeFile(t, path+".tmp", "say: three")
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a file put in its place", func() bool { return inForce(current) == "three" })

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a word about the file that is gone", func() bool { return current.Fault() != nil })
	if got := inForce(current); got != "three" {
		t.Errorf("%q is in force without the file, want the last good one", got)
	}
	writeFile(t, path, "say: three")
	eventually(t, "the file that came back as it was", func() bool { return current.Fault() == nil })
}

// Something else may be written to their directory all the time, such as a log.
func TestFilesAreReadInADirectoryThatNeverRests(t *testing.T) {
	var unread unreadSince
	first := time.Now()
	for now := first; ; now = now.Add(settle / 2) {
		read := now.Add(unread.changed(now))
		if read.After(first.Add(unsettled)) {
			t.Fatalf("%s after the first change they are to be read at %s", now.Sub(first), read.Sub(first))
		}
		if !read.After(now.Add(settle / 2)) {
			break // before the next change
		}
	}
	unread = unreadSince{}
	if wait := unread.changed(first.Add(time.Hour)); wait != settle {
		t.Errorf("after a change that comes alone they are read in %s", wait)
	}
}

func TestFixed(t *testing.T) {
	current, _ := newTestCurrent(t)
	if err := (Fixed{saying("one")}).Feed(t.Context(), current); err != nil || inForce(current) != "one" {
		t.Errorf("got %v, %q in force", err, inForce(current))
	}
	if err := (Fixed{saying("bad")}).Feed(t.Context(), current); err == nil {
		t.Error("a fixed configuration that does not compile is no error")
	}
}
