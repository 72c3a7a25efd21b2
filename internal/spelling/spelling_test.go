package spelling

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"concurrency", "ProxyInitImage", "ProxyImage", "drainDuration", "image"}
	for word, want := range map[string]string{
		"concurency":        "concurrency",
		"Concurrency":       "concurrency",
		"cnocurrency":       "concurrency",
		"ProxyInitImag":     "ProxyInitImage",
		"ProxyImages":       "ProxyImage",
		"draindurations":    "drainDuration",
		"imgae":             "image",
		"terminationGrace":  "",
		"x":                 "",
		"":                  "",
		"somethingElseFull": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
