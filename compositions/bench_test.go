package compositions_test

import (
	"strconv"
	"testing"

	"github.com/innovate-inc/genops/compositions"
)

// BenchmarkProd measures what a network and a cluster of prod cost: offline, where several rounds are simulated, and on the bootstrap cluster, which
// asks once for each change.
func BenchmarkProd(b *testing.B) {
	claims := rendered(b)["prod"]
	for _, kind := range []string{"Network", "Cluster"} {
		c := find(b, claims, kind)
		composition := c.composition(b)
		_, observed := c.simulate(b)
		b.Run("Simulate/"+kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := compositions.Simulate(composition, c.spec); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("Compose/"+kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := composition.Compose(c.spec, observed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEnvironments measures a whole platform: Simulate of network and cluster of many environments, one after the other.
func BenchmarkEnvironments(b *testing.B) {
	claims := rendered(b)["prod"]
	for _, environments := range []int{1, 300} {
		b.Run(strconv.Itoa(environments), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for range environments {
					for _, kind := range []string{"Network", "Cluster"} {
						c := find(b, claims, kind)
						if _, _, err := compositions.Simulate(c.composition(b), c.spec); err != nil {
							b.Fatal(err)
						}
					}
				}
			}
		})
	}
}
