package command

import "testing"

func TestGCPercent(t *testing.T) {
	for _, test := range []struct {
		name string
		live uint64
		want int
	}{
		{"nothing was collected yet", 0, 800},
		{"a server that has just begun", 3 << 20, 800},
		{"a small cluster", 8 << 20, 400},
		{"as much as there is room", 32 << 20, 100},
		{"a large cluster", 200 << 20, 100},
	} {
		if got := gcPercent(test.live); got != test.want {
			t.Errorf("%s: %d%%, want %d%%", test.name, got, test.want)
		}
	}
}
