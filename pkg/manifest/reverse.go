package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/outrigger-io/outrigger/pkg/tree"
)

// Reverse is how a rewrite can be taken back to the byte. A patch that takes the
// pods back leaves traces in the text: what was removed and put back has lost its
// comments and its style. They are mended by a fix, a short text which the
// workloads keep.
type Reverse struct {
	// Back is the edit that takes a rewritten workload back. It may be called any
	// number of times, and for several documents at once.
	Back func(Workload) (tree.Patch, error)
	// Keep adds to the patch for a workload what leaves the fix in it. It may be
	// called any number of times, and for several documents at once; where a workload
	// stands is not to matter. The fix is empty where none is needed, or another
	// workload of the document has it.
	Keep func(w Workload, patch tree.Patch, fix string) (tree.Patch, error)
}

// RewriteReversibly is Rewrite, so that RewriteBack brings back the very text of
// each document. edit is called once for each workload, in their order; one for which
// it has no patch keeps nothing.
func RewriteReversibly(w io.Writer, r io.Reader, o Options, edit func(Workload) (tree.Patch, error), reverse Reverse) error {
	kinds := newKinds(o.Kinds)
	there := newInMemory(o, kinds)
	unseen := Options{File: o.File} // what is to be said of a document was said
	var keeping seen[tree.Patch]
	var texts seen[[]byte] // with a fix
	trials := sync.Pool{New: func() any { return &trial{newInMemory(unseen, kinds), newInMemory(unseen, kinds), reverse} }}
	return eachInParts(w, r, o.File, func(doc source) (finish, error) {
		var patches []tree.Patch
		kept, err := there.rewrite(doc, func(w Workload) (tree.Patch, error) {
			patch, err := edit(w)
			patches = append(patches, patch)
			if err != nil || len(patch) == 0 {
				return nil, err
			}
			of := identityOfPatch(w, patch)
			keep, ok := keeping.get(of)
			if !ok {
				if keep, err = reverse.Keep(w, patch, ""); err == nil {
					keeping.put(of, keep)
				}
			}
			return keep, err
		})
		if err != nil || bytes.Equal(kept, doc.text) {
			return asItIs(doc.text), err
		}
		kept = bytes.Clone(kept)
		return func() ([]byte, error) {
			of := identityOf(doc.text, kept)
			if text, ok := texts.get(of); ok {
				return text, nil
			}
			t := trials.Get().(*trial)
			defer trials.Put(t)
			text, err := t.withFix(doc, kept, patches)
			if err == nil && len(text) < largeList {
				texts.put(of, text)
			}
			return text, err
		}, nil
	})
}

// trial takes documents back to see what is missing then.
type trial struct {
	there, back *inMemory
	Reverse
}

// withFix returns a document's new text, with a fix in it if it needs one.
func (t *trial) withFix(doc source, kept []byte, patches []tree.Patch) ([]byte, error) {
	back, err := t.back.rewrite(source{text: kept, line: doc.line}, t.Back)
	if err != nil || bytes.Equal(back, doc.text) {
		return kept, err
	}
	fix, of := fixOf(back, doc.text), digest(back)
	next := 0
	kept, err = t.there.rewrite(doc.again(), func(w Workload) (tree.Patch, error) {
		patch := patches[next]
		next++
		if len(patch) == 0 {
			return nil, nil
		}
		first := fix
		fix = ""
		return t.Keep(w, patch, first)
	})
	if err != nil {
		return nil, err
	}
	kept = bytes.Clone(kept)
	back, err = t.back.rewrite(source{text: kept, line: doc.line}, t.Back)
	if err == nil && digest(back) != of {
		err = fmt.Errorf("%s:%d: the way back depends on what is kept for it", t.back.file, doc.line)
	}
	return kept, err
}

// Back is how a rewritten workload is taken back.
type Back struct {
	Patch tree.Patch
	// Fix is what was kept in it.
	Fix string
	// Earlier turns the workload into the one that Fix is for, where something was
	// changed since that leaves it of use, and Since does so again once it is taken back.
	Earlier, Since tree.Patch
}

