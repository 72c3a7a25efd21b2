package check

import (
	"slices"
	"strings"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// defaults are what the API server writes where nothing is said, by the end of the path
// that it stands at. A star is any one step, and an empty value any value.
var defaults = []struct{ at, value string }{
	{"containers/*/imagePullPolicy", ""},
	{"containers/*/terminationMessagePath", `"/dev/termination-log"`},
	{"containers/*/terminationMessagePolicy", `"File"`},
	{"containers/*/resources", "{}"},
	{"containers/*/securityContext", "{}"},
	{"containers/*/resizePolicy/*/resourceName", ""},
	{"containers/*/resizePolicy/*/restartPolicy", `"NotRequired"`},
	{"ports/*/protocol", `"TCP"`},
	{"timeoutSeconds", "1"},
	{"periodSeconds", "10"},
	{"successThreshold", "1"},
	{"failureThreshold", "3"},
	{"httpGet/scheme", `"HTTP"`},
	{"httpGet/path", `"/"`},
	{"grpc/service", `""`},
	{"fieldRef/apiVersion", `"v1"`},
	{"resourceFieldRef/divisor", `"0"`},
	{"defaultMode", "420"},
	{"volumes/*/emptyDir", "{}"},
	{"hostPath/type", `""`},
	{"serviceAccountToken/expirationSeconds", "3600"},
}

// isDefault says that the API server wrote a value, or a plugin of its own that writes
// into every container: what it requests where only limits are said, and the token of
// the service account.
func isDefault(l *leaf, now *leaves) bool {
	for _, d := range defaults {
		if endsIn(l.steps, strings.Split(d.at, "/")) && (d.value == "" || d.value == string(l.value.JSON())) {
			return true
		}
	}
	if len(l.in) > 0 && l.in[len(l.in)-1].Get("mountPath").Text() == "/var/run/secrets/kubernetes.io/serviceaccount" {
		return true
	}
	limit := now.byKey[strings.Replace(l.key, "\x00requests\x00", "\x00limits\x00", 1)]
	return limit != nil && slices.Contains(l.steps, "requests") && tree.Equal(limit.value, l.value)
}

// endsIn says whether a path ends in steps. Containers may be of either list.
func endsIn(path, steps []string) bool {
	if len(path) < len(steps) {
		return false
	}
	for n, step := range steps {
		at := path[len(path)-len(steps)+n]
		if step != "*" && at != step && !(step == "containers" && at == "initContainers") {
			return false
		}
	}
	return true
}
