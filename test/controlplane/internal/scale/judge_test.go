package scale_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/innovate-inc/genops/test/controlplane/internal/scale"
)

const mebibyte = 1 << 20

func step(environments int, uses ...scale.Use) scale.Step {
	return scale.Step{Name: "a step", Environments: environments, Uses: uses}
}

func use(name string, rest, limit int64) scale.Use {
	return scale.Use{Program: scale.Program{Name: name, Limit: limit * mebibyte}, Rest: rest * mebibyte, Peak: rest * mebibyte}
}

// TestJudge: what is above its limit, or near it, is named with both figures.
func TestJudge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		step scale.Step
		want string
	}{
		"nothing stated": {step(1, use("redis", 900, 0)), ""},
		"enough":         {step(1, use("crossplane", 799, 1000)), ""},
		"near":           {step(1, use("crossplane", 820, 1000)), "a step: crossplane uses 820 MiB of memory, 82 % of its limit of 1000 MiB"},
		"above": {
			step(1, use("crossplane", 1100, 1000)),
			"a step: crossplane uses 1100 MiB of memory, more than its limit of 1000 MiB: it would be killed",
		},
		"throttled": {
			scale.Step{Name: "a step", Ready: time.Minute, Uses: []scale.Use{{Program: scale.Program{Name: "crossplane", Cores: 0.5}, CPU: 40 * time.Second}}},
			"a step: crossplane used 40 s of CPU in 60 s: its limit of 0.5 cores would have made it last longer",
		},
		"dropped": {
			scale.Step{Name: "a step", Opened: []string{"XCluster a", "XNetwork b"}},
			"a step: Crossplane drops events of XCluster a, XNetwork b, which had too many at once (Responsive=False): raise --circuit-breaker-burst",
		},
		"large object": {
			scale.Step{Name: "a step", Largest: []scale.Object{{Name: "Application root", Size: 1200 << 10}, {Name: "small", Size: 1}}},
			"a step: Application root has 1 MiB, and etcd takes no request of 1.5 MiB",
		},
	} {
		got := ""
		if err := c.step.Judge(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestGrowth: memory may grow with the platform, and by what a garbage collector makes of it, but not faster.
func TestGrowth(t *testing.T) {
	t.Parallel()
	series := func(name string, memory ...int64) []scale.Step {
		var steps []scale.Step
		for i, environments := range []int{5, 10, 50}[:len(memory)] {
			steps = append(steps, step(environments, use(name, memory[i], 0)))
		}
		return steps
	}
	// What a platform of 6, 25 and 50 environments took, with 4, 5 and 8 clusters.
	withClusters := func(memory ...int64) []scale.Step {
		var steps []scale.Step
		for i, environments := range []int{6, 25, 50} {
			s := step(environments, use("argocd", memory[i], 0))
			s.Clusters = []int{4, 5, 8}[i]
			steps = append(steps, s)
		}
		return steps
	}
	// The first day had left 679, which came down to 593 with 10 environments.
	garbage := slices.Insert(withClusters(679, 696, 1110), 1, step(10, use("argocd", 593, 0)))
	garbage[1].Clusters = 4
	for name, c := range map[string]struct {
		steps []scale.Step
		want  string
	}{
		"with clusters":         {withClusters(593, 632, 921), ""},
		"not collected before":  {garbage, ""},
		"faster than clusters":  {withClusters(593, 632, 1021), "the memory of argocd grows faster than the platform: 593 MiB, 632 MiB and 1021 MiB with 6, 25 and 50 environments"},
		"in proportion":         {series("crossplane", 200, 250, 700), ""},
		"with slack":            {series("crossplane", 200, 200, 320), ""},
		"faster":                {series("crossplane", 200, 250, 1100), "the memory of crossplane grows faster than the platform: 200 MiB, 250 MiB and 1100 MiB with 5, 10 and 50 environments"},
		"too few figures":       {series("crossplane", 200, 900), ""},
		"a change is no growth": {append(series("crossplane", 200, 900), step(10, use("crossplane", 3000, 0))), ""},
	} {
		got := ""
		if err := scale.Growth(c.steps); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestTable: a column for each step, and a line for each program of the last, the largest first.
func TestTable(t *testing.T) {
	t.Parallel()
	table := scale.Table([]scale.Step{step(5, use("small", 100, 0)), step(10, use("small", 110, 0), use("large", 300, 0))})
	lines := strings.Split(table, "\n")
	for _, line := range lines[:len(lines)-1] {
		if strings.Count(line, "|") != 4 {
			t.Errorf("not two columns: %s", line)
		}
	}
	large, small := strings.Index(table, "| large:"), strings.Index(table, "| small:")
	if large < 0 || small < large || !strings.Contains(table, "| large: memory at rest, peak; CPU; cores at rest | - | 300 MiB, 300 MiB; -; 0.00 |") {
		t.Error(table)
	}
	if page := scale.Page([]scale.Step{step(5, use("small", 100, 200))}); !strings.Contains(page, "| small | 100 MiB | 100 MiB | - | 200 MiB | - | - | 0.00 |") {
		t.Error(page)
	}
}

// TestBreaks: what would reach its limit first comes first; what does not grow, or has no limit, is not named.
func TestBreaks(t *testing.T) {
	t.Parallel()
	first, last := step(10, use("slow", 100, 1000), use("fast", 200, 1000), use("flat", 100, 1000), use("free", 1, 0)),
		step(20, use("slow", 110, 1000), use("fast", 300, 1000), use("flat", 100, 1000), use("free", 900, 0))
	first.Largest, last.Largest = []scale.Object{{Name: "root", Size: 100 << 10}}, []scale.Object{{Name: "root", Size: 200 << 10}, {Name: "new", Size: 1}}
	want := []string{
		"fast: 10 MiB for each environment; 80 % of its limit of 1000 MiB with about 70",
		"root: 10 KiB for each environment; 1 MiB with about 102",
		"slow: 1 MiB for each environment; 80 % of its limit of 1000 MiB with about 710",
	}
	if got := scale.Breaks([]scale.Step{first, last, last}); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
