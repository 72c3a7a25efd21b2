package tree

import "fmt"

// maxAliased is how many bytes of JSON the aliases of one text may stand for: a few
// lines of nested aliases can mean more than any memory holds. Kubernetes takes no
// object as large as that.
const maxAliased = 4 << 20

// Aliases counts what the aliases of a YAML text stand for.
type Aliases struct{ bytes int }

// Add counts an alias that stands for so many bytes of JSON. It returns an error once
// it is too much for the text as a whole.
func (a *Aliases) Add(bytes int) error {
	if a.bytes += bytes; a.bytes > maxAliased {
		return fmt.Errorf("aliases stand for more than %d MiB", maxAliased>>20)
	}
	return nil
}

// sizeOf is about how many bytes the JSON of a value has, counted no further than the
// limit.
func sizeOf(v *Value, limit int) int {
	n := len(v.Text()) + len(`"",`)
	for _, item := range v.Items() {
		if n > limit {
			return n
		}
		n += sizeOf(item, limit-n)
	}
	for _, m := range v.Members() {
		if n > limit {
			return n
		}
		n += len(m.Key) + len(`"":`) + sizeOf(m.Value, limit-n)
	}
	return n
}
