package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/outrigger-io/outrigger/pkg/configuration"
)

const (
	// settle is how long files have to be left alone before they are read: an
	// editor and the kubelet touch a directory several times for one change.
	settle = 100 * time.Millisecond
	// unsettled is how long they are waited for at most: something else may be written
	// to the directory all the time, such as a log.
	unsettled = time.Second
	// reread is how often files are read with no sign of a change, for file
	// systems that give none and for links whose far end changes.
	reread = 30 * time.Second
)

// Files is a configuration in files, read again when they change. They may be
// mounted from a ConfigMap: it is their directories that are watched, since the
// kubelet swaps a link in them and never writes the files themselves.
type Files struct {
	*configuration.Files
	Log *slog.Logger
}

// Feed delivers the contents of the files, now and whenever they differ.
func (f Files) Feed(ctx context.Context, current *Current) error {
	// Watching begins before the first read, so that no change falls between.
	changes, stop := f.watch()
	defer stop()
	f.load(current)

	again := time.NewTicker(reread)
	defer again.Stop()
	var settled <-chan time.Time
	var unread unreadSince
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
			settled = time.After(unread.changed(time.Now()))
		case <-settled:
			settled, unread = nil, unreadSince{}
			f.load(current)
		case <-again.C:
			f.load(current)
		}
	}
}

// unreadSince is when the first change was that has not been read; zero where all has.
type unreadSince struct{ time.Time }

// changed says how long after a change the files are to be read.
func (u *unreadSince) changed(now time.Time) time.Duration {
	if u.IsZero() {
		u.Time = now
	}
	return max(min(settle, u.Add(unsettled).Sub(now)), 0)
}

// load reads all files and hands them on; Current sees to it that contents which
// did not change cost nothing more.
func (f Files) load(current *Current) {
	texts, err := f.Read()
	if err != nil {
		current.Fail(fmt.Errorf("reading the configuration: %w", err))
		return
	}
	// What is wrong with them, Current has told everyone who asks.
	_ = current.Apply(texts)
}

// watch says when something happens in a directory of the files. Where that
// cannot be known, the files are still read from time to time.
func (f Files) watch() (changes <-chan fsnotify.Event, stop func()) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		f.Log.Warn("configuration files cannot be watched and are read every so often", "error", err, "every", reread)
		return nil, func() {}
	}
	for _, path := range f.Names() {
		if path == configuration.StandardInput {
			continue
		}
		directory := filepath.Dir(path)
		if err := watcher.Add(directory); err != nil {
			f.Log.Warn("a directory of configuration files cannot be watched and is read every so often",
				"directory", directory, "error", err, "every", reread)
		}
	}
	go func() {
		for err := range watcher.Errors {
			f.Log.Warn("watching configuration files", "error", err)
		}
	}()
	return watcher.Events, func() { _ = watcher.Close() }
}