// RewriteBack takes back what RewriteReversibly did. back says how a workload is taken
// back; again is set where it was asked before, for the workload with what was changed
// since. stale is called for a workload whose fix is of no use, for its document was
// changed since. No kind is left alone.
func RewriteBack(w io.Writer, r io.Reader, o Options, back func(w Workload, again bool) (Back, error), stale func(Workload)) error {
	kinds := newKinds(o.Kinds).noneLeftAlone()
	returning, unseen := newInMemory(o, kinds), newInMemory(Options{File: o.File}, kinds)
	return eachDocument(w, r, o.File, func(doc source) ([]byte, error) {
		var keeper Workload
		var fix string
		var way []Back
		text, err := returning.rewrite(doc, func(w Workload) (tree.Patch, error) {
			b, err := back(w, false)
			if b.Fix != "" && fix == "" {
				keeper, fix = w, b.Fix
			}
			way = append(way, b)
			return b.Patch, err
		})
		if err != nil || fix == "" {
			return text, err
		}
		fixed, ok, err := applyFix(text, fix)
		if err == nil && !ok && slices.ContainsFunc(way, func(b Back) bool { return len(b.Earlier) > 0 }) {
			if fixed, ok, err = unseen.roundabout(doc.again(), way, back, fix); !ok {
				fixed = text
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", o.File, keeper.Line, label(keeper.Kind, keeper.Name), err)
		}
		if !ok {
			stale(keeper)
		}
		return fixed, nil
	})
}

// roundabout undoes what was changed since in a document, takes it back, fixes its text,
// and does again what it undid. ok is false where the fix is of no use even so.
func (m *inMemory) roundabout(doc source, way []Back, back func(w Workload, again bool) (Back, error), fix string) (text []byte, ok bool, err error) {
	each := func(text []byte, patch func(Back) tree.Patch) ([]byte, error) {
		next := 0
		text, err := m.rewrite(source{text: text, line: doc.line}, func(Workload) (tree.Patch, error) {
			if next == len(way) {
				return nil, nil
			}
			next++
			return patch(way[next-1]), nil
		})
		return bytes.Clone(text), err
	}
	earlier, err := each(doc.text, func(b Back) tree.Patch { return b.Earlier })
	if err != nil {
		return nil, false, err
	}
	text, err = m.rewrite(source{text: earlier, line: doc.line}, func(w Workload) (tree.Patch, error) {
		b, err := back(w, true)
		return b.Patch, err
	})
	if err != nil {
		return nil, false, err
	}
	if text, ok, err = applyFix(text, fix); err != nil || !ok {
		return nil, false, err
	}
	text, err = each(text, func(b Back) tree.Patch { return b.Since })
	return text, err == nil, err
}

// A fix is a line with the digest of the text that it is for, and for each run of
// lines to replace a line with three numbers (the lines above it, its own lines,
// the bytes to put there) and then those bytes.

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// maxPairs is the number of pairs of lines up to which the shortest fix is looked
// for.
const maxPairs = 20_000_000

func fixOf(from, to []byte) string {
	olds, news := lineList(from), lineList(to)
	above := 0
	for above < min(len(olds), len(news)) && olds[above] == news[above] {
		above++
	}
	below := 0
	for below < min(len(olds), len(news))-above && olds[len(olds)-1-below] == news[len(news)-1-below] {
		below++
	}
	a, b := olds[above:len(olds)-below], news[above:len(news)-below]
	codes := []difflib.OpCode{{Tag: 'r', I2: len(a), J2: len(b)}}
	if len(a)*len(b) <= maxPairs {
		codes = difflib.NewMatcherWithJunk(a, b, false, nil).GetOpCodes()
	}
	var fix strings.Builder
	fix.WriteString(digest(from) + "\n")
	for _, c := range codes {
		if c.Tag != 'e' { // not equal
			lines := strings.Join(b[c.J1:c.J2], "")
			fmt.Fprintf(&fix, "%d %d %d\n%s", above+c.I1, c.I2-c.I1, len(lines), lines)
		}
	}
	return fix.String()
}

func lineList(text []byte) []string { return slices.Collect(strings.Lines(string(text))) }

var errFix = errors.New("the fix that was kept for the text is damaged")

// applyFix returns the text as it was; ok is false, and the text as it is, where
// the fix is for another.
func applyFix(text []byte, fix string) (fixed []byte, ok bool, err error) {
	of, rest, found := strings.Cut(fix, "\n")
	if !found {
		return nil, false, errFix
	}
	if of != digest(text) {
		return text, false, nil
	}
	lines := lineList(text)
	next := 0
	for rest != "" {
		var head string
		if head, rest, found = strings.Cut(rest, "\n"); !found {
			return nil, false, errFix
		}
		numbers := strings.Fields(head)
		var n [3]int
		for i := range n {
			if len(numbers) != len(n) {
				return nil, false, errFix
			}
			if n[i], err = strconv.Atoi(numbers[i]); err != nil || n[i] < 0 {
				return nil, false, errFix
			}
		}
		if n[0] < next || n[0] > len(lines) || n[1] > len(lines)-n[0] || n[2] > len(rest) {
			return nil, false, errFix
		}
		fixed = append(fixed, strings.Join(lines[next:n[0]], "")...)
		fixed = append(fixed, rest[:n[2]]...)
		next, rest = n[0]+n[1], rest[n[2]:]
	}
	return append(fixed, strings.Join(lines[next:], "")...), true, nil
}
