package tree

import (
	"fmt"
	"strings"
	"testing"
)

// large is a platform of 300 environments with 50 files each.
func large(version int) Files {
	files := Files{}
	body := strings.Repeat("  key: some value of the usual length\n", 50)
	for top := range 300 {
		for file := range 50 {
			p := fmt.Sprintf("env-%03d/%02d/file-%02d.yaml", top, file%5, file)
			files[p] = fmt.Appendf(nil, "# %s %d\n%s", p, version, body)
		}
	}
	return files
}

// The benchmarks work in memory where they can: what a disk adds is the disk's.
//
// BenchmarkCompare and BenchmarkApply are about large: nothing changed, one file of one top, one file of each of two tops,
// all files.
func BenchmarkCompare(b *testing.B) {
	for name, want := range largeChanges() {
		b.Run(name, func(b *testing.B) {
			root := fastRoot(b)
			apply(b, root, large(1))
			for b.Loop() {
				compare(b, root, want, Options{})
			}
		})
	}
}

func BenchmarkApply(b *testing.B) {
	for name, want := range largeChanges() {
		b.Run(name, func(b *testing.B) {
			root := fastRoot(b)
			versions := []Files{want, large(1)}
			apply(b, root, large(1))
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				d := compare(b, root, versions[i%2], Options{})
				b.StartTimer()
				must(b, d.Apply(b.Context()))
			}
		})
	}
	b.Run("FirstTime", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			d := compare(b, fastRoot(b), large(1), Options{})
			b.StartTimer()
			must(b, d.Apply(b.Context()))
		}
	})
}

func largeChanges() map[string]Files {
	one, two := large(1), large(1)
	one["env-100/00/file-00.yaml"] = []byte("changed\n")
	two["env-100/00/file-00.yaml"] = []byte("changed\n")
	two["env-200/00/file-00.yaml"] = []byte("changed\n")
	return map[string]Files{"Unchanged": large(1), "OneFile": one, "TwoTops": two, "All": large(2)}
}
