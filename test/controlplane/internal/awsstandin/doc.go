// Package awsstandin acts as the AWS provider, and as AWS behind it, for composed managed resources in tests of the control plane.
//
// It is a stand-in: nothing is made but entries in memory. It watches the cluster-scoped kinds of *.aws.upbound.io and does to each object what
// upjet does with AWS behind it: it adds the provider's finalizer, resolves references, refuses what AWS would refuse, writes the external-name
// and the status, and sets the conditions Synced and Ready.
//
// It differs from the provider in one point: a reference counts as resolved only once AWS has what it leads to, and a reference to an EKS cluster
// only once the cluster is active. The provider takes a chosen name right away, and AWS refuses until it knows the name.
package awsstandin
