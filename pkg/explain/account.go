package explain

import (
	"strconv"

	"github.com/outrigger-io/outrigger/pkg/inject"
)

// WriterName is how people are told what wrote a field: sidecar:142, rule probes. It is
// empty where that is not known.
func WriterName(w *inject.Writer) string {
	switch {
	case w == nil:
		return ""
	case w.Kind == inject.ByTemplate && w.Line > 0:
		return w.Template + ":" + strconv.Itoa(w.Line)
	case w.Kind == inject.ByTemplate:
		return w.Template
	case w.Kind == inject.ByRule:
		return "rule " + w.Rule
	default:
		return "the workload"
	}
}
