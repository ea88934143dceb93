package problem

import (
	"slices"
	"strings"
)

// Nearest returns what got was most likely meant to be: the candidate with the fewest edits, if they are few for its length. Candidates that are
// equally near are returned together, in the given order; where they are more than three, it may be any, and there is no answer.
func Nearest(got string, candidates []string) (string, bool) {
	const most = 3
	var best []string
	bestDistance := max(1, len(got)/3) //nolint:mnd // An edit in three characters.
	for _, c := range candidates {
		switch d := distance(got, c); {
		case d < bestDistance || d == bestDistance && len(best) == 0:
			best, bestDistance = []string{c}, d
		case d == bestDistance && !slices.Contains(best, c):
			best = append(best, c)
		}
	}
	switch {
	case len(best) == 0 || len(best) > most:
		return "", false
	case len(best) == 1:
		return best[0], true
	default:
		last := len(best) - 1
		return strings.Join(best[:last], ", ") + " or " + best[last], true
	}
}

// distance counts insertions, deletions, substitutions and swaps of neighbours between a and b.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	beforeThat := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		beforeThat, before, row = before, row, beforeThat
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(before[j]+1, row[j-1]+1, before[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], beforeThat[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
