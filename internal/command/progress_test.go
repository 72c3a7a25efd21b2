package command

import (
	"bytes"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	if p := newProgress(&out, 2); p != nil {
		t.Error("there is progress where nobody looks")
	}
	var none *progress
	none.next("a")
	none.clear()

	p := &progress{w: &out, total: 2, begin: time.Now().Add(time.Hour)}
	p.next("quick")
	p.clear()
	if out.Len() > 0 {
		t.Errorf("work that has just begun tells %q", out.String())
	}

	p = &progress{w: &out, total: 2}
	p.next("first")
	p.next("second")
	p.clear()
	p.clear()
	if want := "\r\033[K1 of 2: first\r\033[K2 of 2: second\r\033[K"; out.String() != want {
		t.Errorf("it tells %q, want %q", out.String(), want)
	}
}
