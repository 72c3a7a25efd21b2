package podmerge

import "slices"

// nearest returns the name that takes the fewest changes of a letter to get from
// another, "" where none is near.
func nearest(names []string, to string) string {
	best, fewest := "", len(to)/2+1
	slices.Sort(names)
	for _, name := range names {
		if n := changes(name, to); n < fewest {
			best, fewest = name, n
		}
	}
	return best
}

// changes is how many letters have to be put in, taken out or changed.
func changes(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
