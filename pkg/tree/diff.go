package tree

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Diff returns the patch that turns a into b. Values that both share cost
// nothing. In lists, what stayed keeps its place: elements are matched by
// identity, by value, and objects by their name; only the others move.
func Diff(a, b *Value) Patch {
	d := differ{path: make([]byte, 0, 128)}
	d.value(a, b)
	return d.patch()
}

type differ struct {
	path       []byte
	operations []operation
	// paths and texts are those of all operations, one behind the other.
	paths, texts []byte
}

// operation says of one where its path and text end.
type operation struct {
	verb       string
	path, text int
}

func (d *differ) emit(verb string, value *Value) {
	if d.operations == nil { // about as large as an injection
		d.operations, d.paths, d.texts = make([]operation, 0, 32), make([]byte, 0, 1<<10), make([]byte, 0, 6<<10)
	}
	d.paths = append(d.paths, d.path...)
	if verb != "remove" {
		d.texts = value.AppendJSON(d.texts)
	}
	d.operations = append(d.operations, operation{verb, len(d.paths), len(d.texts)})
}

// patch cuts the parts of all operations from one piece of memory each.
func (d *differ) patch() Patch {
	if len(d.operations) == 0 {
		return nil
	}
	patch, texts, paths := make(Patch, len(d.operations)), make([]json.RawMessage, len(d.operations)), string(d.paths)
	var last operation
	for i, o := range d.operations {
		patch[i].Operation, patch[i].Path = o.verb, paths[last.path:o.path]
		if o.verb != "remove" {
			texts[i] = d.texts[last.text:o.text:o.text]
			patch[i].Value = &texts[i]
		}
		last = o
	}
	return patch
}

// at does something one step further down the path.
func (d *differ) at(step string, do func()) {
	mark := len(d.path)
	d.path = AppendStep(d.path, step)
	do()
	d.path = d.path[:mark]
}

// AppendStep appends one step to a JSON pointer, with its escapes.
func AppendStep(pointer []byte, step string) []byte {
	pointer = append(pointer, '/')
	for i := range len(step) {
		switch step[i] {
		case '~':
			pointer = append(pointer, '~', '0')
		case '/':
			pointer = append(pointer, '~', '1')
		default:
			pointer = append(pointer, step[i])
		}
	}
	return pointer
}

// Steps splits a JSON pointer into its steps, without their escapes.
func Steps(pointer string) []string {
	if pointer == "" {
		return nil
	}
	steps := strings.Split(pointer[1:], "/")
	for i, s := range steps {
		if strings.Contains(s, "~") {
			steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
		}
	}
	return steps
}

func (d *differ) value(a, b *Value) {
	switch {
	case a == b:
	case a.Kind() == Object && b.Kind() == Object:
		d.object(a, b)
	case a.Kind() == Array && b.Kind() == Array:
		d.array(a, b)
	case !Equal(a, b):
		d.emit("replace", b)
	}
}

func (d *differ) object(a, b *Value) {
	before, after := finder{members: a.Members()}, finder{members: b.Members()}
	for i, m := range before.members {
		if after.find(m.Key, i) < 0 {
			d.at(m.Key, func() { d.emit("remove", nil) })
		}
	}
	for i, m := range after.members {
		at := before.find(m.Key, i)
		if at < 0 {
			d.at(m.Key, func() { d.emit("add", m.Value) })
		} else if old := before.members[at].Value; old != m.Value {
			d.at(m.Key, func() { d.value(old, m.Value) })
		}
	}
}

func (d *differ) array(a, b *Value) {
	old := a.Items()
	from := match(old, b.Items())
	kept := longestIncreasing(from)
	stays := make([]bool, len(old))
	for _, j := range kept {
		stays[from[j]] = true
	}
	for i := len(old) - 1; i >= 0; i-- {
		if !stays[i] {
			d.at(strconv.Itoa(i), func() { d.emit("remove", nil) })
		}
	}
	for j, item := range b.Items() {
		d.at(strconv.Itoa(j), func() {
			if len(kept) > 0 && kept[0] == j {
				d.value(old[from[j]], item)
				kept = kept[1:]
			} else {
				d.emit("add", item)
			}
		})
	}
}

// match says for each element of b which element of a it is, or -1. No element
// of a is given twice.
func match(a, b []*Value) []int {
	from := make([]int, len(b))
	taken := make([]bool, len(a))
	// Most lists only grew, at either end, so look there before anything is indexed.
	open := 0
	for j := range b {
		from[j] = -1
		if j < len(a) && a[j] == b[j] {
			from[j], taken[j] = j, true
		} else if i := j - len(b) + len(a); i >= 0 && !taken[i] && a[i] == b[j] {
			from[j], taken[i] = i, true
		} else {
			open++
		}
	}
	if open == 0 {
		return from
	}
	if !slices.Contains(taken, false) {
		return from
	}
	identities := make(map[identity][]int, len(a))
	for i, item := range a {
		if !taken[i] {
			id := identityOf(item)
			identities[id] = append(identities[id], i)
		}
	}
	for j, item := range b {
		if from[j] >= 0 {
			continue
		}
		id := identityOf(item)
		if same := identities[id]; len(same) > 0 {
			from[j] = same[0]
			identities[id] = same[1:]
		}
	}
	return from
}

// identity is what makes an element the same one when its content changed: an
// object's name, else its whole value.
type identity struct{ name, value string }

func identityOf(v *Value) identity {
	if name, ok := v.Get("name").Str(); ok {
		return identity{name: name}
	}
	return identity{value: string(v.JSON())}
}

// longestIncreasing returns the indexes of a longest increasing subsequence of
// list, leaving out what is negative.
func longestIncreasing(list []int) []int {
	var tails []int // tails[n]: where the best subsequence of n+1 elements ends
	before := make([]int, len(list))
	for j, x := range list {
		if x < 0 {
			continue
		}
		n, _ := slices.BinarySearchFunc(tails, x, func(t, x int) int { return list[t] - x })
		before[j] = -1
		if n > 0 {
			before[j] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, j)
		} else {
			tails[n] = j
		}
	}
	if len(tails) == 0 {
		return nil
	}
	for n, j := len(tails)-1, tails[len(tails)-1]; n >= 0; n, j = n-1, before[j] {
		tails[n] = j
	}
	return tails
}
