package validate_test

import (
	"path"
	"testing"

	"github.com/innovate-inc/genops/internal/validate"
)

// benchmarked are kinds from small to large.
var benchmarked = []string{
	"ec2.aws.upbound.io/v1beta1/VPC",
	"iam.aws.upbound.io/v1beta1/Role",
	"eks.aws.upbound.io/v1beta2/Cluster",
	"ec2.aws.upbound.io/v1beta2/LaunchTemplate",
	"karpenter.k8s.aws/v1/EC2NodeClass",
	"argoproj.io/v1alpha1/ApplicationSet",
}

// BenchmarkFirst validates the first object of a kind: it finds, reads and compiles the schema.
func BenchmarkFirst(b *testing.B) {
	objects := examples(b)
	for _, kind := range benchmarked {
		b.Run(path.Base(kind), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				judge := &validate.Validator{}
				if said := judge.Object(b.Context(), objects[kind]); len(said) > 0 {
					b.Fatal(said)
				}
			}
		})
	}
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			judge := &validate.Validator{}
			for kind, object := range objects {
				if said := judge.Object(b.Context(), object); len(said) > 0 {
					b.Fatal(kind, said)
				}
			}
		}
	})
}

// BenchmarkNext validates an object of a kind whose schema is compiled.
func BenchmarkNext(b *testing.B) {
	objects := examples(b)
	judge := &validate.Validator{}
	for _, kind := range benchmarked {
		b.Run(path.Base(kind), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if said := judge.Object(b.Context(), objects[kind]); len(said) > 0 {
					b.Fatal(said)
				}
			}
		})
	}
}

// BenchmarkNextParallel validates objects of all kinds on all cores.
func BenchmarkNextParallel(b *testing.B) {
	objects := examples(b)
	judge := &validate.Validator{}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			for kind, object := range objects {
				if said := judge.Object(b.Context(), object); len(said) > 0 {
					b.Error(kind, said)
					return
				}
			}
		}
	})
}
