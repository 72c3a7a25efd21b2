package inject

import (
	"strings"

	"github.com/outrigger-io/outrigger/pkg/pod"
)

// ParsePath reads the parameters in the URL path of a webhook call: /inject,
// /inject/key/value/... and the older /inject/:ENV:key=value:ENV:key=value
// (spec: injection.md section 4).
func ParsePath(path string) Params {
	rest := strings.TrimPrefix(strings.TrimPrefix(path, "/inject"), "/")
	p := Params{}
	set := func(key, value string) {
		if p.Env == nil {
			p.Env = map[string]string{}
		}
		switch key {
		case "cluster":
			key = pod.ClusterVariable
		case "net":
			key = pod.NetworkVariable
		default:
			key = strings.ToUpper(key)
		}
		p.Env[key] = value
	}
	if strings.HasPrefix(rest, ":ENV:") {
		for pair := range strings.SplitSeq(rest[len(":ENV:"):], ":ENV:") {
			if key, value, ok := strings.Cut(pair, "="); ok && key != "" {
				set(key, value)
			}
		}
		return p
	}
	steps := strings.Split(rest, "/")
	for i := 0; i+1 < len(steps); i += 2 {
		value := strings.ReplaceAll(steps[i+1], "--slash--", "/")
		if key := steps[i]; key != "" {
			set(key, value)
		}
	}
	return p
}
