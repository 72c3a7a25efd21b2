package webhook

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// The API server cuts warnings at these sizes, in the middle of a word and
// without saying so; events are cut at a few hundred bytes more than maxMessage
// leaves. Cutting here leaves a mark.
const (
	maxWarning  = 256
	maxWarnings = 4096
	maxMessage  = 2048
	maxDetail   = 1024
	maxQuoted   = 64
	// maxField is for what names a call in the log: no name in Kubernetes is longer.
	maxField = 256
)

// writeReview writes the AdmissionReview that answers a call.
func (c *call) writeReview(v *verdict) {
	const besides = 1 << 10 // what most answers hold beside the patch
	b := slices.Grow(c.answer[:0], base64.StdEncoding.EncodedLen(lengthOf(v.patch))+besides)
	b = append(b, `{"kind":"AdmissionReview","apiVersion":`...)
	b = tree.AppendString(b, c.apiVersion)
	b = append(b, `,"response":{"uid":`...)
	b = tree.AppendString(b, c.request.UID)
	if v.outcome == refused {
		b = append(b, `,"allowed":false`...)
		b = appendStatus(b, v)
	} else {
		b = append(b, `,"allowed":true`...)
	}
	if len(v.patch) > 0 {
		b = append(b, `,"patchType":"JSONPatch","patch":"`...)
		w := patchWriter{to: b, piece: c.piece[:0]}
		w.write(v.patch)
		b, c.piece = append(w.to, '"'), w.piece
	}
	b = appendAudit(b, v)
	b = appendWarnings(b, v.warnings)
	c.answer = append(b, "}}\n"...)
}

// appendStatus writes the metav1.Status of a refusal.
func appendStatus(b []byte, v *verdict) []byte {
	b = append(b, `,"status":{"metadata":{},"status":"Failure","message":`...)
	b = tree.AppendString(b, bounded(v.message, maxMessage))
	b = append(b, `,"reason":`...)
	b = tree.AppendString(b, statusReason(v.code))
	b = append(b, `,"code":`...)
	b = strconv.AppendInt(b, int64(v.code), 10)
	return append(b, '}')
}

// statusReason is the word that Kubernetes uses beside an HTTP status: clients
// look at it rather than at the number.
func statusReason(code int) string {
	switch code {
	case http.StatusBadRequest:
		return "BadRequest"
	case http.StatusUnprocessableEntity:
		return "Invalid"
	case http.StatusServiceUnavailable:
		return "ServiceUnavailable"
	case http.StatusGatewayTimeout:
		return "Timeout"
	default:
		return "InternalError"
	}
}

// appendAudit writes the annotations of the audit event. The API server puts the
// webhook's name before the keys.
func appendAudit(b []byte, v *verdict) []byte {
	b = append(b, `,"auditAnnotations":{"decision":`...)
	b = tree.AppendString(b, string(v.outcome))
	b = append(b, `,"reason":`...)
	b = tree.AppendString(b, string(v.reason))
	if v.detail != "" {
		b = append(b, `,"detail":`...)
		b = tree.AppendString(b, bounded(v.detail, maxDetail))
	}
	return append(b, '}')
}

// appendWarnings writes as many warnings as the API server passes on.
func appendWarnings(b []byte, warnings []string) []byte {
	if len(warnings) == 0 {
		return b
	}
	b = append(b, `,"warnings":[`...)
	left := maxWarnings
	for i, warning := range warnings {
		if i > 0 {
			b = append(b, ',')
		}
		warning = bounded(oneLine(warning), maxWarning)
		// Room for one more of any size, which may be the one that says so.
		if more := len(warnings) - i; more > 1 && left-len(warning) < maxWarning {
			b = tree.AppendString(b, strconv.Itoa(more)+" more warnings are left out")
			break
		}
		left -= len(warning)
		b = tree.AppendString(b, warning)
	}
	return append(b, ']')
}

// oneLine puts spaces for control characters: warnings travel in a header, and
// the API server drops one that cannot.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// bounded cuts s to at most limit bytes and, where it does, ends it in an ellipsis.
func bounded(s string, limit int) string {
	const ellipsis = "…"
	if len(s) <= limit {
		return s
	}
	cut := limit - len(ellipsis)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + ellipsis
}
