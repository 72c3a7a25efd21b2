package command

import (
	"bytes"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

func TestMemoryLimit(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	for _, test := range []struct {
		name     string
		set      int64 // as GOMEMLIMIT says
		provider memlimit.Provider
		want     int64
		logged   bool
	}{
		{"of the container", 256 << 20, memlimit.ApplyRatio(memlimit.Limit(256<<20), shareOfMemory), 214748364, true},
		{"a lower one stays", 100 << 20, memlimit.ApplyRatio(memlimit.Limit(256<<20), shareOfMemory), 100 << 20, false},
		{"none", 1 << 40, func() (uint64, error) { return 0, memlimit.ErrNoLimit }, 1 << 40, false},
		{"not to be read", 1 << 40, func() (uint64, error) { return 0, errors.New("no such file") }, 1 << 40, true},
	} {
		debug.SetMemoryLimit(test.set)
		var logged bytes.Buffer
		setMemoryLimit(slog.New(slog.NewTextHandler(&logged, nil)), test.provider)
		if got := debug.SetMemoryLimit(-1); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
		if logs := strings.TrimSpace(logged.String()) != ""; logs != test.logged {
			t.Errorf("%s: logged %q", test.name, logged.String())
		}
	}
}
