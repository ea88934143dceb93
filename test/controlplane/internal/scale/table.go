package scale

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Page is what was measured, as Markdown.
func Page(steps []Step) string {
	var b strings.Builder
	b.WriteString("# How many environments one hub holds\n\nMemory is resident memory; CPU is user and kernel time.\n\n")
	b.WriteString(Table(steps))
	b.WriteString("\n## Where it breaks\n\nIf what was seen goes on:\n\n")
	for _, line := range Breaks(steps) {
		b.WriteString("* " + line + "\n")
	}
	for _, s := range steps {
		fmt.Fprintf(&b, "\n## %s: programs\n\n| program | at rest | peak | request | limit | CPU of the step | CPU limit | cores at rest |\n"+
			"|---|---:|---:|---:|---:|---:|---:|---:|\n", s.Name)
		for _, u := range s.Uses {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %.2f |\n", u.Name, bytes(u.Rest), bytes(u.Peak), stated(u.Request), stated(u.Limit),
				seconds(u.CPU), cores(u.Cores), u.Idle)
		}
		b.WriteString("\nLargest objects:")
		for _, o := range s.Largest {
			fmt.Fprintf(&b, " %s %s;", o.Name, bytes(int64(o.Size)))
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Table is one line for each thing that was measured, and one column for each step.
func Table(steps []Step) string {
	rows := []struct {
		name string
		cell func(Step) string
	}{
		{"environments", func(s Step) string { return fmt.Sprint(s.Environments) }},
		{"with a workload cluster", func(s Step) string { return fmt.Sprint(s.Clusters) }},
		{"claims", func(s Step) string { return fmt.Sprint(s.Claims) }},
		{"composed resources", func(s Step) string { return fmt.Sprint(s.Resources) }},
		{"Applications", func(s Step) string { return fmt.Sprint(s.Applications) }},
		{"push to first claim Ready", func(s Step) string { return seconds(s.First) }},
		{"push to everything Ready, Synced, Healthy", func(s Step) string { return seconds(s.Ready) }},
		{"last claim", func(s Step) string { return cmp.Or(s.Last, "-") }},
		{"composites whose events were dropped", func(s Step) string { return fmt.Sprint(len(s.Opened)) }},
		{"genops render", func(s Step) string { return seconds(s.Render) }},
		{"genops validate", func(s Step) string { return seconds(s.Validate) }},
		{"genops expand", func(s Step) string { return seconds(s.Expand) }},
		{"etcd: database, in use", func(s Step) string { return bytes(s.Etcd) + ", " + bytes(s.EtcdUsed) }},
		{"largest object", func(s Step) string {
			if len(s.Largest) == 0 {
				return "-"
			}
			return s.Largest[0].Name + " " + bytes(int64(s.Largest[0].Size))
		}},
	}
	var b strings.Builder
	line := func(name string, cell func(Step) string) {
		fmt.Fprintf(&b, "| %s |", name)
		for _, s := range steps {
			b.WriteString(" " + cell(s) + " |")
		}
		b.WriteString("\n")
	}
	line("", func(s Step) string { return s.Name })
	b.WriteString("|---|" + strings.Repeat("---:|", len(steps)) + "\n")
	for _, row := range rows {
		line(row.name, row.cell)
	}
	for _, name := range programs(steps) {
		line(name+": memory at rest, peak; CPU; cores at rest", func(s Step) string {
			for _, u := range s.Uses {
				if u.Name == name {
					return fmt.Sprintf("%s, %s; %s; %.2f", bytes(u.Rest), bytes(u.Peak), seconds(u.CPU), u.Idle)
				}
			}
			return "-"
		})
	}
	return b.String()
}

// programs are all programs of the steps, those with the most memory in the last step first.
func programs(steps []Step) []string {
	if len(steps) == 0 {
		return nil
	}
	last := slices.Clone(steps[len(steps)-1].Uses)
	slices.SortStableFunc(last, func(a, b Use) int { return cmp.Compare(b.Rest, a.Rest) })
	names := make([]string, 0, len(last))
	for _, u := range last {
		names = append(names, u.Name)
	}
	return names
}

func stated(n int64) string {
	if n == 0 {
		return "-"
	}
	return bytes(n)
}

func cores(n float64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", n)
}
