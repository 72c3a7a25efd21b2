package inject

import (
	"github.com/outrigger-io/outrigger/pkg/replica"
	"github.com/outrigger-io/outrigger/pkg/rule"
)

// Forgetful returns the injector without its memory: what it answers is what any
// other way to the same answer is held against.
func (in *Injector) Forgetful() *Injector {
	return &Injector{configuration: in.configuration, memory: replica.NewMemory(0)}
}

// Remembered is how many patches an injector remembers, and the bytes it counts
// for them.
func (in *Injector) Remembered() (entries, bytes int) {
	return in.memory.Size()
}

// Remembering returns the injector with an empty memory of that many bytes.
func (in *Injector) Remembering(limit int) *Injector {
	return &Injector{configuration: in.configuration, memory: replica.NewMemory(limit)}
}

// Renderings are what the templates for a pod give: as injection runs them, and as they
// are run to explain it.
func (in *Injector) Renderings(r Request) (plain, traced []string, err error) {
	c := in.configuration
	p, err := parsePod(r.Pod)
	if err != nil {
		return nil, nil, err
	}
	j := &job{Request: r, pod: p, workload: workloadOf(p, r)}
	f := &rule.Facts{Original: p, Workload: j.workload, FromManifest: j.fromManifest()}
	_, seen, err := c.format.earlier(c, j, p)
	if err != nil {
		return nil, nil, err
	}
	view, err := c.view(j, seen, f)
	if err != nil {
		return nil, nil, err
	}
	names, err := c.selected(p)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		text, err := c.templates[name].Text(view)
		if err != nil {
			return nil, nil, err
		}
		trace, err := c.templates[name].Trace(view, nil)
		if err != nil {
			return nil, nil, err
		}
		plain, traced = append(plain, text), append(traced, trace.Text())
	}
	return plain, traced, nil
}
