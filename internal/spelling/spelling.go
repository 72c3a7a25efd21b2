// Package spelling finds what a misspelt name was meant to be.
package spelling

import "strings"

// Nearest returns the known name that a word most likely stands for: the one that
// the fewest changes of a letter lead to, case aside. It is empty where none comes
// close.
func Nearest(word string, known []string) string {
	nearest, fewest := "", max(1, min(3, len(word)/3))+1
	for _, name := range known {
		if n := changes(strings.ToLower(word), strings.ToLower(name)); n < fewest {
			nearest, fewest = name, n
		}
	}
	return nearest
}

// changes counts the letters to add, drop, replace or swap with their neighbour
// that make one word the other.
func changes(a, b string) int {
	if d := len(a) - len(b); d > 3 || d < -3 {
		return max(d, -d)
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			switch {
			case i == 0 || j == 0:
				rows[i][j] = i + j
			case a[i-1] == b[j-1]:
				rows[i][j] = rows[i-1][j-1]
			default:
				rows[i][j] = 1 + min(rows[i-1][j-1], rows[i-1][j], rows[i][j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					rows[i][j] = min(rows[i][j], 1+rows[i-2][j-2])
				}
			}
		}
	}
	return rows[len(a)][len(b)]
}
