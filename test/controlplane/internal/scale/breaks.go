package scale

import (
	"cmp"
	"fmt"
	"slices"
)

// Breaks says for each program that has a limit, and for the large objects, how many environments would reach it if what was seen went on: what
// breaks first comes first.
func Breaks(steps []Step) []string {
	steps = slices.CompactFunc(slices.Clone(steps), func(a, b Step) bool { return a.Environments == b.Environments })
	const needed = 2
	if len(steps) < needed {
		return nil
	}
	start, last := steps[0], steps[len(steps)-1]
	type reach struct {
		environments int64
		text         string
	}
	var all []reach
	add := func(name string, before, after, limit int64, what string) {
		grown := (after - before) / int64(last.Environments-start.Environments)
		if before == 0 || limit == 0 || grown <= 0 {
			return
		}
		n := int64(last.Environments) + (limit-after)/grown
		all = append(all, reach{n, fmt.Sprintf("%s: %s for each environment; %s with about %d", name, bytes(grown), what, n)})
	}
	for _, u := range last.Uses {
		add(u.Name, start.rest(u.Name), u.Rest, int64(enough*float64(u.Limit)), fmt.Sprintf("%.0f %% of its limit of %s", 100*enough, bytes(u.Limit))) //nolint:mnd // Per cent.
	}
	for _, o := range last.Largest {
		i := slices.IndexFunc(start.Largest, func(other Object) bool { return other.Name == o.Name })
		if i >= 0 {
			add(o.Name, int64(start.Largest[i].Size), int64(o.Size), largest, bytes(largest))
		}
	}
	slices.SortFunc(all, func(a, b reach) int { return cmp.Compare(a.environments, b.environments) })
	lines := make([]string, 0, len(all))
	for _, r := range all {
		lines = append(lines, r.text)
	}
	return lines
}
