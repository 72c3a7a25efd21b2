package command

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// progress tells a person at a terminal how far long work is, in one line that
// changes. A nil progress tells nothing, which is what newProgress returns where no
// person looks.
type progress struct {
	w           io.Writer
	total, done int
	// begin is when the work began. Work that is done in a moment needs no line.
	begin time.Time
	shown bool
}

// slow is how long work takes before a person wonders.
const slow = 500 * time.Millisecond

func newProgress(w io.Writer, total int) *progress {
	file, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return &progress{w: w, total: total, begin: time.Now()}
}

// next tells that another piece of work begins.
func (p *progress) next(name string) {
	if p == nil {
		return
	}
	p.done++
	if time.Since(p.begin) >= slow {
		fmt.Fprintf(p.w, "\r\033[K%d of %d: %.60s", p.done, p.total, name)
		p.shown = true
	}
}

// clear takes the line away, for others to write theirs.
func (p *progress) clear() {
	if p != nil && p.shown {
		fmt.Fprint(p.w, "\r\033[K")
		p.shown = false
	}
}
