package scenarios

import "testing"

func TestNotYetAllowed(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{
		`cannot apply composed resource "bucket": buckets.s3.aws.upbound.io "dev.edge.bucket" is forbidden: User "system:serviceaccount:crossplane-system:crossplane" cannot patch resource "buckets" in API group "s3.aws.upbound.io" at the cluster scope`: true,
		`cannot apply composed resource "bucket": buckets.s3.aws.upbound.io "dev.edge.bucket" is forbidden: ValidatingAdmissionPolicy 'records-stay' denied request`:                                                                                         false,
		`cannot apply composed resource "bucket": Bucket "dev.edge.bucket" is invalid: spec.forProvider.region: Required value`:                                                                                                                              false,
	} {
		if got := notYetAllowed(message); got != want {
			t.Errorf("%s: %t, want %t", message, got, want)
		}
	}
}
